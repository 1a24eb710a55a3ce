"""Asking a remote for the parts of an explanation."""

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.operations.inquiry import Asking


@pytest.mark.parametrize("code", ["api.rate_limited", "budget.reserved", "budget.max_calls", "auth.rejected"])
def test_failure_that_the_next_call_would_meet_too_ends_the_asking(code: str) -> None:
    failures, asked = dict[str, QscBotError](), list[str]()
    asking, failure = Asking(failures), QscBotError(code, "no more calls")

    def refused() -> None:
        raise failure

    assert asking("control", refused) is None
    assert asking("messages", lambda: asked.append("messages")) is None
    assert (failures, asked) == ({"control": failure, "messages": failure}, [])


def test_failure_of_one_part_leaves_the_others() -> None:
    failures = dict[str, QscBotError]()
    asking = Asking(failures)

    def broken() -> None:
        raise QscBotError("api.unavailable", "broken")

    assert asking("control", broken) is None
    assert asking("messages", lambda: 1) == 1
    assert list(failures) == ["control"]

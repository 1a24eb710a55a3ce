"""What a person is told that writes will cost."""

from datetime import UTC, datetime

import pytest

from qsc_bot.operations.forecast import Calls, Coming, coming_words
from qsc_bot.transport.budget import Forecast

RESETS, ENDS = datetime(2026, 11, 22, 10, 2, tzinfo=UTC), datetime(2026, 11, 22, 12, 2, tzinfo=UTC)
ENOUGH = Forecast(calls=40, now=40, later=0, reserve=50)
SHORT = Forecast(calls=400, now=60, later=340, reserve=50, resets_at=RESETS, ends_at=ENDS)


def coming(budget: Forecast | None, *, graph: int = 0, left: int | None = 318, speed: float | None = 0.1) -> Coming:
    """A run over twenty conversations."""
    calls = Calls(social_connect=budget.calls if budget else 40, graph=graph)
    return Coming(conversations=20, calls=calls, budget=budget, left=left, seconds_a_call=speed)


@pytest.mark.parametrize(
    ("run", "words"),
    [
        pytest.param(
            coming(ENOUGH),
            "20 conversations take up to 40 calls to Social Connect, about 1s; 318 left, 50 an hour kept for the bot",
            id="enough",
        ),
        pytest.param(
            coming(ENOUGH, graph=60, speed=None),
            "20 conversations take up to 40 calls to Social Connect and 60 to Meta, about 7s at 0.3 s a call; "
            "318 left, 50 an hour kept for the bot",
            id="both remotes, at a speed that is assumed",
        ),
        pytest.param(
            coming(SHORT, left=110),
            "20 conversations take up to 400 calls to Social Connect, about 10s; 110 left, "
            "50 an hour kept for the bot: 60 can go now, the rest after 10:02 UTC, the last after 12:02 UTC; "
            "add --across-reset to wait for them, or resume the operation then",
            id="short",
        ),
        pytest.param(
            coming(ENOUGH, left=None),
            "20 conversations take up to 40 calls to Social Connect, about 1s",
            id="nothing known of the hour",
        ),
        pytest.param(
            coming(None, left=None), "20 conversations take up to 40 calls to Social Connect, about 1s", id="no token"
        ),
    ],
)
def test_cost_is_one_sentence(run: Coming, words: str) -> None:
    assert coming_words(run, across_reset=False) == words


def test_who_waits_anyway_is_not_told_how() -> None:
    assert coming_words(coming(SHORT), across_reset=True).endswith("the last after 12:02 UTC")

"""What a bot must do is measured too: an answer that comes late is one that its sender does not wait for."""

from itertools import count

import httpx

from qsc_bot.models.delivery import Via
from qsc_bot.models.profile import sandbox_profile
from qsc_bot.operations.bot_checks import Keys, verify
from qsc_bot.operations.endpoint import Endpoint


def slow(seconds: float) -> Endpoint:
    """A bot that takes everything, and whose every answer takes so long."""
    ticks = count()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text=request.url.params.get("hub.challenge", ""))

    return Endpoint(transport=httpx.MockTransport(answer), monotonic=lambda: next(ticks) * seconds)


def failing(endpoint: Endpoint) -> dict[str, str]:
    keys = Keys(signing="s", verify_token="t")
    checks = verify(
        endpoint, "http://127.0.0.1:9/", Via.MESSENGER, keys=keys, profile=sandbox_profile(), at=1_795_000_000.0
    )
    return {one.check: one.reason for one in checks.items if one.result == "fail"}


def test_late_answer_fails_whatever_it_says() -> None:
    late = failing(slow(5.0))
    assert {"handshake", "signed", "duplicate"} <= set(late)
    assert all("answer within 5 s" in late[check] for check in ("handshake", "signed", "duplicate"))


def test_answer_in_time_does_not() -> None:
    assert set(failing(slow(1.0))) == {"wrong-token", "wrong-signature", "missing-signature"}

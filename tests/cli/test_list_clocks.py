"""Lists by the remote's clock, whatever this machine's says, and when the remote's jumps."""

import pytest

from tests.cli.calls import CONTACTS, FRESH, MENTIONS, listed
from tests.cli.terminal import Prod

HOUR = 3600.0


@pytest.mark.parametrize("hours", [5, -5, 0.5], ids=["behind", "ahead", "half an hour behind"])
def test_machine_whose_clock_is_wrong_lists_by_the_remotes(prod: Prod, hours: float) -> None:
    right = listed(prod)[0].document["items"]
    prod.run.now -= hours * HOUR
    prod.sandbox.advance(hours * HOUR)
    for part in prod.run.home.rglob("index.db*"):
        part.unlink()
    for words in ((), FRESH, ()):
        shown, calls = listed(prod, *words)
        assert shown.document["items"] == right
        assert shown.document["summary"]["since"] == "2026-11-21T09:02:30Z"
        assert calls
    assert calls == {CONTACTS: 1, MENTIONS: 1}


@pytest.mark.parametrize("hours", [5, -5], ids=["behind", "ahead"])
def test_message_is_found_by_a_machine_whose_clock_is_wrong(prod: Prod, hours: float) -> None:
    prod.run.now -= hours * HOUR
    prod.sandbox.advance(hours * HOUR)
    listed(prod)
    prod.run.now += 600
    prod.sandbox.say("web:visitor-9", "Hello?")
    row = next(one for one in listed(prod)[0].document["items"] if one["id"] == "web:visitor-9")
    assert (row["waiting_s"], row["control"]) == (0, "bot")


@pytest.mark.parametrize("hours", [3, -3, 72, -72])
def test_clock_that_jumps_shows_what_is_so(prod: Prod, hours: float) -> None:
    listed(prod, "--since", "7d")
    prod.sandbox.advance(hours * HOUR)
    prod.sandbox.say("web:visitor-9", "Hello?")
    elsewhere = {"QSC_BOT_CACHE_DIR": str(prod.run.home / "elsewhere")}
    for verb, conversation in (("to-agent", "whatsapp:32470000000"), ("to-agent", "twitter:1001")):
        assert prod.run("handover", verb, conversation, env=elsewhere).code == 0
    prod.run.now += 60
    fresh = prod.run("conversation", "list", "--since", "7d", "-o", "json", env=elsewhere).document["items"]
    shown = listed(prod, "--since", "7d", *FRESH)[0].document["items"]
    kept = ("id", "control", "escalated", "waiting_s", "last_message_at")
    assert [[one[key] for key in kept] for one in shown] == [[one[key] for key in kept] for one in fresh]

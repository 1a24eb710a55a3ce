"""`operation undo`: the inverse of what was changed, where nothing has happened since; the rest is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from tests.cli.holding import effects, free_ids
from tests.cli.terminal import PROD, Prod, Result
from tests.storage.journals import begun, ended, journal_in
from tests.storage.journals import moved as done_to

TAGGED = "twitter:1002"
"""Held by agents from the start."""


def moved(prod: Prod, verb: str, *ids: str) -> str:
    """Hand over; the operation."""
    return str(prod.run("handover", verb, *ids, "-o", "json").document["operation"])


def undone(prod: Prod, operation: str, *words: str) -> Result:
    """Take an operation back."""
    return prod.run("operation", "undo", operation, *words, "-o", "json")


def moved_in_the_sandbox(prod: Prod, one: str) -> None:
    """Hand over to agents on another account of the same machine, a second later."""
    run = replace(prod.run, mount=None, secrets={}, now=prod.run.now + 1)
    result = run("handover", "to-agent", one, "-p", "sandbox", "-o", "json")
    assert (result.code, result.item["status"]) == (0, "changed")


def told(found: Any) -> list[tuple[str, str, str]]:
    return [(item["id"], item["action"], item["status"]) for item in found["items"]]


def controls(prod: Prod, ids: Sequence[str]) -> list[str]:
    return [prod.control(one) for one in ids]


MOVES = {
    "tag": ("twitter:1001", "to-agent", "bot", "agent"),
    "tag off": (TAGGED, "to-bot", "agent", "bot"),
    "handover": ("whatsapp:32470000000", "to-agent", "bot", "agent"),
    "messenger": ("facebook:5550001", "to-agent", "bot", "agent"),
    "messenger, taken": ("facebook:5550002", "to-bot", "agent", "bot"),
}


@pytest.mark.parametrize(("one", "verb", "before", "after"), MOVES.values(), ids=MOVES)
def test_undo_of_an_undo_does_it_again(prod: Prod, one: str, verb: str, before: str, after: str) -> None:
    operation = moved(prod, verb, one)
    back = undone(prod, operation)
    assert (back.code, back.item["status"], prod.control(one)) == (0, "changed", before)
    again = undone(prod, back.document["operation"])
    assert (again.code, again.item["status"], prod.control(one)) == (0, "changed", after)
    shown = prod.run("operation", "show", again.document["operation"], "-o", "json").document
    assert (shown["action"], shown["undoes"]) == ("undo", back.document["operation"])
    assert prod.effects(one) == 3


@pytest.mark.parametrize("verb", ["add", "remove"])
def test_escalation_is_taken_back(prod: Prod, verb: str) -> None:
    one = TAGGED if verb == "remove" else "twitter:1001"
    operation = prod.run("escalation", verb, one, "-o", "json").document["operation"]
    item = undone(prod, operation).item
    assert (item["action"], item["status"]) == (f"escalation.{'add' if verb == 'remove' else 'remove'}", "changed")
    assert prod.control(one) == ("agent" if verb == "remove" else "bot")


def test_only_what_was_changed_is_taken_back(prod: Prod) -> None:
    ids = ["twitter:1001", TAGGED, "web:visitor-1", "twitter:9999"]
    operation = moved(prod, "to-agent", *ids)
    back = undone(prod, operation)
    assert told(back.document) == [
        ("twitter:1001", "handover.to_bot", "changed"),
        ("web:visitor-1", "handover.to_bot", "changed"),
    ]
    assert (back.code, controls(prod, ids[:3])) == (0, ["bot", "agent", "bot"])


def test_what_moved_since_is_left_alone(prod: Prod) -> None:
    ids = ["whatsapp:32470000000", "web:visitor-1"]
    operation = moved(prod, "to-agent", *ids)
    prod.sandbox.press_hand_over(ids[0])
    back = undone(prod, operation)
    assert (back.code, [status for _, _, status in told(back.document)]) == (0, ["skipped", "changed"])
    assert "is held by bot" in back.document["items"][0]["note"]
    assert effects(prod, ids) == [1, 2]


def test_what_a_later_operation_changed_is_left_alone_whatever_its_state(prod: Prod) -> None:
    operation = moved(prod, "to-agent", "twitter:1001")
    moved(prod, "to-bot", "twitter:1001")
    later = moved(prod, "to-agent", "twitter:1001")
    prod.wire.requests.clear()
    back = undone(prod, operation)
    assert (back.code, back.item["status"], back.item["note"]) == (0, "skipped", f"{later} changed it since")
    assert (prod.wire.requests, prod.control("twitter:1001")) == ([], "agent")


def test_operations_are_taken_back_one_after_the_other(prod: Prod) -> None:
    first = moved(prod, "to-agent", "twitter:1001")
    second = moved(prod, "to-bot", "twitter:1001")
    assert undone(prod, second).item["status"] == "changed"
    assert (undone(prod, first).item["status"], prod.control("twitter:1001")) == ("changed", "bot")


def test_what_was_done_again_can_be_taken_back_again(prod: Prod) -> None:
    operation = moved(prod, "to-agent", "twitter:1001")
    back = undone(prod, operation).document["operation"]
    again = undone(prod, operation)
    assert (again.item["status"], again.item["note"]) == ("skipped", f"{back} changed it since")
    undone(prod, back)
    assert (undone(prod, operation).item["status"], prod.control("twitter:1001")) == ("changed", "bot")


ELSEWHERE = {"account": {"account_id": "2000"}, "host": {"remote": "127.0.0.1:8081"}}


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE)
def test_the_same_id_elsewhere_is_another_conversation(prod: Prod, place: dict[str, str]) -> None:
    operation = moved(prod, "to-agent", "twitter:1001")
    journal = journal_in(prod.run.state)
    journal.append("op_later", [begun(**place), *done_to("twitter:1001"), ended()])
    journal.close()
    back = undone(prod, operation)
    assert (back.item["status"], prod.control("twitter:1001")) == ("changed", "bot")


def test_holder_that_nobody_can_be_given_back_is_told(prod: Prod) -> None:
    operation = moved(prod, "to-bot", "facebook:5550003")
    back = undone(prod, operation)
    assert (back.code, back.item["status"]) == (0, "skipped")
    assert "it was idle before" in back.item["note"]
    assert prod.control("facebook:5550003") == "bot"


def test_extension_cannot_be_taken_back(prod: Prod) -> None:
    done = prod.run("handover", "extend", "facebook:5550001", "--by", "72h", "-o", "json").document
    back = undone(prod, done["operation"])
    assert (back.code, back.item["status"]) == (0, "skipped")
    assert back.item["note"] == "an extension cannot be taken back"
    assert prod.effects("facebook:5550001") == 1


def test_conversations_of_one_contact_are_one_write_back(prod: Prod) -> None:
    ids = ["twitter:1003", "whatsapp:32470000003"]
    operation = prod.run("escalation", "add", *ids, "-o", "json").document["operation"]
    back = undone(prod, operation)
    assert [status for _, _, status in told(back.document)] == ["changed", "changed"]
    assert len([one for one in prod.wire.writes if one.method == "POST"]) == 2
    assert prod.control("twitter:1003") == "bot"


def test_nothing_changed_is_nothing_to_take_back(prod: Prod) -> None:
    back = undone(prod, moved(prod, "to-agent", TAGGED))
    assert (back.code, back.document["items"]) == (0, [])


def test_last_one_is_shown_and_asked_for(prod: Prod) -> None:
    first = moved(prod, "to-agent", "twitter:1001")
    last = moved(prod, "to-agent", "web:visitor-1")
    moved(prod, "to-agent", "web:visitor-1")  # which changed nothing
    refused = prod.run("operation", "undo", "--last")
    assert refused.code == 2
    declined = prod.run("operation", "undo", "--last", stdin="n\n", tty=True)
    assert declined.code == 12
    assert f"undo {last}, handover.to-agent of " in declined.stderr
    assert ": 1 changed of prod (web:visitor-1)" in declined.stderr
    accepted = prod.run("operation", "undo", "--last", stdin="y\n", tty=True)
    assert (accepted.code, controls(prod, ["twitter:1001", "web:visitor-1"])) == (0, ["agent", "bot"])
    assert undone(prod, first).code == 0
    assert prod.control("twitter:1001") == "bot"


@pytest.mark.parametrize("how", ["option", "variable"])
def test_last_one_is_the_named_profiles(prod: Prod, how: str) -> None:
    operation = moved(prod, "to-agent", "twitter:1001")
    moved_in_the_sandbox(prod, "web:visitor-1")
    words = ["-p", "prod"] if how == "option" else []
    env = {"QSC_BOT_PROFILE": "prod"} if how == "variable" else {}
    back = prod.run("operation", "undo", "--last", "--yes", *words, "-o", "json", env=env)
    shown = prod.run("operation", "show", back.document["operation"], "-o", "json").document
    assert (back.code, shown["undoes"], prod.control("twitter:1001")) == (0, operation, "bot")


def test_what_was_changed_on_another_account_since_is_no_obstacle(prod: Prod) -> None:
    operation = moved(prod, "to-agent", "twitter:1001")
    moved_in_the_sandbox(prod, "twitter:1001")
    back = undone(prod, operation)
    assert (back.code, back.item["status"], prod.control("twitter:1001")) == (0, "changed", "bot")


def test_last_one_is_that_of_the_named_profile(prod: Prod) -> None:
    last = moved(prod, "to-agent", "twitter:1001")
    journal = journal_in(prod.run.state)
    journal.append("op_later", [begun(profile="other"), *done_to("web:visitor-1"), ended()])
    journal.close()
    declined = prod.run("operation", "undo", "--last", "-p", "prod", stdin="n\n", tty=True)
    assert (declined.code, f"undo {last}, " in declined.stderr) == (12, True)
    result = prod.run("operation", "undo", "--last", "-p", "sandbox", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "operation.not_found")


def test_nothing_that_was_changed_has_no_last_one(prod: Prod) -> None:
    result = prod.run("operation", "undo", "--last", "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (6, "operation.not_found")


@pytest.mark.parametrize("words", [[], ["op_0000000000000zz", "--last"]], ids=["none", "both"])
def test_one_operation_is_named(prod: Prod, words: list[str]) -> None:
    result = prod.run("operation", "undo", *words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")


def test_protected_profile_asks_for_its_name(prod: Prod) -> None:
    operation = moved(prod, "to-agent", "twitter:1001")
    prod.run.configure(PROD.replace("topic_ids:", "protected: true\n    topic_ids:"))
    assert (undone(prod, operation, "--yes").code, prod.control("twitter:1001")) == (2, "agent")
    assert (undone(prod, operation, "--confirm-profile", "prod").code, prod.control("twitter:1001")) == (0, "bot")


def test_more_than_twenty_are_asked_for(prod: Prod) -> None:
    ids = free_ids(prod, 25)
    operation = prod.run("handover", "to-agent", *ids, "--yes", "-o", "json").document["operation"]
    assert (undone(prod, operation).code, effects(prod, ids)) == (2, [1] * 25)
    assert (undone(prod, operation, "--yes").code, effects(prod, ids)) == (0, [2] * 25)


@dataclass
class Losing(httpx.BaseTransport):
    """A wire that loses the answer to the write of one conversation, and every answer about it from then on."""

    inner: httpx.BaseTransport
    path: str
    is_lost: bool = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer, or lose the answer."""
        is_it = request.url.path.endswith(self.path)
        self.is_lost = self.is_lost or (is_it and request.method != "GET")
        if is_it and self.is_lost:
            raise httpx.ReadTimeout("timed out")
        return self.inner.handle_request(request)


def test_what_is_in_doubt_is_left_alone_and_that_is_told(prod: Prod) -> None:
    ids = ["twitter:1001", "web:visitor-1"]
    losing = Losing(prod.wire, "/web/visitor-1")
    prod.run.mount = lambda _base_url: losing
    operation = moved(prod, "to-agent", *ids)
    prod.run.mount = lambda _base_url: prod.wire
    back = undone(prod, operation)
    assert (back.code, told(back.document)) == (0, [("twitter:1001", "handover.to_bot", "changed")])
    command = f"qsc-bot operation resume {operation}"
    assert back.document["warnings"] == [f"1 of {operation} in doubt, and left alone; {command} settles that"]


def test_undo_that_was_broken_off_is_resumed(prod: Prod) -> None:
    ids = free_ids(prod, 6)
    operation = moved(prod, "to-agent", *ids)
    prod.sandbox.add_fault(f"POST /1000/inbox/contact/twitter/{ids[2][8:]}", rate_limit=True)
    stopped = undone(prod, operation)
    assert stopped.code == 8
    assert stopped.error["code"] in ("api.rate_limited", "budget.reserved")  # the one that a thread meets first
    prod.run.now += 3700
    result = prod.run("operation", "resume", stopped.document["operation"], "-o", "json")
    assert (result.code, controls(prod, ids), effects(prod, ids)) == (0, ["bot"] * 6, [2] * 6)

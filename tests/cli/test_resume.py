"""`operation resume`: after every way in which an operation can end before its time, all is done and nothing twice."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httpx
import pytest

from tests.cli.holding import Death, Dying, effects, free_ids
from tests.cli.journaled import journal, statuses
from tests.cli.terminal import PROD, Prod, Result, Terminal

ALL: Final = 6
CONTACT: Final = "/1000/inbox/contact/twitter/{}"
Wanted = Callable[[httpx.Request], bool]


@contextmanager
def on_wire(prod: Prod, transport: httpx.BaseTransport) -> Iterator[None]:
    """Another wire for a while."""
    prod.run.mount = lambda _base_url: transport
    yield
    prod.run.mount = lambda _base_url: prod.wire


def newest(run: Terminal) -> str:
    with journal(run) as kept:
        return kept.operations()[0]


def resumed(prod: Prod, operation: str) -> Result:
    return prod.run("operation", "resume", operation, "-o", "json")


def shown(prod: Prod, operation: str) -> Any:
    return prod.run("operation", "show", operation, "-o", "json").document


def call(method: str, one: str) -> Wanted:
    """The calls of one method on one conversation by tag."""
    return lambda request: (request.method, request.url.path) == (method, CONTACT.format(one[8:]))


def second(wanted: Wanted) -> Wanted:
    """The second of these calls: a read after a write."""
    seen: list[httpx.Request] = []

    def is_it(request: httpx.Request) -> bool:
        if wanted(request):
            seen.append(request)
        return wanted(request) and len(seen) == 2

    return is_it


def died(prod: Prod, ids: Sequence[str], wanted: Wanted, *, after_effect: bool = False, verb: str = "to-agent") -> str:
    """Let the process die while it hands over; the operation."""
    with on_wire(prod, Dying(prod.wire, wanted, after_effect=after_effect)), pytest.raises(Death):
        prod.run("handover", verb, *ids)
    return newest(prod.run)


POINTS: Final = {
    "before it was sent": (lambda one: call("GET", one), False, "planned"),
    "sent without effect": (lambda one: call("POST", one), False, "in_doubt"),
    "sent with effect": (lambda one: call("POST", one), True, "in_doubt"),
}


@pytest.mark.parametrize(("wanted", "after_effect", "status"), POINTS.values(), ids=POINTS)
@pytest.mark.parametrize("which", [0, 2, 5])
def test_after_a_crash_everything_is_done_once(
    prod: Prod, wanted: Callable[[str], Wanted], after_effect: bool, status: str, which: int
) -> None:
    ids = free_ids(prod, ALL)
    operation = died(prod, ids, wanted(ids[which]), after_effect=after_effect)
    left = shown(prod, operation)
    assert (left["state"], left["items"][which]["status"], left["ended_at"]) == ("unfinished", status, None)
    result = resumed(prod, operation)
    assert (result.code, result.document["operation"], statuses(result.document)) == (0, operation, ["changed"] * ALL)
    assert effects(prod, ids) == [1] * ALL
    found = shown(prod, operation)
    assert (found["state"], {item["phase"] for item in found["items"]} - {"answered", "sent"}) == ("done", set())


@pytest.mark.parametrize(
    ("conversation", "path"),
    [("whatsapp:32470000000", "/1000/inbox/handover/whatsapp/32470000000"), ("facebook:5550001", "thread_owner")],
    ids=["handover", "messenger"],
)
def test_after_a_crash_between_the_answer_and_the_reading_back_it_is_found_done(
    prod: Prod, conversation: str, path: str
) -> None:
    def is_read(request: httpx.Request) -> bool:
        return request.method == "GET" and request.url.path.endswith(path)

    operation = died(prod, [conversation], second(is_read))
    assert shown(prod, operation)["items"][0]["phase"] == "answered"
    item = resumed(prod, operation).item
    assert (item["status"], item["verified"], item["note"]) == ("changed", True, "the answer was lost; found done")
    assert prod.effects(conversation) == 1


def test_in_doubt_and_found_as_it_was_is_sent_again_once(prod: Prod) -> None:
    operation = died(prod, ["twitter:1001"], call("POST", "twitter:1001"))
    assert resumed(prod, operation).item["note"] is None
    assert len([one for one in prod.wire.writes if one.url.path.endswith("/twitter/1001")]) == 1


def test_in_doubt_and_moved_elsewhere_since_is_left_alone(prod: Prod) -> None:
    operation = died(prod, ["facebook:5550001"], lambda request: request.method == "POST")
    with prod.sandbox._world.state.writing() as db:  # another app takes it, which no person can
        db.execute("UPDATE threads SET owner = '263902037430900' WHERE psid = '5550001'")
    result = resumed(prod, operation)
    assert (result.code, result.item["status"]) == (0, "skipped")
    assert "is held by other" in result.item["note"]
    assert (prod.control("facebook:5550001"), prod.effects("facebook:5550001")) == ("other", 0)
    assert shown(prod, operation)["state"] == "done"


def test_thread_that_was_taken_from_another_app_and_not_passed_yet_is_passed(prod: Prod) -> None:
    with prod.sandbox._world.state.writing() as db:
        db.execute("UPDATE threads SET owner = '263902037430900' WHERE psid = '5550001'")
    operation = died(prod, ["facebook:5550001"], lambda one: one.url.path.endswith("/pass_thread_control"))
    assert prod.control("facebook:5550001") == "bot"
    assert resumed(prod, operation).item["status"] == "changed"
    assert (prod.control("facebook:5550001"), prod.effects("facebook:5550001")) == ("agent", 2)


def test_state_before_is_that_before_the_first_of_two_writes_whichever_run_sent_it(prod: Prod) -> None:
    with prod.sandbox._world.state.writing() as db:
        db.execute("UPDATE threads SET owner = '263902037430900' WHERE psid = '5550001'")
    prod.sandbox.add_fault("POST */pass_thread_control", rate_limit=True)
    first = prod.run("handover", "to-agent", "facebook:5550001", "-o", "json")
    assert (first.code, prod.control("facebook:5550001")) == (8, "bot")
    operation = first.document["operation"]
    prod.run.now += 3700
    assert (resumed(prod, operation).code, prod.control("facebook:5550001")) == (0, "agent")
    assert shown(prod, operation)["items"][0]["before"]["control"] == "other"
    undone = prod.run("operation", "undo", operation, "-o", "json")
    assert (undone.item["status"], "it was other before" in undone.item["note"]) == ("skipped", True)


@pytest.mark.parametrize("after_effect", [True, False])
def test_extension_in_doubt_is_sent_again_only_where_control_is_not_as_long(prod: Prod, after_effect: bool) -> None:
    dying = Dying(prod.wire, lambda one: one.url.path.endswith("/extend_thread_control"), after_effect=after_effect)
    with on_wire(prod, dying), pytest.raises(Death):
        prod.run("handover", "extend", "facebook:5550001", "--by", "72h")
    item = resumed(prod, newest(prod.run)).item
    assert (item["status"], item["verified"]) == ("changed", True)
    assert prod.effects("facebook:5550001") == 1


def test_conversations_of_one_contact_that_were_in_flight_together_are_written_once(prod: Prod) -> None:
    ids = ["twitter:1003", "whatsapp:32470000003"]
    dying = Dying(prod.wire, lambda one: one.method == "POST", after_effect=True)
    with on_wire(prod, dying), pytest.raises(Death):
        prod.run("escalation", "add", *ids)
    operation = newest(prod.run)
    result = resumed(prod, operation)
    assert (result.code, set(statuses(result.document)) <= {"changed", "unchanged"}) == (0, True)
    assert "changed" in statuses(result.document), "the write whose answer was lost did it"
    assert len([one for one in prod.wire.writes if one.method == "POST"]) == 1
    undone = prod.run("operation", "undo", operation, "-o", "json")
    assert "changed" in statuses(undone.document)
    assert prod.run("escalation", "list", "-o", "id").stdout.split().count("twitter:1003") == 0


def test_rate_limit_stops_the_rest_and_resuming_goes_on_with_it(prod: Prod) -> None:
    ids = free_ids(prod, 12)
    prod.sandbox.add_fault("POST /*", rate_limit=True, times=None)
    first = prod.run("handover", "to-agent", *ids, "-o", "json")
    assert (first.code, first.error["code"]) == (8, "api.rate_limited")
    command = first.error["hint"].split("; ")[-1]
    assert command == f"qsc-bot operation resume {first.document['operation']}"
    again = prod.run(*command.split()[1:], "-o", "json")
    assert (again.code, effects(prod, ids)) == (8, [0] * 12)
    prod.sandbox.clear_faults()
    prod.run.now += 3700
    last = prod.run(*command.split()[1:], "-o", "json")
    assert (last.code, statuses(last.document), effects(prod, ids)) == (0, ["changed"] * 12, [1] * 12)


def test_permission_that_ends_half_way_stops_at_once_and_resuming_goes_on_when_it_is_back(prod: Prod) -> None:
    ids = free_ids(prod, 12)
    for one in ids[4:]:
        prod.sandbox.add_fault(f"POST {CONTACT.format(one[8:])}", status=403)
    first = prod.run("handover", "to-agent", *ids)
    assert first.code == 5
    assert "  qsc-bot operation resume op_" in first.stderr.splitlines()[-1]
    operation = first.stderr.split()[-1]
    refused = [item for item in shown(prod, operation)["items"] if item["status"] == "failed"]
    assert 1 <= len(refused) <= 4
    assert effects(prod, ids[4:]) == [0] * 8
    prod.sandbox.clear_faults()
    last = resumed(prod, operation)
    assert (last.code, statuses(last.document), effects(prod, ids)) == (0, ["changed"] * 12, [1] * 12)


def test_first_failure_that_stops_the_rest_is_gone_on_with(prod: Prod) -> None:
    ids = free_ids(prod, 12)
    prod.sandbox.add_fault(f"GET {CONTACT.format(ids[4][8:])}", status=500, times=3)
    first = prod.run("handover", "to-agent", *ids, "--fail-fast")
    assert first.code in (8, 9)
    assert first.stderr.splitlines()[-1].startswith("next: qsc-bot operation resume op_")
    last = resumed(prod, first.stderr.split()[-1])
    assert (last.code, statuses(last.document), effects(prod, ids)) == (0, ["changed"] * 12, [1] * 12)


@pytest.mark.parametrize(
    ("status", "code", "tried_again"),
    [(500, "api.unavailable", True), (404, "contact.not_found", False)],
    ids=["temporary", "for good"],
)
def test_only_what_failed_for_a_while_is_tried_again(prod: Prod, status: int, code: str, tried_again: bool) -> None:
    ids = free_ids(prod, 3)
    prod.sandbox.add_fault(f"GET {CONTACT.format(ids[1][8:])}", status=status, times=None)
    first = prod.run("handover", "to-agent", *ids, "-o", "json")
    assert (first.code, statuses(first.document)) == (9, ["changed", "failed", "changed"])
    assert first.document["items"][1]["error"]["code"] == code
    prod.sandbox.clear_faults()
    last = resumed(prod, first.document["operation"])
    assert last.document["items"][1]["status"] == ("changed" if tried_again else "failed")
    assert last.code == (0 if tried_again else 9)
    assert effects(prod, ids) == [1, int(tried_again), 1]


def test_crash_before_the_end_was_written_down_is_made_good(prod: Prod) -> None:
    ids = free_ids(prod, 3)
    first = prod.run("handover", "to-agent", *ids, "-o", "json").document
    with sqlite3.connect(prod.run.state / "journal.db") as db:
        db.execute("DELETE FROM entries WHERE kind = 'ended'")
    db.close()
    assert shown(prod, first["operation"])["state"] == "unfinished"
    assert (resumed(prod, first["operation"]).code, effects(prod, ids)) == (0, [1, 1, 1])
    assert shown(prod, first["operation"])["state"] == "done"


def test_finished_operation_sends_nothing_and_reports_all(prod: Prod) -> None:
    ids = free_ids(prod, 3)
    first = prod.run("handover", "to-agent", *ids, "-o", "json").document
    prod.wire.requests.clear()
    again = resumed(prod, first["operation"])
    assert (again.code, again.document["items"]) == (0, first["items"])
    assert prod.wire.requests == []


def test_contact_that_was_deleted_in_between_is_told_and_the_others_are_done(prod: Prod) -> None:
    ids = free_ids(prod, 3)
    operation = died(prod, ids, call("GET", ids[0]))
    prod.sandbox.add_fault(f"GET {CONTACT.format(ids[1][8:])}", status=404, times=None)
    result = resumed(prod, operation)
    assert result.code == 9
    assert sorted(statuses(result.document)) == ["changed", "changed", "failed"]
    assert shown(prod, operation)["state"] == "done"


def test_conversation_that_moves_between_plan_and_act_is_not_forced(prod: Prod) -> None:
    ids = free_ids(prod, 3)
    with on_wire(prod, Dying(prod.wire, call("GET", ids[0]))), pytest.raises(Death):
        prod.run("handover", "to-agent", *ids, "--if-control", "bot")
    planned = newest(prod.run)
    prod.run("escalation", "add", ids[0])
    result = resumed(prod, planned)
    assert (result.code, result.document["items"][0]["status"]) == (0, "skipped")
    assert effects(prod, ids) == [1, 1, 1]


def test_unknown_operation_is_not_found(prod: Prod) -> None:
    result = resumed(prod, "op_0000000000000zz")
    assert (result.code, result.error["code"]) == (6, "operation.not_found")


@pytest.mark.parametrize(
    ("old", "new"),
    [('account_id: "1000"', 'account_id: "1001"'), ("topic_ids:", "region: us\n    topic_ids:")],
    ids=["account", "host"],
)
@pytest.mark.parametrize("verb", ["resume", "undo"])
def test_operation_of_another_account_or_host_is_refused(prod: Prod, old: str, new: str, verb: str) -> None:
    operation = prod.run("handover", "to-agent", "twitter:1001", "-o", "json").document["operation"]
    prod.run.configure(PROD.replace(old, new))
    prod.wire.requests.clear()
    result = prod.run("operation", verb, operation, "-o", "json")
    assert (result.code, result.error["code"], prod.wire.requests) == (7, "operation.elsewhere", [])


def test_operation_of_another_profile_is_gone_on_with_for_that_one(prod: Prod) -> None:
    operation = died(prod, ["twitter:1001"], call("POST", "twitter:1001"))
    prod.run.configure(PROD.replace("default_profile: prod", "default_profile: sandbox"))
    assert resumed(prod, operation).document["profile"] == "prod"
    refused = prod.run("operation", "resume", operation, "-p", "sandbox", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "usage.invalid")


def test_profile_protected_in_bulk_lets_few_go_on(prod: Prod) -> None:
    operation = died(prod, ["twitter:1001"], call("POST", "twitter:1001"))
    prod.run.configure(PROD.replace("topic_ids:", "protected: bulk\n    topic_ids:"))
    assert (resumed(prod, operation).code, prod.effects("twitter:1001")) == (0, 1)


def test_protected_profile_asks_for_its_name(prod: Prod) -> None:
    operation = died(prod, ["twitter:1001"], call("POST", "twitter:1001"))
    prod.run.configure(PROD.replace("topic_ids:", "protected: true\n    topic_ids:"))
    refused = resumed(prod, operation)
    assert (refused.code, prod.effects("twitter:1001")) == (2, 0)
    assert prod.run("operation", "resume", operation, "--confirm-profile", "prod").code == 0
    assert prod.effects("twitter:1001") == 1

"""How many calls are left: as last seen by this machine, and as one call tells."""

import httpx

from tests.cli.terminal import NOW, Prod, Terminal, answering
from tests.conftest import MakeProd


def test_before_the_first_call_nothing_is_known_and_nothing_is_asked(prod: Prod) -> None:
    item = prod.run("limits", "-o", "json").document
    assert (item["limit"], item["left"], item["seen_at"], item["asked"]) == (None, None, None, False)
    assert "limits --ask" in item["note"]
    assert prod.wire.requests == []


def test_asking_takes_one_call_and_tells_all(prod: Prod) -> None:
    item = prod.run("limits", "--ask", "-o", "json").document
    assert (item["host"], item["limit"], item["left"], item["period_s"]) == ("api.engagor.com", 350, 349, 3600)
    assert (item["reset_at"], item["asked"]) == ("2026-11-22T10:02:30Z", True)
    assert len(prod.wire.requests) == 1


def test_what_any_command_saw_is_remembered_for_the_next_run(prod: Prod) -> None:
    prod.run("handover", "status", "whatsapp:32470000000", "whatsapp:32470000001")
    asked = len(prod.wire.requests)
    item = prod.run("limits", "-o", "json").document
    assert (item["left"], item["seen_at"], item["asked"]) == (348, "2026-11-22T09:02:30Z", False)
    assert len(prod.wire.requests) == asked


def test_after_the_reset_nobody_knows_what_is_left(prod: Prod) -> None:
    prod.run("limits", "--ask")
    prod.run.now = NOW + 3601
    item = prod.run("limits", "-o", "json").document
    assert (item["limit"], item["left"]) == (350, None)
    assert "hour is over" in item["note"]


def test_limit_that_is_used_up_is_told_not_an_error(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=1)
    prod.run("handover", "status", "whatsapp:32470000000")
    result = prod.run("limits", "--ask", "-o", "json")
    assert (result.code, result.document["left"]) == (0, 0)


def test_answer_without_the_headers_is_told(prod: Prod) -> None:
    prod.run.mount = answering(lambda _request: httpx.Response(200, json={"meta": {"code": 200}, "response": {}}))
    item = prod.run("limits", "--ask", "-o", "json").document
    assert (item["limit"], item["note"]) == (None, "the remote told no limit")


def test_file_of_facts_edited_by_hand_is_no_fault(prod: Prod) -> None:
    prod.run("limits", "--ask")
    facts = prod.run.home / ".cache/qsc-bot/facts.json"
    facts.write_text(facts.read_text().replace("349", '"many"'))
    assert prod.run("limits", "-o", "json").document["left"] is None


def test_sandbox_has_limits_too(run: Terminal) -> None:
    assert run("limits", "--ask", "-o", "json").document["limit"] == 350

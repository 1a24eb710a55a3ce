"""How many calls are left: as last seen by this machine, and as one call tells."""

import os

import httpx
import pytest
import yaml

from qsc_bot.storage.account import Account, Process
from qsc_bot.storage.budget import Ledger
from qsc_bot.storage.window import Instant
from tests.cli.terminal import NOW, Prod, Terminal, answering
from tests.conftest import CheckGolden, MakeProd


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


def test_ledger_that_cannot_be_read_is_set_aside_and_told(prod: Prod) -> None:
    prod.run("limits", "--ask")
    (prod.run.state / "budget.db").write_bytes(b"no database at all, " * 100)
    result = prod.run("limits")
    assert (result.code, "left\t\n" in result.stdout) == (0, True)
    assert "set aside as budget.db.set-aside" in result.stderr
    assert prod.run("limits", "--ask", "-o", "json").document["left"] == 348
    assert prod.run("limits").stderr == ""


@pytest.mark.parametrize("words", [("limits",), ("conversation", "list"), ("handover", "to-agent", "twitter:1001")])
@pytest.mark.parametrize("output", ["json", "ndjson", "yaml"])
def test_ledger_that_is_set_aside_is_told_to_programs_too(prod: Prod, words: tuple[str, ...], output: str) -> None:
    prod.run("limits", "--ask")
    (prod.run.state / "budget.db").write_bytes(b"no database at all, " * 100)
    result = prod.run(*words, "-o", output)
    document = yaml.safe_load(result.stdout.splitlines()[-1] if output == "ndjson" else result.stdout)
    assert "set aside as budget.db.set-aside" in document["warnings"][0]
    assert "set aside" not in result.stderr


def test_ledger_that_cannot_be_kept_keeps_no_read_from_working(prod: Prod) -> None:
    (prod.run.state / "budget.db").mkdir(parents=True)
    result = prod.run("handover", "status", "whatsapp:32470000000", "whatsapp:32470000001", "facebook:5550001")
    assert result.code == 0
    assert result.stderr.count("counted in this process alone") == 1
    assert prod.run("limits", "--ask", "-o", "json").document["left"] == 347


def test_reserve_and_who_used_the_calls_are_told(prod: Prod) -> None:
    prod.run("handover", "status", "whatsapp:32470000000", "whatsapp:32470000001")
    prod.run.now += 60
    item = prod.run("limits", "--ask", "-o", "json").document
    assert item["reserve"] == 50
    assert [(use["command"], use["calls"], use["since"]) for use in item["used_by"]] == [
        ("handover status", 2, "2026-11-22T09:02:30Z"),
        ("limits", 1, "2026-11-22T09:03:30Z"),
    ]
    assert {use["process"] for use in item["used_by"]} == {str(os.getpid())}
    assert item["graph"] is None


def test_what_was_typed_is_not_kept(prod: Prod) -> None:
    prod.run("handover", "status", "whatsapp:32470000000", "-p", "prod")
    prod.run("api", "GET", "/me")
    assert [use["command"] for use in prod.run("limits", "-o", "json").document["used_by"]] == ["api"]
    kept = b"".join(path.read_bytes() for path in prod.run.state.iterdir())
    assert b"32470000000" not in kept


def test_metas_share_is_told_beside_it(prod: Prod) -> None:
    usage = {
        "x-app-usage": '{"call_count": 28, "total_time": 25, "total_cputime": 12}',
        "x-business-use-case-usage": '{"1": [{"type": "messenger", "call_count": 97, "total_cputime": 1,'
        ' "total_time": 1, "estimated_time_to_regain_access": 5}]}',
    }
    owner = {"data": [{"thread_owner": {"app_id": "111"}}]}
    prod.run.mount = answering(lambda _request: httpx.Response(200, json=owner, headers=usage))
    prod.run("handover", "status", "facebook:5550001")
    graph = prod.run("limits", "-o", "json").document["graph"]
    assert (graph["host"], graph["usage_percent"], graph["regain_s"]) == ("graph.facebook.com", 97, 300)
    assert [(use["command"], use["calls"]) for use in graph["used_by"]] == [("handover status", 1)]


def test_without_a_token_nobody_knows_whose_calls_they_are(prod: Prod) -> None:
    prod.run.secrets = {}
    item = prod.run("limits", "-o", "json").document
    assert (item["left"], "QSC_BOT_TOKEN is not set" in item["note"]) == (None, True)


def test_renewed_token_keeps_the_budget_once_the_user_is_read(prod: Prod) -> None:
    prod.run("limits", "--ask")
    prod.run("handover", "status", "whatsapp:32470000000")
    renewed = {"QSC_BOT_TOKEN": "renewed-token"}
    me = {"meta": {"code": 200}, "response": {"id": user_of(prod)}}
    prod.run.mount = answering(lambda _request: httpx.Response(200, json=me))
    assert prod.run("limits", "-o", "json", env=renewed).document["left"] is None
    item = prod.run("limits", "--ask", "-o", "json", env=renewed).document
    assert (item["limit"], item["left"]) == (350, 346)
    assert sum(use["calls"] for use in item["used_by"]) == 5


def user_of(prod: Prod) -> str:
    """The id of the token's user."""
    return str(prod.run("auth", "status", "-o", "json").document["user_id"])


def test_limits_fit_a_terminal(prod: Prod, check_golden: CheckGolden) -> None:
    owner = {"x-app-usage": '{"call_count": 28, "total_time": 25, "total_cputime": 12}'}
    sandbox, graph = prod.wire, httpx.Response(200, json={"data": []}, headers=owner)
    prod.run.mount = lambda base: httpx.MockTransport(lambda _: graph) if "graph." in base else sandbox
    prod.run("handover", "status", "whatsapp:32470000000", "whatsapp:32470000001", "facebook:5550001")
    prod.run.now += 600
    screen = prod.run("limits", tty=True, width=80).stdout.replace(str(os.getpid()), "4711")
    assert max(map(len, screen.splitlines())) <= 80
    check_golden("limits-80.txt", screen)


def test_moving_the_sandboxs_clock_gives_its_calls_back(run: Terminal) -> None:
    run.sandbox.add_fault("GET /me", rate_limit=True)
    assert run("limits", "--ask", "-o", "json").document["left"] == 0
    assert run("handover", "status", "whatsapp:32470000000", "-o", "json").error["code"] == "api.rate_limited"
    run("sandbox", "clock", "+1h")
    assert run("handover", "status", "whatsapp:32470000000").code == 0


def test_asking_mends_a_count_that_was_wrong(run: Terminal) -> None:
    run.sandbox.add_fault("GET /me", rate_limit=True)
    run("limits", "--ask")
    assert run("limits", "--ask", "-o", "json").document["left"] == 348
    assert run("handover", "status", "whatsapp:32470000000").code == 0


def test_sandbox_has_limits_too(run: Terminal) -> None:
    assert run("limits", "--ask", "-o", "json").document["limit"] == 350


def test_calls_of_a_process_that_was_killed_are_told_as_long_as_they_count(prod: Prod) -> None:
    prod.run("limits", "--ask")
    killed = Ledger(prod.run.state / "budget.db", process=Process(name="4711-1", command=lambda: ""), tell=print)
    account = Account.of("social-connect", "api.engagor.com", prod.run.secrets["QSC_BOT_TOKEN"])
    for _ in range(2):
        killed.take(account, at=Instant(prod.run.now), floor=None, asks_first=False, is_patient=False)
    killed.close()
    item = prod.run("limits", "-o", "json").document
    assert item["left"] == 347
    assert item["note"] == "counted as used: 2 calls without an answer, for 2 min if the process died"
    assert item["note"] in prod.run("limits", tty=True).stdout
    prod.run.now += 121
    assert prod.run("limits", "-o", "json").document["note"] is None

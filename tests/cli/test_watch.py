"""`conversation watch` for programs: a record for each change, signs of life, and an end that always comes."""

import io
from typing import Any

import httpx
import jsonschema
import pytest

from qsc_bot.output.schemas import build
from qsc_bot.sandbox.service import Sandbox
from tests.cli.contract_fields import CONVERSATION
from tests.cli.meanwhile import Meanwhile
from tests.cli.terminal import PROD, SECRETS, ClosedPipe, Prod, Result, Terminal, answering
from tests.conftest import MakeProd

WATCH = ["conversation", "watch"]
STREAM = [*WATCH, "-o", "ndjson"]
EVENTS = {"type", "change", "checked_at", *CONVERSATION}


def told(result: Result) -> list[tuple[str, str]]:
    """What changed after the first look, by id."""
    events = [line for line in result.lines if line["type"] == "event"]
    first = events[0]["checked_at"]
    return [(line["change"], line["id"]) for line in events if line["checked_at"] != first]


def beats(result: Result) -> list[dict[str, Any]]:
    """The heartbeats."""
    return [line for line in result.lines if line["type"] == "heartbeat"]


def test_first_look_adds_each_and_the_last_line_is_the_end(run: Terminal) -> None:
    listed = run("conversation", "list", "--all", "-o", "id").stdout.split()
    Meanwhile(run, ends_at=1)
    result = run(*STREAM)
    *events, end = result.lines
    assert [line["id"] for line in events] == listed
    assert {(line["type"], line["change"], line["checked_at"]) for line in events} == {
        ("event", "added", "2026-11-22T09:02:30Z")
    }
    assert (end["type"], end["returned"], end["complete"]) == ("end", 10, True)
    assert (end["schema"], end["profile"], end["account_id"]) == ("qsc-bot/conversation-event@1", "sandbox", "1000")
    assert (result.code, result.error["code"], len(result.stderr.splitlines())) == (130, "run.interrupted", 1)


def slowly(prod: Prod, seconds: float) -> None:
    """Let every answer take so long by this machine's clock."""
    network = prod.wire

    def answer(request: httpx.Request) -> httpx.Response:
        prod.run.now += seconds
        return network.handle_request(request)

    prod.run.mount = answering(answer)


def test_first_look_that_takes_long_gives_signs_of_life(prod: Prod) -> None:
    prod.sandbox.reset("large:1500:viber")
    slowly(prod, 7)
    Meanwhile(prod.run, ends_at=1)
    lines = prod.run(*STREAM).lines
    first = next(at for at, line in enumerate(lines) if line["type"] == "event")
    before = lines[:first]
    assert {(line["type"], line["checked_at"], line["error"]) for line in before} == {("heartbeat", None, None)}
    calls = [line["calls"] for line in before]
    assert calls == sorted(set(calls))
    assert len(calls) > 20, "while messages were read, and while it was asked who holds each"
    assert lines[-1]["type"] == "end"
    assert lines[-1]["returned"] > 1400, "some have left the window meanwhile"


def test_first_look_that_takes_long_is_told_to_people_too(prod: Prod) -> None:
    slowly(prod, 30)
    Meanwhile(prod.run, ends_at=1)
    told = prod.run(*WATCH, "-o", "plain").stderr.splitlines()
    assert any(line.startswith("still reading, ") and line.endswith(" left") for line in told)
    assert not any("still reading" in line for line in prod.run(*WATCH, "-o", "plain", "-q").stderr.splitlines())


def test_look_that_is_quick_gives_no_other_signs_than_before(run: Terminal) -> None:
    Meanwhile(run, ends_at=70)
    signs = [line["at"][-4:-1] for line in beats(run(*STREAM))]
    assert signs == [":45", ":00", ":15", ":30"], "between looks and after those that found nothing"


def test_event_has_these_fields_and_fits_its_schema(run: Terminal) -> None:
    Meanwhile(run, ends_at=1)
    schema = jsonschema.Draft202012Validator(build("conversation-event"))
    for event in run(*STREAM).lines[:-1]:
        assert set(event) == EVENTS
        schema.validate(event)


def test_pipe_gets_records_without_being_asked_for(run: Terminal) -> None:
    Meanwhile(run, ends_at=1)
    assert {line["type"] for line in run(*WATCH).lines} == {"event", "end"}


def test_message_of_a_customer_is_one_change(run: Terminal, sandbox: Sandbox) -> None:
    Meanwhile(run, {20: lambda: sandbox.say("twitter:1001", "Hello?")}, ends_at=70)
    result = run(*STREAM)
    assert told(result) == [("modified", "twitter:1001")]
    (event,) = [line for line in result.lines if line.get("change") == "modified"]
    assert (event["checked_at"], event["last_message_at"]) == ("2026-11-22T09:03:00Z", "2026-11-22T09:03:00Z")
    assert (event["last_message_from"], event["waiting_s"]) == ("customer", 0)


@pytest.mark.parametrize("act", [["escalation", "add", "twitter:1001"], ["handover", "to-agent", "web:visitor-1"]])
def test_move_by_another_run_is_one_change(run: Terminal, act: list[str]) -> None:
    Meanwhile(run, {20: lambda: run(*act)}, ends_at=50)
    assert told(run(*STREAM)) == [("modified", act[2])]


def test_new_conversation_is_added_and_one_that_leaves_the_window_removed(run: Terminal, sandbox: Sandbox) -> None:
    Meanwhile(run, {20: lambda: sandbox.say("twitter:9", "Hi", name="Nina Newcomer")}, ends_at=50)
    assert told(run(*STREAM)) == [("added", "twitter:9")]
    Meanwhile(run, {20: lambda: setattr(run, "now", run.now + 23 * 3600)}, ends_at=23 * 3600 + 50)
    left = {("removed", one) for one in ("whatsapp:32470000001", "facebook:5550002", "twitter:1003")}
    assert set(told(run(*STREAM))) >= left


def test_conversation_that_leaves_the_filter_is_removed(run: Terminal) -> None:
    Meanwhile(run, {20: lambda: run("escalation", "remove", "twitter:1002")}, ends_at=50)
    assert told(run(*STREAM, "--control", "agent")) == [("removed", "twitter:1002")]


def test_waiting_alone_is_no_change_but_becoming_stuck_is(run: Terminal) -> None:
    Meanwhile(run, ends_at=170)
    result = run(*STREAM, "--bot-silent", "26m", "--service", "viber")
    assert told(result) == [("modified", "viber:viber-1")]
    (stuck,) = [line["stuck"] for line in result.lines if line.get("change") == "modified"]
    assert stuck == ["bot_silent"]


def test_signs_of_life_come_within_30_s_however_rare_the_looks(run: Terminal) -> None:
    time = Meanwhile(run, ends_at=400)
    result = run(*STREAM, "--interval", "5m")
    assert all(seconds <= 20 for seconds in time.slept)
    assert len(beats(result)) >= 400 / 30
    assert {beat["checked_at"] for beat in beats(result)} == {"2026-11-22T09:02:30Z", "2026-11-22T09:07:30Z"}
    assert sorted(beats(result)[0]) == ["at", "calls", "calls_left", "checked_at", "error", "next_in_s", "type"]


def test_quiet_look_costs_a_page_of_contacts_and_one_of_messages(run: Terminal) -> None:
    Meanwhile(run, ends_at=100)
    calls = [beat["calls"] for beat in beats(run(*STREAM))]
    assert sorted(set(calls)) == [calls[0], calls[0] + 2, calls[0] + 4, calls[0] + 6]


def test_interval_has_a_floor_that_is_told(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=None)
    time = Meanwhile(prod.run, ends_at=25)
    result = prod.run(*WATCH, "--interval", "1s")
    assert time.slept == [10.0, 10.0, 10.0]
    assert "--interval is 10s at least" in result.stderr


def test_interval_grows_where_few_calls_are_left(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=80)
    Meanwhile(prod.run, ends_at=3000)
    last = beats(prod.run(*STREAM))[-1]
    assert last["calls_left"] >= 40
    assert last["next_in_s"] > 60


def test_temporary_failure_is_told_backs_off_and_is_overcome(run: Terminal, sandbox: Sandbox) -> None:
    Meanwhile(
        run,
        {
            20: lambda: sandbox.add_fault("*", status=503, times=None),
            100: sandbox.clear_faults,
            110: lambda: sandbox.say("twitter:1001", "Hello?"),
        },
        ends_at=330,
    )
    result = run(*STREAM)
    assert told(result) == [("modified", "twitter:1001")]
    failed = [beat for beat in beats(result) if beat["error"]]
    assert {beat["error"]["code"] for beat in failed} == {"api.unavailable"}
    assert {beat["checked_at"] for beat in failed} == {"2026-11-22T09:02:30Z"}
    assert {beat["next_in_s"] for beat in failed} >= {60, 120}
    assert beats(result)[-1]["error"] is None
    assert (result.code, result.lines[-1]["complete"]) == (130, True)


def test_first_look_may_fail_too(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.add_fault("*", status=503, times=None)
    Meanwhile(run, {20: sandbox.clear_faults}, ends_at=70)
    lines = run(*STREAM).lines
    assert (lines[0]["type"], lines[0]["checked_at"]) == ("heartbeat", None)
    assert sum(line["type"] == "event" for line in lines) == 10


def test_backing_off_ends_at_5_minutes(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.add_fault("*", status=503, times=None)
    Meanwhile(run, ends_at=3000)
    assert max(beat["next_in_s"] for beat in beats(run(*STREAM))) == 300


def test_rate_limit_in_the_middle_keeps_what_is_known(run: Terminal, sandbox: Sandbox) -> None:
    def limit() -> None:
        sandbox.say("web:visitor-1", "Hello?")
        sandbox.add_fault("GET /*/inbox/handover/*", rate_limit=True, times=None)

    Meanwhile(run, {20: limit}, ends_at=40)
    result = run(*STREAM)
    assert told(result) == [("modified", "web:visitor-1")]
    assert beats(result)[-1]["error"]["code"] == "api.rate_limited"
    assert result.lines[-1]["complete"] is False


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 5)])
def test_refusal_ends_it_with_its_code_after_the_end_line(
    run: Terminal, sandbox: Sandbox, status: int, code: int
) -> None:
    Meanwhile(run, {20: lambda: sandbox.add_fault("*", status=status, times=None)}, ends_at=500)
    result = run(*STREAM)
    assert (result.code, result.error["exit"]) == (code, code)
    assert (result.lines[-1]["type"], result.lines[-1]["complete"]) == ("end", False)


@pytest.mark.parametrize("output", ["json", "yaml", "csv", "id"])
def test_formats_with_an_end_are_refused_naming_ndjson(run: Terminal, output: str) -> None:
    result = run(*WATCH, "-o", output)
    assert (result.code, result.stdout) == (2, "")
    assert "-o ndjson" in result.stderr


@pytest.mark.parametrize("words", [[], ["-o", "ndjson"], ["-o", "plain"], ["-o", "table"]], ids=" ".join)
def test_closed_pipe_ends_quietly(run: Terminal, words: list[str]) -> None:
    Meanwhile(run, ends_at=100)
    result = run(*WATCH, *words, stdout=ClosedPipe())
    assert (result.code, "error" in result.stderr) == (0, False)


def test_pipe_that_is_closed_later_ends_it_at_the_next_sign_of_life(run: Terminal) -> None:
    class Closing(io.StringIO):
        is_closed = False

        def write(self, text: str) -> int:
            if self.is_closed:
                raise BrokenPipeError
            return super().write(text)

    pipe = Closing()
    time = Meanwhile(run, {10: lambda: setattr(pipe, "is_closed", True)}, ends_at=500)
    result = run(*WATCH, stdout=pipe)
    assert (result.code, "error" in result.stderr, time.passed < 31) == (0, False, True)


def test_breach_ends_it_with_exit_11_naming_who(run: Terminal) -> None:
    time = Meanwhile(run, ends_at=1000)
    result = run(*STREAM, "--slo", "bot_silent<27m", "--exit-on-breach")
    assert (result.code, result.error["code"], time.passed) == (11, "slo.breached", 150)
    assert result.error["message"] == "bot_silent<27m is breached by viber:viber-1"
    assert result.error["hint"] == "qsc-bot conversation explain viber:viber-1"
    assert (result.lines[-1]["type"], result.lines[-1]["complete"]) == ("end", True)
    assert ("modified", "viber:viber-1") in told(result)


def test_breach_without_exit_is_told_and_goes_on(run: Terminal) -> None:
    Meanwhile(run, ends_at=100)
    result = run(*WATCH, "-o", "plain", "--slo", "agent_silent<1h", "--slo", "bot_silent<10m")
    assert result.code == 130
    assert result.stderr.count("breached: agent_silent<1h by 1; breached: bot_silent<10m by 1") == 1


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["--exit-on-breach"], id="nothing to breach"),
        pytest.param(["--slo", "lapsing<1h"], id="no limit of its own"),
        pytest.param(["--slo", "bot_silent<5m", "--slo", "bot_silent<6m"], id="two limits"),
        pytest.param(["--slo", "bot_silent<5m", "--bot-silent", "6m"], id="another limit"),
        pytest.param(["--slo", "bot_silent<5m", "--control", "agent"], id="hidden by --control"),
        pytest.param(["--slo", "bot_silent<5m", "--code", "nobody"], id="hidden by --code"),
        pytest.param(["--code", "nothing"], id="unknown code"),
        pytest.param(["--fields", "chang"], id="unknown field"),
    ],
)
def test_wishes_that_cannot_be_are_refused_before_any_call(run: Terminal, sandbox: Sandbox, words: list[str]) -> None:
    result = run(*STREAM, *words)
    assert (result.code, result.stdout, result.error["code"]) == (2, "", "usage.invalid")
    assert sandbox.status()["requests"] == {}


def test_fields_choose_and_order(run: Terminal) -> None:
    Meanwhile(run, ends_at=1)
    first = run(*STREAM, "--fields", "id,change").lines[0]
    assert list(first.items()) == [("type", "event"), ("id", "whatsapp:32470000001"), ("change", "added")]


def test_names_are_initials_unless_asked_for(run: Terminal) -> None:
    for words in (STREAM, [*WATCH, "-o", "plain"], [*WATCH, "-o", "table"]):
        Meanwhile(run, ends_at=1)
        assert "B… S…" in run(*words).stdout.encode().decode("unicode-escape" if "ndjson" in words else "utf-8")
        assert "Sample" not in run(*words).stdout
    assert "Ben Sample" in run(*STREAM, "--show-pii").stdout


def test_unmarked_messages_are_told_in_the_end_line(prod: Prod) -> None:
    empty = {"meta": {"code": 200}, "response": {"count": 0, "data": [], "paging": {"next_url": None}}}
    prod.run.configure(PROD)
    prod.run.secrets = SECRETS
    prod.run.mount = answering(lambda _request: httpx.Response(200, json=empty))
    Meanwhile(prod.run, ends_at=1)
    *_, end = prod.run(*STREAM).lines
    assert (end["returned"], end["complete"]) == (0, True)

"""Writes that name no ids: what selectors choose, what they leave out, and what is shown and asked first."""

import io
from collections.abc import Callable

import pytest

from tests.cli.terminal import Prod, Result, Tty

WAITING = {"twitter:1002", "whatsapp:32470000001"}
"""Agents hold them, and their customers wait."""
MENTIONS_PATH = "GET /*/inbox/mentions"


def chosen(result: Result) -> list[str]:
    """The conversations of a report, sorted."""
    return sorted(item["id"] for item in result.document["items"])


def journal_of(prod: Prod) -> list[str]:
    """The operations of the journal, by looking for the file that the first would make."""
    return [path.name for path in prod.run.state.glob("journal.db")]


class Answering(Tty):
    """A person who answers after something has happened."""

    def __init__(self, answer: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(answer)
        self._meanwhile = meanwhile

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]  # one of its bases reads bytes
        """The answer."""
        self._meanwhile()
        return super().readline(-1 if size is None else size)


def test_selector_is_the_list_of_what_it_finds_without_what_is_in_use(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "--control", "agent", "--yes", "-o", "json")
    assert (result.code, chosen(result)) == (0, ["facebook:5550002"])
    (told,) = result.document["warnings"]
    assert told.startswith("left out 2 conversations, the customer waits for an agent: ")
    assert all(name in told for name in WAITING)
    assert told.endswith("; --include-active takes them too")
    assert {prod.control(name) for name in WAITING} == {"agent"}


IDA, HERS = "twitter:1003", "whatsapp:32470000003"


@pytest.mark.parametrize(
    "words",
    [["handover", "to-bot", "--service", "twitter"], ["escalation", "remove", "--control", "agent"]],
    ids=["hand-over by the tag", "tag"],
)
def test_tag_stays_where_another_conversation_of_the_contact_is_in_use(prod: Prod, words: list[str]) -> None:
    prod.run("handover", "to-agent", HERS, "--with-tag")
    prod.run.now += 3600
    prod.sandbox.say(HERS, "Is anybody there?")
    prod.run.now += 60
    prod.run("conversation", "list", "--all")
    result = prod.run(*words, "--yes", "-o", "json")
    assert IDA not in chosen(result)
    told = [text for text in result.document["warnings"] if IDA in text]
    assert told == [
        f"left out 1 conversation, the tag is the contact's, and {HERS} is in use: {IDA}; "
        "--include-active takes them too"
    ]
    assert prod.control(IDA) == "agent"
    taken = prod.run(*words, "--include-active", "--yes", "-o", "json")
    assert IDA in chosen(taken)


def test_active_ones_are_included_when_asked_for(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "--control", "agent", "--include-active", "--yes", "-o", "json")
    assert set(chosen(result)) == {"facebook:5550002", *WAITING}
    assert (result.document["counts"]["changed"], result.document["warnings"]) == (3, [])


def test_agent_who_wrote_lately_keeps_the_conversation(prod: Prod) -> None:
    prod.sandbox.agent_reply("facebook:5550002", "One moment.")
    result = prod.run("handover", "to-bot", "--service", "facebook", "--since", "24h", "--yes", "-o", "json")
    assert (result.code, chosen(result), result.document["operation"]) == (0, [], None)
    assert "an agent wrote within 30m: facebook:5550002" in result.document["warnings"][0]
    assert (prod.wire.writes, journal_of(prod)) == ([], [])


def test_nothing_to_do_is_success_and_no_operation(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "--control", "bot", "--yes")
    assert (result.code, result.stdout, journal_of(prod)) == (0, "", [])
    assert result.stderr.splitlines()[-1] == "nothing to do"


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        pytest.param(["handover", "to-agent", "--stuck"], ["viber:viber-1"], id="stuck"),
        pytest.param(["handover", "to-agent", "--waiting", "20m"], ["viber:viber-1"], id="waiting"),
        pytest.param(["handover", "to-agent", "--service", "web"], ["web:visitor-1"], id="service"),
        pytest.param(
            ["handover", "to-agent", "--service", "web", "--service", "viber"],
            ["viber:viber-1", "web:visitor-1"],
            id="services",
        ),
        pytest.param(
            ["handover", "to-bot", "--since", "7d"], ["facebook:5550002", "facebook:5550003"], id="since, idle ones too"
        ),
        pytest.param(["handover", "extend", "--control", "bot", "--by", "48h"], ["facebook:5550001"], id="extend"),
        pytest.param(["escalation", "add", "--waiting", "20m", "--control", "bot"], ["viber:viber-1"], id="tag on"),
        pytest.param(
            ["escalation", "remove", "--service", "twitter", "--include-active"], ["twitter:1002"], id="tag off"
        ),
    ],
)
def test_every_write_takes_selectors(prod: Prod, words: list[str], ids: list[str]) -> None:
    result = prod.run(*words, "--yes", "-o", "json")
    assert (result.code, chosen(result)) == (0, ids)
    assert result.document["counts"]["changed"] == len(ids)


def test_instagram_bears_no_tag_and_is_left_out(prod: Prod) -> None:
    prod.sandbox.say("instagram:77001", "Hello")
    result = prod.run("escalation", "add", "--service", "instagram", "--yes", "-o", "json")
    assert (result.code, chosen(result)) == (0, [])
    assert "contact calls do not support instagram: instagram:77001" in result.document["warnings"][0]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        pytest.param(["twitter:1001", "--stuck"], "usage.ids", id="ids and a selector"),
        pytest.param(["--ids", "-", "--service", "twitter"], "usage.ids", id="a list and a selector"),
        pytest.param(["twitter:1001", "--include-active"], "usage.invalid", id="include-active without one"),
        pytest.param(["--allow-partial"], "usage.invalid", id="allow-partial without one"),
        pytest.param(["--stuck", "--if-control", "agent"], "usage.invalid", id="a guard"),
        pytest.param(["--service", "x"], "usage.service", id="no service"),
        pytest.param([], "usage.ids", id="nothing"),
    ],
)
def test_contradiction_is_refused_before_any_call(prod: Prod, words: list[str], code: str) -> None:
    result = prod.run("handover", "to-bot", *words, "--yes", "-o", "json", stdin="twitter:1001\n")
    assert (result.code, result.error["code"], prod.wire.requests) == (2, code, [])


@pytest.mark.parametrize("tty", [True, False], ids=["no-input on a terminal", "no terminal"])
def test_without_an_answer_nothing_is_even_looked_for(prod: Prod, tty: bool) -> None:
    result = prod.run("handover", "to-bot", "--stuck", *(["--no-input"] if tty else []), "-o", "json", tty=tty)
    assert (result.code, result.error["code"], prod.wire.requests) == (2, "usage.confirmation", [])
    assert "--yes" in result.error["hint"]


def test_list_and_cost_are_shown_before_the_question(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "--service", "web", "--service", "viber", tty=True, stdin="n\n")
    assert (result.code, prod.wire.writes, result.stdout) == (12, [], "")
    table, cost, question = (
        result.stderr.index(text)
        for text in ("25m   bot", "2 conversations take up to 6 calls to Social Connect", "2 conversations of prod (")
    )
    assert table < cost < question
    assert "handover to-agent: 2 conversations of prod (viber:viber-1, web:visitor-1): go on? [y/N]" in result.stderr
    assert "about 1s at 0.3 s a call" in result.stderr


def test_programs_are_told_nothing_beside_the_result(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "--service", "web", "--yes", "-o", "json")
    assert (result.code, result.stderr, result.document["warnings"]) == (0, "", [])


def test_no_default_limit_cuts_the_list_and_many_want_the_number(prod: Prod) -> None:
    prod.sandbox.reset("large:130:twitter")
    declined = prod.run("handover", "to-agent", "--service", "twitter", tty=True, stdin="y\n")
    assert (declined.code, prod.wire.writes) == (12, [])
    assert "type 104 to go on" in declined.stderr
    assert declined.stderr.count("\n") > 104, "the whole list is shown"
    result = prod.run("handover", "to-agent", "--service", "twitter", "-o", "csv", tty=True, stdin="104\n")
    assert (result.code, len(prod.wire.writes)) == (0, 104)


def test_conversation_that_moves_while_the_question_stands_is_skipped(prod: Prod) -> None:
    stdin = Answering("y\n", lambda: prod.sandbox.press_hand_over("whatsapp:32470000001"))
    words = ["handover", "to-bot", "--service", "whatsapp", "--include-active"]
    result = prod.run(*words, "-o", "json", tty=True, stdin=stdin)
    assert (result.code, result.item["status"], prod.wire.writes) == (0, "skipped", [])
    assert "whatsapp:32470000001 is held by bot" in result.item["note"]


def test_incomplete_look_refuses_before_any_write(prod: Prod) -> None:
    prod.sandbox.add_fault(MENTIONS_PATH, rate_limit=True, times=None)
    result = prod.run("handover", "to-bot", "--control", "agent", "--yes", "-o", "json")
    assert (result.code, result.error["code"], prod.wire.writes) == (8, "api.rate_limited", [])
    assert "--allow-partial" in result.error["hint"]


def test_incomplete_look_is_named_in_the_question_where_it_is_allowed(prod: Prod) -> None:
    prod.run("conversation", "list")
    prod.sandbox.add_fault("GET /*/inbox/handover/viber/*", status=500, times=3)
    prod.run.now += 4000
    words = ["handover", "to-agent", "--service", "web", "--service", "viber"]
    refused = prod.run(*words, "--yes", "-o", "json")
    assert (refused.code, refused.error["code"]) == (2, "usage.partial")
    prod.sandbox.add_fault("GET /*/inbox/handover/viber/*", status=500, times=3)
    asked = prod.run(*words, "--allow-partial", tty=True, stdin="n\n")
    assert (asked.code, prod.wire.writes) == (12, [])
    assert "though not all could be looked at (who holds 1 conversation could not be read: " in asked.stderr


def test_dry_run_of_selectors_shows_what_would_be_sent(prod: Prod) -> None:
    result = prod.run("handover", "to-agent", "--service", "web", "--dry-run", "-o", "json")
    assert (result.code, result.item["status"], len(result.document["requests"])) == (0, "planned", 1)
    told = prod.run("handover", "to-agent", "--service", "web", "--dry-run").stderr
    assert "1 conversation takes up to 3 calls to Social Connect" in told
    assert prod.wire.writes == []


def test_dry_run_of_nothing_is_an_empty_plan(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "--control", "bot", "-n", "-o", "json")
    assert (result.code, result.document["items"], result.document["requests"]) == (0, [], [])


def test_names_stay_masked_in_what_is_shown_first(prod: Prod) -> None:
    shown = prod.run("handover", "to-agent", "--service", "viber", tty=True, stdin="n\n", width=160)
    assert "E… D…" in shown.stderr
    assert "Eve Draft" not in shown.stderr


def test_quiet_shows_the_question_alone(prod: Prod) -> None:
    shown = prod.run("handover", "to-agent", "--service", "viber", "-q", tty=True, stdin=io.StringIO("n\n"))
    assert "CONVERSATION" not in shown.stderr

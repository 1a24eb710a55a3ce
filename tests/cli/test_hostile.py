"""Texts from strangers in names, tags, messages and answers: harmless in every format, true in JSON."""

import json
import shlex
from typing import Any, Final

import httpx
import pytest

from qsc_bot.cli.writes import LONGEST_COMMAND
from qsc_bot.models.conversation import Failure, Outcome, Status
from qsc_bot.models.operation import Planned, Settled, Step
from qsc_bot.output.text import cell_width
from qsc_bot.sandbox.service import Sandbox
from tests.cli.terminal import PROD, SECRETS, Terminal, answering
from tests.storage.journals import begun, ended, journal_in

HOSTILE: Final = {
    "closing markup": "[/b] x",
    "markup": "[bold]loud[/] x",
    "colour": "\x1b[31mred",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "bidi": "abc\u202edcba\u2066x\u200f",
    "long": "x" * 10_000,
    "emoji": "👩‍🚒 日本",
    "NUL": "a\x00b",
    "C1 and DEL": "a\x9b31mb\x7f",
    "lines and tabs": "a\tb\nc\r\nd\u2028e",
    "formula": "=cmd()",
}
FORBIDDEN: Final = {*map(chr, range(32)), "\x7f", *map(chr, range(0x80, 0xA0)), *"\u061c\u200e\u200f\u2028\u2029"} | {
    *map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
}
FORMATS: Final = ["table", "plain", "json", "ndjson", "csv", "yaml", "id"]


def assert_harmless(text: str) -> None:
    """Nothing that a terminal would obey; tabs and newlines are the format's own."""
    found = FORBIDDEN - {"\n", "\t"}
    assert not [character for character in text if character in found]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_names_and_messages_print_safely_in_every_format(run: Terminal, sandbox: Sandbox, text: str) -> None:
    sandbox.reset("empty")
    sandbox.say("twitter:1", text, name=text)
    for output in FORMATS:
        for words in (
            ["conversation", "list"],
            ["conversation", "show", "twitter:1"],
            ["conversation", "explain", "twitter:1"],
        ):
            result = run(*words, "-o", output, "--show-pii", "--no-color")
            assert result.code == 0
            assert_harmless(result.stdout + result.stderr)
    listed = run("conversation", "list").stdout
    assert listed.count("\n") == 1
    document = run("conversation", "list", "-o", "json", "--show-pii").document
    assert document["items"][0]["name"] == text


def contact(tag: str) -> dict[str, Any]:
    """A contact as the API gives it, with tags of a stranger's choice."""
    return {
        "id": 1,
        "name": tag,
        "tags": ["escalated to agent", tag],
        "socialprofiles": [{"type": "twitter", "service_id": "1"}],
    }


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_tags_print_safely_in_every_format(run: Terminal, text: str) -> None:
    page = {"count": 1, "data": [contact(text)], "paging": {"next_url": None}}
    run.configure(PROD)
    run.secrets = SECRETS
    run.mount = answering(lambda _: httpx.Response(200, json={"meta": {"code": 200}, "response": page}))
    for output in FORMATS:
        result = run("escalation", "list", "-o", output, "--fields", "id,tags,name", "--no-color")
        assert result.code == 0
        assert_harmless(result.stdout + result.stderr)
    document = run("escalation", "list", "-o", "json").document
    assert document["items"][0]["tags"] == ["escalated to agent", text]


def mention(text: str) -> dict[str, Any]:
    """A message with texts of a stranger's choice wherever there can be one."""
    action = {"type": text, "description": text, "date": {"added": 1_795_338_000}, "metadata": {}}
    assigned = {**action, "metadata": {"assignees": [{"display_name": text}]}}
    return {
        "id": "1",
        "topic": {"id": 2001},
        "message": {"type": "privatemessage", "content": text},
        "source": {"service": "twitter", "id": "m1", "application": text},
        "author": {"id": 1, "name": text},
        "status": text,
        "assignees": [{"id": 1, "display_name": text}],
        "date": {"added": 1_795_330_000},
        "actions": [action, assigned, {**action, "metadata": {"status": text}}],
    }


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_in_an_explanation_print_safely_in_every_format(run: Terminal, text: str) -> None:
    ours = {**mention(text), "id": "2", "author": {"id": 9, "managed": True}}
    answers = {
        "mentions": {"data": [mention(text)], "paging": {"next_url": None}},
        "context": [mention(text), ours],
        "contact": {"id": 1, "name": text, "tags": ["Escalated To Agent", text], "socialprofiles": []},
        "automation": {"data": [], "paging": {"next_url": None}},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        found = next(answer for part, answer in answers.items() if f"/{part}" in request.url.path)
        return httpx.Response(200, json={"meta": {"code": 200}, "response": found})

    run.configure(PROD)
    run.secrets = SECRETS
    run.mount = answering(answer)
    for output in FORMATS:
        result = run("conversation", "explain", "twitter:1", "-o", output, "--show-pii", "--no-color")
        assert result.code == 0
        assert_harmless(result.stdout + result.stderr)
    for width in (20, 40, 80):
        screen = run("conversation", "explain", "twitter:1", "--show-pii", "--no-color", tty=True, width=width).stdout
        assert_harmless(screen)
        assert len(screen) < 5_000
        told = [line for line in screen.splitlines() if "qsc-bot " not in line]
        assert max(map(cell_width, told)) <= max(width, 24)
    timeline = run("conversation", "explain", "twitter:1", "-o", "json", "--show-pii").document["timeline"]
    assert text in [one["text"] for one in timeline if one["kind"] == "message"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_texts_in_the_journal_print_safely(run: Terminal, text: str) -> None:
    """A reason from a form, words of the server in an outcome, and a name of the machine."""
    refusal = Failure(code="api.refused", exit=2, message=text)
    outcome = Outcome(id="twitter:1", action="handover.to_bot", status=Status.FAILED, note=text, error=refusal)
    planned = Planned(step=Step(id="twitter:1", action="handover.to_bot"))
    happened = [begun(reason=text, by=text, host=text), ("twitter:1", planned), ("twitter:1", Settled(outcome=outcome))]
    journal_in(run.state).append("op_1", [*happened, ended()])
    for output in FORMATS:
        for words in (["list"], ["show", "op_1"], ["verify"], ["list", "--fields", "reason,by,id"]):
            if (output, words[0]) == ("id", "verify"):
                continue  # a verification has no id
            result = run("operation", *words, "-o", output, "--no-color")
            assert result.code == 0, result.stderr
            assert_harmless(result.stdout + result.stderr)
    screen = run("operation", "show", "op_1", "--no-color", tty=True).stdout
    assert_harmless(screen)
    assert max(map(cell_width, screen.splitlines())) <= 80
    assert run("operation", "show", "op_1", "-o", "json").document["reason"] == text
    assert_harmless(run("operation", "export").stdout)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_reason_is_kept_and_printed_safely(run: Terminal, text: str) -> None:
    _ = run.sandbox
    done = run("handover", "to-bot", "twitter:1002", "--reason", text, "-o", "json").document
    shown = run("operation", "show", done["operation"], "-o", "json").document
    assert shown["reason"] == text
    assert_harmless(run("operation", "list", tty=True, width=200).stdout.replace("\x1b[1m", "").replace("\x1b[0m", ""))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_words_of_the_server_print_safely(run: Terminal, text: str) -> None:
    body = {"code": 400, "error": "invalid_parameter", "error_description": text}
    run.configure(PROD)
    run.secrets = SECRETS
    run.mount = answering(lambda _: httpx.Response(400, json=body))
    result = run("conversation", "show", "twitter:1", tty=True)
    assert result.code == 2
    assert_harmless(result.stderr.replace("\x1b[1;31merror:\x1b[0m", "error:"))
    assert len(result.stderr) < 3_000
    as_json = run("conversation", "show", "twitter:1", "-o", "json")
    assert_harmless(as_json.stderr)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "words",
    [["conversation", "show"], ["conversation", "explain"], ["handover", "to-bot"], ["webhook", "show"], ["help"]],
)
def test_hostile_words_on_the_command_line_print_safely(run: Terminal, words: list[str], text: str) -> None:
    result = run(*words, text)
    assert result.code in (2, 6)
    assert_harmless(result.stdout + result.stderr)


def test_formula_is_disarmed_in_csv_and_true_in_json(run: Terminal, sandbox: Sandbox) -> None:
    sandbox.reset("empty")
    sandbox.say("twitter:1", "Hi", name="=HYPERLINK(1)")
    words = ["conversation", "list", "--fields", "name", "--show-pii", "-o"]
    assert run(*words, "csv").stdout.splitlines()[1] == "'=HYPERLINK(1)"
    assert json.loads(run(*words, "json").stdout)["items"][0]["name"] == "=HYPERLINK(1)"


def test_reason_that_is_no_text_is_kept_as_far_as_it_is(run: Terminal) -> None:
    _ = run.sandbox
    result = run("handover", "to-agent", "twitter:1001", "--reason", "rang \udcff twice", "-o", "json")
    assert result.code == 0, result.stderr
    shown = run("operation", "show", result.document["operation"], "-o", "json").document
    assert shown["reason"] == "rang ? twice"


def test_secret_where_a_long_command_line_is_cut_is_hidden(run: Terminal) -> None:
    _ = run.sandbox
    secret = "ab.cd.ef.gh.ij.kl.mn"
    run.secrets = {"QSC_BOT_CLIENT_SECRET": secret}
    words = ["handover", "to-agent", "twitter:1001", "--reason"]
    head = len(shlex.join(["qsc-bot", *words, "'"]))
    reason = "." * (LONGEST_COMMAND - head - 10) + f" {secret}"
    result = run(*words, reason, "-o", "json")
    assert result.code == 0, result.stderr
    shown = run("operation", "show", result.document["operation"], "-o", "json").document
    assert len(shown["command"]) <= LONGEST_COMMAND
    assert "ab.cd" not in shown["command"]

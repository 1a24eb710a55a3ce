"""Help, examples and topics: every command has them and each example runs."""

import shlex
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from qsc_bot.catalogue import CATALOGUE
from qsc_bot.cli.deferred import Deferred
from qsc_bot.cli.root import GROUPS, TASKS, load
from qsc_bot.cli.topics import CI
from tests.cli.terminal import Terminal
from tests.conftest import CheckGolden

REGISTER: Final = ["webhook", "register", "bot-inbound", "--url", "https://bot.example.com/webhooks"]
CREATE: Final = ["recipe", "create", "private-messages-to-bot", "--webhook", "bot-inbound"]
SET: Final = ["profile", "set", "prod", "account_id=1417"]
WRITE: Final = ["handover", "to-bot", "whatsapp:32470000001"]
NEEDED: Final[Mapping[str, list[list[str]]]] = {
    "auth logout": [SET],
    "profile delete": [SET],
    "webhook show": [REGISTER],
    "webhook delete": [REGISTER],
    "recipe create": [REGISTER],
    "recipe show": [REGISTER, CREATE],
    "recipe enable": [REGISTER, CREATE],
    "recipe disable": [REGISTER, CREATE],
    "recipe delete": [REGISTER, CREATE],
    "operation resume": [WRITE],
    "operation show": [WRITE],
    "operation undo": [WRITE],
    "recipe confirm": [SET, ["profile", "use", "prod"], REGISTER, [*CREATE, "--topic", "1"]],
}
ENDLESS: Final = ("sandbox serve", "conversation watch", "webhook listen")
ASKING: Final = "auth login"
READING: Final = ("recipe verify", "webhook sign", "webhook check")
"""Examples that read a file, which is not there."""
SERVED: Final = "webhook certify"
UNASKED: Final[Mapping[str, str]] = {"operation undo": "--yes"}
"""What an example that asks needs where nobody can answer."""
OPERATION: Final = "op_1m88qk14yewp6nh"
"""Examples name this one; another stands in for it."""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its words."""
    waiting = [(name, load(name)) for name in GROUPS]
    while waiting:
        path, listed = waiting.pop()
        command = listed.made if isinstance(listed, Deferred) else listed
        inner = getattr(command, "commands", None)
        if inner is None:
            yield path, command
        else:
            waiting += [(f"{path} {name}", one) for name, one in inner.items()]


COMMANDS: Final = dict(sorted(commands()))
WRITES: Final = [
    path for path in COMMANDS if path.partition(" ")[0] in ("handover", "escalation") or path == "conversation rescue"
]


@pytest.mark.parametrize("name", GROUPS)
def test_group_is_found_and_says_what_the_root_says(run: Terminal, name: str) -> None:
    assert load(name).get_short_help_str(limit=200) == GROUPS[name]
    assert run(name, "--help").stdout.split("\n")[0].startswith(f"Usage: qsc-bot {name} ")


def test_every_group_stands_under_one_task() -> None:
    assert sorted(name for names in TASKS.values() for name in names) == sorted(GROUPS)


def test_bare_command_and_bare_group_show_their_help(run: Terminal) -> None:
    assert (run().code, run().stdout) == (0, run("--help").stdout)
    assert (run("handover").code, run("handover").stdout) == (0, run("handover", "--help").stdout)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "help.txt"),
        (["handover"], "help-handover.txt"),
        (["handover", "to-bot"], "help-handover-to-bot.txt"),
        (["conversation", "rescue"], "help-conversation-rescue.txt"),
        (["conversation", "wait"], "help-conversation-wait.txt"),
        (["conversation", "watch"], "help-conversation-watch.txt"),
        (["operation"], "help-operation.txt"),
        (["operation", "list"], "help-operation-list.txt"),
        (["webhook", "verify"], "help-webhook-verify.txt"),
        (["webhook", "trigger"], "help-webhook-trigger.txt"),
        (["webhook", "sign"], "help-webhook-sign.txt"),
        (["webhook", "check"], "help-webhook-check.txt"),
        (["webhook", "certify"], "help-webhook-certify.txt"),
        (["webhook", "listen"], "help-webhook-listen.txt"),
        (["webhook", "replay"], "help-webhook-replay.txt"),
    ],
)
def test_help_looks_like_this(run: Terminal, check_golden: CheckGolden, words: list[str], name: str) -> None:
    check_golden(name, run(*words, "--help").stdout)


@pytest.mark.parametrize("path", COMMANDS)
def test_command_has_help_an_example_and_a_line_for_each_option(run: Terminal, path: str) -> None:
    command = COMMANDS[path]
    result = run(*path.split(), "--help")
    assert (result.code, result.stderr) == (0, "")
    assert command.help
    assert command.epilog.startswith(f"Example: qsc-bot {path}")
    assert "Example: qsc-bot" in result.stdout
    options = [one for one in command.params if one.name != "help"]
    assert all(one.help for one in options)


@pytest.mark.parametrize("path", WRITES)
def test_write_says_that_the_customer_is_sent_nothing(path: str) -> None:
    writes = "--yes" in {word for one in COMMANDS[path].params for word in one.opts}
    assert ("The customer is sent nothing." in COMMANDS[path].help) is writes


@pytest.mark.parametrize("path", COMMANDS)
def test_example_runs_as_printed(run: Terminal, path: str) -> None:
    program, *words = shlex.split(COMMANDS[path].epilog.splitlines()[0].removeprefix("Example: "))
    assert program == "qsc-bot"
    if path in (*ENDLESS, ASKING, *READING, SERVED):
        words.append("--help")
    words += [UNASKED[path]] if path in UNASKED else []
    for prepare in NEEDED.get(path, []):
        done = run(*prepare, "-o", "json")
        assert done.code == 0
        if OPERATION in words:
            words[words.index(OPERATION)] = done.document["operation"]
    result = run(*words)
    assert (result.code, result.stderr.count("error:")) == (0, 0)


@pytest.mark.parametrize("topic", ["environment", "ci", "exit-codes", "output", "errors"])
def test_topic_is_printed_and_listed(run: Terminal, topic: str) -> None:
    assert run("help", topic).stdout.count("\n") > 5
    assert topic in run("help").stdout
    assert topic in run("help", "-o", "json").document["topics"]


def test_project_file_of_the_topic_ci_is_one(run: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "qsc-bot.yaml"
    file.write_text(textwrap.dedent("  version: 1" + CI.partition("  version: 1")[2].partition("\n\n")[0]))
    env = {"CI": "true", "QSC_BOT_CONFIG": str(file), "QSC_BOT_PROFILE": "prod", "QSC_BOT_TOKEN": "another-token-1"}
    shown = run("profile", "show", "-o", "json", env=env).document
    assert (shown["account_id"], shown["topic_ids"]) == ("1417", ["46283"])


def test_every_error_code_stands_in_its_topic(run: Terminal) -> None:
    rows = run("help", "errors", "-o", "json").document["errors"]
    assert [row["code"] for row in rows] == sorted(CATALOGUE)
    assert all(row["remedy"] and row["meaning"] for row in rows)


def test_unknown_topic_names_the_nearest(run: Terminal) -> None:
    result = run("help", "enviroment", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")
    assert "qsc-bot help environment" in result.error["hint"]


def test_help_needs_no_home(run: Terminal) -> None:
    assert run("--help", env={"HOME": ""}).code == 0
    assert run("help", "errors", env={"HOME": ""}).code == 0

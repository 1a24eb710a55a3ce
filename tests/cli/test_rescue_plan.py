"""A rescue plan in a file: saved as shown, done exactly so, and refused where it is another's or no plan."""

import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.rescued import edited, saved
from tests.cli.terminal import PROD, Prod, Result, check_document

SILENT: Final = "viber:viber-1"
OTHER: Final = "".join(line.replace("prod:", "other:") for line in PROD.partition("profiles:\n")[2].splitlines(True))


def done(prod: Prod, path: Path, *words: str) -> Result:
    """The plan in a file, carried out."""
    return prod.run("conversation", "rescue", "--plan", str(path), "--yes", "-o", "json", *words)


def step_of(path: Path) -> dict[str, Any]:
    """The one step that does something."""
    (step,) = (one for one in json.loads(path.read_text())["steps"] if one["action"])
    return dict(step)


def test_saved_plan_is_exactly_what_is_shown_and_nothing_is_changed(prod: Prod) -> None:
    path = prod.run.home / "folder" / "plan.json"
    shown = prod.run("conversation", "rescue", "--out", str(path), "-o", "json")
    assert (shown.code, prod.wire.writes) == (0, [])
    assert path.read_text() == shown.stdout
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    check_document(json.loads(path.read_text()))
    assert prod.run("conversation", "rescue", "--plan", str(path), "-n", "-o", "json").stdout == shown.stdout


def test_plan_of_earlier_is_replaced_and_a_pipe_is_written_through(prod: Prod) -> None:
    path, pipe, read = prod.run.home / "plan.json", prod.run.home / "pipe", list[str]()
    path.write_text("earlier")
    path.chmod(0o644)
    shown = prod.run("conversation", "rescue", "--out", str(path), "-o", "json")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == (shown.stdout, 0o600)
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    prod.run("conversation", "rescue", "--out", str(pipe), "-o", "json")
    reader.join(timeout=10)
    assert (read, stat.S_ISFIFO(pipe.stat().st_mode)) == ([shown.stdout], True)


def test_saving_tells_how_to_do_it(prod: Prod) -> None:
    path = prod.run.home / "a plan.json"
    result = prod.run("conversation", "rescue", "--out", str(path), tty=True)
    assert f"saved to {path}; nothing was changed" in result.stderr
    assert f"next: qsc-bot conversation rescue --plan '{path}'" in result.stderr


def test_saved_plan_is_done_without_another_survey(prod: Prod) -> None:
    path = saved(prod)
    prod.run.now += 1200
    prod.sandbox.say("whatsapp:32470000000", "Hello?")
    prod.run.now += 1200
    prod.wire.requests.clear()
    document = done(prod, path).document
    assert [(item["id"], item["action"], item["status"]) for item in document["items"]] == [
        (SILENT, "handover.to_agent", "changed")
    ]
    assert prod.effects("whatsapp:32470000000") == 0
    assert not [one for one in prod.wire.requests if "whatsapp" in one.url.path]


def test_step_that_was_taken_out_is_not_done(prod: Prod) -> None:
    path = saved(prod)
    steps = [one for one in json.loads(path.read_text())["steps"] if one["action"] is None]
    result = done(prod, edited(path, steps=steps))
    assert (result.code, result.document["schema"], prod.wire.writes) == (0, "qsc-bot/rescue-plan@1", [])


def test_plan_with_gaps_needs_the_same_word(prod: Prod) -> None:
    path = edited(saved(prod), complete=False, warnings=["the list of tagged contacts was refused"])
    assert done(prod, path).error["code"] == "usage.partial"
    assert done(prod, path, "--allow-partial").code == 0


Change = Callable[[dict[str, Any]], object]
HOSTILE: Final[dict[str, Change]] = {
    "another schema": lambda plan: plan.update(schema="qsc-bot/outcomes@1"),
    "a newer schema": lambda plan: plan.update(schema="qsc-bot/rescue-plan@2"),
    "no schema": lambda plan: plan.pop("schema"),
    "no steps": lambda plan: plan.pop("steps"),
    "steps that are none": lambda plan: plan.update(steps=[1]),
    "an unknown key": lambda plan: plan.update(send="Hello"),
    "an unknown key of a step": lambda plan: plan["steps"][0].update(message="Hello"),
    "an unknown action": lambda plan: plan["steps"][-1].update(action="escalation.add"),
    "an action that is none": lambda plan: plan["steps"][-1].update(action=["handover.to_bot"]),
    "no fingerprint": lambda plan: plan["steps"][-1].pop("fingerprint"),
    "a null fingerprint": lambda plan: plan["steps"][-1].update(fingerprint=None),
    "a fingerprint of another form": lambda plan: plan["steps"][-1].update(fingerprint="*"),
    "a fingerprint with a line more": lambda plan: plan["steps"][-1].update(
        fingerprint=plan["steps"][-1]["fingerprint"] + "\n"
    ),
    "an unknown holder": lambda plan: plan["steps"][-1].update({"from": "nobody"}),
    "an unknown reason": lambda plan: plan["steps"][-1].update(reason=["boredom"]),
    "no reason": lambda plan: plan["steps"][-1].update(reason=[]),
    "an id that is a path": lambda plan: plan["steps"][-1].update(id="viber:.."),
    "an id with a line more": lambda plan: plan["steps"][-1].update(id="viber:viber-1\nweb:1"),
    "an unknown service": lambda plan: plan["steps"][-1].update(id="pigeon:1"),
    "a step twice": lambda plan: plan["steps"].append(plan["steps"][-1]),
    "a time without a zone": lambda plan: plan.update(since="2026-11-22T09:02:30"),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_plan_of_another_shape_is_refused(prod: Prod, change: Change) -> None:
    path = saved(prod)
    plan = json.loads(path.read_text())
    change(plan)
    path.write_text(json.dumps(plan))
    result = done(prod, path)
    assert (result.code, result.stdout, prod.wire.writes) == (2, "", [])
    assert result.error["code"].startswith("usage.")


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 200_000, b'"\\ud800"'],
    ids=["empty", "null", "a list", "cut", "no UTF-8", "deep list", "deep object", "half a character"],
)
def test_file_that_is_no_document_is_refused(prod: Prod, body: bytes) -> None:
    path = prod.run.home / "plan.json"
    path.write_bytes(body)
    result = done(prod, path)
    assert (result.code, result.error["code"], prod.wire.requests) == (2, "usage.plan", [])


def test_file_that_cannot_be_read_or_written_is_told(prod: Prod) -> None:
    missing = done(prod, prod.run.home / "none.json")
    assert (missing.code, missing.error["code"]) == (2, "usage.plan")
    unwritable = prod.run("conversation", "rescue", "--out", str(prod.run.home), "-o", "json")
    assert (unwritable.code, unwritable.error["code"]) == (3, "output.unwritable")


@pytest.mark.parametrize(
    "changes",
    [{"profile": "stage"}, {"account_id": "2000"}, {"remote": "api-us.engagor.com"}, {"remote": "example.com"}],
    ids=["profile", "account", "region", "host"],
)
def test_plan_of_another_place_is_refused(prod: Prod, changes: dict[str, str]) -> None:
    result = done(prod, edited(saved(prod), **changes))
    assert (result.code, result.error["code"], prod.wire.writes) == (7, "rescue.elsewhere", [])


def test_plan_of_another_profile_names_it(prod: Prod) -> None:
    path = saved(prod)
    prod.run.configure(PROD + OTHER.replace('"1000"', '"2000"'))
    result = done(prod, path, "-p", "other")
    assert (result.code, result.error["hint"], prod.wire.writes) == (7, "add -p prod", [])


@pytest.mark.parametrize(
    "words",
    [
        [SILENT],
        ["--code", "bot_silent"],
        ["--service", "viber"],
        ["--since", "2d"],
        ["--limit", "1"],
        ["--include-open"],
        ["--bot-silent", "1m"],
        ["--out", "another.json"],
    ],
    ids=" ".join,
)
def test_plan_in_a_file_is_not_changed_by_words(prod: Prod, words: list[str]) -> None:
    result = done(prod, saved(prod), *words)
    assert (result.code, result.error["code"], prod.wire.writes) == (2, "usage.invalid", [])


def test_step_of_a_plan_that_was_edited_to_another_conversation_is_skipped(prod: Prod) -> None:
    path = saved(prod)
    step = step_of(path) | {"id": "twitter:1001"}
    item = done(prod, edited(path, steps=[step])).item
    assert (item["status"], prod.effects("twitter:1001")) == ("skipped", 0)


def test_profile_that_a_plan_names_cannot_leave_its_word_of_a_command_line(prod: Prod) -> None:
    result = done(prod, edited(saved(prod), profile="x; rm -rf ~"))
    assert result.error["hint"] == "add -p 'x; rm -rf ~'"

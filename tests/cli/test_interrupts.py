"""Ctrl-C and SIGTERM while several writes are under way: what was done, what is in doubt, and how it goes on."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.cli.holding import Holding, effects, free_ids, press
from tests.cli.terminal import Prod, Result, Terminal

SIGNALS: Final = {"Ctrl-C": (signal.SIGINT, 130, "run.interrupted"), "SIGTERM": (signal.SIGTERM, 143, "run.terminated")}
IN_FLIGHT: Final = 4
ALL: Final = 12


def is_write(request: httpx.Request) -> bool:
    return request.method != "GET"


def from_write(number: int) -> Callable[[httpx.Request], bool]:
    """Each write from the one of this number on."""
    seen: list[httpx.Request] = []

    def wanted(request: httpx.Request) -> bool:
        if is_write(request):
            seen.append(request)
        return is_write(request) and len(seen) >= number

    return wanted


def broken_off(prod: Prod, ids: Sequence[str], holding: Holding, *words: str) -> Result:
    """Hand over while calls hang; those are let go when the command has ended."""
    prod.run.mount = lambda _base_url: holding
    try:
        return prod.run("handover", "to-agent", *ids, *(words or ("-o", "json")))
    finally:
        holding.release.set()
        prod.run.mount = lambda _base_url: prod.wire


def by_status(items: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The ids of items by what they came to."""
    found: dict[str, list[str]] = {}
    for item in items:
        found.setdefault(item["status"], []).append(item["id"])
    return found


def resumed(prod: Prod, operation: str) -> Result:
    """Go on with an operation."""
    return prod.run("operation", "resume", operation, "-o", "json")


def shown(prod: Prod, operation: str) -> Any:
    """The operation as the journal tells it."""
    return prod.run("operation", "show", operation, "-o", "json").document


@pytest.mark.parametrize(("number", "exit_code", "code"), SIGNALS.values(), ids=SIGNALS)
def test_first_finishes_what_is_in_flight_and_begins_nothing_more(
    prod: Prod, number: signal.Signals, exit_code: int, code: str
) -> None:
    ids = free_ids(prod, ALL)
    holding = Holding(prod.wire, is_write, IN_FLIGHT, lambda: press(number), goes_on=True)
    result = broken_off(prod, ids, holding)
    assert (result.code, result.error["code"], result.error["exit"]) == (exit_code, code, exit_code)
    assert "8 conversations were not touched" in result.error["message"]
    operation = result.document["operation"]
    assert result.error["hint"] == f"qsc-bot operation resume {operation}"
    assert by_status(result.document["items"]) == {"changed": ids[:IN_FLIGHT]}
    kept = shown(prod, operation)
    assert kept["state"] == "unfinished"
    assert by_status(kept["items"]) == {"changed": ids[:IN_FLIGHT], "planned": ids[IN_FLIGHT:]}
    assert resumed(prod, operation).code == 0
    assert effects(prod, ids) == [1] * ALL


@pytest.mark.parametrize("after_effect", [False, True], ids=["before the effect", "after the effect"])
@pytest.mark.parametrize("first", [1, 4, 9])
def test_second_stops_at_once_and_what_was_in_flight_is_in_doubt(prod: Prod, first: int, after_effect: bool) -> None:
    ids = free_ids(prod, ALL)
    holding = Holding(
        prod.wire, from_write(first), IN_FLIGHT, lambda: press(signal.SIGINT, times=2), after_effect=after_effect
    )
    result = broken_off(prod, ids, holding)
    found, operation = by_status(result.document["items"]), result.document["operation"]
    in_flight = sorted(one for one in ids if any(request.url.path.endswith(f"/{one[8:]}") for request in holding.held))
    untouched = [one for one in ids if one not in {item["id"] for item in result.document["items"]}]
    assert (result.code, result.error["code"]) == (130, "run.interrupted")
    assert sorted(found["in_doubt"]) == in_flight
    assert len(found.get("changed", [])) == first - 1
    assert len(found.get("changed", [])) + IN_FLIGHT + len(untouched) == ALL
    assert effects(prod, untouched) == [0] * len(untouched)
    assert effects(prod, in_flight) == [int(after_effect)] * IN_FLIGHT
    kept = by_status(shown(prod, operation)["items"])
    assert {status: sorted(names) for status, names in kept.items()} == {
        status: sorted(names) for status, names in (found | ({"planned": untouched} if untouched else {})).items()
    }
    again = resumed(prod, operation)
    assert (again.code, by_status(again.document["items"])) == (0, {"changed": ids})
    assert effects(prod, ids) == [1] * ALL
    assert shown(prod, operation)["state"] == "done"


def test_what_was_only_read_when_it_was_broken_off_was_not_touched(prod: Prod) -> None:
    ids = free_ids(prod, IN_FLIGHT)
    reads, writes = ids[:2], ids[2:]
    prod.run("handover", "status", ids[0])  # the limit is known then, and no call waits for the first one's answer

    def wanted(request: httpx.Request) -> bool:
        kind = writes if is_write(request) else reads
        return any(request.url.path.endswith(f"/twitter/{one[8:]}") for one in kind)

    result = broken_off(prod, ids, Holding(prod.wire, wanted, IN_FLIGHT, lambda: press(signal.SIGINT, times=2)))
    assert by_status(result.document["items"]) == {"in_doubt": writes}
    assert "2 conversations were not touched" in result.error["message"]
    assert resumed(prod, result.document["operation"]).code == 0
    assert effects(prod, ids) == [1] * IN_FLIGHT


@pytest.mark.parametrize("times", [1, 2], ids=["finished", "at once"])
def test_people_are_told_the_counts_and_last_the_command_that_goes_on(prod: Prod, times: int) -> None:
    ids = free_ids(prod, ALL)
    holding = Holding(prod.wire, is_write, IN_FLIGHT, lambda: press(signal.SIGINT, times=times), goes_on=times == 1)
    result = broken_off(prod, ids, holding, "-o", "plain")
    lines = result.stderr.splitlines()
    assert "finishing the conversations in flight; Ctrl-C again stops at once" in lines
    assert "4 changed" in lines if times == 1 else "4 in doubt" in lines
    assert lines[-2] == "error: stopped by Ctrl-C; 8 conversations were not touched   [run.interrupted]"
    assert lines[-1].startswith("  try:  qsc-bot operation resume op_")
    assert resumed(prod, lines[-1].split()[-1]).code == 0


def test_stream_ends_with_what_was_done_until_then(prod: Prod) -> None:
    ids = free_ids(prod, ALL)
    result = broken_off(
        prod, ids, Holding(prod.wire, from_write(3), IN_FLIGHT, lambda: press(signal.SIGINT, times=2)), "-o", "ndjson"
    )
    *results, end = result.lines
    assert [line["type"] for line in results] == ["result"] * 6
    assert (end["complete"], end["counts"]["changed"], end["counts"]["in_doubt"]) == (False, 2, 4)


@pytest.mark.parametrize(("times", "delay_seconds"), [(1, 0.2), (2, 9.0)], ids=["finished", "at once"])
@pytest.mark.parametrize(("number", "exit_code", "code"), SIGNALS.values(), ids=SIGNALS)
def test_process_ends_with_the_code_of_its_signal(
    tmp_path: Path, run: Terminal, number: signal.Signals, exit_code: int, code: str, times: int, delay_seconds: float
) -> None:
    run.sandbox.reset("large:40:twitter")
    run.sandbox.add_fault("POST /1000/inbox/contact/*", delay_seconds=delay_seconds, times=None)
    ids = [f"twitter:{one}" for one in range(1, 41)]
    process = subprocess.Popen(
        [sys.executable, "-m", "qsc_bot", "handover", "to-agent", *ids, "--yes"],
        env={**os.environ, "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while not any(effects_of(run)):
        assert process.poll() is None
    process.send_signal(number)
    while not process.stderr.readline().startswith("finishing the conversations in flight"):
        assert process.poll() is None
    if times > 1:
        process.send_signal(number)
    stdout, stderr = process.communicate(timeout=6)
    assert process.returncode == exit_code
    assert f"[{code}]" in stderr.splitlines()[-2]
    assert ("in_doubt" in stdout) is (times > 1)
    run.sandbox.clear_faults()
    again = run(*stderr.splitlines()[-1].split()[2:], "-o", "json")
    assert (again.code, len(again.document["items"])) == (0, len(ids))
    assert max(effects_of(run)) == 1


def effects_of(run: Terminal) -> list[int]:
    return [row["writes"] for row in run.sandbox.status()["conversations"]]

"""The calls that are the bot's: writes on many leave them, and none stops between a write and its verification."""

import signal
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.terminal import Prod, Result
from tests.conftest import MakeProd

RESERVE = 50


def ids_of(service: str, number: int) -> str:
    """So many ids, one a line."""
    return "".join(f"{service}:{position}\n" for position in range(1, number + 1))


def left(prod: Prod) -> int:
    """What is left of the hour, as known on this machine."""
    return int(prod.run("limits", "-o", "json").document["left"])


def to_agents(prod: Prod, service: str, number: int, *words: str) -> Result:
    """Hand so many over, by a list of ids."""
    return prod.run(
        "handover", "to-agent", "--ids", "-", "--yes", "--no-tag", *words, "-o", "json", stdin=ids_of(service, number)
    )


def limited(make_prod: MakeProd, seed: str, calls: int) -> Prod:
    """An account with so many calls an hour, of which nothing was seen yet."""
    prod = make_prod(rate_limit=calls)
    prod.sandbox.reset(seed)
    return prod


def statuses(result: Result) -> Counter[str]:
    return Counter(item["status"] for item in result.document["items"])


@dataclass
class Passing:
    """Time passes while a command waits, or Ctrl-C is pressed at once."""

    prod: Prod
    interrupts: bool = False
    slept: float = 0.0

    def __call__(self, seconds: float) -> None:
        """Wait so long."""
        if self.interrupts and not self.slept:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        self.slept += seconds
        if self.interrupts:
            threading.Event().wait(0.01)  # the signal's handler runs in another thread
        else:
            self.prod.run.now += seconds


@pytest.mark.parametrize(
    ("seed", "service", "each"),
    [("large:60:twitter", "twitter", 2), ("large:60:whatsapp", "whatsapp", 4)],
    ids=["tag", "handover"],
)
def test_many_leave_the_reserve_and_begin_nothing_that_they_cannot_end(
    make_prod: MakeProd, seed: str, service: str, each: int
) -> None:
    prod = limited(make_prod, seed, RESERVE + 41)
    result = to_agents(prod, service, 60)
    operation = result.document["operation"]
    assert (result.code, result.error["code"]) == (8, "budget.reserved")
    assert RESERVE <= left(prod) < RESERVE + each
    done = [item for item in result.document["items"] if item["status"] in ("changed", "unchanged")]
    assert all(item["verified"] for item in done)
    assert len({request.url.path for request in prod.wire.writes}) == len(prod.wire.writes)
    assert statuses(result)["failed"] == 0
    shown = prod.run("operation", "show", operation, "-o", "json").document
    assert (shown["state"], shown["counts"]["in_doubt"]) == ("unfinished", 0)
    assert {item["phase"] for item in shown["items"]} <= {"planned", "answered"}


def test_rest_goes_in_the_next_hour_by_resume(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:30:twitter", RESERVE + 40)
    first = to_agents(prod, "twitter", 30)
    operation = first.document["operation"]
    told = prod.run("operation", "resume", operation).stderr
    assert told.index("conversations take up to") < told.index("error: ")
    assert told.endswith(f"qsc-bot operation resume {operation}\n")
    again = prod.run("operation", "resume", operation, "-o", "json")
    assert (again.code, again.error["code"], left(prod)) == (8, "budget.reserved", RESERVE)
    prod.run.now += 3700
    last = prod.run("operation", "resume", operation, "-o", "json")
    assert last.code == 0
    assert sum(prod.effects(f"twitter:{number}") for number in range(1, 31)) == len(prod.wire.writes)


def test_what_ids_stand_for_is_looked_up_without_the_reserve(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:30:twitter", RESERVE + 10)
    mention = prod.run("conversation", "show", "twitter:1", "-o", "json").document["mention"]
    topic, _, first = mention.partition("_")
    ids = "".join(f"{topic}_{int(first) + step}\n" for step in range(25))
    result = prod.run("handover", "to-agent", "--ids", "-", "--yes", "-o", "json", stdin=ids)
    assert (result.code, result.error["code"], prod.wire.writes) == (8, "budget.reserved", [])
    assert left(prod) == RESERVE


def test_few_typed_ones_may_use_the_reserve(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:30:twitter", RESERVE)
    result = prod.run("handover", "to-agent", "twitter:1", "twitter:2", "-o", "json")
    assert (result.code, left(prod)) == (0, RESERVE - 4)


def test_calls_that_will_not_do_are_told_before_the_question_and_to_programs(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:60:twitter", RESERVE + 41)
    prod.run("limits", "--ask")
    result = to_agents(prod, "twitter", 60, "--dry-run")
    told = [text for text in result.document["warnings"] if "take up to 120 calls" in text]
    assert len(told) == 1
    assert "90 left, 50 an hour kept for the bot: 40 can go now, the rest after 10:02 UTC" in told[0]
    assert "--across-reset" in told[0]


@pytest.mark.parametrize("service", ["twitter", "whatsapp"])
def test_run_across_the_reset_waits_between_two_and_ends_all(make_prod: MakeProd, service: str) -> None:
    prod = limited(make_prod, f"large:40:{service}", RESERVE + 61)
    waiting = prod.run.play = Passing(prod)
    result = to_agents(prod, service, 40, "--across-reset")
    assert result.code == 0
    assert waiting.slept > 3000
    assert set(statuses(result)) <= {"changed", "unchanged"}
    assert all(item["verified"] for item in result.document["items"])
    assert left(prod) >= RESERVE


def test_resume_across_the_reset_goes_on(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:30:twitter", RESERVE + 40)
    operation = to_agents(prod, "twitter", 30).document["operation"]
    prod.run.play = Passing(prod)
    result = prod.run("operation", "resume", operation, "--across-reset", "-o", "json")
    assert (result.code, statuses(result)["skipped"]) == (0, 0)


def test_ctrl_c_ends_a_wait_for_the_next_hour(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:30:twitter", RESERVE + 40)
    waiting = prod.run.play = Passing(prod, interrupts=True)
    result = to_agents(prod, "twitter", 30, "--across-reset")
    assert (result.code, result.error["code"]) == (130, "run.interrupted")
    assert waiting.slept < 60
    assert statuses(result)["failed"] == 0
    finished: Any = prod.run("operation", "show", result.document["operation"], "-o", "json").document
    assert finished["state"] == "unfinished"


def test_undo_keeps_the_reserve(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:30:twitter", RESERVE + 60)
    operation = to_agents(prod, "twitter", 25).document["operation"]
    result = prod.run("operation", "undo", operation, "--yes", "-o", "json")
    assert (result.code, result.error["code"]) == (8, "budget.reserved")
    assert RESERVE <= left(prod) < RESERVE + 2
    prod.run.play = Passing(prod)
    assert prod.run("operation", "resume", result.document["operation"], "--across-reset").code == 0


def test_rescue_keeps_the_reserve(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "demo", RESERVE + 15)
    prod.sandbox.say("twitter:1001", "Hello?")
    prod.sandbox.say("web:visitor-1", "Hello?")
    prod.run.now += 3 * 3600
    prod.run("conversation", "list", "--since", "7d")
    while left(prod) > RESERVE + 6:
        prod.run("api", "GET", "/me")
    result = prod.run("conversation", "rescue", "--yes", "--allow-partial", "-o", "json")
    assert (result.code, prod.wire.writes) == (8, [])
    assert left(prod) >= RESERVE


def test_hour_that_leaves_too_few_for_the_first_begins_nothing(make_prod: MakeProd) -> None:
    prod = limited(make_prod, "large:30:whatsapp", RESERVE + 2)
    result = to_agents(prod, "whatsapp", 21)
    assert (result.code, result.error["code"], prod.wire.writes) == (8, "budget.reserved", [])
    assert statuses(result) == {"skipped": 21}

"""Bulk writes that are killed at random moments on a bad network, and gone on with until all is done.

60 conversations, 20 by each method, go to the agents and back again round by round, four at a time. The sandbox runs in
its own process: 5 of 100 writes are answered only after the tool's time-out, 5 of 100 calls with 500. In each round the
tool is killed at a random moment, sometimes the resumed one too, and resumed until nothing is left. Then every
conversation is where it should be, the sandbox saw at most one write of each with an effect, the journal tells what
became of each, and its chain is whole.

Run: python -m tests.benchmarks.kill [ROUNDS [SEED]]
"""

import json
import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from qsc_bot.sandbox.service import Sandbox, open_in_memory
from qsc_bot.storage.chain import START, chained
from qsc_bot.storage.journal import Journal
from tests.benchmarks.survey import TOOL, Home, home

IDS: Final = tuple(f"{service}:{number}" for service in ("twitter", "whatsapp", "facebook") for number in range(1, 21))
SEED: Final = "large:200"
TIMEOUT: Final = "200ms"
LATE_SECONDS: Final = 0.3
RATE_PERCENT: Final = 5.0
RESUMED_AGAIN: Final = 0.3
"""How often the resumed run is killed too."""
MOST_RUNS: Final = 30
PATIENCE_SECONDS: Final = 120


def main() -> None:
    """Play the rounds and print what came of them."""
    rounds, seed = (*map(int, sys.argv[1:]), *(50, random.randrange(10**6))[len(sys.argv) - 1 :])
    figures = play(rounds, seed)
    for name, value in figures.items():
        print(f"{name:<56}{value}")
    print(json.dumps(figures))


def play(rounds: int, seed: int) -> dict[str, Any]:
    """Figures of so many rounds; raises AssertionError naming the round and the seed where a law does not hold."""
    told = Counter[str]()
    with bench(seed) as made:
        for number in range(rounds):
            print(f"round {number} of seed {seed}", flush=True)
            verb = "to-bot" if number % 2 else "to-agent"
            before = made.rows
            operation = made.carry_out(verb, told)
            faults = [*faults_of(before, made.rows, verb, operation), *made.broken_entries()]
            assert not faults, (f"round {number}, seed {seed}", faults)
    return {"rounds": rounds, "seed": seed, "conversations in each": len(IDS), **dict(sorted(told.items()))}


@dataclass
class Bench:
    """A served sandbox with its faults, and a machine that uses it."""

    home: Home
    sandbox: Sandbox
    journal: Journal
    chance: random.Random
    longest_seconds: float = 2.0
    _begun: set[str] = field(default_factory=set)

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """Who holds each conversation, and how many writes of it had an effect."""
        found = {row["id"]: row for row in self.sandbox.status()["conversations"]}
        return {name: found[name] for name in IDS}

    def carry_out(self, verb: str, told: Counter[str]) -> Any:
        """Move all, killed and resumed until it is done; the operation as the journal tells it."""
        kills, operation = 1, None
        for _ in range(MOST_RUNS):
            words = ("operation", "resume", operation) if operation else ("handover", verb, *IDS, "--yes")
            code = self._run(words, is_killed=kills > 0)
            told[f"runs that ended with {code}" if code >= 0 else "runs that were killed"] += 1
            kills = int(operation is None and self.chance.random() < RESUMED_AGAIN)
            operation = self._newest()
            if operation is not None and code == 0:
                found = self.home.run("operation", "show", operation)
                told.update(f"conversations {item['status']}" for item in found["items"])
                self._begun.add(operation)
                return found
        raise AssertionError(f"{operation} is not done after {MOST_RUNS} runs")

    def broken_entries(self) -> list[str]:
        """Entries of the journal that are not bound to the one before."""
        before, broken = START, []
        for row in self.journal.lines():
            *line, kept = tuple(row)
            before = chained(before, line)
            broken += [f"entry {row['number']}"] if before != kept else []
        return broken

    def _newest(self) -> str | None:
        """The operation under way, if it got as far as the journal."""
        found = [one for one in self.journal.operations() if one not in self._begun]
        return found[0] if found else None

    def _run(self, words: tuple[str, ...], *, is_killed: bool) -> int:
        """Its exit code; one that is killed is so at a random moment, or has ended before it."""
        environ = {**self.home.environ, "QSC_BOT_TIMEOUT": TIMEOUT}
        started = time.monotonic()
        process = subprocess.Popen(
            [*TOOL, *words, "-o", "ndjson"], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(self.chance.uniform(0.15, 1.0) * self.longest_seconds if is_killed else PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        else:
            self.longest_seconds = max(self.longest_seconds, time.monotonic() - started)
        return process.returncode


@contextmanager
def bench(seed: int) -> Iterator[Bench]:
    """A sandbox on a socket whose network is bad."""
    with home(seed=SEED, latency="0ms", rate_limit="none") as made:
        with sqlite3.connect(made.state) as db:
            db.execute("UPDATE people SET writes = 1")  # of many, only those that were written to are listed
        db.close()
        sandbox = open_in_memory(made.state, clock=time.time, sleep=time.sleep)
        for method in ("POST", "DELETE"):
            sandbox.add_fault(
                f"{method} /*", delay_seconds=LATE_SECONDS, times=None, rate_percent=RATE_PERCENT, seed=seed
            )
        sandbox.add_fault("/*", status=500, times=None, rate_percent=RATE_PERCENT, seed=seed + 1)
        journal = Journal(made.state.parent / "journal.db", now=lambda: datetime.now(UTC))
        yield Bench(made, sandbox, journal, random.Random(seed))
        journal.close()
        sandbox.close()


def faults_of(
    before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]], verb: str, operation: Any
) -> list[str]:
    """What does not hold after a round."""
    target = verb.removeprefix("to-")
    items = {item["id"]: item for item in operation["items"]}
    faults = [] if operation["state"] == "done" else [f"the operation is {operation['state']}"]
    for name in IDS:
        effects = after[name]["writes"] - before[name]["writes"]
        was_so = before[name]["control"] == target
        told = items[name]["status"]
        if after[name]["control"] != target:
            faults.append(f"{name} is held by {after[name]['control']}")
        if effects != (0 if was_so else 1):
            faults.append(f"{name}: {effects} writes with an effect")
        if told != ("unchanged" if was_so else "changed"):
            faults.append(f"{name}: told as {told}, {items[name]['note']}")
    return faults


if __name__ == "__main__":
    main()

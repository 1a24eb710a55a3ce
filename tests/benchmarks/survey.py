"""What it costs to know who holds 5,000 conversations behind 50 ms of latency: cold, warm, and from the index alone.

The sandbox is seeded with 3,000 conversations by the tag, 1,500 by handover of which 200 were active within --since,
and 500 on Messenger of which 300 are the bot's. The same pages and reads, one after another in plain httpx, are
measured in the same run. Figures of time are ratios; machines are noisy.

Run: python tests/benchmarks/survey.py
"""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from qsc_bot.sandbox.service import open_in_memory

TOOL: Final = (sys.executable, "-m", "qsc_bot")
HEADERS: Final = {"Authorization": "Bearer sandbox"}
SEEDED: Final = 5_000
SINCE: Final = "2d"
ACTIVE_HANDOVERS: Final = 200
THREADS: Final = 500
OURS: Final = 300
ESCALATED: Final = 600
CHANGED: Final = {"twitter": range(1, 21), "whatsapp": range(1, 16), "facebook": range(291, 306)}
INDEXED: Final = 100_000
ROUNDS: Final = 15
LIMIT: Final = 350
RESERVE: Final = 50


def main() -> None:
    """Measure each part; print the figures as a table and as JSON."""
    figures = cold_and_warm() | from_the_index() | side_by_side()
    for name, value in figures.items():
        print(f"{name:<56}{value}")
    print(json.dumps(figures))


@dataclass(frozen=True)
class Home:
    """A home with a profile that reaches a served sandbox."""

    environ: Mapping[str, str]
    address: str

    def run(self, *words: str) -> Any:
        """Run a command and read its JSON."""
        done = subprocess.run([*TOOL, *words, "-o", "json"], env=self.environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @property
    def requests(self) -> dict[str, int]:
        """How often the sandbox was asked for what."""
        found: dict[str, int] = self.run("sandbox", "status", "-p", "sandbox")["requests"]
        return found

    @property
    def state(self) -> Path:
        """The sandbox's file."""
        return Path(self.environ["HOME"]) / ".local" / "state" / "qsc-bot" / "sandbox.db"


@contextmanager
def home(*, seed: str, latency: str, rate_limit: str, reserve: int = RESERVE) -> Iterator[Home]:
    """Seed and serve a sandbox, and end it again."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "QSC_BOT_TOKEN": "sandbox",
            "QSC_BOT_PAGE_TOKEN": "sandbox",
        }
        environ["QSC_BOT_PROFILE"] = "served"
        made = Home(environ, "")
        made.run("sandbox", "reset", "--seed", seed, "-p", "sandbox")
        words = ("sandbox", "serve", "--port", "0", "--latency", latency, "--rate-limit", rate_limit)
        with subprocess.Popen([*TOOL, *words], env=environ, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                address = server.stdout.readline().strip()
                configure(Path(folder), address, reserve=reserve)
                yield Home(environ, address)
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(timeout=10)


def configure(folder: Path, address: str, *, reserve: int) -> None:
    """The profile of the served sandbox."""
    config = folder / ".config" / "qsc-bot" / "config.yaml"
    config.parent.mkdir(parents=True)
    page = f'page_id: "1029384756", bot_app_id: "111", agent_app_id: "222", graph_url: "{address}/graph"'
    text = f'{{account_id: "1000", api_url: "{address}", budget_reserve: {reserve}, messenger: {{{page}}}}}'
    config.write_text(f"version: 1\nprofiles:\n  served: {text}\n")


def cold_and_warm() -> dict[str, Any]:
    """Calls and time of the first list, and calls of the next after 50 changes."""
    with home(seed=f"large:{SEEDED}", latency="50ms", rate_limit="none") as made:
        shape(made.state)
        plain_seconds, plain_calls = one_by_one(made)
        before = made.requests
        started = time.perf_counter()
        cold = made.run("conversation", "list", "--all", "--since", SINCE)
        cold_seconds = time.perf_counter() - started
        cold_calls = sum(made.requests.values()) - sum(before.values())
        least = ceil(ESCALATED / 50) + ceil((SEEDED - 1500 + ACTIVE_HANDOVERS) / 100)
        least += ACTIVE_HANDOVERS + ceil(THREADS / 100) + THREADS - OURS
        return {
            "cold: conversations": len(cold["items"]),
            "cold: by control": cold["summary"]["by_control"],
            "cold: calls": cold_calls,
            "cold: least calls": least,
            "cold: calls over least (at most 1.05)": round(cold_calls / least, 3),
            "one by one: calls": plain_calls,
            "cold: times faster than one by one (at least 4)": round(plain_seconds / cold_seconds, 2),
            "cold: seconds": round(cold_seconds, 2),
        } | warm(made)


def shape(state: Path) -> None:
    """Let most handovers be older, let others hold some threads, and let the tag be on contacts of the method tag."""
    with sqlite3.connect(state) as db:
        late = 'service = "whatsapp" AND CAST(service_id AS INTEGER) > ?'
        db.execute(f"UPDATE mentions SET added = added - 432000 WHERE {late}", (ACTIVE_HANDOVERS,))
        db.execute("UPDATE threads SET owner = '222' WHERE CAST(psid AS INTEGER) > ?", (OURS,))
        others = "SELECT contact_id FROM people WHERE service <> 'twitter'"
        db.execute(f"DELETE FROM contact_tags WHERE contact_id IN ({others})")
    db.close()


def one_by_one(made: Home) -> tuple[float, int]:
    """The same pages and reads, each after the other: seconds and calls."""
    calls = 0
    since = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    started = time.perf_counter()
    with httpx.Client(base_url=made.address, headers=HEADERS, timeout=30) as client:
        for path, params in (
            ("/1000/inbox/contacts", {"filter": 'contacttag:"escalated to agent"', "limit": "50"}),
            ("/1000/inbox/mentions", {"date_from": since, "limit": "100", "topic_ids": "2001"}),
        ):
            following: str | None = str(client.build_request("GET", path, params=params).url)
            while following:
                following = client.get(following).json()["response"]["paging"]["next_url"]
                calls += 1
        after: dict[str, str] = {}
        while True:
            fields = {"platform": "messenger", "fields": "id,updated_time,participants,is_owner", "limit": "100"}
            paging = client.get("/graph/v25.0/1029384756/conversations", params=fields | after).json()["paging"]
            calls += 1
            if "next" not in paging:
                break
            after = {"after": paging["cursors"]["after"]}
        for number in range(1, ACTIVE_HANDOVERS + 1):
            client.get(f"/1000/inbox/handover/whatsapp/{number}").raise_for_status()
        for number in range(OURS + 1, THREADS + 1):
            client.get("/graph/v25.0/1029384756/thread_owner", params={"recipient": str(number)}).raise_for_status()
    return time.perf_counter() - started, calls + ACTIVE_HANDOVERS + THREADS - OURS


def warm(made: Home) -> dict[str, Any]:
    """Fifty customers write; the next list asks about them and nobody else."""
    made.run("sandbox", "clock", "+10m", "-p", "sandbox")
    sandbox = open_in_memory(made.state, clock=time.time, sleep=time.sleep)
    for service, numbers in CHANGED.items():
        for number in numbers:
            sandbox.say(f"{service}:{number}", "Are you still there?")
    sandbox.close()
    changed = sum(map(len, CHANGED.values()))
    before = made.requests
    listed = made.run("conversation", "list", "--all", "--since", SINCE, "--max-age", "0s")
    after = made.requests
    calls = {name: number - before.get(name, 0) for name, number in after.items() if number > before.get(name, 0)}
    not_ours = sum(number > OURS for number in CHANGED["facebook"])
    most = 3 + ceil(changed / 50) + ceil(changed / 100) + len(CHANGED["whatsapp"]) + not_ours
    return {
        "warm: conversations": len(listed["items"]),
        "warm: changed": changed,
        "warm: calls": sum(calls.values()),
        "warm: most calls": most,
        "warm: calls by endpoint": calls,
    }


def from_the_index() -> dict[str, Any]:
    """What 100,000 known conversations cost to show 50 of, on a pipe, beside a bare interpreter."""
    with home(seed=f"large:{INDEXED}:twitter", latency="0ms", rate_limit="none") as made:
        made.run("conversation", "list", "--since", SINCE, "--limit", "1")
        words = [*TOOL, "conversation", "list", "--cached", "--since", SINCE, "--limit", "50"]
        shown = subprocess.run(words, env=made.environ, capture_output=True, text=True, check=True).stdout.splitlines()
        bare, cached = [], []
        for _ in range(ROUNDS):
            bare.append(seconds_of([sys.executable, "-c", "pass"], made.environ)[0])
            cached.append(seconds_of(words, made.environ))
        return {
            "cached: rows": len(shown),
            "cached: times a bare interpreter (at most 12)": round(median(one for one, _ in cached) / median(bare), 1),
            "cached: peak memory MiB (at most 80)": round(max(kib for _, kib in cached) / 1024, 1),
        }


def seconds_of(words: list[str], environ: Mapping[str, str]) -> tuple[float, int]:
    """Wall seconds of a process, and its peak memory in KiB."""
    started = time.perf_counter()
    process = subprocess.Popen(words, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return time.perf_counter() - started, usage.ru_maxrss


def side_by_side() -> dict[str, Any]:
    """Two processes that list at once on one limit, which they would exceed many times over."""
    with home(seed="large:2000:whatsapp", latency="5ms", rate_limit=str(LIMIT)) as made:
        words = [*TOOL, "conversation", "list", "--all", "--since", SINCE, "-o", "json"]
        running = [
            subprocess.Popen(words, env=made.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        answers = [process.communicate() for process in running]
        ended = [json.loads(error)["error"]["code"] for _, error in answers]
        rows = [json.loads(out)["page"] for out, _ in answers]
        asked = {name: number for name, number in made.requests.items() if "/inbox/" in name}
        return {
            "two at once: calls (at most the limit less the reserve)": sum(asked.values()),
            "two at once: limit less reserve": LIMIT - RESERVE,
            "two at once: both ended for the reserve": ended == ["budget.reserved"] * 2,
            "two at once: both say that they are incomplete": [page["complete"] for page in rows] == [False] * 2,
        }


if __name__ == "__main__":
    main()

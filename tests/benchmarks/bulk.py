"""What 400 hand-overs take behind 50 ms of latency: four in flight against one by one, with the journal and without.

Every run is the whole command in a process of its own, on a new sandbox. One by one is the same command with a single
worker; the journal that writes nothing exists only here. Pairs are measured in turn, and the medians compared, since
machines are noisy.

Run: python -m tests.benchmarks.bulk
"""

import json
import subprocess
import sys
import time
from statistics import median
from typing import Any, Final

from tests.benchmarks.survey import Home, home

CONVERSATIONS: Final = 400
PAIRS: Final = 3
IDS: Final = "".join(f"whatsapp:{number}\n" for number in range(1, CONVERSATIONS + 1))
WORDS: Final = ("handover", "to-agent", "--ids", "-", "--yes", "-o", "json")
TOOL: Final = "import sys; from qsc_bot.cli.process import run_process; sys.exit(run_process(sys.argv[1:]))"
ONE_BY_ONE: Final = "from qsc_bot.operations.operation import start; start.__kwdefaults__['workers'] = 1; "
NO_JOURNAL: Final = """\
from contextlib import nullcontext
from qsc_bot.storage.journal import Journal
Journal.append = lambda *_: None
Journal.held = lambda *_: nullcontext()
"""


def main() -> None:
    """Measure each way; print the figures as a table and as JSON."""
    with home(seed="empty", latency="50ms", rate_limit="none") as made:
        single = seconds(made, ONE_BY_ONE)
        pairs = [(seconds(made), seconds(made, NO_JOURNAL)) for _ in range(PAIRS)]
    four, without = (median(side) for side in zip(*pairs, strict=True))
    figures = {
        "conversations": CONVERSATIONS,
        "one by one: seconds": round(single, 2),
        "four in flight: seconds": round(four, 2),
        "times faster than one by one (at least 3.5)": round(single / four, 2),
        "four in flight without journal: seconds": round(without, 2),
        "journal: percent of the wall time (at most 10)": round(100 * (four - without) / four, 1),
    }
    for name, value in figures.items():
        print(f"{name:<56}{value}")
    print(json.dumps(figures))


def seconds(made: Home, change: str = "") -> float:
    """How long it takes to hand all over on a new sandbox, with a change to the tool."""
    made.run("sandbox", "reset", "--seed", f"large:{CONVERSATIONS}:whatsapp", "-p", "sandbox")
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", change + TOOL, *WORDS], env=made.environ, input=IDS, capture_output=True, text=True
    )
    taken = time.perf_counter() - started
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["counts"]["changed"] == CONVERSATIONS
    return taken


if __name__ == "__main__":
    main()

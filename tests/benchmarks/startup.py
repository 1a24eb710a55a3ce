"""How long commands take to start, as multiples of a bare interpreter's start, measured in turn in one run.

Run: python tests/benchmarks/startup.py [--rounds N]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import Final

from qsc_bot.cli.root import GROUPS

TOOL: Final = (sys.executable, "-m", "qsc_bot")
COMPLETIONS: Final = {
    "completion of commands": {"COMP_WORDS": "qsc-bot conversation ", "COMP_CWORD": "2"},
    "completion of options": {"COMP_WORDS": "qsc-bot conversation list --", "COMP_CWORD": "3"},
}
COMMANDS: Final[Mapping[str, tuple[Sequence[str], float | None]]] = {
    "bare interpreter": ((sys.executable, "-c", "pass"), None),
    "--version": ((*TOOL, "--version"), 2.0),
    "--help": ((*TOOL, "--help"), 7.0),
    **{f"{name} --help": ((*TOOL, name, "--help"), 8.0) for name in GROUPS},
    "conversation list --help": ((*TOOL, "conversation", "list", "--help"), 8.0),
    **dict.fromkeys(COMPLETIONS, (TOOL, 8.0)),
    "conversation list (sandbox in memory)": ((*TOOL, "conversation", "list"), None),
    "conversation list --cached": ((*TOOL, "conversation", "list", "--cached"), 12.0),
    "demo": ((*TOOL, "demo"), None),
}


def measure(rounds: int) -> dict[str, float]:
    """The median seconds of each command, all taken in turn so that the machine's mood is shared."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory() as home:
        environ = {"PATH": os.environ["PATH"], "HOME": home}
        for turn in range(rounds + 1):
            for name, (command, _) in COMMANDS.items():
                typed = COMPLETIONS.get(name)
                extra = {"_QSC_BOT_COMPLETE": "complete_bash", **typed} if typed else {}
                started = time.perf_counter()
                subprocess.run(
                    command, env=environ | extra, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
                )
                if turn:
                    taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Print the figures as a table and as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    medians = measure(parser.parse_args().rounds)
    bare = medians["bare interpreter"]
    rows = [
        {
            "command": name,
            "ms": round(seconds * 1000, 1),
            "multiple": round(seconds / bare, 2),
            "at_most": COMMANDS[name][1],
        }
        for name, seconds in medians.items()
    ]
    for row in rows:
        limit = f"at most {row['at_most']}x" if row["at_most"] else ""
        print(f"{row['command']:<40}{row['ms']:>9} ms {row['multiple']:>7}x  {limit}")
    print(json.dumps(rows))


if __name__ == "__main__":
    main()

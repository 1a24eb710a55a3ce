"""What `recipe verify --log -` costs on 1 GiB of access log: seconds and memory.

Run: python tests/benchmarks/verify_log.py
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

SIZE_BYTES: Final = 1 << 30
TOOL: Final = (sys.executable, "-m", "qsc_bot")
CONFIG: Final = 'version: 1\ndefault_profile: prod\nprofiles:\n  prod: {account_id: "1417", topic_ids: ["46283"]}\n'
EVERY: Final = 50
"""One line in so many is a delivery."""


def main() -> None:
    """Record a recipe, pour the log in, print the figures as a table and as JSON."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"PATH": os.environ["PATH"], "HOME": home}
        folder = Path(home, ".config/qsc-bot")
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text(CONFIG)
        run("webhook", "register", "bot", "--url", "https://bot.example.com/in", environ=environ)
        made = json.loads(run("recipe", "create", "to-bot", "--webhook", "bot", "-o", "json", environ=environ))
        figures = measure(made["revision"], environ)
    for name, value in figures.items():
        print(f"{name:<20}{value}")
    print(json.dumps(figures))


def run(*words: str, environ: dict[str, str]) -> str:
    """Run one command line; what it printed."""
    return subprocess.run([*TOOL, *words], env=environ, capture_output=True, text=True, check=True).stdout


def measure(revision: str, environ: dict[str, str]) -> dict[str, float]:
    """Pour the log into the tool."""
    now = datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
    line = f'10.0.0.1 - - [{now}] "POST /in?{{}} HTTP/1.1" 200 2 "-" "agent" rt=0.004\n'
    block = (line.format("a=1") * (EVERY - 1) + line.format(f"qsc_recipe=to-bot&qsc_rev={revision}")).encode() * 100
    started = time.monotonic()
    words = [*TOOL, "recipe", "verify", "to-bot", "--log", "-", "-o", "json"]
    with subprocess.Popen(words, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as tool:
        assert tool.stdin is not None
        assert tool.stdout is not None
        for _ in range(SIZE_BYTES // len(block)):
            tool.stdin.write(block)
        tool.stdin.close()
        document = json.loads(tool.stdout.read())
    return {
        "deliveries": document["evidence"]["count"],
        "seconds": round(time.monotonic() - started, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, 1),
    }


if __name__ == "__main__":
    main()

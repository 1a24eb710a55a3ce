"""What `conversation list --all` costs on 10,000 conversations behind 20 ms of latency: calls, memory, first row.

Run: python tests/benchmarks/listing.py
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from math import ceil
from pathlib import Path
from typing import Any, Final

PEOPLE: Final = 10_000
SERVICE: Final = "twitter"
LEAST_CALLS: Final = ceil(PEOPLE / 100) + ceil(PEOPLE // 5 / 50)
MENTIONS: Final = "GET /{account_id}/inbox/mentions"
TOOL: Final = (sys.executable, "-m", "qsc_bot")


def main() -> None:
    """Serve, list, count; print the figures as a table and as JSON."""
    with tempfile.TemporaryDirectory() as home:
        environ = {"PATH": os.environ["PATH"], "HOME": home, "QSC_BOT_TOKEN": "sandbox", "QSC_BOT_PROFILE": "served"}
        run("sandbox", "reset", "--seed", f"large:{PEOPLE}:{SERVICE}", environ=environ)
        server, address = serve(environ)
        try:
            configure(Path(home), address)
            figures = measure(environ)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=10)
    for name, value in figures.items():
        print(f"{name:<36}{value}")
    print(json.dumps(figures))


def run(*words: str, environ: dict[str, str]) -> Any:
    """Run a command and read its JSON."""
    done = subprocess.run([*TOOL, *words, "-o", "json"], env=environ, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def serve(environ: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    """Serve the sandbox on a free port, with latency and without a limit."""
    words = ("sandbox", "serve", "--port", "0", "--latency", "20ms", "--rate-limit", "none")
    server = subprocess.Popen([*TOOL, *words], env=environ, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    return server, server.stdout.readline().strip()


def configure(home: Path, address: str) -> None:
    """A profile that reaches the served sandbox."""
    folder = home / ".config" / "qsc-bot"
    folder.mkdir(parents=True)
    text = f'version: 1\nprofiles:\n  served: {{account_id: "1000", api_url: "{address}"}}\n'
    (folder / "config.yaml").write_text(text)


def measure(environ: dict[str, str]) -> dict[str, float | int]:
    """List everything as a stream, and note when the first row came and what was asked by then."""
    started = time.perf_counter()
    words = ("conversation", "list", "--all", "-o", "ndjson", "--since", "2d")
    with subprocess.Popen([*TOOL, *words], env=environ, stdout=subprocess.PIPE, text=True) as listing:
        assert listing.stdout is not None
        first = json.loads(listing.stdout.readline())
        first_seconds = time.perf_counter() - started
        pages_by_then = run("sandbox", "status", environ=environ)["requests"].get(MENTIONS, 0)
        rows = [first, *map(json.loads, listing.stdout)]
        listing.wait()
        peak_kib = max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, 0)
    seconds = time.perf_counter() - started
    requests = run("sandbox", "status", environ=environ)["requests"]
    return {
        "rows": sum(row["type"] == "item" for row in rows),
        "calls": sum(requests.values()),
        "least calls": LEAST_CALLS,
        "calls over least": round(sum(requests.values()) / LEAST_CALLS, 3),
        "mention pages when first row was out": pages_by_then,
        "mention pages in all": requests[MENTIONS],
        "first row after s": round(first_seconds, 2),
        "all after s": round(seconds, 2),
        "peak memory of any child MiB": round(peak_kib / 1024, 1),
    }


if __name__ == "__main__":
    main()

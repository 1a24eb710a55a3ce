"""What a listener takes: a burst of signed deliveries, its death in the midst of one, and bad clients beside good ones.

The listener is the whole command in a process of its own. A bare waitress application that only reads the body is
measured in turn with it, with the same client over the same number of connections; the median of the ratios counts,
since machines are noisy. Every delivery that was answered must be in the store, once, also where it was killed.

Run: python -m tests.benchmarks.receiver; it ends with 1 where a measure is missed.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any, Final

from tests.benchmarks.bad_clients import beside_bad_clients
from tests.benchmarks.listener import CONNECTIONS, delivery, key, listening, send_all

DELIVERIES: Final = 2_000
PAIRS: Final = 5
BARE: Final = """\
import socket
from waitress.server import create_server
def app(environ, start_response):
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]
listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(listener.getsockname()[1], flush=True)
create_server(app, sockets=[listener], threads=4, connection_limit=800, asyncore_use_poll=True).run()
"""
BASELINE: Final = "waitress with its own 4 threads; the application reads the body and answers"
AT_LEAST: Final[Mapping[str, float]] = {"listener, of the baseline, until answered": 0.5}
AT_MOST: Final[Mapping[str, float]] = {
    "listener: lost": 0,
    "listener: kept twice": 0,
    "listener: peak memory MiB": 120,
    "killed: answered and lost (none)": 0,
    "killed: kept twice (none)": 0,
    "bad clients: lost": 0,
    "bad clients: kept twice": 0,
    "bad clients: longest wait of an honest one, s": 1,
    "bad clients: peak memory MiB": 120,
}


def main() -> int:
    """Measure each part; print the figures as a table and as JSON, and 1 where one misses its measure."""
    figures = throughput() | killed(DELIVERIES, DELIVERIES // 2) | beside_bad_clients(seconds=10.0)
    missed = [name for name, value in AT_LEAST.items() if figures[name] < value]
    missed += [name for name, value in AT_MOST.items() if figures[name] > value]
    for name, value in figures.items():
        print(f"{name:<92}{value}{measure(name)}{'  MISSED' if name in missed else ''}")
    print(json.dumps(figures))
    return 1 if missed else 0


def measure(name: str) -> str:
    """What a figure has to be."""
    if name in AT_LEAST:
        return f"  (at least {AT_LEAST[name]})"
    return f"  (at most {AT_MOST[name]})" if name in AT_MOST else ""


def throughput(number: int = DELIVERIES) -> dict[str, Any]:
    """A burst on the listener and on the bare application, in turn."""
    requests = [delivery(one) for one in range(number * PAIRS)]
    rates: list[tuple[float, float, float]] = []
    with listening() as made, bare() as port:
        for turn in range(PAIRS):
            mine = requests[turn * number : (turn + 1) * number]
            started = time.perf_counter()
            answered = rate(made.port, mine)
            made.wait_until_told((turn + 1) * number)
            told = number / (time.perf_counter() - started)
            rates.append((answered, told, rate(port, mine)))
        kept, peak = made.keys, made.peak_mib
    answered, told, theirs = (median(side) for side in zip(*rates, strict=True))
    return {
        "baseline": BASELINE,
        "deliveries in a burst": number,
        f"bursts, over {CONNECTIONS} connections each": PAIRS,
        "baseline: a second": round(theirs),
        "listener: answered a second": round(answered),
        "listener: answered and told a second": round(told),
        "listener, of the baseline, until answered": round(median(one / other for one, _, other in rates), 2),
        "listener, of the baseline, until told": round(median(one / other for _, one, other in rates), 2),
        "listener: lost": len({key(one) for one in range(len(requests))} - set(kept)),
        "listener: kept twice": len(kept) - len(set(kept)),
        "listener: peak memory MiB": round(peak, 1),
    }


def rate(port: int, requests: list[bytes]) -> float:
    """How many are answered in a second."""
    started = time.perf_counter()
    assert len(send_all(port, requests)) == len(requests)
    return len(requests) / (time.perf_counter() - started)


@contextmanager
def bare() -> Iterator[int]:
    """The port of an application that reads the body and nothing else."""
    process = subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def killed(number: int, after: int) -> dict[str, Any]:
    """Kill the listener when so many were answered: each of those must be in its store, once."""
    requests = [delivery(one) for one in range(number)]
    with listening() as made:

        def kill(answered: int) -> bool:
            if answered == after:
                made.process.kill()
                made.process.wait()
            return False

        answered = send_all(made.port, requests, until=kill)
        kept = made.keys
    lost = {key(one) for one in answered} - set(kept)
    return {
        "killed: answered": len(answered),
        "killed: answered and lost (none)": len(lost),
        "killed: kept twice (none)": len(kept) - len(set(kept)),
    }


if __name__ == "__main__":
    sys.exit(main())

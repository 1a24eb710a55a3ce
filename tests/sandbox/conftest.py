"""A sandbox of its own for every test, with a clock that only moves when told."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug.test import Client

from qsc_bot.sandbox.service import Sandbox, Settings
from tests.sandbox.bench import NOW, Bench, MakeBench, Sent


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """Benches with settings of the test's choice, all on one file."""
    made: list[Bench] = []

    def make(*, seed: str | None = None, **settings: Any) -> Bench:
        made.append(Bench(path=tmp_path / "sandbox.db", settings=Settings(**settings)))
        if seed is not None:
            made[-1].sandbox.reset(seed)
        return made[-1]

    yield make
    for bench in made:
        bench.sandbox.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """A sandbox with the demo's story."""
    return make_bench()


@pytest.fixture
def sent() -> list[Sent]:
    """What the receiver of `receiving` got."""
    return []


@pytest.fixture
def receiving(tmp_path: Path, sent: list[Sent]) -> Iterator[Bench]:
    """A bench whose webhooks end in `sent`, answered with 200."""

    def deliver(url: str, headers: Mapping[str, str], body: bytes) -> int:
        sent.append((url, headers, body))
        return 200

    sandbox = Sandbox(
        tmp_path / "receiving.db",
        clock=lambda: NOW,
        sleep=lambda _: None,
        deliver=deliver,
        call=lambda *_: (500, b""),
        fetch=lambda url: (200, parse_qs(urlsplit(url).query)["hub.challenge"][0].encode()),
    )
    bench = Bench(path=tmp_path / "receiving.db")
    bench.sandbox.close()
    bench.sandbox, bench.client = sandbox, Client(sandbox, use_cookies=False)
    yield bench
    sandbox.close()

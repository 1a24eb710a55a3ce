"""The clock: the remote's time where it is told, else the machine's."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tests.transport.bench import NOW, Time

CASES = {
    "three hours ahead": ("Wed, 18 Nov 2026 14:06:40 GMT", 3 * 3600.0),
    "behind": ("Wed, 18 Nov 2026 11:05:40 GMT", -60.0),
    "same": ("Wed, 18 Nov 2026 11:06:40 GMT", 0.0),
    "within tolerance": ("Wed, 18 Nov 2026 11:06:42 GMT", 0.0),
    "just beyond": ("Wed, 18 Nov 2026 11:06:43 GMT", 3.0),
    "other zone": ("Wed, 18 Nov 2026 15:06:40 +0100", 3 * 3600.0),
    "no zone is UTC": ("Wed, 18 Nov 2026 14:06:40", 3 * 3600.0),
    "unknown zone is UTC": ("Wed, 18 Nov 2026 14:06:40 -0000", 3 * 3600.0),
    "missing": (None, 0.0),
    "empty": ("", 0.0),
    "words": ("yesterday", 0.0),
    "no such day": ("Wed, 45 Nov 2026 14:06:40 GMT", 0.0),
    "absurd year": ("Wed, 18 Nov 99999999 14:06:40 GMT", 0.0),
}


@pytest.mark.parametrize(("header", "offset"), CASES.values(), ids=CASES)
def test_date_header_moves_the_clock(header: str | None, offset: float) -> None:
    clock = Time().clock
    clock.observe(header)
    assert clock.unix() == NOW + offset
    assert clock.now() == datetime.fromtimestamp(NOW + offset, UTC)


def test_last_readable_date_counts() -> None:
    clock = Time().clock
    clock.observe("Wed, 18 Nov 2026 14:06:40 GMT")
    clock.observe("nonsense")
    assert clock.offset_seconds == 3 * 3600
    clock.observe("Wed, 18 Nov 2026 11:06:40 GMT")
    assert clock.offset_seconds == 0


def test_time_passes_on_the_corrected_clock() -> None:
    time = Time()
    clock = time.clock
    clock.observe("Wed, 18 Nov 2026 14:06:40 GMT")
    time.unix += 5
    assert clock.unix() == NOW + 3 * 3600 + 5


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_machine_in_another_zone_reads_a_date_without_zone_as_utc(zone: str) -> None:
    code = (
        "from qsc_bot.transport.clock import Clock; clock = Clock(lambda: 1795000000.0);"
        "clock.observe('Wed, 18 Nov 2026 14:06:40'); assert clock.offset_seconds == 3 * 3600, clock.offset_seconds"
    )
    done = subprocess.run([sys.executable, "-c", code], env={"TZ": zone}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        (0.0, None),
        (119.0, None),
        (120.0, "2m behind"),
        (-18_000.0, "5h ahead of"),
    ],
)
def test_clock_that_is_wrong_by_minutes_is_told(offset: float, told: str | None) -> None:
    clock = Time().clock
    clock.offset_seconds = offset
    assert (clock.warning is None) if told is None else (told in str(clock.warning))

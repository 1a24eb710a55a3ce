"""A recipe's marker in logs of every shape."""

import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.setup.access_log import PIECE_BYTES, LogReader, read_log
from qsc_bot.setup.log_time import time_in

REV = "0123456789ab"
OLD = "ba9876543210"
QUERY = f"qsc_recipe=to-bot&qsc_rev={REV}"
AT = datetime(2026, 11, 22, 8, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f'10.0.0.1 - - [22/Nov/2026:09:02:30 +0100] "POST /in?{QUERY} HTTP/1.1" 200 2', id="common"),
        pytest.param(
            f'::1 - - [22/Nov/2026:09:02:30 +0100] "POST /in?{QUERY} HTTP/1.1" 200 2 "https://b/" "ua"', id="combined"
        ),
        pytest.param(f'2026-11-22T08:02:30.123Z stdout F {{"url":"/in?a=1&{QUERY}"}}', id="kubernetes prefix"),
        pytest.param(f"2026-11-22 08:02:30,123 INFO POST /in?{QUERY}", id="python logging"),
        pytest.param(f'{{"time":"2026-11-22T09:02:30+01:00","path":"/in","query":"{QUERY}"}}', id="json query"),
        pytest.param(
            f'{{"url":"/in?qsc_recipe=to-bot\\u0026qsc_rev={REV}","ts":1795334550.25}}', id="json escaped, seconds"
        ),
        pytest.param(
            f'{{"timestamp":1795334550123,"args":{{"qsc_recipe":"to-bot","qsc_rev":"{REV}"}}}}', id="json fields, ms"
        ),
        pytest.param(f'{{"ts":1795334550,"q":{{"qsc_rev": ["{REV}"], "qsc_recipe": ["to-bot"]}}}}', id="json lists"),
        pytest.param(
            f'{{"log":"{{\\"qsc_recipe\\":\\"to-bot\\",\\"qsc_rev\\":\\"{REV}\\"}}","time":"2026-11-22T08:02:30Z"}}',
            id="json in json",
        ),
        pytest.param(
            f"ts=2026-11-22T08:02:30Z path=/in?qsc_rev={REV}&x=1&qsc_recipe=to-bot status=200", id="logfmt, other order"
        ),
        pytest.param(
            f"1795334550.123 5 10.0.0.1 TCP_MISS/200 POST https://b/x?u=1&qsc_recipe=to%2Dbot&qsc_rev={REV}",
            id="decoded once",
        ),
        pytest.param(f'[22/Nov/2026:09:02:30 +0100] "/in?{QUERY}" 200', id="common, path alone"),
        pytest.param(f'<a href="/in?qsc_recipe=to-bot&amp;qsc_rev={REV}">22/Nov/2026:08:02:30 +0000</a>', id="markup"),
    ],
)
def test_marker_and_time_are_found_in_a_log_of_this_shape(line: str) -> None:
    found = read_log([f"noise\n{line}\r\nnoise".encode()], "to-bot")
    assert set(found) == {REV}
    assert (found[REV].count, found[REV].first, found[REV].last) == (1, AT, AT)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"/in?qsc_recipe=to-bot-2&qsc_rev={REV}", id="longer name"),
        pytest.param(f"/in?qsc_recipe=to-bo&qsc_rev={REV}", id="shorter name"),
        pytest.param(f"/in?xqsc_recipe=to-bot&qsc_rev={REV}", id="other key"),
        pytest.param(f"/in?qsc_recipe=to-bot&qsc_rev={REV}a", id="longer revision"),
        pytest.param("/in?qsc_recipe=to-bot&qsc_rev=0123", id="cut revision"),
        pytest.param("/in?qsc_recipe=to-bot", id="no revision"),
        pytest.param("", id="empty"),
        pytest.param(
            f'::1 - - [22/Nov/2026:09:02:30 +0100] "POST /in HTTP/1.1" 200 2 "https://b/?{QUERY}" "ua"', id="referer"
        ),
        pytest.param(
            f'::1 - - [22/Nov/2026:09:02:30 +0100] "-" 400 0 "POST /?{QUERY}" "ua"', id="referer beside no request"
        ),
        pytest.param(f"POST /x?to=https%3A%2F%2Fb%3Fqsc_recipe%3Dto-bot%26qsc_rev%3D{REV}", id="in a parameter"),
        pytest.param(f"/x?to=https%3A%2F%2Fb%3Fqsc_recipe%3Dto-bot%26qsc_rev%3D{REV}", id="in a path's parameter"),
        pytest.param(f"POST /x?to=https://b/?{QUERY}", id="in a parameter, not encoded"),
        pytest.param(f"POST /x?u=qsc_recipe%253Dto-bot%2526qsc_rev%253D{REV}", id="encoded twice"),
        pytest.param(f"POST /in#?{QUERY}", id="in a fragment"),
        pytest.param(f'"GET /in?{QUERY} HTTP/1.1" 200', id="other method"),
        pytest.param(f'{{"method": "HEAD", "url": "/in?{QUERY}"}}', id="other method in a field"),
    ],
)
def test_what_is_not_the_marker_is_not_found(line: str) -> None:
    assert read_log([line.encode()], "to-bot") == {}


def test_deliveries_are_counted_by_revision_with_first_and_last_time() -> None:
    lines = [
        f"2026-11-22T08:0{minute}:00Z POST /in?qsc_recipe=to-bot&qsc_rev={revision}"
        for minute, revision in enumerate([OLD, REV, REV, OLD, REV])
    ]
    found = read_log(["\n".join(reversed(lines)).encode()], "to-bot")
    assert {one: found[one].count for one in found} == {OLD: 2, REV: 3}
    assert found[REV].first == datetime(2026, 11, 22, 8, 1, tzinfo=UTC)
    assert found[REV].last == datetime(2026, 11, 22, 8, 4, tzinfo=UTC)


def test_marker_that_stands_twice_in_a_line_is_one_delivery() -> None:
    assert read_log([f'"/in?{QUERY}" "https://b/in?{QUERY}"\n'.encode()], "to-bot")[REV].count == 1


def test_delivery_without_a_time_counts_and_has_none() -> None:
    found = read_log([f"POST /in?{QUERY}\n".encode()], "to-bot")
    assert (found[REV].count, found[REV].first) == (1, None)


@pytest.mark.parametrize(
    "text", [b"9999-99-99T99:99:99Z", b"1795-11-22T08:02:30Z", b"[99/Foo/2026:08:02:30 +0000]", b"12345678901234567890"]
)
def test_what_cannot_be_a_time_is_none(text: bytes) -> None:
    assert time_in(text) is None


PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [f"?{QUERY} ", f"?qsc_recipe=to-bot&qsc_rev={OLD}\n", "\n", "2026-11-22T08:02:30Z ", "qsc_recipe", "\u00e9"]
        ),
        st.integers(1, PIECE_BYTES + 5000).map(lambda length: "x" * length + " "),
    ),
    max_size=12,
)


@given(pieces=PIECES, cuts=st.lists(st.integers(0, 4 * PIECE_BYTES), max_size=20))
def test_any_chunking_finds_the_same(pieces: list[str], cuts: list[int]) -> None:
    text = "".join(pieces).encode()
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    assert read_log((text[start:stop] for start, stop in pairwise(edges)), "to-bot") == read_log([text], "to-bot")


@pytest.mark.parametrize("end", ["", "\n"], ids=["one endless line", "many lines"])
def test_what_is_held_does_not_grow_with_the_log(end: str) -> None:
    filler = f"{'x' * 200} {end}".encode() * 300
    reader, largest = LogReader("to-bot"), 0
    tracemalloc.start()
    try:
        for number in range(600):
            reader.feed(filler + (f"/in?{QUERY} {end}".encode() if number % 100 == 0 else b""))
            largest = max(largest, reader.held_bytes)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert largest <= PIECE_BYTES
    assert peak < 2_000_000
    assert reader.finish()[REV].count == (6 if end else 1)


def test_made_up_revisions_do_not_fill_the_memory() -> None:
    def lines() -> Iterator[bytes]:
        for number in range(3000):
            yield f"/in?qsc_recipe=to-bot&qsc_rev={number:012x}\n".encode()

    assert len(read_log(lines(), "to-bot")) == 1000


@pytest.mark.parametrize(
    "unit",
    ["qsc_recipe=to-bot&", "qsc_recipe=...&", f"{QUERY}&", f"qsc_recipe {chr(92) * 40}", '"qsc_recipe":"to-bot",'],
)
@pytest.mark.parametrize("opening", ["/in?", "POST /in?"])
def test_work_grows_with_the_line_and_not_with_its_markers(unit: str, opening: str) -> None:
    line = (opening + unit * ((1 << 20) // len(unit)) + "\n").encode()
    reader = LogReader("to-bot")
    reader.feed(line)
    reader.finish()
    assert 0 < reader.scanned_bytes <= 4 * len(line)

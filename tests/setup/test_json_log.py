"""Logs that are JSON: arrays of records, on one line or over many, and what in a record is no request."""

import json
import re
import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.setup.access_log import PIECE_BYTES, LogReader, read_log
from qsc_bot.setup.json_log import JsonRecords

REV = "0123456789ab"
OLD = "ba9876543210"
AT = datetime(2026, 11, 22, 8, 2, 30, tzinfo=UTC)


def url(revision: str = REV) -> str:
    return f"https://bot.example.com/in?a=1&qsc_recipe=to-bot&qsc_rev={revision}"


def entry(revision: str, minute: int, **more: Any) -> dict[str, Any]:
    """One record as Cloud Logging gives it: times of other things stand before its own."""
    return {
        "httpRequest": {"requestMethod": "POST", "requestUrl": url(revision), "userAgent": 'an "agent" } ] {'},
        "jsonPayload": {"since": "2020-01-01T00:00:00Z", "parts": [{"a": []}, {}]},
        **more,
        "receiveTimestamp": "2026-11-22T23:59:59Z",
        "timestamp": f"2026-11-22T08:{minute:02}:30.123456Z",
    }


def cut(text: bytes, cuts: Sequence[int]) -> Iterator[bytes]:
    edges = [0, *sorted(min(one, len(text)) for one in cuts), len(text)]
    return (text[start:stop] for start, stop in pairwise(edges))


def lines(chunks: Iterator[bytes]) -> bytes:
    records = JsonRecords()
    return b"".join([*map(records.feed, chunks), records.finish()])


RECORDS = [entry(OLD, 1), entry(REV, 2), entry(REV, 4), {"textPayload": "noise"}, entry(REV, 3)]
SHAPES = {
    "one line": json.dumps(RECORDS),
    "compact": json.dumps(RECORDS, separators=(",", ":")),
    "pretty": json.dumps(RECORDS, indent=2),
    "tabs and CR": json.dumps(RECORDS, indent="\t").replace("\n", "\r\n"),
    "byte order mark": "\ufeff" + json.dumps(RECORDS, indent=1),
    "an array a line": "".join(json.dumps(RECORDS[at : at + 2]) + "\n" for at in range(0, 5, 2)),
    "empty arrays between": "[]\n" + "\n[ ]\n".join(json.dumps([one]) for one in RECORDS),
    "pretty objects": "\n".join(json.dumps(one, indent=2) for one in RECORDS),
    "array in an object": json.dumps({"events": RECORDS, "searched": [{"a": 1}]}, indent=4),
    "a record a line": "\n".join(map(json.dumps, RECORDS)),
}


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_each_record_is_counted_with_its_own_time(text: str, size: int) -> None:
    whole = text.encode()
    found = read_log((whole[at : at + size] for at in range(0, len(whole), size)), "to-bot")
    assert {one: found[one].count for one in found} == {OLD: 1, REV: 3}
    assert (found[OLD].first, found[OLD].last) == (AT.replace(minute=1), AT.replace(minute=1))
    assert (found[REV].first, found[REV].last) == (AT.replace(minute=2), AT.replace(minute=4))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), min_size=1, max_size=5)


@given(objects=OBJECTS, indent=st.sampled_from([None, 0, 2]), plain=st.booleans(), cuts=st.lists(st.integers(0, 900)))
def test_any_array_in_any_chunks_is_its_records_line_by_line(
    objects: list[Any], indent: int | None, plain: bool, cuts: list[int]
) -> None:
    text = json.dumps(objects, indent=indent, ensure_ascii=plain).encode()
    assert [json.loads(line) for line in lines(cut(text, cuts)).splitlines() if line.strip()] == objects


JSON = (json.dumps(RECORDS[1]), json.dumps(RECORDS[:2], indent=1), "[{", "{\n", "[]", '"a":', '\\"', "\\u0022", "12")
PARTS = st.lists(st.sampled_from([*'[]{},:"\\\n ', *JSON, "true", "POST /in?", f"{url()} ", "é"]), max_size=30)


@given(parts=PARTS, cuts=st.lists(st.integers(0, 4000), max_size=9))
def test_any_text_is_read_the_same_in_any_chunks(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts).encode()
    assert lines(cut(text, cuts)) == lines(cut(text, []))
    assert read_log(cut(text, cuts), "to-bot") == read_log([text], "to-bot")


@given(text=st.binary(max_size=900).filter(lambda text: not re.match(rb"(\xef\xbb\xbf)?\s*[\[{]", text)))
def test_any_other_log_passes_as_it_is(text: bytes) -> None:
    assert lines(cut(text, [])) == text


@pytest.mark.parametrize(
    "opening",
    [
        pytest.param('[{"a": "', id="string without an end"),
        pytest.param('[{"a": "\\', id="escape without an end"),
        pytest.param('[{"a": 1,', id="object without an end"),
        pytest.param('[{"a": 1}', id="array without an end"),
        pytest.param('[{"a": 1}]', id="array with an end"),
        pytest.param("{", id="brace"),
        pytest.param("[", id="bracket"),
        pytest.param("[{" * 300, id="many"),
        pytest.param("[22/Nov/2026:08:00:00 +0000] x", id="a time in brackets"),
    ],
)
def test_first_line_that_only_looks_like_json_hides_no_delivery_after_it(opening: str) -> None:
    log = "".join(f'10.0.0.1 - - [22/Nov/2026:08:0{at}:30 +0000] "POST {url()} HTTP/1.1" 200\n' for at in (2, 3, 4))
    found = read_log([f"{opening}\n{log}".encode()], "to-bot")
    assert (found[REV].count, found[REV].last) == (3, AT.replace(minute=4))


KEYS = pytest.mark.parametrize(
    "key", ["Referer", "referrer", "HTTP_REFERER", "cs(Referer)", "document_referrer_url", "refererUrl"]
)
SHALLOW = {
    "field": lambda key: {key: url()},
    "list": lambda key: {"headers": {key: [url()]}},
    "json in json": lambda key: {"log": json.dumps({key: url()}) + "\n", "stream": "stdout"},
    "deeper": lambda key: {"m": json.dumps({"n": json.dumps({"headers": {key: [url()]}})})},
    "json in a text": lambda key: {"message": f"seen {json.dumps({key: url()})} there"},
    "words in a text": lambda key: {"message": f"path=/x {key}={url()} status=200"},
}
DEEP = {
    "object": lambda key: {"request": {"headers": {key: {"value": url(), "n": 1}}}},
    "query": lambda key: {key: {"query": {"qsc_recipe": "to-bot", "qsc_rev": REV}}},
}


@KEYS
@pytest.mark.parametrize("shape", [*SHALLOW.values(), *DEEP.values()], ids=[*SHALLOW, *DEEP])
def test_marker_in_the_address_that_a_client_came_from_is_no_delivery(shape: Any, key: str) -> None:
    record = {"time": "2026-11-22T08:02:30Z", "status": 200, **shape(key)}
    assert read_log([json.dumps(record).encode()], "to-bot") == {}
    assert read_log([json.dumps([record, record], indent=2).encode()], "to-bot") == {}
    assert read_log([json.dumps({**record, "method": "POST", "url": "/other"}).encode()], "to-bot") == {}
    assert read_log([json.dumps({**record, "url": url()}).encode()], "to-bot")[REV].count == 1


@KEYS
@pytest.mark.parametrize("shape", SHALLOW.values(), ids=SHALLOW)
@pytest.mark.parametrize("rest", [", cut off", ", x" * PIECE_BYTES], ids=["no json", "long"])
def test_nor_is_it_in_what_only_looks_like_json(shape: Any, key: str, rest: str) -> None:
    record = {"time": "2026-11-22T08:02:30Z", **shape(key)}
    assert read_log([(json.dumps(record) + rest).encode()], "to-bot") == {}


@pytest.mark.parametrize(
    "headers",
    [[{"name": "Referer", "value": url()}], [["referer", url()]], {"key": "Referer", "values": [url()]}],
    ids=["objects", "pairs", "values"],
)
def test_marker_beside_the_name_of_that_header_is_no_delivery(headers: Any) -> None:
    record = {"time": "2026-11-22T08:02:30Z", "headers": headers}
    assert read_log([json.dumps(record).encode()], "to-bot") == {}
    assert read_log([json.dumps({**record, "url": url()}).encode()], "to-bot")[REV].count == 1


def test_request_beside_another_address_that_the_client_came_from_counts() -> None:
    record = {"referer": url(OLD), "referrer_policy": "none", "url": url(REV), "timestamp": 1795334550123}
    for text in (json.dumps(record), json.dumps(record) + " cut off", json.dumps([record], indent=2)):
        found = read_log([text.encode()], "to-bot")
        assert {one: (found[one].count, found[one].last) for one in found} == {REV: (1, AT)}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_record_of_another_method_is_no_delivery(method: str) -> None:
    record = entry(REV, 1)
    record["httpRequest"]["requestMethod"] = method
    assert read_log([json.dumps([record, record], indent=2).encode()], "to-bot") == {}


def test_long_record_is_read_as_a_long_line_is() -> None:
    long = entry(REV, 2, labels={"text": "x" * 3 * PIECE_BYTES})
    found = read_log([json.dumps([entry(REV, 1), long, entry(REV, 3)], indent=2).encode()], "to-bot")
    assert (found[REV].count, found[REV].last) == (3, AT.replace(minute=3))


@pytest.mark.parametrize("size", [1000, 1 << 20])
def test_end_of_a_long_line_is_no_record(size: int) -> None:
    text = f"2026-11-22T08:01:30Z {url(OLD)} {'x' * 2 * PIECE_BYTES} {json.dumps(entry(REV, 2))}\n".encode()
    found = read_log((text[at : at + size] for at in range(0, len(text), size)), "to-bot")
    assert {one: found[one].last for one in found} == dict.fromkeys([OLD, REV], AT.replace(minute=1))


@pytest.mark.parametrize("deep", ["[" * 30_000, '{"a":' * 5_000], ids=["lists", "objects"])
def test_record_too_deep_to_be_read_as_one_is_read_as_text(deep: str) -> None:
    text = f'{{"url": "{url()}", "time": "2026-11-22T08:02:30Z", "deep": {deep}'
    closed = text + "".join("]" if one == "[" else "}" for one in deep if one in "[{") + "}"
    assert read_log([closed.encode()], "to-bot")[REV].count == 1


@pytest.mark.parametrize("separator", [",", ",\n"], ids=["one line", "many lines"])
def test_what_is_held_does_not_grow_with_an_array(separator: str) -> None:
    block = separator.join([json.dumps(entry(OLD, 1))] * 100).encode()
    reader, largest = LogReader("to-bot"), 0
    tracemalloc.start()
    try:
        reader.feed(b"[" + block)
        for _ in range(100):
            reader.feed(separator.encode() + block)
            largest = max(largest, reader.held_bytes)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert largest <= PIECE_BYTES
    assert peak < 2_000_000
    assert reader.finish()[OLD].count == 10_100


@pytest.mark.parametrize(
    "unit",
    [
        pytest.param('{"qsc_recipe":"to-bot","qsc_rev":"0123456789ab"},', id="small records"),
        pytest.param('{"qsc_recipe":', id="never closed"),
        pytest.param("[{}]", id="small arrays"),
        pytest.param('{"a":"qsc_recipe', id="strings"),
        pytest.param('{"a":"qsc_recipe\\\\\\"', id="escapes"),
        pytest.param('{"referer":"qsc_recipe=to-bot&qsc_rev=0123456789ab "},', id="referers"),
        pytest.param('{"qsc_recipe": "x"} x\n', id="no json at the end"),
        pytest.param('{"qsc_recipe": {"qsc_recipe": {"qsc_recipe": "x"}}}\n', id="lines"),
    ],
)
def test_work_grows_with_the_log_and_not_with_what_stands_in_it(unit: str) -> None:
    text = b"[" + unit.encode() * ((1 << 19) // len(unit)) + b"\n"
    reader = LogReader("to-bot")
    reader.feed(text)
    reader.finish()
    assert reader.scanned_bytes <= 6 * len(text)

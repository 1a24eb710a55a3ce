"""The documents that programs read: one JSON or YAML document, or a stream of JSON lines."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from qsc_bot.errors import QscBotError
from qsc_bot.output.fields import Row, Shape, encode
from qsc_bot.results import Ending, Listing, Outcomes, Record, Report, Text

Owner = Mapping[str, str | None]  # profile and account_id, as every document names them


def to_json(document: object) -> str:
    """One line of ASCII that holds every character, escaped; DEL too, which JSON itself lets through."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f")


def to_yaml(document: Row) -> str:
    """The same document as YAML, in ASCII."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # twice as fast, where libyaml is there
    text: str = yaml.dump(document, Dumper=dumper, allow_unicode=False, sort_keys=False)
    return text


def envelope(schema: str, owner: Owner) -> Row:
    """What every document starts with."""
    return {"schema": f"qsc-bot/{schema}@1", **owner}


def listing_document(schema: str, rows: Sequence[Row], ending: Ending, owner: Owner) -> Row:
    """A list with what is known of the whole."""
    summary = {} if ending.summary is None else {"summary": encode(ending.summary)}
    page = {"returned": len(rows), "complete": ending.complete}
    return envelope(schema, owner) | summary | {"items": rows, "page": page, "warnings": encode(ending.warnings)}


def record_document(record: Record, row: Row, owner: Owner) -> Row:
    """One thing, its fields flat; where it has a profile or an account of its own, these stand."""
    head = envelope(record.schema, owner)
    outcome = {"outcome": record.outcome} if record.outcome else {}
    return head | row | outcome | {"schema": head["schema"], "warnings": encode(record.warnings)}


def report_document(report: Report, rows: Sequence[Row], owner: Owner) -> Row:
    """Outcomes or a dry run."""
    body: Row = encode(report.body)
    return envelope(report.schema, owner) | body | {"items": rows, "warnings": encode(report.warnings)}


def text_document(result: Text) -> Row:
    """A text's data in place of the text; it has no schema, so no envelope either."""
    data: Row = {"text": result.text} if result.data is None else result.data
    return dict(encode(data))


def listing_stream(listing: Listing[Any], shape: Shape, owner: Callable[[], Owner]) -> Iterator[Row]:
    """Items as they come, then the end; a stream that breaks says so before its error goes on."""
    returned = 0
    try:
        for row in shape.rows(listing.items):
            yield {"type": "item", **shape.choose(row)}
            returned += 1
        ending = listing.ending()
    except QscBotError:
        if returned:
            yield end_line(listing.schema, owner(), returned=returned, complete=False)
        raise
    end = end_line(listing.schema, owner(), returned=returned, complete=ending.complete, warnings=ending.warnings)
    yield end | _summary(ending)


def record_stream(record: Record, row: Row, owner: Owner) -> Iterator[Row]:
    """One thing, or each of its parts, and the end, with what is known of all the parts."""
    outcome = {"outcome": record.outcome} if record.outcome else {}
    rest = {name: value for name, value in row.items() if name != record.parts} if record.parts else {}
    rows = row[record.parts] if record.parts else [row]
    yield from ({"type": "item", **one, **outcome} for one in rows)
    is_whole = getattr(record.item, "complete", True)  # a rescue plan may be a cut one
    yield end_line(record.schema, owner, returned=len(rows), complete=is_whole, warnings=record.warnings) | rest


def report_stream(report: Report, rows: Sequence[Row], owner: Owner) -> Iterator[Row]:
    """Each outcome, each request of a dry run, and the end with the counts."""
    yield from map(result_line, rows)
    body: Row = encode(report.body)
    yield from ({"type": "request", **request} for request in body.get("requests", ()))
    yield report_end(report, owner)


def result_line(row: Row) -> Row:
    """One outcome."""
    return {"type": "result", **row}


def report_end(report: Report, owner: Owner) -> Row:
    """The end of outcomes, with their counts; not complete where something stopped the run."""
    body = report.body
    is_whole = report.stop is None
    end = end_line(report.schema, owner, returned=len(body.items), complete=is_whole, warnings=report.warnings)
    return end | ({"operation": body.operation, "counts": encode(body.counts)} if isinstance(body, Outcomes) else {})


def _summary(ending: Ending) -> Row:
    return {} if ending.summary is None else {"summary": encode(ending.summary)}


def end_line(schema: str, owner: Owner, *, returned: int, complete: bool = True, warnings: Sequence[str] = ()) -> Row:
    """The last line of a stream."""
    end = {"type": "end", "returned": returned, "complete": complete, "warnings": encode(warnings)}
    return end | envelope(schema, owner)

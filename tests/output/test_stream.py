"""JSON lines come one by one and always end."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_stream_has_items_and_an_end(start: Any, listing: Any, summary: Any) -> None:
    run = start("ndjson")
    run.show(listing(summary=summary(), complete=False, warnings=["cut"]))
    item, end = lines(run.out)
    alone = start("json")
    alone.show(listing())
    assert item == {"type": "item", **json.loads(alone.out)["items"][0]}
    assert end.pop("summary")["total"] == 43
    assert end == {
        "type": "end",
        "returned": 1,
        "complete": False,
        "warnings": ["cut"],
        "schema": "qsc-bot/conversation-list@1",
        "profile": "prod",
        "account_id": "1417",
    }


class Flushed(io.StringIO):
    """A stream that knows how much of it a reader could have seen."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def flush(self) -> None:
        super().flush()
        self.seen = self.getvalue().count("\n")


def test_each_item_is_out_before_the_next_is_asked_for(start: Any, listing: Any, conversation: Any) -> None:
    stdout = Flushed()
    seen_when_asked: list[int] = []

    def items() -> Iterator[Conversation]:
        for number in range(3):
            seen_when_asked.append(stdout.seen)
            yield conversation(number)

    start("ndjson", stdout=stdout).show(listing(items()))
    assert seen_when_asked == [0, 1, 2]
    assert stdout.seen == 4


def test_a_broken_stream_ends_incomplete_and_raises(start: Any, listing: Any, broken_items: Any) -> None:
    run = start("ndjson")
    with pytest.raises(QscBotError, match="503"):
        run.show(listing(broken_items(2)))
    *_, end = lines(run.out)
    assert (end["type"], end["returned"], end["complete"]) == ("end", 2, False)


@pytest.mark.parametrize("format_name", ["json", "yaml", "csv", "plain", "table", "id"])
def test_a_broken_list_leaves_stdout_empty(start: Any, listing: Any, broken_items: Any, format_name: str) -> None:
    run = start(format_name)
    with pytest.raises(QscBotError, match="503"):
        run.show(listing(broken_items(2)))
    assert run.out == ""


def test_a_stream_that_fails_at_once_is_empty(start: Any, listing: Any, broken_items: Any) -> None:
    run = start("ndjson")
    with pytest.raises(QscBotError, match="503"):
        run.show(listing(broken_items(0)))
    assert run.out == ""


def test_a_streamed_record_is_one_item(start: Any, record: Any) -> None:
    run = start("ndjson")
    run.show(record())
    item, end = lines(run.out)
    assert (item["type"], item["id"], item["holder"]) == ("item", "whatsapp:1", None)
    assert end["returned"] == 1


def test_a_streamed_report_has_results_and_counts(start: Any, report: Any) -> None:
    run = start("ndjson")
    run.show(report())
    *results, end = lines(run.out)
    assert [(result["type"], result["status"]) for result in results] == [
        ("result", "changed"),
        ("result", "unchanged"),
        ("result", "failed"),
    ]
    assert (end["operation"], end["counts"]["changed"], end["returned"]) == ("op_7f3", 1, 3)


def test_a_streamed_dry_run_has_its_requests(start: Any, dry_run: Any) -> None:
    run = start("ndjson")
    run.show(dry_run())
    assert [line["type"] for line in lines(run.out)] == ["result", "request", "end"]

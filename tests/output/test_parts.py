"""A record that is a list of parts: where programs read rows, each part is one."""

import json
from typing import Any

import msgspec
import pytest
import yaml

from qsc_bot.errors import QscBotError
from qsc_bot.results import Record


class Part(msgspec.Struct, frozen=True, kw_only=True):
    scenario: str
    result: str


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    items: list[Part]
    run: str = "r"


@pytest.fixture
def whole() -> Record:
    parts = [Part(scenario="one", result="pass"), Part(scenario="two", result="fail, twice")]
    return Record(schema="certificate", item=Whole(items=parts), fields=("scenario", "result"), parts="items")


def shown(start: Any, whole: Record, format_name: str, **options: Any) -> str:
    run = start(format_name, **options)
    run.show(whole)
    return str(run.out)


def test_csv_has_a_row_for_each_part(start: Any, whole: Record) -> None:
    assert shown(start, whole, "csv").splitlines() == ["scenario,result", "one,pass", 'two,"fail, twice"']


def test_stream_has_a_line_for_each_part_and_the_rest_at_its_end(start: Any, whole: Record) -> None:
    first, second, end = [json.loads(line) for line in shown(start, whole, "ndjson").splitlines()]
    assert first == {"type": "item", "scenario": "one", "result": "pass"}
    assert second["scenario"] == "two"
    assert (end["type"], end["returned"], end["complete"], end["run"]) == ("end", 2, True, "r")
    assert "items" not in end


def test_ids_are_the_names_of_the_parts(start: Any, whole: Record) -> None:
    assert shown(start, whole, "id") == "one\ntwo\n"


@pytest.mark.parametrize(
    ("format_name", "text"),
    [("plain", "pass\nfail, twice\n"), ("csv", 'result\npass\n"fail, twice"\n'), ("table", "pass\nfail, twice\n")],
)
def test_wanted_fields_are_those_of_the_parts(start: Any, whole: Record, format_name: str, text: str) -> None:
    assert shown(start, whole, format_name, fields=("result",)).endswith(text)


@pytest.mark.parametrize("format_name", ["json", "yaml"])
def test_document_stays_whole_around_the_wanted_fields(start: Any, whole: Record, format_name: str) -> None:
    document = yaml.safe_load(shown(start, whole, format_name, fields=("result",)))
    assert document["items"] == [{"result": "pass"}, {"result": "fail, twice"}]
    assert (document["run"], document["schema"]) == ("r", "qsc-bot/certificate@1")


def test_field_of_the_whole_is_refused(start: Any, whole: Record) -> None:
    with pytest.raises(QscBotError, match="the fields are scenario, result"):
        shown(start, whole, "csv", fields=("run",))

"""The same fields in every format, chosen by the user; customers' names hidden."""

import json
from typing import Any

import msgspec
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation
from qsc_bot.results import Listing, Record


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    profile: str = "other"


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    conversation: Conversation


FORMATS = ["json", "ndjson", "yaml", "csv", "plain", "table"]


@pytest.mark.parametrize("format_name", FORMATS)
def test_customers_names_are_hidden_in_every_format(start: Any, listing: Any, record: Any, format_name: str) -> None:
    for result in (listing(), record()):
        run = start(format_name, width=160)
        run.show(result)
        assert "Example" not in run.out + run.err


@pytest.mark.parametrize("format_name", FORMATS)
def test_customers_names_are_shown_on_wish(start: Any, listing: Any, record: Any, format_name: str) -> None:
    for result in (listing(), record()):
        run = start(format_name, width=160, show_names=lambda: True)
        run.show(result)
        assert "Ada Example" in run.out


def test_a_conversation_inside_another_result_hides_its_name(start: Any, conversation: Any) -> None:
    run = start("json")
    item = Explanation(id="whatsapp:1", conversation=conversation())
    run.show(Record(schema="explanation", item=item))
    assert json.loads(run.out)["conversation"]["name"] == "A… E…"


def test_other_names_are_no_secret(start: Any) -> None:
    run = start("json")
    run.show(Listing(schema="webhook-list", items=[Webhook(name="bot-inbound")], columns=(), plain=("name",)))
    assert json.loads(run.out)["items"][0]["name"] == "bot-inbound"


@pytest.mark.parametrize("format_name", [*FORMATS, "id"])
def test_an_unknown_field_is_refused_before_anything_is_written(
    start: Any, listing: Any, record: Any, report: Any, format_name: str
) -> None:
    for result in (listing(), record(), report()):
        run = start(format_name, fields=("id", "holdr"))
        with pytest.raises(QscBotError, match=r"no field holdr; the fields are id, ") as caught:
            run.show(result)
        assert caught.value.code == "usage.invalid"
        assert (run.out, run.err) == ("", "")

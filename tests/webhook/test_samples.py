"""Samples: in shapes that the reader of events knows, nobody's, and changed only where there is something."""

import json
from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Kind
from qsc_bot.webhook.events import read_events
from qsc_bot.webhook.samples import TEXT, TRIGGERED, changed, encoded, sample, via_of

AT = 1_795_000_000.0


def made(kind: Kind, key: str = "437") -> dict[str, Any]:
    return sample(kind, key=key, at=AT, page_id="1029384756")


@pytest.mark.parametrize("kind", TRIGGERED)
def test_sample_is_read_as_what_it_is(kind: Kind) -> None:
    (event,) = read_events(via_of(kind), encoded(made(kind)))
    assert event.kind is kind
    assert event.conversation in ("twitter:0", "facebook:0")
    assert event.happened_at is not None


@pytest.mark.parametrize("kind", TRIGGERED)
def test_other_key_is_another_event(kind: Kind) -> None:
    keys = {read_events(via_of(kind), encoded(made(kind, key)))[0].dedupe_key for key in ("1", "2")}
    assert len(keys) == 2


@pytest.mark.parametrize("kind", [Kind.MENTION, Kind.MESSAGE, Kind.STANDBY])
def test_message_says_that_it_is_a_test(kind: Kind) -> None:
    assert TEXT in encoded(made(kind)).decode()


def test_values_are_changed_by_path() -> None:
    fresh = changed(made(Kind.MENTION), {"message.content": "hé", "author.managed": "true", "topic.id": "7"})
    assert (fresh["message"]["content"], fresh["author"]["managed"], fresh["topic"]["id"]) == ("hé", True, 7)
    thread = changed(made(Kind.MESSAGE), {"entry.0.messaging.0.message.text": "yes"})
    assert thread["entry"][0]["messaging"][0]["message"]["text"] == "yes"
    assert b"h\\u00e9" in encoded(fresh)


def test_what_was_given_stays_as_it_is() -> None:
    document = made(Kind.MENTION)
    before = json.dumps(document)
    changed(document, {"status": "done"})
    assert json.dumps(document) == before


@pytest.mark.parametrize("path", ["nothing", "message.nothing", "entry.5.id", "status.x", "tags.0", "", "message."])
def test_path_that_is_not_there_is_refused(path: str) -> None:
    with pytest.raises(QscBotError) as caught:
        changed(made(Kind.MENTION), {path: "x"})
    assert caught.value.code == "usage.invalid"

"""Events: every shape that is documented, every shape that is feared, each told once."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Event, Kind, Via
from qsc_bot.webhook.events import read_events

MENTION: dict[str, Any] = {
    "id": "437",
    "topic": {"id": 46283},
    "message": {"type": "privatemessage", "content": "hello"},
    "source": {"service": "whatsapp"},
    "author": {"id": 32470000000, "managed": False},
    "date": {"added": 1_700_000_000},
}
SIDES = {"sender": {"id": "5550001"}, "recipient": {"id": "1029384756"}, "timestamp": 1_795_000_000_000}


def qsc(document: Any) -> list[Event]:
    return read_events(Via.SOCIAL_CONNECT, json.dumps(document).encode())


def meta(*events: Any, channel: str = "messaging", **more: Any) -> list[Event]:
    body = {"object": "page", "entry": [{"id": "1029384756", channel: list(events)}]} | more
    return read_events(Via.MESSENGER, json.dumps(body).encode())


def test_mention_tells_whose_it_is() -> None:
    (event,) = qsc(MENTION)
    assert (event.kind, event.dedupe_key, event.conversation) == (Kind.MENTION, "46283_437", "whatsapp:32470000000")
    assert (event.is_private, event.happened_at is not None) == (True, True)


def test_list_of_mentions_is_an_event_each() -> None:
    assert [event.dedupe_key for event in qsc([MENTION, MENTION | {"id": 438}])] == ["46283_437", "46283_438"]


def test_mention_in_a_form_field_is_read() -> None:
    body = urlencode({"mention": json.dumps(MENTION), "other": "x"}).encode()
    assert read_events(Via.SOCIAL_CONNECT, body) == qsc(MENTION)


def test_escaped_and_utf8_bodies_are_the_same_event() -> None:
    told = MENTION | {"author": {"id": "é-1"}}
    bodies = [json.dumps(told, ensure_ascii=is_ascii).encode() for is_ascii in (True, False)]
    assert read_events(Via.SOCIAL_CONNECT, bodies[0]) == read_events(Via.SOCIAL_CONNECT, bodies[1])


@pytest.mark.parametrize("lacking", ["id", "topic"])
def test_mention_without_its_ids_is_known_by_its_content(lacking: str) -> None:
    poor = {key: value for key, value in MENTION.items() if key != lacking}
    first, again, other = qsc(poor)[0], qsc(dict(reversed(poor.items())))[0], qsc(poor | {"status": "new"})[0]
    assert first.dedupe_key == again.dedupe_key != other.dedupe_key


def test_our_own_message_names_no_conversation() -> None:
    assert qsc(MENTION | {"author": {"id": "9", "managed": True}})[0].conversation is None


KINDS: dict[str, tuple[dict[str, Any], str, Kind]] = {
    "message": ({"message": {"mid": "m_1", "text": "x"}}, "messaging", Kind.MESSAGE),
    "postback": ({"postback": {"payload": "x"}}, "messaging", Kind.MESSAGE),
    "standby": ({"message": {"mid": "m_1"}}, "standby", Kind.STANDBY),
    "postback on standby, without its payload": ({"postback": {}}, "standby", Kind.STANDBY),
    "pass": ({"pass_thread_control": {"new_owner_app_id": 222}}, "messaging", Kind.PASSED),
    "take": ({"take_thread_control": {"previous_owner_app_id": None}}, "messaging", Kind.TAKEN),
    "take, in a list of its own": ({"take_thread_control": {}}, "messaging_handovers", Kind.TAKEN),
    "unheard of, among handovers": ({"something": 1}, "messaging_handovers", Kind.OTHER),
    "request": ({"request_thread_control": {"requested_owner_app_id": "222"}}, "messaging", Kind.REQUESTED),
    "receipt": ({"read": {"watermark": 1}}, "messaging", Kind.RECEIPT),
    "receipt on standby": ({"delivery": {"mids": []}}, "standby", Kind.RECEIPT),
    "unheard of": ({"something": 1}, "messaging", Kind.OTHER),
}


@pytest.mark.parametrize(("fields", "channel", "kind"), KINDS.values(), ids=KINDS)
def test_messenger_events_by_kind(fields: dict[str, Any], channel: str, kind: Kind) -> None:
    (event,) = meta(SIDES | fields, channel=channel)
    assert (event.kind, event.conversation) == (kind, "facebook:5550001")
    assert event.happened_at is not None


def test_roles_have_no_sender() -> None:
    (event,) = meta({"recipient": {"id": "1029384756"}, "timestamp": 1, "app_roles": {"111": ["primary_receiver"]}})
    assert (event.kind, event.conversation) == (Kind.ROLES, None)


def test_echo_belongs_to_who_it_was_sent_to() -> None:
    echo = {"sender": {"id": "1029384756"}, "recipient": {"id": "5550001"}, "message": {"mid": "m_2", "is_echo": True}}
    assert meta(echo)[0].conversation == "facebook:5550001"


def test_instagram_is_a_service_of_its_own() -> None:
    assert meta(SIDES | {"message": {"mid": "m"}}, object="instagram")[0].conversation == "instagram:5550001"


def test_message_is_known_by_its_id_and_others_by_their_fields() -> None:
    message = SIDES | {"message": {"mid": "m_1", "text": "x"}}
    assert meta(message)[0].dedupe_key == "m_1"
    passed = SIDES | {"pass_thread_control": {"new_owner_app_id": "222"}}
    later = passed | {"timestamp": 1_795_000_000_001}
    keys = [event.dedupe_key for event in meta(passed, passed, later)]
    assert keys[0] == keys[1] != keys[2]


UNREADABLE: dict[str, tuple[Via, bytes]] = {
    "nothing": (Via.SOCIAL_CONNECT, b""),
    "text": (Via.SOCIAL_CONNECT, b"hello"),
    "no UTF-8": (Via.SOCIAL_CONNECT, b"\xff\xfe"),
    "a number": (Via.SOCIAL_CONNECT, b"7"),
    "an empty list": (Via.SOCIAL_CONNECT, b"[]"),
    "a list of words": (Via.SOCIAL_CONNECT, b'["x"]'),
    "a form without the field": (Via.SOCIAL_CONNECT, b"a=b"),
    "nested beyond measure": (Via.SOCIAL_CONNECT, b"[" * 100_000),
    "Messenger as a list": (Via.MESSENGER, b"[]"),
    "Messenger as text": (Via.MESSENGER, b"hello"),
}


@pytest.mark.parametrize(("via", "body"), UNREADABLE.values(), ids=UNREADABLE)
def test_body_without_an_event_is_refused(via: Via, body: bytes) -> None:
    with pytest.raises(QscBotError) as caught:
        read_events(via, body)
    assert caught.value.code == "webhook.body"


UNKNOWN: dict[str, bytes] = {
    "nothing": b"{}",
    "no entries": b'{"entry":[]}',
    "entries that are none": b'{"entry":7}',
    "no event": b'{"entry":[{"id":"1"}]}',
    "odd entries": b'{"entry":[7,{"messaging":[7]},{"messaging":{}}]}',
    "changes": b'{"object":"page","entry":[{"id":"1","changes":[{"field":"feed","value":{}}]}]}',
}


@pytest.mark.parametrize("body", UNKNOWN.values(), ids=UNKNOWN)
def test_messenger_body_without_a_known_event_is_one_that_is_not_known(body: bytes) -> None:
    (event,) = read_events(Via.MESSENGER, body)
    (other,) = read_events(Via.MESSENGER, body + b" ")
    assert (event.kind, event.conversation, event.happened_at) == (Kind.OTHER, None, None)
    assert event.dedupe_key != other.dedupe_key


def test_odd_element_beside_mentions_is_an_event_that_is_not_known() -> None:
    mention, odd = qsc([MENTION, "x"])
    assert (mention, odd.kind, odd.conversation) == (qsc(MENTION)[0], Kind.OTHER, None)


ODD_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    "date": ({"date": {"added": "2026-01-01"}}, "happened_at"),
    "date as text": ({"date": "2026-01-01"}, "happened_at"),
    "type of the message": ({"message": {"type": 7}}, "is_private"),
    "message": ({"message": "hello"}, "is_private"),
    "author": ({"author": "me"}, "conversation"),
    "author's id": ({"author": {"id": {"a": 1}}}, "conversation"),
    "service": ({"source": {"service": ["whatsapp"]}}, "conversation"),
    "service that holds a colon": ({"source": {"service": "a:b"}}, "conversation"),
    "status": ({"status": 7, "permalink": [], "assignees": {"id": 1}}, ""),
    "author's name": ({"author": MENTION["author"] | {"name": 7, "managed": "no"}}, ""),
}


@pytest.mark.parametrize(("fields", "lost"), ODD_FIELDS.values(), ids=ODD_FIELDS)
def test_odd_field_of_a_mention_costs_itself_alone(fields: dict[str, Any], lost: str) -> None:
    (event,) = qsc(MENTION | fields)
    (whole,) = qsc(MENTION)
    assert event == (replace(whole, **{lost: None}) if lost else whole)


def test_number_that_no_machine_counts_to_is_read() -> None:
    body = json.dumps(MENTION).replace("32470000000", "9" * 5000).replace("1700000000", "9" * 5000)
    (event,) = read_events(Via.SOCIAL_CONNECT, body.encode())
    assert (event.dedupe_key, event.conversation, event.happened_at) == ("46283_437", None, None)


LONG, HALF = "x" * 900_000, "\ud800"
FAR: dict[str, Callable[[str], list[Event]]] = {
    "mention": lambda text: qsc(MENTION | {"id": text}),
    "topic": lambda text: qsc(MENTION | {"topic": {"id": text}}),
    "author": lambda text: qsc(MENTION | {"author": {"id": text}}),
    "service": lambda text: qsc(MENTION | {"source": {"service": text}}),
    "content": lambda text: qsc({"message": {"content": text}}),
    "mid": lambda text: meta(SIDES | {"message": {"mid": text}}),
    "sender": lambda text: meta(SIDES | {"sender": {"id": text}, "read": {}}),
    "control": lambda text: meta(SIDES | {"pass_thread_control": {"metadata": text}}),
}


@pytest.mark.parametrize("text", [LONG, HALF], ids=["long", "half a character"])
@pytest.mark.parametrize("told", FAR.values(), ids=FAR)
def test_what_is_told_of_an_event_is_short_and_can_be_written(told: Callable[[str], list[Event]], text: str) -> None:
    (event,), (again,), (other,) = told(text), told(text), told(text + "x")
    assert len(msgspec.json.encode(event)) < 500
    assert event.dedupe_key == again.dedupe_key
    assert (event.dedupe_key, event.conversation) == (other.dedupe_key, None) or event.dedupe_key != other.dedupe_key


@pytest.mark.parametrize("depth", range(900, 1000, 3))
def test_body_that_can_just_be_read_is_an_event(depth: int) -> None:
    deep = b"[" * depth + b"]" * depth
    bodies = {
        Via.SOCIAL_CONNECT: b'{"x":%s}' % deep,
        Via.MESSENGER: b'{"entry":[{"messaging":[{"x":%s}]}]}' % deep,
    }
    told = []
    for via, body in bodies.items():
        try:
            told += [bool(event.dedupe_key) for event in read_events(via, body)]
        except QscBotError as refused:
            told += [refused.message == "the body is no JSON"]
    assert told == [True, True]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "topic", "author", "source", "message", "entry", "messaging", "standby", "sender", "date", "mid"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(via=st.sampled_from(Via), document=JSON)
def test_whatever_json_comes_it_is_read_or_refused(via: Via, document: Any) -> None:
    codes, events = [], []
    try:
        events = read_events(via, json.dumps(document).encode())
    except QscBotError as refused:
        codes = [refused.code]
    assert bool(events) is not bool(codes)
    assert set(codes) <= {"webhook.body"}
    assert all(event.dedupe_key for event in events)


def thread(event: Any) -> Any:
    return {"object": "page", "entry": [{"id": "1029384756", "messaging": [event]}]}


ODD = {
    "half a character": "\ud83d",
    "too large for a float": 10**400,
    "infinite": float("inf"),
    "no number": float("nan"),
    "nested deeply": json.loads('{"a":' * 900 + "1" + "}" * 900),
    "a list": [1],
}
PLACES: dict[str, tuple[Via, Any]] = {
    "author": (Via.SOCIAL_CONNECT, lambda odd: MENTION | {"author": odd}),
    "author's id": (Via.SOCIAL_CONNECT, lambda odd: MENTION | {"author": {"id": odd}}),
    "added": (Via.SOCIAL_CONNECT, lambda odd: MENTION | {"date": {"added": odd}}),
    "topic": (Via.SOCIAL_CONNECT, lambda odd: MENTION | {"topic": {"id": odd}}),
    "timestamp": (Via.MESSENGER, lambda odd: thread(SIDES | {"timestamp": odd})),
    "sender": (Via.MESSENGER, lambda odd: thread(SIDES | {"sender": {"id": odd}})),
    "message": (Via.MESSENGER, lambda odd: thread(SIDES | {"message": odd})),
    "something": (Via.MESSENGER, lambda odd: thread(SIDES | {"x": odd})),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
@pytest.mark.parametrize(("via", "place"), PLACES.values(), ids=PLACES)
def test_odd_value_in_any_place_is_read_or_refused(via: Via, place: Any, odd: Any) -> None:
    codes, events = [], []
    try:
        events = read_events(via, json.dumps(place(odd)).encode())
    except QscBotError as refused:
        codes = [refused.code]
    assert codes == ["webhook.body"] or [bool(event.dedupe_key) for event in events] == [True]

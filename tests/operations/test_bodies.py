"""Bodies as the raw way in shows them: no token in any place or form, and customers' words untouched."""

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.operations.bodies import scrub

KNOWN = "s3nt1nel/T0KEN+value_9"
OTHER = "EAABother0token111"
NEXT = f"https://graph.facebook.com/v25.0/1/conversations?access_token={OTHER}&limit=25&after=abc"
HOSTILE: dict[str, tuple[Any, Any]] = {
    "known": (f"x {KNOWN} y", "x *** y"),
    "known, percent-encoded": (f"/p?a={quote(KNOWN, safe='')}&b=1", "/p?a=***&b=1"),
    "known, escaped": (r"s3nt1nel\/T0KEN+value_9", "***"),
    "known, in base64": (base64.b64encode(KNOWN.encode()).decode(), "***"),
    "known, in capital letters": (KNOWN.upper(), "***"),
    "known, as a key": ({KNOWN: 1}, {"***": 1}),
    "known, as a number": (1234567890123, "***"),
    "deep": ([{"a": [{"b": KNOWN}]}], [{"a": [{"b": "***"}]}]),
    "key": ({"access_token": OTHER}, {"access_token": "***"}),
    "key in capital letters": ({"Client_Secret": OTHER}, {"Client_Secret": "***"}),
    "key of a page": ({"page_access_token": OTHER}, {"page_access_token": "***"}),
    "key with a point": ({"hub.verify_token": OTHER}, {"hub.verify_token": "***"}),
    "key of the app": ({"app_secret": OTHER}, {"app_secret": "***"}),
    "key of a header": ({"authorization": f"Bearer {OTHER}"}, {"authorization": "***"}),
    "key with a list": ({"access_token": [OTHER]}, {"access_token": "***"}),
    "next page": ({"next": NEXT}, {"next": NEXT.replace(OTHER, "***")}),
    "address in a text": (f"see {NEXT}", f"see {NEXT.replace(OTHER, '***')}"),
    "address in an address": (
        f"/p?u={quote(NEXT, safe='')}&c=1",
        f"/p?u={quote(NEXT, safe='')}&c=1".replace(OTHER, "***"),
    ),
    "app token": ("?access_token=111|s3cret&a=1", "?access_token=***&a=1"),
    "app token, encoded": ("?access_token=111%7Cs3cret&a=1", "?access_token=***&a=1"),
    "proof": ("?appsecret_proof=0a1b2c", "?appsecret_proof=***"),
    "fragment": (f"https://x.example/#access_token={OTHER}", "https://x.example/#access_token=***"),
    "form": (f"access_token={OTHER}&expires=5", "access_token=***&expires=5"),
    "link in brackets": (f"(https://x.example/?input_token={OTHER})", "(https://x.example/?input_token=***)"),
    "JSON": (json.dumps({"access_token": OTHER, "a": 1}), json.dumps({"access_token": "***", "a": 1})),
    "JSON without spaces": (f'{{"access_token":"{OTHER}","a":1}}', '{"access_token":"***","a":1}'),
    "JSON with a quote in the value": (r'{"client_secret":"a\"b\\","c":"d"}', '{"client_secret":"***","c":"d"}'),
    "JSON with a number": ('{"verify_token": 12345, "a": 1}', '{"verify_token": ***, "a": 1}'),
    "JSON cut off": (f'{{"access_token":"{OTHER}', '{"access_token":"***'),
    "JSON within JSON": (
        json.dumps(json.dumps({"refresh_token": OTHER, "a": "b"})),
        json.dumps(json.dumps({"refresh_token": "***", "a": "b"})),
    ),
    "JSON of an address": (
        json.dumps({"next": NEXT}).replace("/", "\\/"),
        json.dumps({"next": NEXT.replace(OTHER, "***")}).replace("/", "\\/"),
    ),
    "JSON of an address, ampersand escaped": (
        rf'{{"next":"https:\/\/x.example\/?access_token={OTHER}\u0026limit=5"}}',
        r'{"next":"https:\/\/x.example\/?access_token=***\u0026limit=5"}',
    ),
    "Python": (f"{{'access_token': '{OTHER}'}}", "{'access_token': '***'}"),
}

HARMLESS: dict[str, Any] = {
    "colour": "token=blue",
    "secret": "my secret: I love tea",
    "password": "my password: I forgot it, password=hunter2",
    "authorization": "Authorization: from my manager",
    "cookie": "Cookie: the one with chocolate",
    "mail": "write to https://ada@example.com",
    "word": "what is an access_token? my access_token: does not work",
    "quoted word": 'the field "access_token" is empty, "really"',
    "cursor": {"next_url": "https://api.engagor.com/1/inbox?page_token=abc&limit=5", "page_token": "abc"},
    "filter token": {"token": "private", "secret_santa": "yes"},
    "escapes": 'a \\" b \\u00fc \\/ %20 & = :',
    "kinds": [None, True, 1.5, 12, ""],
    "start of a secret": "s3nt1nel/T0KEN",
}


@pytest.mark.parametrize(("body", "shown"), HOSTILE.values(), ids=HOSTILE)
def test_no_token_of_a_body_is_shown(body: Any, shown: Any) -> None:
    assert scrub(body, [KNOWN, "1234567890123"]) == shown


@pytest.mark.parametrize("body", HARMLESS.values(), ids=HARMLESS)
def test_nothing_else_of_a_body_is_changed(body: Any) -> None:
    assert scrub(body, [KNOWN]) == body
    assert scrub({"data": [{"message": body}]}, [KNOWN]) == {"data": [{"message": body}]}


@given(value=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1), depth=st.integers(0, 2))
def test_member_of_any_value_leaves_valid_json(value: str, depth: int) -> None:
    inner: Any = {"access_token": value, "after": "kept"}
    for _ in range(depth + 1):
        inner = json.dumps(inner)
    shown = scrub(inner, [])
    for _ in range(depth + 1):
        shown = json.loads(shown)
    assert shown == {"access_token": "***", "after": "kept"}

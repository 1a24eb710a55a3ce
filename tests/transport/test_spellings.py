"""A known secret is taken out however it is written, and nothing else is."""

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.transport.redact import redact
from qsc_bot.transport.spellings import MASK, hide

Encode = Callable[[str], str]
SECRET = 's3nt/"Zürich" & 100%+\\é=~😀?'
PLAIN = "EAABs3nt1nelToken0123456789"
SECRETS = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="*"), min_size=6)  # `*` is the mask's
TEXTS = st.text(max_size=20)


def lower_hex(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def escape_all(secret: str) -> str:
    return "".join(one if one.isascii() and one.isalnum() else json.dumps(f"{one}\x00")[1:-7] for one in secret)


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FORMS: dict[str, Encode] = {
    "as it is": str,
    "path": quote,
    "path, lower hex": lambda secret: lower_hex(quote(secret)),
    "parameter": lambda secret: quote(secret, safe=""),
    "parameter, lower hex": lambda secret: lower_hex(quote(secret, safe="")),
    "form": quote_plus,
    "form, lower hex": lambda secret: lower_hex(quote_plus(secret)),
    "parameter of a browser": lambda secret: quote(secret, safe="!'()~"),
    "parameter of httpx": lambda secret: str(httpx.QueryParams({"a": secret}))[2:],
    "parameter within a parameter": lambda secret: quote(quote(secret, safe=""), safe=""),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON in UTF-8": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "JSON with slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "JSON within JSON": lambda secret: json.dumps(json.dumps(secret))[3:-3],
    "JSON, everything special escaped": escape_all,
    "address in JSON with slashes escaped": lambda secret: quote(secret).replace("/", "\\/"),
    "HTML": html.escape,
    "base64": basic,
    "base64 without its end": lambda secret: basic(secret).rstrip("="),
    "base64 for addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64 in JSON": lambda secret: basic(secret).replace("/", "\\/"),
    "base64 as a parameter": lambda secret: quote(basic(secret), safe=""),
    "user of one letter": lambda secret: basic(f"a:{secret}"),
    "user of two letters": lambda secret: basic(f"ab:{secret}"),
    "user of three letters": lambda secret: basic(f"abc:{secret}"),
    "as the user": lambda secret: basic(f"{secret}:"),
    "as the user, with a password": lambda secret: basic(f"{secret}:x"),
}


@pytest.mark.parametrize("encode", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("secret", [SECRET, PLAIN, "pässwörd", "a b\\\\c d", '\\"\\"\\"'], ids=ascii)
def test_each_form_of_a_secret_is_masked(encode: Encode, secret: str) -> None:
    form = encode(secret)
    shown = hide(f"before {form} after", [secret])
    assert form not in shown
    assert MASK in shown
    assert (shown[:7], shown[-6:]) == ("before ", " after")


@given(secret=SECRETS, name=st.sampled_from(sorted(FORMS)), before=TEXTS, after=TEXTS)
def test_no_form_of_any_secret_stays(secret: str, name: str, before: str, after: str) -> None:
    form = FORMS[name](secret)
    assert form not in redact(before + form + after, [secret])


@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase])
def test_change_of_case_hides_nothing(change: Encode) -> None:
    assert hide(f"the token {change(PLAIN)} is unknown", [PLAIN]) == "the token *** is unknown"


def test_what_is_masked_of_base64_is_what_holds_the_secret() -> None:
    assert hide(f"Basic {basic(f'me:{PLAIN}')}!", [PLAIN]) == "Basic bWU6***!"
    assert hide(f"Basic {basic(f'you:{PLAIN}')}!", [PLAIN]) == "Basic eW91O***!"


@pytest.mark.parametrize("secret", ["", "a", "to", "bot"])
def test_secret_of_less_than_four_characters_turns_no_text_into_stars(secret: str) -> None:
    assert hide("the bot took a message to the agent", [secret]) == "the bot took a message to the agent"


def test_shortest_secret_that_is_looked_for_has_four_characters() -> None:
    assert hide("1a2b and 1a2", ["1a2b"]) == "*** and 1a2"


@pytest.mark.parametrize("order", [1, -1], ids=["short first", "long first"])
def test_secret_within_a_secret_leaves_no_rest_in_any_form(order: int) -> None:
    secrets = ["app/1", "app/1?secret"][::order]
    assert hide(f"key {quote('app/1?secret', safe='')} and app%2f1", secrets) == "key *** and ***"


def test_secrets_that_no_encoding_can_carry_are_masked_too() -> None:
    secret = "s3nt\udcffnel\ud800"
    assert hide(f"x{secret}y", [secret]) == "x***y"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GET api.engagor.com/1417/inbox/mentions?sort=dateadd%3Adesc -> 200 in 12 ms",
        "RUFBQnM0",
        '{"a": "\\u00fc\\/\\""}',
        "EAAB and 0123456789",
        "%45%41%41%42",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert hide(text, [SECRET, PLAIN]) == text


def test_long_text_of_backslashes_is_read_in_one_go() -> None:
    secret = "s3nt\\\\\\\\nel"
    text = f"nel {chr(92) * 200_000} s3nt"
    assert hide(text, [secret]) == text

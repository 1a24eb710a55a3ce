"""The marker in a webhook's address."""

from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.registry import Content
from qsc_bot.setup.access_log import read_log
from qsc_bot.setup.marker import revision_of, with_marker, without_marker
from qsc_bot.setup.states import revision_in

REVISION = "0123456789ab"
NAMES = st.from_regex(r"[a-z0-9-]{1,60}", fullmatch=True)
REVISIONS = st.from_regex(r"[0-9a-f]{12}", fullmatch=True)
QUERIES = st.text(
    st.characters(codec="ascii", categories=["L", "N"], include_characters="=&%+-._~{}?/,;:"), max_size=60
)
URLS = st.builds(
    lambda host, path, query: f"https://{host}.example.com/{path}" + (f"?{query}" if query else ""),
    st.from_regex(r"[a-z]{1,9}", fullmatch=True),
    st.from_regex(r"[a-z/{}]{0,20}", fullmatch=True),
    QUERIES,
)


@pytest.mark.parametrize(
    ("url", "marked"),
    [
        pytest.param("https://b.example.com", "https://b.example.com?{}", id="no path"),
        pytest.param("https://b.example.com/in", "https://b.example.com/in?{}", id="no query"),
        pytest.param("https://b.example.com/in?", "https://b.example.com/in?{}", id="empty query"),
        pytest.param("https://b.example.com/in?b=2&a=1", "https://b.example.com/in?b=2&a=1&{}", id="order kept"),
        pytest.param("https://b.example.com/in?a&a=%20", "https://b.example.com/in?a&a=%20&{}", id="spelling kept"),
        pytest.param(
            "https://b.example.com/in?a=1&qsc_rev=x&qsc_recipe=y&b=2",
            "https://b.example.com/in?a=1&b=2&{}",
            id="replaced",
        ),
        pytest.param("https://b.example.com/{secret}", "https://b.example.com/{secret}?{}", id="placeholder kept"),
    ],
)
def test_marker_stands_at_the_end_of_the_query(url: str, marked: str) -> None:
    marker = f"qsc_recipe=to-bot&qsc_rev={REVISION}"
    assert with_marker(url, name="to-bot", revision=REVISION) == marked.replace("?{}", f"?{marker}").replace(
        "&{}", f"&{marker}"
    )


@given(url=URLS, name=NAMES, revision=REVISIONS)
def test_marker_is_read_back_and_taken_out_whatever_the_query(url: str, name: str, revision: str) -> None:
    clean = without_marker(url)
    marked = with_marker(url, name=name, revision=revision)
    assert without_marker(marked) == clean
    assert with_marker(marked, name=name, revision=revision) == marked
    assert parse_qsl(urlsplit(marked).query, keep_blank_values=True)[-2:] == [
        ("qsc_recipe", name),
        ("qsc_rev", revision),
    ]
    assert revision in read_log([f'"POST {marked} HTTP/1.1" 200\n'.encode()], name)


def test_revision_is_the_same_switched_on_or_off_and_in_any_order() -> None:
    one = {"name": "r", "filter": "private-messages", "enabled": True}
    other = {"enabled": False, "filter": "private-messages", "name": "r"}
    assert revision_of(one) == revision_of(other)
    assert revision_of(one) != revision_of(one | {"filter": "saved:x"})


def test_recipe_without_an_own_filter_keeps_the_revision_it_always_had() -> None:
    content = Content(webhook="bot", url="https://b.example.com/in", topic_ids=["46283"], filter="private-messages")
    assert revision_in("to-bot", content) == "1a5aec269742"
    other = msgspec.structs.replace(content, private_message_filter="type:private")
    assert revision_in("to-bot", other) != revision_in("to-bot", content)

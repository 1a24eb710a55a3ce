"""Lists: every page once, on the configured origin only."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.api.social_connect import SocialConnect
from qsc_bot.errors import ApiError
from tests.api.wire import API, Answer, Wire, body, envelope, social_connect

LIST = "/1417/list"


def page(items: list[Any], next_url: object = None) -> Answer:
    return envelope({"count": 99, "data": items, "paging": {"next_url": next_url}})


def read(remote: SocialConnect) -> list[int]:
    return [one for items in remote.pages(LIST, int, params={"limit": "2"}) for one in items]


@given(sizes=st.lists(st.integers(0, 4), min_size=1, max_size=8))
def test_pages_of_any_size_give_each_item_once(sizes: list[int]) -> None:
    items = iter(range(sum(sizes)))
    pages = [[next(items) for _ in range(size)] for size in sizes]
    links = [f"{API}{LIST}?limit=2&page_token={number}" for number in range(1, len(pages))]
    wire = Wire().on(f"GET {LIST}", *map(page, pages, [*links, None]))
    assert read(social_connect(wire)) == list(range(sum(sizes)))
    assert len(wire.requests) == len(sizes)


def test_page_token_is_sent_back_as_it_came() -> None:
    wire = Wire().on(f"GET {LIST}", page([1], f"{API}{LIST}?limit=2&page_token=a%2Bb%2F%3D%26c%20d"), page([2]))
    assert read(social_connect(wire)) == [1, 2]
    first, second = wire.requests
    assert dict(first.url.params) == {"limit": "2"}
    assert dict(second.url.params) == {"limit": "2", "page_token": "a+b/=&c d"}


def test_token_in_a_next_page_is_taken_out() -> None:
    wire = Wire().on(f"GET {LIST}", page([1], f"{API}{LIST}?access_token=SECRET&page_token=2"), page([2]))
    assert read(social_connect(wire)) == [1, 2]
    assert dict(wire.requests[1].url.params) == {"page_token": "2"}


@pytest.mark.parametrize(
    "link",
    [f"{LIST}?page_token=2", "?page_token=2", f"//api.engagor.com{LIST}?page_token=2", f"{API}:443{LIST}?page_token=2"],
    ids=["path", "query", "no scheme", "port spelled out"],
)
def test_relative_next_page_is_followed(link: str) -> None:
    target = "/" if link.startswith("?") else LIST
    wire = Wire().on(f"GET {LIST}", page([1], link), page([2]))
    if target != LIST:
        wire.on(f"GET {target}", page([2]))
    assert read(social_connect(wire)) == [1, 2]
    assert {request.url.host for request in wire.requests} == {"api.engagor.com"}


FOREIGN = {
    "another host": "https://evil.example/1417/list?page_token=2",
    "host as a part": "https://api.engagor.com.evil.example/1417/list",
    "plain http": "http://api.engagor.com/1417/list",
    "another port": "https://api.engagor.com:8443/1417/list",
    "the other region": "https://api-us.engagor.com/1417/list",
    "user and password": "https://user:pass@api.engagor.com/1417/list",
    "user only": "https://user@api.engagor.com/1417/list",
    "host as user": "https://api.engagor.com@evil.example/1417/list",
    "backslash": "https://evil.example\\@api.engagor.com/1417/list",
    "no scheme": "//evil.example/1417/list",
    "file": "file:///etc/passwd",
    "script": "javascript:alert(1)",
    "bad port": "https://api.engagor.com:99999/1417/list",
    "bad host": "https://[api.engagor.com/1417/list",
    "control character": "https://api.engagor.com/\x00",
}


@pytest.mark.parametrize("link", FOREIGN.values(), ids=FOREIGN)
def test_next_page_elsewhere_is_not_followed(link: str) -> None:
    wire = Wire().on(f"GET {LIST}", page([1], link))
    with pytest.raises(ApiError) as caught:
        read(social_connect(wire))
    assert caught.value.code == "api.page_foreign"
    assert len(wire.requests) == 1


def test_repeated_next_page_ends_with_an_error_and_no_short_success() -> None:
    link = f"{API}{LIST}?page_token=2"
    wire = Wire().on(f"GET {LIST}", page([1], link), page([2], link))
    with pytest.raises(ApiError) as caught:
        read(social_connect(wire))
    assert caught.value.code == "api.page_repeated"
    assert len(wire.requests) == 2


def test_next_page_that_is_the_first_is_a_repetition() -> None:
    wire = Wire().on(f"GET {LIST}", page([1], f"{API}{LIST}?limit=2"))
    with pytest.raises(ApiError) as caught:
        read(social_connect(wire))
    assert caught.value.code == "api.page_repeated"
    assert len(wire.requests) == 1


def test_pages_that_go_in_a_circle_end() -> None:
    links = [f"{API}{LIST}?page_token={number}" for number in (1, 2, 3, 1)]
    wire = Wire().on(f"GET {LIST}", *(page([1], link) for link in links))
    with pytest.raises(ApiError, match="already read"):
        read(social_connect(wire))
    assert len(wire.requests) == 4


@pytest.mark.parametrize(
    "paging",
    [{}, {"next_url": None}, {"next_url": ""}, [], "x", None],
    ids=["empty", "null", "blank", "list", "text", "none"],
)
def test_list_ends_where_no_next_page_is_named(paging: object) -> None:
    wire = Wire().on(f"GET {LIST}", envelope({"count": 1, "data": [1], "paging": paging}))
    assert read(social_connect(wire)) == [1]


def test_list_without_paging_is_whole() -> None:
    assert read(social_connect(Wire().on(f"GET {LIST}", envelope({"data": [1]})))) == [1]


@pytest.mark.parametrize(
    ("response", "path"),
    [
        ({"data": {}}, r"\$\.response\.data"),
        ({}, r"\$\.response\.data"),
        ([], r"\$\.response\.data"),
        ({"data": [], "paging": {"next_url": 7}}, r"\$\.response\.paging\.next_url"),
        ({"data": ["x"]}, "Expected `int`, got `str`"),
    ],
    ids=["object", "missing", "bare list", "next is a number", "item"],
)
def test_list_of_the_wrong_shape_names_the_path(response: object, path: str) -> None:
    wire = Wire().on(f"GET {LIST}", envelope(response))
    with pytest.raises(ApiError, match=path) as caught:
        read(social_connect(wire))
    assert caught.value.code == "api.wrong_shape"


def test_failing_later_page_is_an_error() -> None:
    broken = body({"code": 500, "error": "internal_server_error"}, status=500)
    wire = Wire().on(f"GET {LIST}", page([1], f"{API}{LIST}?page_token=2"), broken)
    seen: list[list[int]] = []
    with pytest.raises(ApiError, match="internal_server_error"):
        seen.extend(social_connect(wire).pages(LIST, int, params={}))
    assert seen == [[1]]


def test_nothing_is_read_ahead() -> None:
    wire = Wire().on(f"GET {LIST}", page([1], f"{API}{LIST}?page_token=2"))
    assert next(social_connect(wire).pages(LIST, int, params={})) == [1]
    assert len(wire.requests) == 1

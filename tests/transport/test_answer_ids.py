"""The ids of answers: by thread, and those of the last answer alone."""

import threading

import httpx
import pytest

from qsc_bot.errors import WriteInDoubt
from qsc_bot.transport.answer_ids import answer_ids
from tests.api.wire import API, Wire, breaks, raw, remote


def test_ids_of_the_last_answer_are_kept() -> None:
    headers = {"x-fb-request-id": "r1", "x-fb-trace-id": "t1", "x-other": "o"}
    remote(Wire().on("POST /x", raw(b"{}", headers=headers)), API).send("POST", "/x")
    assert answer_ids() == {"request_id": "r1", "fbtrace_id": "t1"}


def test_lost_answer_has_none() -> None:
    way = remote(
        Wire().on("POST /x", raw(b"{}", headers={"x-request-id": "r1"})).on("POST /y", breaks(httpx.ReadTimeout)), API
    )
    way.send("POST", "/x")
    with pytest.raises(WriteInDoubt):
        way.send("POST", "/y")
    assert answer_ids() == {}


def test_threads_do_not_see_one_anothers() -> None:
    remote(Wire().on("POST /x", raw(b"{}", headers={"x-request-id": "r1"})), API).send("POST", "/x")
    seen: list[dict[str, str]] = []
    other = threading.Thread(target=lambda: seen.append(answer_ids()))
    other.start()
    other.join()
    assert seen == [{}]

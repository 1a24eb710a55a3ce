"""What a listener refuses, and how it says so."""

import json
from pathlib import Path

import pytest

from qsc_bot.webhook.receiver import LARGEST_BODY_BYTES, PATHS
from qsc_bot.webhook.signature import sign
from tests.webhook.receiving import MENTION, META, QSC, THREAD, listener

REFUSED: dict[str, tuple[str, bytes, dict[str, str], int, str]] = {
    "no signature": ("/social-connect", MENTION, {}, 403, "missing"),
    "another secret": ("/social-connect", MENTION, {"x-signature": sign(QSC, MENTION, "x")}, 403, "wrong-signature"),
    "written again": (
        "/social-connect",
        json.dumps(json.loads(MENTION), ensure_ascii=False).encode(),
        {"x-signature": sign(QSC, MENTION, "client")},
        403,
        "re-encoded-body",
    ),
    "no digest": ("/messenger", THREAD, {"x-hub-signature-256": "sha256=x"}, 403, "malformed"),
    "another kind's signature": ("/messenger", THREAD, {"x-signature": sign(QSC, THREAD, "client")}, 403, "missing"),
    "no JSON": ("/social-connect", b"hello", {"x-signature": sign(QSC, b"hello", "client")}, 400, "body"),
    "another path": ("/other", MENTION, {}, 404, "path"),
    "beside the path": ("/social-connect/../messenger", MENTION, {}, 404, "path"),
    "too large": ("/social-connect", b" " * (LARGEST_BODY_BYTES + 1), {}, 413, "size"),
}


@pytest.mark.parametrize(("path", "body", "headers", "status", "reason"), REFUSED.values(), ids=REFUSED)
def test_refusals_keep_nothing(
    tmp_path: Path, path: str, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    made = listener(tmp_path)
    assert made.post(path, body, headers=headers).status_code == status
    assert [(one.status, one.reason) for one in made.refused] == [(status, reason)]
    assert (list(made.store.find()), made.told) == ([], [])


def test_flood_of_wrong_signatures_is_not_looked_into(tmp_path: Path) -> None:
    made = listener(tmp_path)
    client, header = made.client, {"x-signature": sign(QSC, MENTION, "client")}
    again = json.dumps(json.loads(MENTION), ensure_ascii=False).encode()
    for at in (0.0, 0.1, 0.2, 5.0):
        made.at = at
        assert client.post("/social-connect", data=again, headers=header).status_code == 403
    looked_into, not_looked_into = "re-encoded-body", "wrong-signature"
    assert [one.reason for one in made.refused] == [looked_into, not_looked_into, not_looked_into, looked_into]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(tmp_path: Path, method: str) -> None:
    made = listener(tmp_path)
    assert made.client.open("/social-connect", method=method).status_code == 405


def test_missing_secret_refuses_rather_than_accepts(tmp_path: Path) -> None:
    made = listener(tmp_path, signing={META: "app"})
    assert made.signed(QSC, MENTION).status_code == 403
    assert made.signed(META, THREAD).status_code == 200


def test_another_secret_in_the_address_is_refused(tmp_path: Path) -> None:
    made = listener(tmp_path, url_secret="hush")
    assert made.post("/social-connect?key=husk", MENTION).status_code == 403


def test_wrong_signature_is_refused_whatever_the_address_says(tmp_path: Path) -> None:
    made = listener(tmp_path, url_secret="hush")
    headers = {"x-signature": sign(QSC, MENTION, "other")}
    assert made.post("/social-connect/hush", MENTION, headers=headers).status_code == 403


def test_answers_say_that_they_are_plain_text(tmp_path: Path) -> None:
    made = listener(tmp_path, verify_token="v")
    query = {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "<script>"}
    answer = made.client.get("/messenger", query_string=query)
    assert (answer.data, answer.mimetype) == (b"<script>", "text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


ALLOWED = {"/social-connect": "POST", "/messenger": "GET, POST"}


@pytest.mark.parametrize(("path", "methods"), ALLOWED.items(), ids=ALLOWED)
def test_another_method_is_told_which_are_allowed(tmp_path: Path, path: str, methods: str) -> None:
    answer = listener(tmp_path).client.put(path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, methods)


UNSERVED = {
    "/elsewhere": "/…",
    "/social-connect/s3cret": "/social-connect/…",
    "/s3cret/messenger/": "/…/messenger/",
    "/hooks/s3cret/s3cret": "/hooks/…/…",
    "/%1b%5d0;pwn%07": "/…",
    "/" + "a/" * 2000: "/…/…/…/…/…/…/…/…",
}


@pytest.mark.parametrize(("path", "shown"), UNSERVED.items(), ids=range(len(UNSERVED)))
def test_path_that_is_not_served_is_told_without_what_may_be_a_secret(tmp_path: Path, path: str, shown: str) -> None:
    made = listener(tmp_path, paths={**PATHS, "/hooks/in": QSC})
    assert made.post(path, MENTION).status_code == 404
    assert [one.note for one in made.refused] == [f"nothing is served at {shown}"]


SHAKES: dict[str, tuple[str, str, str | None, int]] = {
    "right": ("subscribe", "v", "v", 200),
    "wrong token": ("subscribe", "w", "v", 403),
    "wrong mode": ("unsubscribe", "v", "v", 403),
    "no token set": ("subscribe", "", None, 403),
}
SHAKEN_WRONGLY: dict[str, tuple[dict[str, str], int, str]] = {
    "another token": ({"hub.verify_token": "w"}, 403, "the verify token is another one"),
    "no token": ({"hub.verify_token": ""}, 403, "there is no hub.verify_token"),
    "another mode": ({"hub.mode": "unsubscribe"}, 403, "hub.mode is not subscribe"),
    "no mode": ({"hub.mode": ""}, 403, "hub.mode is not subscribe"),
    "no challenge": ({"hub.challenge": ""}, 400, "there is no hub.challenge"),
}


@pytest.mark.parametrize(("fields", "status", "note"), SHAKEN_WRONGLY.values(), ids=SHAKEN_WRONGLY)
def test_handshake_that_is_refused_is_told_why(tmp_path: Path, fields: dict[str, str], status: int, note: str) -> None:
    made = listener(tmp_path, verify_token="v")
    right = {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "1158201444"}
    assert made.client.get("/messenger", query_string=right | fields).status_code == status
    assert ([(one.reason, one.note) for one in made.refused], made.shaken) == ([("handshake", note)], [])


@pytest.mark.parametrize(("mode", "token", "known", "status"), SHAKES.values(), ids=SHAKES)
def test_handshake(tmp_path: Path, mode: str, token: str, known: str | None, status: int) -> None:
    made = listener(tmp_path, verify_token=known)
    query = {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": "1158201444"}
    answer = made.client.get("/messenger", query_string=query)
    assert answer.status_code == status
    assert (answer.data == b"1158201444") is (status == 200)
    assert answer.mimetype == "text/plain" or status != 200
    assert made.shaken == [1] * (status == 200)

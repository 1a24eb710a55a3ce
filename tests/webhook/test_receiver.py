"""What a listener takes, and that it keeps before it answers."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Kind, Via
from qsc_bot.webhook.signature import sign
from tests.webhook.receiving import MENTION, META, OTHER_REVISION, QSC, REVISION, THREAD, listener


def test_signed_mention_is_kept_and_told(tmp_path: Path) -> None:
    made = listener(tmp_path)
    answer = made.signed(QSC, MENTION, query=f"?qsc_recipe=to-bot&qsc_rev={REVISION}")
    assert (answer.status_code, answer.data) == (200, b"")
    (stored,) = made.store.find()
    assert (stored.kind, stored.conversation, stored.verified) == (Kind.MENTION, "whatsapp:32470000000", True)
    assert (stored.recipe, stored.revision, stored.answer) == ("to-bot", REVISION, 200)
    assert [arrival.ids for arrival in made.told] == [(stored.id,)]
    assert made.store.read(stored.id)[1].body == MENTION


def test_each_event_of_a_batch_is_a_delivery(tmp_path: Path) -> None:
    made = listener(tmp_path)
    assert made.signed(META, THREAD).status_code == 200
    assert {(one.kind, one.dedupe_key) for one in made.store.find()} == {
        (Kind.MESSAGE, "m_1"),
        (Kind.STANDBY, "m_2"),
    }


def test_duplicate_is_answered_and_kept_once(tmp_path: Path) -> None:
    made = listener(tmp_path)
    assert [made.signed(QSC, MENTION).status_code for _ in range(2)] == [200, 200]
    assert len(list(made.store.find())) == 1
    assert [[one is None for one in arrival.ids] for arrival in made.told] == [[False], [True]]


def test_batch_of_which_a_part_is_known_tells_which(tmp_path: Path) -> None:
    made = listener(tmp_path)
    batch = json.loads(THREAD)
    made.signed(META, json.dumps({**batch, "entry": batch["entry"][:1]}).encode())
    made.signed(META, THREAD)
    assert [[one is None for one in arrival.ids] for arrival in made.told] == [[False], [True, False]]


def test_same_mention_of_another_revision_is_a_delivery_of_its_own(tmp_path: Path) -> None:
    made = listener(tmp_path)
    for revision in (REVISION, OTHER_REVISION):
        made.signed(QSC, MENTION, query=f"?qsc_recipe=to-bot&qsc_rev={revision}")
    assert {one.revision for one in made.store.find()} == {REVISION, OTHER_REVISION}


def test_unsigned_is_taken_where_that_was_asked_for_and_proves_nothing(tmp_path: Path) -> None:
    made = listener(tmp_path, signing={}, takes_unsigned=True)
    assert made.post("/social-connect", MENTION).status_code == 200
    assert [one.verified for one in made.store.find()] == [False]


BASIC = "Basic " + base64.b64encode(b"qsc:hush").decode()
BEARING: dict[str, tuple[str, dict[str, str]]] = {
    "in the path": ("/social-connect/hush", {}),
    "before the path": ("/hush/social-connect", {}),
    "in the query": ("/social-connect?key=hush", {}),
    "as the password": ("/social-connect", {"Authorization": BASIC}),
}


@pytest.mark.parametrize(("path", "headers"), BEARING.values(), ids=BEARING)
def test_secret_of_the_address_is_enough_and_kept_nowhere(tmp_path: Path, path: str, headers: dict[str, str]) -> None:
    made = listener(tmp_path, url_secret="hush")
    assert made.post(path, MENTION, headers=headers).status_code == 200
    (stored,) = made.store.find()
    assert not stored.verified
    made.store.close()
    assert b"hush" not in b"".join(one.read_bytes() for one in tmp_path.iterdir())


@pytest.mark.parametrize("path", ["/social-connect/ab/cd/e", "/ab/cd/e/social-connect", "/social-connect/ab%2Fcd%2Fe"])
def test_secret_of_the_address_may_hold_slashes(tmp_path: Path, path: str) -> None:
    made = listener(tmp_path, url_secret="ab/cd/e")
    assert made.post(path, MENTION).status_code == 200
    (one,) = made.told
    assert one.request.target == "/social-connect"
    assert [made.post(wrong, MENTION).status_code for wrong in ("/social-connect/ab/cd", "/social-connect")] == [
        404,
        403,
    ]


def test_empty_path_is_no_secret(tmp_path: Path) -> None:
    made = listener(tmp_path, url_secret="hush", paths={"/": QSC})
    assert [made.post(path, MENTION).status_code for path in ("", "/", "/hush")] == [403, 403, 200]


def test_secret_alone_is_the_address_of_what_is_served_at_the_root(tmp_path: Path) -> None:
    made = listener(tmp_path, url_secret="hush", paths={"/": QSC})
    assert [made.post(path, MENTION).status_code for path in ("/hush", "/", "/husk")] == [200, 403, 404]
    assert [arrival.request.target for arrival in made.told] == ["/"]


MARKERS: dict[str, tuple[str, str | None, str | None]] = {
    "whole": (f"qsc_recipe=to-bot&qsc_rev={REVISION}", "to-bot", REVISION),
    "no revision": ("qsc_recipe=to-bot", "to-bot", None),
    "none": ("key=x", None, None),
    "empty": ("qsc_recipe=&qsc_rev=", None, None),
    "long": ("qsc_recipe=" + "a" * 201 + "&qsc_rev=" + "0" * 5000, None, None),
    "as long as can be": ("qsc_recipe=" + "a" * 200, "a" * 200, None),
    "other letters": ("qsc_recipe=To_Bot&qsc_rev=0123456789AB", None, None),
    "control characters": ("qsc_recipe=a%1b%5b2J&qsc_rev=0123456789ab%0a", None, None),
}


@pytest.mark.parametrize(("query", "recipe", "revision"), MARKERS.values(), ids=MARKERS)
def test_only_what_can_be_a_marker_is_one(tmp_path: Path, query: str, recipe: str | None, revision: str | None) -> None:
    made = listener(tmp_path)
    assert made.signed(QSC, MENTION, query=f"?{query}").status_code == 200
    assert [(one.recipe, one.revision) for one in made.store.find()] == [(recipe, revision)]


def test_what_cannot_be_kept_is_not_said_to_be(tmp_path: Path) -> None:
    made = listener(tmp_path)
    made.fault = QscBotError("config.state", "disk full")
    assert made.signed(QSC, MENTION).status_code == 503
    assert (made.told, [one.reason for one in made.refused]) == ([], ["store"])


HALF = "\ud800"
ODD: dict[str, tuple[Via, Any]] = {
    "id": (QSC, {"id": HALF, "topic": {"id": "1"}}),
    "topic": (QSC, {"id": "1", "topic": {"id": HALF}}),
    "author": (QSC, {"id": "1", "topic": {"id": "1"}, "source": {"service": "whatsapp"}, "author": {"id": HALF}}),
    "no ids": (QSC, {HALF: HALF}),
    "mid": (META, {"entry": [{"messaging": [{"sender": {"id": HALF}, "message": {"mid": HALF}}]}]}),
    "changes": (META, {"entry": [{"changes": [{"field": HALF}]}]}),
    "nothing": (META, {}),
}


@pytest.mark.parametrize(("via", "document"), ODD.values(), ids=ODD)
def test_what_is_rightly_signed_is_kept_however_odd(tmp_path: Path, via: Via, document: Any) -> None:
    made = listener(tmp_path)
    body = json.dumps(document).encode()
    assert [made.signed(via, body).status_code for _ in range(2)] == [200, 200]
    (stored,) = made.store.find()
    assert msgspec.json.encode(stored)
    assert made.store.read(stored.id)[1].body == body


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_type_of_the_body_does_not_matter(tmp_path: Path, kind: str | None) -> None:
    made = listener(tmp_path)
    headers = {"x-signature": sign(QSC, MENTION, "client")} | ({"Content-Type": kind} if kind else {})
    assert made.post("/social-connect", MENTION, headers=headers).status_code == 200

"""The sandbox against the same sample bodies that the client is tested with: what these have, its answers have too."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from qsc_bot.control.handover import owner_of
from qsc_bot.models.conversation import Control
from qsc_bot.sandbox.settings import Settings
from tests.sandbox.bench import Bench

SAMPLES: Final = Path(__file__).parent.parent / "samples"
OPTIONAL: Final = frozenset({"$.meta.messages"})  # documented as optional
PERSON: Final = "32470000001"
READS: Final = {
    "accounts": "/me/accounts",
    "contact": f"/1000/inbox/contact/whatsapp/{PERSON}?topic_ids=2001",
    "contacts_last": "/1000/inbox/contacts?filter=contacttag:%22escalated+to+agent%22",
    "mentions_last": "/1000/inbox/mentions",
    "empty_list": "/1000/inbox/contacts?filter=contacttag:nobody",
}
GRAPH_READS: Final = {
    "mode_routed": "/me?fields=messaging_feature_status",
    "owner_shown": "/1029384756/thread_owner?recipient=5550001",
    "subscribed_apps": "/1029384756/subscribed_apps",
    "owner_empty": "/1029384756/thread_owner?recipient=5550003",
    "conversations_last": "/1029384756/conversations?platform=messenger"
    "&fields=id,updated_time,can_reply,participants,is_owner",
}


def sample(remote: str, name: str) -> Any:
    """A sample body by the first part of its file's name."""
    (path,) = (SAMPLES / remote).glob(f"{name}.*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def missing(wanted: Any, found: Any, path: str = "$") -> list[str]:
    """The paths that the sample has and the answer has not, or has with another kind of value."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        keys = [key for key in wanted if f"{path}.{key}" not in OPTIONAL]
        return [
            problem
            for key in keys
            for problem in (missing(wanted[key], found[key], f"{path}.{key}") if key in found else [f"{path}.{key}"])
        ]
    if isinstance(wanted, list) and isinstance(found, list):
        return missing(wanted[0], found[0], f"{path}[0]") if wanted and found else []
    if wanted is None or found is None:
        return []
    scalars = (str, int, float)  # ids come as text and as numbers, and are the same ids
    alike = type(wanted) is type(found) or (isinstance(wanted, scalars) and isinstance(found, scalars))
    return [] if alike else [f"{path}: {type(wanted).__name__} against {type(found).__name__}"]


def test_a_missing_key_and_another_kind_are_noticed() -> None:
    assert missing({"a": {"b": 1}}, {"a": {}}) == ["$.a.b"]
    assert missing({"a": [{"b": 1}]}, {"a": [{"b": {}}]}) == ["$.a[0].b: int against dict"]


@pytest.mark.parametrize("name", READS)
def test_social_connect_answers_as_the_sample_does(bench: Bench, name: str) -> None:
    answer = bench.request("GET", READS[name]).json
    assert missing(sample("social_connect", name), answer) == []


@pytest.mark.parametrize("name", GRAPH_READS)
def test_graph_answers_as_the_sample_does(bench: Bench, name: str) -> None:
    status, answer = bench.graph("GET", GRAPH_READS[name])
    assert status == 200
    assert missing(sample("graph", name), answer) == []


def test_one_mention_answers_as_the_sample_does(bench: Bench) -> None:
    newest = bench.ask("GET", "/1000/inbox/mentions")["data"][0]
    answer = bench.request("GET", f"/1000/inbox/mention/{newest['topic']['id']}/{newest['id']}").json
    assert missing(sample("social_connect", "mention"), answer) == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("error_no_permission", "/999/inbox/mentions"),
        ("error_not_found", "/1000/inbox/contact/twitter/none"),
        ("error_invalid_parameter", f"/1000/inbox/contact/whatsapp/{PERSON}"),
    ],
)
def test_an_error_answers_as_the_sample_does(bench: Bench, name: str, path: str) -> None:
    wanted, answer = sample("social_connect", name), bench.request("GET", path).json
    assert (missing(wanted, answer), answer["error"]) == ([], wanted["error"])


def test_a_graph_error_answers_as_the_sample_does(bench: Bench) -> None:
    wanted = sample("graph", "not_owner_10_2018300")
    body = {"recipient": {"id": "5550002"}, "messaging_type": "RESPONSE", "message": {"text": "test"}}
    status, answer = bench.graph("POST", "/1029384756/messages", body)
    assert (status, missing(wanted, answer)) == (400, [])
    assert answer["error"]["error_subcode"] == wanted["error"]["error_subcode"]


@pytest.mark.parametrize(
    ("shape", "readable"),
    [("owner", True), ("state", True), ("status", True), ("application", True), ("unreadable", False)],
)
@pytest.mark.parametrize(("person", "control"), [("32470000000", Control.BOT), (PERSON, Control.AGENT)])
def test_the_client_reads_every_handover_shape_or_says_unknown(
    tmp_path: Path, shape: str, readable: bool, person: str, control: Control
) -> None:
    bench = Bench(tmp_path / "sandbox.db", Settings(handover_shape=shape))
    item = bench.ask("GET", f"/1000/inbox/handover/whatsapp/{person}")
    assert owner_of(item)[0] is (control if readable else Control.UNKNOWN)
    bench.sandbox.close()

"""Remembered facts: gone at the worst, never in the way."""

import json
from pathlib import Path

import pytest

from qsc_bot.storage.facts import Facts

KEY = "https://api.engagor.com 1417"
FILTER = 'contacttag:"escalated to agent"'


def facts(path: Path, *, key: str = KEY, at: float = 1_000_000.0) -> Facts:
    return Facts(path, key=key, unix_seconds=lambda: at)


def test_what_was_remembered_is_known_to_the_next_run(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "facts.json"
    facts(path).remember_topics("web", ["1", "2"])
    facts(path).remember_proof(FILTER)
    assert facts(path).topics("web") == ["1", "2"]
    assert facts(path).is_proven(FILTER)


def test_nothing_else_is_known(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    facts(path).remember_topics("web", ["1"])
    facts(path).remember_proof(FILTER)
    assert facts(path).topics("whatsapp") == []
    assert not facts(path).is_proven("contacttag:other")


def test_accounts_and_hosts_are_kept_apart(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    facts(path).remember_topics("web", ["1"])
    facts(path, key="https://api-us.engagor.com 1417").remember_topics("web", ["9"])
    assert facts(path).topics("web") == ["1"]
    assert facts(path, key="https://api.engagor.com 1418").topics("web") == []


@pytest.mark.parametrize(
    ("hours", "known"),
    [(0, True), (23.9, True), (24, False), (100, False), (-0.1, False)],
    ids=["now", "within a day", "a day", "days", "clock went back"],
)
def test_topics_are_trusted_for_a_day(tmp_path: Path, hours: float, known: bool) -> None:
    path = tmp_path / "facts.json"
    facts(path).remember_topics("web", ["1"])
    assert facts(path, at=1_000_000.0 + hours * 3600).topics("web") == (["1"] if known else [])


SPOILT = {
    "empty": b"",
    "cut": b'{"https://api',
    "list": b"[]",
    "not UTF-8": b"\xff\xfe",
    "account is text": json.dumps({KEY: "x"}).encode(),
    "entry is text": json.dumps({KEY: {"topics:web": "x", f"proof:{FILTER}": "true"}}).encode(),
    "time is text": json.dumps({KEY: {"topics:web": {"at": "now", "ids": ["1"]}}}).encode(),
    "no ids": json.dumps({KEY: {"topics:web": {"at": 999_999.0}}}).encode(),
    "ids are null": json.dumps({KEY: {"topics:web": {"at": 999_999.0, "ids": None}}}).encode(),
    "ids are text": json.dumps({KEY: {"topics:web": {"at": 999_999.0, "ids": "46283"}}}).encode(),
}


@pytest.mark.parametrize("content", SPOILT.values(), ids=SPOILT)
def test_spoilt_file_is_no_knowledge_and_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    assert facts(path).topics("web") == []
    assert not facts(path).is_proven(FILTER)
    facts(path).remember_topics("web", ["1"])
    assert facts(path).topics("web") == ["1"]


def test_folder_that_cannot_be_made_costs_calls_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    kept = facts(tmp_path / "file" / "facts.json")
    kept.remember_topics("web", ["1"])
    assert kept.topics("web") == ["1"]
    assert facts(tmp_path / "file" / "facts.json").topics("web") == []


def test_file_holds_the_facts_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    facts(path).remember_topics("web", ["1"])
    assert [one.name for one in tmp_path.iterdir()] == ["facts.json"]
    assert path.stat().st_mode & 0o077 == 0

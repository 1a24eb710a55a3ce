"""The user file as commands write it: whatever it is to say, the strict reader reads the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.errors import QscBotError
from qsc_bot.models.yaml_text import parse_document
from qsc_bot.user_file import UserFile, open_user_file

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "1e3",
        "007",
        "1_000",
        "0x1f",
        "yes",
        "Null",
        "~",
        "",
        "<<",
        "=",
        "12:30",
        "2026-01-01",
        "# no",
        "a: b",
        "- a",
        "é",
        "\x85",
        "\ufeff",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4))
def test_what_is_written_reads_the_same(keys: dict[str, object]) -> None:
    content = UserFile(Path("config.yaml"), keys).content()
    assert parse_document(content, source="it") == keys


@given(TEXTS)
def test_a_filter_of_any_text_comes_back(text: str) -> None:
    file = UserFile(Path("config.yaml"), {"version": 1})
    profile = {"account_id": "5", "private_message_filter": text}
    assert file.with_profile("prod", profile).check().profiles["prod"].private_message_filter == text


def test_file_that_is_not_there_is_a_new_one(tmp_path: Path) -> None:
    file = open_user_file({"QSC_BOT_CONFIG_DIR": str(tmp_path / "none")})
    assert (dict(file.keys), file.comments, list(tmp_path.iterdir())) == ({"version": 1}, (), [])


def test_empty_file_gets_its_version(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("")
    open_user_file({"QSC_BOT_CONFIG_DIR": str(tmp_path)}).with_default("prod").write()
    assert (tmp_path / "config.yaml").read_text() == "version: 1\ndefault_profile: prod\n"


def test_file_that_another_process_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    environ = {"QSC_BOT_CONFIG_DIR": str(tmp_path)}
    mine = open_user_file(environ)
    open_user_file(environ).with_profile("theirs", {"account_id": "1"}).write()
    with pytest.raises(QscBotError) as refused:
        mine.with_profile("mine", {"account_id": "2"}).write()
    assert refused.value.code == "config.changed"
    assert list(open_user_file(environ).keys["profiles"]) == ["theirs"]

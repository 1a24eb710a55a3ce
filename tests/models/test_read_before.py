"""Configuration files that were read before: the same bytes are not parsed again, others are."""

import os
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.models.read_before import MOST_FILES, keys_of


class Reader:
    """Reads a file through the memory, and counts how often it had to be parsed."""

    def __init__(self, folder: Path) -> None:
        self.memory = folder / "read.json"
        self.parsed = 0

    def read(self, path: Path, keys: dict[str, Any]) -> dict[str, Any]:
        """The keys of a file, which are these where it must be parsed."""

        def check() -> dict[str, Any]:
            self.parsed += 1
            return keys

        return keys_of(path.read_bytes(), path, memory=self.memory, check=check)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text("version: 1  # hunter2\n")
    return path


def test_same_file_is_parsed_once(reader: Reader, file: Path) -> None:
    assert [reader.read(file, {"version": 1}) for _ in range(3)] == [{"version": 1}] * 3
    assert reader.parsed == 1


def test_same_text_of_another_time_is_parsed_again(reader: Reader, file: Path) -> None:
    reader.read(file, {"version": 1})
    os.utime(file, ns=(1, 1))
    assert reader.read(file, {"version": 2}) == {"version": 2}


def test_another_text_of_the_same_time_and_length_is_parsed_again(reader: Reader, file: Path) -> None:
    reader.read(file, {"version": 1})
    at = file.stat().st_mtime_ns
    file.write_text("version: 2  # hunter2\n")
    os.utime(file, ns=(at, at))
    assert reader.read(file, {"version": 2}) == {"version": 2}


def test_only_the_owner_reads_what_is_remembered_and_no_comment_is(reader: Reader, file: Path) -> None:
    reader.read(file, {"version": 1})
    assert reader.memory.stat().st_mode & 0o777 == 0o600
    assert "hunter2" not in reader.memory.read_text()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff"], ids=repr)
def test_memory_that_cannot_be_read_costs_a_parsing_and_nothing_else(
    reader: Reader, file: Path, content: bytes
) -> None:
    reader.memory.write_bytes(content)
    assert [reader.read(file, {"version": 1}) for _ in range(2)] == [{"version": 1}] * 2
    assert reader.parsed == 1


def test_what_json_changes_is_not_remembered(reader: Reader, file: Path) -> None:
    assert [reader.read(file, {"limit": float("nan")}) for _ in range(2)]
    assert reader.parsed == 2


def test_no_more_files_are_remembered_than_anybody_uses(reader: Reader, tmp_path: Path) -> None:
    for number in range(MOST_FILES + 3):
        path = tmp_path / f"{number}.yaml"
        path.write_text("{}")
        reader.read(path, {"number": number})
    assert reader.memory.read_text().count(".yaml") == MOST_FILES


def test_file_that_is_refused_is_refused_each_time(reader: Reader, file: Path) -> None:
    def refuse() -> dict[str, Any]:
        raise ValueError("no")

    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            keys_of(file.read_bytes(), file, memory=reader.memory, check=refuse)
    assert not reader.memory.exists()

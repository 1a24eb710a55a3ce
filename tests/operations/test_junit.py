"""A certificate as JUnit XML: valid whatever a reason holds, and written whole."""

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.certificate import Certificate, Check, Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations.junit import check_writable, junit, write_junit


def certificate(*checks: Check) -> Certificate:
    return Certificate(
        items=list(checks), via=Via.SOCIAL_CONNECT, run="r", sandbox="http://127.0.0.1:1", timeout_s=10, silence_s=2.5
    )


MIXED = certificate(
    Check(scenario="one", result=Mark.PASS, reason="fine"),
    Check(scenario="two", result=Mark.FAIL, reason="wrong"),
    Check(scenario="three", result=Mark.SKIPPED, reason="not here"),
)


def test_each_scenario_is_a_case_and_the_counts_agree() -> None:
    root = Xml.fromstring(junit(MIXED))
    (suite,) = root
    for element in (root, suite):
        assert [element.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "1"]
    cases = {case.get("name"): case[0] for case in suite.findall("testcase")}
    assert {name: part.tag for name, part in cases.items()} == {
        "one": "system-out",
        "two": "failure",
        "three": "skipped",
    }
    assert cases["two"].get("message") == "wrong"
    told = {one.get("name"): one.get("value") for one in suite.iter("property")}
    assert told["silence_s"] == "2.5"


HOSTILE = "</testsuite>\x00\x1b[31m ]]> \"'&<!-- \ud800 \ufffe \U0001f600"


@pytest.mark.parametrize("mark", Mark)
def test_hostile_text_stays_text(mark: Mark) -> None:
    root = Xml.fromstring(junit(certificate(Check(scenario="s", result=mark, reason=HOSTILE))))
    part = next(root.iter("testcase"))[0]
    found = part.text or part.get("message") or ""
    expected = "</testsuite>\ufffd\ufffd[31m ]]> \"'&<!-- \ufffd \ufffd \U0001f600"
    assert found == expected


def test_file_is_as_files_are_and_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text("before")
    write_junit(path, MIXED)
    assert path.read_bytes() == junit(MIXED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in tmp_path.iterdir()] == ["junit.xml"]


def test_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(QscBotError) as caught:
        write_junit(tmp_path / "file" / "junit.xml", MIXED)
    assert caught.value.code == "output.unwritable"


@pytest.fixture
def umask() -> Iterator[None]:
    """What a CI system's accounts often have: the group and others may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_pipe_is_written_through_and_stays(tmp_path: Path) -> None:
    path, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()), daemon=True)
    reader.start()
    check_writable(path)
    write_junit(path, MIXED)
    reader.join(timeout=10)
    assert read == [junit(MIXED)]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_pipe_of_the_shell_is_written_through() -> None:
    reading, writing = os.pipe()
    path = Path(f"/dev/fd/{writing}")
    check_writable(path)
    write_junit(path, MIXED)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == junit(MIXED)


def test_linked_file_stays_a_link(tmp_path: Path) -> None:
    path = tmp_path / "latest.xml"
    path.symlink_to(tmp_path / "first.xml")
    write_junit(path, MIXED)
    assert (path.is_symlink(), (tmp_path / "first.xml").read_bytes()) == (True, junit(MIXED))


@pytest.mark.usefixtures("umask")
def test_folder_that_is_made_can_be_read_by_those_who_may_by_default(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "certify" / "junit.xml"
    check_writable(path)
    write_junit(path, MIXED)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, *path.parents[:2])] == [0o644, 0o755, 0o755]


def test_file_that_nobody_else_may_read_stays_so(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.touch(mode=0o600)
    write_junit(path, MIXED)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["-", "/dev/fd/{}"])
def test_standard_output_is_the_results_own(tmp_path: Path, name: str) -> None:
    with (tmp_path / "out").open("wb") as out, pytest.raises(QscBotError) as caught:
        check_writable(Path(name.format(out.fileno())), beside=(out.fileno(),))
    assert caught.value.code == "usage.invalid"
    assert "--junit FILE" in caught.value.hint[0]


def test_descriptor_that_is_not_a_stream_of_the_results_is_fine(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as out:
        check_writable(tmp_path / "junit.xml", beside=(out.fileno(), 9999))

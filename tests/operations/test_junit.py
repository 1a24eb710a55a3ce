"""A certificate as JUnit XML: valid whatever a reason holds, and written whole."""

import stat
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.certificate import Certificate, Check, Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations.junit import junit, write_junit


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

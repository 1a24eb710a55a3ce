"""A certificate as JUnit XML, which CI systems read."""

import os
import re
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from qsc_bot.errors import QscBotError
from qsc_bot.models.certificate import Certificate, Check, Mark
from qsc_bot.models.files import write_named
from qsc_bot.operations.certificate import Uncertified, as_record
from qsc_bot.results import Record

SUITE: Final = "qsc-bot webhook certify"
_NO_CHARACTER: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def check_writable(path: Path, *, beside: Sequence[int] = ()) -> None:
    """Raise `output.unwritable` for a file that could not be written; before anything is played for it.

    `beside` are the descriptors of streams that hold something else: what one of them goes to is `usage.invalid`.
    """
    if str(path) == "-" or any(_is_same(path, stream) for stream in beside):
        raise QscBotError(
            "usage.invalid", f"--junit {path} is where other results are told", hint=("--junit FILE, of its own",)
        )
    place = next(one for one in (path, *path.absolute().parents) if one.exists())
    if path.is_dir() or not os.access(place, os.W_OK):
        raise QscBotError("output.unwritable", f"the result cannot be written to {path}")


def _is_same(path: Path, stream: int) -> bool:
    """Whether a stream goes to this file or pipe; a device takes whatever comes."""
    with suppress(OSError):
        found = path.stat()
        return not stat.S_ISCHR(found.st_mode) and os.path.samestat(found, os.fstat(stream))
    return False


def kept(certificate: Certificate, path: Path | None) -> Record:
    """The certificate as a result, and in a file where one is named.

    Raises `Uncertified` with the code `output.unwritable`, and the result, where that cannot be written.
    """
    record = as_record(certificate)
    try:
        if path is not None:
            write_junit(path, certificate)
    except QscBotError as error:
        raise Uncertified(error, record) from error
    return record


def write_junit(path: Path, certificate: Certificate) -> None:
    """Write the file, whole or not at all, a pipe or a device through; raises `output.unwritable`."""
    try:
        write_named(path, junit(certificate))
    except OSError as error:
        raise QscBotError("output.unwritable", f"{path} cannot be written: {error.strerror or error}") from error


def junit(certificate: Certificate) -> bytes:
    """One suite of one case for each scenario; what XML cannot hold is replaced."""
    marks = [check.result for check in certificate.items]
    counts = {
        "tests": str(len(marks)),
        "failures": str(marks.count(Mark.FAIL)),
        "errors": "0",
        "skipped": str(marks.count(Mark.SKIPPED)),
    }
    root = Xml.Element("testsuites", counts)
    suite = Xml.SubElement(root, "testsuite", {"name": SUITE} | counts)
    properties = Xml.SubElement(suite, "properties")
    told = {
        "via": certificate.via.value,
        "run": certificate.run,
        "sandbox": certificate.sandbox,
        "timeout_s": f"{certificate.timeout_s:g}",
        "silence_s": f"{certificate.silence_s:g}",
    }
    for name, value in told.items():
        Xml.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for check in certificate.items:
        _add_case(suite, check)
    Xml.indent(root)
    document: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add_case(suite: Xml.Element, check: Check) -> None:
    found = Xml.SubElement(suite, "testcase", {"classname": SUITE, "name": _clean(check.scenario)})
    reason = _clean(check.reason)
    match check.result:
        case Mark.FAIL:
            Xml.SubElement(found, "failure", {"message": reason})
        case Mark.SKIPPED:
            Xml.SubElement(found, "skipped", {"message": reason})
        case Mark.PASS:
            Xml.SubElement(found, "system-out").text = reason


def _clean(text: str) -> str:
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)

"""Signatures: the vectors of the reference, every bit counts, and what is wrong is told apart."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.delivery import Verdict, Via
from qsc_bot.webhook.signature import is_valid, judge, sign

QSC, META = Via.SOCIAL_CONNECT, Via.MESSENGER
THREAD = (
    b'{"object":"page","entry":[{"id":"1029384756","time":1795000000000,"messaging":[{"sender":{"id":"5550001"},'
    b'"recipient":{"id":"1029384756"},"timestamp":1795000000000,"pass_thread_control":{"previous_owner_app_id":"111",'
    b'"new_owner_app_id":"222","metadata":"caf\\u00e9"}}]}]}'
)
GOOD = "sha256=847e0a477162b28a6988c764c4eff2d1fc9d44803da7af0b3c8ab95a7f68079b"
IN_UTF8 = "sha256=949c1fdf535f4369b36f6f8a947c7d2b34cc4ab4f2c73af93e823d251a7dabda"


def test_social_connect_signs_as_documented() -> None:
    assert sign(QSC, b'{"id":"1"}', "s3cret") == "BpiPoc8CuDgwQ/fyc19yP3uzUJUNkhRAnN4TSQ1qY3M="


def test_meta_signs_as_documented() -> None:
    assert sign(META, THREAD, "not-a-real-secret") == GOOD


@pytest.mark.parametrize("via", Via)
@given(body=st.binary(max_size=200), secret=st.text(st.characters(codec="ascii"), min_size=1), bit=st.integers(0))
def test_any_flipped_bit_fails(via: Via, body: bytes, secret: str, bit: int) -> None:
    header = sign(via, body, secret)
    assert is_valid(via, body, header, secret)
    if body:
        changed = bytearray(body)
        changed[bit // 8 % len(body)] ^= 1 << bit % 8
        assert not is_valid(via, bytes(changed), header, secret)


JUDGED: dict[str, tuple[Via, bytes, str | None, Verdict]] = {
    "valid": (META, THREAD, GOOD, Verdict.VALID),
    "space around it": (META, THREAD, f" {GOOD} ", Verdict.VALID),
    "the same JSON in UTF-8": (META, THREAD, IN_UTF8, Verdict.RE_ENCODED),
    "another body": (META, b"{}", GOOD, Verdict.WRONG),
    "none": (META, THREAD, None, Verdict.MISSING),
    "empty": (META, THREAD, "  ", Verdict.MISSING),
    "SHA-1": (META, THREAD, "sha1=" + "0" * 40, Verdict.MALFORMED),
    "without its prefix": (META, THREAD, GOOD.removeprefix("sha256="), Verdict.MALFORMED),
    "too short": (META, THREAD, GOOD[:-2], Verdict.MALFORMED),
    "no base64": (QSC, THREAD, "not base64!", Verdict.MALFORMED),
    "hex where base64 is wanted": (QSC, THREAD, GOOD.removeprefix("sha256="), Verdict.MALFORMED),
}


@pytest.mark.parametrize(("via", "body", "header", "verdict"), JUDGED.values(), ids=JUDGED)
def test_verdicts_are_told_apart(via: Via, body: bytes, header: str | None, verdict: Verdict) -> None:
    found, note = judge(via, body, header, "not-a-real-secret")
    assert found is verdict
    assert (note is None) is (verdict is Verdict.VALID)
    assert is_valid(via, body, header, "not-a-real-secret") is (verdict is Verdict.VALID)


@pytest.mark.parametrize("is_ascii", [True, False], ids=["escaped", "UTF-8"])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")], ids=["compact", "spaces"])
def test_same_json_written_again_is_recognised(is_ascii: bool, separators: tuple[str, str]) -> None:
    body = json.dumps({"text": "café 👋", "url": "https://a/b"}, indent=1).encode()
    again = json.dumps(json.loads(body), ensure_ascii=is_ascii, separators=separators).encode()
    verdict, note = judge(QSC, body, sign(QSC, again, "s"), "s")
    assert verdict is Verdict.RE_ENCODED
    assert ("escaped" if is_ascii else "in UTF-8") in (note or "")


SENT = b'{"text":"caf\\u00e9"}'
LINES = b'{\n  "text": "\xc3\xa9"\n}'
SPOILT: dict[str, tuple[bytes, bytes, str]] = {
    "pretty-printed": (SENT, b'{\n  "text": "caf\\u00e9"\n}\n', "escaped, compact"),
    "escapes written small": (
        b'{"text":"caf\\u00E9 \\\\u00e9"}',
        b'{"text":"caf\\u00e9 \\\\u00e9"}',
        "escaped in capitals, compact",
    ),
    "letters unescaped": (
        b'{"text": "\\u00E9\\/"}',
        '{"text":"é/"}'.encode(),
        "escaped in capitals, with spaces, with escaped slashes",
    ),
    "made compact": (LINES, b'{"text":"\xc3\xa9"}', "in UTF-8, indented by 2"),
    "indented by 4 for 2": (LINES, b'{\n    "text": "\xc3\xa9"\n}', "in UTF-8, indented by 2"),
    "newline put at the end": (SENT, SENT + b"\n", "without white space around it"),
    "newline taken off the end": (LINES + b"\n", LINES, "with a newline at the end"),
    "\\r\\n put at the end": (SENT, SENT + b"\r\n", "without white space around it"),
    "\\n made \\r\\n": (LINES, LINES.replace(b"\n", b"\r\n"), "with \\n for line ends"),
    "\\r\\n made \\n": (LINES.replace(b"\n", b"\r\n"), LINES, "with \\r\\n for line ends"),
    "byte order mark": (LINES, b"\xef\xbb\xbf" + LINES, "without its byte order mark"),
    "byte order mark, \\r\\n, newline": (
        LINES,
        b"\xef\xbb\xbf" + LINES.replace(b"\n", b"\r\n") + b"\r\n",
        "without its byte order mark, with \\n for line ends, without white space around it",
    ),
    "UTF-16": (LINES, LINES.decode().encode("utf-16"), "in UTF-8"),
    "no JSON": (b"mention=%7B%7D", b"mention=%7B%7D\n", "without white space around it"),
}


@pytest.mark.parametrize("via", Via)
@pytest.mark.parametrize(("sent", "kept", "told"), SPOILT.values(), ids=SPOILT)
def test_body_that_an_editor_or_a_shell_spoilt_is_recognised(via: Via, sent: bytes, kept: bytes, told: str) -> None:
    verdict, note = judge(via, kept, sign(via, sent, "s"), "s")
    assert verdict is Verdict.RE_ENCODED
    assert f"the same body {told}:" in (note or "")
    assert judge(via, kept, sign(via, sent, "another"), "s")[0] is Verdict.WRONG


def test_body_that_is_no_json_has_no_other_forms() -> None:
    assert judge(QSC, b"\xff{", sign(QSC, b"x", "s"), "s")[0] is Verdict.WRONG


@pytest.mark.parametrize("depth", [300, 900, *range(940, 1000, 3)])
def test_body_that_can_just_be_read_is_judged(depth: int) -> None:
    assert judge(QSC, b"[" * depth + b"]" * depth, sign(QSC, b"x", "s"), "s")[0] is Verdict.WRONG

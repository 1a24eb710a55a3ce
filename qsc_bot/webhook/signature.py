"""Signatures of webhooks, over the raw bytes: made, and judged before anything is parsed.

Social Connect: https://app.engagor.com/developers/documentation/webhooks
Messenger: https://developers.facebook.com/docs/messenger-platform/webhooks
"""

import base64
import binascii
import codecs
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from qsc_bot.models.delivery import Verdict, Via

HEADERS: Final[Mapping[Via, str]] = {Via.SOCIAL_CONNECT: "x-signature", Via.MESSENGER: "x-hub-signature-256"}
Spacings = Mapping[str, Mapping[str, Any]]
IN_A_LINE: Final[Spacings] = {
    "compact": {"separators": (",", ":")},
    "with spaces": {"separators": (", ", ": ")},
}
INDENTED: Final[Spacings] = {"indented by 2": {"indent": 2}, "indented by 4": {"indent": 4}}
"""Written far more slowly, and what is nested 300 deep comes out hundreds of times as long."""
_ESCAPE: Final = re.compile(r"\\\\|\\u[0-9a-f]{4}")
"""An escaped letter; an escaped backslash is matched so that what follows it is not taken for one."""
_PREFIX: Final = "sha256="
_DIGEST_BYTES: Final = 32


def sign(via: Via, body: bytes, secret: str) -> str:
    """The header's value over these bytes: base64 for Social Connect, `sha256=` and hex for Meta."""
    digest = _digest(body, secret)
    return base64.b64encode(digest).decode() if via is Via.SOCIAL_CONNECT else f"{_PREFIX}{digest.hex()}"


def is_valid(via: Via, body: bytes, header: str | None, secret: str) -> bool:
    """Whether a header signs exactly these bytes, compared in constant time."""
    given = _given(via, header or "")
    return given is not None and hmac.compare_digest(given, _digest(body, secret))


def told_by_header(via: Via, header: str | None) -> tuple[Verdict, str]:
    """What is wrong with a signature that is not valid, as far as the header tells; the body is not looked into."""
    if header is None or not header.strip():
        return Verdict.MISSING, f"there is no {HEADERS[via]} header"
    if _given(via, header) is None:
        wanted = "base64 of 32 bytes" if via is Via.SOCIAL_CONNECT else "sha256= and 64 hexadecimal digits"
        return Verdict.MALFORMED, f"{HEADERS[via]} is not {wanted}"
    return Verdict.WRONG, "another secret, or another body"


def judge(
    via: Via, body: bytes, header: str | None, secret: str, *, is_thorough: bool = True
) -> tuple[Verdict, str | None]:
    """What is wrong with a signature, and in which form of the same body it would fit.

    The body is read and written again many times, at no bounded cost where it is thorough.
    """
    if is_valid(via, body, header, secret):
        return Verdict.VALID, None
    verdict, note = told_by_header(via, header)
    if verdict is Verdict.WRONG:
        for form, other in _other_forms(body, {**IN_A_LINE, **INDENTED} if is_thorough else IN_A_LINE):
            if is_valid(via, other, header, secret):
                return Verdict.RE_ENCODED, f"it fits the same body {form}: sign and check the raw bytes"
    return verdict, note


def _digest(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def _given(via: Via, header: str) -> bytes | None:
    """The digest that a header names; None where it names none."""
    text = header.strip()
    try:
        if via is Via.SOCIAL_CONNECT:
            digest = base64.b64decode(text, validate=True)
        else:
            digest = bytes.fromhex(text.removeprefix(_PREFIX)) if text.startswith(_PREFIX) else b""
    except (binascii.Error, ValueError):
        return None
    return digest if len(digest) == _DIGEST_BYTES else None


def _other_forms(body: bytes, spacings: Spacings) -> Iterator[tuple[str, bytes]]:
    """The ways in which editors and programs write the same body again, each with its name."""
    yield from _edited(body)
    try:
        yield from _written_again(json.loads(body), spacings)
    except (ValueError, RecursionError):
        return


def _written_again(document: Any, spacings: Spacings) -> Iterator[tuple[str, bytes]]:
    """The forms that other writers of JSON give to what was read; raises RecursionError where it is nested deeply."""
    for spacing, how in spacings.items():
        escaped, plain = (json.dumps(document, ensure_ascii=is_ascii, **how) for is_ascii in (True, False))
        forms = {"escaped": escaped, "in UTF-8": plain, "escaped in capitals": _ESCAPE.sub(_in_capitals, escaped)}
        for letters, text in forms.items():
            yield f"{letters}, {spacing}", _encoded(text)
            yield f"{letters}, {spacing}, with escaped slashes", _encoded(text.replace("/", "\\/"))


def _in_capitals(escape: re.Match[str]) -> str:
    return escape[0][:2] + escape[0][2:].upper()


def _edited(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes before an editor or a shell put in a byte order mark, other line ends, or white space around them."""
    mark, text = _unmarked(body)
    unix = text.replace(b"\r\n", b"\n")
    for ends, lines in (
        (None, text),
        ("with \\n for line ends", unix),
        ("with \\r\\n for line ends", unix.replace(b"\n", b"\r\n")),
    ):
        for around, form in (
            (None, lines),
            ("without white space around it", lines.strip()),
            ("with a newline at the end", lines.rstrip() + b"\n"),
        ):
            if form != body:
                yield ", ".join(part for part in (mark, ends, around) if part), form


def _unmarked(body: bytes) -> tuple[str | None, bytes]:
    """The bytes without a byte order mark, and in UTF-8 where they are UTF-16, as some shells write it."""
    if body.startswith(codecs.BOM_UTF8):
        return "without its byte order mark", body.removeprefix(codecs.BOM_UTF8)
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "in UTF-8", _encoded(body.decode("utf-16", "replace"))
    return None, body


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

"""What may be shown of a call: method, path and status; never a token, a secret or a message."""

import re
from collections.abc import Iterable
from typing import Final

from qsc_bot.transport.spellings import MASK, hide

_ESCAPED: Final = r"\\+(?:/|u(?!0022|0026)[0-9a-f]{4})"  # within a value of JSON; a quote or an ampersand ends it
_PARAMETER: Final = re.compile(
    r"((?:token|secret|appsecret_proof|password)\\*[\"']?\s*(?:[=:]|%(?:25)*3d)\s*\\*[\"']?)"
    rf"(?:(?!%(?:25)*26)[^\s&\"',}}\\]|{_ESCAPED})+",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(
    r"(authorization\\*[\"']?\s*[:=]\s*\\*[\"']?(?:(?:bearer|basic|token|oauth|digest|negotiate)\s+)?)"
    rf"(?:[^\s\"',\\]|{_ESCAPED})+",
    re.IGNORECASE,
)
_COOKIES: Final = re.compile(r"(cookie[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+", re.I)
_USERINFO: Final = re.compile(r"(://)[^/?#\s]+@")
_PIECE: Final = re.compile(r"[A-Za-z0-9_-]{8,}")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Take out of a text every known secret, pieces of it, and everything that stands where secrets stand."""
    known = frozenset(secrets)
    text = _hide_pieces(hide(text, known), known)
    text = _COOKIES.sub(rf"\1{MASK}", _HEADER.sub(rf"\1{MASK}", text))
    text = _PARAMETER.sub(rf"\1{MASK}", text)
    return _USERINFO.sub(rf"\1{MASK}@", text)


def _hide_pieces(text: str, secrets: Iterable[str]) -> str:
    """Servers cut what they repeat; eight characters are more than anybody needs to tell a token by."""
    whole = [secret.casefold() for secret in secrets]

    def masked(found: re.Match[str]) -> str:
        piece = found[0].casefold()
        return MASK if any(piece in secret for secret in whole) else found[0]

    return _PIECE.sub(masked, text) if whole else text

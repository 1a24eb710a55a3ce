"""What may be shown of a call: method, path and status; never a token, a secret or a message."""

import re
from collections.abc import Iterable
from typing import Final

from qsc_bot.transport.spellings import MASK, hide

_PARAMETER: Final = re.compile(
    r"((?:access_token|refresh_token|client_secret|appsecret_proof|input_token|hub\.verify_token|token|secret)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+",
    re.IGNORECASE,
)
_HEADER: Final = re.compile(r"(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer |basic )?)[^\s\"',]+", re.I)
_COOKIES: Final = re.compile(r"(cookie[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+", re.I)
_USERINFO: Final = re.compile(r"(https?://)[^/?#\s]+@")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Take out of a text every known secret and everything that stands where secrets stand."""
    text = hide(text, secrets)
    text = _COOKIES.sub(rf"\1{MASK}", _HEADER.sub(rf"\1{MASK}", text))
    text = _PARAMETER.sub(rf"\1{MASK}", text)
    return _USERINFO.sub(rf"\1{MASK}@", text)

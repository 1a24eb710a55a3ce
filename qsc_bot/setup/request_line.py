"""What of a log's line is the request: only its target is a delivery, not what a client says elsewhere."""

import re
from typing import Final
from urllib.parse import unquote

OPENING_BYTES: Final = 16384
"""How much of a line is searched for its request."""

_OTHER_METHODS: Final = rb"GET|HEAD|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH"
_REQUEST: Final = re.compile(rb"(?<![\w-])(POST|" + _OTHER_METHODS + rb") +((?:/|https?://)[^\s\"'<>]*)")
_METHOD_FIELD: Final = re.compile(rb"(?i:method)\W{1,8}(?:" + _OTHER_METHODS + rb")\b")
_FIRST_QUOTED: Final = re.compile(rb"\[\d\d/[^\]\"]{1,40}\] \"((?:[^\"\\]|\\.)*)")
_ESCAPES: Final = (("\\u0026", "&"), ("\\u003d", "="), ("\\u003D", "="), ("&amp;", "&"))


def requested_in(opening: bytes) -> str | None:
    """What of a line counts: the query of a POST, or nothing of another method; None where no request is visible."""
    quoted = _FIRST_QUOTED.search(opening)
    request = _REQUEST.search(quoted[1] if quoted else opening)
    if request:
        return _query(request[2].decode("latin-1")) if request[1] == b"POST" else ""
    if quoted:
        return quoted[1].decode("latin-1")
    return "" if _METHOD_FIELD.search(opening) else None


def _query(target: str) -> str:
    """The parameters of a target, each decoded once; one that holds a separator of its own is left out."""
    for escape, character in _ESCAPES:
        target = target.replace(escape, character)
    pairs = [part.partition("=") for part in target.partition("#")[0].partition("?")[2].split("&")]
    decoded = [(key, unquote(value)) for key, _, value in pairs]
    return "&".join(f"{key}={value}" for key, value in decoded if not re.search(r"[\s\"'<>&=?]", value))

"""Known secrets in every way that they may be written: as they are, percent-encoded, escaped, in base64."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

MASK: Final = "***"
LEAST_CHARACTERS: Final = 4
"""A shorter secret is not looked for: nobody has one, and it would turn words of any text into stars."""
_PLAIN: Final = re.compile(r"[A-Za-z0-9]+")  # no encoding changes these
_OTHER_WAYS: Final = {" ": "\\+", "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"}
_BITS: Final = 6  # of each character of base64
_IN_BASE64: Final = r"[A-Za-z0-9+/_-]"


@dataclass(frozen=True)
class _Spelling:
    """What to look for; `anchor` stands in all of it in small letters, and is looked for first since that is fast."""

    source: str
    anchor: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled only where the anchor was found, which is seldom."""
        return re.compile(self.source, re.IGNORECASE)


def hide(text: str, secrets: Iterable[str]) -> str:
    """The text without these secrets, however they are written, in capital or small letters."""
    spellings = _spellings(frozenset(secrets))
    if not spellings:
        return text
    folded = text.casefold()
    for spelling in spellings:
        if spelling.anchor in folded:
            text = spelling.pattern.sub(MASK, text)
    return text


@lru_cache(maxsize=32)
def _spellings(secrets: frozenset[str]) -> tuple[_Spelling, ...]:
    """Every spelling of some secrets; those of the longest first, so that no rest of it stays."""
    known = sorted((one for one in secrets if len(one) >= LEAST_CHARACTERS), key=lambda one: (-len(one), one))
    return tuple(spelling for secret in known for spelling in (_written(secret), *_in_base64(secret)))


def _written(text: str, *, before: str = "", after: str = "") -> _Spelling:
    runs = _PLAIN.findall(text)
    source = "".join(map(_part, re.findall(r"[A-Za-z0-9]+|\\+|[^\\]", text)))
    return _Spelling(f"{before}{source}{after}", max(runs, key=len, default="").casefold())


def _part(part: str) -> str:
    """A pattern for plain characters, for another one, or for a run of backslashes, which escapes make longer."""
    if _PLAIN.fullmatch(part):
        return re.escape(part)
    if part[0] == "\\":
        return rf"(?:\\{{1,7}}u005c|%(?:25){{0,2}}5c|\\){{{len(part)},}}+"
    units = part.encode("utf-16-be", "surrogatepass").hex()
    escaped = "".join(rf"\\{{0,7}}u{units[at : at + 4]}" for at in range(0, len(units), 4))
    encoded = "".join(rf"%(?:25){{0,2}}{byte:02x}" for byte in part.encode("utf-8", "surrogatepass"))
    ways = [rf"\\{{0,7}}{re.escape(part)}", escaped, encoded, _OTHER_WAYS.get(part)]
    return f"(?:{'|'.join(filter(None, ways))})"


def _in_base64(secret: str) -> list[_Spelling]:
    """The secret within base64 of a longer text: its bytes stand at one of three places in a group.

    A character that also holds bits of a neighbour can be any.
    """
    content = secret.encode("utf-8", "surrogatepass")
    spellings = {}
    for place in range(3):
        first, last = -(-place * 8 // _BITS), (place + len(content)) * 8 // _BITS
        before = f"{_IN_BASE64}?" if place else ""
        after = f"{_IN_BASE64}?=*" if (place + len(content)) % 3 else ""
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            core = encode(bytes(place) + content).decode()[first:last]
            spellings[core] = _written(core, before=before, after=after)
    return list(spellings.values())

"""The part of the inbox's filter language that the sandbox speaks."""

import re
from dataclasses import dataclass

from qsc_bot.sandbox.account import PRIVATE_MESSAGE

FIELDS = {"source": "service", "type": "type"}
TYPES = (PRIVATE_MESSAGE, "post")
_TERM = re.compile(r'\(?\s*(?P<field>[a-z_]+):(?:"(?P<quoted>[^"()]+)"|(?P<word>[^\s"()]+))\s*\)?')
_TAG = re.compile(r'contacttag:(?:"(?P<quoted>[^"]+)"|(?P<word>[^\s"]+))')


class FilterError(ValueError):
    """The filter holds something that the sandbox does not know; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One `field:value` of a filter, as the column it looks at."""

    column: str
    value: str


def parse_filter(text: str) -> tuple[Condition, ...]:
    """Read `source:X`, `type:X` and their joins by AND; all conditions must hold."""
    if not text.strip():
        return ()
    return tuple(_parse_term(term) for term in re.split(r"\s+AND\s+", text.strip()))


def parse_contact_tag(text: str) -> str:
    """Read the only filter that the list of contacts knows: `contacttag:` and one tag."""
    found = _TAG.fullmatch(text.strip())
    if found is None:
        raise FilterError(f"only contacttag:tagname is supported here, not {text!r}")
    return found["quoted"] or found["word"]


def _parse_term(term: str) -> Condition:
    found = _TERM.fullmatch(term)
    if found is None or term.count("(") != term.count(")"):
        raise FilterError(f"cannot read {term!r}")
    field, value = found["field"], found["quoted"] or found["word"]
    if field not in FIELDS:
        raise FilterError(f"unknown filter {field!r}")
    if field == "type" and value not in TYPES:
        raise FilterError(f"unknown type {value!r}")
    return Condition(column=FIELDS[field], value=value)

"""The time of a line of a log, in the shapes that servers write it; UTC where none is named."""

import re
from datetime import UTC, datetime
from typing import Final

_YEARS: Final = range(2000, 2100)
_LENGTHS: Final = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}
_ISO: Final = rb"(?<!\d)(?P<iso>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,]\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?"
_COMMON: Final = rb"(?<!\d)(?P<common>\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})"
_SLASHED: Final = rb"(?<!\d)(?P<slashed>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d)"
_KEYED: Final = (
    rb"\"@?(?:ts|time|timestamp|t|date|datetime|msec|time_?stamp_?m?s|start_?time)\"\s*:\s*\"?"
    rb"(?P<keyed>\d{10}(?:\d{3}){0,3})(?!\d)"
)
_LEADING: Final = rb"^(?P<leading>\d{10}(?:\d{3})?)(?=[.\s])"
_TIME: Final = re.compile(b"|".join((_ISO, _COMMON, _SLASHED, _KEYED, _LEADING)))


def time_in(line: bytes) -> datetime | None:
    """The first time in a line that can be one; None where there is none."""
    for match in _TIME.finditer(line):
        found = _read(match)
        if found is not None and found.year in _YEARS:
            return found.astimezone(UTC)
    return None


def _read(match: re.Match[bytes]) -> datetime | None:
    kind, text = str(match.lastgroup), ""
    kind = "iso" if kind == "zone" else kind
    text = match[kind].decode()
    try:
        match kind:
            case "iso":
                return _aware(datetime.fromisoformat(text), (match["zone"] or b"").decode())
            case "common":
                return datetime.strptime(text, "%d/%b/%Y:%H:%M:%S %z")
            case "slashed":
                return datetime.strptime(text, "%Y/%m/%d %H:%M:%S").replace(tzinfo=UTC)
            case _:
                return datetime.fromtimestamp(int(text) // _LENGTHS[len(text)], UTC)
    except (ValueError, OverflowError):
        return None


def _aware(moment: datetime, zone: str) -> datetime:
    return datetime.fromisoformat(f"{moment.isoformat()}{zone or 'Z'}")

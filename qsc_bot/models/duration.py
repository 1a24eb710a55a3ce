"""Lengths of time as people write and say them: `90s`, `5m`, `2h`, `3d`, `2w`, and `2h05m`."""

import re
from typing import Final

DURATION_PATTERN: Final = r"^[0-9]{1,9}(ms|s|m|h|d|w)$"
POSITIVE_DURATION_PATTERN: Final = r"^(?=0*[1-9])[0-9]{1,9}(ms|s|m|h|d|w)$"
DURATION_WORDS: Final = "a whole number with ms, s, m, h, d or w, such as 90s, 5m or 2h"

_SECONDS_BY_UNIT: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}


def parse_duration(text: str) -> float:
    """Seconds in a duration; a `ValueError` says in a sentence what is wrong with it."""
    match = re.fullmatch(DURATION_PATTERN, text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write {DURATION_WORDS}")
    unit = match[1]
    return int(text.removesuffix(unit)) * _SECONDS_BY_UNIT[unit]


def spoken(seconds: float) -> str:
    """A time span in its two largest units, as people say it: 45s, 12m, 2h05m, 2d14h."""
    whole = max(int(seconds), 0)
    minutes, hours, days = (whole // unit for unit in (60, 3600, 86400))
    if days:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if hours:
        return f"{hours}h{minutes % 60:02}m" if minutes % 60 else f"{hours}h"
    return f"{minutes}m" if minutes else f"{whole}s"

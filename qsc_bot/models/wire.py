"""Ids and moments as the two remotes write them: ids as text or number, moments as Unix seconds."""

from datetime import UTC, datetime
from typing import Any


class WireId(str):
    """An id, kept as text whatever JSON type it came as."""

    __slots__ = ()


def decode_id(kind: type, value: Any) -> Any:
    """Turn a wire value into the type that a struct asks for; msgspec adds the path to the TypeError."""
    if kind is WireId and isinstance(value, str | int) and not isinstance(value, bool):
        return WireId(value)
    raise TypeError(f"Expected an id, got `{type(value).__name__}`")


def moment(unix_seconds: float | None) -> datetime | None:
    """The moment of a Unix time in seconds; null, absurd and negative times are unknown."""
    if unix_seconds is None or not 0 < unix_seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(unix_seconds, UTC)

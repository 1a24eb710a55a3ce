"""The names of the output formats, importable without anything that can write them."""

from enum import StrEnum


class Format(StrEnum):
    """How a result is written to stdout."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    YAML = "yaml"
    ID = "id"


def choose_format(wanted: Format | None, *, is_terminal: bool) -> Format:
    """The wanted format, else the one that suits the reader: a person or a pipe."""
    return wanted or (Format.TABLE if is_terminal else Format.PLAIN)

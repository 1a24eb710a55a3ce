"""Results as plain JSON values under their public names: the one shape that every format starts from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, Final

import msgspec

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation
from qsc_bot.models.explanation import TimelineEntry
from qsc_bot.output.text import ELLIPSIS, encodable, mask

Row = dict[str, Any]

NAMES_OF_PEOPLE: Final = frozenset(
    {"conversation", "conversation-list", "conversation-event"}
)  # schemas whose `name` is a customer's

WORDS_OF_PEOPLE: Final = frozenset({"message", "action"})  # kinds of a timeline's entries whose text may be personal


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How the items of one result become rows: which fields, and whether customers' names are shown.

    `parts` names the list in an item whose own items have the fields.
    """

    schema: str
    fields: Sequence[str]
    show_names: bool
    parts: str | None = None

    def row(self, item: msgspec.Struct) -> Row:
        """All fields of an item; names of people are masked here and nowhere else."""
        row = _encode_struct(item, show_names=self.show_names)
        if not self.show_names and self.schema in NAMES_OF_PEOPLE and isinstance(row.get("name"), str):
            row["name"] = mask(row["name"])
        return row

    def rows(self, items: Iterable[msgspec.Struct]) -> Iterator[Row]:
        """All items as rows; a field they do not have is refused at the first one."""
        for at, item in enumerate(items):
            if at == 0:
                self.check(type(item))
            yield self.row(item)

    def choose(self, row: Row) -> Row:
        """The wanted fields of a row in the wanted order, or all of it."""
        if not self.fields:
            return row
        if self.parts is not None:
            return row | {self.parts: [{field: part[field] for field in self.fields} for part in row[self.parts]]}
        return {field: row[field] for field in self.fields}

    def check(self, item_type: type[msgspec.Struct]) -> None:
        """Refuse a field that the items do not have (`usage.invalid`), before anything is written."""
        known = field_names(item_type)
        unknown = [field for field in self.fields if field not in known]
        if unknown:
            raise QscBotError(
                "usage.invalid", f"there is no field {', '.join(unknown)}; the fields are {', '.join(known)}"
            )


@cache
def field_names(item_type: type[msgspec.Struct]) -> tuple[str, ...]:
    """The public names of a struct's fields, in order."""
    return tuple(field.encode_name for field in msgspec.structs.fields(item_type))


def value_at(row: Row, field: str) -> Any:
    """The value of a row's field; a dot leads into a part of it, null where there is no such part."""
    value: Any = row
    for name in field.split("."):
        value = None if value is None else value[name]
    return value


def encode(value: object, *, show_names: bool = True) -> Any:
    """Any value of a result as JSON knows it; moments become UTC with whole seconds."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str():
            return encodable(value)
        case datetime():
            return rfc3339(value)
        case msgspec.Struct():
            return _encode_struct(value, show_names=show_names)
        case Mapping():
            return {encodable(str(key)): encode(part, show_names=show_names) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return _encode_parts(value, show_names=show_names)
        case _:
            return msgspec.to_builtins(value)


def rfc3339(moment: datetime) -> str:
    """A moment in UTC with whole seconds; one without a zone is UTC already."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{aware.astimezone(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"


def _encode_parts(parts: Iterable[object], *, show_names: bool) -> list[Any]:
    return [encode(part, show_names=show_names) for part in parts]


def _encode_struct(item: msgspec.Struct, *, show_names: bool) -> Row:
    row = {
        name: encode(getattr(item, attribute), show_names=show_names)
        for name, attribute in zip(field_names(type(item)), item.__struct_fields__, strict=True)
    }
    if show_names:
        return row
    if isinstance(item, Conversation) and item.name is not None:
        row["name"] = mask(item.name)
    if isinstance(item, TimelineEntry) and item.kind in WORDS_OF_PEOPLE and item.text is not None:
        row["text"] = ELLIPSIS
    return row

"""Strictly checked documents: every fault is named by its file and its path."""

import difflib
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn, cast

from msgspec import inspect as shapes

from qsc_bot.errors import QscBotError

LIMIT_BYTES: Final = 1 << 20
NEWER_HINT: Final = ("install the newer qsc-bot here too; the file itself is in order",)

_SHOWN_LENGTH: Final = 60
_SECRET_KEY: Final = re.compile(r"token|secret|password", re.IGNORECASE)


def check_shape(value: object, shape: type, *, source: str, path: str = "", complete: bool = True) -> dict[str, Any]:
    """The mapping `value` if it fits the struct `shape`; `complete` asks for the required keys as well."""
    return cast("dict[str, Any]", _Check(source, complete).value(value, shapes.type_info(shape), path))


def fault_in(source: str, fault: str) -> QscBotError:
    """The error for a document that cannot be used."""
    return QscBotError("config.invalid", f"{source}: {fault}")


def refuse(source: str, fault: str) -> NoReturn:
    """Raise that error."""
    raise fault_in(source, fault)


def shown(text: str) -> str:
    """A text of the document as messages show it."""
    cut = text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."
    return cut if cut.isprintable() else ascii(cut)


def _child(path: str, key: str) -> str:
    return f"{path}.{shown(key)}" if path else shown(key)


class _Check:
    """Walks values and types side by side, and refuses at the first difference."""

    def __init__(self, source: str, complete: bool) -> None:
        self.source = source
        self.complete = complete

    def value(self, value: object, kind: shapes.Type, path: str, words: str | None = None) -> object:
        match kind:
            case shapes.Metadata(type=inner, extra_json_schema=schema):
                return self.value(value, inner, path, words or (schema or {}).get("description"))
            case shapes.UnionType():
                return self._union(value, kind, path)
            case shapes.StructType() if isinstance(value, dict) or value is None:
                return self._struct(value or {}, kind, path)
            case shapes.DictType() if isinstance(value, dict) or value is None:
                return self._mapping(value or {}, kind, path)
            case shapes.ListType() if isinstance(value, list) or value is None:
                items = enumerate(value or [])
                return [self.value(item, kind.item_type, f"{path}[{at}]") for at, item in items]
        if not _fits(value, kind):
            self._mismatch(value, kind, path, words or _words(kind))
        return value

    def _struct(self, value: Mapping[str, object], kind: shapes.StructType, path: str) -> dict[str, object]:
        fields = {field.encode_name: field for field in kind.fields}
        for key in value:
            if key not in fields:
                self._unknown_key(key, list(fields), path)
        missing = [name for name, field in fields.items() if field.required and name not in value]
        if self.complete and missing:
            refuse(self.source, f"{_child(path, missing[0])} is missing")
        return {key: self.value(item, fields[key].type, _child(path, key)) for key, item in value.items()}

    def _mapping(self, value: Mapping[str, object], kind: shapes.DictType, path: str) -> dict[str, object]:
        for key in value:
            self.value(key, kind.key_type, _child(path, key))
        return {key: self.value(item, kind.value_type, _child(path, key)) for key, item in value.items()}

    def _union(self, value: object, kind: shapes.UnionType, path: str) -> object:
        members = [member for member in kind.types if not isinstance(member, shapes.NoneType)]
        if value is None and len(members) < len(kind.types):
            return None
        if len(members) == 1:
            return self.value(value, members[0], path)
        if not any(_fits(value, member) for member in members):
            self._mismatch(value, kind, path, " or ".join(_words(member) for member in members))
        return value

    def _unknown_key(self, key: str, known: list[str], path: str) -> NoReturn:
        near = next(iter(difflib.get_close_matches(key[:_SHOWN_LENGTH], known, n=1)), None)
        rest = f"the nearest known key is {near}" if near else f"known here: {', '.join(known)}"
        if not near and _SECRET_KEY.search(key):
            rest = "secrets never stand in a file; they come from the environment or from qsc-bot auth login"
        refuse(self.source, f"{_child(path, key)} is not a known key; {rest}")

    def _mismatch(self, value: object, kind: shapes.Type, path: str, expected: str) -> NoReturn:
        fault = f"{path or 'the file'}: expected {expected}, found {_found(value, kind)}"
        if isinstance(kind, shapes.StrType) and _would_fit_quoted(value, kind):
            fault += "; write it in quotes"
        refuse(self.source, fault)


def _fits(value: object, kind: shapes.Type) -> bool:
    match kind:
        case shapes.StrType(pattern=pattern):
            return isinstance(value, str) and (pattern is None or re.fullmatch(pattern, value) is not None)
        case shapes.BoolType():
            return isinstance(value, bool)
        case shapes.IntType(ge=least):
            return type(value) is int and (least is None or value >= least)
        case shapes.LiteralType(values=choices):
            return type(value) in {str, int} and value in choices
    return False


def _would_fit_quoted(value: object, kind: shapes.StrType) -> bool:
    match value:
        case bool():
            return kind.pattern is None
        case int():
            return _fits(str(value), kind)
        case float() if value.is_integer():
            return _fits(str(int(value)), kind)
    return False


def _words(kind: shapes.Type) -> str:
    match kind:
        case shapes.StrType():
            return "text"
        case shapes.BoolType():
            return "true or false"
        case shapes.IntType():
            return "a whole number"
        case shapes.LiteralType(values=choices):
            return " or ".join(str(choice) for choice in choices)
        case shapes.ListType():
            return "a list"
    return "a mapping"


def _found(value: object, kind: shapes.Type) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "a mapping"
    if isinstance(kind, shapes.LiteralType | shapes.UnionType):
        return f"{shown(str(value))!r}"
    return "other text" if isinstance(kind, shapes.StrType) else "text"

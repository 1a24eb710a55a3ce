"""Strictly read YAML: plain values only, and every fault named by its file and its path."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, Final, NoReturn, cast

import yaml
from msgspec import inspect as shapes

from qsc_bot.errors import QscBotError

LIMIT_BYTES: Final = 1 << 20
NEWER_HINT: Final = ("install the newer qsc-bot here too; the file itself is in order",)

_DEPTH_LIMIT: Final = 20
_EVENT_LIMIT: Final = 50_000  # about a second's work
_SHOWN_LENGTH: Final = 60
_NULLS: Final = frozenset({"", "~", "null"})
_BOOLEANS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_SECRET_KEY: Final = re.compile(r"token|secret|password", re.IGNORECASE)


def parse_document(content: bytes, *, source: str) -> object:
    """The plain values of one YAML document; `config.invalid` for anything that YAML can do beyond them."""
    if len(content) > LIMIT_BYTES:
        _refuse(source, "is larger than 1 MiB")
    try:
        text = content.decode("utf-8")
        return _read_document(_events(text, source), source)
    except UnicodeDecodeError as error:
        raise _fault(source, f"is not UTF-8 text (at byte {error.start + 1})") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _fault(source, f"line {line}: holds a character that YAML forbids") from error
    except yaml.MarkedYAMLError as error:
        raise _fault(source, _syntax_fault(error)) from error


def check_shape(value: object, shape: type, *, source: str, path: str = "", complete: bool = True) -> dict[str, Any]:
    """The mapping `value` if it fits the struct `shape`; `complete` asks for the required keys as well."""
    return cast("dict[str, Any]", _Check(source, complete).value(value, shapes.type_info(shape), path))


def set_key(content: bytes, key: str, value: str, *, after: str, source: str) -> bytes:
    """The document with a top-level `key` set and all else kept as written; a new key goes behind `after`.

    Where the result would not read as wanted, as in a document of braces, it is `config.invalid`.
    """
    before = parse_document(content, source=source) or {}
    changed = _with_key(content.decode("utf-8"), key, json.dumps(value), after=after).encode("utf-8")
    wanted = {**before, key: value} if isinstance(before, dict) else None
    if wanted is None or not _reads_as(wanted, changed, source):
        _refuse(source, f"cannot be changed safely; write {key}: {value} into it by hand")
    return changed


def _reads_as(wanted: object, content: bytes, source: str) -> bool:
    try:
        return parse_document(content, source=source) == wanted
    except QscBotError:
        return False


def _with_key(text: str, key: str, written: str, *, after: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    nodes = {name.value: node for name, node in root.value} if isinstance(root, yaml.MappingNode) else {}
    if old := nodes.get(key):
        head, tail = text[: old.start_mark.index], text[old.end_mark.index :]
        return f"{head}{' ' if head.endswith(':') else ''}{written}{tail}"
    at = len(text) if root is None else root.start_mark.index
    if after in nodes:
        at = text.find("\n", nodes[after].end_mark.index) + 1 or len(text)
    gap = newline if at == len(text) and text and not text.endswith("\n") else ""
    return f"{text[:at]}{gap}{key}: {written}{newline}{text[at:]}"


def _fault(source: str, fault: str) -> QscBotError:
    return QscBotError("config.invalid", f"{source}: {fault}")


def _refuse(source: str, fault: str) -> NoReturn:
    raise _fault(source, fault)


def _syntax_fault(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "cannot be read as YAML"
    if r"'\t'" in problem:
        problem = "a tab stands where only spaces may; indent with spaces"
    mark = error.problem_mark or error.context_mark
    return f"{_place(mark)}: {problem}" if mark else problem


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _events(text: str, source: str) -> Iterator[Any]:
    for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
        if count > _EVENT_LIMIT:
            _refuse(source, f"holds more than {_EVENT_LIMIT} values")
        yield event


def _read_document(events: Iterator[Any], source: str) -> object:
    value: object = None
    ended = False
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and ended:
            _refuse(source, f"{_place(event.start_mark)}: a second document begins; only one is read")
        if isinstance(event, yaml.NodeEvent):
            value = _read_value(event, events, source, depth=0)
        ended = ended or isinstance(event, yaml.DocumentEndEvent)
    return value


def _read_value(event: Any, events: Iterator[Any], source: str, *, depth: int) -> object:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        _refuse(source, f"{_place(event.start_mark)}: anchors and aliases are not allowed; write the value out")
    if event.tag is not None:
        _refuse(source, f"{_place(event.start_mark)}: tags such as !name are not allowed")
    if isinstance(event, yaml.ScalarEvent):
        return _read_scalar(event.value) if event.implicit[0] else event.value
    if depth >= _DEPTH_LIMIT:
        _refuse(source, f"{_place(event.start_mark)}: nested too deep")
    if isinstance(event, yaml.SequenceStartEvent):
        return _read_list(events, source, depth=depth + 1)
    return _read_mapping(events, source, depth=depth + 1)


def _read_scalar(text: str) -> object:
    word = text.lower()
    if word in _NULLS:
        return None
    if word in _BOOLEANS:
        return _BOOLEANS[word]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _read_list(events: Iterator[Any], source: str, *, depth: int) -> list[object]:
    items = takewhile(lambda event: not isinstance(event, yaml.SequenceEndEvent), events)
    return [_read_value(item, events, source, depth=depth) for item in items]


def _read_mapping(events: Iterator[Any], source: str, *, depth: int) -> dict[str, object]:
    mapping: dict[str, object] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        key = _read_value(event, events, source, depth=depth)
        if not isinstance(key, str):
            _refuse(source, f"{_place(event.start_mark)}: this key is no text; write it in quotes")
        if key == "<<" and event.implicit[0]:
            _refuse(source, f"{_place(event.start_mark)}: merge keys (<<) are not allowed")
        if key in mapping:
            _refuse(source, f"{_place(event.start_mark)}: the key {_shown(key)} stands twice")
        mapping[key] = _read_value(next(events), events, source, depth=depth)
    return mapping


def _shown(text: str) -> str:
    cut = text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."
    return cut if cut.isprintable() else ascii(cut)


def _child(path: str, key: str) -> str:
    return f"{path}.{_shown(key)}" if path else _shown(key)


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
            _refuse(self.source, f"{_child(path, missing[0])} is missing")
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
        _refuse(self.source, f"{_child(path, key)} is not a known key; {rest}")

    def _mismatch(self, value: object, kind: shapes.Type, path: str, expected: str) -> NoReturn:
        fault = f"{path or 'the file'}: expected {expected}, found {_found(value, kind)}"
        if isinstance(kind, shapes.StrType) and _would_fit_quoted(value, kind):
            fault += "; write it in quotes"
        _refuse(self.source, fault)


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
        return f"{_shown(str(value))!r}"
    return "other text" if isinstance(kind, shapes.StrType) else "text"

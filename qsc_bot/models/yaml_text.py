"""Strictly read YAML: plain values only, and every fault named by its file and its line."""

import json
import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any, Final

import yaml

from qsc_bot.errors import QscBotError
from qsc_bot.models.document import LIMIT_BYTES, fault_in, refuse, shown

_DEPTH_LIMIT: Final = 20
_EVENT_LIMIT: Final = 50_000  # about a second's work
_NULLS: Final = frozenset({"", "~", "null"})
_BOOLEANS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER: Final = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


def parse_document(content: bytes, *, source: str) -> object:
    """The plain values of one YAML document; `config.invalid` for anything that YAML can do beyond them."""
    if len(content) > LIMIT_BYTES:
        refuse(source, "is larger than 1 MiB")
    try:
        text = content.decode("utf-8")
        return _read_document(_events(text, source), source)
    except UnicodeDecodeError as error:
        raise fault_in(source, f"is not UTF-8 text (at byte {error.start + 1})") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise fault_in(source, f"line {line}: holds a character that YAML forbids") from error
    except yaml.MarkedYAMLError as error:
        raise fault_in(source, _syntax_fault(error)) from error


def set_key(content: bytes, key: str, value: str, *, after: str, source: str) -> bytes:
    """The document with a top-level `key` set and all else kept as written; a new key goes behind `after`.

    Where the result would not read as wanted, as in a document of braces, it is `config.invalid`.
    """
    before = parse_document(content, source=source) or {}
    changed = _with_key(content.decode("utf-8"), key, json.dumps(value), after=after).encode("utf-8")
    wanted = {**before, key: value} if isinstance(before, dict) else None
    if wanted is None or not _reads_as(wanted, changed, source):
        refuse(source, f"cannot be changed safely; write {key}: {value} into it by hand")
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
            refuse(source, f"holds more than {_EVENT_LIMIT} values")
        yield event


def _read_document(events: Iterator[Any], source: str) -> object:
    value: object = None
    ended = False
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and ended:
            refuse(source, f"{_place(event.start_mark)}: a second document begins; only one is read")
        if isinstance(event, yaml.NodeEvent):
            value = _read_value(event, events, source, depth=0)
        ended = ended or isinstance(event, yaml.DocumentEndEvent)
    return value


def _read_value(event: Any, events: Iterator[Any], source: str, *, depth: int) -> object:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        refuse(source, f"{_place(event.start_mark)}: anchors and aliases are not allowed; write the value out")
    if event.tag is not None:
        refuse(source, f"{_place(event.start_mark)}: tags such as !name are not allowed")
    if isinstance(event, yaml.ScalarEvent):
        return _read_scalar(event.value) if event.implicit[0] else event.value
    if depth >= _DEPTH_LIMIT:
        refuse(source, f"{_place(event.start_mark)}: nested too deep")
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
            refuse(source, f"{_place(event.start_mark)}: this key is no text; write it in quotes")
        if key == "<<" and event.implicit[0]:
            refuse(source, f"{_place(event.start_mark)}: merge keys (<<) are not allowed")
        if key in mapping:
            refuse(source, f"{_place(event.start_mark)}: the key {shown(key)} stands twice")
        mapping[key] = _read_value(next(events), events, source, depth=depth)
    return mapping

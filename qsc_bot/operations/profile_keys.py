"""The keys of a profile as a command line sets them: `messenger.page_id=123`, `topic_ids=[1, 2]`, `region=`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from qsc_bot.config import refuse_unknown
from qsc_bot.credentials.secrets import Secrets
from qsc_bot.errors import QscBotError
from qsc_bot.models.document import check_shape
from qsc_bot.models.profile import SANDBOX_NAME, ProfileKeys, check_name
from qsc_bot.models.yaml_text import parse_document
from qsc_bot.operations.profile import show_profile
from qsc_bot.results import Record
from qsc_bot.user_file import UserFile

_REQUIRED: Final = "account_id"
_NULLS: Final = frozenset({"null", "~"})


def set_profile(
    file: UserFile,
    name: str,
    assignments: Sequence[str],
    secrets: Secrets,
    *,
    yes: bool,
    confirm: Callable[[], None],
) -> Record:
    """Set, add and remove keys of one profile in the user file; a new profile needs its account_id.

    Everything is checked as the reader of the file checks it before `confirm` may ask and anything is written. Raises
    `usage.invalid` for words that assign nothing or what cannot be, `config.host` for an address that is not allowed,
    `usage.confirmation` where comments would be lost.
    """
    check_name(name)
    old = file.profile(name)
    with _blamed_on_words(file):
        keys = old or {}
        for assignment in assignments:
            keys = _assigned(keys, assignment, where=f"profiles.{name}", source=str(file.path))
        if old is None and _REQUIRED not in keys:
            refuse_unknown(name, [*file.check().profiles, SANDBOX_NAME])
        changed = file.with_profile(name, keys)
        profile = changed.check().profiles[name]
    if keys == old:
        return show_profile(profile, secrets, outcome="unchanged")
    file.check_rewritable(yes=yes)
    confirm()
    changed.write()
    return show_profile(profile, secrets, outcome="created" if old is None else "updated")


@contextmanager
def _blamed_on_words(file: UserFile) -> Iterator[None]:
    """The file was in order when it was opened, so that what its checker finds now is a fault of the words."""
    try:
        yield
    except QscBotError as fault:
        if fault.code != "config.invalid":
            raise
        message = fault.message.removeprefix(f"{file.path}: ")
        raise QscBotError("usage.invalid", message, hint=fault.hint) from None


def check_deletable(file: UserFile, name: str, *, yes: bool) -> None:
    """Refuse a profile that does not stand in the user file, and to lose comments without --yes."""
    check_name(name)
    if file.profile(name) is None:
        refuse_unknown(name, list(file.check().profiles))
    file.check_rewritable(yes=yes)


def delete_profile(file: UserFile, name: str, secrets: Secrets) -> Record:
    """Take a profile out of the user file; what a login stored for it stays, and that is told."""
    record = show_profile(file.check().profiles[name], secrets, outcome="deleted")
    record.warnings = []
    changed = file.without_profile(name)
    changed.write()
    if file.keys.get("default_profile") == name:
        record.warnings = ["there is no default profile now; qsc-bot profile use NAME sets one"]
    record.next = (f"qsc-bot auth logout -p {name}  # its stored secrets stay until then",)
    return record


def _assigned(keys: Mapping[str, Any], assignment: str, *, where: str, source: str) -> dict[str, Any]:
    path, equals, text = assignment.partition("=")
    parts = path.strip().split(".")
    if not equals or not all(parts):
        raise QscBotError("usage.invalid", f"{assignment[:80]!r} assigns nothing; write KEY=VALUE, or KEY= to remove")
    if not text.strip():
        return _without(keys, parts, where=where, source=source)
    return _with(keys, parts, _read_value(parts, text.strip(), where=where, source=source))


def _read_value(parts: Sequence[str], text: str, *, where: str, source: str) -> object:
    """The first reading of the text that the key takes: as YAML, with its numbers as text, or as it is."""
    faults: list[QscBotError] = []
    for value in _readings(text):
        try:
            check_shape(_with({}, parts, value), ProfileKeys, source=source, path=where, complete=False)
        except QscBotError as fault:
            faults.append(fault)
        else:
            return value
    raise faults[0]


def _readings(text: str) -> Iterator[object]:
    try:
        value = parse_document(text.encode("utf-8"), source="the value")
    except (QscBotError, UnicodeEncodeError):
        yield text
        return
    is_whole = "#" not in text and (value is not None or text.lower() in _NULLS)  # else YAML took a part for a comment
    if is_whole:
        yield value
    if isinstance(value, list):
        yield [str(one) if type(one) is int else one for one in value]
    yield text


def _with(keys: Mapping[str, Any], parts: Sequence[str], value: object) -> dict[str, Any]:
    first, *rest = parts
    inner = keys.get(first)
    return {**keys, first: _with(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}


def _without(keys: Mapping[str, Any], parts: Sequence[str], *, where: str, source: str) -> dict[str, Any]:
    first, *rest = parts
    if first not in keys or (rest and not isinstance(keys[first], dict)):
        raise QscBotError("config.invalid", f"{source}: {where}.{first} is not set, so it cannot be removed")
    kept = {key: value for key, value in keys.items() if key != first}
    inner = _without(keys[first], rest, where=f"{where}.{first}", source=source) if rest else {}
    return {key: inner if key == first else value for key, value in keys.items()} if inner else kept

"""The form: what a person enters in the settings screen, in its order; data first, and the text made of it.

The screen, its fields and the actions are documented. Assumed: how the filter builder names its conditions, that a
topic is found by its id, and that the action offers an Authorization header; the form says so beside each.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from msgspec.structs import replace

from qsc_bot.models.registry import PRIVATE_MESSAGES, Content
from qsc_bot.models.setup import FormEntry, SetupForm
from qsc_bot.setup.marker import with_marker, without_marker

SCREEN: Final = ("user icon, top right", "Account settings", "Automation recipes", "On new mention / case")
ADD: Final = "Add automation recipe"
WIDTH: Final = 40
MASK: Final = "***"
SECRET_MARK: Final = "{secret}"  # noqa: S105  # the placeholder that people write, not a secret
UNSURE: Final = "may be called differently"
TAKE_OUT: Final = "take this out"
ONLY_PROVEN: Final = (
    "what stands there now is known from deliveries, which prove the address and not the filter: compare that too"
)
COMPARE: Final = "this stood there before the last change, which may have been entered since: compare each value"


@dataclass(frozen=True, kw_only=True)
class Revealed:
    """The secrets that may stand in the form; None shows a placeholder."""

    url_secret: str | None = None
    authorization: str | None = None


@dataclass(frozen=True, kw_only=True)
class Screen:
    """The account's screen: its web host, and its own filter for private messages where the profile knows it now."""

    host: str
    private_message_filter: str | None = None


_Key = tuple[str, int]


def whole_form(name: str, content: Content, *, revision: str, screen: Screen, revealed: Revealed) -> SetupForm:
    """Everything that a new recipe needs."""
    entries = _entries(name, content, revision=revision, revealed=revealed)
    return SetupForm(host=screen.host, path=[*SCREEN, ADD], entries=list(entries.values()))


def changes_form(
    name: str, old: tuple[Content, str], new: tuple[Content, str], *, screen: Screen, revealed: Revealed
) -> SetupForm:
    """The entries that differ between two contents, each with its revision."""
    hidden = Revealed()
    before = _entries(name, old[0], revision=old[1], revealed=hidden)
    after = _entries(name, new[0], revision=new[1], revealed=hidden)
    shown = _entries(name, new[0], revision=new[1], revealed=revealed)
    changed = [
        replace(shown[key], before=_value(before, key))
        for key, one in after.items()
        if _value(before, key) != one.value
    ]
    gone = [one for key, one in before.items() if key not in after]
    taken_out = [
        FormEntry(number=len(after) + at, label=one.label, value="", note=TAKE_OUT, before=one.value)
        for at, one in enumerate(gone, start=1)
    ]
    return SetupForm(host=screen.host, path=[*SCREEN, name], entries=[*changed, *taken_out])


def switch_form(name: str, *, enabled: bool, screen: Screen) -> SetupForm:
    """Switch one recipe on or off."""
    entry = FormEntry(number=1, label="Enabled", value=_on(enabled), note=UNSURE, before=_on(not enabled))
    return SetupForm(host=screen.host, path=[*SCREEN, name], entries=[entry])


def delete_form(name: str, *, screen: Screen) -> SetupForm:
    """Delete one recipe."""
    entry = FormEntry(number=1, label="Delete this recipe", value=name, note="if it is there")
    return SetupForm(host=screen.host, path=[*SCREEN], entries=[entry])


def has_stray_braces(url: str) -> bool:
    """Whether an address holds braces other than those of the secret's place, which nothing would fill in."""
    rest = url.replace(SECRET_MARK, "")
    return "{" in rest or "}" in rest


def changed_labels(form: SetupForm) -> str:
    """The fields of a form in one line."""
    return ", ".join(entry.label for entry in form.entries)


def text_of(form: SetupForm) -> str:
    """The form on lines: each value alone on one, whole, whatever the width; only words around them are wrapped."""
    lines = [f"At https://{form.host}/", *_wrap(" > ".join(form.path)), ""]
    lines += [*_wrap(f"({form.note})"), ""] if form.note else []
    for entry in form.entries:
        lines += _wrap(f"{entry.number}. {entry.label}")
        lines += _wrap(f"({entry.note})") if entry.note else []
        if entry.before:
            lines += ["from:", entry.before, *(["to:"] if entry.value else [])]
        lines += [entry.value, ""] if entry.value else [""]
    return "\n".join(lines)


def _wrap(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _value(entries: Mapping[_Key, FormEntry], key: _Key) -> str | None:
    return entries[key].value if key in entries else None


def _entries(name: str, content: Content, *, revision: str, revealed: Revealed) -> dict[_Key, FormEntry]:
    fields = [
        ("Name", name, None),
        *(("Topic", topic, "the topic of this id; the screen may show its name") for topic in content.topic_ids),
        *_filter(content),
        *_action(name, content, revision=revision, revealed=revealed),
        ("Active", content.active.replace("-", " "), UNSURE),
        ("Enabled", _on(content.enabled), UNSURE),
        (
            "Ask your Customer Success Manager to sign the deliveries of this recipe",
            name,
            "name the client id of your API client too; its client secret is QSC_BOT_CLIENT_SECRET",
        ),
    ]
    return dict(_numbered(fields))


def _numbered(fields: Sequence[tuple[str, str, str | None]]) -> Iterator[tuple[_Key, FormEntry]]:
    seen: dict[str, int] = {}
    for number, (label, value, note) in enumerate(fields, start=1):
        seen[label] = seen.get(label, 0) + 1
        yield (label, seen[label]), FormEntry(number=number, label=label, value=value, note=note)


def _filter(content: Content) -> Iterator[tuple[str, str, str | None]]:
    kind, _, text = content.filter.partition(":")
    if kind == "saved":
        yield "Filter", "all new mentions matching a saved filter", UNSURE
        yield "Saved filter", text, None
    else:
        yield "Filter", "all new mentions matching a filter", UNSURE
        private = content.private_message_filter or "private messages"
        yield "Condition", text if kind == "filter" else private, UNSURE
    if content.exclude_tag is not None:
        yield "Condition: leave out contacts with this tag", content.exclude_tag, UNSURE


def _action(name: str, content: Content, *, revision: str, revealed: Revealed) -> Iterator[tuple[str, str, str | None]]:
    is_private = content.filter == PRIVATE_MESSAGES
    url = with_marker(content.url, name=name, revision=revision) if content.marker else without_marker(content.url)
    yield "Action", "Trigger a webhook", None
    yield "Webhook name", content.webhook, None
    yield "Description", f"Sends each new {'private message' if is_private else 'matching mention'} to the bot", None
    yield "HTTP verb", "POST", "only POST is signed"
    yield "URL", filled(url, revealed.url_secret), _url_note(url, revealed.url_secret)
    if content.authorization:
        note = "if the form offers it" if revealed.authorization else "if the form offers it; the value is kept nowhere"
        yield "Authorization header", revealed.authorization or MASK, note
    yield "Body", "[mention]", None


def filled(url: str, secret: str | None) -> str:
    """The address with the secret in its place, where there is one."""
    return url.replace(SECRET_MARK, quote(secret, safe="")) if secret else url


def _url_note(url: str, secret: str | None) -> str | None:
    return f"put the secret in the place of {SECRET_MARK}" if SECRET_MARK in url and not secret else None


def _on(enabled: bool) -> str:
    return "enabled" if enabled else "disabled"

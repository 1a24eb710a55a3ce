"""From what a person typed or piped to conversation ids: every accepted spelling, every slip answered."""

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from qsc_bot.control.driver import DEFAULT_METHODS
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import ConversationId
from qsc_bot.models.mention import Mention
from qsc_bot.models.profile import Profile
from qsc_bot.operations.connection import Connection

KNOWN_SERVICES: Final = frozenset(DEFAULT_METHODS) | {"twitter", "wechat"}
"""Services that the vendor's pages name; the profile's `channels` adds others."""
SLIPS: Final = {
    "x": "twitter",
    "livechat": "web",
    "live-chat": "web",
    "messenger": "facebook",
    "fb": "facebook",
    "wa": "whatsapp",
}
PHONE_SERVICES: Final = frozenset({"whatsapp", "viber", "twilio"})
_MENTION: Final = re.compile(r"(\d{1,20})_(\d{1,40})")
_CONTACT: Final = re.compile(r"\d{1,40}")
_PERMALINK: Final = re.compile(r"<?https://(app|us)\.engagor\.com/messages/(\d+)/permalink/(\d+)/(\d+)/?>?")


@dataclass(frozen=True)
class Target:
    """One conversation, and the mention it was named by, if any."""

    id: ConversationId
    mention: Mention | None = None


def clean_ids(lines: Iterable[str], *, tell: Callable[[str], None]) -> list[str]:
    """The ids in a list: the text up to the first tab, without byte-order mark, blank lines and duplicates.

    What was left out is told; an empty list raises `usage.ids`.
    """
    ids: dict[str, None] = {}
    blank = double = 0
    for line in lines:
        text = line.partition("\t")[0].strip().strip("\ufeff").strip()
        blank += not text
        double += text in ids
        if text:
            ids[text] = None
    left_out = [f"{count} {what}" for count, what in ((blank, "blank"), (double, "double")) if count]
    if left_out:
        tell(f"left out {' and '.join(left_out)} line{'s' if blank + double > 1 else ''} of the list of ids")
    if not ids:
        raise QscBotError("usage.ids", "the list of ids is empty")
    return list(ids)


@dataclass(frozen=True)
class MentionName:
    """A mention, named by its id or permalink: whose conversation it is, one call tells."""

    topic: str
    mention: str


@dataclass(frozen=True)
class ContactName:
    """A contact, named by its own id: which conversations are its, one call tells."""

    id: str


Named = ConversationId | MentionName | ContactName


def resolve(
    connection: Connection, texts: Sequence[str], *, one_each: bool, tell: Callable[[str], None]
) -> list[Target]:
    """Conversation ids for what was typed; `one_each` refuses a contact that has several (`usage.ambiguous`).

    Mention ids, permalinks and contact ids are looked up by the API; conversation ids cost nothing. All spellings are
    checked before the first call goes out.
    """
    return look_up(connection, parse_ids(connection.profile, texts, tell=tell), one_each=one_each)


def parse_ids(profile: Profile, texts: Sequence[str], *, tell: Callable[[str], None]) -> list[Named]:
    """What each text names, without a call; raises `usage.id`, `usage.service`, `access.account`."""
    return [_parse(text, profile, tell) for text in texts]


def look_up(connection: Connection, named: Iterable[Named], *, one_each: bool) -> list[Target]:
    """The conversations that were named, each once; mentions and contacts cost a call each."""
    found: dict[ConversationId, Target] = {}
    for one in named:
        for target in _targets(connection, one, one_each=one_each):
            found.setdefault(target.id, target)
    return list(found.values())


def _targets(connection: Connection, named: Named, *, one_each: bool) -> list[Target]:
    match named:
        case MentionName(topic, mention):
            return [_by_mention(connection, topic, mention)]
        case ContactName(contact_id):
            return _by_contact(connection, contact_id, one_each=one_each)
        case ConversationId():
            return [Target(named)]


def _parse(text: str, profile: Profile, tell: Callable[[str], None]) -> Named:
    if link := _PERMALINK.fullmatch(text):
        region, account, topic, mention = link.groups()
        other_region = profile.api_url is None and not profile.web_host.startswith(f"{region}.")
        if account != profile.account_id or other_region:
            raise QscBotError(
                "access.account",
                f"{text} belongs to another account",
                expected=f"{profile.web_host}, account {profile.account_id}",
                found=f"{region}.engagor.com, account {account}",
            )
        return MentionName(topic, mention)
    if pair := _MENTION.fullmatch(text):
        return MentionName(pair[1], pair[2])
    if _CONTACT.fullmatch(text):
        return ContactName(text)
    return _conversation_id(text, profile, tell)


def _conversation_id(text: str, profile: Profile, tell: Callable[[str], None]) -> ConversationId:
    person = spelled(text, tell)
    check_service(profile, person.service)
    return person


def spelled(text: str, tell: Callable[[str], None]) -> ConversationId:
    """A conversation id as people spell it; raises `usage.id`, and `usage.service` for a slip."""
    if "://" in text:
        raise QscBotError(
            "usage.id",
            f"{text[:200]!r} is no permalink of the inbox",
            expected="https://app.engagor.com/messages/ACCOUNT/permalink/TOPIC/MENTION/",
        )
    service, colon, service_id = text.partition(":")
    if colon and service.lower() in SLIPS:
        raise QscBotError(
            "usage.service",
            f"{service!r} is no service",
            hint=(f"write {SLIPS[service.lower()]}:{service_id}",),
        )
    person = ConversationId.parse(text)
    if person.service in PHONE_SERVICES and service_id.startswith("+"):
        tell(f"{text}: read as {person.service}:{service_id[1:]}")
        return ConversationId.parse(f"{person.service}:{service_id[1:]}")
    return person


def without_call(text: str, tell: Callable[[str], None]) -> ConversationId:
    """A conversation id as typed; raises `usage.id` for what only the API can resolve, naming how to have that done."""
    if any(pattern.fullmatch(text) for pattern in (_MENTION, _CONTACT, _PERMALINK)):
        raise QscBotError(
            "usage.id",
            f"{text} is resolved by a call, and none is made here",
            expected="SERVICE:SERVICE_ID",
            hint=(f"qsc-bot conversation show {shlex.quote(text)} -o id",),
        )
    return spelled(text, tell)


def check_service(profile: Profile, service: str) -> str:
    """A service that is known, or named under `channels`; raises `usage.service` naming the nearest."""
    known = KNOWN_SERVICES | set(profile.channels)
    if service in known:
        return service
    near = [SLIPS[service]] if service in SLIPS else get_close_matches(service, known, n=1)
    raise QscBotError(
        "usage.service",
        f"{service[:40]!r} is not a known service",
        hint=(
            *(f"did you mean {one}?" for one in near),
            f"if it is one, name it in the profile: channels: {{{service[:40]}: tag}}",
        ),
        expected=", ".join(sorted(known)),
    )


def _by_mention(connection: Connection, topic: str, mention_id: str) -> Target:
    mention = connection.mentions.read(topic, mention_id)
    if mention.conversation is None:
        raise QscBotError(
            "usage.id",
            f"{topic}_{mention_id} was written by our own side and does not say to whom",
            hint=("name a message of the customer, or the conversation itself",),
        )
    return Target(mention.conversation, mention)


def _by_contact(connection: Connection, contact_id: str, *, one_each: bool) -> list[Target]:
    people = connection.contacts.read_by_id(contact_id).conversations
    if not people:
        raise QscBotError("contact.not_found", f"contact {contact_id} has no conversation that the API tells")
    if one_each and len(people) > 1:
        raise QscBotError(
            "usage.ambiguous",
            f"contact {contact_id} has {len(people)} conversations",
            hint=tuple(str(person) for person in people),
        )
    return [Target(person) for person in people]

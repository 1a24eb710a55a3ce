"""Why it cannot be read who holds a conversation, or what the contact's tags are."""

import json
import re
import shlex
from collections.abc import Callable
from typing import Final

from qsc_bot.api.contacts import NEED_TOPICS, UNSUPPORTED
from qsc_bot.models.conversation import Control, ConversationId, Method
from qsc_bot.operations.case import Case, Proof, Rule, quoted
from qsc_bot.operations.observed import control_seen

PLAIN_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")
PARTS: Final = ("control", "contact")
TOKEN_FAULTS: Final = frozenset({"auth.no_token", "auth.rejected", "access.account"})
TOLD: Final = TOKEN_FAULTS | {
    "access.scope",
    "access.denied",
    "config.topic",
    "contact.not_found",
    "conversation.not_found",
}


def _failed(*codes: str) -> Callable[[Case], bool]:
    return lambda case: any(case.failure_of(part) in codes for part in PARTS)


def _told(*codes: str) -> Callable[[Case], list[str]]:
    def tell(case: Case) -> list[str]:
        found = [case.failures[part].message for part in PARTS if case.failure_of(part) in codes]
        return list(dict.fromkeys(found))

    return tell


def _other_spellings(case: Case) -> list[str]:
    wanted = case.profile.escalation_tag
    return [tag for tag in case.row.tags or () if tag != wanted and tag.casefold() == wanted.casefold()]


def _is_misspelled(case: Case) -> bool:
    return case.row.escalated is None and bool(_other_spellings(case))


def _is_handover_unreadable(case: Case) -> bool:
    return case.is_held_by(Control.UNKNOWN, by=Method.HANDOVER) and case.reading.failure is None


def _is_without_messenger(case: Case) -> bool:
    return case.row.method is Method.MESSENGER and case.profile.messenger is None


def _is_without_tag_calls(case: Case) -> bool:
    return case.row.method is Method.TAG and case.id.service in UNSUPPORTED


def _is_unread_otherwise(case: Case) -> bool:
    return case.reading.failure is not None and case.failure_of("control") not in TOLD


def _are_tags_missing(case: Case) -> bool:
    is_read = case.reading.failure is None and case.id.service not in UNSUPPORTED
    return case.is_held_by(Control.UNKNOWN, by=Method.TAG) and is_read and case.row.tags is None


def _raw(method: str, noun: str, person: ConversationId, *fields: str) -> list[str]:
    """A raw call about one person, where the id can stand in an address as it is."""
    if not PLAIN_ID.fullmatch(person.service_id):
        return []
    path = f"/{{account_id}}/inbox/{noun}/{person.service}/{person.service_id}"
    return [shlex.join(["qsc-bot", "api", method, path, *(word for one in fields for word in ("-F", one))])]


def _topics(case: Case) -> list[str]:
    return [f"topic_ids={','.join(case.topics)}"] if case.id.service in NEED_TOPICS and case.topics else []


def _take_off(case: Case) -> list[str]:
    """The calls that take the other spellings off; a tag with invisible characters cannot be pasted."""
    options = f"options={json.dumps({'tags_edit_mode': 'delete'})}"
    tags = [tag for tag in _other_spellings(case) if tag.isprintable()]
    updates = [f"updates={json.dumps({'tags': [tag]}, ensure_ascii=False)}" for tag in tags]
    return [line for one in updates for line in _raw("POST", "contact", case.id, one, options, *_topics(case))]


def _again(case: Case) -> list[str]:
    return [case.line("conversation explain")]


def _auth_status(_case: Case) -> list[str]:
    return ["qsc-bot auth status"]


UNREADABLE: Final = (
    Rule(
        code="token_refused",
        proof=Proof.SEEN,
        holds=_failed(*TOKEN_FAULTS),
        text=lambda _: "A token is missing or was refused, so not all could be read.",
        evidence=_told(*TOKEN_FAULTS),
        cure=_auth_status,
    ),
    Rule(
        code="scope_missing",
        proof=Proof.SEEN,
        holds=_failed("access.scope"),
        text=lambda _: (
            "Who holds it cannot be read: the token may lack the scope accounts_handover, or the account "
            "the handover calls, which are marked alpha."
        ),
        evidence=_told("access.scope"),
        cure=_auth_status,
    ),
    Rule(
        code="not_permitted",
        proof=Proof.SEEN,
        holds=_failed("access.denied"),
        text=lambda _: "The token may not read this.",
        evidence=_told("access.denied"),
        cure=_auth_status,
    ),
    Rule(
        code="topic_missing",
        proof=Proof.SEEN,
        holds=_failed("config.topic"),
        text=lambda case: (
            f"The contact cannot be read: contact calls for {case.id.service} need a topic. "
            "Set topic_ids in the profile to one of the account's topics."
        ),
        evidence=_told("config.topic"),
        cure=lambda _: ["qsc-bot api GET /me/accounts"],
    ),
    Rule(
        code="contact_not_found",
        proof=Proof.SEEN,
        holds=_failed("contact.not_found"),
        text=lambda _: (
            "Social Connect does not know this contact, so its tags cannot be read. "
            "It can also mean that the token may not see it."
        ),
        evidence=_told("contact.not_found"),
        cure=_auth_status,
    ),
    Rule(
        code="conversation_not_found",
        proof=Proof.SEEN,
        holds=_failed("conversation.not_found"),
        text=lambda _: (
            "The side that keeps control does not know this conversation. "
            "It can also mean that the token may not see it."
        ),
        evidence=_told("conversation.not_found"),
        cure=_auth_status,
    ),
    Rule(
        code="no_messenger_section",
        proof=Proof.SEEN,
        holds=_is_without_messenger,
        text=lambda case: (
            f"Who holds it cannot be read: {case.id.service} moves by Messenger, and the profile has no "
            "messenger section."
        ),
        evidence=control_seen,
        cure=lambda case: [f"qsc-bot profile show {case.profile.name}"],
    ),
    Rule(
        code="handover_unreadable",
        proof=Proof.SEEN,
        holds=_is_handover_unreadable,
        text=lambda _: (
            "Who holds it cannot be read: Social Connect answers, but not in words that this tool knows. "
            "It is not taken to be the bot."
        ),
        evidence=control_seen,
        cure=lambda case: _raw("GET", "handover", case.id),
    ),
    Rule(
        code="no_tag_calls",
        proof=Proof.SEEN,
        holds=_is_without_tag_calls,
        text=lambda case: (
            f"Who holds it cannot be read: the profile moves {case.id.service} by the tag, and contact "
            "calls do not support this service."
        ),
        evidence=control_seen,
        cure=lambda case: case.setting(f"channels.{case.id.service}=messenger"),
    ),
    Rule(
        code="tags_unreadable",
        proof=Proof.SEEN,
        holds=_are_tags_missing,
        text=lambda _: "Who holds it cannot be read: the contact's answer holds no tags.",
        evidence=control_seen,
        cure=lambda case: _raw("GET", "contact", case.id, *_topics(case)),
    ),
    Rule(
        code="tag_spelling",
        proof=Proof.SEEN,
        holds=_is_misspelled,
        text=lambda case: (
            f"The contact bears a tag that differs from {quoted(case.profile.escalation_tag)} in case only. How Social "
            "Connect compares tags is not documented, so it counts neither as on nor as off. Take it off, and put the "
            "right one on if agents are to have it."
        ),
        evidence=lambda case: [f"the contact bears {', '.join(map(quoted, _other_spellings(case)))}"],
        cure=lambda case: [*_take_off(case), case.line("escalation add")],
    ),
    Rule(
        code="control_unreadable",
        proof=Proof.SEEN,
        holds=_is_unread_otherwise,
        text=lambda _: "Who holds it could not be read this time.",
        evidence=control_seen,
        cure=_again,
    ),
)

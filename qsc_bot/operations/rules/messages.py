"""Messages that were not seen: then it is not known whether anybody waits."""

from typing import Final

from qsc_bot.models.conversation import Control
from qsc_bot.models.wording import counted
from qsc_bot.operations.case import Case, Proof, Rule, clock_time, quoted
from qsc_bot.operations.observed import messages_seen

FURTHER_BACK: Final = "28d"
"""The longest window that the list of messages has by default."""


def _is_unread(case: Case) -> bool:
    return "messages" in case.failures or "thread" in case.failures


def _is_no_message_private(case: Case) -> bool:
    return case.inbox.seen > 0 and case.inbox.private == 0 and case.profile.private_message_filter is None


def _is_unseen(case: Case) -> bool:
    return case.row.last_message_at is None and not _is_unread(case) and not _is_no_message_private(case)


def _inbox_seen(case: Case) -> list[str]:
    since = f" since {clock_time(case.inbox.since)}" if case.inbox.since else ""
    seen = counted(case.inbox.seen, "message", "were")
    return [f"{seen} looked through{since}, {case.inbox.private} of them private"]


MESSAGES: Final = (
    Rule(
        code="no_private_messages",
        proof=Proof.SEEN,
        holds=_is_no_message_private,
        text=lambda _: (
            "None of the messages is marked as private, and the profile names no filter of this account's "
            "for private messages: set private_message_filter to the one that Social Connect suggests."
        ),
        evidence=lambda case: [
            *_inbox_seen(case),
            f"message.type is {', '.join(map(quoted, case.inbox.other_types[:10]))}",
        ],
        cure=lambda _: ["qsc-bot api GET '/{account_id}/filter/suggestions' -F query=private"],
    ),
    Rule(
        code="messages_unread",
        proof=Proof.SEEN,
        holds=_is_unread,
        text=lambda _: "The messages could not be read in full, so whether the customer waits is not certain.",
        evidence=lambda case: [
            *(case.failures[part].message for part in ("messages", "thread") if part in case.failures),
            *messages_seen(case),
        ],
        cure=lambda case: [case.line("conversation explain")],
    ),
    Rule(
        code="no_message_seen",
        proof=Proof.POSSIBLE,
        holds=_is_unseen,
        text=lambda case: (
            "No private message of this customer was found, so whether the customer waits is not known."
            + (" If nothing has happened, agents may have forgotten it." if case.is_held_by(Control.AGENT) else "")
        ),
        evidence=_inbox_seen,
        cure=lambda case: [
            case.line("conversation explain", "--since", FURTHER_BACK),
            *([case.line("handover to-bot")] if case.is_held_by(Control.AGENT) else []),
        ],
    ),
)

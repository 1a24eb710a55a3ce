"""A short stand-in for the state of a conversation, by which a plan knows it again just before it acts.

Four parts: who holds it, the holder as the API names it, the escalation tag, and the newest message. Each is the first
eight hexadecimal digits of the SHA-256 over its value in JSON, so that it can be told which of them has moved. Of
a message only its id and time are taken, and whether it is known if the customer waits; never its text.
"""

import json
from hashlib import sha256
from typing import Final

from qsc_bot.models.conversation import Conversation

PATTERN: Final = r"\A[0-9a-f]{8}(-[0-9a-f]{8}){3}\Z"
_DIGITS: Final = 8
_TAG: Final = {True: "the escalation tag is on now", False: "the escalation tag is off now"}


def fingerprint(row: Conversation) -> str:
    """The same state gives the same one; another control, holder, tag or newest message gives another."""
    message_at = row.last_message_at.isoformat() if row.last_message_at else None
    newest = [row.mention, message_at, row.waiting_s is None]
    return "-".join(map(_short, (row.control.value, row.holder, row.escalated, newest)))


def differences(planned: str, now: Conversation, *, but_tag: bool = False) -> list[str]:
    """What has moved since a fingerprint was made; nothing where all is as it was, the tag aside with `but_tag`."""
    told = {
        "control": f"it is held by {now.control.value} now",
        "holder": f"it is held by {now.holder or 'nobody that is named'} now",
        "tag": "whether the escalation tag is on is not known now" if now.escalated is None else _TAG[now.escalated],
        "message": "its newest message is another one now",
    }
    pairs = zip(told, planned.split("-"), fingerprint(now).split("-"), strict=True)
    moved = [part for part, before, after in pairs if before != after]
    if but_tag and "tag" in moved:
        moved.remove("tag")
    if "control" in moved and "holder" in moved:
        moved.remove("holder")
    return [told[part] for part in moved]


def _short(value: object) -> str:
    return sha256(json.dumps(value).encode()).hexdigest()[:_DIGITS]

"""Words that people bring from other tools: answered with the right ones, never run."""

import shlex
from collections.abc import Sequence
from typing import Final

VERBS: Final = {
    "get": "show",
    "describe": "show",
    "ls": "list",
    "add": "create",
    "rm": "delete",
    "remove": "delete",
}
EXPLAINED: Final = {
    ("conversation", "describe"): "explain",
    ("conversation", "follow"): "watch",
    ("conversation", "tail"): "watch",
    ("conversation", "monitor"): "watch",
    ("conversation", "fix"): "rescue",
    ("conversation", "free"): "rescue",
    ("conversation", "unstick"): "rescue",
}
"""Verbs that mean another one with this noun."""
WORDS: Final = {
    "hand-over": "handover to-bot",
    "hand-back": "handover to-bot",
    "handback": "handover to-bot",
    "takeover": "handover to-agent",
    "escalate": "escalation add",
    "tag": "escalation add",
    "untag": "escalation remove",
    "deescalate": "escalation remove",
    "conversations": "conversation list",
    "webhooks": "webhook list",
    "recipes": "recipe list",
    "profiles": "profile list",
    "operations": "operation list",
    "history": "operation list",
    "log": "operation list",
    "audit": "operation list",
    "undo": "operation undo",
    "resume": "operation resume",
}


def answer_near_miss(argv: Sequence[str]) -> tuple[str, ...]:
    """The command that was probably meant, if one of these words was typed."""
    words = [word for word in argv if not word.startswith("-")]
    if words and words[0] in WORDS:
        return (" ".join(["qsc-bot", WORDS[words[0]], shlex.join(words[1:])]).strip(),)
    if words[:2] == ["conversation", "list"] and "--watch" in argv:
        return (shlex.join(["qsc-bot", "conversation", "watch", *(word for word in argv[2:] if word != "--watch")]),)
    noun, verb, *rest = [*words, "", ""][: max(len(words), 2)]
    if meant := EXPLAINED.get((noun, verb)) or VERBS.get(verb):
        return (" ".join(["qsc-bot", noun, meant, shlex.join(rest)]).strip(),)
    return ()

"""How long conversations may be stuck, as a watch is told: a limit for a code, and who is beyond it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Control, Conversation, ConversationId
from qsc_bot.models.duration import parse_duration
from qsc_bot.models.profile import Stuck
from qsc_bot.operations.query import Query

HOLDERS: Final = {"bot_silent": Control.BOT, "agent_silent": Control.AGENT, "agent_forgotten": Control.AGENT}
"""The codes that have a limit of their own, and who holds the conversations that they speak of."""
FORM: Final = "CODE<DURATION, CODE one of " + ", ".join(HOLDERS)
MOST_NAMED: Final = 20


@dataclass(frozen=True, kw_only=True)
class Slo:
    """A limit that no conversation may go beyond by this code."""

    code: str
    limit: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `CODE<DURATION`; raises `usage.invalid` for anything else."""
        match = re.fullmatch(r"\s*([a-z_]+)\s*<\s*(\S+)\s*", text)
        if match is None or match[1] not in HOLDERS:
            raise QscBotError("usage.invalid", f"--slo {text[:40]!r} cannot be kept an eye on", expected=FORM)
        try:
            parse_duration(match[2])
        except ValueError as error:
            raise QscBotError("usage.invalid", f"--slo {text[:40]!r}: {error}", expected=FORM) from error
        return cls(code=match[1], limit=match[2])

    def __str__(self) -> str:
        return f"{self.code}<{self.limit}"

    def breached_by(self, rows: Iterable[Conversation]) -> list[Conversation]:
        """Those beyond the limit, where they were judged by it."""
        return [row for row in rows if self.code in (row.stuck or ())]


def limits_with(limits: Stuck, slos: Sequence[Slo], *, given: Iterable[str]) -> Stuck:
    """The limits that count: those of --slo in place of the profile's; `given` names those that were typed.

    Raises `usage.invalid` where a code has two limits.
    """
    seen: dict[str, str] = {code: str(getattr(limits, code)) for code in given}
    for slo in slos:
        if seen.setdefault(slo.code, slo.limit) != slo.limit:
            raise QscBotError("usage.invalid", f"{slo.code} has two limits: {seen[slo.code]} and {slo.limit}")
    return replace(limits, **{slo.code: slo.limit for slo in slos})


def check_seen(slos: Sequence[Slo], query: Query, *, must_be: bool) -> None:
    """Refuse a limit that no wanted row could go beyond (`usage.invalid`): it would seem to be kept.

    With `must_be` there has to be a limit at all.
    """
    if must_be and not slos:
        raise QscBotError("usage.invalid", "--exit-on-breach needs an --slo to be breached", expected=FORM)
    for slo in slos:
        is_hidden = query.codes and slo.code not in query.codes
        if is_hidden or (query.controls and HOLDERS[slo.code] not in query.controls):
            raise QscBotError("usage.invalid", f"--slo {slo}: --code or --control leaves out what could breach it")


def breach(slos: Sequence[Slo], rows: Sequence[Conversation], *, options: str) -> QscBotError | None:
    """The failure that names who is beyond which limit."""
    breached = [(slo, found) for slo in slos if (found := slo.breached_by(rows))]
    if not breached:
        return None
    told = "; ".join(f"{slo} is breached by {_named(found)}" for slo, found in breached)
    first = ConversationId.parse(breached[0][1][0].id)
    return QscBotError("slo.breached", told, hint=(f"qsc-bot conversation explain {first.typed}{options}",))


def _named(rows: Sequence[Conversation]) -> str:
    more = len(rows) - MOST_NAMED
    return ", ".join(row.id for row in rows[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

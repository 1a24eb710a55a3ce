"""From what was read to verdicts: the table of rules, the better proven first, and all is well where none holds."""

from typing import Final

from qsc_bot.models.conversation import Control
from qsc_bot.models.explanation import Verdict
from qsc_bot.operations.case import Case, Proof, Rule
from qsc_bot.operations.observed import control_seen, messages_seen
from qsc_bot.operations.rules.agents import AGENTS
from qsc_bot.operations.rules.bot import BOT
from qsc_bot.operations.rules.journal import JOURNAL
from qsc_bot.operations.rules.messages import MESSAGES
from qsc_bot.operations.rules.messenger import MESSENGER
from qsc_bot.operations.rules.recipes import RECIPES
from qsc_bot.operations.rules.unreadable import UNREADABLE

RULES: Final[tuple[Rule, ...]] = (*UNREADABLE, *JOURNAL, *MESSENGER, *AGENTS, *RECIPES, *BOT, *MESSAGES)
FINE: Final = {
    Control.BOT: "the bot holds it and nobody waits too long",
    Control.AGENT: "agents hold it and nobody waits too long",
    Control.IDLE: "nobody holds it and nobody waits too long; the Page's default app hears the next message",
}


def diagnose(case: Case) -> list[Verdict]:
    """Every explanation that fits; of two that are proven alike the one that stands first in the table."""
    fitting = sorted((rule for rule in RULES if rule.holds(case)), key=lambda rule: rule.proof)
    return [_verdict(rule, case) for rule in fitting] or [_verdict(_otherwise(case), case)]


OK: Final = Rule(
    code="ok",
    proof=Proof.SEEN,
    holds=lambda _: True,
    text=lambda case: f"Nothing is wrong: {FINE[case.row.control]}.",
    evidence=lambda case: [*control_seen(case), *messages_seen(case)],
    cure=lambda _: [],
)
UNDECIDED: Final = Rule(
    code="undecided",
    proof=Proof.SEEN,
    holds=lambda _: True,
    text=lambda _: "Nothing wrong was found, but not all could be read, so it is not certain that all is well.",
    evidence=lambda case: [*control_seen(case), *messages_seen(case), *_unread_contact(case)],
    cure=lambda case: [case.line("conversation explain")],
)


def _otherwise(case: Case) -> Rule:
    """That all is well is claimed only where it is known who holds it, whether the customer waits, and the contact."""
    is_known = case.row.control in FINE and case.row.waiting_s is not None
    return OK if is_known and not _unread_contact(case) else UNDECIDED


def _unread_contact(case: Case) -> list[str]:
    return [case.failures["contact"].message] if "contact" in case.failures else []


def _verdict(rule: Rule, case: Case) -> Verdict:
    return Verdict(code=rule.code, text=rule.text(case), evidence=list(rule.evidence(case)), next=list(rule.cure(case)))

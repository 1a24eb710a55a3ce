"""What only this tool's journal can tell: a write in doubt or refused, a request without an answer, a move undone."""

from typing import Final

from qsc_bot.models.conversation import Control, Method, Status
from qsc_bot.operations.case import Case, Proof, Rule, clock_time
from qsc_bot.operations.deeds import Deed
from qsc_bot.operations.observed import HOLDERS, control_seen, messages_seen

REFUSALS: Final = frozenset({"handover.not_allowed", "access.denied", "access.scope", "api.refused", "auth.rejected"})
PEOPLE: Final = {Control.BOT: "the bot", Control.AGENT: "agents"}


def _newest(case: Case) -> Deed | None:
    return case.deeds[-1] if case.deeds else None


def _newest_move(case: Case) -> Deed | None:
    moves = [deed for deed in case.deeds or () if deed.moves(case.row.method)]
    return moves[-1] if moves else None


def _is_in_doubt(case: Case) -> bool:
    deed = _newest(case)
    return deed is not None and deed.item.status is Status.IN_DOUBT and not deed.is_running


def _is_unanswered(case: Case) -> bool:
    deed = _newest_move(case)
    return deed is not None and deed.item.status is Status.REQUESTED and case.row.control is not deed.target


def _is_refused(case: Case) -> bool:
    deed = _newest_move(case)
    error = deed.item.error if deed else None
    return error is not None and error.code in REFUSALS and deed is not None and case.row.control is not deed.target


def _refused(case: Case) -> str:
    if case.row.method is not Method.MESSENGER:
        return "The remote refused this tool's last write, so it stayed where it was."
    return (
        "Meta refused this tool's last write, so it stayed where it was: taking needs a Page whose switch for advanced "
        "messaging is on, and a token of the bot's own app; Meta also refuses while an automation of its own runs."
    )


def _is_moved_since(case: Case) -> bool:
    """Where nobody waits, the next move after one of ours is how things go."""
    deed = _newest_move(case)
    if deed is None or deed.item.status is not Status.CHANGED or not (case.waits or case.row.stuck):
        return False
    return case.is_held_by(Control.BOT, Control.AGENT, Control.OTHER) and case.row.control is not deed.target


def _seen(case: Case) -> list[str]:
    deeds = [deed for deed in (_newest_move(case), _newest(case)) if deed]
    told = dict.fromkeys(f"{clock_time(deed.at)}, {deed.by}: {deed.told}" for deed in deeds)
    return [*told, *control_seen(case)]


def _moved(case: Case) -> str:
    deed = _newest_move(case)
    assert deed is not None
    assert deed.target is not None
    return (
        f"This tool gave it to {PEOPLE[deed.target]} {case.ago(deed.at)} ago, and now {HOLDERS[case.row.control]}: "
        "somebody, or the bot itself, has moved it since."
    )


def _resume(case: Case) -> list[str]:
    deed = _newest(case)
    return [f"qsc-bot operation resume {deed.operation}"] if deed else []


def _again(case: Case) -> list[str]:
    deed = _newest_move(case)
    return [case.line("conversation show", "--web"), *([case.line(deed.command)] if deed else [])]


JOURNAL: Final = (
    Rule(
        code="write_in_doubt",
        proof=Proof.SEEN,
        holds=_is_in_doubt,
        text=lambda _: (
            "This tool sent a write whose answer was lost, so nobody knows whether it was done; going on with the "
            "operation reads the state first and sends it again only where it was not."
        ),
        evidence=_seen,
        cure=_resume,
    ),
    Rule(
        code="request_unanswered",
        proof=Proof.SEEN,
        holds=_is_unanswered,
        text=lambda _: (
            "This tool asked for it, and the app that holds it has not let go: an app may leave a request unanswered. "
            "Staff can end it there, or it lapses."
        ),
        evidence=_seen,
        cure=_again,
    ),
    Rule(
        code="write_refused",
        proof=Proof.SEEN,
        holds=_is_refused,
        text=_refused,
        evidence=_seen,
        cure=lambda case: ["qsc-bot auth status", *_again(case)],
    ),
    Rule(
        code="moved_since",
        proof=Proof.LIKELY,
        holds=_is_moved_since,
        text=_moved,
        evidence=lambda case: [*_seen(case), *messages_seen(case)],
        cure=_again,
    ),
)

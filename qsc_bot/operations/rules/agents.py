"""Agents hold it: they are done, have forgotten it, or keep the customer waiting."""

from typing import Final

from qsc_bot.models.conversation import Control, Method
from qsc_bot.operations.case import Case, Proof, Rule
from qsc_bot.operations.observed import case_seen, control_seen, messages_seen

LEFT_BEHIND: Final = {
    Method.TAG: "the tag is still on the contact",
    Method.HANDOVER: "nobody pressed Hand over to bot",
    Method.MESSENGER: "Social Connect's app still holds the thread: nobody pressed Hand over to bot",
}


def _is_agents_turn(case: Case) -> bool:
    return case.is_held_by(Control.AGENT) and (case.is_stuck("agent_silent") or case.is_stuck("agent_forgotten"))


def _to_bot(case: Case) -> list[str]:
    return [case.line("handover to-bot")]


def _page(case: Case) -> list[str]:
    return [case.line("conversation show", "--web")]


def _seen(case: Case) -> list[str]:
    return [*control_seen(case), *messages_seen(case), *case_seen(case)]


AGENTS: Final = (
    Rule(
        code="agents_done",
        proof=Proof.SEEN,
        holds=lambda case: case.is_held_by(Control.AGENT) and case.is_done,
        text=lambda case: f"Agents are done with it, but {LEFT_BEHIND[case.row.method]}, so the bot stays silent.",
        evidence=_seen,
        cure=_to_bot,
    ),
    Rule(
        code="agent_silent",
        proof=Proof.SEEN,
        holds=lambda case: case.is_stuck("agent_silent"),
        text=lambda case: f"Agents hold it, and the customer waits longer than {case.profile.stuck.agent_silent}.",
        evidence=_seen,
        cure=lambda case: [*_page(case), *_to_bot(case)],
    ),
    Rule(
        code="agent_forgotten",
        proof=Proof.LIKELY,
        holds=lambda case: case.is_stuck("agent_forgotten") and not case.is_done,
        text=lambda case: (
            "Our side answered last and nothing has happened for longer than "
            f"{case.profile.stuck.agent_forgotten}: agents have probably finished without handing it back."
        ),
        evidence=_seen,
        cure=_to_bot,
    ),
    Rule(
        code="assigned_open",
        proof=Proof.LIKELY,
        holds=lambda case: _is_agents_turn(case) and case.is_open_case,
        text=lambda _: "It is assigned and not done: whoever it is assigned to is to answer it or to close it.",
        evidence=case_seen,
        cure=_page,
    ),
)

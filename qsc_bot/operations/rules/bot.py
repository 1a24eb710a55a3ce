"""The bot holds it: a tag or a case says otherwise, or the customer waits."""

from typing import Final

from qsc_bot.models.conversation import Control, Method
from qsc_bot.operations.case import Case, Proof, Rule, quoted
from qsc_bot.operations.observed import HOLDERS, case_seen, control_seen, is_live, messages_seen, on_topic, recipes_seen
from qsc_bot.operations.stuck import frees_tag


def _is_tag_needed(case: Case) -> bool:
    """The tag is on though the bot holds it, and another conversation of the contact needs it, or may need it."""
    is_on = case.row.escalated is True and case.is_held_by(Control.BOT) and case.row.method is not Method.TAG
    return is_on and not frees_tag(case.also)


def _tag_seen(case: Case) -> list[str]:
    tag = case.profile.escalation_tag
    silent = [one.name for one in on_topic(case) if is_live(one) and one.exclude_tag == tag]
    return [
        f"the contact bears the tag {quoted(tag)}",
        *control_seen(case),
        *(f"recipe {name} leaves out contacts with this tag" for name in silent),
    ]


def _others_seen(case: Case) -> list[str]:
    if case.also is None:
        return ["what holds the contact's other conversations is not known"]
    return [
        f"{quoted(other.id)} is this contact's too: "
        + ("there the tag says who holds it" if other.method is Method.TAG else HOLDERS[other.control])
        for other in case.also
    ]


def _explain_others(case: Case) -> list[str]:
    return [f"qsc-bot conversation explain {one.typed}" for one in (case.others or ())[:3]]


BOT: Final = (
    Rule(
        code="split_brain",
        proof=Proof.SEEN,
        holds=lambda case: case.is_stuck("split_brain"),
        text=lambda _: (
            "The bot holds it, but the escalation tag is still on the contact, and no other conversation "
            "needs it: a recipe that leaves out tagged contacts sends the bot nothing."
        ),
        evidence=lambda case: [*_tag_seen(case), *_others_seen(case)],
        cure=lambda case: [case.line("escalation remove")],
    ),
    Rule(
        code="tag_shared",
        proof=Proof.LIKELY,
        holds=_is_tag_needed,
        text=lambda _: (
            "The bot holds it, but the escalation tag is on the contact, and another conversation of this "
            "contact needs it or may need it: a recipe that leaves out tagged contacts sends the bot nothing."
        ),
        evidence=lambda case: [*_tag_seen(case), *_others_seen(case)],
        cure=_explain_others,
    ),
    Rule(
        code="bot_silent",
        proof=Proof.LIKELY,
        holds=lambda case: case.is_stuck("bot_silent"),
        text=lambda case: (
            f"The bot holds it, and the customer waits longer than {case.profile.stuck.bot_silent}: "
            "the bot was not reached, or did not answer."
        ),
        evidence=lambda case: [*control_seen(case), *messages_seen(case), *recipes_seen(case)],
        cure=lambda case: [case.line("handover to-agent")],
    ),
    Rule(
        code="bot_holds_case",
        proof=Proof.LIKELY,
        holds=lambda case: case.is_held_by(Control.BOT) and case.is_open_case,
        text=lambda _: (
            "It is assigned to agents and not done, but the bot holds it: the bot goes on answering, and on "
            "Messenger agents cannot. The bot was perhaps asked for control and did not pass it."
        ),
        evidence=lambda case: [*control_seen(case), *case_seen(case)],
        cure=lambda case: [case.line("handover to-agent")],
    ),
)

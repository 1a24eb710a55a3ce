"""Messenger: who holds the thread instead of the bot, and what of the Page's set-up keeps it that way."""

from collections.abc import Callable
from typing import Final

from qsc_bot.models.conversation import Control, Method
from qsc_bot.operations.case import Case, Proof, Rule, clock_time, quoted
from qsc_bot.operations.observed import apps_seen, case_seen, control_seen, messages_seen, mode_seen

INBOXES: Final = frozenset({"263902037430900", "1217981644879628"})
"""Meta's own inbox on Pages and on Instagram.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
"""
NEEDED_FIELDS: Final = ("messages", "messaging_postbacks", "messaging_handovers", "standby")


def _is_inbox(case: Case) -> bool:
    return case.is_held_by(Control.OTHER, by=Method.MESSENGER) and case.row.holder in INBOXES


def _is_other_app(case: Case) -> bool:
    return case.is_held_by(Control.OTHER, by=Method.MESSENGER) and case.row.holder not in INBOXES


def _is_unnamed(case: Case) -> bool:
    """Whether Meta answered without any holder, and the profile does not say what that means."""
    is_unknown = case.is_held_by(Control.UNKNOWN, by=Method.MESSENGER) and case.profile.messenger is not None
    return is_unknown and case.reading.failure is None and not case.reading.is_hidden


def _is_asked_only(case: Case) -> bool:
    is_elsewhere = case.is_held_by(Control.OTHER, Control.AGENT, by=Method.MESSENGER) or case.reading.is_hidden
    return case.is_routed is False and is_elsewhere


def _senders(case: Case) -> list[str]:
    """What has sent our messages since the customer's last one, as far as the messages say."""
    senders: dict[str, None] = {}
    for one in case.story:
        if not one.ours:
            senders.clear()
        elif one.source.sender:
            senders[one.source.sender] = None
    return list(senders)


def _do_both_answer(case: Case) -> bool:
    return case.is_routed is False and len(_senders(case)) > 1


def _is_idle_case(case: Case) -> bool:
    is_idle = case.is_held_by(Control.IDLE) or (_is_unnamed(case) and case.row.method is Method.MESSENGER)
    return is_idle and case.is_open_case


def _app_ids(case: Case) -> set[str]:
    return {str(app.id) for app in case.apps or ()}


def _is_unsubscribed(case: Case) -> bool:
    setup = case.profile.messenger
    return setup is not None and case.apps is not None and setup.bot_app_id not in _app_ids(case)


def _lacking(case: Case) -> list[str]:
    """The events that the Page does not send the bot's app; none where its list is not shown."""
    listed = _subscribed(case)
    return [name for name in NEEDED_FIELDS if name not in listed] if listed else []


def _subscribed(case: Case) -> list[str]:
    """The events that the Page sends the bot's app, as far as its list is shown."""
    setup = case.profile.messenger
    own = [app for app in case.apps or () if setup and app.id == setup.bot_app_id]
    return list(own[0].subscribed_fields) if own else []


def _is_agents_app_missing(case: Case) -> bool:
    """Meta may show the caller's own app only, so this is told only where it shows others."""
    setup = case.profile.messenger
    return setup is not None and len(_app_ids(case)) > 1 and setup.agent_app_id not in _app_ids(case)


def _until(case: Case) -> str:
    until = case.row.control_until
    return f"until {clock_time(until)}" if until else "and Meta does not tell until when"


def _to_bot(case: Case) -> list[str]:
    return [case.line("handover to-bot")]


def _look_and_take(case: Case) -> list[str]:
    """Agents may be at work on it: a look at their page comes first."""
    return [case.line("conversation show", "--web"), *_to_bot(case)]


def _subscribe(case: Case) -> list[str]:
    """Meta takes the list in place of the one before, so that what is there already is named again."""
    fields = f"subscribed_fields={','.join(dict.fromkeys([*_subscribed(case), *NEEDED_FIELDS]))}"
    return [f"qsc-bot api POST '/{{page_id}}/subscribed_apps' -F {fields} --graph"]


def _held(*more: Callable[[Case], list[str]]) -> Callable[[Case], list[str]]:
    return lambda case: [line for seen in (control_seen, mode_seen, *more) for line in seen(case)]


MESSENGER: Final = (
    Rule(
        code="page_inbox",
        proof=Proof.SEEN,
        holds=_is_inbox,
        text=lambda _: (
            "Meta's own inbox holds it: staff replied in Business Suite, or moved the thread there. "
            "The inbox leaves requests unanswered; where the bot may not take, staff end it there, or it lapses."
        ),
        evidence=_held(),
        cure=_to_bot,
    ),
    Rule(
        code="other_app",
        proof=Proof.SEEN,
        holds=_is_other_app,
        text=lambda _: (
            "An app holds it that is neither the bot's nor Social Connect's, as the profile names them: neither the "
            "bot nor agents may answer."
        ),
        evidence=lambda case: [*_held()(case), *(apps_seen(case) if case.apps else [])],
        cure=_to_bot,
    ),
    Rule(
        code="holder_hidden",
        proof=Proof.SEEN,
        holds=lambda case: case.reading.is_hidden,
        text=lambda case: (
            f"It is held by an app that Meta hides from the bot's, {_until(case)}: it may be Social Connect's, the "
            "Page's inbox or Meta's own AI agent. Meta shows holders to the Page's default app only."
        ),
        evidence=_held(),
        cure=_look_and_take,
    ),
    Rule(
        code="default_app_unknown",
        proof=Proof.SEEN,
        holds=_is_unnamed,
        text=lambda _: (
            "Meta names no holder: the thread is idle, or held by an app that the bot's may not see. "
            "If the bot is the Page's default app, say so in the profile; then this means idle."
        ),
        evidence=lambda case: [
            *control_seen(case),
            f"messenger.default_app is {case.profile.messenger.default_app}" if case.profile.messenger else "",
            *mode_seen(case),
        ],
        cure=lambda case: case.setting("messenger.default_app=bot"),
    ),
    Rule(
        code="app_unsubscribed",
        proof=Proof.SEEN,
        holds=_is_unsubscribed,
        text=lambda _: (
            "The bot's app is not subscribed to the Page, so it gets no events at all. Meta takes an app "
            "off after an hour of failed deliveries."
        ),
        evidence=apps_seen,
        cure=_subscribe,
    ),
    Rule(
        code="fields_missing",
        proof=Proof.SEEN,
        holds=lambda case: bool(_lacking(case)),
        text=lambda case: (
            f"The Page does not send the bot's app these events: {', '.join(_lacking(case))}. "
            "Without standby it hears nothing of threads that others hold."
        ),
        evidence=lambda case: [
            f"the Page sends it: {', '.join(map(quoted, app.subscribed_fields[:20]))}"
            for app in case.apps or ()
            if case.profile.messenger and app.id == case.profile.messenger.bot_app_id
        ],
        cure=_subscribe,
    ),
    Rule(
        code="lapsing",
        proof=Proof.SEEN,
        holds=lambda case: case.is_stuck("lapsing"),
        text=lambda _: (
            "Agents hold it, the customer waits, and their control is about to end or has ended: then the "
            "Page's default app answers in the middle of their case. Only they can prolong it, by answering; taking "
            "and passing it again begins a new day."
        ),
        evidence=_held(messages_seen),
        cure=lambda case: [case.line("handover to-bot"), case.line("handover to-agent")],
    ),
    Rule(
        code="nobody",
        proof=Proof.SEEN,
        holds=lambda case: case.is_stuck("nobody"),
        text=lambda case: (
            f"Nobody holds it, and the customer waits longer than {case.profile.stuck.bot_silent}. "
            "On an idle thread only the Page's default app may answer."
        ),
        evidence=_held(messages_seen),
        cure=_to_bot,
    ),
    Rule(
        code="asked_only",
        proof=Proof.LIKELY,
        holds=_is_asked_only,
        text=lambda _: (
            "The Page has no default app, so the bot cannot take it, only ask for it; the app that holds "
            "it may leave that unanswered, and then it stays there until control ends."
        ),
        evidence=_held(),
        cure=_look_and_take,
    ),
    Rule(
        code="idle_case",
        proof=Proof.LIKELY,
        holds=_is_idle_case,
        text=lambda _: (
            "Social Connect still shows an open case, but agents do not hold the thread: their control ended after a "
            "day without activity, or was released, of which nobody is told. The default app answers next."
        ),
        evidence=_held(case_seen),
        cure=lambda case: [case.line("handover to-agent")],
    ),
    Rule(
        code="agents_app_missing",
        proof=Proof.LIKELY,
        holds=_is_agents_app_missing,
        text=lambda _: (
            "Social Connect's app, as the profile names it, is not among the Page's connected apps: what is "
            "passed to it reaches no agent. Check messenger.agent_app_id, or connect the Page in Social Connect again."
        ),
        evidence=lambda case: [
            *apps_seen(case),
            *([f"messenger.agent_app_id is {case.profile.messenger.agent_app_id}"] if case.profile.messenger else []),
        ],
        cure=lambda case: [f"qsc-bot profile show {case.profile.name}"],
    ),
    Rule(
        code="both_answer",
        proof=Proof.POSSIBLE,
        holds=_do_both_answer,
        text=lambda _: "Two applications may both be answering: without a default app Meta lets every app answer.",
        evidence=lambda case: [
            f"since the customer's last message these wrote: {', '.join(map(quoted, _senders(case)))}",
            *mode_seen(case),
        ],
        cure=_look_and_take,
    ),
)

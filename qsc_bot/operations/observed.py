"""What was seen of a conversation, in sentences: the evidence of verdicts. Nothing here concludes anything."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from qsc_bot.models.conversation import Control, Method
from qsc_bot.models.duration import spoken
from qsc_bot.models.setup import Recipe
from qsc_bot.operations.case import Case, clock_time, quoted

HOLDERS: Final[Mapping[Control, str]] = {
    Control.BOT: "the bot holds it",
    Control.AGENT: "agents hold it",
    Control.OTHER: "another app holds it",
    Control.IDLE: "nobody holds it",
    Control.UNKNOWN: "who holds it cannot be read",
}
NO_DELIVERIES: Final = "no deliveries are stored here yet, so whether it did is not known"
BY_MESSENGER: Final = "Messenger itself tells the bot's app, without a recipe; what it was told is not stored here yet"


def control_seen(case: Case) -> list[str]:
    """By which evidence somebody holds it, and until when."""
    row = case.row
    if row.control is Control.UNKNOWN:
        return [case.reading.note or "the reason is not told"]
    return [_BY_METHOD[row.method](case), *_until(case)]


def messages_seen(case: Case) -> list[str]:
    """Who wrote last, and whether the customer waits."""
    row = case.row
    if row.last_message_at is None:
        return ["no message of this customer was seen"]
    ago = case.ago(row.last_message_at)
    if row.waiting_s is None:
        return [f"the customer's newest message came {ago} ago; whether it was answered is not known"]
    if row.waiting_s == 0:
        return [f"our side wrote last, {ago} ago"]
    return [f"the customer's first unanswered message came {spoken(row.waiting_s)} ago"]


def case_seen(case: Case) -> list[str]:
    """To whom the newest message is assigned, and its status."""
    people = ", ".join(quoted(name) for name in case.row.assigned_to[:3]) or "nobody"
    status = quoted(case.row.status) if case.row.status else "not known"
    return [f"the newest message is assigned to {people}; its status is {status}"]


def apps_seen(case: Case) -> list[str]:
    """The apps that Meta shows as connected to the Page."""
    shown = [f"{app.id} ({quoted(app.name)})" if app.name else str(app.id) for app in case.apps or ()]
    return [f"Meta shows these apps as connected to the Page: {', '.join(shown) or 'none'}"]


def mode_seen(case: Case) -> list[str]:
    """Whether control is taken or asked for on this Page."""
    if case.is_routed is None:
        return ["whether the Page has a default app could not be read"]
    if case.is_routed:
        return ["the Page has a default app (Conversation Routing is on), so control can be taken where Meta allows it"]
    return ["the Page has no default app (zero-config), so control can only be asked for"]


def on_topic(case: Case) -> list[Recipe]:
    """The recipes of the topics that this conversation is found under."""
    wanted = set(case.topics)
    return [one for one in case.recipes or () if not wanted or wanted & set(one.topic_ids)]


def is_live(recipe: Recipe) -> bool:
    """Whether a recipe is switched on and, as far as known, entered as it is wanted."""
    return recipe.enabled and recipe.pending is None and recipe.state not in ("pending", "drifted", "disabled")


def leaves_out(case: Case, recipe: Recipe) -> bool:
    """Whether a recipe leaves out this contact, by a tag that was seen on it."""
    return recipe.exclude_tag is not None and recipe.exclude_tag in (case.row.tags or ())


def should_fire(case: Case) -> list[Recipe]:
    """The recipes that a private message of this customer should trigger."""
    return [one for one in on_topic(case) if is_live(one) and not leaves_out(case, one)]


def recipes_seen(case: Case) -> Iterator[str]:
    """What should have told the bot of the customer's newest message."""
    if case.row.method is Method.MESSENGER:
        yield BY_MESSENGER
    if case.recipes is None:
        return
    firing = should_fire(case)
    yield from (f"recipe {one.name} ({one.state}) should have fired; {NO_DELIVERIES}" for one in firing)
    if not firing:
        yield f"no recipe should have fired: {'; '.join(map(_why_not(case), on_topic(case))) or _no_recipe(case)}"


def topics_seen(case: Case) -> str:
    """The topics of this conversation."""
    return f"topic{'s' if len(case.topics) > 1 else ''} {', '.join(case.topics)}" if case.topics else "any topic"


def _no_recipe(case: Case) -> str:
    return f"none is known for {topics_seen(case)}"


def _why_not(case: Case) -> Callable[[Recipe], str]:
    def why(recipe: Recipe) -> str:
        if leaves_out(case, recipe):
            return f"{recipe.name} leaves out contacts with the tag {quoted(recipe.exclude_tag or '')}"
        return f"{recipe.name} is {recipe.state if recipe.enabled else 'disabled'}"

    return why


def _until(case: Case) -> Sequence[str]:
    until = case.row.control_until
    if until is None:
        return []
    left = (until - case.now).total_seconds()
    when = f"in {spoken(left)}" if left > 0 else f"{case.ago(until)} ago"
    return [f"control {'ends' if left > 0 else 'ended'} {when}, at {clock_time(until)}"]


def _by_tag(case: Case) -> str:
    verb = "bears" if case.row.control is Control.AGENT else "does not bear"
    return f"the contact {verb} the tag {quoted(case.profile.escalation_tag)}"


def _by_handover(case: Case) -> str:
    return f"Social Connect's handover answer names {quoted(case.row.holder or '')}"


def _by_messenger(case: Case) -> str:
    setup = case.profile.messenger
    if case.row.holder is None or setup is None:
        return "Meta names no holder, which to the Page's default app means idle"
    whose = {setup.bot_app_id: ", the bot's", setup.agent_app_id: ", Social Connect's"}.get(case.row.holder, "")
    return f"Meta names app {quoted(case.row.holder)}{whose}"


_BY_METHOD: Final[Mapping[Method, Callable[[Case], str]]] = {
    Method.TAG: _by_tag,
    Method.HANDOVER: _by_handover,
    Method.MESSENGER: _by_messenger,
}

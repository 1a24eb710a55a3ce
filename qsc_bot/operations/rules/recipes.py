"""The recipes that should have told the bot: none, switched off, not entered yet, or leaving this customer out."""

import shlex
from collections.abc import Callable
from typing import Final

from qsc_bot.models.conversation import Control, Method
from qsc_bot.models.setup import Recipe
from qsc_bot.operations.case import Case, Proof, Rule, quoted
from qsc_bot.operations.observed import is_live, leaves_out, messages_seen, on_topic, should_fire, topics_seen

UNSEEN: Final = " A recipe that was entered without this tool is not seen."

Test = Callable[[Case, Recipe], bool]


def _is_concerned(case: Case) -> bool:
    """Whether a recipe had to tell the bot of a message that is not answered."""
    return case.recipes is not None and case.is_held_by(Control.BOT) and case.waits


def _all_are(test: Test) -> Callable[[Case], bool]:
    """Whether nothing should have fired, and of the topic's recipes some are as told."""
    return lambda case: _is_concerned(case) and not should_fire(case) and any(test(case, one) for one in on_topic(case))


def _some_are(test: Test) -> Callable[[Case], bool]:
    """Whether what should have fired may not have, each in the way told."""

    def holds(case: Case) -> bool:
        firing = should_fire(case)
        return _is_concerned(case) and bool(firing) and all(test(case, one) for one in firing)

    return holds


def _seen(test: Test, words: Callable[[Recipe], str]) -> Callable[[Case], list[str]]:
    return lambda case: [f"recipe {one.name} {words(one)}" for one in on_topic(case) if test(case, one)]


def _each(test: Test, *lines: str) -> Callable[[Case], list[str]]:
    return lambda case: [line.format(one.name) for one in on_topic(case) if test(case, one) for line in lines]


def _is_disabled(_case: Case, recipe: Recipe) -> bool:
    return not recipe.enabled and recipe.state not in ("pending", "drifted")


def _is_pending(_case: Case, recipe: Recipe) -> bool:
    return recipe.state == "pending"


def _is_drifted(_case: Case, recipe: Recipe) -> bool:
    return recipe.state == "drifted"


def _is_left_out(case: Case, recipe: Recipe) -> bool:
    return is_live(recipe) and leaves_out(case, recipe) and recipe.exclude_tag != case.profile.escalation_tag


def _is_filtered(_case: Case, recipe: Recipe) -> bool:
    return recipe.filter != "private-messages"


def _is_timed(_case: Case, recipe: Recipe) -> bool:
    return recipe.active == "business-hours"


def _is_open_to_tagged(case: Case, recipe: Recipe) -> bool:
    return is_live(recipe) and recipe.exclude_tag != case.profile.escalation_tag


def _hears_tagged(case: Case) -> bool:
    is_tagged = case.is_held_by(Control.AGENT, by=Method.TAG)
    return is_tagged and any(_is_open_to_tagged(case, one) for one in on_topic(case))


def _excluding(case: Case) -> list[str]:
    """The recipes made anew, leaving out the contacts that agents hold."""
    return [_again(one, case.profile.escalation_tag) for one in on_topic(case) if _is_open_to_tagged(case, one)]


def _again(recipe: Recipe, tag: str) -> str:
    kind, _, text = recipe.filter.partition(":")
    wish = {"filter": ["--filter", text], "saved": ["--saved-filter", text]}.get(kind, [])
    topics = [word for topic in recipe.topic_ids for word in ("--topic", topic)]
    hours = ["--active", recipe.active] if recipe.active != "always" else []
    words = ["recipe", "create", recipe.name, "--webhook", recipe.webhook, *topics, *wish, "--exclude-tag", tag, *hours]
    return shlex.join(["qsc-bot", *words, "--update"])


def _known(case: Case) -> str:
    names = [one.name for one in case.recipes or ()]
    return f"known, and not for {topics_seen(case)}: {', '.join(names[:5])}" if names else "no recipe is known"


def _is_without_recipe(case: Case) -> bool:
    return _is_concerned(case) and not on_topic(case)


RECIPES: Final = (
    Rule(
        code="recipe_disabled",
        proof=Proof.SEEN,
        holds=_all_are(_is_disabled),
        text=lambda _: "The recipe of this topic is switched off, so it tells the bot of no new message.",
        evidence=_seen(_is_disabled, lambda _: "is disabled"),
        cure=_each(_is_disabled, "qsc-bot recipe enable {}"),
    ),
    Rule(
        code="recipe_excludes_contact",
        proof=Proof.SEEN,
        holds=_all_are(_is_left_out),
        text=lambda _: "The recipe leaves this contact out, so it does not tell the bot of the new message.",
        evidence=lambda case: [
            f"recipe {one.name} leaves out contacts with the tag {quoted(one.exclude_tag or '')}, which is on this one"
            for one in on_topic(case)
            if _is_left_out(case, one)
        ],
        cure=_each(_is_left_out, "qsc-bot recipe show {}"),
    ),
    Rule(
        code="recipe_drifted",
        proof=Proof.LIKELY,
        holds=_all_are(_is_drifted),
        text=lambda _: "What fires is not the recipe that is wanted, so the bot may not be told of this message.",
        evidence=_seen(_is_drifted, lambda one: f"is drifted: revision {one.live_revision} fires, not {one.revision}"),
        cure=_each(_is_drifted, "qsc-bot recipe show {} --form"),
    ),
    Rule(
        code="recipe_pending",
        proof=Proof.LIKELY,
        holds=_all_are(_is_pending),
        text=lambda _: "The recipe waits for a person to enter it in Social Connect, so probably it does not fire.",
        evidence=_seen(_is_pending, lambda one: f"is pending ({one.pending or 'changed by hand'})"),
        cure=_each(_is_pending, "qsc-bot recipe show {} --form", "qsc-bot recipe confirm {}"),
    ),
    Rule(
        code="no_recipe",
        proof=Proof.LIKELY,
        holds=_is_without_recipe,
        text=lambda case: (
            "No recipe is known that tells the bot of this topic's new messages."
            + (UNSEEN if case.profile.recipes.backend == "guided" else "")
        ),
        evidence=lambda case: [
            _known(case),
            *messages_seen(case),
        ],
        cure=lambda _: ["qsc-bot recipe list", "qsc-bot webhook list"],
    ),
    Rule(
        code="recipe_open_to_tagged",
        proof=Proof.LIKELY,
        holds=_hears_tagged,
        text=lambda case: (
            "Agents hold it, but a recipe still tells the bot of each message: it leaves out nobody with "
            f"the tag {quoted(case.profile.escalation_tag)}, so both may answer."
        ),
        evidence=_seen(
            _is_open_to_tagged,
            lambda one: f"leaves out the tag {quoted(one.exclude_tag)}" if one.exclude_tag else "excludes no tag",
        ),
        cure=_excluding,
    ),
    Rule(
        code="recipe_filter",
        proof=Proof.POSSIBLE,
        holds=_some_are(_is_filtered),
        text=lambda _: (
            "The recipe has a filter of the account's own; whether it lets this message through is not known."
        ),
        evidence=_seen(_is_filtered, lambda one: f"has the filter {quoted(one.filter)}"),
        cure=_each(_is_filtered, "qsc-bot recipe show {}"),
    ),
    Rule(
        code="recipe_hours",
        proof=Proof.POSSIBLE,
        holds=_some_are(_is_timed),
        text=lambda _: "The recipe works in business hours only; whether the message came in these is not known.",
        evidence=lambda case: [
            *_seen(_is_timed, lambda _: "is active in business hours")(case),
            *messages_seen(case),
        ],
        cure=_each(_is_timed, "qsc-bot recipe show {}"),
    ),
)

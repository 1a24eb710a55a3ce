"""The scenarios that a bot is certified by, each with what is expected and what to change where it is not so."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from qsc_bot.models.certificate import Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations.trial import FIRST_NUMBER, TEXT, Event, RefusedDelivery, Seen, Trial, counted, is_taken, told

BURST: Final = 50
EMOJI: Final = "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\N{PARTY POPPER}"
OTHER_SECRET: Final = "not the secret of this profile"  # noqa: S105  # made to be wrong
NEW_FIELD: Final = "qsc_bot_test_field"
BOTH: Final = (Via.SOCIAL_CONNECT, Via.MESSENGER)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One thing that a bot has to do; `via` names the webhooks that it concerns."""

    name: str
    expected: str
    change: str
    act: Callable[[Trial], Seen]
    via: Sequence[Via] = BOTH


def answer_once(trial: Trial) -> Seen:
    """A message is answered, and not twice."""
    customer = trial.customer()
    trial.bring(trial.write(customer))
    if trial.wait_for_answer(customer):
        trial.wait_in_silence()
    number = trial.answers(customer)
    return Seen.judged(counted(number), is_right=number == 1)


def stay_silent_for_escalated(trial: Trial) -> Seen:
    """Agents hold the conversation before the customer writes."""
    return _stay_silent(trial, trial.customer())


def stay_silent_while_agents_hold(trial: Trial) -> Seen:
    """The same where a call tells who holds it, and no tag does."""
    return _stay_silent(trial, trial.customer(service="whatsapp"))


def escalate(trial: Trial) -> Seen:
    """The customer asks for a person."""
    customer = trial.customer()
    trial.bring(trial.write(customer, trial.request))
    trial.wait_for(lambda: trial.stage.control(customer) == "agent")
    control = trial.stage.control(customer)
    return Seen.judged(f"that it is held by {control}", is_right=control == "agent")


def ignore_own(trial: Trial) -> Seen:
    """What the bot itself said comes back to it."""
    customer = trial.customer()
    trial.write(customer)
    trial.bring(trial.stage.speak(customer, TEXT))
    trial.wait_in_silence()
    number = trial.answers(customer) - 1
    return Seen.judged(counted(number), is_right=number == 0)


def survive_duplicate(trial: Trial) -> Seen:
    """The same delivery comes again after it was answered."""
    customer = trial.customer()
    event = trial.write(customer)
    trial.bring(event)
    if not trial.wait_for_answer(customer):
        return Seen("no answer to the first one")
    trial.wait_in_silence()
    before = trial.answers(customer)
    trial.bring(event)
    trial.wait_in_silence()
    number = trial.answers(customer) - before
    return Seen.judged(f"{counted(number)} to the second one", is_right=number == 0)


def survive_unknown_field(trial: Trial) -> Seen:
    """Fields that are not known today stand in the event and in its parts."""
    customer = trial.customer()
    trial.bring(with_new_fields(trial.write(customer)))
    number = trial.wait_for_answer(customer)
    return Seen.judged(counted(number), is_right=number > 0)


def survive_numeric_author(trial: Trial) -> Seen:
    """The author's id is a number in the JSON."""
    customer = f"twitter:{FIRST_NUMBER + int(trial.run, 16)}"
    trial.bring(trial.write(customer))
    number = trial.wait_for_answer(customer)
    return Seen.judged(counted(number), is_right=number > 0)


def survive_empty(trial: Trial) -> Seen:
    """A message without text, as an attachment makes one; then another."""
    return _survive(trial, "")


def survive_emoji(trial: Trial) -> Seen:
    """A message of emoji alone; then another."""
    return _survive(trial, EMOJI)


def refuse_wrong_signature(trial: Trial) -> Seen:
    """A delivery that somebody else signed."""
    customer = trial.customer()
    answer = trial.send(trial.write(customer), secret=OTHER_SECRET)
    if answer.status is None:
        raise RefusedDelivery(answer)
    trial.wait_in_silence()
    number = trial.answers(customer)
    is_refused = 400 <= answer.status < 500
    return Seen.judged(f"{told(answer)}, and {counted(number)}", is_right=is_refused and number == 0)


def answer_after_hand_over(trial: Trial) -> Seen:
    """Agents had the conversation, on the customer's wish, and gave it back."""
    customer = trial.customer()
    trial.bring(trial.write(customer, trial.request))
    trial.wait_for(lambda: trial.stage.control(customer) == "agent")
    trial.wait_in_silence()
    trial.stage.hold(customer, "agent")
    trial.stage.hold(customer, "bot")
    before = trial.answers(customer)
    trial.bring(trial.write(customer))
    number = trial.wait_for_answer(customer, beside=before)
    return Seen.judged(counted(number), is_right=number > 0)


def survive_burst(trial: Trial) -> Seen:
    """Many customers write at the same time."""
    customers = [trial.customer(number) for number in range(BURST)]
    events = [trial.write(customer) for customer in customers]
    with ThreadPoolExecutor(BURST) as pool:
        answers = list(pool.map(trial.send, events))
    refused = [answer for answer in answers if not is_taken(answer)]
    if refused:
        return Seen(f"{told(refused[0])}, as {len(refused)} of {BURST} were")
    trial.wait_for(lambda: all(trial.answers(customer) for customer in customers))
    number = sum(trial.answers(customer) > 0 for customer in customers)
    return Seen.judged(f"that {number} of {BURST} were answered", is_right=number == BURST)


def with_new_fields(value: Any) -> Any:
    """The same event with one more field in each of its objects that is not empty."""
    if isinstance(value, list):
        return [with_new_fields(part) for part in value]
    if not isinstance(value, dict) or not value:
        return value
    fresh: Event = {name: with_new_fields(part) for name, part in value.items()}
    return fresh | {NEW_FIELD: [{"is": "new"}, None]}


def _stay_silent(trial: Trial, customer: str) -> Seen:
    trial.stage.hold(customer, "agent")
    event, tries = trial.write(customer), trial.stage.tries()
    trial.bring(event)
    trial.wait_in_silence()
    number, refused = trial.answers(customer), trial.stage.tries() - tries
    if number == 0 and refused and trial.via is Via.MESSENGER:
        return Seen("a try to send an answer, which Messenger refused")
    return Seen.judged(counted(number), is_right=number == 0)


def _survive(trial: Trial, text: str) -> Seen:
    customer = trial.customer()
    trial.bring(trial.write(customer, text))
    trial.wait_in_silence()
    before = trial.answers(customer)
    trial.bring(trial.write(customer))
    number = trial.wait_for_answer(customer, beside=before)
    return Seen.judged(f"{counted(number)} to the next one", is_right=number > 0)


SCENARIOS: Final = (
    Scenario(
        name="answers-once",
        expected="one answer to a private message",
        change="answer through the API that this sandbox serves, with status=queued, and once",
        act=answer_once,
    ),
    Scenario(
        name="silent-for-escalated",
        expected="no answer while agents hold the conversation",
        change="before each answer ask for the contact's tags, on Messenger leave what comes on standby",
        act=stay_silent_for_escalated,
    ),
    Scenario(
        name="silent-while-agents-hold",
        expected="no answer while agents hold a conversation on WhatsApp, where no tag says so",
        change="before each answer on whatsapp, web, viber and twilio ask inbox/handover/{service}/{service_id}",
        act=stay_silent_while_agents_hold,
        via=(Via.SOCIAL_CONNECT,),
    ),
    Scenario(
        name="escalates-on-request",
        expected="that agents hold it after the customer asked for a person",
        change="put the escalation tag on the contact, on Messenger pass the thread; --ask-person gives other words",
        act=escalate,
    ),
    Scenario(
        name="ignores-own-messages",
        expected="no answer to a message of our own side",
        change="leave out mentions whose author is managed, on Messenger messages with is_echo",
        act=ignore_own,
    ),
    Scenario(
        name="survives-duplicate",
        expected="no answer to a delivery that came before",
        change="remember each unique_id, on Messenger each mid, and answer it once",
        act=survive_duplicate,
    ),
    Scenario(
        name="survives-unknown-field",
        expected="an answer to a message with fields that are new",
        change="leave out fields that are not known",
        act=survive_unknown_field,
    ),
    Scenario(
        name="survives-numeric-author",
        expected="an answer to a message whose author.id is a number",
        change="make a text of author.id, which is a number on some services",
        act=survive_numeric_author,
        via=(Via.SOCIAL_CONNECT,),
    ),
    Scenario(
        name="survives-empty-message",
        expected="that an empty message is taken, and an answer to the next one",
        change="take messages without text, which attachments are",
        act=survive_empty,
    ),
    Scenario(
        name="survives-emoji",
        expected="that a message of emoji alone is taken, and an answer to the next one",
        change="read the body as UTF-8, and take messages without letters",
        act=survive_emoji,
    ),
    Scenario(
        name="refuses-wrong-signature",
        expected="that a wrong signature is answered with a status from 400 to 499, and no answer",
        change="compare the signature with that of the raw body before anything is read",
        act=refuse_wrong_signature,
    ),
    Scenario(
        name="answers-after-hand-over",
        expected="an answer after agents gave the conversation back",
        change="ask each time who holds it, and remember no escalation",
        act=answer_after_hand_over,
    ),
    Scenario(
        name="survives-burst",
        expected=f"an answer to each of {BURST} messages at once",
        change="answer deliveries with 2xx at once, queue them, and work after",
        act=survive_burst,
    ),
)


def skipped(scenario: Scenario, via: Via) -> Seen | None:
    """Why a scenario is not played to this kind of webhook, if it is not."""
    if via in scenario.via:
        return None
    reason = f"this concerns {' and '.join(scenario.via)} only, and the bot is tried by {via}"
    return Seen(reason, Mark.SKIPPED)

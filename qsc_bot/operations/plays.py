"""What is done in each scenario that a bot is certified by, and what was seen of the bot then."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from qsc_bot.models.certificate import Mark
from qsc_bot.operations.answering import PROVES_NOTHING, is_taken
from qsc_bot.operations.odd_events import EMPTIED, respelled, with_new_fields
from qsc_bot.operations.trial import FIRST_NUMBER, RefusedDelivery, Seen, Trial, counted, told
from qsc_bot.webhook.samples import ANOTHER
from qsc_bot.webhook.signature import HEADERS

BURST: Final = 50
EMOJI: Final = "\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4}\N{PARTY POPPER}"
NO_CONNECTION: Final = f"see whether the bot died, and let its server hold {BURST} connections that wait"


def answer_once(trial: Trial) -> Seen:
    """A message is answered, and not twice."""
    customer = trial.customer()
    trial.bring(trial.write(customer))
    if trial.wait_for_answer(customer):
        trial.wait_in_silence()
    number = trial.answers(customer)
    return Seen.judged(counted(number), is_right=number == 1, stays={customer: 1})


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
    trial.bring(trial.speak(customer))
    trial.wait_in_silence()
    number = trial.answers(customer) - 1
    return Seen.judged(counted(number), is_right=number == 0, stays={customer: 1})


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
    """Messages without text, as attachments make them; then another."""
    customer = trial.customer()
    for what, emptied in EMPTIED[trial.via].items():
        trial.bring(emptied(trial.write(customer, "")), what)
    trial.wait_in_silence()
    return _next_answered(trial, customer)


def survive_emoji(trial: Trial) -> Seen:
    """A message of emoji alone; then another."""
    customer = trial.customer()
    trial.bring(trial.write(customer, EMOJI), "a message of emoji alone")
    if not trial.wait_for_answer(customer):
        return Seen("no answer to it")
    trial.wait_in_silence()
    return _next_answered(trial, customer)


def check_raw_bytes(trial: Trial) -> Seen:
    """The body is spelled as nobody who writes it again would spell it."""
    customer = trial.customer()
    body = respelled(trial.write(customer))
    answer = trial.post(body, trial.sign(body))
    if not is_taken(answer):
        raise RefusedDelivery(answer, "a rightly signed body in an odd spelling")
    number = trial.wait_for_answer(customer)
    return Seen.judged(counted(number), is_right=number > 0)


def refuse_wrong_signature(trial: Trial) -> Seen:
    """Deliveries that somebody else signed, and that nobody did, from a bot that takes what is right."""
    usual = trial.send_usual()
    if usual.status is None:
        raise RefusedDelivery(usual, "a rightly signed delivery")
    if not is_taken(usual):
        return Seen(told(usual, "a rightly signed delivery"), change=f"{PROVES_NOTHING}: {trial.cause(usual)}")
    for what, is_signed in (("a wrongly signed delivery", True), ("an unsigned delivery", False)):
        wrong = _refused(trial, what, is_signed=is_signed)
        if wrong.mark is Mark.FAIL:
            return wrong
    strangers = {trial.customer(number): 0 for number in (0, 1)}
    return Seen("that both were refused, and no answer", Mark.PASS, stays=strangers)


def answer_after_hand_over(trial: Trial) -> Seen:
    """Agents had the conversation, on the customer's wish, and gave it back."""
    customer = trial.customer()
    trial.bring(trial.write(customer, trial.request))
    trial.wait_for(lambda: trial.stage.control(customer) == "agent")
    trial.wait_in_silence()
    trial.hand(customer, "agent")
    trial.hand(customer, "bot")
    before = trial.answers(customer)
    trial.bring(trial.write(customer))
    number = trial.wait_for_answer(customer, beside=before)
    return Seen.judged(counted(number), is_right=number > 0)


def survive_burst(trial: Trial) -> Seen:
    """Many customers write at the same time; what finds no connection then comes once more, as Meta has it."""
    customers = [trial.customer(number) for number in range(BURST)]
    events = [trial.write(customer) for customer in customers]
    with ThreadPoolExecutor(BURST) as pool:
        answers = list(pool.map(trial.send, events))
    answers = [trial.send(event) if one.status is None else one for event, one in zip(events, answers, strict=True)]
    refused = [answer for answer in answers if not is_taken(answer)]
    if len(refused) == BURST:
        raise RefusedDelivery(refused[0], f"each of {BURST} deliveries")
    if refused:
        change = NO_CONNECTION if refused[0].status is None else None
        return Seen(f"{told(refused[0])}, as {len(refused)} of {BURST} were", change=change)
    trial.wait_for(lambda: all(trial.answers(customer) for customer in customers))
    number = sum(trial.answers(customer) > 0 for customer in customers)
    return Seen.judged(f"that {number} of {BURST} were answered", is_right=number == BURST)


def _stay_silent(trial: Trial, customer: str) -> Seen:
    trial.hand(customer, "agent")
    trial.bring(trial.write(customer))
    trial.wait_in_silence()
    number, refused = trial.answers(customer), trial.stage.refusals(customer)
    if number == 0 and refused:
        return Seen("a try to send an answer, which Messenger refused")
    return Seen.judged(counted(number), is_right=number == 0, stays={customer: 0})


def _next_answered(trial: Trial, customer: str) -> Seen:
    before = trial.answers(customer)
    trial.bring(trial.write(customer), "the message after it")
    number = trial.wait_for_answer(customer, beside=before)
    return Seen.judged(f"{counted(number)} to the next one", is_right=number > 0)


def _refused(trial: Trial, what: str, *, is_signed: bool) -> Seen:
    customer = trial.customer(int(not is_signed))
    body = trial.written(trial.write(customer))
    answer = trial.post(body, trial.sign(body, ANOTHER) if is_signed else None)
    if answer.status is None:
        raise RefusedDelivery(answer, what)
    trial.wait_in_silence()
    number = trial.answers(customer)
    is_right = 400 <= answer.status < 500 and number == 0
    return Seen(
        f"{told(answer, what)}, and {counted(number)}",
        Mark.PASS if is_right else Mark.FAIL,
        change=None if is_signed else f"refuse what has no {HEADERS[trial.via]}",
    )

"""The scenarios that a bot is certified by, each with what is expected and what to change where it is not so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from qsc_bot.models.certificate import Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations import plays
from qsc_bot.operations.trial import Seen, Trial

BOTH: Final = (Via.SOCIAL_CONNECT, Via.MESSENGER)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One thing that a bot has to do; `via` names the webhooks that it concerns."""

    name: str
    expected: str
    change: str
    act: Callable[[Trial], Seen]
    via: Sequence[Via] = BOTH


SCENARIOS: Final = (
    Scenario(
        name="answers-once",
        expected="one answer to a private message",
        change="answer through the API that this sandbox serves, with status=queued, and once",
        act=plays.answer_once,
    ),
    Scenario(
        name="silent-for-escalated",
        expected="no answer while agents hold the conversation",
        change="before each answer ask for the contact's tags, on Messenger leave what comes on standby",
        act=plays.stay_silent_for_escalated,
    ),
    Scenario(
        name="silent-while-agents-hold",
        expected="no answer while agents hold a conversation on WhatsApp, where no tag says so",
        change="before each answer on whatsapp, web, viber and twilio ask inbox/handover/{service}/{service_id}",
        act=plays.stay_silent_while_agents_hold,
        via=(Via.SOCIAL_CONNECT,),
    ),
    Scenario(
        name="escalates-on-request",
        expected="that agents hold it after the customer asked for a person",
        change="put the escalation tag on the contact, on Messenger pass the thread; --ask-person gives other words",
        act=plays.escalate,
    ),
    Scenario(
        name="ignores-own-messages",
        expected="no answer to a message of our own side",
        change="leave out mentions whose author is managed, on Messenger messages with is_echo",
        act=plays.ignore_own,
    ),
    Scenario(
        name="survives-duplicate",
        expected="no answer to a delivery that came before",
        change="remember each unique_id, on Messenger each mid, and answer it once",
        act=plays.survive_duplicate,
    ),
    Scenario(
        name="survives-unknown-field",
        expected="an answer to a message with fields that are new",
        change="leave out fields that are not known",
        act=plays.survive_unknown_field,
    ),
    Scenario(
        name="survives-numeric-author",
        expected="an answer to a message whose author.id is a number",
        change="make a text of author.id, which is a number on some services",
        act=plays.survive_numeric_author,
        via=(Via.SOCIAL_CONNECT,),
    ),
    Scenario(
        name="survives-empty-message",
        expected="that messages without text are taken, and an answer to the next one",
        change="take messages whose text is empty, null or not there, as attachments bring them",
        act=plays.survive_empty,
    ),
    Scenario(
        name="survives-emoji",
        expected="an answer to a message of emoji alone, and to the next one",
        change="read the body as UTF-8, and take messages without letters",
        act=plays.survive_emoji,
    ),
    Scenario(
        name="checks-raw-bytes",
        expected="an answer to a message whose JSON is spelled in another way",
        change="sign the raw bytes as they arrived, and read them with a parser of JSON",
        act=plays.check_raw_bytes,
    ),
    Scenario(
        name="refuses-wrong-signature",
        expected="that a wrong signature, and none, is answered with a status from 400 to 499, and no answer",
        change="compare the signature with that of the raw body before anything is read",
        act=plays.refuse_wrong_signature,
    ),
    Scenario(
        name="answers-after-hand-over",
        expected="an answer after agents gave the conversation back",
        change="ask each time who holds it, on Messenger listen to messaging_handovers, and remember no escalation",
        act=plays.answer_after_hand_over,
    ),
    Scenario(
        name="survives-burst",
        expected=f"an answer to each of {plays.BURST} messages at once",
        change="answer deliveries with 2xx at once, queue them, and work after",
        act=plays.survive_burst,
    ),
)


def skipped(scenario: Scenario, via: Via) -> Seen | None:
    """Why a scenario is not played to this kind of webhook, if it is not."""
    if via in scenario.via:
        return None
    reason = f"this concerns {' and '.join(scenario.via)} only, and the bot is tried by {via}"
    return Seen(reason, Mark.SKIPPED)

"""What people do by hand: customers who write, agents who answer and who press the button."""

from qsc_bot.errors import QscBotError
from qsc_bot.sandbox.account import AGENT_APP, BOT_APP, HANDOVER_SERVICES, MESSENGER_SERVICES
from qsc_bot.sandbox.actions import assign, set_status
from qsc_bot.sandbox.messages import Message, add_message, newest_from_customer
from qsc_bot.sandbox.messenger import apply_change, find_thread, read_rules, receive_message, send_message
from qsc_bot.sandbox.people import (
    Person,
    create_contact,
    create_person,
    find_person,
    parse_conversation,
    write_owner,
)
from qsc_bot.sandbox.recipes import fire_recipes
from qsc_bot.sandbox.threads import Thread, pass_control
from qsc_bot.sandbox.world import Moment


def write_as_customer(moment: Moment, conversation: str, text: str, *, name: str | None) -> Message:
    """A private message comes in; who is not known yet is created."""
    person = meet(moment, conversation, name=name)
    service, service_id = person.service, person.service_id
    if service in MESSENGER_SERVICES:
        message = receive_message(moment, service=service, psid=service_id, text=text)
    else:
        message = add_message(moment.db, service=service, service_id=service_id, content=text, now=moment.now)
    fire_recipes(moment, message)
    return message


def meet(moment: Moment, conversation: str, *, name: str | None) -> Person:
    """The person who writes in private; who is not known yet is created."""
    service, service_id = parse_conversation(conversation)
    known = find_person(moment.db, service=service, service_id=service_id)
    if known is None:
        contact_id = create_contact(moment.db, name=name or f"Customer {service_id}", now=moment.now)
        return create_person(moment.db, service=service, service_id=service_id, contact_id=contact_id)
    if not known.private:
        moment.db.execute("UPDATE people SET private = 1 WHERE service = ? AND service_id = ?", (service, service_id))
    return known


def reply_as_agent(moment: Moment, conversation: str, text: str) -> Message:
    """An agent answers in Social Connect; on Messenger only while Social Connect's app holds the thread."""
    person = require_person(moment, conversation)
    if person.service in MESSENGER_SERVICES:
        return send_message(moment, _require_held(moment, person), caller=AGENT_APP, text=text)
    return add_message(
        moment.db,
        service=person.service,
        service_id=person.service_id,
        content=text,
        now=moment.now,
        application="Social Connect",
    )


def press_hand_over(moment: Moment, conversation: str) -> None:
    """An agent presses "Hand over to bot"; on Messenger it passes control to the bot's app (assumed)."""
    person = require_person(moment, conversation)
    if person.service in HANDOVER_SERVICES:
        write_owner(moment.db, person, "bot")
        return
    if person.service not in MESSENGER_SERVICES:
        text = f"{person.service} has no button to hand over; there the agent takes the tag off the contact"
        raise QscBotError("sandbox.not_allowed", text)
    thread = _require_held(moment, person)
    rules = read_rules(moment.settings)
    change = pass_control(thread, rules, caller=AGENT_APP, target=BOT_APP, now=moment.now)
    apply_change(moment, thread, change, metadata=None, counted=False)


def take_case(moment: Moment, conversation: str) -> None:
    """An agent is assigned to the customer's newest message."""
    assign(moment.db, _newest(moment, conversation).id, now=moment.now)


def mark_done(moment: Moment, conversation: str) -> None:
    """An agent marks the customer's newest message as done; one that is done already is refused."""
    message = _newest(moment, conversation)
    if message.status == "done":
        raise QscBotError("sandbox.not_allowed", f"the newest message of {conversation} is done already")
    set_status(moment.db, message.id, "done", now=moment.now)


def _newest(moment: Moment, conversation: str) -> Message:
    person = require_person(moment, conversation)
    message = newest_from_customer(moment.db, service=person.service, service_id=person.service_id)
    if message is None:
        raise QscBotError("conversation.not_found", f"the customer of {conversation} has written nothing")
    return message


def require_person(moment: Moment, conversation: str) -> Person:
    """The person of a conversation; whoever only wrote in public has none."""
    service, service_id = parse_conversation(conversation)
    person = find_person(moment.db, service=service, service_id=service_id)
    if person is None or not person.private:
        raise QscBotError("conversation.not_found", f"the sandbox has no conversation {conversation}")
    return person


def _require_held(moment: Moment, person: Person) -> Thread:
    thread = find_thread(moment.db, person.service_id, now=moment.now)
    if thread is None or thread.owner != AGENT_APP:
        text = f"Social Connect's app does not hold the thread of {person.conversation}"
        raise QscBotError("sandbox.not_allowed", text)
    return thread

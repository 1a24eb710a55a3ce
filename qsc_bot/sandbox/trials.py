"""What a bot is tried with: messages that fire no recipe, and the events that a webhook would bring of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from qsc_bot.sandbox.account import AGENT_APP, BOT_APP, ESCALATION_TAG, HANDOVER_SERVICES, MESSENGER_SERVICES
from qsc_bot.sandbox.control import read_control
from qsc_bot.sandbox.messages import FIRST_MENTION_ID, add_message, describe_mention, skip_ids
from qsc_bot.sandbox.messenger import (
    describe_echo,
    describe_events,
    describe_notice,
    find_thread,
    open_thread,
    read_rules,
    take_message,
    write_thread,
)
from qsc_bot.sandbox.people import Person, tags_of, write_owner, write_tags
from qsc_bot.sandbox.staff import meet, require_person
from qsc_bot.sandbox.threads import Thread, pass_control, renew, take_control
from qsc_bot.sandbox.world import Moment, World

NAME = "Test, not a customer"


class Trials:
    """Conversations with a bot that is tried; nothing here sends anything."""

    def __init__(self, world: World) -> None:
        self._world = world

    def receive(self, conversation: str, text: str) -> dict[str, Any]:
        """A customer writes; the mention, or Messenger's events, as they would be sent."""
        with self._moment() as moment:
            self._begin_message(moment)
            person = meet(moment, conversation, name=NAME)
            service, service_id = person.service, person.service_id
            if service in MESSENGER_SERVICES:
                _, channel, event = take_message(moment, service=service, psid=service_id, text=text)
                return describe_events(moment, service, channel, event)
            message = add_message(moment.db, service=service, service_id=service_id, content=text, now=moment.now)
            return describe_mention(moment.db, message, address=moment.settings.address)

    def speak(self, conversation: str, text: str) -> dict[str, Any]:
        """Our own side writes; the mention, or Messenger's echo, as it would be sent."""
        with self._moment() as moment:
            self._begin_message(moment)
            person = require_person(moment, conversation)
            service, service_id = person.service, person.service_id
            message = add_message(
                moment.db,
                service=service,
                service_id=service_id,
                content=text,
                now=moment.now,
                application="Example bot",
            )
            if service in MESSENGER_SERVICES:
                thread = _thread_of(moment, person)
                channel, event = describe_echo(moment, service, thread, message, caller=BOT_APP)
                return describe_events(moment, service, channel, event)
            return describe_mention(moment.db, message, address=moment.settings.address)

    def hold(self, conversation: str, holder: str) -> list[dict[str, Any]]:
        """Give a conversation to `agent` or `bot`, by its channel's method; who is not known yet is created.

        Gives the events that the bot's webhook would bring of it: Messenger's, where the bot was or is the owner.
        """
        with self._moment() as moment:
            person = meet(moment, conversation, name=NAME)
            if person.service in MESSENGER_SERVICES:
                return _move_thread(moment, person, holder)
            if person.service in HANDOVER_SERVICES:
                write_owner(moment.db, person, holder)
                return []
            others = [tag for tag in tags_of(moment.db, person.contact_id) if tag != ESCALATION_TAG]
            tags = [*others, ESCALATION_TAG] if holder == "agent" else others
            write_tags(moment.db, contact_id=person.contact_id, tags=tags, now=moment.now)
            return []

    def control(self, conversation: str) -> str:
        """Who holds a conversation: `bot`, `agent`, on Messenger also `idle` and `other`."""
        with self._moment() as moment:
            return read_control(moment.db, require_person(moment, conversation), now=moment.now)

    def answers(self, conversation: str) -> int:
        """How many messages of our own side went out in a conversation."""
        with self._world.state.reading() as db:
            service, _, service_id = conversation.partition(":")
            row = db.execute(
                "SELECT count(*) FROM mentions WHERE service = ? AND service_id = ? AND managed",
                (service, service_id),
            ).fetchone()
            return int(row[0])

    def refusals(self, conversation: str) -> int:
        """How many tries to write in a conversation Messenger refused."""
        with self._world.state.reading() as db:
            psid = conversation.partition(":")[2]
            row = db.execute("SELECT number FROM refused_sends WHERE psid = ?", (psid,)).fetchone()
            return 0 if row is None else int(row["number"])

    def begin_hour(self) -> None:
        """Give every user of the sandbox a new hour of calls, so that no limit decides how a bot fares."""
        with self._world.state.writing() as db:
            db.execute("DELETE FROM budgets")

    def _begin_message(self, moment: Moment) -> None:
        """Let its id be one that no sandbox gave before, also none that was deleted: bots remember ids."""
        skip_ids(moment.db, FIRST_MENTION_ID + int(self._world.clock() * 1_000_000))

    @contextmanager
    def _moment(self) -> Iterator[Moment]:
        with self._world.state.writing() as db:
            yield Moment(db=db, settings=self._world.settings, now=self._world.now(db), outbox=[])


def _thread_of(moment: Moment, person: Person) -> Thread:
    found = find_thread(moment.db, person.service_id, now=moment.now)
    return found or open_thread(moment.db, service=person.service, psid=person.service_id, now=moment.now)


def _move_thread(moment: Moment, person: Person, holder: str) -> list[dict[str, Any]]:
    """Agents take a thread, which they always may here, or pass it to the bot; what the bot's app hears of it."""
    thread, rules, now = _thread_of(moment, person), read_rules(moment.settings), moment.now
    if thread.owner == (AGENT_APP if holder == "agent" else BOT_APP):
        write_thread(moment.db, renew(thread, now=now))
        return []
    if holder == "agent":
        change = take_control(thread, replace(rules, routing=True), caller=AGENT_APP, now=now)
    else:
        change = pass_control(thread, rules, caller=thread.owner or AGENT_APP, target=BOT_APP, now=now)
    write_thread(moment.db, change.thread)
    events = [
        describe_notice(moment, person.service, person.service_id, notice)
        for notice in change.notices
        if notice.to == BOT_APP
    ]
    return [describe_events(moment, person.service, "messaging", event) for event in events]

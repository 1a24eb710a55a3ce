"""What a fresh sandbox holds: a story of a dozen conversations, nothing, or very many."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qsc_bot.errors import QscBotError
from qsc_bot.sandbox.account import (
    AGENT_APP,
    BOT_APP,
    ESCALATION_TAG,
    HANDOVER_SERVICES,
    MESSENGER_SERVICES,
    PRIVATE_MESSAGE,
    PROFILES,
)
from qsc_bot.sandbox.actions import assign
from qsc_bot.sandbox.messages import FIRST_MENTION_ID, add_message, highest_id, skip_ids, source_id
from qsc_bot.sandbox.messenger import open_thread, preset_apps, write_thread
from qsc_bot.sandbox.people import (
    FIRST_CONTACT_ID,
    create_contact,
    create_person,
    find_person,
    write_owner,
    write_tags,
)
from qsc_bot.sandbox.state import clear, write_meta
from qsc_bot.sandbox.threads import DAY_SECONDS, Thread

_LARGE = re.compile(r"large:(?P<number>[1-9][0-9]*)(?::(?P<service>[a-z]+))?")
_SHARES = (("twitter", 6), ("whatsapp", 3), ("facebook", 1))


@dataclass(frozen=True)
class Line:
    """One message of the story: minutes ago, who wrote (`customer`, `bot`, `agent`), and what."""

    minutes_ago: float
    writer: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Story:
    """One conversation of the demo."""

    service: str
    service_id: str
    name: str
    holder: str
    lines: tuple[Line, ...]
    contact_of: tuple[str, str] | None = None
    assigned: bool = False


_GREETING = Line(31, "customer", "Hi, when do you open tomorrow?")
_STORIES = (
    Story(
        service="twitter",
        service_id="1001",
        name="Ada Example",
        holder="bot",
        lines=(_GREETING, Line(30, "bot", "We open at nine.")),
    ),
    Story(
        service="twitter",
        service_id="1002",
        name="Ben Sample",
        holder="agent",
        lines=(
            Line(52, "customer", "My order arrived broken."),
            Line(51, "bot", "I am passing you on to a colleague."),
            Line(45, "customer", "Is anybody there?"),
        ),
    ),
    Story(
        service="whatsapp",
        service_id="32470000000",
        name="Cleo Pattern",
        holder="bot",
        lines=(Line(20, "customer", "Where is my parcel?"), Line(19, "bot", "It arrives tomorrow.")),
    ),
    Story(
        service="whatsapp",
        service_id="32470000001",
        name="Dan Model",
        holder="agent",
        lines=(
            Line(95, "customer", "I want to talk to a person."),
            Line(94, "bot", "I am passing you on to a colleague."),
            Line(90, "customer", "It is about my invoice."),
        ),
        assigned=True,
    ),
    Story(
        service="web",
        service_id="visitor-1",
        name="Visitor One",
        holder="bot",
        lines=(Line(4, "customer", "Do you ship abroad?"), Line(3, "bot", "Yes, to all of Europe.")),
    ),
    Story(
        service="viber",
        service_id="viber-1",
        name="Eve Draft",
        holder="bot",
        lines=(Line(25, "customer", "Can I change my address?"),),
    ),
    Story(
        service="facebook",
        service_id="5550001",
        name="Finn Proof",
        holder="bot",
        lines=(Line(12, "customer", "Is this in stock?"), Line(11, "bot", "Yes, in three colours.")),
    ),
    Story(
        service="facebook",
        service_id="5550002",
        name="Gus Trial",
        holder="agent",
        lines=(
            Line(70, "customer", "I need a human."),
            Line(69, "bot", "I am passing you on to a colleague."),
            Line(60, "agent", "Hello Gus, how can I help?"),
        ),
        assigned=True,
    ),
    Story(
        service="facebook",
        service_id="5550003",
        name="Hal Rehearsal",
        holder="idle",
        lines=(Line(1800, "customer", "Thanks!"), Line(1799, "bot", "You are welcome.")),
    ),
    Story(
        service="twitter",
        service_id="1003",
        name="Ida Double",
        holder="bot",
        lines=(
            Line(240, "customer", "Do you have a shop in Ghent?"),
            Line(239, "bot", "Yes, by the station."),
        ),
    ),
    Story(
        service="whatsapp",
        service_id="32470000003",
        name="Ida Double",
        holder="bot",
        lines=(Line(8, "customer", "And one in Antwerp?"), Line(7, "bot", "Yes, in the high street.")),
        contact_of=("twitter", "1003"),
    ),
)


def plant(db: sqlite3.Connection, seed: str, *, now: float) -> None:
    """Forget everything, faults and clock offset included, and begin with this seed.

    Its own messages always have the same ids; those that come after it have ids that none had before.
    """
    large = _LARGE.fullmatch(seed)
    if large and large["service"] not in (None, *PROFILES):
        raise QscBotError("usage.invalid", f"the sandbox has no service {large['service']!r}")
    if not large and seed not in ("demo", "empty"):
        raise QscBotError("usage.invalid", f"seed is demo, empty, large:N or large:N:SERVICE, not {seed!r}")
    used = highest_id(db)
    clear(db)
    write_meta(db, "seed", seed)
    preset_apps(db)
    if large:
        _plant_many(db, int(large["number"]), large["service"], now=now)
    elif seed == "demo":
        _plant_demo(db, now=now)
    skip_ids(db, used)


def _plant_demo(db: sqlite3.Connection, *, now: float) -> None:
    lines = [(line, story) for story in _STORIES for line in story.lines]
    for story in _STORIES:
        _plant_person(db, story, now=now - story.lines[0].minutes_ago * 60)
    _plant_public_post(db, now=now - 3000)
    for line, story in sorted(lines, key=lambda item: -item[0].minutes_ago):
        message = add_message(
            db,
            service=story.service,
            service_id=story.service_id,
            content=line.text,
            now=now - line.minutes_ago * 60,
            application={"bot": "Example bot", "agent": "Social Connect"}.get(line.writer),
        )
        if story.assigned and line is story.lines[-1]:
            assign(db, message.id, now=message.added)
    for story in _STORIES:
        _plant_control(db, story, now=now)


def _plant_person(db: sqlite3.Connection, story: Story, *, now: float) -> None:
    other = story.contact_of
    known = find_person(db, service=other[0], service_id=other[1]) if other else None
    contact_id = known.contact_id if known else create_contact(db, name=story.name, now=now)
    create_person(db, service=story.service, service_id=story.service_id, contact_id=contact_id)


def _plant_public_post(db: sqlite3.Connection, *, now: float) -> None:
    contact_id = create_contact(db, name="Jo Public", now=now)
    create_person(db, service="twitter", service_id="1999", contact_id=contact_id, private=False)
    text = "Just bought my first bike at @SandboxCare!"
    add_message(db, service="twitter", service_id="1999", content=text, now=now, type_="post")


def _plant_control(db: sqlite3.Connection, story: Story, *, now: float) -> None:
    person = find_person(db, service=story.service, service_id=story.service_id)
    assert person is not None
    if story.service in MESSENGER_SERVICES:
        last = now - story.lines[-1].minutes_ago * 60
        thread = open_thread(db, service=story.service, psid=story.service_id, now=last)
        owner = {"bot": BOT_APP, "agent": AGENT_APP}.get(story.holder)
        expires = last + DAY_SECONDS if owner else None
        write_thread(db, Thread(psid=thread.psid, owner=owner, expires=expires))
    elif story.service in HANDOVER_SERVICES:
        write_owner(db, person, story.holder)
    elif story.holder == "agent":
        write_tags(db, contact_id=person.contact_id, tags=[ESCALATION_TAG], now=now)


def _plant_many(db: sqlite3.Connection, number: int, service: str | None, *, now: float) -> None:
    """One contact with one private message each over the last day; every fifth contact bears the tag."""
    first, step = int(now) - DAY_SECONDS + 60, (DAY_SECONDS - 120) / number
    people = [
        (position, *person, first + int(position * step)) for position, person in enumerate(_spread(number, service))
    ]
    db.executemany(
        "INSERT INTO contacts (id, name, added, updated) VALUES (?, ?, ?, ?)",
        ((FIRST_CONTACT_ID + n, f"Customer {n + 1}", at, at) for n, _, _, at in people),
    )
    db.executemany(
        "INSERT INTO contact_tags (contact_id, tag) VALUES (?, ?)",
        ((FIRST_CONTACT_ID + n, ESCALATION_TAG) for n, _, _, _ in people if n % 5 == 4),
    )
    db.executemany(
        "INSERT INTO people (service, service_id, contact_id) VALUES (?, ?, ?)",
        ((name, service_id, FIRST_CONTACT_ID + n) for n, name, service_id, _ in people),
    )
    _plant_many_messages(db, people)


def _plant_many_messages(db: sqlite3.Connection, people: Sequence[tuple[int, str, str, int]]) -> None:
    messages = ((FIRST_MENTION_ID + n, name, service_id, at) for n, name, service_id, at in people)
    db.executemany(
        "INSERT INTO mentions (id, service, service_id, type, managed, content, source_id, added)"
        " VALUES (?, ?, ?, ?, 0, 'Hello?', ?, ?)",
        (
            (number, name, service_id, PRIVATE_MESSAGE, source_id(name, number), at)
            for number, name, service_id, at in messages
        ),
    )
    db.executemany(
        "INSERT INTO threads (psid, service, owner, expires, updated) VALUES (?, ?, ?, ?, ?)",
        (
            (service_id, name, BOT_APP, at + DAY_SECONDS, at)
            for _, name, service_id, at in people
            if name in MESSENGER_SERVICES
        ),
    )


def _spread(number: int, service: str | None) -> Iterator[tuple[str, str]]:
    """Ids from 1 on each service, in the documented shares."""
    if service is not None:
        yield from ((service, str(position + 1)) for position in range(number))
        return
    counts = {name: number * share // 10 for name, share in _SHARES}
    counts["twitter"] += number - sum(counts.values())
    for name, count in counts.items():
        yield from ((name, str(position + 1)) for position in range(count))

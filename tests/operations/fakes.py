"""A driver that plays a story, and a connection around it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from qsc_bot.control.driver import Driver, Drivers, unknown
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Call, Control, ConversationId, Method, Move, Reading
from qsc_bot.models.operation import Step
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.move import Order
from qsc_bot.operations.operation import Author, start
from qsc_bot.results import Report, finished
from qsc_bot.storage.journal import Journal
from tests.api.machine import PROD, Machine, machine
from tests.control.people import AT, person

Said = Control | BaseException
"""What a read says: who holds it, or what it fails with."""


def reading(name: str, control: Control, method: Method = Method.HANDOVER, **more: Any) -> Reading:
    """A reading of one conversation."""
    return Reading(id=person(name), control=control, method=method, observed_at=AT, **more)


@dataclass
class FakeDriver:
    """Reads say `reads` in turn, then `holds`; writes are kept in `sent` and end as `writes` says in turn."""

    method: Method = Method.HANDOVER
    holds: dict[str, Control] = field(default_factory=dict)
    reads: dict[str, list[Said]] = field(default_factory=dict)
    writes: dict[str, list[BaseException | Reading | None]] = field(default_factory=dict)
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    edges: tuple[str, ...] = ("move",)
    asks: bool = False
    asked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def read(self, person: ConversationId) -> Reading:
        """The next thing said."""
        name = str(person)
        self.asked.append(name)
        said = self.reads[name].pop(0) if self.reads.get(name) else self.holds.get(name, Control.UNKNOWN)
        if isinstance(said, BaseException):
            raise said
        if said is Control.UNKNOWN:
            return unknown(person, self.method, "the item cannot be read", AT)
        return msgspec.structs.replace(reading(name, said, self.method), **self.known.get(name, {}))

    def plan(self, person: ConversationId, to: Control, *, reading: Reading | None, note: str) -> Move:
        """One call for each edge."""
        return Move(
            calls=tuple(
                Call(method="POST", path=f"/{edge}/{person}", body={"to": to.value, "note": note})
                for edge in self.edges
            ),
            asks=self.asks,
        )

    def plan_extension(self, person: ConversationId, seconds: int) -> Move:
        """One call, where this method lapses."""
        return Move(calls=(Call(method="POST", path=f"/extend/{person}"),) if self.asks else ())

    def send(self, person: ConversationId, call: Call, *, before: Reading | None) -> Reading | None:
        """Keep it; the state becomes what was asked for, unless `writes` says otherwise."""
        name = str(person)
        self.sent.append(call.path)
        result = self.writes[name].pop(0) if self.writes.get(name) else None
        if isinstance(result, BaseException):
            raise result
        if result is None and name not in self.writes and call.body:
            self.holds[name] = Control(str(call.body["to"]))
        return result


@dataclass
class Stage:
    """A connection whose every service is moved by one fake driver; contacts and mentions stand on a wire."""

    connection: Connection
    driver: FakeDriver
    machine: Machine
    journal: Journal

    @property
    def slept(self) -> list[float]:
        """The pauses so far."""
        return self.machine.slept


def stage(cache: Path, driver: FakeDriver) -> Stage:
    """A stage for one fake driver."""
    made = machine(cache, profile=PROD)
    build: dict[Method, Any] = {method: lambda: driver for method in Method}
    drivers = Drivers({}, build)
    connection = made.remotes.connection
    fake: Driver = driver
    values = {name: getattr(connection, name) for name in connection.__dataclass_fields__}
    journal = Journal(cache / "state" / "journal.db", now=connection.clock.now)
    return Stage(Connection(**values | {"drivers": drivers, "tag": fake}), driver, made, journal)


AUTHOR = Author(by="ada", host="desk", command="qsc-bot handover to-bot")


@dataclass
class FakeTrace:
    """Keeps what it is told, in turn."""

    told: list[str] = field(default_factory=list)

    def sending(self, before: Reading, call: Call) -> None:
        """A write goes out next."""
        self.told.append(f"sending {call.path}")

    def answered(self, ids: dict[str, str], error: QscBotError | None = None) -> None:
        """Its answer came."""
        self.told.append(error.code if error else "answered")


def steps(*names: str, action: str = "handover.to_bot", **wish: Any) -> list[Step]:
    """A plan that does the same to each."""
    return [Step(id=name, action=action, **wish) for name in names]


def carried_out(made: Stage, *names: str, fails_fast: bool = False, **wish: Any) -> Report:
    """One operation, from its plan to its report, one conversation after another."""
    plan = steps(*names, **wish)
    running = start(
        made.connection,
        made.journal,
        AUTHOR,
        plan,
        action=plan[0].action,
        is_single=len(plan) == 1,
        fails_fast=fails_fast,
        workers=1,
    )
    return finished(running)


def order(to: Control = Control.BOT, **more: Any) -> Order:
    """To the bot, unless told otherwise."""
    return Order(f"handover.to_{to.value}", to, "op_1", **more)

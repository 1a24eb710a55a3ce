"""The sandbox: both remote services on one state, and the people who use them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.test import Client

from qsc_bot.sandbox import faults, presence
from qsc_bot.sandbox.account import TOPIC_ID
from qsc_bot.sandbox.control import list_conversations, read_control
from qsc_bot.sandbox.deliveries import describe_deliveries, loopback_deliver, loopback_fetch, send, target_of
from qsc_bot.sandbox.people import find_person, parse_conversation
from qsc_bot.sandbox.routes import respond
from qsc_bot.sandbox.seed import plant
from qsc_bot.sandbox.settings import Settings
from qsc_bot.sandbox.staff import mark_done, press_hand_over, reply_as_agent, take_case, write_as_customer
from qsc_bot.sandbox.state import State, read_meta, write_meta
from qsc_bot.sandbox.trials import Trials
from qsc_bot.sandbox.world import Call, Deliver, Fetch, Moment, World

__all__ = ["Sandbox", "Settings", "in_memory_call", "in_memory_deliver", "open_in_memory"]

_DEFAULTS = Settings()


class Sandbox:
    """Social Connect, Messenger and the example bot as one WSGI application; and what their people do."""

    def __init__(
        self,
        path: Path,
        *,
        settings: Settings = _DEFAULTS,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        deliver: Deliver,
        call: Call,
        fetch: Fetch = loopback_fetch,
    ) -> None:
        self.settings = settings
        self._served_key = ""
        self._world = World(
            state=State(path), settings=settings, clock=clock, sleep=sleep, deliver=deliver, fetch=fetch, call=call
        )
        with self._world.state.writing() as db:
            if not read_meta(db, "seed"):
                plant(db, "demo", now=clock())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one call over WSGI."""
        if environ.get("PATH_INFO") == presence.PATH:
            return presence.answer(self._served_key)(environ, start_response)
        return respond(self._world, environ, start_response)

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Let other processes on the same state know, for as long as it is served, that it is."""
        with presence.announced(self._world.state, self.settings.address) as self._served_key:
            yield

    def find_served(self) -> str | None:
        """An address where a process serves this very state just now; it was asked, and said so."""
        return presence.find_served(self._world.state)

    def trials(self, address: str) -> Trials:
        """What a bot is tried with that reaches the sandbox at this address."""
        return Trials(replace(self._world, settings=replace(self.settings, address=address)))

    def close(self) -> None:
        """Close the state's file."""
        self._world.state.close()

    def reset(self, seed: str = "demo") -> None:
        """Begin anew with `demo`, `empty`, `large:N` or `large:N:SERVICE`."""
        with self._world.state.writing() as db:
            plant(db, seed, now=self._world.clock())

    def say(self, conversation: str, text: str, *, name: str | None = None) -> dict[str, Any]:
        """A customer writes a private message; who is not known yet is created."""
        with self._moment() as moment:
            message = write_as_customer(moment, conversation, text, name=name)
        return self._report(conversation, moment) | {"mention": f"{TOPIC_ID}_{message.id}"}

    def agent_reply(self, conversation: str, text: str) -> dict[str, Any]:
        """An agent answers; refused on Messenger while Social Connect's app does not hold the thread."""
        with self._moment() as moment:
            message = reply_as_agent(moment, conversation, text)
        return self._report(conversation, moment) | {"mention": f"{TOPIC_ID}_{message.id}"}

    def press_hand_over(self, conversation: str) -> dict[str, Any]:
        """An agent presses "Hand over to bot"; refused where there is no such button."""
        with self._moment() as moment:
            press_hand_over(moment, conversation)
        return self._report(conversation, moment)

    def take_case(self, conversation: str) -> None:
        """An agent is assigned to the customer's newest message."""
        with self._moment() as moment:
            take_case(moment, conversation)

    def mark_done(self, conversation: str) -> None:
        """An agent marks the customer's newest message as done; refused when it is so already."""
        with self._moment() as moment:
            mark_done(moment, conversation)

    def advance(self, seconds: float) -> float:
        """Move the sandbox's clock; the whole offset so far, in seconds."""
        with self._world.state.writing() as db:
            offset = float(read_meta(db, "clock_offset_s", "0")) + seconds
            write_meta(db, "clock_offset_s", repr(offset))
        return offset

    def add_fault(
        self,
        pattern: str,
        *,
        status: int | None = None,
        delay_seconds: float | None = None,
        cut: str | None = None,
        body: str | None = None,
        rate_limit: bool = False,
        times: int | None = 1,
        rate_percent: float | None = None,
        seed: int = 0,
    ) -> dict[str, Any]:
        """Let the next `times` calls that match `METHOD /path` fail, or a share of them by chance; None is for ever."""
        rule = faults.Rule(
            status=status,
            delay_seconds=delay_seconds,
            cut=cut,
            body=body,
            rate_limit=rate_limit,
            rate_percent=rate_percent,
            seed=seed,
        )
        faults.check_rule(pattern, rule, times=times)
        with self._world.state.writing() as db:
            return faults.add_fault(db, pattern, rule, times=times)

    def faults(self) -> list[dict[str, Any]]:
        """All faults, the used ones too."""
        with self._world.state.reading() as db:
            return faults.list_faults(db)

    def clear_faults(self) -> int:
        """Forget all faults; how many there were."""
        with self._world.state.writing() as db:
            return faults.clear_faults(db)

    def status(self) -> dict[str, Any]:
        """What the sandbox holds and what it was asked."""
        with self._world.state.reading() as db:
            rows = db.execute("SELECT endpoint, number FROM requests ORDER BY endpoint")
            return {
                "address": self.settings.address,
                "seed": read_meta(db, "seed"),
                "clock_offset_s": float(read_meta(db, "clock_offset_s", "0")),
                "contacts": db.execute("SELECT count(*) FROM contacts").fetchone()[0],
                "requests": {row["endpoint"]: row["number"] for row in rows},
                "conversations": list(list_conversations(db, now=self._world.now(db))),
                "faults": faults.list_faults(db),
                "deliveries": describe_deliveries(db),
            }

    @contextmanager
    def _moment(self) -> Iterator[Moment]:
        with self._world.state.writing() as db:
            yield Moment(db=db, settings=self.settings, now=self._world.now(db), outbox=[])

    def _report(self, conversation: str, moment: Moment) -> dict[str, Any]:
        """Send what became due, then tell who holds the conversation now."""
        sent = send(self._world, moment.outbox)
        service, service_id = parse_conversation(conversation)
        with self._world.state.reading() as db:
            person = find_person(db, service=service, service_id=service_id)
            assert person is not None
            control = read_control(db, person, now=self._world.now(db))
        return {"conversation": conversation, "control": control, "deliveries": sent}


def in_memory_call(app: WSGIApplication) -> Call:
    """The example bot's way to the sandbox when both live in this process."""
    client = Client(app, use_cookies=False)

    def call(method: str, target: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        answer = client.open(target, method=method, headers=dict(headers), data=body)
        return answer.status_code, answer.get_data()

    return call


def in_memory_deliver(app: WSGIApplication, *, address: str = _DEFAULTS.address) -> Deliver:
    """The way out for webhooks: in memory to the sandbox itself, by socket to others on this machine."""
    own, call = urlsplit(address).netloc, in_memory_call(app)

    def deliver(url: str, headers: Mapping[str, str], body: bytes) -> int | None:
        if urlsplit(url).netloc != own:
            return loopback_deliver(url, headers, body)
        return call("POST", target_of(url), headers, body)[0]

    return deliver


def in_memory_fetch(app: WSGIApplication, *, address: str = _DEFAULTS.address) -> Fetch:
    """The way to an address that is to be got: in memory to the sandbox itself, by socket to others on this machine."""
    own, call = urlsplit(address).netloc, in_memory_call(app)

    def fetch(url: str) -> tuple[int, bytes]:
        return call("GET", target_of(url), {}, b"") if urlsplit(url).netloc == own else loopback_fetch(url)

    return fetch


def open_in_memory(
    path: Path,
    *,
    settings: Settings = _DEFAULTS,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> Sandbox:
    """A sandbox that reaches itself without a socket."""
    opened: list[Sandbox] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return opened[0](environ, start_response)

    opened.append(
        Sandbox(
            path,
            settings=settings,
            clock=clock,
            sleep=sleep,
            deliver=in_memory_deliver(app, address=settings.address),
            call=in_memory_call(app),
            fetch=in_memory_fetch(app, address=settings.address),
        )
    )
    return opened[0]

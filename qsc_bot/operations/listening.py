"""What a listener does after its answers: it has what is new passed on, counts, and tells all of it in turn.

`keep`, `tell`, `refuse` and `shake` are called by the threads that answer, and never wait but for the store;
`heard` is read by the one who tells people or programs.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Beat, DeliveryEvent, Event, Heard, Refusal, Remark, Via
from qsc_bot.models.wording import counted
from qsc_bot.operations.forwarding import Forwarding, Passed
from qsc_bot.operations.telling import Telling
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import Arrived
from qsc_bot.webhook.receiver import OK, Arrival, Refused

BEAT_SECONDS: Final = 30.0
PRUNE_SECONDS: Final = 3600.0
TICK_SECONDS: Final = 0.05
"""How often it is looked for something to tell."""
BURST: Final = 10
LONGEST_HOLD_SECONDS: Final = 1.0
"""While more than so many come in each tick, they are told together, so late at most: the answers go first."""
REMEMBERED: Final = 10_000
"""So many events are known again where nothing is stored."""
CROWDED: Final = "not sent: too many others were waiting"


class Listening:
    """One listener; without a store nothing is kept, and without forwarding nothing is passed on."""

    def __init__(
        self,
        *,
        address: str,
        store: Deliveries | None,
        retain: timedelta,
        forwarding: Forwarding | None,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address = address
        self._store = store.another(self.warn) if store else None
        self._notes = store.another(self.warn) if store else None
        self._retain = retain
        self._forwarding = forwarding
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._telling = Telling()
        self._beat_at = self._pruned_at = self._told_at = monotonic()
        self._seen = 0
        self._remembered: dict[tuple[Via, str, bool], None] = {}

    def keep(self, arrived: Arrived, events: list[Event], answer: int) -> list[str | None] | None:
        """Store a request before it is answered; raises `config.state` where that cannot be done."""
        return self._store.store(arrived, events, answer=answer, keep=self._retain) if self._store else None

    def tell(self, arrival: Arrival) -> None:
        """Have what is new passed on; then, or else now, have it told."""
        events = self._events(arrival)
        if self._forwarding is None or all(event.duplicate for event in events):
            self._telling.put(*events)
            return

        def done(answer: Answer) -> None:
            self._note(arrival, answer)
            self._telling.put(*_forwarded(events, answer))

        passed = Passed(request=arrival.request, conversation=events[0].conversation, done=done)
        if not self._forwarding.offer(passed):
            self._telling.put(*_forwarded(events, Answer(url=self._forwarding.shown, error=CROWDED)))

    def refuse(self, refused: Refused) -> None:
        """Have a refusal told and counted."""
        refusal = Refusal(at=self._now(), status=refused.status, reason=refused.reason, note=refused.note)
        self._telling.put(refusal)

    def shake(self) -> None:
        """Have a handshake told."""
        self._telling.put(Remark(at=self._now(), text="Messenger's handshake was answered"))

    def warn(self, text: str) -> None:
        """Have something told that must not be missed."""
        self._telling.put(self._warning(text))

    def close(self) -> None:
        """Close the store."""
        for one in (self._store, self._notes):
            if one:
                one.close()

    def forget_old(self) -> None:
        """Remove what is older than is to be kept; raises `config.state`."""
        if self._notes:
            self._notes.forget(older_than=self._retain)

    @property
    def left(self) -> int:
        """How many requests are not passed on yet."""
        return self._forwarding.left if self._forwarding else 0

    def heard(self, *, goes_on: Callable[[], bool]) -> Iterator[Sequence[Heard]]:
        """All of it in turn, with a sign of life at once and every 30 s; ends soon after it is not to go on."""
        yield [self._beat()]
        while goes_on():
            yield from self._next()

    def rest(self, *, check: Callable[[], None]) -> Iterator[Sequence[Heard]]:
        """What was still to be passed on or told when no more came in; `check` may raise to leave it."""
        while self.left:
            check()
            yield from self._next()
        yield self._told()

    def leave(self) -> Iterator[Sequence[Heard]]:
        """What was still to be told, and what nobody waits for any longer."""
        left = self.left
        if self._forwarding:
            self._forwarding.leave()
        yield self._told()
        if left:
            text = f"{counted(left, 'request', 'were')} not passed on; see qsc-bot webhook replay --unanswered"
            yield [self._warning(text)]

    def _next(self) -> Iterator[Sequence[Heard]]:
        self._sleep(TICK_SECONDS)
        if not self._holds_back() and (told := self._told()):
            yield told
        if self._monotonic() - self._pruned_at >= PRUNE_SECONDS:
            self._pruned_at = self._monotonic()
            yield list(self._tried(self.forget_old))
        if self._monotonic() - self._beat_at >= BEAT_SECONDS:
            yield [self._beat()]

    def _holds_back(self) -> bool:
        """Whether so much comes just now that telling it would be in its way."""
        came, self._seen = self._telling.total - self._seen, self._telling.total
        if came > BURST and self._monotonic() - self._told_at < LONGEST_HOLD_SECONDS:
            return True
        self._told_at = self._monotonic()
        return False

    def _told(self) -> Sequence[Heard]:
        """What came since the last time; what was refused is written down."""
        taken = self._telling.take()
        more = list[Heard]()
        if taken.untold:
            more.append(self._warning(f"{counted(taken.untold, 'line')} came faster than could be told"))
        if taken.refused and (store := self._notes):
            more += self._tried(lambda: store.count_refused(taken.refused))
        return [*taken.things, *more]

    def _tried(self, do: Callable[[], object]) -> Iterator[Remark]:
        try:
            do()
        except QscBotError as error:
            yield self._warning(error.message)

    def _warning(self, text: str) -> Remark:
        return Remark(at=self._now(), text=text, is_warning=True)

    def _beat(self) -> Beat:
        self._beat_at = self._monotonic()
        return Beat(
            at=self._now(),
            address=self._address,
            deliveries=self._telling.deliveries,
            duplicates=self._telling.duplicates,
            refused=self._telling.refusals,
            waiting=self.left,
        )

    def _note(self, arrival: Arrival, answer: Answer) -> None:
        """Keep what the bot answered; where that fails, the delivery stays one that was not passed on."""
        ids = [one for one in arrival.ids if one]
        if ids and (store := self._notes):
            self._telling.put(*self._tried(lambda: store.note_forwarded(ids, answer)))

    def _events(self, arrival: Arrival) -> list[DeliveryEvent]:
        request, at = arrival.request, self._now()
        ids = arrival.ids or (None,) * len(arrival.events)
        known = (
            [one is None for one in ids] if arrival.ids else [self._is_known(request, one) for one in arrival.events]
        )
        return [
            DeliveryEvent(
                id=one,
                kind=event.kind,
                via=request.via,
                conversation=event.conversation,
                recipe=request.recipe,
                revision=request.revision,
                received_at=at,
                verified=request.verified,
                duplicate=was_known,
                dedupe_key=event.dedupe_key,
                answer=OK,
            )
            for event, one, was_known in zip(arrival.events, ids, known, strict=True)
        ]

    def _is_known(self, request: Arrived, event: Event) -> bool:
        """Whether an event came before, where nothing is stored: as far as is remembered."""
        key = (request.via, event.dedupe_key, request.verified)
        was_known = key in self._remembered or (*key[:2], True) in self._remembered
        self._remembered[key] = None
        if len(self._remembered) > REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        return was_known


def _forwarded(events: Sequence[DeliveryEvent], answer: Answer) -> Iterator[DeliveryEvent]:
    """The same events, with what became of those that were new."""
    for event in events:
        yield event if event.duplicate else replace(event, forwarded=answer)

"""Who holds which conversation: the list."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final

import msgspec

from qsc_bot.control.survey import MAX_CALLS, STOPPING
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation, ConversationId, Method, Reading
from qsc_bot.models.known import Known, Wanted
from qsc_bot.models.profile import SANDBOX_NAME, Stuck
from qsc_bot.models.wording import counted
from qsc_bot.operations.anew import Attempt, renewing
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.judge import Judge
from qsc_bot.operations.known_rows import View, is_swept, person_of, view_of
from qsc_bot.operations.query import Query
from qsc_bot.operations.readings import Readings
from qsc_bot.operations.refresh import Refresh
from qsc_bot.operations.rows import left_out, merge, noted
from qsc_bot.operations.spending import Spending
from qsc_bot.results import Ending, Listing, ListSummary

CHUNK: Final = 100
"""So many conversations are read ahead at once when only some of them will be shown."""
_NOT_ALL: Final = "not all messages were read, so conversations may be missing"
NOT_READ_YET: Final = "streamed before older messages were read; add --sort waiting to have waiting_s"


def list_conversations(
    connection: Connection,
    query: Query,
    *,
    tell: Callable[[str], None],
    say: Callable[[str], None] = lambda _: None,
    limits: Stuck | None = None,
) -> Listing[Conversation]:
    """Conversations of the window, and tagged contacts whatever their age, with who holds each.

    What is known and young enough is not asked again. Cost of the first time: a call for each 50 tagged contacts and
    each 100 mentions, then what it takes to read who holds the rows shown. `tell` hears of the progress, `say` of what
    a person should know before it happens: that the calls of this hour will not do, and until when is waited.
    """

    def attempt() -> Attempt:
        survey = Survey(connection, query, tell, say=say, limits=limits)
        return survey.rows(), survey.ending

    within = partial(_keeping, connection, query, say)
    return renewing(connection.index, attempt, streams=query.streams, within=within)


def list_escalated(
    connection: Connection, query: Query, *, say: Callable[[str], None] = lambda _: None
) -> Listing[Conversation]:
    """Every conversation of the contacts that bear the escalation tag, with who holds each.

    `say` hears of what a person should know before it happens. Raises `api.refused` where the API refuses to list them.
    """

    def attempt() -> Attempt:
        survey = Survey(connection, query, lambda _: None, say=say)
        return survey.tagged(), survey.ending

    return renewing(connection.index, attempt, within=partial(_keeping, connection, query, say))


def _keeping(connection: Connection, query: Query, say: Callable[[str], None]) -> AbstractContextManager[None]:
    """A block in which the calls are kept that are the bot's."""
    return spending_of(query, say).keeping(connection.budget, connection.profile.budget_reserve)


def spending_of(query: Query, say: Callable[[str], None]) -> Spending:
    """How a list spends the calls that are left."""
    return Spending(max_calls=query.max_calls, across_reset=query.across_reset, say=say)


Bringing = Callable[[Callable[[datetime], datetime]], Iterator[list[ConversationId]]]
"""A way to bring the index up to date since a moment that depends on now; gives the customers that were not known."""


class Survey:
    """One run of a list: what it reads, and what it has shown and left out so far."""

    def __init__(
        self,
        connection: Connection,
        query: Query,
        tell: Callable[[str], None],
        *,
        say: Callable[[str], None] = lambda _: None,
        limits: Stuck | None = None,
    ) -> None:
        self._connection = connection
        self._query = query
        self._spending = spending_of(query, say)
        self._refresh = Refresh(connection, full=query.full, tell=tell, foresee=self._foresee)
        self._readings = Readings(connection, tell)
        self._since: datetime | None = None
        self._total = self._returned = self._unseen = self._undecided = self._unclear = 0
        self._by_control: Counter[str] = Counter()
        self._by_code: Counter[str] = Counter()
        self._stuck = 0
        self._judge = Judge(connection.index, self._view, limits or connection.profile.stuck)
        self._is_cut = self._has_swept = False
        self._stop: QscBotError | None = None

    def rows(self) -> Iterator[Conversation]:
        """Rows in the order asked for, or page by page where that was asked for and nothing is known yet."""
        if self._query.streams and self._connection.index.coverage().swept_until is None:
            yield from self._streamed()
            return
        for _ in self._brought_up_to_date(self._refresh.all_at_once):
            pass
        assert self._since is not None
        wanted = self._query.from_index(now=self._connection.clock.now(), since=self._since)
        self._unclear = self._connection.index.count_unclear(wanted) if self._query.waiting else 0
        yield from self._shown(self._with_escalation(self._connection.index.select(wanted)))

    def tagged(self) -> Iterator[Conversation]:
        """The conversations of tagged contacts."""
        self._refresh.tags.bring_up_to_date(anew=True)
        if self._connection.escalations.refusal:
            raise self._connection.escalations.refusal
        wanted = Wanted(since=0.0, services=self._query.services, only_tagged=True)
        yield from self._shown(list(self._connection.index.select(wanted)))

    def _streamed(self) -> Iterator[Conversation]:
        """Rows page by page: older messages of a person may still come, so who waits since when is not known yet."""
        index = self._connection.index
        for fresh in self._brought_up_to_date(self._refresh.one_by_one):
            known = [one for person in fresh if (one := index.find(person)) and self._is_wanted(one)]
            yield from self._shown(self._with_escalation(known), is_whole=False)
        rest = index.select(Wanted(since=0.0, services=self._query.services, only_tagged=True))
        yield from self._shown([one for one in rest if one.written_at is None])

    def _brought_up_to_date(self, bring: Bringing) -> Iterator[list[ConversationId]]:
        """What pages show first, until all is known; where a limit ends that, what is known has to do."""
        start = self._query.start
        try:
            if not is_swept(view := self._view(), start=start(view.now)):
                yield from bring(start)
                self._has_swept = True
        except QscBotError as error:
            if error.code not in STOPPING:
                raise
            self._stop = error
        self._since = start(self._connection.clock.now())

    def _is_wanted(self, known: Known) -> bool:
        return not self._query.services or known.service in self._query.services

    def _with_escalation(self, known: Iterable[Known]) -> list[Known]:
        """Those with or without the tag, as asked; of whom the list proves nothing, the contact is read."""
        found, wanted = list(known), self._query.escalated
        if wanted is None:
            return found
        index = self._connection.index
        self._readings.ask_tags([one for one in found if one.bears is None])
        again = [index.find(person_of(one)) or one for one in found]
        self._undecided += sum(one.bears is None for one in again)
        return [one for one in again if one.bears is wanted]

    def _shown(self, known: Sequence[Known], *, is_whole: bool = True) -> Iterator[Conversation]:
        """Rows with their control, filtered by it, up to the limit; what is left is counted, and not read.

        Whether those would be wanted is not known where who holds them decides.
        """
        query, rest = self._query, iter(known)
        while self._returned != query.limit and (chunk := list(islice(rest, self._ahead()))):
            for row in self._read(chunk, is_whole=is_whole):
                if not query.accepts(row):
                    continue
                self._total += 1
                if self._returned == query.limit:
                    self._is_cut = True
                    continue
                self._returned += 1
                self._by_control[row.control.value] += 1
                self._by_code.update(row.stuck or ())
                self._stuck += bool(row.stuck)
                yield row
        left = sum(1 for _ in rest)
        if query.judges_rows:
            self._unseen += left
        else:
            self._total += left
        self._is_cut = self._is_cut or left > 0

    def _ahead(self) -> int | None:
        if self._query.limit is None:
            return None
        return CHUNK if self._query.judges_rows else min(CHUNK, self._query.limit - self._returned)

    def _read(self, chunk: Sequence[Known], *, is_whole: bool) -> Iterator[Conversation]:
        view = self._view()
        due = {person_of(one) for one in chunk if view.is_due(one)}
        self._foresee(sum(view.method_of(person.service) is not Method.MESSENGER for person in due))
        found = self._readings.ask([one for one in chunk if person_of(one) in due])
        rows = []
        for one in chunk:
            stop = self._readings.stop_of(one) if person_of(one) in due else None
            row = _merged(view, one, found.get(person_of(one)), stop=stop)
            is_known = is_whole or not row.waiting_s
            rows.append(row if is_known else msgspec.structs.replace(row, waiting_s=None, note=NOT_READ_YET))
        others = {person_of(other): other for row in rows for other in self._judge.others(row) if view.is_due(other)}
        self._readings.ask(list(others.values()))
        yield from map(self._judge.row, rows)

    def _foresee(self, calls: int) -> bool:
        return self._spending.foresee(self._connection.budget, calls)

    def _view(self) -> View:
        query = self._query
        return view_of(self._connection, max_age=query.max_age, full=query.full, has_swept=self._has_swept)

    def ending(self) -> Ending:
        """What is known after the last row."""
        budget, warnings = self._connection.budget, self.gaps()
        stop = self._stop or self._readings.stop
        return Ending(
            complete=not self._is_cut and not warnings,
            summary=ListSummary(
                total=self._total,
                by_control=dict(self._by_control),
                stuck=self._stuck,
                stuck_by_code=dict(self._by_code),
                since=self._since,
                calls=budget.calls,
                calls_left=budget.left,
            ),
            warnings=[*warnings, *self._wrong_clock()],
            hints=[self._cut_hint()] if self._is_cut else [],
            failure=self._query.failure(self._returned) or (None if stop and stop.code == MAX_CALLS else stop),
        )

    def _cut_hint(self) -> str:
        unseen = f", and {self._unseen} not looked at" if self._unseen else ""
        return f"{self._returned} of {self._total} shown{unseen}; add --all"

    def _cut_sweep(self, stop: QscBotError) -> str:
        """What was not read before a limit, and what reads it."""
        reach = self._refresh.reach
        missing = reach.missing() if reach else "what is new was not read"
        if not missing:
            return f"the list of tagged contacts was not read to its end, so some may be missing: {stop.message}"
        how = "the next run without --full" if self._query.full else "the next run"
        return f"{_NOT_ALL}: {stop.message}; {missing}; {how} reads on from there"

    def _wrong_clock(self) -> Iterator[str]:
        """That this machine's clock is wrong; the sandbox's is the user's own to move."""
        if (warning := self._connection.clock.warning) and self._connection.profile.name != SANDBOX_NAME:
            yield warning

    def gaps(self) -> list[str]:
        """What the list may have missed, once its last row was read."""
        return list(self._gaps())

    def _gaps(self) -> Iterator[str]:
        yield from self._refresh.tags.warnings
        sieve = self._refresh.sieve
        if self._stop:
            yield self._cut_sweep(self._stop)
        if self._readings.unread and (stop := self._readings.stop):
            yield f"who holds {counted(self._readings.unread, 'conversation')} was not read: {stop.message}"
        if failures := self._readings.failures:
            first = next(iter(failures.values()))
            yield f"who holds {counted(len(failures), 'conversation')} could not be read: {first.message}"
        if self._undecided:
            yield f"{left_out(self._undecided)}: whether the escalation tag is on could not be read"
        if self._unclear:
            yield f"{left_out(self._unclear)}: since when their customer waits is not known"
        if sieve.seen and not sieve.private:
            types = ", ".join(sorted(sieve.other_types))
            yield (
                f"none of {sieve.seen} messages is marked as private (message.type: {types}); "
                "private_message_filter in the profile can name this account's own filter"
            )


def _merged(view: View, known: Known, reading: Reading | None, *, stop: QscBotError | None) -> Conversation:
    """A row with what was just read of it; where that failed, the older reading is shown, and that it is old."""
    row = view.row(known)
    if reading is None:
        return row if stop is None else noted(row, f"not read again: {stop.message}")
    if reading.failure is None or view.observed_at(known) is None:
        return merge(msgspec.structs.replace(row, stale=False, note=view.talk_note(known)), reading)
    return noted(row, f"could not be read again: {reading.note}")

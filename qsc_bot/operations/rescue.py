"""Free stuck conversations: a plan of what to do about each, made from readings of this moment."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import structs

from qsc_bot.control.survey import STOPPING
from qsc_bot.errors import ApiError, QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import Control, Conversation, ConversationId, Method, Reading
from qsc_bot.models.known import Known
from qsc_bot.models.operation import Step
from qsc_bot.models.profile import Stuck
from qsc_bot.models.rescue import RescuePlan, RescueStep
from qsc_bot.operations.connection import Connection
from qsc_bot.operations.cures import Case, cure
from qsc_bot.operations.fingerprint import fingerprint
from qsc_bot.operations.judge import Judge
from qsc_bot.operations.known_rows import View, person_of, view_of
from qsc_bot.operations.listing import Survey
from qsc_bot.operations.operation import remote_of
from qsc_bot.operations.query import Query
from qsc_bot.operations.readings import Readings
from qsc_bot.operations.refresh import Refresh
from qsc_bot.operations.rows import merge
from qsc_bot.operations.sweep import said
from qsc_bot.operations.uses import Uses
from qsc_bot.transport.parallel import in_parallel

ACTION = "rescue"


@dataclass(frozen=True, kw_only=True)
class Rescue:
    """A plan; `gaps` tell what its survey may have missed, `well` which of the named conversations are not stuck."""

    plan: RescuePlan
    gaps: Sequence[str] = ()
    well: Sequence[str] = ()

    @property
    def steps(self) -> list[Step]:
        """What is to be done, as steps of an operation."""
        return [_step(one) for one in self.plan.steps if one.action]


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which stuck conversations are looked for: by a query, or these `people` alone; and how they are judged."""

    query: Query
    limits: Stuck
    includes_open: bool
    people: Sequence[ConversationId] | None = None


def plan_rescue(
    connection: Connection, search: Search, *, tell: Callable[[str], None], say: Callable[[str], None]
) -> Rescue:
    """Find what is stuck, read anew who holds it, and decide what to do; nothing is changed.

    Costs what a list costs, and a call for each stuck conversation whose holder was known from before, and for each
    that agents have forgotten. What could not be read is told in `gaps`; with `people`, messages and tags that
    could not are raised. `tell` hears of the progress, `say` of calls that will not do.
    """
    query, now = search.query, connection.clock.now()
    since, reserve = query.start(now), connection.profile.budget_reserve
    with connection.budget.keeping(reserve, across_reset=query.across_reset, tell=say):
        people, gaps, is_whole = _candidates(connection, search, tell=tell, say=say)
        ward = Ward(connection, search, began_at=now)
        stuck = [row for row in ward.rows(people) if row.stuck and query.accepts(row)]
        gaps = [*gaps, *ward.gaps()]
        steps = [ward.step(row) for row in stuck]
    plan = RescuePlan(
        made_at=connection.clock.now(),
        remote=remote_of(connection.profile),
        since=since,
        limits=structs.asdict(search.limits),
        complete=is_whole and not gaps,
        steps=steps,
    )
    found = {step.id for step in steps}
    return Rescue(plan=plan, gaps=gaps, well=[str(one) for one in search.people or () if str(one) not in found])


def _candidates(
    connection: Connection, search: Search, *, tell: Callable[[str], None], say: Callable[[str], None]
) -> tuple[Sequence[ConversationId], Sequence[str], bool]:
    """Who may be stuck, with all messages and tags up to date; what may be missing, and whether nothing is."""
    if search.people is not None:
        refresh = Refresh(connection, full=False, tell=tell, foresee=lambda _: True)
        for _ in refresh.all_at_once(search.query.start):
            pass
        return search.people, [], True
    survey = Survey(connection, search.query, tell, say=say, limits=search.limits)
    people = [ConversationId(row.service, row.service_id) for row in survey.rows()]
    return people, survey.gaps(), survey.ending().complete


class Ward:
    """Conversations that may be stuck, each judged by readings from no earlier than `began_at`."""

    def __init__(self, connection: Connection, search: Search, *, began_at: datetime) -> None:
        self._connection = connection
        self._search = search
        self._readings = Readings(connection)
        self._judge = Judge(connection.index, self._view, search.limits)
        self._uses = Uses(connection, max_age=search.query.max_age, now=began_at)
        self._began_at = began_at
        self._may_take: dict[str, bool] = {}
        self._unread_cases: dict[str, QscBotError] = {}

    def rows(self, people: Sequence[ConversationId]) -> Iterator[Conversation]:
        """Each with its codes, in the order given."""
        unclear = [one for one in map(self._known, people) if one.bears is None]
        self._readings.ask_tags(unclear)
        found = self._readings.ask([one for one in map(self._known, people) if self._is_due(one)])
        self._check_known(found.values())
        rows = [self._view().row(self._known(person)) for person in people]
        rows = [merge(row, found[one]) if one in found else row for one, row in zip(people, rows, strict=True)]
        others = {person_of(other): other for row in rows for other in self._judge.others(row)}
        self._readings.ask([other for other in others.values() if self._is_due(other)])
        yield from in_parallel(self._with_case, map(self._judge.row, rows))

    def _check_known(self, readings: Iterable[Reading]) -> None:
        """Raise for a conversation that was named and that the remote does not know."""
        for reading in readings if self._search.people is not None else ():
            if reading.failure is not None and reading.failure.exit == ExitCode.NOT_FOUND:
                raise reading.failure.as_error()

    def step(self, row: Conversation) -> RescueStep:
        """What is proposed for a stuck one."""
        unread = self._unread_cases.get(row.id)
        case = Case(
            row=row,
            may_take=self._takes(row),
            includes_open=self._search.includes_open,
            unread=unread.message if unread else None,
            in_use=self._uses.elsewhere(row),
        )
        proposed = cure(case)
        return RescueStep(
            id=row.id,
            reason=row.stuck or [],
            action=proposed.action,
            control=row.control,
            fingerprint=fingerprint(row),
            note=proposed.note,
        )

    def gaps(self) -> list[str]:
        """What could not be read."""
        stops, failures = self._readings.stops, self._readings.failures
        told = [f"not everything was read anew: {stop.message}" for stop in stops.values()]
        unread = {str(person): error for person, error in failures.items()} | self._unread_cases
        return [*told, *(f"{name} could not be read: {error.message}" for name, error in unread.items())]

    def _with_case(self, row: Conversation) -> Conversation:
        """A forgotten one with its status and whom it is assigned to as they are now: both change without a message."""
        if row.mention is None or "agent_forgotten" not in (row.stuck or ()):
            return row
        topic, _, mention_id = row.mention.partition("_")
        try:
            now = said(self._connection.mentions.read(topic, mention_id))
        except QscBotError as error:
            if not isinstance(error, ApiError) and error.code not in STOPPING:
                raise
            self._unread_cases[row.id] = error
            return row
        return structs.replace(row, status=now.status, assigned_to=list(now.assigned_to)) if now else row

    def _known(self, person: ConversationId) -> Known:
        known = self._connection.index.find(person)
        return known or Known(service=person.service, service_id=person.service_id)

    def _is_due(self, known: Known) -> bool:
        seen_at = self._view().observed_at(known)
        return seen_at is None or seen_at < self._began_at or self._view().is_due(known)

    def _takes(self, row: Conversation) -> bool:
        """Whether the bot's app may take a thread; where Meta does not tell, it may not."""
        messenger = self._connection.messenger
        if row.method is not Method.MESSENGER or messenger is None or row.control is Control.UNKNOWN:
            return False
        if row.service not in self._may_take:
            try:
                self._may_take[row.service] = messenger.is_routed(row.service)
            except QscBotError:
                self._may_take[row.service] = False
        return self._may_take[row.service]

    def _view(self) -> View:
        return view_of(self._connection, max_age=self._search.query.max_age, has_swept=True)


def _step(one: RescueStep) -> Step:
    """A proposal as a step; the tag is what an escalation write is guarded by, and it is on where it is taken off."""
    assert one.action is not None
    expected = Control.AGENT if one.action == "escalation.remove" else one.control
    reason = ", ".join(one.reason)
    return Step(id=one.id, action=one.action, expected=expected, fingerprint=one.fingerprint, reason=reason)

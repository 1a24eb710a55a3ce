"""From what is known of a conversation to a row: how old each fact is, and which must be asked again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from qsc_bot.control.driver import Drivers
from qsc_bot.models.conversation import Control, Conversation, ConversationId, Method
from qsc_bot.models.duration import parse_duration
from qsc_bot.models.known import Coverage, Known
from qsc_bot.models.profile import Profile
from qsc_bot.models.wire import moment
from qsc_bot.operations.query import Query
from qsc_bot.storage.index import Index

if TYPE_CHECKING:
    from qsc_bot.operations.connection import Connection

SETTLING: Final = timedelta(seconds=5)
"""A message and a reading so close to each other: nobody knows which was first."""
FEW_THREADS: Final = 3
"""Up to so many threads are asked one by one: the list of threads costs more."""
JUMP: Final = timedelta(minutes=1)
"""A reading from further ahead is from before a clock was set back."""
NOT_READ: Final = "who holds it was not read yet"
UNCLEAR: Final = "whether the escalation tag is on cannot be told"
UNTIED: Final = "an own message does not say whom it answers, so whether this customer waits is not known"


@dataclass(frozen=True, kw_only=True)
class View:
    """How known facts are looked at: by which clock, and how old they may be.

    `is_proven` tells of a service whether absence from the list of tagged contacts counts; `full` trusts nothing;
    `has_swept` says that this run has just read what is new.
    """

    now: datetime
    method_of: Callable[[str], Method]
    coverage: Coverage
    is_proven: Callable[[str], bool]
    max_age: timedelta
    control_max_age: timedelta
    full: bool = False
    has_swept: bool = False

    def observed_at(self, known: Known) -> datetime | None:
        """When it was last seen who holds this conversation; None where that was never seen."""
        if self._is_by_tag(known):
            return moment(max(filter(None, (known.bears_at, self._listed_at(known))), default=None))
        return moment(known.observed_at) if known.control else None

    def is_due(self, known: Known) -> bool:
        """Whether it must be asked again who holds it: a move between bot and agents need not leave any other trace."""
        seen_at = self.observed_at(known)
        if seen_at is None:
            return True
        active_at = moment(known.active_at)
        until = moment(known.control_until)
        is_listed = self._is_by_tag(known) and seen_at == moment(self._listed_at(known))
        return (
            (self.full and not is_listed and seen_at < self.now)
            or (active_at is not None and active_at > seen_at - SETTLING and not is_listed)
            or (until is not None and until <= self.now)
            or not -JUMP <= self.now - seen_at <= self.control_max_age
        )

    def is_stale(self, known: Known) -> bool:
        """Whether its reading is older than wanted; what this run has just read is not."""
        seen_at, swept_at = self.observed_at(known), moment(self.coverage.swept_at)
        if seen_at is None or (self.has_swept and swept_at is not None and seen_at >= swept_at - SETTLING):
            return False
        return self.now - seen_at > self.max_age

    def row(self, known: Known) -> Conversation:
        """The conversation as last known; `stale` where that is longer ago than wanted, or must be asked again."""
        waiting_s, told = self._waiting(known)
        control, note = self._control(known)
        return Conversation(
            id=str(person_of(known)),
            service=known.service,
            service_id=known.service_id,
            contact_id=known.contact_id,
            name=known.name,
            control=control,
            holder=known.holder,
            control_until=moment(known.control_until),
            method=self.method_of(known.service),
            escalated=known.bears,
            tags=known.tags,
            topic_ids=sorted(known.topics),
            last_message_at=moment(known.active_at),
            last_message_from=_writer(known),
            waiting_s=waiting_s,
            status=known.status,
            assigned_to=known.assigned_to,
            mention=known.mention,
            permalink=known.permalink,
            observed_at=self.observed_at(known),
            stale=self.is_stale(known) or (self.observed_at(known) is not None and self.is_due(known)),
            note="; ".join(filter(None, (told, note))) or None,
        )

    def talk_note(self, known: Known) -> str | None:
        """What is to be said of its messages alone."""
        return self._waiting(known)[1]

    def _is_by_tag(self, known: Known) -> bool:
        return self.method_of(known.service) is Method.TAG

    def _listed_at(self, known: Known) -> float | None:
        """When the list of tagged contacts, and what changed since, told of this one."""
        is_told = known.bears is not None and (known.bears_at is None or self.is_proven(known.service))
        return self.coverage.contacts_at if is_told else None

    def _control(self, known: Known) -> tuple[Control, str | None]:
        if self._is_by_tag(known) and known.bears is not None:
            return (Control.AGENT if known.bears else Control.BOT), None
        if self._is_by_tag(known):
            return Control.UNKNOWN, UNCLEAR if known.bears_at else NOT_READ
        if known.control is None:
            return Control.UNKNOWN, NOT_READ
        until = moment(known.control_until)
        if until is not None and until <= self.now:
            return Control.UNKNOWN, f"control lapsed at {until:%Y-%m-%dT%H:%M:%SZ}; who holds it since was not read"
        return Control(known.control), known.note

    def _waiting(self, known: Known) -> tuple[int | None, str | None]:
        if known.written_at is None:
            return None, None
        if known.waits_from is None:
            return 0, None
        if known.is_untied:
            return None, UNTIED
        return max(0, int(self.now.timestamp() - known.waits_from)), None


def offline_view(index: Index, profile: Profile, query: Query, now: datetime) -> View:
    """How known facts are looked at without a connection; what the list proves is not known then."""
    return View(
        now=now,
        method_of=Drivers(profile.channels, {}).method_of,
        coverage=index.coverage(),
        is_proven=lambda _service: False,
        max_age=query.max_age,
        control_max_age=timedelta(seconds=parse_duration(profile.control_max_age)),
        full=query.full,
    )


def is_swept(view: View, *, start: datetime) -> bool:
    """Whether all messages since `start`, and all tags, are known recently enough, without gaps to be told again."""
    swept_from, swept_at = moment(view.coverage.swept_from), moment(view.coverage.swept_at)
    contacts_at = moment(view.coverage.contacts_at)
    is_recent = swept_at is not None and timedelta(0) <= view.now - swept_at < view.max_age
    is_listed = contacts_at is not None and -JUMP <= view.now - contacts_at < view.max_age
    is_whole = bool(view.coverage.tagged_at) and not view.full
    return is_recent and is_listed and is_whole and swept_from is not None and swept_from <= start


def view_of(connection: "Connection", *, max_age: timedelta, full: bool = False, has_swept: bool = False) -> View:
    """How one account's known facts are looked at now."""
    return View(
        now=connection.clock.now(),
        method_of=connection.drivers.method_of,
        coverage=connection.index.coverage(),
        is_proven=connection.escalations.proves_absence,
        max_age=max_age,
        control_max_age=connection.control_max_age,
        full=full,
        has_swept=has_swept,
    )


def person_of(known: Known) -> ConversationId:
    """Whose conversation it is."""
    return ConversationId(known.service, known.service_id)


def _writer(known: Known) -> str | None:
    if known.written_at is None:
        return None
    return "us" if known.replied_at is not None and known.replied_at >= known.written_at else "customer"

"""One user's calls within one window of a limit: pure rules for calls side by side and answers in any order.

Every time here is this machine's own, so that processes agree on it whatever the remote's clock says; only `reset_at`
and `seen_at` are the remote's, as they are shown.
"""

from dataclasses import dataclass, replace
from typing import Final

GRACE_SECONDS: Final = 3.0
"""A reset and a `Date` header have whole seconds, and small differences of clocks are passed over."""
JITTER_SECONDS: Final = 2.0
USUAL_PERIOD_SECONDS: Final = 3600
LONGEST_PERIOD_SECONDS: Final = 86_400
FIRST_PATIENCE_SECONDS: Final = 15.0
"""After so long without an answer, another call goes first."""
DOUBT_SECONDS: Final = 120.0
"""A call that has not ended by then is counted as used, and no longer as on its way."""
FAR_CALLS: Final = 10


@dataclass(frozen=True)
class Instant:
    """A moment by this machine's clock, and how far the remote's clock is ahead of it."""

    local: float
    offset_s: float = 0.0

    @property
    def remote(self) -> float:
        """The same moment by the remote's clock."""
        return self.local + self.offset_s


@dataclass(frozen=True, kw_only=True)
class Window:
    """What is known of the present window. `left` is None before its first answer, and where no limit is told.

    `least` is the least that an answer told of it, which is exact once nothing is on its way. Over all windows, `taken`
    counts calls, `lost` answers that told nothing, and `doubts` the calls of late that had no answer, the last of them
    at `lost_at`. `asked_at` is when the window's first call set out, while its answer is awaited.
    """

    serial: int = 0
    limit: int | None = None
    left: int | None = None
    least: int | None = None
    is_silent: bool = False
    period_s: int | None = None
    reset_at: float | None = None
    ends_at: float | None = None
    seen_at: float | None = None
    taken: int = 0
    lost: int = 0
    doubts: int = 0
    lost_at: float | None = None
    asked_at: float | None = None
    asked_by: str | None = None

    def is_over(self, now: float) -> bool:
        """Whether its end has passed, or the clock has jumped back before its beginning."""
        longest = (self.period_s or LONGEST_PERIOD_SECONDS) + 2 * GRACE_SECONDS
        return self.ends_at is not None and not self.ends_at - longest <= now < self.ends_at


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one answer told of the limit; `reset_at` is by the remote's clock. No answer leaves a call in doubt."""

    limit: int | None = None
    remaining: int | None = None
    period_s: int | None = None
    reset_at: float | None = None
    is_success: bool = False
    is_answer: bool = True


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """Leave for one call, and what went on beside it when it was given."""

    serial: int
    number: int
    others: int
    lost: int
    is_first: bool


@dataclass(frozen=True)
class Waiting:
    """Answers on their way will tell more; the window's first is awaited from the process `by`."""

    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """One call more would leave too few, until `until`; None where no reset helps."""

    left: int | None = None
    limit: int | None = None
    usage_percent: int | None = None
    reset_at: float | None = None
    until: float | None = None


Verdict = Ticket | Waiting | Refused


def as_of(window: Window, now: float) -> Window:
    """The window of this moment: one that is over makes way for one of which nothing is known."""
    if not window.is_over(now):
        return window
    return replace(
        window,
        serial=window.serial + 1,
        left=None,
        least=None,
        is_silent=False,
        reset_at=None,
        ends_at=None,
        asked_at=None,
        asked_by=None,
    )


def take(
    window: Window,
    *,
    now: float,
    floor: int | None,
    by: str,
    others: int,
    asks_first: bool = True,
    is_patient: bool = False,
) -> tuple[Window, Verdict]:
    """Leave for one call that leaves at least `floor`; a floor of None is never refused.

    Before anything is known of a window its first call goes alone, where `asks_first`. `others` are on their way;
    who `is_patient` waits for their answers where these may tell that more is left.
    """
    window = as_of(window, now)
    is_first = asks_first and window.left is None and not window.is_silent
    if is_first and window.asked_at is not None and 0 <= now - window.asked_at < FIRST_PATIENCE_SECONDS:
        return window, Waiting(window.asked_by)
    if refusal := _refusal(window, floor):
        may_be_more = is_patient and others > 0 and (window.least or 0) > (floor or 0)
        return window, Waiting() if may_be_more else refusal
    ticket = Ticket(serial=window.serial, number=window.taken + 1, others=others, lost=window.lost, is_first=is_first)
    left = None if window.left is None else max(window.left - 1, 0)
    taken = replace(window, taken=ticket.number, left=left)
    return (replace(taken, asked_at=now, asked_by=by) if is_first else taken), ticket


def _refusal(window: Window, floor: int | None) -> Refused | None:
    if floor is None:
        return None
    if window.left is not None and window.left <= floor:
        return Refused(left=window.left, limit=window.limit, reset_at=window.reset_at, until=window.ends_at)
    if floor and window.left is None and window.limit is not None and window.limit <= floor:
        return Refused(limit=window.limit)
    return None


def give_back(window: Window, ticket: Ticket) -> Window:
    """The window after a call that was never sent."""
    back = _released(window, ticket)
    if ticket.serial != window.serial or back.left is None:
        return back
    return replace(back, left=back.left + 1)


def settle(window: Window, ticket: Ticket, told: Told, *, at: Instant, others: int) -> Window:
    """The window after an answer, or after none: a call in doubt counts as used. `others` are on their way still."""
    window = _released(as_of(window, at.local), ticket)
    window = replace(window, limit=_known(told.limit, window.limit), period_s=told.period_s or window.period_s)
    if told.remaining is None:
        return _uncounted(window, told, at, others)
    window = replace(window, seen_at=at.remote)
    reset_at = _sane_reset(told, at)
    if reset_at is not None and _end(window, reset_at, at) <= at.local:
        return window  # an answer of a window that is over
    uncertain = max(window.lost - ticket.lost, window.doubts if _is_in_doubt(window, at.local) else 0)
    left = told.remaining - others - uncertain
    if window.left is None or _went_alone(window, ticket, at.local):
        return replace(_adopted(window, left, reset_at, at), least=told.remaining)
    if _is_later(reset_at, window):
        return replace(_adopted(window, left, reset_at, at), least=told.remaining)
    if reset_at is not None and window.reset_at is not None and reset_at < window.reset_at - JITTER_SECONDS:
        return window
    return _compared(window, ticket, told.remaining, reset_at, at=at, others=others)


def _compared(
    window: Window, ticket: Ticket, remaining: int, reset_at: float | None, *, at: Instant, others: int
) -> Window:
    """A known window after an answer that others may have overtaken: the least holds, unless the window is new."""
    assert window.left is not None
    careful = remaining - (window.taken - ticket.number) - ticket.others
    if reset_at is None and window.reset_at is None and _is_far(careful, window):
        return _adopted(window, careful, None, at)
    least = remaining if window.least is None else min(window.least, remaining)
    left = min(window.left, remaining - others - (window.lost - ticket.lost))
    if others == 0 and not _is_in_doubt(window, at.local):
        left = least
    window = replace(window, left=max(left, 0), least=least)
    if reset_at is None or window.reset_at is not None:
        return window
    return replace(window, reset_at=reset_at, ends_at=_end(window, reset_at, at))


def _adopted(window: Window, left: int, reset_at: float | None, at: Instant) -> Window:
    """The window as an answer tells it, whatever was believed before."""
    is_new = _is_later(reset_at, window) or (reset_at is None and window.left is not None and left > window.left)
    changed = replace(window, serial=window.serial + is_new, left=max(left, 0), least=max(left, 0), is_silent=False)
    if reset_at is not None:
        return replace(changed, reset_at=reset_at, ends_at=_end(window, reset_at, at))
    if is_new or window.ends_at is None or window.left is None:
        ends_at = at.local + (window.period_s or USUAL_PERIOD_SECONDS) + GRACE_SECONDS
        return replace(changed, reset_at=None, ends_at=ends_at)
    return changed


def _uncounted(window: Window, told: Told, at: Instant, others: int) -> Window:
    """The window after an answer that does not tell what is left."""
    if not told.is_answer:
        doubts = window.doubts + 1 if _is_in_doubt(window, at.local) else 1
        window = replace(window, doubts=doubts, lost_at=at.local)
    window = replace(window, lost=window.lost + 1)
    if window.left is not None:
        return window
    if told.limit is not None:
        return _adopted(window, told.limit - 1 - others, _sane_reset(told, at), at)
    if told.is_success and not window.is_silent:
        return replace(window, is_silent=True, ends_at=at.local + USUAL_PERIOD_SECONDS)
    return window


def merge(one: Window, other: Window, *, now: float) -> Window:
    """What two windows of the same user tell together: the later one's, or the least of the same one."""
    one, other = as_of(one, now), as_of(other, now)
    known = [window for window in (one, other) if window.left is not None]
    newest = max(known or [one, other], key=lambda window: window.reset_at or window.ends_at or 0.0)
    same = [window for window in known if abs((window.ends_at or 0) - (newest.ends_at or 0)) <= JITTER_SECONDS]
    return replace(
        newest,
        serial=max(one.serial, other.serial) + 1,
        left=min((window.left for window in same if window.left is not None), default=newest.left),
        least=min((window.least for window in same if window.least is not None), default=newest.least),
        limit=_known(newest.limit, _known(one.limit, other.limit)),
        taken=one.taken + other.taken,
        lost=one.lost + other.lost,
        doubts=one.doubts + other.doubts,
        lost_at=max(filter(None, (one.lost_at, other.lost_at)), default=None),
    )


def _released(window: Window, ticket: Ticket) -> Window:
    """The window in which the others need no longer wait for this call."""
    if not ticket.is_first or ticket.serial != window.serial:
        return window
    return replace(window, asked_at=None, asked_by=None)


def _went_alone(window: Window, ticket: Ticket, now: float) -> bool:
    """Whether no other call of ours can have been counted beside this one, so that its answer is exact."""
    return ticket.others == 0 and window.taken == ticket.number and not _is_in_doubt(window, now)


def _is_in_doubt(window: Window, now: float) -> bool:
    """Whether a call that was lost may still be counted."""
    return window.lost_at is not None and abs(now - window.lost_at) <= DOUBT_SECONDS


def _is_later(reset_at: float | None, window: Window) -> bool:
    return reset_at is not None and window.reset_at is not None and reset_at > window.reset_at + JITTER_SECONDS


def _is_far(left: int, window: Window) -> bool:
    """Whether so much more is left than was thought that it cannot be the same window."""
    return window.left is not None and left > window.left + max(FAR_CALLS, (window.limit or 0) // 4)


def _sane_reset(told: Told, at: Instant) -> float | None:
    """The reset, unless it is none that a limit can have."""
    if told.reset_at is None or abs(told.reset_at - at.remote) > LONGEST_PERIOD_SECONDS:
        return None
    return told.reset_at


def _end(window: Window, reset_at: float, at: Instant) -> float:
    """When a window with this reset is surely over."""
    longest = window.period_s or LONGEST_PERIOD_SECONDS
    return min(reset_at - at.offset_s, at.local + longest) + GRACE_SECONDS


def _known(told: int | None, before: int | None) -> int | None:
    return before if told is None else told

"""Messenger's control rules, pure: who may do what to a thread, and what it does."""

from dataclasses import dataclass, replace

DAY_SECONDS = 86400
LONGEST_SECONDS = 604800
NOT_IN_CONTROL = 2018300
"""The subcode of a message that another app's control forbids."""


@dataclass(frozen=True, kw_only=True)
class Thread:
    """One person's thread; idle when no app owns it."""

    psid: str
    owner: str | None
    expires: float | None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the Page's admins set up."""

    routing: bool
    default_app: str
    apps: frozenset[str]
    may_take: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A change of control that one app is told of."""

    kind: str
    to: str
    previous: str | None
    new: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """The thread afterwards, and who is told."""

    thread: Thread
    notices: tuple[Notice, ...] = ()


class RefusedError(Exception):
    """Meta would refuse this."""

    def __init__(self, code: int, subcode: int | None, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.message = message


def lapse(thread: Thread, *, now: float) -> Thread:
    """The thread as it is at this time: idle once control has expired."""
    if thread.expires is None or thread.expires > now:
        return thread
    return replace(thread, owner=None, expires=None)


def pass_control(thread: Thread, rules: Rules, *, caller: str, target: str | None, now: float) -> Change:
    """Give the thread to another app; the owner may, and anyone while it is idle."""
    if thread.owner not in (caller, None):
        raise _not_owner()
    new = target or _default_target(rules)
    if new not in rules.apps:
        raise RefusedError(100, 2018164, f"Incorrect app ID {new}")
    if new == thread.owner:
        raise RefusedError(100, None, "The app already owns the thread; extend control instead")
    return _grant(thread, "pass_thread_control", to=new, new=new, now=now)


def take_control(thread: Thread, rules: Rules, *, caller: str, now: float) -> Change:
    """Take the thread, with routing on and the app's switch on; when it was idle, nobody is told."""
    if not rules.routing:
        raise RefusedError(10, None, "Taking thread control is blocked while no default app is set")
    if caller not in rules.may_take:
        raise RefusedError(10, None, "The app may not take thread control on this Page")
    if thread.owner == caller:
        raise RefusedError(100, None, "The app already owns the thread")
    return _grant(thread, "take_thread_control", to=thread.owner, new=caller, now=now)


def request_control(thread: Thread, rules: Rules, *, caller: str, now: float) -> Change:
    """Ask for the thread in zero-config mode: granted at once when idle, else the owner is asked."""
    if rules.routing:
        raise RefusedError(10, None, "Requesting thread control is not available with Conversation Routing")
    if thread.owner == caller:
        raise RefusedError(100, None, "The app already owns the thread")
    if thread.owner is None:
        return _grant(thread, "pass_thread_control", to=caller, new=caller, now=now)
    asked = Notice(kind="request_thread_control", to=thread.owner, previous=thread.owner, new=caller)
    return Change(thread=thread, notices=(asked,))


def release_control(thread: Thread, *, caller: str) -> Change:
    """Leave the thread idle; nobody is told."""
    if thread.owner != caller:
        raise _not_owner()
    return Change(thread=replace(thread, owner=None, expires=None))


def extend_control(thread: Thread, *, caller: str, duration_seconds: int, now: float) -> Change:
    """Keep the thread for this long from now (assumed: from the call, not added to what is left)."""
    if thread.owner != caller:
        raise _not_owner()
    if not 0 < duration_seconds <= LONGEST_SECONDS:
        raise RefusedError(100, None, f"Param duration must be between 1 and {LONGEST_SECONDS}")
    return Change(thread=replace(thread, expires=now + duration_seconds))


def check_send(thread: Thread, rules: Rules, *, caller: str) -> None:
    """Refuse what Meta would not send for this app; in zero-config every app may send (assumed: always)."""
    allowed = {thread.owner} if thread.owner else {rules.default_app}
    if rules.routing and caller not in allowed:
        raise RefusedError(10, NOT_IN_CONTROL, "Another app is controlling this thread now")


def hear_customer(thread: Thread, rules: Rules, *, now: float) -> Thread:
    """The thread after its person wrote: an idle one goes to the default app, if there is one (assumed)."""
    owner = thread.owner or (rules.default_app if rules.routing else None)
    return renew(replace(thread, owner=owner), now=now)


def renew(thread: Thread, *, now: float) -> Thread:
    """Activity keeps control for another day (that our own answers count too is assumed)."""
    if thread.owner is None:
        return thread
    return replace(thread, expires=max(thread.expires or 0, now + DAY_SECONDS))


def sees_owner(thread: Thread, rules: Rules, *, caller: str) -> bool:
    """Whether the caller is shown which app owns the thread."""
    return caller == thread.owner or (rules.routing and caller == rules.default_app)


def _grant(thread: Thread, kind: str, *, to: str | None, new: str, now: float) -> Change:
    notice = () if to is None else (Notice(kind=kind, to=to, previous=thread.owner, new=new),)
    return Change(thread=replace(thread, owner=new, expires=now + DAY_SECONDS), notices=notice)


def _default_target(rules: Rules) -> str:
    if not rules.routing:
        raise RefusedError(100, None, "Param target_app_id is required while no default app is set")
    return rules.default_app


def _not_owner() -> RefusedError:
    return RefusedError(100, 2534037, "The action is invalid since the app is not the thread owner")

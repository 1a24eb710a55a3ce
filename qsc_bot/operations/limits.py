"""How many calls are left this hour, and who used them: as known on this machine, or as asked now."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from qsc_bot.errors import AccessDenied, ApiError
from qsc_bot.models.limits import CallsOfProcess, GraphLimits, Limits
from qsc_bot.models.wire import moment
from qsc_bot.models.wording import counted
from qsc_bot.results import Record
from qsc_bot.storage.account import Look, Use
from qsc_bot.storage.window import DOUBT_SECONDS, GRACE_SECONDS, Window
from qsc_bot.transport.allowance import Allowance
from qsc_bot.transport.clock import Clock

NEVER_SEEN: Final = "nothing was asked from this machine yet; qsc-bot limits --ask asks now, by one call"
NOT_TOLD: Final = "the remote told no limit"
RESET_PASSED: Final = "this hour is over: the whole limit is left, as far as this machine knows"
_LABEL: Final = 10


def show_limits(
    allowance: Allowance, graph: Allowance | None, *, reserve: int, clock: Clock, ask: Callable[[], object] | None
) -> Record:
    """The limit as last seen by this machine; with `ask`, as one call tells now.

    A call that is refused because the limit is reached tells it too. Where the hour that was seen is over, `left` is
    null: nobody asked since. Without a token nothing is known, since it is the user who is counted.

    https://developers.engagor.com/documentation/ratelimiting
    """
    if ask is not None:
        try:
            ask()
        except ApiError as error:
            if error.code != "api.rate_limited":
                raise
    return _record(_limits(allowance, reserve, clock, asked=ask is not None, graph=_graph(graph, clock)), clock.now())


def _limits(allowance: Allowance, reserve: int, clock: Clock, *, asked: bool, graph: GraphLimits | None) -> Limits:
    note = None
    try:
        look = allowance.look()
    except AccessDenied as error:
        look, note = Look(window=None, uses=[], usage=None), error.message
    window = look.window or Window()
    ends_at = None if window.ends_at is None else window.ends_at - GRACE_SECONDS
    is_over = ends_at is not None and ends_at <= clock.local_unix()
    return Limits(
        host=allowance.host,
        limit=window.limit,
        left=None if is_over else window.left,
        period_s=window.period_s,
        reset_at=moment(window.reset_at),
        seen_at=moment(window.seen_at),
        asked=asked,
        note="; ".join(filter(None, (note or _note(look.window, is_over=is_over), _doubt(look)))) or None,
        reserve=reserve,
        used_by=[_calls(use) for use in look.uses],
        graph=graph,
    )


def _note(window: Window | None, *, is_over: bool) -> str | None:
    if window is not None and window.is_silent:
        return NOT_TOLD
    if is_over:
        return RESET_PASSED
    return NEVER_SEEN if window is None or window.left is None else None


def _doubt(look: Look) -> str | None:
    """Why less may be left than the remote would say."""
    if not look.in_flight:
        return None
    calls, minutes = counted(look.in_flight, "call"), int(DOUBT_SECONDS // 60)
    return f"counted as used: {calls} without an answer, for {minutes} min if the process died"


def _graph(allowance: Allowance | None, clock: Clock) -> GraphLimits | None:
    """What Meta told, where it was asked."""
    look = allowance.look() if allowance else None
    if allowance is None or look is None or look.window is None:
        return None
    usage = look.usage
    regain_s = int(usage.regains - clock.local_unix()) if usage and usage.regains else 0
    return GraphLimits(
        host=allowance.host,
        usage_percent=usage.percent if usage else None,
        regain_s=regain_s if regain_s > 0 else None,
        seen_at=moment(usage.seen_at) if usage else None,
        used_by=[_calls(use) for use in look.uses],
    )


def _calls(use: Use) -> CallsOfProcess:
    return CallsOfProcess(
        process=use.process.partition("-")[0], command=use.command, calls=use.calls, since=moment(use.since)
    )


def _record(item: Limits, now: datetime) -> Record:
    return Record(schema="limits", item=item, view="\n".join(_lines(item, now)))


def _lines(item: Limits, now: datetime) -> list[str]:
    """The limits for people, in lines of at most 80 columns where names are short."""
    period = f" in {item.period_s} s" if item.period_s and item.period_s != 3600 else " an hour"
    kept = f", {item.reserve} of them kept for the bot" if item.reserve else ""
    lines = [
        _line("host", item.host),
        _line("limit", "-" if item.limit is None else f"{counted(item.limit, 'call')}{period}"),
        _line("left", "-" if item.left is None else f"{item.left}{kept}"),
        _line("reset", _reset(item, now)),
        *_used(item.used_by),
    ]
    if item.graph is not None:
        lines += ["", *_graph_lines(item.graph)]
    return [*lines, *(["", item.note] if item.note else [])]


def _graph_lines(graph: GraphLimits) -> list[str]:
    used = "-" if graph.usage_percent is None else f"{graph.usage_percent} % of Meta's limit"
    regain = f", calls go again in {graph.regain_s} s" if graph.regain_s else ""
    return [_line("host", graph.host), _line("used", used + regain), *_used(graph.used_by)]


def _reset(item: Limits, now: datetime) -> str:
    if item.reset_at is None:
        return "-"
    seconds = int((item.reset_at - now).total_seconds())
    return f"{item.reset_at:%H:%M:%S} UTC" + (f", in {seconds // 60} min" if seconds > 0 else "")


def _used(uses: Sequence[CallsOfProcess]) -> list[str]:
    """Each process of this tool that used some, on a line of its own."""
    rows = [
        f"{use.calls:>5}  {use.command or '-'}, process {use.process}"
        + (f", since {use.since:%H:%M} UTC" if use.since else "")
        for use in uses
    ]
    return [_line("used by" if at == 0 else "", row) for at, row in enumerate(rows)]


def _line(label: str, value: str) -> str:
    return f"{label:{_LABEL}}{value}"

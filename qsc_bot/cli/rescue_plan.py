"""Plans of `conversation rescue`: made now or read from a file, shown, and saved to one."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qsc_bot.cli.lists import known_codes, known_services, next_options, stuck_limits
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from qsc_bot.operations.rescue import Rescue
    from qsc_bot.results import Record

WEEK: Final = timedelta(days=7)
WALL_TIME: Final = "how long somebody waits is wall time: nights and weekends count"
CUT: Final = "cut by --limit: more are stuck"
NOTHING: Final = "Nothing is stuck."
SHOWN_LINES: Final = 3


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Which conversations, as typed."""

    ids: list[str]
    codes: list[str]
    services: list[str]
    since: Any
    limit: int | None
    include_open: bool
    across_reset: bool
    limits: dict[str, str]

    def survey(self, here: Session) -> "Rescue":
        """A plan made now."""
        from qsc_bot.operations.anew import anew
        from qsc_bot.operations.query import Query
        from qsc_bot.operations.rescue import Search, plan_rescue
        from qsc_bot.operations.selection import resolve

        if self.ids and (self.services or self.limit):
            raise QscBotError("usage.invalid", "ids were given: leave out --service and --limit")
        query = Query(
            services=known_services(here, self.services),
            codes=known_codes(self.codes),
            is_stuck=True,
            since=self.since or WEEK,
            limit=self.limit,
            max_age=timedelta(0),
            across_reset=self.across_reset,
        )
        told, people = here.printer.notice, None
        if self.ids:
            texts = list(dict.fromkeys(self.ids))
            people = [target.id for target in resolve(here.connection, texts, one_each=True, tell=told)]
        search = Search(
            query=query,
            limits=stuck_limits(here.profile, **self.limits),
            includes_open=self.include_open,
            people=people,
        )
        return anew(
            here.connection.index, lambda: plan_rescue(here.connection, search, tell=here.printer.progress, say=told)
        )

    def read(self, here: Session, file: Path, *, out: Path | None) -> "Rescue":
        """The plan in a file; raises `usage.invalid` where anything was typed that would make another one."""
        from qsc_bot.operations.rescue_file import read_plan

        given = (self.ids, self.codes, self.services, self.since, self.limit, self.include_open, self.limits, out)
        if any(given):
            raise QscBotError(
                "usage.invalid", "--plan does exactly the plan in the file: leave out what would change it"
            )
        return read_plan(file, here.profile)


def plan_record(here: Session, rescue: "Rescue") -> "Record":
    """The plan as it is shown, with what is to be said of it and the commands that look closer."""
    from qsc_bot.results import Record

    steps = rescue.plan.steps
    idle = sum(one.action is None for one in steps)
    notes = [f"{name} is not stuck" for name in rescue.well] if steps else [NOTHING]
    notes += [WALL_TIME] if steps else []
    notes += [CUT] if not (rescue.plan.complete or rescue.gaps) else []
    notes += [f"for {idle} of {len(steps)} nothing is proposed"] if idle else []
    return Record(
        schema="rescue-plan",
        item=rescue.plan,
        warnings=rescue.gaps,
        notes=notes,
        next=_explained(here, rescue),
    )


def _explained(here: Session, rescue: "Rescue") -> list[str]:
    from qsc_bot.models.conversation import ConversationId

    shown = [one.id for one in rescue.plan.steps if one.action is None][:SHOWN_LINES]
    options = next_options(here)
    return [f"qsc-bot conversation explain {ConversationId.parse(one).typed}{options}" for one in shown]


def saved(here: Session, record: "Record", out: Path) -> "Record":
    """The same, once it stands in a file of which only its owner can read."""
    import shlex
    from dataclasses import replace

    from qsc_bot.models.files import write_named
    from qsc_bot.output.fields import encode
    from qsc_bot.output.structured import record_document, to_json

    owner = {"profile": here.profile.name, "account_id": here.profile.account_id}
    document = record_document(record, encode(record.item), owner)
    try:
        write_named(out, f"{to_json(document)}\n".encode(), mode=0o600)
    except OSError as error:
        raise QscBotError("output.unwritable", f"the plan cannot be saved to {out}: {error.strerror}") from error
    line = f"qsc-bot conversation rescue --plan {shlex.quote(str(out))}{next_options(here)}"
    return replace(record, notes=[*record.notes, f"saved to {out}; nothing was changed"], next=[*record.next, line])

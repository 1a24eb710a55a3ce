"""What reading commands take: ids, what they may spend, and a plan of their calls in place of the calls."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qsc_bot.cli.ids import id_texts
from qsc_bot.cli.session import Session
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from qsc_bot.models.limits import Limits
    from qsc_bot.operations.selection import Named


def typed_ids(here: Session, ids: list[str] | None, ids_from: str | None) -> Sequence[str]:
    """The ids that a reading command was given, as words or with `--ids`."""
    return id_texts(here, ids or (), ids_from, tell=here.printer.notice)


def named_by(here: Session, texts: Sequence[str]) -> "list[Named]":
    """What each of these names, without a call."""
    from qsc_bot.operations.selection import parse_ids

    return parse_ids(here.profile, texts, tell=here.printer.notice)


def known_limits(here: Session) -> "Limits | None":
    """What is known of this hour's calls; nothing without a token."""
    from qsc_bot.models.limits import Limits

    try:
        item = here.remotes.limits(ask=False).item
    except QscBotError:
        return None
    return item if isinstance(item, Limits) else None

"""The raw way in: any call of the two APIs, with this tool's token, retries and care."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import unquote, urlsplit

from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import Profile
from qsc_bot.operations.bodies import TOKEN_NAMES, scrub
from qsc_bot.transport.redact import redact

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class RawRemote(Protocol):
    """A remote that sends any call and gives the whole body back."""

    def raw(self, method: str, path: str, fields: Mapping[str, str]) -> Any:
        """One call; raises what the remote's errors come to."""

    def raw_pages(self, path: str, fields: Mapping[str, str]) -> Any:
        """Every page of a list, merged into one body."""


@dataclass(frozen=True, kw_only=True)
class RawCall:
    """A call as typed: `{account_id}` and `{page_id}` in its path are filled in from the profile."""

    method: str
    path: str
    fields: Sequence[str]
    paginate: bool

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method.upper() != "GET"


def send(remote: RawRemote, call: RawCall, profile: Profile, *, secrets: Callable[[], Collection[str]]) -> Any:
    """Send one call, or read every page, and give the body without what is secret in it.

    Raises `usage.invalid` for an address of another host, a path that climbs, and a token among the words.
    """
    verb = call.method.upper()
    if verb not in METHODS:
        raise QscBotError(
            "usage.invalid", f"{redact(call.method)[:20]!r} is no method", expected=", ".join(sorted(METHODS))
        )
    if call.paginate and call.writes:
        raise QscBotError("usage.invalid", "only GET can be paginated")
    given = parse_fields(call.fields)
    page_id = profile.messenger.page_id if profile.messenger else "{page_id}"
    path = call.path.replace("{account_id}", profile.account_id).replace("{page_id}", page_id)
    check_path(path, given)
    body = remote.raw_pages(path, given) if call.paginate else remote.raw(verb, path, given)
    return scrub(body, secrets())  # only now: the call itself may have read them from a store


def parse_fields(fields: Sequence[str]) -> dict[str, str]:
    """`key=value` words as fields; raises `usage.invalid` for one without a key."""
    given: dict[str, str] = {}
    for field in fields:
        key, sign, value = field.partition("=")
        if not key or not sign or key in given:
            message = f"-F {redact(key)[:40]!r} cannot be used"
            raise QscBotError("usage.invalid", message, expected="key=value, each key once")
        given[key] = value
    return given


def check_path(path: str, fields: Mapping[str, str]) -> None:
    """A path below the configured host, and no secret in it."""
    parts = urlsplit(path)
    climbs = any(step in {".", ".."} for step in unquote(parts.path).split("/"))
    leads_away = parts.scheme or parts.netloc or not path.startswith("/") or path.startswith("//")
    if leads_away or climbs or "\\" in path or "#" in path:
        raise QscBotError(
            "usage.invalid",
            f"{redact(path)[:200]!r} is no path of the API; other hosts are refused: the token goes with the call",
            expected="/{account_id}/inbox/mentions",
        )
    if not path.isprintable() or " " in path:
        raise QscBotError("usage.invalid", "a path holds no spaces and no control characters")
    if parts.query and fields:
        raise QscBotError("usage.invalid", "give parameters in the path or with -F, not both")
    if TOKEN_NAMES.search(unquote(parts.query)) or any(TOKEN_NAMES.search(key) for key in fields):
        raise QscBotError("usage.invalid", "no token on the command line: the profile's token is sent by itself")

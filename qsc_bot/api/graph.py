"""Meta's Graph API: its error envelope, told apart by code and subcode."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from qsc_bot.api.remote import READS, Remote, Reply, decode
from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError, WriteInDoubt
from qsc_bot.models.thread import RawPage

T = TypeVar("T")

LIMITS: Final = frozenset({4, 17, 341, 613})
TEMPORARY: Final = frozenset({1, 2})
HIDDEN_SUBCODE: Final = 2018234
NOT_OWNER: Final = frozenset({(10, 2018300), (100, 2534037)})
OUTSIDE_WINDOW: Final = frozenset({2018278, 2534022, 2018065})
BUSY: Final = frozenset({1893063, 2018321})
NO_SUCH_PERSON: Final = frozenset({(100, 2018001), (100, 33)})
WRONG_APP: Final = frozenset({2018164, 2018171})
PERMISSION: Final = frozenset({10, 200, 230})
PERSON_NOT_VISIBLE: Final = 210
BLOCKED_FOR_NOW: Final = 368
NO_HANDSHAKE: Final = 2200
OWNERSHIP_WORDS: Final = ("thread", "control", "owner", "routing", "handover")


class Graph:
    """Calls as the app that minted the token; `renewal` says what to do where the token is rejected.

    Errors: https://developers.facebook.com/documentation/business-messaging/messenger-platform/error-codes
    """

    def __init__(self, remote: Remote, *, renewal: Sequence[str] = ()) -> None:
        self.remote = remote
        self._renewal = tuple(renewal)

    def get(self, path: str, kind: type[T], *, params: Mapping[str, str]) -> T:
        """Read one thing in the shape asked for."""
        reply = self.remote.send("GET", path, params=params)
        return decode(self._checked(reply, "GET"), kind, call=reply.call)

    def post(self, path: str, kind: type[T], *, body: Mapping[str, object]) -> T:
        """Write once, with a JSON body so that no token and no id stands in an address."""
        reply = self.remote.send("POST", path, body=body)
        data = self._checked(reply, "POST")
        try:
            return decode(data, kind, call=reply.call)
        except ApiError as error:
            raise WriteInDoubt(
                "write.in_doubt", f"{reply.call} was done, but the answer is strange: {error}"
            ) from error

    def raw(self, method: str, path: str, fields: Mapping[str, str]) -> Any:
        """Any call: fields in the query of a GET, else in a JSON body; the whole body of a success."""
        in_query = method in READS
        reply = self.remote.send(method, path, params=fields if in_query else None, body=None if in_query else fields)
        return self._checked(reply, method)

    def raw_pages(self, path: str, fields: Mapping[str, str]) -> Any:
        """Every page of a list, followed by cursor and merged into one body; `next` is not followed, nor shown."""
        items: list[Any] = []
        after: str | None = None
        seen: set[str] = set()
        while True:
            body = self.raw("GET", path, {**fields, **({"after": after} if after else {})})
            page = decode(body, RawPage, call=f"GET {path}")
            items += page.data
            after = page.paging.cursors.after if page.paging.next else None
            if after is None:
                return {"data": items}
            if after in seen:
                raise ApiError("api.page_repeated", f"GET {path}: a cursor came twice")
            seen.add(after)

    def _checked(self, reply: Reply, method: str) -> Any:
        error = reply.data.get("error") if isinstance(reply.data, dict) else None
        if isinstance(error, dict):
            raise self._error(error, reply, method)
        if reply.status >= 500:
            raise ApiError("api.unavailable", f"{reply.call}: status {reply.status}", status=reply.status)
        if reply.status == 429:
            raise ApiError("api.rate_limited", f"{reply.call}: too many calls (429)", status=reply.status)
        if reply.status == 401:
            text = f"{self.remote.source()} was rejected (401)"
            raise AccessDenied("auth.rejected", text, hint=self._renewal, status=401)
        if reply.status >= 400:
            raise ApiError("api.refused", f"{reply.call}: status {reply.status}", status=reply.status)
        return reply.data

    def _error(self, error: dict[str, Any], reply: Reply, method: str) -> QscBotError:
        code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
        trace = error.get("fbtrace_id")
        request_id = self.remote.clean(trace) if isinstance(trace, str) else None
        text = self.remote.clean(str(error.get("message", "no message")))
        kind, name = classify(code, subcode, text, is_read=method in READS)
        shown = f"{code}/{subcode}" if subcode else str(code)
        message = f"{reply.call}: {text} ({shown})"
        hint = self._renewal if name == "auth.rejected" else ()
        if name == "auth.rejected":
            message = f"{self.remote.source()} was rejected: {text} ({shown})"
        if (code, subcode) in NO_SUCH_PERSON:
            message += "; it is assumed that Social Connect's id of a Messenger person is Meta's"
        return kind(name, message, hint=hint, request_id=request_id, status=reply.status)


class HiddenOwner(ApiError):
    """Meta does not show this app who holds the thread."""


def classify(code: int, subcode: int, text: str, *, is_read: bool) -> tuple[type[ApiError], str]:
    """The class and code of ours for an error of Meta's: by subcode first, then by code, last by the words.

    Code 10 alone says permission, messaging window or ownership; only subcode and text tell which.
    """
    if subcode == HIDDEN_SUBCODE:
        return HiddenOwner, "handover.not_allowed"
    if (code, subcode) in NO_SUCH_PERSON:
        return NotFound, "conversation.not_found"
    if (code, subcode) in NOT_OWNER or subcode in OUTSIDE_WINDOW or code == 551:
        return ApiError, "handover.not_allowed"
    if code == PERSON_NOT_VISIBLE:
        return ApiError, "access.denied"
    if subcode in BUSY or code == BLOCKED_FOR_NOW:
        return ApiError, "api.unavailable"
    if subcode in WRONG_APP:
        return ApiError, "api.refused"
    return _classify_code(code, text, is_read=is_read)


def _classify_code(code: int, text: str, *, is_read: bool) -> tuple[type[ApiError], str]:
    if code == 190:
        return AccessDenied, "auth.rejected"
    if code == NO_HANDSHAKE:
        return ApiError, "webhook.no_handshake"
    if code in LIMITS:
        return ApiError, "api.rate_limited"
    if code in TEMPORARY:
        return (ApiError, "api.unavailable") if is_read else (WriteInDoubt, "write.in_doubt")
    if code == 10 and any(word in text.lower() for word in OWNERSHIP_WORDS):
        return ApiError, "handover.not_allowed"
    return (AccessDenied, "access.denied") if code in PERMISSION else (ApiError, "api.refused")


def _number(value: object) -> int:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) else 0

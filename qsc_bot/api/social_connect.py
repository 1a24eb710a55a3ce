"""Qualtrics Social Connect: its envelope, its errors and its lists."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urljoin

import httpx

from qsc_bot.api.remote import READS, Remote, Reply, decode
from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError, WriteInDoubt
from qsc_bot.models.account import Account
from qsc_bot.transport.auth import same_origin

T = TypeVar("T")


class SocialConnect:
    """Calls to one account.

    Envelope, errors and paging: http://developers.engagor.com/documentation/responses
    """

    def __init__(self, remote: Remote, *, account_id: str) -> None:
        self.remote = remote
        self.account_id = account_id
        self._sees: bool | None = None

    def path(self, *parts: str) -> str:
        """The path below the account, each part percent-encoded; raises `usage.id` for one that leads elsewhere."""
        return "/" + "/".join(map(_segment, (self.account_id, *parts)))

    def get(self, path: str, kind: type[T], *, params: Mapping[str, str] | None = None) -> T:
        """Read one thing: the `response` of the envelope in the shape asked for."""
        reply = self.remote.send("GET", path, params=params)
        return decode(self._response(reply, "GET"), kind, call=reply.call)

    def accounts(self) -> Iterator[list[Account]]:
        """The accounts that the token can see (`GET /me/accounts`, as public clients use it), page by page."""
        return self.pages("/me/accounts", Account, params={})

    def write(self, method: str, path: str, kind: type[T], *, form: Mapping[str, str] | None = None) -> T:
        """Write once. A success whose body has another shape is in doubt, since it was done."""
        reply = self.remote.send(method, path, form=form)
        try:
            return decode(self._response(reply, method), kind, call=reply.call)
        except ApiError as error:
            if error.code != "api.wrong_shape":
                raise
            raise WriteInDoubt(
                "write.in_doubt", f"{reply.call} was answered, but the answer is strange: {error}"
            ) from error

    def raw(self, method: str, path: str, fields: Mapping[str, str]) -> Any:
        """Any call: fields in the query of a GET, else in a form; the whole body of a success."""
        in_query = method in READS
        reply = self.remote.send(method, path, params=fields if in_query else None, form=None if in_query else fields)
        self._response(reply, method)
        return reply.data

    def raw_pages(self, path: str, fields: Mapping[str, str]) -> Any:
        """Every page of a list, merged into one body."""
        items = [item for page in self.pages(path, Any, params=fields) for item in page]
        paging = {"next_url": None}
        return {"meta": {"code": 200}, "response": {"count": len(items), "data": items, "paging": paging}}

    def pages(
        self, path: str, kind: type[T], *, params: Mapping[str, str], counted: Callable[[int], None] | None = None
    ) -> Iterator[list[T]]:
        """Read a list page by page. A next page is followed on the same origin only, and never twice.

        `counted` hears how many items there are in all, where a page says so.
        """
        reply = self.remote.send("GET", path, params=params)
        seen = {reply.url}
        while True:
            body = self._response(reply, "GET")
            items = _items(body, reply.call)
            if counted is not None and isinstance(body.get("count"), int):
                counted(body["count"])
            yield [decode(raw, kind, call=reply.call) for raw in items]
            following = _next_url(body, reply.call)
            if following is None:
                return
            target = self._same_origin(following, reply.call)
            if target in seen:
                raise ApiError("api.page_repeated", f"{reply.call}: the list names a page that was already read")
            seen.add(target)
            reply = self.remote.send("GET", target)

    def _same_origin(self, following: str, call: str) -> str:
        base = httpx.URL(self.remote.base_url)
        try:
            target = httpx.URL(urljoin(str(base), following))
        except (httpx.InvalidURL, ValueError) as error:
            raise ApiError("api.page_foreign", f"{call}: the list names a next page that cannot be read") from error
        if not same_origin(target, base) or target.userinfo:
            host = self.remote.clean(target.host) or "no host"
            raise ApiError("api.page_foreign", f"{call}: the list names a next page on {host}; it was not followed")
        return str(target.copy_remove_param("access_token"))

    def _response(self, reply: Reply, method: str) -> Any:
        """The `response` of a success; raises the error that the status, `error` or `meta.code` tells."""
        data = reply.data
        if not isinstance(data, dict):
            raise ApiError("api.wrong_shape", f"{reply.call}: Expected `object`, got `{type(data).__name__}` - at `$`")
        meta = data.get("meta")
        code = _status(meta.get("code")) if isinstance(meta, dict) else 0
        if reply.status >= 400 or "error" in data or code >= 400:
            raise self._error(reply, code, method)
        if not code:
            raise ApiError("api.wrong_shape", f"{reply.call}: Object missing required field `code` - at `$.meta`")
        if "response" not in data:
            raise ApiError("api.wrong_shape", f"{reply.call}: Object missing required field `response` - at `$`")
        return data["response"]

    def _error(self, reply: Reply, code: int, method: str) -> QscBotError:
        name = self.remote.clean(str(reply.data.get("error", "")))
        status = max(reply.status, code, _status(reply.data.get("code")))
        told = self.remote.clean(str(reply.data.get("error_description") or name or f"status {status}"))
        message = f"{reply.call}: {told} ({name or status})"
        match (name, status):
            case ("rate_limit_reached", _) | (_, 429):
                return ApiError("api.rate_limited", message + reply.reset, status=status)
            case (other, _) if status == 401 or "token" in other or (status == 403 and "token" in told.lower()):
                return AccessDenied(
                    "auth.rejected", f"{self.remote.source()} was rejected ({status}): {told}", status=status
                )
            case ("no_permission", _) | (_, 403) if not self._sees_account(reply.call):
                return AccessDenied(
                    "access.account",
                    f"account {self.account_id} is none of this token's accounts",
                    status=status,
                )
            case ("no_permission", _) | (_, 403):
                return AccessDenied("access.denied", message, status=status)
            case ("not_found", _) | (_, 404):
                return NotFound("api.not_found", message, status=status)
            case (other, _) if other == "internal_server_error" or status >= 500:
                broken = ApiError if method in READS else WriteInDoubt
                return broken("api.unavailable" if method in READS else "write.in_doubt", message, status=status)
        return ApiError("api.refused", message, status=status)

    def _sees_account(self, call: str) -> bool:
        """Whether the configured account is among the token's: asked once after a refusal, true in doubt."""
        if self._sees is None and "/me/" not in call:
            try:
                self._sees = any(one.id == self.account_id for page in self.accounts() for one in page)
            except QscBotError:
                self._sees = True
        return self._sees is not False


def _segment(part: str) -> str:
    try:
        segment = quote(part, safe="")
    except UnicodeEncodeError:
        segment = ""
    if segment in ("", ".", ".."):
        raise QscBotError("usage.id", f"{part!r} cannot stand in an address of the API")
    return segment


def _status(value: object) -> int:
    if isinstance(value, str) and value.isdecimal() and len(value) == 3:
        return int(value)
    return value if isinstance(value, int) else 0


def _items(body: Any, call: str) -> list[Any]:
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise ApiError(
            "api.wrong_shape", f"{call}: Expected `array`, got `{type(data).__name__}` - at `$.response.data`"
        )
    return data


def _next_url(body: dict[str, Any], call: str) -> str | None:
    paging = body.get("paging")
    following = paging.get("next_url") if isinstance(paging, dict) else None
    if following is not None and not isinstance(following, str):
        raise ApiError(
            "api.wrong_shape",
            f"{call}: Expected `str`, got `{type(following).__name__}` - at `$.response.paging.next_url`",
        )
    return following or None

"""What a listener answers: checks the signature of the raw bytes, keeps the events, answers, and then tells of them.

WSGI, so that tests call it as it is; the socket is somebody else's.
"""

import base64
import binascii
import hmac
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from werkzeug.wrappers import Response

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import RECIPE, RECIPE_KEY, REVISION, REVISION_KEY, Event, Via
from qsc_bot.storage.delivery_rows import Arrived
from qsc_bot.webhook.diagnosis import Diagnosis
from qsc_bot.webhook.events import read_events
from qsc_bot.webhook.signature import HEADERS, is_valid

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST_BODY_BYTES: Final = 1024 * 1024
PATHS: Final[Mapping[str, Via]] = {"/social-connect": Via.SOCIAL_CONNECT, "/messenger": Via.MESSENGER}
MOST_FIELDS: Final = 100
SIGNED_IN: Final = {via: f"HTTP_{header.upper().replace('-', '_')}" for via, header in HEADERS.items()}
KEPT_HEADERS: Final = {"content-type": "CONTENT_TYPE"} | {HEADERS[via]: name for via, name in SIGNED_IN.items()}
"""What is kept of a request's head, by what WSGI calls it: never `Authorization`, which is a secret."""
TEXT_HEADERS: Final = (("Content-Type", "text/plain"), ("X-Content-Type-Options", "nosniff"))
"""What is answered to a handshake was put there by the one who asks: no browser is to take it for a page."""
METHODS: Final[Mapping[Via, Sequence[str]]] = {Via.SOCIAL_CONNECT: ("POST",), Via.MESSENGER: ("GET", "POST")}
MOST_SEGMENTS: Final = 8
OK: Final = 200


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a listener takes. `url_secret` may stand in the address or as the password of Basic authorization.

    Without a secret of its kind a request is refused, unless `takes_unsigned`.
    """

    paths: Mapping[str, Via]
    signing: Mapping[Via, str]
    url_secret: str | None = None
    verify_token: str | None = None
    takes_unsigned: bool = False


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A request that was taken: its events, and the id of each, None where it was kept before.

    There are no ids where nothing is stored.
    """

    request: Arrived
    events: tuple[Event, ...]
    ids: tuple[str | None, ...]


class Refused(Exception):
    """A request that is not taken: the status it is answered with, and why, for the one who listens.

    `allowed` are the methods that are taken there.
    """

    def __init__(self, status: int, reason: str, note: str | None = None, *, allowed: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.note = note
        self.allowed = allowed


Query = Mapping[str, Sequence[str]]
Keep = Callable[[Arrived, list[Event], int], Sequence[str | None] | None]


class Receiver:
    """The WSGI application.

    `keep` stores a request and gives the id of each event, None for one that it has already; where nothing is stored it
    gives None. `tell` hears of each request that was taken, after its answer was decided, `refuse` of each that was
    not, and `shake` of Meta's handshakes.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        keep: Keep,
        tell: Callable[[Arrival], None],
        refuse: Callable[[Refused], None],
        shake: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rules = rules
        self._shake = shake
        self._keep = keep
        self._tell = tell
        self._refuse = refuse
        self._diagnosis = Diagnosis(monotonic)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        try:
            text = self._answered(environ)
        except Refused as refusal:
            self._refuse(refusal)
            headers = {"Allow": ", ".join(refusal.allowed)} if refusal.allowed else {}
            return Response(status=refusal.status, headers=headers)(environ, start_response)
        start_response("200 OK", [*TEXT_HEADERS, ("Content-Length", str(len(text)))])
        return [text]

    def _answered(self, environ: "WSGIEnvironment") -> bytes:
        """The text of a good answer; raises `Refused`."""
        method, path = environ["REQUEST_METHOD"], self._without_secret(_path(environ))
        via = self._rules.paths.get(path)
        if via is None:
            raise Refused(404, "path", f"nothing is served at {self._told(path)}")
        if method not in METHODS[via]:
            raise Refused(405, "method", f"{method[:20]} {path}", allowed=METHODS[via])
        query = _query(environ)
        if method == "GET":
            return self._shaken(query)
        body = _body(environ)
        verified = self._is_verified(environ, query, via, body)
        try:
            events = read_events(via, body)
        except QscBotError as error:
            raise Refused(400, "body", error.message) from error
        self._take(_arrived(environ, query, via, path, body, verified=verified), events)
        return b""

    def _take(self, arrived: Arrived, events: list[Event]) -> None:
        try:
            ids = self._keep(arrived, events, OK)
        except QscBotError as error:
            raise Refused(503, "store", error.message) from error  # so that a sender that tries again does so
        self._tell(Arrival(request=arrived, events=tuple(events), ids=tuple(ids or ())))

    def _shaken(self, query: Query) -> bytes:
        """Meta's handshake: the challenge for the right token."""
        token, given = self._rules.verify_token, _first(query, "hub.verify_token")
        if not token:
            raise Refused(403, "handshake", "no verify token is set")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), token.encode()):
            why = "the verify token is another one" if given else "there is no hub.verify_token"
            raise Refused(403, "handshake", why)
        if _first(query, "hub.mode") != "subscribe":
            raise Refused(403, "handshake", "hub.mode is not subscribe")
        challenge = _first(query, "hub.challenge")
        if not challenge:
            raise Refused(400, "handshake", "there is no hub.challenge")
        self._shake()
        return challenge.encode("utf-8", "replace")

    def _is_verified(self, environ: "WSGIEnvironment", query: Query, via: Via, body: bytes) -> bool:
        """Whether a signature proves the request; false for one that is taken for another reason."""
        header, secret = environ.get(SIGNED_IN[via]), self._rules.signing.get(via)
        if secret is not None and is_valid(via, body, header, secret):
            return True
        is_given_away = via is Via.SOCIAL_CONNECT and header is None and self._bears_secret(environ, query)
        if self._rules.takes_unsigned or is_given_away:
            return False
        if secret is None:
            raise Refused(403, "secret", f"no secret is set that signs {via.value}")
        verdict, note = self._diagnosis.of(via, body, header, secret)
        raise Refused(403, verdict.value, note)

    def _bears_secret(self, environ: "WSGIEnvironment", query: Query) -> bool:
        """Whether the secret of the address stands in it, or is the password of Basic authorization."""
        values = [value for values in query.values() for value in values]
        given = [*values, _password(environ.get("HTTP_AUTHORIZATION"))]
        return True in [bool(self._secret_segments(_path(environ))), *(self._is_secret(one) for one in given)]

    def _without_secret(self, path: str) -> str:
        """The path that is served, and may be told: segments of it that are the secret are left out."""
        secret = self._secret_segments(path)
        return "/".join(part for at, part in enumerate(path.split("/")) if at not in secret) or "/"

    def _secret_segments(self, path: str) -> set[int]:
        """Which segments of a path are the secret: several, where it holds slashes, which WSGI tells from no `%2F`."""
        parts, length = path.split("/"), (self._rules.url_secret or "").count("/") + 1
        windows = ["/".join(parts[at : at + length]) for at in range(len(parts) - length + 1)]
        return {at + more for at, text in enumerate(windows) if self._is_secret(text) for more in range(length)}

    def _told(self, path: str) -> str:
        """A path that is not served: its segments that are not either may be a secret, old or mistyped."""
        served = {"", *(segment for one in self._rules.paths for segment in one.split("/"))}
        segments = path.split("/", MOST_SEGMENTS + 1)[: MOST_SEGMENTS + 1]
        return "/".join(segment if segment in served else "…" for segment in segments)

    def _is_secret(self, text: str) -> bool:
        secret = self._rules.url_secret
        return secret is not None and hmac.compare_digest(text.encode("utf-8", "replace"), secret.encode())


def _path(environ: "WSGIEnvironment") -> str:
    """The path as text: WSGI hands its bytes on as Latin-1."""
    return str(environ.get("PATH_INFO", "")).encode("latin-1").decode("utf-8", "replace")


def _query(environ: "WSGIEnvironment") -> Query:
    try:
        return parse_qs(environ.get("QUERY_STRING", ""), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Refused(400, "query", f"the query has more than {MOST_FIELDS} fields") from error


def _first(query: Query, name: str) -> str:
    return query.get(name, [""])[0]


def _marked(query: Query, name: str, form: re.Pattern[str]) -> str | None:
    """A part of the marker; what cannot be one is none."""
    text = _first(query, name)
    return text if form.fullmatch(text) else None


def _body(environ: "WSGIEnvironment") -> bytes:
    """The body in full; the server has it before this is called."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdigit()):
        raise Refused(400, "body", "its length is no number")
    if len(length) > len(str(LARGEST_BODY_BYTES)) or int(length) > LARGEST_BODY_BYTES:
        raise Refused(413, "size", f"the body is larger than {LARGEST_BODY_BYTES // 1024} KiB")
    body: bytes = environ["wsgi.input"].read(int(length))
    if len(body) < int(length):
        raise Refused(400, "body", "the body did not come whole")
    return body


def _arrived(environ: "WSGIEnvironment", query: Query, via: Via, path: str, body: bytes, *, verified: bool) -> Arrived:
    return Arrived(
        via=via,
        target=path,
        headers={name: environ[variable] for name, variable in KEPT_HEADERS.items() if variable in environ},
        body=body,
        verified=verified,
        recipe=_marked(query, RECIPE_KEY, RECIPE),
        revision=_marked(query, REVISION_KEY, REVISION),
    )


def _password(authorization: str | None) -> str:
    """The password of Basic authorization; empty where there is none."""
    kind, _, encoded = (authorization or "").partition(" ")
    if kind.casefold() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""

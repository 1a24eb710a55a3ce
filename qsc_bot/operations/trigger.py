"""One event sent to a bot as a test, and what it answers."""

import json
from collections.abc import Mapping
from typing import Any, Final

from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.delivery import Answer, Kind, Via
from qsc_bot.models.profile import Profile
from qsc_bot.models.trial import Trigger
from qsc_bot.operations.answering import is_taken
from qsc_bot.operations.endpoint import Endpoint
from qsc_bot.results import Record
from qsc_bot.webhook.samples import Document, changed, encoded, sample, via_of
from qsc_bot.webhook.signature import HEADERS, sign

JSON_TYPE: Final = {"Content-Type": "application/json"}
_SERVER_ERROR: Final = 500


def body_of(kind: Kind, *, at: float, profile: Profile, given: bytes | None, changes: Mapping[str, str]) -> bytes:
    """The bytes to send: those that were given as they are, else a sample of nobody's; with changes, written anew.

    `at` is when it happened, in Unix seconds. Raises `webhook.body` where changes are wanted in what is no JSON, and
    `usage.invalid` for a path that is not there.
    """
    if given is not None and not changes:
        return given
    document = event_of(kind, key=str(int(at * 1000)), at=at, profile=profile) if given is None else _parsed(given)
    return encoded(changed(document, changes))


def event_of(kind: Kind, *, key: str, at: float, profile: Profile) -> Document:
    """A sample from nobody to the profile's Page, of its apps."""
    messenger = profile.messenger
    if messenger is None:
        return sample(kind, key=key, at=at)
    apps = (messenger.bot_app_id, messenger.agent_app_id)
    return sample(kind, key=key, at=at, page_id=messenger.page_id, apps=apps)


def headers_of(via: Via, body: bytes, secret: str | None, authorization: str | None) -> Mapping[str, str]:
    """What goes with a body: its signature, and the value of an Authorization header, each where there is one."""
    signature = {HEADERS[via]: sign(via, body, secret)} if secret is not None else {}
    known = {"Authorization": authorization} if authorization is not None else {}
    return JSON_TYPE | signature | known


def trigger(
    endpoint: Endpoint,
    url: str,
    body: bytes,
    *,
    kind: Kind,
    shown: str,
    secret: str | None,
    authorization: str | None = None,
) -> Record:
    """Send one event, signed where there is a secret; `shown` stands for the address, which may hold one too.

    Exit 8 for an answer of 5xx, 7 for any other that is not 2xx; raises `webhook.no_answer` where none comes.
    """
    via = via_of(kind)
    reply = endpoint.post(url, body, headers_of(via, body, secret, authorization))
    answer = reply.answer
    if answer.status is None or answer.milliseconds is None:
        raise QscBotError("network.tls" if reply.is_insecure else "webhook.no_answer", f"{shown}: {answer.error}")
    item = Trigger(
        kind=kind,
        via=via,
        url=shown,
        signed=secret is not None,
        status=answer.status,
        milliseconds=answer.milliseconds,
        text=reply.text,
    )
    exit_code = _exit_code(answer)
    notes = () if exit_code is ExitCode.OK else (f"the bot did not take it: it answered {answer.status}, not 2xx",)
    return Record(schema="webhook-trigger", item=item, notes=notes, exit_code=exit_code)


def _exit_code(answer: Answer) -> ExitCode:
    if is_taken(answer):
        return ExitCode.OK
    return ExitCode.TEMPORARY if (answer.status or 0) >= _SERVER_ERROR else ExitCode.CONFLICT


def _parsed(given: bytes) -> Any:
    try:
        return json.loads(given)
    except (ValueError, RecursionError) as error:
        raise QscBotError("webhook.body", "the file is no JSON, so nothing in it can be set") from error

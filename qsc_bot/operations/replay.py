"""Sends deliveries that were kept to a bot again, each request once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from msgspec.structs import replace

from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Delivery, Via
from qsc_bot.models.wording import counted
from qsc_bot.operations.answering import is_taken
from qsc_bot.operations.deliveries import PLAIN
from qsc_bot.operations.endpoint import Endpoint
from qsc_bot.results import Column, Ending, Listing
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import Arrived
from qsc_bot.webhook.signature import HEADERS, sign

COLUMNS: Final = (
    Column("id", "DELIVERY", rank=0),
    Column("kind", "KIND", rank=0),
    Column("conversation", "CONVERSATION", rank=0),
    Column("forwarded.status", "ANSWERED", rank=0),
    Column("forwarded.milliseconds", "MS", rank=1),
    Column("forwarded.error", "ERROR", rank=1),
)
Secrets = Callable[[Via], str]
"""The secret that signs one kind; raises `config.secret` where there is none."""


class Replay:
    """Deliveries by id, to be sent to one address.

    Raises `delivery.not_found`, `usage.url` and `config.secret` before any is sent.

    Each goes out as it came, or, with `signing`, signed anew. `shown` is the address without secrets.
    """

    def __init__(
        self,
        store: Deliveries,
        endpoint: Endpoint,
        ids: Sequence[str],
        url: str,
        *,
        shown: str,
        signing: Secrets | None = None,
    ) -> None:
        self._store = store
        self._endpoint = endpoint
        self._url = endpoint.check(url)
        self._shown = shown
        self._signing = signing
        self._requests = store.requests_of(ids)
        if signing:
            for via in {one.via for one in self._requests}:
                signing(via)
        self._answers: list[Answer] = []

    def listing(self) -> Listing[Delivery]:
        """The deliveries, each with what the bot answers; they are sent while this is read."""
        return Listing(schema="delivery-list", items=self._items(), columns=COLUMNS, plain=PLAIN, ending=self._ending)

    def _items(self) -> Iterator[Delivery]:
        for together in self._requests:
            found = [self._store.read(one) for one in together.ids]
            answer = self._send(found[0][1])
            self._store.note_forwarded(together.ids, answer)
            for delivery, _ in found:
                self._answers.append(answer)
                yield replace(delivery, forwarded=answer)

    def _send(self, request: Arrived) -> Answer:
        answer = self._endpoint.post(self._url, request.body, self._headers(request)).answer
        return replace(answer, url=self._shown)

    def _headers(self, request: Arrived) -> Mapping[str, str]:
        if self._signing is None:
            return request.headers
        kept = {name: value for name, value in request.headers.items() if name not in HEADERS.values()}
        return kept | {HEADERS[request.via]: sign(request.via, request.body, self._signing(request.via))}

    def _ending(self) -> Ending:
        return Ending(failure=self._failure(), warnings=list(self._companions()))

    def _companions(self) -> Iterator[str]:
        """What else went along, because it came in the same request."""
        for together in self._requests:
            if others := together.total - len(together.ids):
                yield f"{together.ids[0]} came in one request with {counted(others, 'other')}, sent again too"

    def _failure(self) -> QscBotError | None:
        """None where all were answered with success; temporary where all failed and may not another time."""
        failed = [answer for answer in self._answers if not is_taken(answer)]
        if not failed:
            return None
        first = failed[0].error or f"it answered {failed[0].status}"
        message = f"the bot did not take {len(failed)} of {len(self._answers)}; the first: {first}"
        is_temporary = len(failed) == len(self._answers) and all(map(_may_pass, failed))
        return QscBotError("webhook.no_answer" if is_temporary else "run.partial", message)


def _may_pass(answer: Answer) -> bool:
    return answer.status is None or answer.status >= 500

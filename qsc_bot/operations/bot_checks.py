"""Whether a bot's webhook does what it must: take what is signed, refuse what is not, bear what comes twice.

What Meta wants stands at https://developers.facebook.com/docs/messenger-platform/webhooks; Social Connect documents the
signature alone, so the same is asked of both.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from qsc_bot.credentials.secrets import variable_of
from qsc_bot.errors import QscBotError
from qsc_bot.models.delivery import Answer, Kind, Via
from qsc_bot.models.profile import Profile
from qsc_bot.models.trial import Check
from qsc_bot.operations.answering import PROVES_NOTHING, common_cause, is_late, is_taken
from qsc_bot.operations.endpoint import Endpoint, Reply
from qsc_bot.operations.odd_events import respelled
from qsc_bot.operations.signature import SIGNS
from qsc_bot.operations.trigger import event_of, headers_of
from qsc_bot.results import Column, Ending, Listing
from qsc_bot.webhook.samples import ANOTHER, Document, encoded
from qsc_bot.webhook.signature import HEADERS

COLUMNS: Final = (Column("check", "CHECK", rank=0), Column("result", "RESULT", rank=0), Column("reason", "REASON"))
PLAIN: Final = ("check", "result", "reason")
ANOTHER_HEADER: Final = f"Basic {b64encode(f'qsc-bot:{ANOTHER}'.encode()).decode()}"
SIGNED: Final = ("signed", "wrong-signature", "missing-signature", "raw-body")
"""What is tried of a bot whose events are signed."""
OLD_SECONDS: Final = 24 * 3600.0
_REFUSED: Final = range(400, 500)


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What a bot knows its senders by: a signature, or a secret in its address or in an Authorization header.

    `wrong_url` is the address with another secret in it, where it holds one.
    """

    signing: str | None
    verify_token: str | None = None
    wrong_url: str | None = None
    authorization: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether a bot may take events that nothing signs."""
        return (self.wrong_url or self.authorization) is not None


def verify(endpoint: Endpoint, url: str, via: Via, *, keys: Keys, profile: Profile, at: float) -> Listing[Check]:
    """Send samples that are nobody's, and judge each answer; `at` is now, in Unix seconds.

    A check without its secret is skipped. Where one failed the list ends with `webhook.unfit`.
    """
    checks = list(_Bot(endpoint, url, via, keys, profile, at).checks())
    failed = [one for one in checks if one.result == "fail"]
    failure = QscBotError(
        "webhook.unfit",
        f"{len(failed)} of {len(checks)} checks failed",
        hint=tuple(f"{one.check}: {one.reason}" for one in failed),
    )
    return Listing(
        schema="webhook-verification",
        items=checks,
        columns=COLUMNS,
        plain=PLAIN,
        ending=lambda: Ending(failure=failure if failed else None),
    )


@dataclass(frozen=True)
class _Bot:
    endpoint: Endpoint
    url: str
    via: Via
    keys: Keys
    profile: Profile
    at: float

    def checks(self) -> Iterator[Check]:
        if self.via is Via.MESSENGER:
            yield from self._handshakes()
        yield from self._signatures()
        yield self._duplicate()

    def _handshakes(self) -> Iterator[Check]:
        token = self.keys.verify_token
        if token is None:
            yield from _skipped("QSC_BOT_VERIFY_TOKEN is not set", "handshake", "wrong-token")
            return
        challenge = self._key(0)
        right = self._shake(token, challenge)
        is_right = _is_taken(right.answer) and right.text == challenge
        other = f"{_words(right.answer)}, without hub.challenge as its whole body: answer with it and nothing else"
        advice = "compare hub.verify_token with QSC_BOT_VERIFY_TOKEN, and answer 200 with hub.challenge"
        reason = other if _is_taken(right.answer) else _advised(right.answer, advice)
        yield _check("handshake", is_right, _words(right.answer) if is_right else reason)
        wrong = self._shake(ANOTHER, challenge).answer
        yield _refusal("wrong-token", wrong, is_right, "anybody can subscribe it: answer 403 to another token")

    def _signatures(self) -> Iterator[Check]:
        secret = self.keys.signing
        if secret is None:
            yield from _skipped(f"{self._variable} is not set", *SIGNED)
            if self.keys.is_open:
                yield from self._secrets()
            return
        right = self._send(1, secret)
        yield _taken("signed", right, self._advice)
        wrong = self._send(2, f"{secret}-wrong")
        advice = f"anybody can send it events: compare {HEADERS[self.via]} before reading the body, and answer 403"
        yield _refusal("wrong-signature", wrong, _is_taken(right), advice)
        yield self._unsigned(right)
        yield self._respelled(secret, right)

    def _unsigned(self, right: Answer) -> Check:
        """Nothing is signed, which is no better than wrongly, nor is there a secret that may stand for a signature."""
        advice = f"anybody can send it events: refuse those without {HEADERS[self.via]}, too, and answer 403"
        unsigned = self._send(6, None, is_stranger=self.keys.is_open)
        return _refusal("missing-signature", unsigned, _is_taken(right), advice)

    def _respelled(self, secret: str, right: Answer) -> Check:
        """The bytes are signed, and not the JSON that they hold: who writes it again gets other bytes."""
        if not _is_taken(right):
            return Check(check="raw-body", result="skipped", reason=PROVES_NOTHING)
        advice = f"compare {HEADERS[self.via]} with that of the bytes as they came, not of JSON written again"
        return _taken("raw-body", self._send(7, secret, write=respelled), advice)

    def _secrets(self) -> Iterator[Check]:
        """Where nothing is signed, only who knows the secret may be let in."""
        right = self._send(4, None)
        yield _taken("secret", right, self._advice)
        wrong = self._send(5, None, is_stranger=True)
        advice = "anybody can send it events: compare the secret before reading the body, and answer 403"
        yield _refusal("wrong-secret", wrong, _is_taken(right), advice)

    def _duplicate(self) -> Check:
        secret = self.keys.signing
        if secret is None and not self.keys.is_open:
            return next(_skipped(f"{self._variable} is not set", "duplicate"))
        first = self._send(3, secret, age_seconds=OLD_SECONDS)
        if not _is_taken(first):
            return _taken("duplicate", first, self._advice)
        second = self._send(3, secret, age_seconds=OLD_SECONDS)
        advice = "answer 2xx to what is known already, and do nothing; else it is sent again"
        return _taken("duplicate", second, advice, before="the second time it ")

    @property
    def _variable(self) -> str:
        return variable_of(SIGNS[self.via])

    @property
    def _advice(self) -> str:
        if self.keys.signing is None:
            known = "secret in the address with QSC_BOT_URL_SECRET" if self.keys.wrong_url else "Authorization header"
            return f"compare the {known}, and answer 2xx"
        return f"sign the raw bytes with the secret in {self._variable}, compare, and answer 2xx"

    def _send(
        self,
        number: int,
        secret: str | None,
        *,
        age_seconds: float = 0,
        is_stranger: bool = False,
        write: Callable[[Document], bytes] = encoded,
    ) -> Answer:
        kind = Kind.MENTION if self.via is Via.SOCIAL_CONNECT else Kind.MESSAGE
        at = self.at - age_seconds
        body = write(event_of(kind, key=self._key(number), at=at, profile=self.profile))
        known, url = self.keys.authorization, self.url
        if is_stranger:
            known, url = known and ANOTHER_HEADER, self.keys.wrong_url or url
        return self.endpoint.post(url, body, headers_of(self.via, body, secret, known)).answer

    def _shake(self, token: str, challenge: str) -> Reply:
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge}
        return self.endpoint.get(self.url, query)

    def _key(self, number: int) -> str:
        return f"{int(self.at * 1000)}{number}"


def _taken(name: str, answer: Answer, advice: str, *, before: str = "") -> Check:
    is_taken = _is_taken(answer)
    return _check(name, is_taken, _words(answer) if is_taken else f"{before}{_advised(answer, advice)}")


def _refusal(name: str, answer: Answer, right_is_taken: bool, advice: str) -> Check:
    """4xx is wanted; it counts only where what is right is let in."""
    if answer.status not in _REFUSED:
        told = advice if is_taken(answer) else common_cause(answer) or "answer 403"
        return _check(name, False, f"{_words(answer)}: {told}")
    if not right_is_taken:
        return Check(check=name, result="skipped", reason=PROVES_NOTHING)
    return _check(name, True, _words(answer))


def _check(name: str, is_met: bool, reason: str) -> Check:
    return Check(check=name, result="pass" if is_met else "fail", reason=reason)


def _skipped(reason: str, *names: str) -> Iterator[Check]:
    return (Check(check=name, result="skipped", reason=reason) for name in names)


def _is_taken(answer: Answer) -> bool:
    return is_taken(answer) and not is_late(answer)


def _words(answer: Answer) -> str:
    return answer.error or f"answered {answer.status} in {answer.milliseconds} ms"


def _advised(answer: Answer, advice: str) -> str:
    return f"{_words(answer)}: {common_cause(answer) or advice}"

"""Diagnoses: as good as offline for the one who connects a bot, and next to nothing for a flood."""

import json

from qsc_bot.models.delivery import Verdict, Via
from qsc_bot.webhook.diagnosis import BETWEEN_SECONDS, LARGEST_BYTES, Diagnosis
from qsc_bot.webhook.signature import sign

QSC = Via.SOCIAL_CONNECT
SENT, CAME = b'{"text":"caf\\u00e9"}', '{"text":"café"}'.encode()


class Ticking:
    """A clock that is set by hand."""

    at = 1000.0

    def __call__(self) -> float:
        return self.at


def verdict(diagnosis: Diagnosis, body: bytes = CAME, header: str | None = None) -> Verdict:
    return diagnosis.of(QSC, body, sign(QSC, SENT, "s") if header is None else header, "s")[0]


def test_body_written_again_is_told_at_most_once_in_a_while() -> None:
    clock = Ticking()
    diagnosis = Diagnosis(clock)
    assert [verdict(diagnosis) for _ in range(2)] == [Verdict.RE_ENCODED, Verdict.WRONG]
    clock.at += BETWEEN_SECONDS
    assert verdict(diagnosis) is Verdict.RE_ENCODED


def test_large_body_is_not_looked_into() -> None:
    sent = json.dumps({"text": "é" * LARGEST_BYTES}, ensure_ascii=False).encode()
    came = json.dumps(json.loads(sent)).encode()
    diagnosis = Diagnosis(Ticking())
    found, note = diagnosis.of(QSC, came, sign(QSC, sent, "s"), "s")
    assert (found, "webhook check" in (note or "")) == (Verdict.WRONG, True)
    assert verdict(diagnosis) is Verdict.RE_ENCODED


def test_what_the_header_tells_needs_no_look_at_the_body() -> None:
    diagnosis = Diagnosis(Ticking())
    assert [verdict(diagnosis, header=one) for one in ("", "x")] == [Verdict.MISSING, Verdict.MALFORMED]
    assert diagnosis.of(QSC, CAME, None, "s")[0] is Verdict.MISSING
    assert verdict(diagnosis) is Verdict.RE_ENCODED

"""Bots on sockets, each with one defect: it fails one scenario, for its own reason, and no other."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.certificate import Certificate, Check, Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations.certificate import Candidate, Uncertified, certify, choose
from qsc_bot.operations.endpoint import Endpoint
from qsc_bot.operations.odd_events import respelled, with_new_fields
from qsc_bot.operations.scenarios import SCENARIOS
from qsc_bot.operations.trial import Waits
from qsc_bot.sandbox.service import Sandbox, Settings, open_in_memory
from tests.cli.test_served import serving
from tests.operations.bots import Bot, running

SECRET = "a secret of the bot and the tool"
NAMES = [scenario.name for scenario in SCENARIOS]


@dataclass(frozen=True, kw_only=True)
class Served:
    """A served sandbox, and the way to its state."""

    address: str
    sandbox: Sandbox

    def certify(
        self,
        url: str,
        *,
        via: Via = Via.SOCIAL_CONNECT,
        names: Sequence[str] = (),
        run: str = "0000abcd",
        check_stage: Callable[[], object] = lambda: None,
    ) -> Certificate:
        """Try a bot that has done its work when it answers, so that no silence need be waited for."""
        endpoint = Endpoint(timeout_seconds=60)
        try:
            return certify(
                Candidate(url=url, via=via, secret=SECRET, request="test: a person, please", run=run),
                stage=self.sandbox.trials(self.address),
                sandbox=self.address,
                endpoint=endpoint,
                waits=Waits(timeout_seconds=0.5, silence_seconds=0, sleep=time.sleep),
                names=names,
                check_stage=check_stage,
            )
        finally:
            endpoint.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the process that serves."""
    return tmp_path_factory.mktemp("served")


@pytest.fixture(scope="module")
def served(home: Path) -> Iterator[Served]:
    """One sandbox, served by a process of its own."""
    with serving(home) as address:
        path = home / ".local/state/qsc-bot/sandbox.db"
        sandbox = open_in_memory(path, settings=Settings(address=address), clock=time.time, sleep=time.sleep)
        yield Served(address=address, sandbox=sandbox)
        sandbox.close()


def failed(certificate: Certificate) -> dict[str, str]:
    return {check.scenario: check.reason for check in certificate.items if check.result is Mark.FAIL}


def items_of(stopped: Uncertified) -> list[Check]:
    assert isinstance(stopped.report.item, Certificate)
    return stopped.report.item.items


pytestmark = pytest.mark.socket


@pytest.mark.parametrize("via", Via)
def test_bot_without_a_defect_passes_every_scenario(served: Served, via: Via) -> None:
    with running(Bot(api=served.address, secret=SECRET)) as url:
        certificate = served.certify(url, via=via, run=f"{list(Via).index(via):08x}")
    assert failed(certificate) == {}
    assert [check.scenario for check in certificate.items] == NAMES
    skipped = [check.scenario for check in certificate.items if check.result is Mark.SKIPPED]
    assert skipped == ([] if via is Via.SOCIAL_CONNECT else ["silent-while-agents-hold", "survives-numeric-author"])


DEFECTS = {
    "answers twice": ("answers-once", "saw 2 answers"),
    "answers again later": ("answers-once", "2 answers by the end"),
    "ignores the tag": ("silent-for-escalated", "saw one answer"),
    "ignores the handover": ("silent-while-agents-hold", "ask inbox/handover"),
    "never escalates": ("escalates-on-request", "held by bot"),
    "answers itself": ("ignores-own-messages", "author is managed"),
    "forgets": ("survives-duplicate", "one answer to the second one"),
    "is strict": ("survives-unknown-field", "status 500"),
    "wants text ids": ("survives-numeric-author", "status 500"),
    "wants text": ("survives-empty-message", "status 500"),
    "wants no null": ("survives-empty-message", "a message with content null was answered with status 500"),
    "reads ASCII": ("survives-emoji", "UTF-8"),
    "drops emoji": ("survives-emoji", "saw no answer to it"),
    "signs JSON written again": ("checks-raw-bytes", "raw bytes"),
    "trusts everybody": ("refuses-wrong-signature", "a wrongly signed delivery was answered with status 200, and one"),
    "trusts the unsigned": ("refuses-wrong-signature", "an unsigned delivery was answered with status 200, and one"),
    "remembers escalations": ("answers-after-hand-over", "saw no answer"),
    "tires": ("survives-burst", "status 503"),
}


def test_each_scenario_has_its_bad_bot() -> None:
    assert sorted({scenario for scenario, _ in DEFECTS.values()}) == sorted(NAMES)


@pytest.mark.parametrize("defect", DEFECTS)
def test_bad_bot_fails_its_own_scenario_and_no_other(served: Served, defect: str) -> None:
    scenario, reason = DEFECTS[defect]
    run = f"1{list(DEFECTS).index(defect):07x}"
    with running(Bot(api=served.address, secret=SECRET, defect=defect)) as url:
        found = failed(served.certify(url, run=run))
    assert list(found) == [scenario], found
    assert reason in found[scenario]


@pytest.mark.parametrize(
    ("defect", "scenario", "reason"),
    [
        ("answers on standby", "silent-for-escalated", "which Messenger refused"),
        ("answers echoes", "ignores-own-messages", "is_echo"),
        ("never escalates", "escalates-on-request", "pass the thread"),
        ("forgets", "survives-duplicate", "mid"),
        ("trusts everybody", "refuses-wrong-signature", "status 200"),
        ("trusts the unsigned", "refuses-wrong-signature", "x-hub-signature-256"),
        ("wants text", "survives-empty-message", "a message with an attachment alone was answered with status 500"),
        ("remembers escalations", "answers-after-hand-over", "saw no answer"),
        ("wants messages alone", "answers-after-hand-over", "messaging_handovers"),
    ],
)
def test_bad_bot_on_messenger_too(served: Served, defect: str, scenario: str, reason: str) -> None:
    run = f"2{sum(map(ord, defect)):07x}"
    with running(Bot(api=served.address, secret=SECRET, defect=defect)) as url:
        found = failed(served.certify(url, via=Via.MESSENGER, run=run))
    assert list(found) == [scenario], found
    assert reason in found[scenario]


def test_answer_that_waits_for_approval_is_none(served: Served) -> None:
    with running(Bot(api=served.address, secret=SECRET, defect="publishes drafts")) as url:
        found = failed(served.certify(url, names=["answers-once"], run="30000000"))
    assert "saw no answer" in found["answers-once"]
    assert "status=queued" in found["answers-once"]


def test_bot_that_is_not_there_is_told_as_such(served: Served) -> None:
    found = failed(served.certify("http://127.0.0.1:9/", run="40000000"))
    assert list(found) == NAMES
    assert all("nothing listens there" in reason for reason in found.values())
    assert "whether the bot runs" in found["answers-once"]


def test_limit_of_the_sandbox_does_not_decide(served: Served) -> None:
    with running(Bot(api=served.address, secret=SECRET)) as url:
        for number in range(4):  # more calls than an hour has
            found = failed(served.certify(url, names=["survives-burst"], run=f"5{number:07x}"))
            assert found == {}
    assert served.sandbox.status()["requests"]["POST /{account_id}/publisher/add"] >= 200


def test_conversations_are_the_runs_own_and_cannot_be_meant_for_anybody(served: Served) -> None:
    with running(Bot(api=served.address, secret=SECRET)) as url:
        certificate = served.certify(url, names=["answers-once", "survives-numeric-author"], run="60000001")
    assert certificate.run == "60000001"
    trials = served.sandbox.trials(served.address)
    assert trials.answers("twitter:qsc-bot-test-60000001-answers-once-0") == 1
    number = 8 * 10**15 + int("60000001", 16)
    assert trials.answers(f"twitter:{number}") == 1
    assert number < 2**53


def test_unknown_scenario_names_the_nearest() -> None:
    with pytest.raises(QscBotError) as caught:
        choose(["survives-emojis"])
    assert (caught.value.code, caught.value.hint[0]) == ("usage.invalid", "--scenario survives-emoji")


def test_new_fields_stand_in_each_part() -> None:
    made = with_new_fields({"a": [{"b": 1}], "c": {}})
    new = [{"is": "new"}, None]
    assert made == {"a": [{"b": 1, "qsc_bot_test_field": new}], "c": {}, "qsc_bot_test_field": new}


def test_other_spelling_is_the_same_event_as_no_serialiser_writes_it() -> None:
    event: dict[str, Any] = {
        "url": "https://a/\\/b",
        "text": "qsc-bot, not qsc \N{PARTY POPPER}",
        "n": [1, None, {}],
        "e": [],
    }
    body = respelled(event)
    assert json.loads(body) == event
    assert all(part in body for part in (b"\\/", b" :\t", b"\\u0071sc", b"not qsc"))


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "QSC_BOT_CLIENT_SECRET"),
        (403, "sandbox-client-secret"),
        (404, "path"),
        (307, "redirects"),
        (500, "its log"),
    ],
)
def test_bot_that_takes_nothing_is_told_the_common_cause(served: Served, status: int, advice: str) -> None:
    with running(Bot(api=served.address, secret=SECRET, answer=status)) as url:
        found = failed(served.certify(url, run=f"7{status:07x}"))
    assert list(found) == NAMES
    assert all(advice in reason for reason in found.values()), found
    assert "UTF-8" not in found["survives-emoji"]
    assert "this proves nothing" in found["refuses-wrong-signature"]


def test_bot_on_messenger_that_signs_json_written_again_is_told_so(served: Served) -> None:
    with running(Bot(api=served.address, secret=SECRET, defect="signs JSON written again")) as url:
        found = failed(served.certify(url, via=Via.MESSENGER, run="80000000"))
    assert list(found) == ["survives-emoji", "checks-raw-bytes"]
    assert all("the raw bytes as they arrived" in reason for reason in found.values())


def test_sandbox_that_is_served_no_longer_is_no_fault_of_the_bot(served: Served) -> None:
    def gone() -> None:
        raise QscBotError("sandbox.not_served", "nobody serves it")

    with running(Bot(api=served.address, secret=SECRET, defect="ignores the tag")) as url:
        with pytest.raises(Uncertified) as at_the_end:
            served.certify(url, names=["answers-once"], run="90000001", check_stage=gone)
        with pytest.raises(Uncertified) as caught:
            served.certify(url, run="90000000", check_stage=gone)
    assert [one.result for one in items_of(at_the_end.value)] == ["pass"]
    assert isinstance(caught.value.report.item, Certificate)
    assert not caught.value.report.item.complete
    assert caught.value.report.notes[0] == "the run did not come to its end; no scenario failed until then"
    assert caught.value.code == "sandbox.not_served"
    items = items_of(caught.value)
    assert [(one.scenario, one.result) for one in items[:2]] == [("answers-once", "pass"), (NAMES[1], "skipped")]
    assert len(items) == len(NAMES)
    assert "not played to its end: nobody serves it" in items[1].reason


def test_stopping_it_keeps_what_was_played(served: Served) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with running(Bot(api=served.address, secret=SECRET, defect="never escalates")) as url:
        with pytest.raises(Uncertified) as caught:
            served.certify(url, run="a0000000", check_stage=stop)
        with pytest.raises(KeyboardInterrupt):
            served.certify(url, names=["escalates-on-request"], run="a0000001", check_stage=stop)
    assert caught.value.code == "run.interrupted"
    assert [one.result for one in items_of(caught.value)[:4]] == ["pass", "pass", "pass", "skipped"]


def test_sends_of_others_are_not_blamed_on_the_bot(served: Served) -> None:
    trials, ended = served.sandbox.trials(served.address), threading.Event()
    other = Bot(api=served.address, secret=SECRET)
    trials.receive("facebook:t-other", "Hello")
    trials.hold("facebook:t-other", "agent")

    def send() -> None:
        while not ended.is_set():
            other.graph("/messages", {"recipient": {"id": "t-other"}, "message": {"text": "Hi"}})

    thread = threading.Thread(target=send)
    thread.start()
    try:
        with running(Bot(api=served.address, secret=SECRET)) as url:
            found = failed(served.certify(url, via=Via.MESSENGER, names=["silent-for-escalated"], run="b0000000"))
    finally:
        ended.set()
        thread.join()
    assert found == {}


def test_bot_that_remembers_what_it_had_passes_after_a_reset(served: Served) -> None:
    with running(Bot(api=served.address, secret=SECRET)) as url:
        for number, via in enumerate((*Via, *Via)):
            served.sandbox.reset("demo")
            assert failed(served.certify(url, via=via, run=f"c{number:07x}")) == {}

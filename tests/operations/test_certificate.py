"""Bots on sockets, each with one defect: it fails one scenario, for its own reason, and no other."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.certificate import Certificate, Mark
from qsc_bot.models.delivery import Via
from qsc_bot.operations.certificate import Candidate, certify, choose
from qsc_bot.operations.endpoint import Endpoint
from qsc_bot.operations.scenarios import SCENARIOS, with_new_fields
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
        self, url: str, *, via: Via = Via.SOCIAL_CONNECT, names: Sequence[str] = (), run: str = "0000abcd"
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
    "ignores the tag": ("silent-for-escalated", "saw one answer"),
    "ignores the handover": ("silent-while-agents-hold", "ask inbox/handover"),
    "never escalates": ("escalates-on-request", "held by bot"),
    "answers itself": ("ignores-own-messages", "author is managed"),
    "forgets": ("survives-duplicate", "one answer to the second one"),
    "is strict": ("survives-unknown-field", "status 500"),
    "wants text ids": ("survives-numeric-author", "status 500"),
    "wants text": ("survives-empty-message", "status 500"),
    "reads ASCII": ("survives-emoji", "UTF-8"),
    "trusts everybody": ("refuses-wrong-signature", "status 200, and one answer"),
    "remembers escalations": ("answers-after-hand-over", "saw no answer"),
    "tires": ("survives-burst", "status 503"),
}


def test_each_scenario_has_its_bad_bot() -> None:
    assert sorted(scenario for scenario, _ in DEFECTS.values()) == sorted(NAMES)


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
    trials = served.sandbox.trials(served.address)
    with running(Bot(api=served.address, secret=SECRET)) as url:
        for number in range(4):  # more calls than an hour has
            found = failed(served.certify(url, names=["survives-burst"], run=f"5{number:07x}"))
            assert found == {}
    assert trials.tries() >= 200


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

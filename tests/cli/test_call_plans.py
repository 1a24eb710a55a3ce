"""`--dry-run` of commands that read: which calls there would be, told without one, and held against those then made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cli.calls import CONTACT, CONTACTS, HANDOVER, MENTIONS, MODE, OWNER
from tests.cli.explained import GUIDED, INBOX, give
from tests.cli.meanwhile import Meanwhile
from tests.cli.terminal import PROD, Prod, Terminal

TAG, HELD, PAGE = "twitter:1002", "whatsapp:32470000001", "facebook:5550001"
SHOW, EXPLAIN, WAIT, STATUS = (
    ("conversation", "show"),
    ("conversation", "explain"),
    ("conversation", "wait"),
    ("handover", "status"),
)
MENTION = "GET /{account_id}/inbox/mention/{topic_id}/{mention_id}"
CONTEXT = "GET /{account_id}/inbox/context/{topic_id}/{mention_id}"
CONTACT_BY_ID = "GET /{account_id}/inbox/contact/{contact_id}"
RECIPES = "GET /{account_id}/sandbox/automation/recipes"
WEBHOOKS = "GET /{account_id}/sandbox/automation/webhooks"
ACCOUNTS = "GET /me/accounts"
APPS = "GET /graph/{page}/subscribed_apps"
WITHOUT_TOPICS = PROD.replace('    topic_ids: ["2001"]\n', "")


@dataclass(frozen=True)
class Plan:
    """Calls by endpoint, as the sandbox names those, and of which of them there may be more."""

    calls: dict[str, int]
    at_least: frozenset[str]

    def assert_made(self, made: dict[str, int]) -> None:
        """What was made is what was planned."""
        assert made.keys() <= self.calls.keys(), "no call that was not planned"
        for endpoint, calls in self.calls.items():
            number = made.get(endpoint, 0)
            assert number >= calls if endpoint in self.at_least else number == calls, endpoint


def asked(prod: Prod) -> Counter[str]:
    """The calls so far, as the sandbox counted them."""
    return Counter(prod.sandbox.status()["requests"])


def planned(prod: Prod, *words: str) -> Plan:
    """The plan of a command, for which no call is made and no token is needed."""
    before, secrets = asked(prod), prod.run.secrets
    prod.run.secrets = {}
    result = prod.run(*words, "--dry-run", "-o", "json")
    prod.run.secrets = secrets
    assert (result.code, asked(prod)) == (0, before)
    items = result.document["items"]
    assert result.document["total"] == sum(one["calls"] for one in items)
    assert result.document["at_least"] is any(one["at_least"] for one in items)
    calls = Counter[str]()
    for one in items:
        calls[as_counted(one)] += one["calls"]
    return Plan(dict(calls), frozenset(as_counted(one) for one in items if one["at_least"]))


def as_counted(item: dict[str, Any]) -> str:
    """An endpoint as the sandbox names it."""
    if item["remote"] != "Meta":
        return str(item["endpoint"])
    return (
        MODE
        if item["endpoint"].startswith("GET /me?")
        else f"GET /graph/{{page}}/{item['endpoint'].rpartition('/')[2]}"
    )


def made(prod: Prod, *words: str, code: int = 0) -> dict[str, int]:
    """The calls that a command makes."""
    before = asked(prod)
    assert prod.run(*words).code == code
    return dict(asked(prod) - before)


def assert_held(prod: Prod, *words: str) -> Plan:
    """The plan of a command, after the command itself has kept to it."""
    plan = planned(prod, *words)
    plan.assert_made(made(prod, *words))
    return plan


def test_status_is_one_reading_for_each_by_its_method(prod: Prod) -> None:
    plan = assert_held(prod, *STATUS, TAG, HELD, PAGE, "web:visitor-1", "twitter:1001")
    assert plan == Plan({CONTACT: 2, HANDOVER: 2, OWNER: 1}, frozenset())


def test_status_of_ids_from_a_list_is_planned_alike(prod: Prod) -> None:
    lines = prod.run.home / "ids.txt"
    lines.write_text(f"{HELD}\n{HELD}\n{PAGE}\n")
    assert assert_held(prod, *STATUS, "--ids", str(lines)) == Plan({HANDOVER: 1, OWNER: 1}, frozenset())


def test_ids_that_must_be_looked_up_are_calls_and_not_looked_up(prod: Prod) -> None:
    shown = prod.run(*SHOW, TAG, "-o", "json").document
    plan = planned(prod, *STATUS, shown["mention"], shown["contact_id"], shown["permalink"], HELD)
    assert plan == Plan({MENTION: 2, CONTACT_BY_ID: 1, HANDOVER: 1}, frozenset({MENTION, CONTACT_BY_ID}))
    calls = made(prod, *STATUS, shown["mention"], shown["contact_id"], shown["permalink"], HELD)
    assert calls == {MENTION: 2, CONTACT_BY_ID: 1, HANDOVER: 1, CONTACT: 1}


@pytest.mark.parametrize("words", [SHOW, EXPLAIN, (*WAIT, "--for", "control=agent")], ids=" ".join)
@pytest.mark.parametrize(("key", "endpoint"), [("mention", MENTION), ("contact_id", CONTACT_BY_ID)])
def test_single_id_that_must_be_looked_up(prod: Prod, words: Sequence[str], key: str, endpoint: str) -> None:
    named = prod.run(*SHOW, TAG, "-o", "json").document[key]
    plan = planned(prod, *words, named)
    assert plan == Plan({endpoint: 1}, frozenset({endpoint}))
    assert made(prod, *words, named)[endpoint] == 1


@pytest.mark.parametrize(
    ("conversation", "calls"),
    [
        (TAG, {CONTACT: 1, MENTIONS: 1, CONTEXT: 0}),
        (HELD, {HANDOVER: 1, MENTIONS: 1, CONTEXT: 0, CONTACT: 1}),
        (PAGE, {OWNER: 1, MENTIONS: 1, CONTEXT: 0, CONTACT: 1}),
    ],
)
def test_one_that_is_shown(prod: Prod, conversation: str, calls: dict[str, int]) -> None:
    assert assert_held(prod, *SHOW, conversation) == Plan(calls, frozenset({MENTIONS, CONTEXT}))


def test_one_without_messages_has_no_thread(prod: Prod) -> None:
    prod.run.now += 3 * 86400
    assert_held(prod, *SHOW, TAG)


def test_one_whose_message_is_far_down_takes_more_pages(prod: Prod) -> None:
    prod.sandbox.reset("large:700:twitter")
    plan = planned(prod, *SHOW, "twitter:300")
    calls = made(prod, *SHOW, "twitter:300")
    plan.assert_made(calls)
    assert calls[MENTIONS] > plan.calls[MENTIONS]


@pytest.mark.parametrize(
    ("conversation", "calls"),
    [
        (TAG, {CONTACT: 1, RECIPES: 1, WEBHOOKS: 1}),
        (HELD, {HANDOVER: 1, CONTACT: 1, OWNER: 0, RECIPES: 1, WEBHOOKS: 1}),
        (PAGE, {OWNER: 1, CONTACT: 1, HANDOVER: 0, MODE: 1, APPS: 0}),
    ],
)
def test_one_that_is_explained(prod: Prod, conversation: str, calls: dict[str, int]) -> None:
    plan = assert_held(prod, *EXPLAIN, conversation)
    assert plan.calls == {MENTIONS: 1, CONTEXT: 0} | calls


def test_explanation_by_a_contradicting_tag_reads_the_others(prod: Prod) -> None:
    person = "whatsapp:32470000003"
    prod.run.configure(PROD.replace("    topic_ids:", "    channels: {twitter: handover}\n    topic_ids:"))
    assert prod.run("escalation", "add", person).code == 0
    plan = planned(prod, *EXPLAIN, person)
    calls = made(prod, *EXPLAIN, person)
    plan.assert_made(calls)
    assert calls[HANDOVER] > plan.calls[HANDOVER]


def test_explanation_of_a_thread_that_another_app_holds_asks_for_the_apps(prod: Prod) -> None:
    give(prod, "5550001", INBOX)
    plan = planned(prod, *EXPLAIN, PAGE)
    calls = made(prod, *EXPLAIN, PAGE)
    plan.assert_made(calls)
    assert calls[APPS] == 1


def test_recipes_that_a_person_enters_are_no_call(prod: Prod) -> None:
    prod.run.configure(GUIDED)
    assert {RECIPES, WEBHOOKS}.isdisjoint(assert_held(prod, *EXPLAIN, TAG).calls)


@pytest.mark.parametrize("words", [(*STATUS, PAGE), (*SHOW, PAGE), (*EXPLAIN, PAGE)], ids=" ".join)
def test_thread_without_a_messenger_section_costs_no_call_to_meta(prod: Prod, words: Sequence[str]) -> None:
    prod.run.configure("".join(line for line in PROD.splitlines(keepends=True) if "messenger:" not in line))
    plan = assert_held(prod, *words)
    assert not any("graph" in endpoint for endpoint in plan.calls)


def test_service_without_contact_calls_costs_none(prod: Prod) -> None:
    prod.run.configure(PROD.replace("    topic_ids:", "    channels: {instagram: tag}\n    topic_ids:"))
    assert assert_held(prod, *STATUS, "instagram:1") == Plan({}, frozenset())


@pytest.mark.parametrize("words", [SHOW, EXPLAIN], ids=" ".join)
def test_topics_that_nobody_named_are_asked_for_once(prod: Prod, words: Sequence[str]) -> None:
    prod.run.configure(WITHOUT_TOPICS)
    plan = assert_held(prod, *words, HELD)
    assert plan.calls[ACCOUNTS] == 1
    assert ACCOUNTS not in assert_held(prod, *words, HELD).calls


def test_topics_for_a_contact_by_its_id(prod: Prod) -> None:
    contact = prod.run(*SHOW, TAG, "-o", "json").document["contact_id"]
    prod.run.configure(WITHOUT_TOPICS)
    plan = planned(prod, *STATUS, contact)
    assert plan == Plan({ACCOUNTS: 1, CONTACT_BY_ID: 1}, frozenset({ACCOUNTS, CONTACT_BY_ID}))
    assert made(prod, *STATUS, contact) == {ACCOUNTS: 1, CONTACT_BY_ID: 1, CONTACT: 1}


@pytest.mark.parametrize(
    ("conversation", "condition", "endpoint"),
    [
        (TAG, "control=bot", CONTACT),
        (HELD, "control=bot", HANDOVER),
        (PAGE, "control=agent", OWNER),
        (HELD, "escalated=true", CONTACT),
    ],
)
@pytest.mark.parametrize(("timeout", "looks"), [("0s", 1), ("3s", 2), ("13s", 4), ("20s", 5)])
def test_wait_is_one_call_a_look_and_so_many_looks(
    prod: Prod, conversation: str, condition: str, endpoint: str, timeout: str, looks: int
) -> None:
    words = (*WAIT, conversation, "--for", condition, "--timeout", timeout)
    plan = planned(prod, *words)
    assert plan.calls[endpoint] == 1
    assert prod.run(*words, "-n", "-o", "json").document["looks"] == looks
    Meanwhile(prod.run)
    assert made(prod, *words, code=11) == {endpoint: plan.calls[endpoint] * looks}


def test_wait_for_the_tag_reads_who_holds_it_at_the_end(prod: Prod) -> None:
    assert prod.run("escalation", "add", HELD).code == 0
    words = (*WAIT, HELD, "--for", "escalated=true")
    plan = planned(prod, *words)
    assert plan == Plan({CONTACT: 1, HANDOVER: 0}, frozenset({HANDOVER}))
    plan.assert_made(made(prod, *words))


def test_wait_that_would_be_in_vain_is_refused_as_without_a_plan(prod: Prod) -> None:
    words = (*WAIT, "instagram:1", "--for", "escalated=true")
    assert prod.run(*words, "-n").code == prod.run(*words).code == 2


@pytest.mark.parametrize("hours", [0, 2], ids=["at once", "when readings are old"])
def test_list_of_escalated_ones(prod: Prod, hours: int) -> None:
    assert prod.run("escalation", "add", HELD, PAGE).code == 0
    assert prod.run("escalation", "list").code == 0
    prod.run.now += hours * 3600
    plan = assert_held(prod, "escalation", "list")
    assert plan.calls == {CONTACTS: 1} | ({HANDOVER: 1, OWNER: 1} if hours else {})
    assert assert_held(prod, "escalation", "list", "--service", "twitter").calls == {CONTACTS: 1}


def test_first_list_of_escalated_ones_plans_what_is_read_before_anything_is_known(prod: Prod) -> None:
    assert planned(prod, "escalation", "list") == Plan({CONTACTS: 1}, frozenset({CONTACTS}))


def test_long_list_of_escalated_ones_is_planned_by_its_pages(prod: Prod) -> None:
    prod.sandbox.reset("large:600:twitter")
    assert prod.run("escalation", "list").code == 0
    assert assert_held(prod, "escalation", "list").calls == {CONTACTS: 3}


@pytest.mark.parametrize("is_known", [False, True], ids=["first", "known"])
def test_first_look_of_a_watch(prod: Prod, is_known: bool) -> None:
    if is_known:
        assert prod.run("conversation", "list", "--all").code == 0
    plan = planned(prod, "conversation", "watch")
    Meanwhile(prod.run, ends_at=1)
    calls = made(prod, "conversation", "watch", code=130)
    assert plan.calls == {CONTACTS: 1, MENTIONS: 1}
    assert all(calls[endpoint] >= number for endpoint, number in plan.calls.items())
    if is_known:
        plan.assert_made(calls)


@pytest.mark.parametrize("words", [[], ["-o", "plain"]], ids=["table", "plain"])
def test_plan_for_people_says_how_often(run: Terminal, words: list[str]) -> None:
    shown = run(*WAIT, TAG, "--for", "control=bot", "-n", *words, tty=not words).stdout
    assert shown.splitlines() == [
        f"       1  {CONTACT}",
        "          who holds it",
        "       1  calls in the first look; 25 looks at most",
    ]
    assert run("conversation", "watch", "-n", *words, tty=not words).stdout.endswith(" calls in the first look\n")


def test_plan_tells_what_is_left(prod: Prod) -> None:
    prod.run("limits", "--ask")
    shown = prod.run(*STATUS, TAG, HELD, "-n").stdout
    assert shown.splitlines()[-1].strip() == "2  calls in all; 349 left, 50 kept for the bot"


@pytest.mark.parametrize(
    "words",
    [STATUS, SHOW, EXPLAIN, (*WAIT, "--for", "control=bot")],
    ids=" ".join,
)
def test_id_that_cannot_be_is_refused_as_without_a_plan(run: Terminal, words: Sequence[str]) -> None:
    assert run(*words, "pigeon:1", "-n", "-o", "json").error["code"] == "usage.service"

"""Which calls a list would take: told without one, and no more than it then makes."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.terminal import Prod, Terminal

CONTACTS = "GET /{account_id}/inbox/contacts"
MENTIONS = "GET /{account_id}/inbox/mentions"
HANDOVER = "GET /{account_id}/inbox/handover/{service}/{service_id}"
OWNER = "GET /{page_id}/thread_owner"


def planned(run: Callable[..., Any], *words: str) -> dict[str, int]:
    """The calls by endpoint."""
    document = run("conversation", "list", "--dry-run", *words, "-o", "json").document
    calls = dict[str, int]()
    for one in document["items"]:
        calls[one["endpoint"]] = calls.get(one["endpoint"], 0) + one["calls"]
    assert document["total"] == sum(calls.values())
    return calls


def test_first_list_plans_what_is_read_before_anything_is_known(prod: Prod) -> None:
    assert planned(prod.run) == {CONTACTS: 1, MENTIONS: 1}
    assert prod.sandbox.status()["requests"] == {}


def test_list_that_is_known_needs_no_call(prod: Prod) -> None:
    prod.run("conversation", "list")
    asked = prod.sandbox.status()["requests"]
    assert planned(prod.run) == {}
    assert planned(prod.run, "--max-age", "0s") == {CONTACTS: 1, MENTIONS: 1}
    assert prod.sandbox.status()["requests"] == asked


def test_everything_again_plans_each_reading(prod: Prod) -> None:
    prod.run("conversation", "list")
    prod.run.now += 1
    assert planned(prod.run, "--full") == {CONTACTS: 1, MENTIONS: 1, HANDOVER: 5, OWNER: 2}
    assert planned(prod.run, "--full", "--service", "viber")[HANDOVER] == 1


def test_longer_window_plans_the_older_part(prod: Prod) -> None:
    prod.run("conversation", "list")
    assert planned(prod.run, "--since", "7d") == {CONTACTS: 1, MENTIONS: 2}
    document = prod.run("conversation", "list", "-n", "--since", "7d", "-o", "json").document
    assert [one["reason"][:16] for one in document["items"] if one["endpoint"] == MENTIONS] == [
        "messages since 2",
        "messages before ",
    ]


def test_plan_is_no_promise_of_more_calls_than_are_made(prod: Prod) -> None:
    plan = planned(prod.run)
    prod.run("conversation", "list")
    made = prod.sandbox.status()["requests"]
    assert all(made[endpoint] >= calls for endpoint, calls in plan.items())


@pytest.mark.parametrize("words", [[], ["-o", "plain"]], ids=["table", "plain"])
def test_plan_for_people_names_each_endpoint_and_the_sum(run: Terminal, words: list[str]) -> None:
    shown = run("conversation", "list", "-n", *words, tty=not words).stdout
    assert f"1 or more  {CONTACTS}" in shown
    assert shown.splitlines()[-1].strip() == "2 or more  calls in all"


def test_plan_needs_no_token(prod: Prod) -> None:
    prod.run.secrets = {}
    assert planned(prod.run) == {CONTACTS: 1, MENTIONS: 1}

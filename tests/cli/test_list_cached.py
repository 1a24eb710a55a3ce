"""The list of what is known on this machine: what it leaves out is told."""

import pytest

from tests.cli.calls import controls, listed
from tests.cli.terminal import Prod


@pytest.fixture
def glimpsed(prod: Prod) -> Prod:
    """All messages were read, and of one conversation who holds it."""
    prod.run.now += 600
    assert listed(prod, "--limit", "1")[0].document["page"] == {"returned": 1, "complete": False}
    return prod


def test_who_was_not_read_is_not_left_out_without_a_word(glimpsed: Prod) -> None:
    result = listed(glimpsed, "--cached", "--control", "bot")[0]
    assert not result.document["page"]["complete"]
    (warning,) = result.document["warnings"]
    assert "were left out: who holds them was not read yet" in warning


def test_what_was_read_is_complete(glimpsed: Prod) -> None:
    assert listed(glimpsed, "--all")[0].code == 0
    result = listed(glimpsed, "--cached", "--control", "bot")[0]
    assert set(controls(result).values()) == {"bot"}
    assert (result.document["page"]["complete"], result.document["warnings"]) == (True, [])


def test_tag_that_is_not_known_is_told(glimpsed: Prod) -> None:
    result = listed(glimpsed, "--cached", "--not-escalated")[0]
    assert not result.document["page"]["complete"]
    assert "whether their tag is on is not known" in result.document["warnings"][0]


def test_what_waits_is_as_complete_as_with_calls(prod: Prod) -> None:
    prod.sandbox.reset("demo")
    result = listed(prod, "--waiting", "1m", "--all")[0]
    cached = listed(prod, "--waiting", "1m", "--all", "--cached")[0]
    assert cached.document["page"] == result.document["page"]


CHECK = ("--cached", "--stuck", "--code", "lapsing", "--since", "24h", "--fail-if-any")


def test_check_that_knows_nothing_is_not_passed(prod: Prod) -> None:
    result = listed(prod, *CHECK)[0]
    assert (result.code, result.error["code"]) == (3, "check.unknown")
    assert "nothing was read of this account yet" in result.error["message"]
    assert "without --cached" in result.error["hint"]
    assert (result.document["items"], result.document["page"]["complete"]) == ([], False)


def test_check_that_knows_a_part_is_not_passed(prod: Prod) -> None:
    listed(prod, "--all")
    result = listed(prod, *CHECK, "--since", "7d")[0]
    assert (result.code, result.error["code"]) == (3, "check.unknown")
    assert "messages from before 2026-11-21T09:02:30Z were not read" in result.error["message"]


def test_check_that_leaves_out_what_was_not_read_is_not_passed(glimpsed: Prod) -> None:
    result = listed(glimpsed, "--cached", "--control", "idle", "--fail-if-any")[0]
    assert (result.code, result.error["code"]) == (3, "check.unknown")


def test_check_that_knows_all_is_passed(prod: Prod) -> None:
    listed(prod, "--all")
    assert listed(prod, *CHECK)[0].code == 0


def test_check_that_finds_one_fails_whatever_else_is_not_known(prod: Prod) -> None:
    listed(prod, "--all")
    result = listed(prod, "--cached", "--since", "7d", "--fail-if-any")[0]
    assert (result.code, result.error["code"]) == (11, "check.found")

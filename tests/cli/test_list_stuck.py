"""Lists of stuck conversations, for people and for checks."""

import pytest

from qsc_bot.operations.stuck import CODES
from tests.cli.calls import listed
from tests.cli.terminal import Prod

DEMO = {
    "whatsapp:32470000001": ["agent_silent"],
    "twitter:1002": ["agent_silent"],
    "viber:viber-1": ["bot_silent"],
}


def codes(prod: Prod, *words: str) -> dict[str, list[str]]:
    """The codes of those listed."""
    items = listed(prod, *words)[0].document["items"]
    return {item["id"]: item["stuck"] for item in items}


def test_every_row_has_its_codes(prod: Prod) -> None:
    found = codes(prod)
    assert len(found) == 10
    assert {name: told for name, told in found.items() if told} == DEMO
    summary = listed(prod)[0].document["summary"]
    assert (summary["stuck"], summary["stuck_by_code"]) == (3, {"agent_silent": 2, "bot_silent": 1})


@pytest.mark.parametrize("words", [[], ["--cached"]], ids=["asked", "cached"])
def test_stuck_ones_only(prod: Prod, words: list[str]) -> None:
    listed(prod, "--since", "7d")
    assert codes(prod, "--stuck", "--since", "24h", *words) == DEMO
    assert codes(prod, "--code", "bot_silent", *words) == {"viber:viber-1": ["bot_silent"]}
    assert set(codes(prod, "--code", "bot_silent", "--code", "agent_silent", *words)) == set(DEMO)
    assert codes(prod, "--code", "other_holder", *words) == {}


@pytest.mark.parametrize(
    ("words", "days"),
    [(["--stuck"], 7), (["--code", "nobody"], 7), ([], 1), (["--stuck", "--since", "2d"], 2)],
    ids=["stuck", "code", "list", "given"],
)
def test_window_of_stuck_ones_is_a_week_unless_given(prod: Prod, words: list[str], days: int) -> None:
    since = listed(prod, *words)[0].document["summary"]["since"]
    assert since == f"2026-11-{22 - days}T09:02:30Z"


def test_unknown_code_is_refused_with_the_known_ones(prod: Prod) -> None:
    result, calls = listed(prod, "--code", "bot-silent")
    assert (result.code, result.error["code"], result.stdout, calls) == (2, "usage.invalid", "", {})
    assert all(code in prod.run("conversation", "list", "--code", "bot-silent").stderr for code in CODES)


@pytest.mark.parametrize(
    ("flag", "value", "more"),
    [
        ("--bot-silent", "30m", {"viber:viber-1": []}),
        ("--agent-silent", "2h", {"whatsapp:32470000001": [], "twitter:1002": []}),
        ("--agent-forgotten", "30m", {"facebook:5550002": ["agent_forgotten"]}),
        ("--lapse-warning", "24h", {}),
    ],
)
def test_limits_can_be_given_for_one_list(prod: Prod, flag: str, value: str, more: dict[str, list[str]]) -> None:
    found = codes(prod, flag, value)
    assert {name: told for name, told in found.items() if told or name in more} == DEMO | more
    assert {name: told for name, told in codes(prod).items() if told} == DEMO


@pytest.mark.parametrize("flag", ["--bot-silent", "--agent-silent", "--agent-forgotten", "--lapse-warning"])
def test_limit_that_is_no_duration_is_refused(prod: Prod, flag: str) -> None:
    result, calls = listed(prod, flag, "soon")
    assert (result.code, result.stdout, calls) == (2, "", {})


@pytest.mark.parametrize("words", [[], ["--cached"]], ids=["asked", "cached"])
def test_list_that_must_be_empty_fails_with_what_it_shows(prod: Prod, words: list[str]) -> None:
    listed(prod, "--since", "7d")
    result, _ = listed(prod, "--stuck", "--since", "24h", "--fail-if-any", *words)
    assert (result.code, result.error["code"]) == (11, "check.found")
    assert result.error["message"].startswith("3 conversations found")
    assert {item["id"] for item in result.document["items"]} == set(DEMO)


@pytest.mark.parametrize("words", [[], ["--cached"]], ids=["asked", "cached"])
def test_list_that_must_be_empty_and_is_succeeds(prod: Prod, words: list[str]) -> None:
    listed(prod, "--since", "7d")
    result, _ = listed(prod, "--code", "other_holder", "--fail-if-any", *words)
    assert (result.code, result.stderr) == (0, "")


def test_check_that_could_not_read_everything_does_not_pass(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /*/inbox/mentions", rate_limit=True, times=None)
    result, _ = listed(prod, "--code", "other_holder", "--fail-if-any")
    assert (result.code, result.error["code"]) == (8, "api.rate_limited")


@pytest.mark.parametrize("is_read_first", [True, False], ids=["known", "not known"])
def test_cached_check_without_knowledge_tells_that_nothing_was_read(prod: Prod, is_read_first: bool) -> None:
    if is_read_first:
        listed(prod, "--since", "7d")
    document = listed(prod, "--cached", "--code", "other_holder", "--fail-if-any")[0].document
    assert document["page"]["complete"] is is_read_first
    assert bool(document["warnings"]) is not is_read_first

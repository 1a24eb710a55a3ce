"""Words of `recipe create` that cannot be are told as usage errors, and nothing is recorded."""

import pytest

from tests.cli.terminal import PROD, Prod, Terminal

GUIDED = "".join(line for line in PROD.splitlines(keepends=True) if "recipes:" not in line)


@pytest.mark.parametrize("topics", [["a b"], [""], ["1", "2/3"], ["\u0661"]], ids=" ".join)
@pytest.mark.parametrize("backend", ["api", "guided"])
def test_topic_that_cannot_be_names_the_option_and_records_nothing(prod: Prod, backend: str, topics: list[str]) -> None:
    prod.run.configure(PROD if backend == "api" else GUIDED)
    assert prod.run("webhook", "register", "bot", "--url", "https://bot.example.com/in").code == 0
    before = len(prod.wire.writes)
    words = [word for topic in topics for word in ("--topic", topic)]
    result = prod.run("recipe", "create", "r", "--webhook", "bot", *words, "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.invalid")
    assert "--topic" in result.error["message"]
    assert (len(prod.wire.writes), prod.run("recipe", "list", "-o", "json").document["items"]) == (before, [])


def test_several_topics_are_taken_in_their_order(run: Terminal) -> None:
    run.configure(GUIDED)
    run("webhook", "register", "bot", "--url", "https://bot.example.com/in")
    words = ["recipe", "create", "r", "--webhook", "bot", "--topic", "7", "--topic", "a_b-8", "-o", "json"]
    assert run(*words).document["topic_ids"] == ["7", "a_b-8"]

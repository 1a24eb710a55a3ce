"""Questions: when they are asked, what answers them, and what happens where nobody can be asked."""

from typing import Any

import pytest

from qsc_bot.cli.prompts import Prompts
from tests.cli.terminal import Prod, Tty


def typed(number: int) -> list[str]:
    """So many ids."""
    return [f"twitter:{position}" for position in range(1, number + 1)]


@pytest.fixture
def many(prod: Prod) -> Prod:
    """An account with many conversations on one service."""
    prod.sandbox.reset("large:130:twitter")
    return prod


def test_up_to_twenty_typed_ids_are_acted_on_without_a_question(many: Prod) -> None:
    result = many.run("handover", "to-agent", *typed(20), "-o", "json")
    assert result.code == 0
    assert len(result.document["items"]) == 20


@pytest.mark.parametrize("tty", [True, False], ids=["no-input on a terminal", "no terminal"])
def test_question_that_cannot_be_asked_names_the_flag_and_sends_nothing(many: Prod, tty: bool) -> None:
    words = ["--no-input"] if tty else []
    result = many.run("handover", "to-agent", *typed(21), *words, "-o", "json", tty=tty)
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "--yes" in result.error["hint"]
    assert many.wire.writes == []


@pytest.mark.parametrize(
    ("answer", "code"), [("y\n", 0), ("YES\n", 0), ("n\n", 12), ("\n", 12), ("", 12), ("21\n", 12)]
)
def test_more_than_twenty_ask_yes_or_no_with_count_and_samples(many: Prod, answer: str, code: int) -> None:
    result = many.run("handover", "to-agent", *typed(21), tty=True, stdin=answer)
    assert "21 conversations of prod (twitter:1, twitter:2, twitter:3, …): go on? [y/N]" in result.stderr
    assert result.code == code
    assert bool(many.wire.writes) is (code == 0)


@pytest.mark.parametrize(("answer", "code"), [("101\n", 0), ("y\n", 12), ("100\n", 12)])
def test_more_than_a_hundred_want_the_number(many: Prod, answer: str, code: int) -> None:
    result = many.run("escalation", "remove", *typed(101), tty=True, stdin=answer)
    assert "type 101 to go on" in result.stderr
    assert result.code == code


def test_yes_answers_for_any_number(many: Prod) -> None:
    assert many.run("escalation", "remove", *typed(101), "--yes").code == 0


def test_declining_says_that_nothing_was_sent(many: Prod) -> None:
    result = many.run("handover", "to-agent", *typed(21), tty=True, stdin="n\n")
    assert "declined; nothing was sent   [prompt.declined]" in result.stderr
    assert result.stdout == ""


def test_list_of_one_asks_and_without_a_terminal_names_the_flag(prod: Prod) -> None:
    result = prod.run("handover", "to-bot", "--ids", "-", "--no-input", "-o", "json", stdin="twitter:1002\n")
    assert (result.code, result.error["code"]) == (2, "usage.confirmation")
    assert "--yes" in result.error["hint"]
    assert prod.wire.writes == []


@pytest.mark.parametrize("words", [["webhook", "delete", "bot"], ["recipe", "delete", "r"]], ids=["webhook", "recipe"])
@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 12), (None, 2)])
def test_deleting_asks(prod: Prod, words: list[str], answer: str | None, code: int) -> None:
    prod.run("webhook", "register", "bot", "--url", "https://bot.example.com/")
    if words[0] == "recipe":
        prod.run("recipe", "create", "r", "--webhook", "bot")
    before = len(prod.wire.writes)
    result = prod.run(*words, tty=answer is not None, stdin=answer or "")
    assert result.code == code
    assert len(prod.wire.writes) - before == (code == 0)


def test_question_shows_hostile_ids_harmlessly(prod: Prod) -> None:
    ids = "".join(f"twitter:{number}\u202e\n" for number in range(3))
    result = prod.run("handover", "to-bot", "--ids", "-", tty=True, stdin=ids)
    assert "\u202e" not in result.stderr


class Interrupted(Tty):
    """A terminal on which Ctrl-C is typed instead of an answer."""

    def readline(self, _size: int | None = -1, /) -> Any:
        """Never a line."""
        raise KeyboardInterrupt


def test_what_follows_an_interrupted_question_begins_a_line_of_its_own() -> None:
    said = Tty()
    with pytest.raises(KeyboardInterrupt):
        Prompts(stdin=Interrupted(), stderr=said, no_input=False).confirm("go")
    assert said.getvalue().endswith("[y/N] \n")

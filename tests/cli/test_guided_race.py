"""What a person confirms is what was shown, also when somebody else changes it meanwhile."""

from collections.abc import Callable

import pytest

from tests.cli.terminal import Terminal, Tty

PROFILE = 'version: 1\ndefault_profile: prod\nprofiles:\n  prod: {account_id: "1417", topic_ids: ["46283"]}\n'
CREATE = ("recipe", "create", "to-bot", "--webhook", "bot")


class Meanwhile(Tty):
    """A person who answers yes after something else happened."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self._happens = happens

    def readline(self, _size: int = -1, /) -> str:  # type: ignore[override]  # typeshed gives it bytes in one base
        """Yes, too late."""
        self._happens()
        return "y\n"


@pytest.mark.parametrize(
    ("other", "state"),
    [
        (["recipe", "create", "to-bot", "--webhook", "bot", "--exclude-tag", "vip", "--update"], "pending"),
        (["recipe", "disable", "to-bot"], "pending"),
        (["recipe", "delete", "to-bot", "--yes"], "pending"),
    ],
    ids=["changed", "disabled", "deleted"],
)
def test_yes_to_a_form_that_is_no_longer_right_confirms_nothing(run: Terminal, other: list[str], state: str) -> None:
    run.configure(PROFILE)
    run("webhook", "register", "bot", "--url", "https://bot.example.com/webhooks")
    result = run(*CREATE, tty=True, stdin=Meanwhile(lambda: run(*other, "-o", "json")))
    assert (result.code, "was changed while its form was shown" in result.stderr) == (7, True)
    shown = run("recipe", "show", "to-bot", "-o", "json").document
    assert (shown["state"], shown["confirmed_at"]) == (state, None)

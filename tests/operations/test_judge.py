"""Which rows of a list are judged: those of which it was read who holds them."""

import pytest

from tests.cli.terminal import Prod

CUT = ("conversation", "list", "--max-calls", "3")


def test_row_that_was_never_asked_is_not_judged(prod: Prod) -> None:
    result = prod.run(*CUT, "-o", "json")
    unread = [item for item in result.document["items"] if item["observed_at"] is None]
    assert unread
    assert {item["control"] for item in unread} == {"unknown"}
    assert {item["stuck"] for item in unread} == {None}
    assert result.document["page"]["complete"] is False


@pytest.mark.parametrize("words", [["--code", "unreadable"], ["--code", "unreadable", "--fail-if-any"]])
def test_row_that_was_never_asked_is_not_found_unreadable(prod: Prod, words: list[str]) -> None:
    result = prod.run(*CUT, *words, "-o", "json")
    assert (result.code, result.document["items"]) == (0, [])
    assert "was not read" in " ".join(result.document["warnings"])


def test_row_that_cannot_be_read_is_unreadable(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /*/inbox/handover/viber/*", status=404, times=None)
    result = prod.run("conversation", "list", "--code", "unreadable", "-o", "json")
    assert [item["id"] for item in result.document["items"]] == ["viber:viber-1"]

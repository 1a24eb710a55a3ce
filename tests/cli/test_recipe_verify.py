"""`recipe verify --log`: what a log proves of a recipe that a person entered."""

import gzip
from pathlib import Path

import pytest

from tests.cli.recipe_log import CREATE, HOUR, VERIFY, at, log, make, show, undated, update, verify
from tests.cli.terminal import Terminal


@pytest.fixture
def made(run: Terminal) -> Terminal:
    return make(run)


def test_wanted_revision_makes_the_recipe_seen_with_its_evidence(made: Terminal) -> None:
    rev = show(made)["revision"]
    document = verify(made, log(made, (rev, 0.5), (rev, 0.25), (rev, 1))).document
    assert (document["state"], document["live_revision"], document["pending"]) == ("seen", rev, None)
    evidence = document["evidence"]
    assert (evidence["revision"], evidence["count"]) == (rev, 3)
    assert (evidence["first"], evidence["last"]) == (at(made, 0.25), at(made, 1))
    assert show(made)["state"] == "seen"
    told = verify(made, log(made, (rev, 1)), ()).stderr
    assert f"revision {rev} was delivered 1 time, first" in told
    assert "proves its address, not its filter" in told


def test_file_is_read_as_standard_input_is(made: Terminal, tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(log(made, (show(made)["revision"], 0)))
    words = ["recipe", "verify", "to-bot", "--log", str(tmp_path / "access.log"), "-o", "json"]
    assert made(*words).document["state"] == "seen"


def test_log_without_the_marker_proves_nothing(made: Terminal) -> None:
    before = (made.state / "registry.yaml").read_bytes()
    for text in ("", "noise\n", "POST /in?qsc_recipe=other&qsc_rev=0123456789ab\n"):
        result = verify(made, text)
        assert (result.code, result.stdout, result.error["code"]) == (7, "", "recipe.not_seen")
    assert (made.state / "registry.yaml").read_bytes() == before


def test_only_an_older_revision_is_drift_that_names_what_to_change(made: Terminal) -> None:
    old, new = update(made)
    result = verify(made, log(made, (old, 1)))
    assert (result.code, result.error["code"]) == (7, "recipe.drifted")
    assert f"revision {old} fires, wanted is {new}" in result.error["message"]
    assert "change: URL, Condition: leave out contacts with this tag" in result.error["hint"]
    assert "https://app.engagor.com/" in result.error["hint"]
    assert (result.document["state"], result.document["live_revision"]) == ("drifted", old)
    assert show(made)["state"] == "drifted"


def test_drift_of_an_unknown_revision_names_the_address(made: Terminal) -> None:
    rev = show(made)["revision"]
    result = verify(made, log(made, ("0123456789ab", 1)))
    assert f"the URL, to qsc_recipe=to-bot&qsc_rev={rev}" in result.error["hint"]


def test_older_revision_from_before_is_history(made: Terminal) -> None:
    old, new = update(made)
    result = verify(made, log(made, (old, -0.5), (new, 1)))
    assert (result.code, result.document["state"], result.document["warnings"]) == (0, "seen", [])


def test_older_revision_that_fires_in_between_is_warned_of(made: Terminal) -> None:
    old, new = update(made)
    result = verify(made, log(made, (new, 1), (old, 2), (new, 3)))
    assert (result.code, result.document["state"]) == (0, "seen")
    assert f"an older revision fires too: {old}" in result.document["warnings"][0]


def test_older_revision_that_fires_last_is_drift(made: Terminal) -> None:
    old, new = update(made)
    result = verify(made, log(made, (new, 1), (old, 2)))
    assert (result.code, result.document["state"], result.document["live_revision"]) == (7, "drifted", old)


def test_disabled_recipe_that_fires_is_drift_and_what_it_did_before_is_not(made: Terminal) -> None:
    rev = show(made)["revision"]
    made("recipe", "confirm", "to-bot")
    made("recipe", "disable", "to-bot")
    fires = verify(made, log(made, (rev, 0)))
    assert (fires.code, fires.error["code"]) == (7, "recipe.drifted")
    assert "is to be disabled, and fires" in fires.error["message"]
    made("recipe", "confirm", "to-bot")
    before = verify(made, log(made, (rev, -1)))
    assert (before.code, before.document["state"]) == (0, "disabled")
    fires = verify(made, log(made, (rev, 1)))
    assert (fires.code, "is disabled, and fires" in fires.error["message"]) == (7, True)
    assert show(made)["state"] == "drifted"


@pytest.mark.parametrize("words", [["disable"], ["delete", "--yes"]], ids=["disable", "delete"])
def test_deliveries_from_before_a_recipe_was_to_be_silent_are_no_drift(made: Terminal, words: list[str]) -> None:
    rev = show(made)["revision"]
    made("recipe", "confirm", "to-bot")
    made.now += HOUR
    made("recipe", words[0], "to-bot", *words[1:])
    assert verify(made, log(made, (rev, -0.5))).error["code"] == "recipe.not_seen"
    assert show(made)["state"] == "pending"


def test_older_revision_from_before_the_change_or_its_confirmation_is_no_drift(made: Terminal) -> None:
    old, _ = update(made)
    assert verify(made, log(made, (old, -0.5))).error["code"] == "recipe.not_seen"
    assert show(made)["state"] == "pending"
    made("recipe", "confirm", "to-bot")
    assert verify(made, log(made, (old, -0.5))).error["code"] == "recipe.not_seen"
    assert show(made)["state"] == "confirmed"
    assert verify(made, log(made, (old, 0.5))).error["code"] == "recipe.drifted"


def test_older_revision_from_before_the_wanted_one_was_seen_is_no_drift(made: Terminal) -> None:
    old, new = update(made)
    verify(made, log(made, (new, 2)))
    assert verify(made, log(made, (old, 1))).error["code"] == "recipe.not_seen"
    assert show(made)["state"] == "seen"
    assert verify(made, log(made, (old, 3))).error["code"] == "recipe.drifted"


def test_recipe_that_is_to_be_deleted_and_fires_is_drift(made: Terminal) -> None:
    made("recipe", "delete", "to-bot", "--yes")
    result = verify(made, log(made, (show(made)["revision"], 1)))
    assert (result.code, "delete it, then" in result.error["hint"]) == (7, True)


def test_deliveries_from_before_a_change_do_not_prove_it(made: Terminal) -> None:
    rev = show(made)["revision"]
    made("recipe", "confirm", "to-bot")
    made("recipe", "disable", "to-bot")
    made("recipe", "confirm", "to-bot")
    made.now += HOUR
    made("recipe", "enable", "to-bot")
    for text in (log(made, (rev, -0.5)), undated(rev)):
        assert verify(made, text).error["code"] == "recipe.not_seen"
        assert show(made)["state"] == "pending"
    assert verify(made, log(made, (rev, 0.5))).document["state"] == "seen"


def test_confirming_after_a_drift_ends_it(made: Terminal) -> None:
    old, _ = update(made)
    verify(made, log(made, (old, 1)))
    assert made("recipe", "confirm", "to-bot", "-o", "json").document["state"] == "confirmed"


def test_change_after_being_seen_is_pending_again(made: Terminal) -> None:
    rev = show(made)["revision"]
    verify(made, log(made, (rev, 1)))
    assert made("recipe", "disable", "to-bot", "-o", "json").document["state"] == "pending"


def test_deliveries_without_a_time_are_seen_and_that_is_told(made: Terminal) -> None:
    document = verify(made, undated(show(made)["revision"])).document
    assert (document["state"], document["evidence"]["last"]) == ("seen", None)
    assert "no time was found" in document["warnings"][0]


def test_recipe_without_a_marker_cannot_be_told_apart(made: Terminal) -> None:
    made(*CREATE, "--marker", "none", "--update")
    result = verify(made, "")
    assert (result.code, result.error["code"]) == (7, "recipe.not_seen")
    assert "--marker none" in result.error["message"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(gzip.compress(b"x"), "gunzip -c", id="gzip"),
        pytest.param("x".encode("utf-16"), "iconv -f UTF-16", id="utf-16"),
        pytest.param(None, "cannot be read", id="no such file"),
    ],
)
def test_log_that_is_no_plain_text_is_refused(made: Terminal, tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "access.log"
    if content is not None:
        path.write_bytes(content)
    result = made("recipe", "verify", "to-bot", "--log", str(path), "-o", "json")
    assert (result.code, result.error["code"]) == (2, "usage.log")
    assert told in result.error["message"] + result.error["hint"]


def test_unknown_recipe_and_recipes_kept_by_calls_are_refused(made: Terminal) -> None:
    unknown = made("recipe", "verify", "none", "--log", "-", "-o", "json")
    assert (unknown.code, unknown.error["code"]) == (6, "recipe.not_found")
    by_calls = made(*VERIFY, "-p", "sandbox", "-o", "json")
    assert (by_calls.code, by_calls.error["code"]) == (3, "config.recipes")

"""What a log cannot prove: lines without a time, from before a change, or from a clock that differs."""

import json

import pytest
import yaml

from tests.cli.recipe_log import CREATE, HOUR, at, log, make, show, undated, update, verify
from tests.cli.terminal import Terminal

OTHER_TAG = (*CREATE, "--exclude-tag", "vip", "--update")


@pytest.fixture
def made(run: Terminal) -> Terminal:
    return make(run)


def there_and_back(run: Terminal) -> tuple[str, str]:
    """A recipe that was changed and changed back, each entered: the wanted revision and the one in between."""
    first = show(run)["revision"]
    run("recipe", "confirm", "to-bot")
    run.now += HOUR
    between = run(*OTHER_TAG, "-o", "json").document["revision"]
    run("recipe", "confirm", "to-bot")
    run.now += HOUR
    assert run(*CREATE, "--update", "-o", "json").document["revision"] == first
    return first, between


def refused(run: Terminal, text: str) -> str:
    """The sentence of a log that proves nothing, and records nothing."""
    before = (run.state / "registry.yaml").read_bytes()
    result = verify(run, text)
    assert (result.code, result.stdout, result.error["code"]) == (7, "", "recipe.not_seen")
    assert (run.state / "registry.yaml").read_bytes() == before
    return str(result.error["message"])


@pytest.mark.parametrize("confirmed", [False, True], ids=["pending", "confirmed"])
def test_lines_without_a_time_do_not_prove_what_was_wanted_before_too(made: Terminal, confirmed: bool) -> None:
    first, between = there_and_back(made)
    if confirmed:
        made("recipe", "confirm", "to-bot")
    told = refused(made, undated(first, first))
    assert f"revision {first}" in told
    assert "bear no time" in told
    assert "was wanted before" in told
    refused(made, undated(first, between))
    assert verify(made, log(made, (first, 1)) + undated(first, between)).document["state"] == "seen"


def test_lines_without_a_time_of_what_was_wanted_before_are_no_drift(made: Terminal) -> None:
    old, new = update(made)
    assert "was wanted before" in refused(made, undated(old))
    assert verify(made, undated(old, new)).document["state"] == "seen"


@pytest.mark.parametrize("confirmed", [False, True], ids=["pending", "confirmed"])
def test_lines_from_before_a_recipe_was_wanted_again_do_not_prove_it(made: Terminal, confirmed: bool) -> None:
    first, between = there_and_back(made)
    if confirmed:
        made("recipe", "confirm", "to-bot")
    assert "older than" in refused(made, log(made, (first, -2.5), (between, -0.5)))
    assert "older than" in refused(made, log(made, (first, -0.5)))
    assert verify(made, log(made, (first, 0.1))).document["state"] == "seen"


def test_lines_from_before_a_recipe_was_deleted_do_not_prove_the_one_that_is_made_again(made: Terminal) -> None:
    revision = show(made)["revision"]
    made("recipe", "delete", "to-bot", "--yes")
    made("recipe", "confirm", "to-bot")
    made.now += HOUR
    assert made(*CREATE, "-o", "json").document["revision"] == revision
    for word in ((), ("recipe", "confirm", "to-bot")):
        if word:
            made(*word)
        assert "was wanted before" in refused(made, undated(revision))
        assert "older than" in refused(made, log(made, (revision, -0.5)))


def test_lines_from_before_a_recipe_was_switched_off_do_not_prove_that_it_is_on_again(made: Terminal) -> None:
    revision = show(made)["revision"]
    for word in ("disable", "enable"):
        made("recipe", "confirm", "to-bot")
        made("recipe", word, "to-bot")
        made.now += HOUR
    made("recipe", "confirm", "to-bot")
    refused(made, undated(revision))
    refused(made, log(made, (revision, -2)))
    assert verify(made, log(made, (revision, 0))).document["state"] == "seen"


def test_lines_from_before_a_webhook_was_changed_and_changed_back_prove_nothing(made: Terminal) -> None:
    revision = show(made)["revision"]
    made("recipe", "confirm", "to-bot")
    for path in ("other", "in"):
        made.now += HOUR
        made("webhook", "register", "bot", "--url", f"https://bot.example.com/{path}", "--update")
    assert show(made)["revision"] == revision
    refused(made, undated(revision))


def test_lines_from_before_an_edit_by_hand_prove_nothing(made: Terminal) -> None:
    revision = show(made)["revision"]
    made("recipe", "confirm", "to-bot")
    file = made.state / "registry.yaml"
    file.write_text(file.read_text().replace("escalated to agent", "vip", 1))
    made("recipe", "confirm", "to-bot")
    made.now += HOUR
    made(*CREATE, "--update")
    assert show(made)["revision"] == revision
    refused(made, undated(revision))


def test_what_was_wanted_before_is_remembered_without_end_but_not_without_bound(made: Terminal) -> None:
    for number in range(60):
        made(*CREATE, "--filter", f"lang:{number}", "--update")
    retired = yaml.safe_load((made.state / "registry.yaml").read_text())["accounts"]["1417"]["retired"]
    assert len(retired) == 50
    assert set(retired[0]) == {"name", "revision", "at"}
    assert len({one["revision"] for one in retired}) == 50
    made(*CREATE, "--filter", "lang:58", "--update")
    refused(made, undated(show(made)["revision"]))


def test_registry_that_remembers_nothing_is_read(made: Terminal) -> None:
    file = made.state / "registry.yaml"
    file.write_text(file.read_text().replace("    retired: []\n", ""))
    assert "retired" not in file.read_text()
    assert verify(made, undated(show(made)["revision"])).document["state"] == "seen"


def test_delivery_dated_in_the_future_counts_as_undated_and_that_is_told(made: Terminal) -> None:
    revision = show(made)["revision"]
    result = verify(made, log(made, (revision, 0), (revision, 5)))
    assert (result.document["evidence"]["count"], result.document["evidence"]["last"]) == (2, at(made, 0))
    (told,) = result.document["warnings"]
    assert "1 delivery is dated in the future" in told
    assert "clock or zone" in told
    alone = verify(made, log(made, (revision, 4.1), (revision, 5))).document
    assert (alone["evidence"]["count"], alone["evidence"]["last"]) == (2, None)
    assert "2 deliveries are dated in the future" in alone["warnings"][0]


def test_clocks_that_differ_a_little_are_no_other_clocks(made: Terminal) -> None:
    revision = show(made)["revision"]
    document = verify(made, log(made, (revision, 4 + 119 / HOUR))).document
    assert (document["evidence"]["last"], document["warnings"]) == (at(made, 4 + 119 / HOUR), [])


def test_delivery_dated_in_the_future_does_not_prove_what_was_wanted_before_too(made: Terminal) -> None:
    first, _ = there_and_back(made)
    told = refused(made, log(made, (first, 5)))
    assert "dated in the future" in told
    assert "clock or zone" in told


def test_older_revision_dated_in_the_future_is_not_the_newest(made: Terminal) -> None:
    old, new = update(made)
    result = verify(made, log(made, (new, 1), (old, 9)))
    assert (result.code, result.document["state"]) == (0, "seen")
    assert "dated in the future" in " ".join(result.document["warnings"])
    refused(made, log(made, (old, 9)))


def test_evidence_that_was_dated_in_the_future_hides_no_drift(made: Terminal) -> None:
    verify(made, log(made, (show(made)["revision"], 1)))
    file = made.state / "registry.yaml"
    file.write_text(file.read_text().replace(f'last: "{at(made, 1)}"', 'last: "2036-11-22T09:02:30Z"'))
    assert show(made)["evidence"]["last"] == "2036-11-22T09:02:30Z"
    assert verify(made, log(made, ("0123456789ab", 3))).error["code"] == "recipe.drifted"


@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "many lines"])
def test_log_that_is_one_json_array_is_read_record_by_record(made: Terminal, indent: int | None) -> None:
    old, new = update(made)
    records = [
        {
            "httpRequest": {
                "requestMethod": "POST",
                "requestUrl": f"https://b/in?qsc_recipe=to-bot&qsc_rev={revision}",
            },
            "timestamp": at(made, hours),
        }
        for revision, hours in ((old, -0.5), (new, 1), (new, 2))
    ]
    result = verify(made, json.dumps(records, indent=indent))
    assert (result.code, result.document["state"], result.document["warnings"]) == (0, "seen", [])
    evidence = result.document["evidence"]
    assert (evidence["count"], evidence["first"], evidence["last"]) == (2, at(made, 1), at(made, 2))


@pytest.mark.parametrize("words", [["disable"], ["delete", "--yes"]], ids=["disable", "delete"])
def test_lines_without_a_time_do_not_prove_that_a_silenced_recipe_fires(made: Terminal, words: list[str]) -> None:
    revision = show(made)["revision"]
    made("recipe", "confirm", "to-bot")
    made("recipe", words[0], "to-bot", *words[1:])
    assert "bear no time" in refused(made, undated(revision, "0123456789ab"))
    assert "dated in the future" in refused(made, log(made, (revision, 9)))
    if words == ["disable"]:
        made("recipe", "confirm", "to-bot")
        told = refused(made, undated(revision))
        assert "is disabled, and its deliveries bear no time" in told
        assert show(made)["state"] == "disabled"
    assert verify(made, undated(revision) + log(made, (revision, 1))).error["code"] == "recipe.drifted"


def test_recipe_made_switched_off_and_then_on_was_not_wanted_before(made: Terminal) -> None:
    made(*CREATE[:2], "second", *CREATE[3:], "--disabled")
    made("recipe", "confirm", "second")
    made("recipe", "enable", "second")
    made("recipe", "confirm", "second")
    assert "second" not in {
        one["name"] for one in yaml.safe_load((made.state / "registry.yaml").read_text())["accounts"]["1417"]["retired"]
    }


PROVEN = "known from deliveries"


def test_what_deliveries_proved_is_what_a_later_change_differs_from(made: Terminal) -> None:
    revision = show(made)["revision"]
    assert verify(made, log(made, (revision, 0)), hours=0).document["confirmed_at"] is None
    document = made(*OTHER_TAG, "-o", "json").document
    assert (document["pending"], document["form"]["path"][-1]) == ("update", "to-bot")
    rows = {one["label"]: (one["before"], one["value"]) for one in document["form"]["entries"]}
    assert rows.pop("URL")[0].endswith(revision)
    assert rows == {"Condition: leave out contacts with this tag": ("escalated to agent", "vip")}
    assert PROVEN in document["form"]["note"]
    assert "not the filter" in document["form"]["note"]
    drifted = verify(made, log(made, (revision, 1)))
    assert "change: Condition: leave out contacts with this tag, URL" in drifted.error["hint"]
    text = made(*CREATE, "--no-exclude-tag", "--update").stdout
    assert " ".join(text.split()).count(PROVEN) == 1
    assert "Add automation recipe" not in text


def test_what_deliveries_proved_can_be_switched_off(made: Terminal) -> None:
    verify(made, log(made, (show(made)["revision"], 0)), hours=0)
    document = made("recipe", "disable", "to-bot", "-o", "json").document
    (entry,) = document["form"]["entries"]
    assert (document["pending"], entry["label"], entry["value"]) == ("disable", "Enabled", "disabled")


def test_a_persons_word_after_the_deliveries_is_what_a_later_change_differs_from(made: Terminal) -> None:
    verify(made, log(made, (show(made)["revision"], 0)), hours=0)
    made(*OTHER_TAG)
    made("recipe", "confirm", "to-bot")
    form = made(*CREATE, "--no-exclude-tag", "--update", "-o", "json").document["form"]
    assert form["note"] is None
    assert "vip" in {one["before"] for one in form["entries"]}


@pytest.mark.parametrize("proof", ["deliveries", "word"])
def test_change_back_to_what_was_entered_is_compared_whole_and_nothing_is_made_up(made: Terminal, proof: str) -> None:
    if proof == "word":
        made("recipe", "confirm", "to-bot")
    else:
        verify(made, log(made, (show(made)["revision"], 0)), hours=0)
    made(*OTHER_TAG)
    form = made(*CREATE, "--update", "-o", "json").document["form"]
    assert (form["path"][-1], form["entries"][0]["label"]) == ("to-bot", "Name")
    assert "compare each value" in form["note"]
    assert {one["before"] for one in form["entries"]} == {None}


def test_drift_proves_nothing_to_differ_from(made: Terminal) -> None:
    verify(made, log(made, ("0123456789ab", 0)), hours=0)
    document = made(*OTHER_TAG, "-o", "json").document
    assert (document["pending"], document["form"]["path"][-1]) == ("create", "Add automation recipe")


def test_recipe_that_was_deleted_is_entered_whole_again(made: Terminal) -> None:
    verify(made, log(made, (show(made)["revision"], 0)), hours=0)
    made("recipe", "delete", "to-bot", "--yes")
    form = made(*CREATE, "-o", "json").document["form"]
    assert (form["path"][-1], form["note"]) == ("Add automation recipe", None)

"""`recipe verify` on the deliveries that are stored here."""

from typing import Final

import pytest

from tests.cli.recipe_arrivals import VERIFY, deliver, guided_prod, show, verify
from tests.cli.recipe_log import CREATE, HOUR, log
from tests.cli.terminal import Prod
from tests.conftest import MakeProd

TAG: Final = "escalated to agent"


@pytest.fixture
def guided(make_prod: MakeProd) -> Prod:
    """A real account with one recipe that waits to be entered."""
    return guided_prod(make_prod)


@pytest.mark.parametrize(("verified", "state"), [(True, "verified"), (False, "seen")])
def test_stored_delivery_of_the_wanted_revision_proves_the_recipe(guided: Prod, verified: bool, state: str) -> None:
    deliver(guided.run, verified=verified)
    document = verify(guided.run, "--no-compare").document
    assert (document["state"], document["evidence"]["count"]) == (state, 1)
    assert document["last_delivery_at"] == "2026-11-22T09:02:30Z"
    assert show(guided.run)["state"] == state
    assert show(guided.run)["last_delivery_at"] == "2026-11-22T09:02:30Z"


def test_webhooks_tell_their_last_delivery(guided: Prod) -> None:
    deliver(guided.run)
    deliver(guided.run, key="2001_2", hours=0.5)
    guided.run("webhook", "register", "spare", "--url", "https://bot.example.com/spare")
    shown = {
        one["name"]: one["last_delivery_at"] for one in guided.run("webhook", "list", "-o", "json").document["items"]
    }
    assert shown == {"bot": "2026-11-22T09:32:30Z", "spare": None}
    assert guided.run("webhook", "show", "bot", "-o", "json").document["last_delivery_at"] == "2026-11-22T09:32:30Z"


def test_signed_proof_outlives_a_look_into_an_unsigned_log(guided: Prod) -> None:
    deliver(guided.run)
    verify(guided.run, "--no-compare")
    (guided.run.state / "deliveries.db").unlink()
    revision = show(guided.run)["revision"]
    assert verify(guided.run, "--log", "-", stdin=log(guided.run, (revision, 0.5))).document["state"] == "verified"
    guided.run(*CREATE, "--no-exclude-tag", "--update")
    assert show(guided.run)["state"] == "pending"


def test_one_delivery_that_stands_in_the_store_and_the_log_counts_once(guided: Prod) -> None:
    deliver(guided.run)
    text = log(guided.run, (show(guided.run)["revision"], 0))
    document = verify(guided.run, "--no-compare", "--log", "-", stdin=text).document
    assert (document["evidence"]["count"], document["state"]) == (1, "verified")


def test_store_that_cannot_be_read_hides_no_webhooks(guided: Prod) -> None:
    (guided.run.state / "deliveries.db").mkdir(parents=True)
    for words in (["webhook", "list"], ["webhook", "show", "bot"], ["recipe", "show", "to-bot"]):
        result = guided.run(*words, "-o", "json")
        assert (result.code, "when a delivery came last is not known" in result.document["warnings"][0]) == (0, True)


def test_stored_delivery_of_another_revision_is_drift(guided: Prod) -> None:
    old = show(guided.run)["revision"]
    guided.run("recipe", "confirm", "to-bot")
    guided.run.now += HOUR
    guided.run(*CREATE, "--no-exclude-tag", "--update")
    deliver(guided.run, revision=old, hours=0.5)
    result = verify(guided.run)
    assert (result.code, result.error["code"], result.document["state"]) == (7, "recipe.drifted", "drifted")


def test_where_nothing_can_ever_see_a_delivery_it_says_so_at_once(guided: Prod) -> None:
    result = verify(guided.run)
    assert (result.code, result.stdout, result.error["code"]) == (7, "", "recipe.not_seen")
    assert "they go to bot.example.com" in result.error["message"]
    assert "recipe verify to-bot --log -" in result.error["hint"]
    assert "something must bring what bot.example.com gets" in result.error["hint"]
    assert not (guided.run.state / "deliveries.db").exists()


def test_deliveries_from_before_the_window_are_not_looked_at(guided: Prod) -> None:
    deliver(guided.run)
    assert verify(guided.run, "--since", "30m").error["code"] == "recipe.not_seen"
    assert verify(guided.run, "--since", "2h", "--no-compare").code == 0


@pytest.mark.parametrize("revision", ["", "x", "0123456789AB", "0123456789ab&", "a" * 5000])
def test_marker_that_cannot_be_a_revision_is_no_evidence(guided: Prod, revision: str) -> None:
    deliver(guided.run, revision=revision or " ")
    assert verify(guided.run).error["code"] == "recipe.not_seen"


def test_recipe_of_the_same_name_in_another_account_is_no_drift(guided: Prod) -> None:
    deliver(guided.run, key="2001_1", revision="0123456789ab", account="api.engagor.com/9")
    assert verify(guided.run).error["code"] == "recipe.not_seen"
    deliver(guided.run, key="2001_2")
    assert verify(guided.run).document["state"] == "verified"


def test_delivery_that_is_no_private_message_is_drift_until_it_is_confirmed_anew(guided: Prod) -> None:
    deliver(guided.run)
    deliver(guided.run, key="2001_2", is_private=False)
    result = verify(guided.run, "--no-compare")
    assert (result.code, result.error["code"], result.document["state"]) == (7, "recipe.drifted", "drifted")
    assert "1 of 2 stored events is no private message, the last twitter:1001 at" in result.error["message"]
    assert "look at the conditions" in result.error["hint"]
    assert result.document["last_delivery_at"] == "2026-11-22T09:02:30Z"
    assert show(guided.run)["state"] == "drifted"
    guided.run.now += HOUR
    assert guided.run("recipe", "confirm", "to-bot", "-o", "json").document["state"] == "confirmed"
    deliver(guided.run, key="2001_3", hours=0.5)
    assert verify(guided.run, "--no-compare").document["state"] == "verified"


@pytest.mark.parametrize("person", ["whatsapp:32470000000", "web:visitor-1"])
def test_channel_of_private_messages_only_is_no_drift_whatever_its_type(guided: Prod, person: str) -> None:
    deliver(guided.run, person=person, is_private=False)
    assert verify(guided.run, "--no-compare").document["state"] == "verified"


def test_own_filter_may_deliver_what_is_not_private(guided: Prod) -> None:
    guided.run(*CREATE, "--filter", "source:twitter", "--update")
    deliver(guided.run, is_private=False)
    assert verify(guided.run, "--no-compare").document["state"] == "verified"


def test_delivery_from_a_contact_that_was_excluded_before_is_drift(guided: Prod) -> None:
    deliver(guided.run, person="twitter:1002", hours=0.5)
    result = verify(guided.run, "--no-compare")
    assert (result.code, result.document["state"]) == (7, "drifted")
    assert f"comes from a contact with the tag {TAG}: twitter:1002 at" in result.error["message"]
    assert sum(one.url.path.endswith("/contact/twitter/1002") for one in guided.wire.requests) == 1


def test_tag_that_was_put_on_after_the_delivery_is_told_and_no_drift(guided: Prod) -> None:
    deliver(guided.run, person="twitter:1001")
    guided.run.now += HOUR / 2
    guided.run("escalation", "add", "twitter:1001")
    guided.run.now -= HOUR / 2
    document = verify(guided.run, "--no-compare").document
    assert document["state"] == "verified"
    assert document["warnings"] == [f"twitter:1001 bears the tag {TAG} now; it may have been put on after the delivery"]


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("twitter:404", "could not be read: twitter:404 is no contact"),
        ("instagram:9", "cannot be read for instagram"),
    ],
)
def test_contact_that_cannot_be_read_is_told(guided: Prod, person: str, words: str) -> None:
    deliver(guided.run, person=person)
    document = verify(guided.run, "--no-compare").document
    assert (document["state"], words in document["warnings"][0]) == ("verified", True)
    assert document["warnings"][1:] == [f"no contact was looked at for the tag {TAG}"]


def test_without_a_token_the_proof_stands_and_the_rest_is_told(guided: Prod) -> None:
    deliver(guided.run)
    guided.run.now += HOUR
    result = guided.run(*VERIFY, "-o", "json", env={"QSC_BOT_TOKEN": ""})
    assert (result.code, result.document["state"]) == (0, "verified")
    assert "QSC_BOT_TOKEN is not set" in result.document["warnings"][0]


def test_private_messages_without_a_delivery_are_counted_and_named(guided: Prod) -> None:
    known = guided.sandbox.say("twitter:1001", "Hello")["mention"]
    deliver(guided.run, key=known)
    for person in ("twitter:1003", "twitter:1003", "whatsapp:32470000003", "web:visitor-1", "viber:viber-1"):
        guided.sandbox.say(person, "Hello?")
    guided.sandbox.say("twitter:1002", "the tag keeps this one out")
    [warning] = [one for one in verify(guided.run).document["warnings"] if "filter too narrow" in one]
    assert warning.startswith("5 private messages since 2026-11-22 09:02 UTC have no delivery here (")
    assert ", …)" in warning
    assert not {"twitter:1001", "twitter:1002"} & set(warning.replace(",", " ").split())
    calls = len(guided.wire.requests)
    assert not any("filter too narrow" in one for one in verify(guided.run, "--no-compare").document["warnings"])
    assert len(guided.wire.requests) == calls + 1
    assert "a call for each 100 messages, 10 at most" in guided.run(*VERIFY).stderr


def test_inbox_that_cannot_be_read_leaves_the_proof(guided: Prod) -> None:
    deliver(guided.run)
    guided.sandbox.add_fault("GET /*/inbox/mentions", status=403, times=None)
    document = verify(guided.run).document
    assert (document["state"], "could not be compared" in document["warnings"][0]) == ("verified", True)

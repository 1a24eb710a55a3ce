"""Webhooks and recipes by calls: made once, changed only when asked."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.api.automation import Automation
from qsc_bot.errors import ExitCode, NotFound, QscBotError
from qsc_bot.setup.remote import RemoteSetup, revision_of
from tests.api.wire import Wire, envelope, form_of, sc, social_connect

BASE = "/1417/sandbox/automation"
WEBHOOKS, RECIPES = f"{BASE}/webhooks", f"{BASE}/recipes"
URL = "https://bot.example.com/webhooks"
CONTENT: dict[str, Any] = {
    "webhook": "bot-inbound",
    "topic_ids": ["46283", "46284"],
    "filter": "private-messages",
    "exclude_tag": "escalated to agent",
    "active": "always",
    "enabled": True,
}


def account() -> Wire:
    """One recipe on one of two webhooks."""
    wire = Wire().on(f"GET {WEBHOOKS}", sc("webhooks.200")).on(f"GET {RECIPES}", sc("recipes.200"))
    wire.on(f"GET {WEBHOOKS}/bot-inbound", sc("webhook.200"))
    wire.on(f"GET {WEBHOOKS}/zeta", sc("webhook.200"))
    wire.on(f"GET {RECIPES}/private-messages-to-bot", sc("recipe.200"))
    for noun in (WEBHOOKS, RECIPES):
        wire.on(f"POST {noun}", envelope({})).on(f"GET {noun}/none", sc("error_not_found.404"))
    for one in (f"{WEBHOOKS}/bot-inbound", f"{WEBHOOKS}/zeta", f"{RECIPES}/private-messages-to-bot"):
        wire.on(f"POST {one}", envelope({})).on(f"DELETE {one}", envelope({}))
    return wire


def setup(wire: Wire) -> RemoteSetup:
    return RemoteSetup(Automation(social_connect(wire), path="/{account_id}/sandbox/automation/"))


def writes(wire: Wire) -> list[str]:
    return [call for call in wire.calls if not call.startswith("GET ")]


def sent(wire: Wire, field: str) -> Any:
    (request,) = (one for one in wire.requests if one.method == "POST")
    form = form_of(request)
    assert set(form) == {field}
    return json.loads(form[field])


def test_webhooks_are_listed_by_name() -> None:
    first, second = setup(account()).webhooks()
    assert (first.name, first.url, first.method, first.body, first.state) == (
        "bot-inbound",
        URL,
        "POST",
        "[mention]",
        "active",
    )
    assert first.last_delivery_at is not None
    assert (second.name, second.last_delivery_at) == ("zeta", None)


def test_recipe_is_shown_with_its_address_and_revision() -> None:
    remote = setup(account())
    (listed,) = remote.recipes()
    assert listed == remote.recipe("private-messages-to-bot")
    assert (listed.url, listed.topic_ids, listed.state, listed.backend) == (URL, ["46283", "46284"], "active", "api")
    assert (listed.revision, listed.live_revision) == (revision_of({"name": listed.name, **CONTENT}), "abc")


@pytest.mark.parametrize("noun", ["webhook", "recipe"])
def test_unknown_name_is_not_found(noun: str) -> None:
    remote = setup(account())
    with pytest.raises(NotFound) as caught:
        (remote.webhook if noun == "webhook" else remote.recipe)("none")
    assert (caught.value.code, caught.value.exit_code) == (f"{noun}.not_found", ExitCode.NOT_FOUND)
    assert caught.value.hint == (f"qsc-bot {noun} list",)


def put_webhook(wire: Wire, name: str, url: str, *, update: bool = False, **hidden: str) -> str:
    return setup(wire).put_webhook(name, url, hidden=hidden, update=update)


def test_new_webhook_is_made_with_what_is_hidden() -> None:
    wire = account()
    assert put_webhook(wire, "new", URL, url_secret="s", authorization="Basic x") == "created"
    assert sent(wire, "webhook") == {"name": "new", "url": URL, "url_secret": "s", "authorization": "Basic x"}


@pytest.mark.parametrize("update", [False, True])
def test_equal_webhook_is_unchanged(update: bool) -> None:
    wire = account()
    assert put_webhook(wire, "bot-inbound", URL, update=update) == "unchanged"
    assert writes(wire) == []


def test_other_address_needs_to_be_asked_for() -> None:
    wire = account()
    with pytest.raises(QscBotError) as caught:
        put_webhook(wire, "bot-inbound", "https://other.example/")
    error = caught.value
    assert (error.code, error.exit_code) == ("webhook.different", ExitCode.CONFLICT)
    assert (error.expected, error.found) == ("url: https://other.example/", f"url: {URL}")
    assert writes(wire) == []


def test_update_changes_what_is_there() -> None:
    wire = account()
    assert put_webhook(wire, "bot-inbound", "https://other.example/", update=True) == "updated"
    assert sent(wire, "updates") == {"url": "https://other.example/"}


def test_hidden_values_are_sent_again_on_update_since_nobody_can_compare_them() -> None:
    wire = account()
    assert put_webhook(wire, "bot-inbound", URL, update=True, authorization="Basic y") == "updated"
    assert sent(wire, "updates") == {"url": URL, "authorization": "Basic y"}


def test_hidden_values_never_stand_in_an_error() -> None:
    with pytest.raises(QscBotError) as caught:
        put_webhook(account(), "bot-inbound", "https://other.example/", authorization="Basic s3cret")
    assert "s3cret" not in str(caught.value.as_data())


def test_new_recipe_is_made_with_its_revision() -> None:
    wire = account()
    assert setup(wire).put_recipe("new", CONTENT, update=False) == "created"
    assert sent(wire, "recipe") == {"name": "new", **CONTENT, "revision": revision_of({"name": "new", **CONTENT})}


def test_recipe_needs_its_webhook() -> None:
    wire = account()
    with pytest.raises(NotFound) as caught:
        setup(wire).put_recipe("new", CONTENT | {"webhook": "none"}, update=False)
    assert caught.value.code == "webhook.not_found"
    assert writes(wire) == []


def test_equal_recipe_is_unchanged() -> None:
    wire = account()
    assert setup(wire).put_recipe("private-messages-to-bot", CONTENT, update=False) == "unchanged"
    assert writes(wire) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("topic_ids", ["1"]),
        ("filter", "saved:x"),
        ("exclude_tag", None),
        ("active", "business-hours"),
        ("enabled", False),
    ],
)
def test_other_content_is_named_and_changed_only_when_asked(key: str, value: object) -> None:
    wire = account()
    with pytest.raises(QscBotError, match=f"exists with another {key}") as caught:
        setup(wire).put_recipe("private-messages-to-bot", CONTENT | {key: value}, update=False)
    assert caught.value.code == "recipe.different"
    assert writes(wire) == []
    assert setup(wire).put_recipe("private-messages-to-bot", CONTENT | {key: value}, update=True) == "updated"
    assert sent(wire, "updates")[key] == value


@pytest.mark.parametrize(("enabled", "done"), [(True, "unchanged"), (False, "updated")], ids=["already on", "off"])
def test_switching_writes_only_a_change(enabled: bool, done: str) -> None:
    wire = account()
    assert setup(wire).enable("private-messages-to-bot", enabled=enabled) == done
    assert len(writes(wire)) == (done == "updated")


def test_webhook_in_use_is_kept() -> None:
    wire = account()
    with pytest.raises(QscBotError) as caught:
        setup(wire).delete_webhook("bot-inbound")
    assert (caught.value.code, caught.value.hint) == (
        "webhook.in_use",
        ("qsc-bot recipe delete private-messages-to-bot",),
    )
    assert writes(wire) == []


def test_unused_webhook_and_recipe_are_deleted() -> None:
    wire = account()
    setup(wire).delete_webhook("zeta")
    setup(wire).delete_recipe("private-messages-to-bot")
    assert writes(wire) == [f"DELETE {WEBHOOKS}/zeta", f"DELETE {RECIPES}/private-messages-to-bot"]


@pytest.mark.parametrize("noun", ["webhook", "recipe"])
def test_deleting_what_is_not_there_is_not_found(noun: str) -> None:
    wire = account()
    remote = setup(wire)
    with pytest.raises(NotFound):
        (remote.delete_webhook if noun == "webhook" else remote.delete_recipe)("none")
    assert writes(wire) == []


@given(keys=st.permutations(sorted(CONTENT)))
def test_revision_is_the_contents_and_not_the_orders(keys: list[str]) -> None:
    assert revision_of({key: CONTENT[key] for key in keys}) == revision_of(CONTENT)


@given(key=st.sampled_from(sorted(CONTENT)), value=st.text(min_size=1, max_size=5))
def test_any_other_content_has_another_revision(key: str, value: str) -> None:
    if CONTENT[key] != value:
        assert revision_of(CONTENT | {key: value}) != revision_of(CONTENT)

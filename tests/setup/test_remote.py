"""Webhooks and recipes by calls: made once, changed only when asked, read back after each write."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.errors import NotFound, QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.setup.marker import revision_of
from tests.setup.backend import BASE, Backend

if TYPE_CHECKING:
    from qsc_bot.setup.remote import RemoteSetup

URL = "https://bot.example.com/webhooks"
OTHER = "https://other.example/"
RECIPE = "private-messages-to-bot"
CONTENT: dict[str, Any] = {
    "webhook": "bot-inbound",
    "topic_ids": ["46283", "46284"],
    "filter": "private-messages",
    "exclude_tag": "escalated to agent",
    "active": "always",
    "enabled": True,
}


def put_webhook(backend: Backend, name: str, url: str, *, update: bool = False, **hidden: str) -> str:
    return backend.setup.put_webhook(name, url, hidden=hidden, update=update)


def test_webhooks_are_listed_by_name() -> None:
    first, second = Backend().setup.webhooks()
    assert (first.name, first.url, first.method, first.body) == ("bot-inbound", URL, "POST", "[mention]")
    assert first.last_delivery_at is not None
    assert (second.name, second.last_delivery_at) == ("zeta", None)


def test_recipe_is_shown_with_its_address_and_revision() -> None:
    remote = Backend().setup
    (listed,) = remote.recipes()
    assert listed == remote.recipe(RECIPE)
    assert (listed.url, listed.topic_ids, listed.state, listed.backend) == (URL, ["46283", "46284"], "active", "api")
    assert (listed.revision, listed.live_revision) == (revision_of({"name": RECIPE, **CONTENT}), "abc")


@pytest.mark.parametrize("noun", ["webhook", "recipe"])
def test_unknown_name_is_not_found(noun: str) -> None:
    remote = Backend().setup
    with pytest.raises(NotFound) as caught:
        (remote.webhook if noun == "webhook" else remote.recipe)("none")
    assert (caught.value.code, caught.value.exit_code) == (f"{noun}.not_found", ExitCode.NOT_FOUND)
    assert caught.value.hint == (f"qsc-bot {noun} list",)


def test_new_webhook_is_made_with_what_is_hidden() -> None:
    backend = Backend()
    assert put_webhook(backend, "new", URL, url_secret="s", authorization="Basic x") == "created"
    assert backend.writes == [f"POST {BASE}/webhooks"]
    assert backend.contents == [{"name": "new", "url": URL, "url_secret": "s", "authorization": "Basic x"}]


@pytest.mark.parametrize("update", [False, True])
def test_equal_webhook_is_unchanged(update: bool) -> None:
    backend = Backend()
    assert put_webhook(backend, "bot-inbound", URL, update=update) == "unchanged"
    assert backend.writes == []


def test_other_address_needs_to_be_asked_for() -> None:
    backend = Backend()
    with pytest.raises(QscBotError) as caught:
        put_webhook(backend, "bot-inbound", OTHER)
    error = caught.value
    assert (error.code, error.exit_code) == ("webhook.different", ExitCode.CONFLICT)
    assert (error.expected, error.found) == (f"url: {OTHER}", f"url: {URL}")
    assert backend.writes == []


def test_update_changes_what_is_there() -> None:
    backend = Backend()
    assert put_webhook(backend, "bot-inbound", OTHER, update=True) == "updated"
    assert backend.contents == [{"url": OTHER}]
    assert backend.setup.webhook("bot-inbound").url == OTHER


def test_hidden_values_are_sent_again_on_update_since_nobody_can_compare_them() -> None:
    backend = Backend()
    assert put_webhook(backend, "bot-inbound", URL, update=True, authorization="Basic y") == "updated"
    assert backend.contents == [{"url": URL, "authorization": "Basic y"}]


def test_hidden_values_never_stand_in_an_error() -> None:
    with pytest.raises(QscBotError) as caught:
        put_webhook(Backend(), "bot-inbound", OTHER, authorization="Basic s3cret")
    assert "s3cret" not in str(caught.value.as_data())


def test_new_recipe_is_made_with_its_revision() -> None:
    backend = Backend()
    assert backend.setup.put_recipe("new", CONTENT, update=False) == "created"
    assert backend.contents == [{"name": "new", **CONTENT, "revision": revision_of({"name": "new", **CONTENT})}]


def test_recipe_needs_its_webhook() -> None:
    backend = Backend()
    with pytest.raises(NotFound) as caught:
        backend.setup.put_recipe("new", CONTENT | {"webhook": "none"}, update=False)
    assert caught.value.code == "webhook.not_found"
    assert backend.writes == []


def test_equal_recipe_is_unchanged() -> None:
    backend = Backend()
    assert backend.setup.put_recipe(RECIPE, CONTENT, update=False) == "unchanged"
    assert backend.writes == []


CHANGES: dict[str, object] = {
    "topic_ids": ["1"],
    "filter": "saved:x",
    "exclude_tag": None,
    "active": "business-hours",
    "enabled": False,
}


@pytest.mark.parametrize(("key", "value"), CHANGES.items(), ids=CHANGES)
def test_other_content_is_named_and_changed_only_when_asked(key: str, value: object) -> None:
    backend = Backend()
    with pytest.raises(QscBotError, match=f"exists with another {key}") as caught:
        backend.setup.put_recipe(RECIPE, CONTENT | {key: value}, update=False)
    assert caught.value.code == "recipe.different"
    assert backend.writes == []
    assert backend.setup.put_recipe(RECIPE, CONTENT | {key: value}, update=True) == "updated"
    assert backend.held[f"{BASE}/recipes/{RECIPE}"][key] == value


@pytest.mark.parametrize(("enabled", "done"), [(True, "unchanged"), (False, "updated")], ids=["already on", "off"])
def test_switching_writes_only_a_change(enabled: bool, done: str) -> None:
    backend = Backend()
    assert backend.setup.enable(RECIPE, enabled=enabled) == done
    assert len(backend.writes) == (done == "updated")
    assert backend.setup.recipe(RECIPE).enabled is enabled


def test_webhook_in_use_is_kept() -> None:
    backend = Backend()
    with pytest.raises(QscBotError) as caught:
        backend.setup.delete("webhook", "bot-inbound")
    assert (caught.value.code, caught.value.hint) == ("webhook.in_use", (f"qsc-bot recipe delete {RECIPE}",))
    assert backend.writes == []


def test_unused_webhook_and_recipe_are_deleted() -> None:
    backend = Backend()
    backend.setup.delete("recipe", RECIPE)
    backend.setup.delete("webhook", "bot-inbound")
    assert [one.name for one in backend.setup.webhooks()] == ["zeta"]
    assert backend.setup.recipes() == []


def test_deleting_what_is_not_there_is_not_found() -> None:
    backend = Backend()
    with pytest.raises(NotFound, match="no webhook named none"):
        backend.setup.delete("webhook", "none")
    with pytest.raises(NotFound, match="no recipe named none"):
        backend.setup.delete("recipe", "none")
    assert backend.writes == []


WRITES = {
    "create": lambda remote: remote.put_recipe("new", CONTENT, update=False),
    "update": lambda remote: remote.put_recipe(RECIPE, CONTENT | {"filter": "saved:x"}, update=True),
    "switch": lambda remote: remote.enable(RECIPE, enabled=False),
    "delete": lambda remote: remote.delete("recipe", RECIPE),
}
each_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


class Losing(Backend):
    """Does every write, and loses the answer."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        answer = super().__call__(request)
        if request.method == "GET":
            return answer
        raise httpx.ReadTimeout("slow", request=request)


@each_write
def test_lost_answer_of_a_done_write_is_found_done(write: Any) -> None:
    backend = Losing()
    write(backend.setup)
    assert len(backend.writes) == 1


@each_write
def test_lost_answer_of_an_undone_write_is_told_and_not_resent(write: Any) -> None:
    def lose(request: httpx.Request, _held: object) -> httpx.Response:
        raise httpx.ReadTimeout("slow", request=request)

    backend = Backend(breaks=lose)
    with pytest.raises(QscBotError) as caught:
        write(backend.setup)
    assert (caught.value.code, caught.value.exit_code) == ("write.not_done", ExitCode.TEMPORARY)
    assert len(backend.writes) == 1


@each_write
def test_accepted_write_that_did_nothing_is_told(write: Any) -> None:
    backend = Backend(breaks=lambda _request, _held: httpx.Response(200, json={"meta": {"code": 200}, "response": {}}))
    with pytest.raises(QscBotError) as caught:
        write(backend.setup)
    assert (caught.value.code, caught.value.exit_code) == ("setup.not_verified", ExitCode.CONFLICT)


def test_write_that_can_not_be_read_back_stays_in_doubt() -> None:
    def fail(request: httpx.Request, held: dict[str, Any]) -> httpx.Response:
        held[f"{BASE}/recipes/{RECIPE}"] = {"name": 1}
        raise httpx.ReadTimeout("slow", request=request)

    remote: RemoteSetup = Backend(breaks=fail).setup
    with pytest.raises(QscBotError) as caught:
        remote.enable(RECIPE, enabled=False)
    assert caught.value.code == "write.in_doubt"


@given(keys=st.permutations(sorted(CONTENT)))
def test_revision_is_the_contents_and_not_the_orders(keys: list[str]) -> None:
    assert revision_of({key: CONTENT[key] for key in keys}) == revision_of(CONTENT)


@given(key=st.sampled_from(sorted(set(CONTENT) - {"enabled"})), value=st.text(min_size=1, max_size=5))
def test_any_other_content_has_another_revision(key: str, value: str) -> None:
    if CONTENT[key] != value:
        assert revision_of(CONTENT | {key: value}) != revision_of(CONTENT)


def test_switched_recipe_keeps_its_revision() -> None:
    assert revision_of(CONTENT | {"enabled": False}) == revision_of(CONTENT)

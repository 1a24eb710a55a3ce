"""`webhook … --via messenger`: the app's and the Page's subscriptions, by calls."""

import pytest

from qsc_bot.models.delivery import Event, Kind, Via
from qsc_bot.storage.deliveries import Deliveries
from qsc_bot.storage.delivery_rows import Arrived
from tests.cli.messenger_layers import APP, BOT, DEFAULT, PAGE, REGISTER, URL, graph, other_app_layer, sent, show
from tests.cli.terminal import PROD, PROD_ACCOUNT, SECRETS, Prod, Terminal
from tests.conftest import MakeProd


def test_last_delivery_is_the_newest_that_arrived_here(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--update")
    assert show(prod)["last_delivery_at"] is None
    arrived = Arrived(via=Via.MESSENGER, target="/messenger", headers={}, body=b"{}", verified=True)
    store = Deliveries(
        prod.run.state / "deliveries.db", account=PROD_ACCOUNT, now=lambda: prod.run.now, tell=lambda _: None
    )
    store.store(arrived, [Event(kind=Kind.MESSAGE, dedupe_key="m_1")], answer=200)
    store.close()
    assert show(prod)["last_delivery_at"] == "2026-11-22T09:02:30Z"


def test_new_address_needs_update_then_is_called_and_read_back(prod: Prod) -> None:
    refused = prod.run(*REGISTER, URL, "-o", "json")
    assert (refused.code, refused.error["code"], sent(prod)) == (7, "webhook.different", [])
    document = prod.run(*REGISTER, URL, "--update", "-o", "json").document
    assert (document["outcome"], document["state"], document["via"]) == ("created", "active", "messenger")
    assert (document["url"], document["subscribe"], document["warnings"]) == (URL, DEFAULT, [])
    [(method, path, body)] = sent(prod)
    assert (method, path, body["object"], body["callback_url"]) == ("POST", APP, "page", URL)
    assert (body["fields"], body["verify_token"]) == (",".join(DEFAULT), SECRETS["QSC_BOT_VERIFY_TOKEN"])
    assert prod.run(*REGISTER, URL, "-o", "json").document["outcome"] == "unchanged"
    assert len(sent(prod)) == 1


def test_tokens_go_in_headers_each_to_its_own_layer(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--subscribe", "feed", "--update")
    tokens = {(one.url.path, one.headers["authorization"]) for one in prod.wire.requests if "graph" in one.url.host}
    assert tokens == {
        (APP, f"Bearer 111|{SECRETS['QSC_BOT_APP_SECRET']}"),
        (PAGE, f"Bearer {SECRETS['QSC_BOT_PAGE_TOKEN']}"),
        ("/v25.0/app", f"Bearer {SECRETS['QSC_BOT_PAGE_TOKEN']}"),
    }
    assert not any("sentinel" in str(one.url) for one in prod.wire.requests)


def test_fields_of_others_are_kept_on_both_layers_and_told(prod: Prod) -> None:
    graph(prod, "/{page_id}/subscribed_apps", subscribed_fields="feed,messages")
    told = prod.run(*REGISTER, URL, "--subscribe", "messages", "--subscribe", "standby", "--update")
    assert "kept on the app, as they were there before: messaging_postbacks, messaging_handovers\n" in told.stderr
    assert "kept on the Page, as they were there before: feed\n" in told.stderr
    assert sent(prod)[-1][1:] == (PAGE, {"subscribed_fields": "feed,messages,standby"})
    assert show(prod)["subscribe"] == ["messages", "standby"]
    assert "without messaging_postbacks, messaging_handovers the bot" in told.stderr


def test_field_of_ours_that_is_given_up_is_taken_off(prod: Prod) -> None:
    fields = ["--subscribe", "messages", "--subscribe", "message_reads"]
    prod.run(*REGISTER, URL, *fields, "--update")
    refused = prod.run(*REGISTER, URL, "--subscribe", "messages", "-o", "json")
    assert (refused.code, "subscribe" in refused.error["message"]) == (7, True)
    document = prod.run(*REGISTER, URL, "--subscribe", "messages", "--update", "-o", "json").document
    assert (document["outcome"], document["subscribe"]) == ("updated", DEFAULT)


@pytest.mark.parametrize(
    ("layer", "body", "fault", "others"),
    [
        (
            "/{page_id}/subscribed_apps",
            {"subscribed_fields": "messages,messaging_handovers"},
            "the subscription of Page 1029384756 lacks messaging_postbacks, standby",
            [],
        ),
        (
            "/{page_id}/subscribed_apps",
            {"subscribed_fields": "feed"},
            "the subscription of Page 1029384756 lacks messages, messaging_postbacks, messaging_handovers, standby",
            ["Page 1029384756 sends feed, and app 111 does not subscribe to it"],
        ),
    ],
)
def test_show_and_list_name_what_the_page_lacks(
    prod: Prod, layer: str, body: dict[str, str], fault: str, others: list[str]
) -> None:
    prod.run(*REGISTER, URL, "--update")
    graph(prod, layer, **body)
    document = show(prod)
    assert (document["state"], document["warnings"]) == ("drifted", [fault, *others])
    listed = prod.run("webhook", "list", "-o", "json").document
    assert (listed["items"][0]["state"], listed["warnings"]) == ("drifted", [f"webhook bot-messenger: {fault}"])
    assert prod.run(*REGISTER, URL, "-o", "json").document["outcome"] == "updated"
    assert show(prod)["state"] == "active"


def test_show_names_another_address_and_fields_missing_on_the_app(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--update")
    other_app_layer(prod, "https://other.example.com/hook", "messages,standby,messaging_handovers")
    result = prod.run("webhook", "show", "bot-messenger")
    assert "warning: Meta calls another address: https://other.example.com/hook\n" in result.stderr
    assert "warning: the subscription of app 111 lacks messaging_postbacks\n" in result.stderr
    assert f"next: qsc-bot webhook register bot-messenger --via messenger --url '{URL}' --update\n" in result.stderr


def test_delete_takes_off_what_was_asked_for_and_leaves_the_rest(prod: Prod) -> None:
    graph(prod, "/{page_id}/subscribed_apps", subscribed_fields="feed,messages")
    prod.run(*REGISTER, URL, "--update")
    dry = prod.run("webhook", "delete", "bot-messenger", "-n", "-o", "json").document
    before = len(sent(prod))
    assert [(one["method"], one["path"]) for one in dry["requests"]] == [
        ("POST", "/1029384756/subscribed_apps"),
        ("DELETE", "/111/subscriptions"),
    ]
    assert prod.run("webhook", "delete", "bot-messenger", "--yes", "-o", "json").document["outcome"] == "deleted"
    assert sent(prod)[before:] == [
        ("POST", PAGE, {"subscribed_fields": "feed"}),
        ("DELETE", APP, {"object": "page"}),
    ]
    assert prod.run("webhook", "list", "-o", "json").document["items"] == []
    assert prod.run("webhook", "show", "bot-messenger").code == 6


def test_delete_wants_the_verify_token_only_where_the_app_keeps_fields(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--subscribe", "messages", "--update")
    words = ("webhook", "delete", "bot-messenger", "--yes", "-o", "json")
    refused = prod.run(*words, env={"QSC_BOT_VERIFY_TOKEN": ""})
    assert (refused.code, "QSC_BOT_VERIFY_TOKEN" in refused.error["message"]) == (3, True)
    prod.run(*REGISTER, URL, "--update")
    assert prod.run(*words, env={"QSC_BOT_VERIFY_TOKEN": ""}).document["outcome"] == "deleted"


def test_delete_leaves_what_calls_another_address(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--update")
    other_app_layer(prod, "https://other.example.com/hook", "messages")
    before = len(sent(prod))
    result = prod.run("webhook", "delete", "bot-messenger", "--yes")
    assert (result.code, len(sent(prod))) == (0, before)
    assert "what is there is not ours, and stays" in result.stderr
    assert prod.run("webhook", "list", "-o", "json").document["items"] == []


def test_one_app_has_one_webhook_and_one_name_stands_once(prod: Prod) -> None:
    prod.run("webhook", "register", "bot", "--url", "https://bot.example.com/webhooks")
    taken = prod.run("webhook", "register", "bot", "--via", "messenger", "--url", URL, "--update", "-o", "json")
    assert (taken.code, taken.error["code"]) == (7, "webhook.different")
    prod.run(*REGISTER, URL, "--update")
    second = prod.run("webhook", "register", "second", "--via", "messenger", "--url", URL, "-o", "json")
    assert (second.code, "recorded as bot-messenger" in second.error["message"]) == (7, True)
    other = prod.run("webhook", "register", "bot-messenger", "--url", "https://bot.example.com/webhooks", "-o", "json")
    assert (other.code, other.error["code"]) == (7, "webhook.different")
    names = [one["name"] for one in prod.run("webhook", "list", "-o", "json").document["items"]]
    assert names == ["bot", "bot-messenger"]


@pytest.mark.parametrize("variable", ["QSC_BOT_APP_SECRET", "QSC_BOT_VERIFY_TOKEN"])
def test_missing_secret_is_named_before_anything_is_written(prod: Prod, variable: str) -> None:
    result = prod.run(*REGISTER, URL, "--update", "-o", "json", env={variable: ""})
    assert (result.code, result.error["code"], sent(prod)) == (3, "config.secret", [])
    assert variable in result.error["message"]


def test_dry_run_needs_no_secret_and_says_what_it_does_not_know(prod: Prod) -> None:
    names = ("QSC_BOT_APP_SECRET", "QSC_BOT_VERIFY_TOKEN", "QSC_BOT_PAGE_TOKEN")
    document = prod.run(*REGISTER, URL, "-n", "-o", "json", env=dict.fromkeys(names, "")).document
    assert "QSC_BOT_APP_SECRET is not set" in document["warnings"][0]
    assert [one["path"] for one in document["requests"]] == ["/111/subscriptions", "/1029384756/subscribed_apps"]
    assert document["requests"][0]["body"]["verify_token"] == "***"
    assert document["items"][0]["status"] == "planned"
    assert prod.wire.requests == []


def test_secret_in_the_address_goes_to_meta_and_is_never_shown(prod: Prod) -> None:
    url = "https://bot.example.com/{secret}/messenger"
    assert prod.run(*REGISTER, url, "-n", "--update", "-o", "json").code == 0
    assert prod.run(*REGISTER, url, "--update", "-o", "json").document["url"] == url
    assert sent(prod)[-1][2]["callback_url"] == URL.replace("com/", f"com/{SECRETS['QSC_BOT_URL_SECRET']}/")
    assert show(prod)["state"] == "active"
    known = prod.run("webhook", "show", "bot-messenger", "-o", "json", env={"QSC_BOT_URL_SECRET": ""}).document
    assert (known["state"], known["warnings"]) == ("active", [])
    refused = prod.run(*REGISTER, URL, "-o", "json")
    assert (refused.code, refused.error["code"]) == (7, "webhook.different")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--via", "messenger", "--subscribe", "Messages!"], "usage.invalid"),
        (["--via", "messenger", "--authorization-stdin"], "usage.invalid"),
        (["--subscribe", "messages"], "usage.invalid"),
        (["--dry-run"], "usage.invalid"),
    ],
    ids=str,
)
def test_words_that_cannot_be_are_refused(prod: Prod, words: list[str], code: str) -> None:
    result = prod.run("webhook", "register", "bot", "--url", URL, *words, "-o", "json")
    assert (result.code, result.error["code"], sent(prod)) == (2, code, [])


def test_field_that_meta_does_not_know_is_told_in_its_words(prod: Prod) -> None:
    result = prod.run(*REGISTER, URL, "--update", "--subscribe", "messaging_handover", "-o", "json")
    assert (result.code, result.error["code"]) == (2, "api.refused")
    assert "messaging_handover" in result.error["message"]
    assert prod.run("webhook", "list", "-o", "json").document["items"] == []


def test_profile_without_messenger_says_so(run: Terminal) -> None:
    run.configure(PROD.replace("    messenger:", "    # messenger:"))
    run.secrets = SECRETS
    result = run(*REGISTER, URL, "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.messenger")


def test_webhook_that_meta_cannot_be_asked_about_is_listed_as_unknown(prod: Prod) -> None:
    prod.run(*REGISTER, URL, "--update")
    listed = prod.run("webhook", "list", "-o", "json", env={"QSC_BOT_APP_SECRET": ""}).document
    assert (listed["items"][0]["state"], listed["items"][0]["subscribe"]) == ("unknown", DEFAULT)
    assert "QSC_BOT_APP_SECRET is not set" in listed["warnings"][0]


@pytest.mark.parametrize("cut", ["before", "after"])
def test_answer_that_was_lost_is_judged_by_what_is_there(prod: Prod, cut: str) -> None:
    prod.sandbox.add_fault("POST /graph/*/111/subscriptions", cut=cut)
    result = prod.run(*REGISTER, URL, "--update", "-o", "json")
    if cut == "after":
        assert (result.code, result.document["state"]) == (0, "active")
    else:
        assert (result.code, result.error["code"], result.stdout) == (8, "write.not_done", "")
        assert prod.run(*REGISTER, URL, "--update", "-o", "json").document["state"] == "active"


def test_sandbox_calls_the_bot_before_it_accepts(run: Terminal) -> None:
    assert run(*REGISTER, BOT, "-o", "json").document["outcome"] == "created"
    silent = run(*REGISTER, "http://127.0.0.1:8081/nobody", "--update", "-o", "json")
    assert (silent.code, silent.error["code"]) == (7, "webhook.no_handshake")
    assert run("webhook", "show", "bot-messenger", "-o", "json").document["state"] == "active"


def test_profiles_that_a_person_sets_up_by_hand_register_messenger_by_calls(make_prod: MakeProd) -> None:
    prod = make_prod()
    prod.run.configure("".join(line for line in PROD.splitlines(keepends=True) if "recipes:" not in line))
    assert prod.run(*REGISTER, URL, "--update", "-o", "json").document["state"] == "active"
    prod.run("webhook", "register", "bot", "--url", "https://bot.example.com/webhooks")
    listed = prod.run("webhook", "list", "-o", "json").document["items"]
    assert [(one["name"], one["via"], one["state"]) for one in listed] == [
        ("bot", "social-connect", "recorded"),
        ("bot-messenger", "messenger", "active"),
    ]

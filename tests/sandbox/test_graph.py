"""Messenger's side on the wire: control, lists, sends, errors and events."""

import json
from typing import Any

import pytest

from qsc_bot.sandbox.deliveries import sign_for_messenger
from tests.sandbox.bench import NOW, Bench, MakeBench

MINE, AGENTS, IDLE = "5550001", "5550002", "5550003"
PAGE = "/1029384756"


def recipient(psid: str, **more: Any) -> dict[str, Any]:
    return {"recipient": {"id": psid}, **more}


def owner(bench: Bench, psid: str, token: str = "sandbox") -> Any:
    status, body = bench.graph("GET", f"/me/thread_owner?recipient={psid}", token=token)
    assert status == 200, body
    return body["data"]


def refusal(answer: tuple[int, Any]) -> tuple[int, int, int | None]:
    status, body = answer
    error = body["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= set(error)
    return status, error["code"], error.get("error_subcode")


def test_owner_shapes_follow_who_asks(make_bench: MakeBench) -> None:
    bench = make_bench(default_app="111")
    held = {"app_id": 222, "expiration": int(NOW) - 3600 + 86400}
    assert owner(bench, AGENTS) == [{"thread_owner": held}]
    assert owner(bench, MINE, "sandbox-agents") == [{"thread_owner": {"expiration": int(NOW) - 660 + 86400}}]
    assert owner(bench, IDLE) == []


def test_holder_is_hidden_from_a_bot_that_is_not_the_default_app(make_bench: MakeBench) -> None:
    bench = make_bench(default_app="222")
    assert "app_id" not in owner(bench, AGENTS)[0]["thread_owner"]
    assert owner(bench, MINE)[0]["thread_owner"]["app_id"] == 111


@pytest.mark.parametrize(("mode", "on"), [("routing", True), ("zero-config", False)])
def test_mode_check(make_bench: MakeBench, mode: str, on: bool) -> None:
    bench = make_bench(messenger_mode=mode)
    assert bench.graph("GET", "/me?fields=messaging_feature_status") == (
        200,
        {
            "messaging_feature_status": {"hop_v2": False, "msgr_multi_app": on, "ig_multi_app": on},
            "id": "1029384756",
        },
    )


@pytest.mark.parametrize("page", ["/me", PAGE])
@pytest.mark.parametrize("version", ["/v25.0", "/v19.0", ""])
def test_page_is_found_by_id_and_me_with_any_version(bench: Bench, page: str, version: str) -> None:
    answer = bench.client.get(f"/graph{version}{page}/thread_owner?recipient={IDLE}&access_token=sandbox")
    assert answer.json == {"data": []}


@pytest.mark.parametrize("encoding", ["json", "bare query", "json query"])
def test_recipient_is_read_in_each_encoding(bench: Bench, encoding: str) -> None:
    path, headers = f"/graph/v25.0{PAGE}/pass_thread_control", {"Authorization": "Bearer sandbox"}
    value = {"bare query": f"{{id:{MINE}}}", "json query": json.dumps({"id": MINE})}.get(encoding)
    if value is None:
        answer = bench.client.post(path, json=recipient(MINE, target_app_id=222), headers=headers)
    else:
        query = {"recipient": value, "target_app_id": "222"}
        answer = bench.client.post(path, query_string=query, headers=headers)
    assert (answer.status_code, answer.json) == (200, {"success": True})
    assert owner(bench, MINE)[0]["thread_owner"]["app_id"] == 222


def test_take_pass_release_and_extend_move_control(bench: Bench) -> None:
    success = (200, {"success": True})
    assert bench.graph("POST", f"{PAGE}/take_thread_control", recipient(AGENTS, metadata="x")) == success
    assert owner(bench, AGENTS)[0]["thread_owner"] == {"app_id": 111, "expiration": int(NOW) + 86400}
    assert bench.graph("POST", f"{PAGE}/extend_thread_control", recipient(AGENTS, duration=604800)) == success
    assert owner(bench, AGENTS)[0]["thread_owner"]["expiration"] == int(NOW) + 604800
    assert bench.graph("POST", f"{PAGE}/release_thread_control", recipient(AGENTS)) == success
    assert owner(bench, AGENTS) == []
    writes = {item["id"]: item["writes"] for item in bench.sandbox.status()["conversations"]}
    assert writes[f"facebook:{AGENTS}"] == 3


@pytest.mark.parametrize(
    ("call", "psid", "more", "expected"),
    [
        ("pass_thread_control", AGENTS, {"target_app_id": 222}, (400, 100, 2534037)),
        ("release_thread_control", AGENTS, {}, (400, 100, 2534037)),
        ("extend_thread_control", IDLE, {"duration": 60}, (400, 100, 2534037)),
        ("extend_thread_control", MINE, {}, (400, 100, None)),
        ("request_thread_control", AGENTS, {}, (400, 10, None)),
        ("pass_thread_control", MINE, {"target_app_id": 999}, (400, 100, 2018164)),
        ("take_thread_control", "404", {}, (400, 100, 2018001)),
        ("messages", AGENTS, {"message": {"text": "hi"}}, (400, 10, 2018300)),
        ("messages", MINE, {"message": {}}, (400, 100, None)),
    ],
)
def test_refused_call_changes_nothing(
    bench: Bench, call: str, psid: str, more: dict[str, Any], expected: tuple[int, int, int | None]
) -> None:
    before = bench.sandbox.status()["conversations"]
    assert refusal(bench.graph("POST", f"{PAGE}/{call}", recipient(psid, **more))) == expected
    assert bench.sandbox.status()["conversations"] == before


def test_take_is_refused_with_the_switch_off(make_bench: MakeBench) -> None:
    bench = make_bench(may_take=False)
    assert refusal(bench.graph("POST", f"{PAGE}/take_thread_control", recipient(AGENTS))) == (400, 10, None)


@pytest.mark.parametrize(
    ("path", "token", "expected"),
    [
        ("/me/thread_owner", "wrong", (400, 190, None)),
        ("/me/thread_owner", "sandbox", (400, 100, None)),
        ("/77/thread_owner?recipient=1", "sandbox", (400, 100, 33)),
        ("/me/secondary_receivers", "sandbox", (400, 100, 33)),
        ("/me?fields=feed", "sandbox", (400, 100, None)),
        ("/me/conversations?fields=messages", "sandbox", (400, 100, None)),
        ("/me/conversations?after=zzz", "sandbox", (400, 100, None)),
    ],
)
def test_bad_calls_have_the_graph_envelope(
    bench: Bench, path: str, token: str, expected: tuple[int, int, int | None]
) -> None:
    assert refusal(bench.graph("GET", path, token=token)) == expected


def test_control_lapses_after_a_day_and_the_default_app_answers_next(bench: Bench) -> None:
    bench.sandbox.advance(86400)
    assert owner(bench, AGENTS) == []
    assert bench.sandbox.say(f"facebook:{AGENTS}", "Still there?")["control"] == "bot"
    assert bench.thread(f"facebook:{AGENTS}")[-1] == "> You wrote: Still there?"


def test_customer_keeps_control_alive(bench: Bench) -> None:
    bench.sandbox.advance(3600 * 20)
    bench.sandbox.say(f"facebook:{AGENTS}", "Hello?")
    bench.sandbox.advance(3600 * 23)
    assert owner(bench, AGENTS)[0]["thread_owner"]["app_id"] == 222


def test_conversations_list_who_is_owned(bench: Bench) -> None:
    fields = "id,updated_time,participants,snippet,unread_count,can_reply,is_owner"
    status, body = bench.graph("GET", f"{PAGE}/conversations?platform=messenger&fields={fields}")
    assert status == 200
    assert {item["id"]: item["is_owner"] for item in body["data"]} == {
        f"t_{MINE}": True,
        f"t_{AGENTS}": False,
        f"t_{IDLE}": False,
    }
    first = body["data"][0]
    assert set(first) == set(fields.split(","))
    assert first["participants"]["data"][0] == {"name": "Finn Proof", "id": MINE}
    assert first["updated_time"] == "2026-11-18T10:55:40+0000"
    assert [item["can_reply"] for item in body["data"]] == [True, True, False]


def test_is_owner_is_left_out_unless_asked_for_and_routing_is_on(make_bench: MakeBench) -> None:
    bench = make_bench(messenger_mode="zero-config")
    asked = bench.graph("GET", "/me/conversations?fields=id,is_owner")[1]["data"][0]
    assert set(asked) == {"id"}
    assert set(make_bench().graph("GET", "/me/conversations")[1]["data"][0]) == {"id", "updated_time"}


@pytest.mark.parametrize("size", [1, 3, 7, 30])
def test_cursor_pages_give_each_thread_once(make_bench: MakeBench, size: int) -> None:
    bench = make_bench(seed="large:20:facebook")
    after, ids = "", []
    for _ in range(21):
        body = bench.graph("GET", f"/me/conversations?limit={size}&after={after}")[1]
        ids += [item["id"] for item in body["data"]]
        if "next" not in body.get("paging", {}):
            break
        after = body["paging"]["cursors"]["after"]
        assert "access_token=sandbox" in body["paging"]["next"]
    assert sorted(ids) == sorted(f"t_{n}" for n in range(1, 21))


def test_one_person_is_found_by_user_id(bench: Bench) -> None:
    found = bench.graph("GET", f"/me/conversations?user_id={AGENTS}")[1]["data"]
    assert [item["id"] for item in found] == [f"t_{AGENTS}"]
    assert bench.graph("GET", "/me/conversations?user_id=404")[1] == {"data": []}


def test_send_makes_an_own_mention_and_may_hand_over(bench: Bench) -> None:
    body = recipient(MINE, message={"text": "Bye"}, thread_control={"control_type": "pass", "app_id": "222"})
    status, answer = bench.graph("POST", f"{PAGE}/messages", body)
    assert (status, set(answer), answer["recipient_id"]) == (200, {"recipient_id", "message_id"}, MINE)
    assert bench.thread(f"facebook:{MINE}")[-1] == "> Bye"
    assert owner(bench, MINE)[0]["thread_owner"]["app_id"] == 222


def test_empty_thread_control_releases(bench: Bench) -> None:
    body = recipient(MINE, message={"text": "Bye"}, thread_control={})
    assert bench.graph("POST", f"{PAGE}/messages", body)[0] == 200
    assert owner(bench, MINE) == []


def test_refused_hand_over_takes_the_message_back(bench: Bench) -> None:
    body = recipient(MINE, message={"text": "Bye"}, thread_control={"control_type": "pass", "app_id": "9"})
    assert refusal(bench.graph("POST", f"{PAGE}/messages", body)) == (400, 100, 2018164)
    assert "> Bye" not in bench.thread(f"facebook:{MINE}")


def test_subscriptions_are_shown_and_replaced(bench: Bench) -> None:
    listed = bench.graph("GET", f"{PAGE}/subscribed_apps")[1]["data"]
    assert [(item["id"], item["name"]) for item in listed] == [
        ("111", "Example bot"),
        ("222", "Social Connect"),
    ]
    assert "standby" in listed[0]["subscribed_fields"]
    changed = bench.graph("POST", f"{PAGE}/subscribed_apps?subscribed_fields=messages,standby")
    assert changed == (200, {"success": "true"})
    listed = bench.graph("GET", f"{PAGE}/subscribed_apps")[1]["data"]
    assert listed[0]["subscribed_fields"] == ["messages", "standby"]


def test_app_subscription_is_replaced_with_the_app_token(bench: Bench) -> None:
    token = "111|sandbox-app-secret"
    shown = bench.graph("GET", "/111/subscriptions", token=token)[1]["data"][0]
    assert shown["callback_url"] == "http://127.0.0.1:8081/example-bot/messenger"
    body = {
        "object": "page",
        "callback_url": "https://bot.example.com/m",
        "verify_token": "v",
        "fields": "messages",
    }
    assert bench.graph("POST", "/111/subscriptions", body, token=token) == (200, {"success": True})
    shown = bench.graph("GET", "/111/subscriptions", token=token)[1]["data"][0]
    assert (shown["callback_url"], [item["name"] for item in shown["fields"]]) == (
        "https://bot.example.com/m",
        ["messages"],
    )
    assert refusal(bench.graph("GET", "/111/subscriptions", token="111|wrong")) == (400, 190, None)
    assert refusal(bench.graph("GET", "/me/conversations", token=token)) == (400, 190, None)


BOT = "http://127.0.0.1:8081/example-bot/messenger"
SUBSCRIBE = {"object": "page", "callback_url": BOT, "verify_token": "sandbox-verify-token", "fields": "messages,feed"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"verify_token": "wrong"}, 2200),
        ({"callback_url": "http://127.0.0.1:9/m"}, 2200),
        ({"callback_url": "http://127.0.0.1:8081/nowhere"}, 2200),
        ({"callback_url": "nowhere"}, 100),
        ({"object": "user"}, 100),
        ({"fields": "messaging_handover"}, 100),
        ({"fields": ""}, 100),
        ({"verify_token": ""}, 100),
    ],
    ids=str,
)
def test_app_subscription_that_is_refused_changes_nothing(bench: Bench, change: dict[str, str], code: int) -> None:
    token = "111|sandbox-app-secret"
    before = bench.graph("GET", "/111/subscriptions", token=token)
    assert refusal(bench.graph("POST", "/111/subscriptions", SUBSCRIBE | change, token=token)) == (400, code, None)
    assert bench.graph("GET", "/111/subscriptions", token=token) == before


def test_callback_on_this_machine_that_shakes_hands_is_accepted_with_the_apps_token_only(bench: Bench) -> None:
    token = "111|sandbox-app-secret"
    assert bench.graph("POST", "/111/subscriptions", SUBSCRIBE, token=token) == (200, {"success": True})
    assert refusal(bench.graph("POST", "/111/subscriptions", SUBSCRIBE)) == (400, 15, None)


def test_subscriptions_are_taken_off_field_by_field_or_whole(bench: Bench) -> None:
    token = "111|sandbox-app-secret"
    bench.graph("DELETE", "/111/subscriptions?object=page&fields=standby,messages", token=token)
    shown = bench.graph("GET", "/111/subscriptions", token=token)[1]["data"][0]["fields"]
    assert [one["name"] for one in shown] == ["messaging_postbacks", "messaging_handovers"]
    assert bench.graph("DELETE", "/111/subscriptions?object=page", token=token) == (200, {"success": True})
    assert bench.graph("GET", "/111/subscriptions", token=token)[1] == {"data": []}
    assert bench.graph("DELETE", f"{PAGE}/subscribed_apps") == (200, {"success": True})
    assert [one["id"] for one in bench.graph("GET", f"{PAGE}/subscribed_apps")[1]["data"]] == ["222"]


def test_debug_token_names_the_app(bench: Bench) -> None:
    known = bench.graph("GET", "/debug_token?input_token=sandbox-agents")[1]["data"]
    assert (known["app_id"], known["is_valid"]) == ("222", True)
    assert bench.graph("GET", "/debug_token?input_token=x")[1]["data"]["is_valid"] is False


@pytest.mark.parametrize(
    ("token", "app", "name"), [("sandbox", "111", "Example bot"), ("sandbox-agents", "222", "Social Connect")]
)
def test_app_of_a_token_is_told(bench: Bench, token: str, app: str, name: str) -> None:
    status, body = bench.graph("GET", "/app", token=token)
    assert (status, body["id"], body["name"]) == (200, app, name)
    assert refusal(bench.graph("GET", "/app", token="x")) == (400, 190, None)


def test_signature_matches_the_published_vector() -> None:
    body = (
        rb'{"object":"page","entry":[{"id":"1029384756","time":1795000000000,"messaging":[{"sender":{"id":"5550001"}'
        rb',"recipient":{"id":"1029384756"},"timestamp":1795000000000,"pass_thread_control":{"previous_owner_app_id"'
        rb':"111","new_owner_app_id":"222","metadata":"caf\u00e9"}}]}]}'
    )
    digest = "847e0a477162b28a6988c764c4eff2d1fc9d44803da7af0b3c8ab95a7f68079b"
    assert sign_for_messenger(body, "not-a-real-secret") == f"sha256={digest}"

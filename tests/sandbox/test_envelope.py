"""Tokens, scopes, envelopes, limits and headers of Social Connect."""

import pytest

from tests.sandbox.bench import NOW, Bench, MakeBench


def test_success_wraps_the_response(bench: Bench) -> None:
    answer = bench.request("GET", "/me")
    assert answer.json == {
        "meta": {"code": 200},
        "response": {
            "id": 1,
            "name": "Sandbox User",
            "company": "Sandbox Company",
            "email": "user@sandbox.example",
        },
    }


@pytest.mark.parametrize("token", [None, "sandbox-expired", "something"], ids=["missing", "expired", "unknown"])
def test_wrong_token_is_refused(bench: Bench, token: str | None) -> None:
    assert bench.refused("GET", "/me", token=token) == (401, "invalid_token")


def test_token_is_also_taken_from_the_query(bench: Bench) -> None:
    assert bench.ask("GET", "/me?access_token=sandbox-bot", token=None)["id"] == 2


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/1417/inbox/mentions", (403, "no_permission")),
        ("GET", "/1000/inbox/nothing", (404, "not_found")),
        ("DELETE", "/1000/inbox/mentions", (405, "invalid_http_method")),
        ("GET", "/1000/inbox/mentions?limit=101", (400, "invalid_parameter")),
    ],
    ids=["other account", "unknown path", "wrong method", "bad parameter"],
)
def test_refusals_have_the_error_envelope(bench: Bench, method: str, path: str, expected: tuple[int, str]) -> None:
    assert bench.refused(method, path) == expected


@pytest.mark.parametrize(
    ("scopes", "method", "path", "lacking"),
    [
        ({"accounts_write"}, "GET", "/1000/inbox/mentions", "accounts_read"),
        ({"accounts_read"}, "POST", "/1000/inbox/contact/twitter/1001", "accounts_write"),
        (
            {"accounts_read", "accounts_write"},
            "GET",
            "/1000/inbox/handover/web/visitor-1",
            "accounts_handover",
        ),
        (
            {"accounts_read", "accounts_write"},
            "POST",
            "/1000/inbox/handover/web/visitor-1",
            "accounts_handover",
        ),
    ],
    ids=["read", "write", "handover read", "handover write"],
)
def test_missing_scope_is_named(make_bench: MakeBench, scopes: set[str], method: str, path: str, lacking: str) -> None:
    answer = make_bench(scopes=frozenset(scopes)).request(method, path)
    assert (answer.status_code, answer.json["error"]) == (403, "no_permission")
    assert lacking in answer.json["error_description"]


def test_permissions_list_the_scopes_of_the_token(make_bench: MakeBench) -> None:
    restricted = make_bench(scopes=frozenset({"accounts_read"}))
    assert restricted.ask("GET", "/me/permissions") == ["accounts_read"]
    assert "accounts_handover" in restricted.ask("GET", "/me/permissions", token="sandbox-bot")


def test_accounts_name_topics_and_profiles_with_integer_ids(bench: Bench) -> None:
    listed = bench.ask("GET", "/me/accounts")
    account = listed["data"][0]
    topic = account["projects"][0]["topics"][0]
    assert (listed["count"], listed["paging"]) == (1, {"next_url": None})
    assert (account["id"], account["projects"][0]["id"], topic["id"]) == (1000, 1, 2001)
    assert {profile["type"] for profile in topic["monitoredprofiles"]} == {
        "twitter",
        "facebook",
        "whatsapp",
        "web",
        "viber",
        "twilio",
        "instagram",
    }


def test_budget_is_told_in_headers(bench: Bench) -> None:
    bench.request("GET", "/me")
    headers = bench.request("GET", "/1000/inbox/contact/77").headers
    assert headers["x-ratelimit-limit"] == "350"
    assert headers["x-ratelimit-time"] == "3600"
    assert headers["x-ratelimit-remaining"] == "348"
    assert headers["x-ratelimit-reset"] == str(int(NOW) + 3600)


def test_call_over_the_limit_is_refused_until_the_hour_is_over(make_bench: MakeBench) -> None:
    bench = make_bench(rate_limit=2)
    bench.ask("GET", "/me")
    bench.ask("GET", "/me")
    limited = bench.request("GET", "/me")
    assert (limited.status_code, limited.json["error"]) == (400, "rate_limit_reached")
    assert limited.headers["x-ratelimit-remaining"] == "0"
    bench.ask("GET", "/me", token="sandbox-bot")
    bench.sandbox.advance(3599)
    assert bench.refused("GET", "/me") == (400, "rate_limit_reached")
    bench.sandbox.advance(1)
    assert bench.request("GET", "/me").headers["x-ratelimit-remaining"] == "1"


def test_without_a_limit_no_budget_is_told(make_bench: MakeBench) -> None:
    assert "x-ratelimit-limit" not in make_bench(rate_limit=None).request("GET", "/me").headers


def test_date_header_follows_the_sandbox_clock(bench: Bench) -> None:
    assert bench.request("GET", "/me").headers["Date"] == "Wed, 18 Nov 2026 11:06:40 GMT"
    bench.sandbox.advance(3600)
    assert bench.request("GET", "/me").headers["Date"] == "Wed, 18 Nov 2026 12:06:40 GMT"


def test_conditional_call_is_answered_304(bench: Bench) -> None:
    first = bench.request("GET", "/me", headers={"If-None-Match": '"old"'})
    assert first.json["meta"]["etag"] == first.headers["ETag"].strip('"')
    again = bench.request("GET", "/me", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_latency_is_slept(make_bench: MakeBench) -> None:
    bench = make_bench(latency_seconds=0.05)
    bench.ask("GET", "/me")
    assert bench.slept == [0.05]


def test_text_is_sent_as_real_utf8(bench: Bench) -> None:
    bench.sandbox.say("twitter:5", "Où ?")
    assert "Où ?".encode() in bench.request("GET", "/1000/inbox/mentions?limit=1").get_data()

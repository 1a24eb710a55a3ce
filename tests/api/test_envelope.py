"""Social Connect's envelope: what is a success, and which error of ours each of its errors is."""

from functools import partial
from typing import Any

import httpx
import pytest

from qsc_bot.api.handover import Handover
from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError, WriteInDoubt
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.conversation import ConversationId
from tests.api.wire import SECRET, Answer, Wire, body, envelope, raw, sc, social_connect

THING = "/1417/thing"
ERRORS: dict[str, tuple[str, type[QscBotError], str, ExitCode]] = {
    "invalid_parameter": ("error_invalid_parameter.400", ApiError, "api.refused", ExitCode.USAGE),
    "no_permission": ("error_no_permission.403", AccessDenied, "access.denied", ExitCode.NOT_PERMITTED),
    "not_found": ("error_not_found.404", NotFound, "api.not_found", ExitCode.NOT_FOUND),
    "invalid_http_method": ("error_invalid_http_method.405", ApiError, "api.refused", ExitCode.USAGE),
    "unsupported_language": ("error_unsupported_language.400", ApiError, "api.refused", ExitCode.USAGE),
    "internal_server_error": ("error_internal_server_error.500", ApiError, "api.unavailable", ExitCode.TEMPORARY),
    "invalid_protocol": ("error_invalid_protocol.400", ApiError, "api.refused", ExitCode.USAGE),
    "deprecated": ("error_deprecated.400", ApiError, "api.refused", ExitCode.USAGE),
    "limit_exceeded": ("error_limit_exceeded.400", ApiError, "api.refused", ExitCode.USAGE),
    "feature_limit_reached": ("error_feature_limit_reached.400", ApiError, "api.refused", ExitCode.USAGE),
    "unsupported_type": ("error_unsupported_type.400", ApiError, "api.refused", ExitCode.USAGE),
    "rate_limit_reached": ("error_rate_limit_reached.400", ApiError, "api.rate_limited", ExitCode.TEMPORARY),
    "invalid_token": ("error_invalid_token.401", AccessDenied, "auth.rejected", ExitCode.NOT_LOGGED_IN),
    "expired_token": ("error_expired_token.400", AccessDenied, "auth.rejected", ExitCode.NOT_LOGGED_IN),
    "no words": ("error_without_words.418", ApiError, "api.refused", ExitCode.USAGE),
    "meta says 404": ("error_in_meta.200", NotFound, "api.not_found", ExitCode.NOT_FOUND),
    "meta says 500": ("error_in_meta_500.200", ApiError, "api.unavailable", ExitCode.TEMPORARY),
}


def error_of(answer: Answer, method: str = "GET") -> QscBotError:
    wire = Wire().on(f"{method} {THING}", answer).on("GET /me/accounts", sc("accounts.200"))
    remote = social_connect(wire)
    act = remote.get if method == "GET" else partial(remote.write, method)
    with pytest.raises(QscBotError) as caught:
        act(THING, dict[str, Any])
    return caught.value


@pytest.mark.parametrize(("name", "kind", "code", "exit_code"), ERRORS.values(), ids=ERRORS)
def test_documented_errors_become_ours(name: str, kind: type[QscBotError], code: str, exit_code: ExitCode) -> None:
    error = error_of(sc(name))
    assert (type(error), error.code, error.exit_code) == (kind, code, exit_code)


def test_message_names_the_call_and_the_servers_words() -> None:
    message = error_of(sc("error_invalid_parameter.400")).message
    assert message == "GET /1417/thing: The vendor's words about invalid_parameter. (invalid_parameter)"


def test_rejected_token_names_its_source() -> None:
    assert "the token from QSC_BOT_TOKEN was rejected (401)" in error_of(sc("error_invalid_token.401")).message


def test_long_words_are_cut() -> None:
    answer = body({"code": 400, "error": "invalid_parameter", "error_description": "x" * 100_000}, status=400)
    assert len(error_of(answer).message) < 400


def test_words_that_repeat_a_secret_are_masked() -> None:
    words = f"bad call with {SECRET} and access_token=abc123"
    error = error_of(body({"code": 400, "error": "invalid_parameter", "error_description": words}, status=400))
    assert error.message == "GET /1417/thing: bad call with *** and access_token=*** (invalid_parameter)"


def test_forbidden_with_words_about_the_token_is_a_rejected_token() -> None:
    words = "The access token has expired"
    error = error_of(body({"code": 403, "error": "forbidden", "error_description": words}, status=403))
    assert error.code == "auth.rejected"


STATUSES: dict[str, tuple[int, type[QscBotError], str]] = {
    "401": (401, AccessDenied, "auth.rejected"),
    "403": (403, AccessDenied, "access.denied"),
    "404": (404, NotFound, "api.not_found"),
    "429": (429, ApiError, "api.rate_limited"),
    "502": (502, ApiError, "api.unavailable"),
}


@pytest.mark.parametrize(("status", "kind", "code"), STATUSES.values(), ids=STATUSES)
def test_status_alone_is_enough(status: int, kind: type[QscBotError], code: str) -> None:
    error = error_of(body({}, status=status))
    assert (type(error), error.code) == (kind, code)


@pytest.mark.parametrize(
    "answer",
    [
        body({"meta": {"code": 403}, "response": {}}),
        body({"meta": {"code": "403"}, "response": {}}),
        body({"code": 403, "error": "x"}),
    ],
    ids=["in meta", "in meta as text", "at the top"],
)
def test_code_in_the_body_counts_with_http_200(answer: Answer) -> None:
    assert error_of(answer).exit_code is ExitCode.NOT_PERMITTED


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "answer",
    [
        sc("error_internal_server_error.500"),
        sc("error_in_meta_500.200"),
        body({"code": 500, "error": "internal_server_error"}),
        body({"code": 503, "error": "later"}, status=503),
    ],
    ids=["documented", "in meta", "with HTTP 200", "503"],
)
def test_broken_server_leaves_a_write_in_doubt(method: str, answer: Answer) -> None:
    error = error_of(answer, method)
    assert isinstance(error, WriteInDoubt)
    assert error.code == "write.in_doubt"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    "name", ["error_invalid_parameter.400", "error_no_permission.403", "error_rate_limit_reached.400"]
)
def test_refused_write_is_not_in_doubt(method: str, name: str) -> None:
    assert not isinstance(error_of(sc(name), method), WriteInDoubt)


def test_rate_limit_tells_when_it_resets() -> None:
    error = error_of(sc("error_rate_limit_reached.400", {"x-ratelimit-reset": "1795000000"}))
    assert error.message.endswith("the limit resets at 2026-11-18T11:06:40Z")


def with_headers(response: httpx.Response, headers: dict[str, str]) -> httpx.Response:
    raw_headers = [(key.encode(), value.encode("latin-1")) for key, value in headers.items()]
    return httpx.Response(response.status_code, headers=raw_headers, content=response.content)


@pytest.mark.parametrize("headers", [{}, {"x-ratelimit-reset": "soon"}, {"x-ratelimit-reset": "²"}])
def test_rate_limit_without_a_readable_reset_is_still_one(headers: dict[str, str]) -> None:
    content = sc("error_rate_limit_reached.400")
    error = error_of(lambda request: with_headers(content(request), headers))
    assert error.code == "api.rate_limited"
    assert "resets" not in error.message


WRONG: dict[str, tuple[bytes, str, str]] = {
    "list": (b"[]", "api.wrong_shape", "Expected `object`, got `list` - at `$`"),
    "text": (b'"ok"', "api.wrong_shape", "got `str` - at `$`"),
    "null": (b"null", "api.wrong_shape", "got `NoneType` - at `$`"),
    "no envelope": (b'{"id":"1"}', "api.wrong_shape", "`code` - at `$.meta`"),
    "meta is a list": (b'{"meta":[],"response":{}}', "api.wrong_shape", "at `$.meta`"),
    "code is no number": (b'{"meta":{"code":"ok"},"response":{}}', "api.wrong_shape", "at `$.meta`"),
    "no response": (b'{"meta":{"code":200}}', "api.wrong_shape", "`response` - at `$`"),
    "cut": (b'{"meta":{"code":200},"resp', "api.not_json", "no whole JSON (26 bytes)"),
    "empty": (b"", "api.not_json", "no whole JSON (0 bytes)"),
    "html": (b"<!DOCTYPE html><title>Log in</title>", "api.not_json", "status 200 with an HTML page"),
    "not UTF-8": (b'{"a":"\xff\xfe"}', "api.not_json", "no whole JSON"),
    "too deep": (b"[" * 200_000, "api.not_json", "no whole JSON"),
}


@pytest.mark.parametrize(("content", "code", "words"), WRONG.values(), ids=WRONG)
def test_answer_that_is_none_tells_what_is_wrong(content: bytes, code: str, words: str) -> None:
    error = error_of(raw(content))
    assert error.code == code
    assert words in error.message


@pytest.mark.parametrize(("content", "_code", "_words"), WRONG.values(), ids=WRONG)
def test_write_with_an_unreadable_answer_is_never_called_refused(content: bytes, _code: str, _words: str) -> None:
    assert error_of(raw(content), "POST").exit_code in (ExitCode.TEMPORARY, ExitCode.UNCLASSIFIED)


def test_html_with_an_html_type_is_told() -> None:
    answer = raw(b"\n\n  nginx", status=502, headers={"content-type": "text/html; charset=utf-8"})
    error = error_of(answer)
    assert error.code == "api.unavailable"
    assert "status 502 with an HTML page" in error.message


def test_wrong_shape_names_the_path() -> None:
    wire = Wire().on(f"GET {THING}", envelope({"a": [{"b": 1}, {"b": "x"}]}))
    with pytest.raises(
        ApiError, match=r"GET /1417/thing: Expected `int`, got `str` - at `\$\[\.\.\.\]\[1\]\[\.\.\.\]`"
    ):
        social_connect(wire).get(THING, dict[str, list[dict[str, int]]])


def test_half_a_character_in_a_numbers_place_is_a_wrong_shape() -> None:
    wire = Wire().on(f"GET {THING}", envelope({"b": "\ud83d"}))
    with pytest.raises(ApiError, match="surrogates not allowed") as caught:
        social_connect(wire).get(THING, dict[str, int])
    assert caught.value.code == "api.wrong_shape"


def test_done_write_with_a_strange_answer_is_in_doubt() -> None:
    wire = Wire().on(f"POST {THING}", envelope([1]))
    with pytest.raises(WriteInDoubt, match="was answered, but the answer is strange"):
        social_connect(wire).write("POST", THING, dict[str, int])


PERSON = ConversationId("whatsapp", "1")
REFUSALS: dict[str, tuple[Answer, str, int]] = {
    "own account": (sc("accounts.200"), "access.scope", 1),
    "another account": (sc("accounts_other.200"), "access.account", 1),
    "accounts refused": (sc("error_no_permission.403"), "access.scope", 1),
    "accounts unreadable": (raw(b"<html>"), "access.scope", 1),
}


@pytest.mark.parametrize(("accounts", "code", "asked"), REFUSALS.values(), ids=REFUSALS)
def test_refused_handover_names_the_scope_or_the_account(accounts: Answer, code: str, asked: int) -> None:
    wire = Wire().on("GET /1417/inbox/handover/whatsapp/1", sc("error_no_permission.403"))
    wire.on("GET /me/accounts", accounts)
    handover = Handover(social_connect(wire))
    for _ in range(3):
        with pytest.raises(AccessDenied) as caught:
            handover.item(PERSON)
        assert caught.value.code == code
    assert wire.calls.count("GET /me/accounts") == asked


def test_missing_scope_is_named_with_the_way_to_get_it() -> None:
    wire = Wire().on("GET /1417/inbox/handover/whatsapp/1", sc("error_no_permission.403"))
    wire.on("GET /me/accounts", sc("accounts.200"))
    with pytest.raises(AccessDenied, match="accounts_handover") as caught:
        Handover(social_connect(wire)).item(PERSON)
    assert any("Customer Success Manager" in hint for hint in caught.value.hint)


def test_unknown_person_is_not_found() -> None:
    wire = Wire().on("GET /1417/inbox/handover/whatsapp/1", sc("error_not_found.404"))
    with pytest.raises(NotFound) as caught:
        Handover(social_connect(wire)).item(PERSON)
    assert caught.value.code == "conversation.not_found"


@pytest.mark.parametrize("part", ["", ".", "..", "\ud800"])
def test_id_that_would_lead_elsewhere_is_refused_before_anything_is_sent(part: str) -> None:
    wire = Wire()
    with pytest.raises(QscBotError) as caught:
        Handover(social_connect(wire)).item(ConversationId("whatsapp", part))
    assert caught.value.code == "usage.id"
    assert not wire.requests

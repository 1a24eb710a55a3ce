"""Meta's errors: each row of its table is one error of ours."""

import httpx
import pytest

from qsc_bot.api.graph import HiddenOwner
from qsc_bot.errors import AccessDenied, ApiError, NotFound, QscBotError, WriteInDoubt
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.thread import OwnerAnswer, Success
from tests.api.wire import SECRET, Answer, Wire, body, breaks, graph, graph_sample, raw

ALLOWED = "handover.not_allowed"
ROWS: dict[str, tuple[type[QscBotError], str]] = {
    "not_owner_10_2018300.400": (ApiError, ALLOWED),
    "text_numbers_10_2018300.400": (ApiError, ALLOWED),
    "not_owner_100_2534037.400": (ApiError, ALLOWED),
    "hidden_100_2018234.400": (HiddenOwner, ALLOWED),
    "wrong_app_100_2018171.400": (ApiError, "api.refused"),
    "wrong_app_100_2018164.400": (ApiError, "api.refused"),
    "busy_100_2018321.400": (ApiError, "api.unavailable"),
    "no_person_100_2018001.400": (NotFound, "conversation.not_found"),
    "no_person_100_33.400": (NotFound, "conversation.not_found"),
    "no_field_100.400": (ApiError, "api.refused"),
    "window_10_2018278.400": (ApiError, ALLOWED),
    "window_10_2534022.400": (ApiError, ALLOWED),
    "window_10_2018065.400": (ApiError, ALLOWED),
    "restricted_10_1893063.400": (ApiError, "api.unavailable"),
    "permission_10.403": (AccessDenied, "access.denied"),
    "ownership_by_text_10.400": (ApiError, ALLOWED),
    "permission_200.403": (AccessDenied, "access.denied"),
    "permission_210.403": (ApiError, "access.denied"),
    "permission_230.403": (AccessDenied, "access.denied"),
    "token_190.401": (AccessDenied, "auth.rejected"),
    "unavailable_551_1545041.400": (ApiError, ALLOWED),
    "temporary_1.400": (ApiError, "api.unavailable"),
    "temporary_2.400": (ApiError, "api.unavailable"),
    "limit_4.400": (ApiError, "api.rate_limited"),
    "limit_17.400": (ApiError, "api.rate_limited"),
    "limit_341.400": (ApiError, "api.rate_limited"),
    "limit_613.400": (ApiError, "api.rate_limited"),
    "policy_368.400": (ApiError, "api.unavailable"),
    "unheard_of_9999.400": (ApiError, "api.refused"),
}


def read_error(answer: Answer) -> QscBotError:
    with pytest.raises(QscBotError) as caught:
        graph(Wire().on("GET /v25.0/1/thread_owner", answer)).get("/1/thread_owner", OwnerAnswer, params={})
    return caught.value


def write_error(answer: Answer) -> QscBotError:
    wire = Wire().on("POST /v25.0/1/take_thread_control", answer)
    with pytest.raises(QscBotError) as caught:
        graph(wire).post("/1/take_thread_control", Success, body={"recipient": {"id": "5550001"}})
    assert len(wire.requests) == 1
    return caught.value


@pytest.mark.parametrize(("name", "kind", "code"), [(name, *row) for name, row in ROWS.items()], ids=ROWS)
def test_row_of_the_table_on_a_read(name: str, kind: type[QscBotError], code: str) -> None:
    error = read_error(graph_sample(name))
    assert (type(error), error.code, error.request_id) == (kind, code, "AbCdEf123")


@pytest.mark.parametrize(("name", "kind", "code"), [(name, *row) for name, row in ROWS.items()], ids=ROWS)
def test_row_of_the_table_on_a_write(name: str, kind: type[QscBotError], code: str) -> None:
    error = write_error(graph_sample(name))
    if name.startswith("temporary"):
        kind, code = WriteInDoubt, "write.in_doubt"
    assert (type(error), error.code, error.request_id) == (kind, code, "AbCdEf123")


def test_message_names_code_and_subcode() -> None:
    message = read_error(graph_sample("not_owner_100_2534037.400")).message
    assert message == "GET /1/thread_owner: Invalid action, not the thread owner (100/2534037)"


def test_rejected_token_names_its_source_and_no_secret() -> None:
    error = read_error(graph_sample("token_190.401"))
    assert error.message.startswith("the token from QSC_BOT_PAGE_TOKEN was rejected: Error validating")
    assert error.exit_code is ExitCode.NOT_LOGGED_IN


def test_words_that_repeat_a_secret_are_masked() -> None:
    error = read_error(body({"error": {"code": 100, "message": f"Malformed access token {SECRET}"}}, status=400))
    assert error.message == "GET /1/thread_owner: Malformed access token *** (100)"


@pytest.mark.parametrize("name", ["no_person_100_2018001.400", "no_person_100_33.400"])
def test_unknown_person_names_the_assumption_about_ids(name: str) -> None:
    assert "assumed that Social Connect's id of a Messenger person is Meta's" in read_error(graph_sample(name)).message


@pytest.mark.parametrize(
    "error",
    [{}, {"code": "²"}, {"code": None, "message": None}, {"code": [], "error_subcode": {}}, {"message": {"x": 1}}],
    ids=["empty", "no digit", "null", "containers", "message is an object"],
)
def test_error_of_another_shape_is_still_an_error(error: dict[str, object]) -> None:
    found = read_error(body({"error": error}, status=400))
    assert (found.code, found.request_id) == ("api.refused", None)


def test_error_with_http_200_is_an_error() -> None:
    assert read_error(body({"error": {"code": 190, "message": "no"}})).code == "auth.rejected"


STATUSES = {
    401: "auth.rejected",
    403: "api.refused",
    404: "api.refused",
    429: "api.rate_limited",
    500: "api.unavailable",
}


@pytest.mark.parametrize(("status", "code"), STATUSES.items(), ids=map(str, STATUSES))
def test_status_alone_is_enough(status: int, code: str) -> None:
    assert read_error(body({}, status=status)).code == code


@pytest.mark.parametrize(
    "answer",
    [body({}, status=500), body({"error": {"code": 2}}, status=503), raw(b"<html>"), body({"id": "1"}), body([])],
    ids=["500", "503 with words", "html", "another shape", "list"],
)
def test_write_without_a_readable_yes_is_in_doubt(answer: Answer) -> None:
    assert isinstance(write_error(answer), WriteInDoubt)


def test_lost_answer_of_a_write_is_in_doubt() -> None:
    assert isinstance(write_error(breaks(httpx.ReadTimeout)), WriteInDoubt)


def test_read_of_another_shape_names_the_path() -> None:
    error = read_error(body({"data": [{"thread_owner": {"app_id": 1.5}}]}))
    assert error.code == "api.wrong_shape"
    assert "at `$.data[0].thread_owner.app_id`" in error.message

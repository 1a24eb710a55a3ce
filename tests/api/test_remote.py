"""The way there and back: what can break on it, for reads and for writes."""

import socket

import httpx
import pytest

from qsc_bot.api.remote import Remote
from qsc_bot.errors import ApiError, QscBotError, WriteInDoubt
from qsc_bot.exit_codes import ExitCode
from tests.api.wire import API, Answer, Wire, body, breaks, raw, remote

TLS = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"
DNS = "[Errno -2] Name or service not known"


def error_of(answer: Answer, method: str) -> QscBotError:
    way = remote(Wire().on(f"{method} /x", answer), API)
    with pytest.raises(QscBotError) as caught:
        way.send(method, "/x")
    return caught.value


BROKEN: dict[str, tuple[Answer, str, str]] = {
    "tls": (breaks(httpx.ConnectError, TLS), "network.tls", "network.tls"),
    "dns": (breaks(httpx.ConnectError, DNS), "network.unreachable", "network.unreachable"),
    "refused": (breaks(httpx.ConnectError, "[Errno 111]"), "network.unreachable", "network.unreachable"),
    "no connection in time": (breaks(httpx.ConnectTimeout), "network.timeout", "network.timeout"),
    "no slot in time": (breaks(httpx.PoolTimeout), "network.timeout", "network.timeout"),
    "no answer in time": (breaks(httpx.ReadTimeout), "network.timeout", "write.in_doubt"),
    "not sent in time": (breaks(httpx.WriteTimeout), "network.timeout", "write.in_doubt"),
    "cut while reading": (breaks(httpx.ReadError), "network.unreachable", "write.in_doubt"),
    "cut while sending": (breaks(httpx.WriteError), "network.unreachable", "write.in_doubt"),
    "closed without answer": (breaks(httpx.RemoteProtocolError), "network.unreachable", "write.in_doubt"),
    "bad compression": (raw(b"no gzip", headers={"content-encoding": "gzip"}), "api.not_json", "write.in_doubt"),
    "html": (raw(b"<html>"), "api.not_json", "write.in_doubt"),
    "html 502": (raw(b"<html>", status=502), "api.unavailable", "write.in_doubt"),
    "html 403": (raw(b"<html>", status=403), "api.not_json", "api.not_json"),
    "nothing": (raw(b""), "api.not_json", "write.in_doubt"),
}


@pytest.mark.parametrize(("answer", "code", "_write"), BROKEN.values(), ids=BROKEN)
def test_broken_read_says_how(answer: Answer, code: str, _write: str) -> None:
    assert error_of(answer, "GET").code == code


@pytest.mark.parametrize(("answer", "_read", "code"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_broken_write_is_in_doubt_once_anything_was_sent(answer: Answer, method: str, _read: str, code: str) -> None:
    error = error_of(answer, method)
    assert error.code == code
    assert isinstance(error, WriteInDoubt) is (code == "write.in_doubt")


def test_tls_failure_is_the_environments() -> None:
    assert error_of(breaks(httpx.ConnectError, TLS), "GET").exit_code is ExitCode.ENVIRONMENT


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_server_error_on_a_write_is_in_doubt_whatever_it_says(status: int) -> None:
    assert isinstance(error_of(body({"code": status, "error": "x"}, status=status), "POST"), WriteInDoubt)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_refused_and_not_followed(method: str, status: int) -> None:
    error = error_of(raw(b"", status=status, headers={"location": "https://evil.example/"}), method)
    assert error.code == "network.redirect"
    assert str(status) in error.message


def test_message_names_host_and_path_and_no_query() -> None:
    way = remote(Wire().on("GET /x/y", breaks(httpx.ReadTimeout)), API)
    with pytest.raises(ApiError, match=r"^GET /x/y: no answer from api\.engagor\.com in time$"):
        way.send("GET", "/x/y?page_token=abc")


@pytest.mark.socket
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_closed_port_is_unreachable_and_leaves_no_doubt(method: str) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as real:
            way = Remote(real, name="Social Connect", source=lambda: "a token", secrets=list)
            with pytest.raises(ApiError) as caught:
                way.send(method, "/x")
    assert caught.value.code == "network.unreachable"
    assert f"127.0.0.1:{port} could not be reached" in caught.value.message

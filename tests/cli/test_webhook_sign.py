"""`webhook sign` and `webhook check`: offline, on the raw bytes of a file or of standard input."""

import io
from pathlib import Path

import pytest

from tests.cli.terminal import SECRETS, Prod, Terminal

BODY = b'{"id":"1","text":"caf\\u00e9"}'
ENV = {"QSC_BOT_CLIENT_SECRET": "s3cret", "QSC_BOT_APP_SECRET": "not-a-real-secret"}
REAL = """\
version: 1
default_profile: prod
profiles:
  prod:
    account_id: "1000"
"""


@pytest.fixture
def real(run: Terminal) -> Terminal:
    """A machine with an account of which only the signing secrets are known."""
    run.configure(REAL)
    return run


def raw(body: bytes) -> io.TextIOWrapper:
    """Standard input as a process has it: text, and the bytes below."""
    return io.TextIOWrapper(io.BytesIO(body))


def test_signature_is_as_documented(real: Terminal) -> None:
    result = real("webhook", "sign", "--via", "social-connect", "-f", "-", stdin=raw(b'{"id":"1"}'), env=ENV)
    assert (result.code, result.stdout) == (0, "x-signature: BpiPoc8CuDgwQ/fyc19yP3uzUJUNkhRAnN4TSQ1qY3M=\n")


@pytest.mark.parametrize(("via", "header"), [("social-connect", "x-signature"), ("messenger", "x-hub-signature-256")])
@pytest.mark.parametrize("form", ["value", "line"])
def test_what_was_signed_is_valid(run: Terminal, tmp_path: Path, via: str, header: str, form: str) -> None:
    file = tmp_path / "body"
    file.write_bytes(b"\xff\x00 no text at all \r\n")
    signed = run("webhook", "sign", "--via", via, "-f", str(file), "-o", "json").document
    assert (signed["via"], signed["header"], signed["verdict"]) == (via, header, "valid")
    given = signed["value"] if form == "value" else f"{header.upper()}: {signed['value']}"
    checked = run("webhook", "check", "--via", via, "-f", str(file), "--signature", given, "-o", "json")
    assert (checked.code, checked.document["verdict"], checked.document["value"]) == (0, "valid", signed["value"])


JUDGED: dict[str, tuple[bytes, str | None, str]] = {
    "another body": (b'{"id":"2"}', "valid", "wrong-signature"),
    "another secret": (BODY, "another", "wrong-signature"),
    "pretty-printed": (b'{\n  "id": "1",\n  "text": "caf\xc3\xa9"\n}\n', "valid", "re-encoded-body"),
    "newline at the end": (BODY + b"\n", "valid", "re-encoded-body"),
    "byte order mark": (b"\xef\xbb\xbf" + BODY + b"\r\n", "valid", "re-encoded-body"),
    "no signature": (BODY, None, "missing"),
    "empty signature": (BODY, "", "missing"),
    "hex": (BODY, "ab" * 32, "malformed"),
}


@pytest.mark.parametrize(("body", "given", "verdict"), JUDGED.values(), ids=JUDGED)
def test_verdict_says_why_a_signature_does_not_fit(
    real: Terminal, body: bytes, given: str | None, verdict: str
) -> None:
    def sign(secret: str) -> str:
        env = ENV | {"QSC_BOT_CLIENT_SECRET": secret}
        words = ["webhook", "sign", "--via", "social-connect", "-f", "-", "-o", "json"]
        return str(real(*words, stdin=raw(BODY), env=env).document["value"])

    signatures = {"valid": sign("s3cret"), "another": sign("another")}
    words = [] if given is None else ["--signature", signatures.get(given, given)]
    result = real(
        "webhook", "check", "--via", "social-connect", "-f", "-", *words, "-o", "json", stdin=raw(body), env=ENV
    )
    assert (result.code, result.document["verdict"]) == (7, verdict)
    assert result.document["note"]


@pytest.mark.parametrize("verb", ["sign", "check"])
@pytest.mark.parametrize(
    ("via", "variable"), [("social-connect", "QSC_BOT_CLIENT_SECRET"), ("messenger", "QSC_BOT_APP_SECRET")]
)
def test_missing_secret_names_its_variable(real: Terminal, verb: str, via: str, variable: str) -> None:
    result = real("webhook", verb, "--via", via, "-f", "-", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.secret")
    assert variable in result.error["message"]


@pytest.mark.parametrize("verb", ["sign", "check"])
def test_file_that_cannot_be_read_is_told(run: Terminal, tmp_path: Path, verb: str) -> None:
    for path in (tmp_path / "none", tmp_path):
        result = run("webhook", verb, "--via", "messenger", "-f", str(path), "-o", "json")
        assert (result.code, result.error["code"]) == (2, "webhook.body")


def test_body_that_holds_a_secret_is_signed_and_not_shown(prod: Prod) -> None:
    body = SECRETS["QSC_BOT_CLIENT_SECRET"].encode()
    for words in (["sign"], ["check", "--signature", SECRETS["QSC_BOT_CLIENT_SECRET"]]):
        prod.run("webhook", *words, "--via", "social-connect", "-f", "-", stdin=raw(body))
    assert prod.wire.requests == []

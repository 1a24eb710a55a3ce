"""Redaction: no secret in any line, and the line still says what happened."""

import pytest

from qsc_bot.transport.redact import redact

SECRET = "s3nt1nel-T0KEN.value_9"
CASES = {
    "bearer header": f"Authorization: Bearer {SECRET}",
    "basic header": f"authorization: Basic {SECRET}",
    "header as JSON": f'{{"Authorization": "Bearer {SECRET}", "Accept": "*/*"}}',
    "header as Python": f"{{'authorization': 'Bearer {SECRET}'}}",
    "header with more spaces": f"Authorization:  Bearer   {SECRET}",
    "header of another scheme": f"authorization: Token {SECRET}",
    "header without a scheme": f"Authorization: {SECRET}",
    "header of a proxy": f"Proxy-Authorization: Basic {SECRET}",
    "header as JSON within JSON": f'{{\\"Authorization\\": \\"Bearer {SECRET}\\"}}',
    "cookie": f"Cookie: session={SECRET}",
    "second cookie": f"Cookie: a=b; session={SECRET}",
    "set-cookie": f"Set-Cookie: id=1; path=/; v={SECRET}",
    "query": f"https://x.example/p?a=1&access_token={SECRET}&b=2",
    "page token": f"/1417/list?page_token={SECRET}",
    "form": f"client_secret={SECRET}&grant_type=refresh_token",
    "refresh token": f"refresh_token={SECRET}",
    "proof": f"appsecret_proof={SECRET}",
    "inspected token": f"input_token={SECRET}",
    "verify token": f"hub.verify_token={SECRET}",
    "JSON": f'{{"access_token":"{SECRET}"}}',
    "JSON with spaces": f'{{"token" : "{SECRET}"}}',
    "JSON within JSON": f'"{{\\"access_token\\":\\"{SECRET}\\"}}"',
    "address within a parameter": f"/p?next=https%3A%2F%2Fx.example%3Faccess_token%3D{SECRET}%26b%3D2",
    "capital letters": f"ACCESS_TOKEN={SECRET}",
    "userinfo": f"https://user:{SECRET}@x.example/path",
    "userinfo with at": f"https://user:{SECRET}@{SECRET}@x.example/path",
    "user only": f"https://{SECRET}@x.example/",
    "userinfo of a proxy": f"socks5://user:{SECRET}@proxy.example:1080",
}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES)
def test_where_secrets_stand_is_masked_without_knowing_them(text: str) -> None:
    shown = redact(text)
    assert SECRET not in shown
    assert "***" in shown


@pytest.mark.parametrize("text", [SECRET, f"x{SECRET}y", f"a {SECRET} b {SECRET}", f"path/{SECRET}/x"])
def test_known_secret_is_masked_anywhere(text: str) -> None:
    assert SECRET not in redact(text, [SECRET])


@pytest.mark.parametrize("order", [1, -1], ids=["short first", "long first"])
def test_secret_within_a_secret_leaves_no_rest(order: int) -> None:
    secrets = ["sandbox", "sandbox-client-secret"][::order]
    assert redact("key sandbox-client-secret and sandbox", secrets) == "key *** and ***"


def test_empty_secret_masks_nothing() -> None:
    assert redact("plain text", ["", SECRET]) == "plain text"


@pytest.mark.parametrize(
    "text",
    [
        "GET api.engagor.com/1417/inbox/mentions?limit=100&sort=dateadd%3Adesc -> 200 in 12 ms",
        "https://x.example/path?mail=a@b.example",
        "the token from QSC_BOT_TOKEN was rejected",
        "Ada <ada@example.com> wrote",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert redact(text, [SECRET]) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"/p?a=1&access_token={SECRET}&b=2", "/p?a=1&access_token=***&b=2"),
        (f"/p?u=%3Faccess_token%3D{SECRET}%26b%3D2&c", "/p?u=%3Faccess_token%3D***%26b%3D2&c"),
        (f'{{\\"access_token\\":\\"{SECRET}\\",\\"a\\":1}}', '{\\"access_token\\":\\"***\\",\\"a\\":1}'),
        (f"socks5://u:{SECRET}@proxy.example:1080", "socks5://***@proxy.example:1080"),
        (f"Authorization: Bearer {SECRET}, then", "Authorization: Bearer ***, then"),
    ],
)
def test_neighbours_of_a_secret_stay(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the token s3nt1nel... is malformed", "the token ***... is malformed"),
        ("the token s3nt1nel-T0KEN… is malformed", "the token ***… is malformed"),
        ("no app knows 'NEL-T0KEN'", "no app knows '***'"),
        ("the token ends with value_9", "the token ends with value_9"),
    ],
)
def test_piece_of_a_secret_is_masked_from_eight_characters_on(text: str, shown: str) -> None:
    assert redact(text, [SECRET]) == shown

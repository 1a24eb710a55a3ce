"""Bodies as they may be shown: without tokens, and otherwise as the remote sent them.

In a text, a token is what is known as one, or the value of a name that nobody uses by chance, as a parameter of an
address or a member of JSON; a customer who writes "token=blue" is quoted as written.
"""

import re
from collections.abc import Collection
from typing import Any, Final

from qsc_bot.transport.spellings import MASK, hide

TOKEN_NAMES: Final = re.compile(
    r"access_token|refresh_token|client_secret|appsecret_proof|input_token|verify_token", re.IGNORECASE
)
_SECRET_KEY: Final = re.compile(
    rf"(?:\w+[_.])?(?:{TOKEN_NAMES.pattern})|app_secret|url_secret|id_token|password|authorization", re.IGNORECASE
)
_PARAMETER: Final = re.compile(
    rf"((?:{TOKEN_NAMES.pattern})(?:=|%(?:25)*3d))"
    r"(?:(?!%(?:25)*2[36])[^\s&#\"'<>)\\]|\\+(?:/|u(?!002[267])[0-9a-f]{4}))+",
    re.IGNORECASE,
)
_MEMBER: Final = rf"((?:{TOKEN_NAMES.pattern})\\*[\"']\s*:\s*"
_NUMBER: Final = re.compile(rf"{_MEMBER})(?!null|true|false)[^\s\"'\\,}}\]]+", re.IGNORECASE)


def _member(quote: str, escapes: int) -> re.Pattern[str]:
    """A member whose value is quoted; JSON within JSON has 1, 3 or 7 backslashes before each quote."""
    level = escapes + 1
    value = rf"[^{quote}\\]|\\{{{2 * level}}}|\\{{{level + escapes}}}{quote}|\\{{1,{level + escapes}}}(?![{quote}\\])"
    return re.compile(rf"{_MEMBER}\\{{{escapes}}}{quote})(?:{value})*", re.IGNORECASE)


_MEMBERS: Final = [_member(quote, escapes) for quote in "\"'" for escapes in (0, 1, 3, 7)]


def scrub(body: Any, secrets: Collection[str]) -> Any:
    """A body without tokens: those that are known, in any form, and those whose name says so."""
    match body:
        case dict():
            return {
                hide(key, secrets): MASK if _SECRET_KEY.fullmatch(key) else scrub(value, secrets)
                for key, value in body.items()
            }
        case list():
            return [scrub(one, secrets) for one in body]
        case str():
            return _without_tokens(hide(body, secrets))
        case int():
            return body if hide(str(body), secrets) == str(body) else MASK
    return body


def _without_tokens(text: str) -> str:
    if not TOKEN_NAMES.search(text):
        return text
    for pattern in (*_MEMBERS, _NUMBER, _PARAMETER):
        text = pattern.sub(rf"\1{MASK}", text)
    return text

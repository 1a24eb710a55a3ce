"""Reading YAML strictly: hostile and broken documents cost nothing and are named by line or path."""

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.document import LIMIT_BYTES
from qsc_bot.models.yaml_text import parse_document

BOMB = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [*{below}, *{below}]\n" for below, name in zip("abcdefg", "bcdefgh", strict=True)
)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        pytest.param(BOMB.encode(), "line 1, column 4: anchors and aliases", id="anchor bomb"),
        pytest.param(b"a: *b", "anchors and aliases", id="alias"),
        pytest.param(b"&k a: 1", "anchors and aliases", id="anchor on a key"),
        pytest.param(b"a: {<<: {b: 1}}", "merge keys", id="merge key"),
        pytest.param(b"a: !!python/object:os.system x", "tags such as", id="object tag"),
        pytest.param(b"a: !mine [1]", "tags such as", id="own tag"),
        pytest.param(b"a: !!str 1", "tags such as", id="standard tag"),
        pytest.param(b"a: 1\nb: 2\na: 3", "line 3, column 1: the key a stands twice", id="duplicate key"),
        pytest.param(b"a: 1\n'a': 3", "the key a stands twice", id="duplicate key in quotes"),
        pytest.param(b"1: x", "line 1, column 1: this key is no text", id="number as key"),
        pytest.param(b"on: x", "this key is no text", id="switch as key"),
        pytest.param(b"? [a]\n: 1", "this key is no text", id="list as key"),
        pytest.param(b"a:\n\tb: 1", "line 2, column 1: a tab", id="tab"),
        pytest.param(b"a: [1", "line 1", id="open list"),
        pytest.param(b"a: 'x", "line 1", id="open text"),
        pytest.param(b"a: b: c", "line 1, column 5", id="two colons"),
        pytest.param(b"a: 1\n---\nb: 2", "line 2, column 1: a second document", id="two documents"),
        pytest.param(b"a: 1\nb: \x00", "line 2: holds a character", id="nul"),
        pytest.param(b"a: \xff", "is not UTF-8 text (at byte 4)", id="no utf-8"),
        pytest.param("a: 1".encode("utf-16"), "is not UTF-8", id="utf-16"),
        pytest.param(b"[" * LIMIT_BYTES, "nested too deep", id="deep flow"),
        pytest.param(b"- " * 500 + b"x", "nested too deep", id="deep block"),
        pytest.param(b"- a\n" * 100_000, "more than 50000 values", id="too many values"),
        pytest.param(b"#" * (LIMIT_BYTES + 1), "larger than 1 MiB", id="too large"),
    ],
)
def test_hostile_document_is_refused(content: bytes, part: str) -> None:
    with pytest.raises(QscBotError) as caught:
        parse_document(content, source="x.yaml")
    assert caught.value.code == "config.invalid"
    assert caught.value.message.startswith("x.yaml: ")
    assert part in caught.value.message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("012", 12.0),
        ("1.5", 1.5),
        ("9" * 5000, float("inf")),
        ("yes", True),
        ("False", False),
        ("~", None),
        ("''", ""),
        ("'12'", "12"),
        ("2020-13-45", "2020-13-45"),
        ("1:30", "1:30"),
        ("{a: [b, {c: }]}", {"a": ["b", {"c": None}]}),
        ("\ufeffa: 1", {"a": 1}),
        ("", None),
    ],
)
def test_plain_values(text: str, value: object) -> None:
    found = parse_document(text.encode(), source="x.yaml")
    assert found == value
    assert type(found) is type(value)


def test_hostile_key_is_shown_harmlessly() -> None:
    with pytest.raises(QscBotError) as caught:
        parse_document(b'"\\e[2J": 1\n"\\e[2J": 2', source="x.yaml")
    assert caught.value.message.isprintable()

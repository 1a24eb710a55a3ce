"""The handover calls and the shapes of their item."""

from typing import Any

import pytest

from tests.sandbox.bench import Bench, MakeBench

BOT, AGENT = "/1000/inbox/handover/whatsapp/32470000000", "/1000/inbox/handover/whatsapp/32470000001"


@pytest.mark.parametrize(
    ("shape", "bot", "agent"),
    [
        ("owner", {"owner": "application"}, {"owner": "social_connect"}),
        ("state", {"state": "bot"}, {"state": "agent"}),
        ("status", {"status": "external_application"}, {"status": "social_connect"}),
        (
            "application",
            {"application": {"name": "Example bot"}, "owner": {"type": "application"}},
            {"application": None, "owner": {"type": "social_connect"}},
        ),
        ("unreadable", {"kind": "handover", "level": 1}, {"kind": "handover", "level": 2}),
    ],
)
def test_item_has_the_wanted_shape(
    make_bench: MakeBench, shape: str, bot: dict[str, Any], agent: dict[str, Any]
) -> None:
    bench = make_bench(handover_shape=shape)
    assert bench.ask("GET", BOT) == bot
    assert bench.ask("GET", AGENT) == agent
    assert bench.ask("POST", BOT) == agent
    assert bench.ask("DELETE", BOT) == bot


def test_only_a_real_change_counts_as_a_write(bench: Bench) -> None:
    for method in ("POST", "POST", "DELETE", "DELETE"):
        bench.ask(method, BOT)
    writes = {item["id"]: item["writes"] for item in bench.sandbox.status()["conversations"]}
    assert writes["whatsapp:32470000000"] == 2
    assert writes["whatsapp:32470000001"] == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("facebook/5550001", (400, "unsupported_type")),
        ("twitter/1001", (400, "unsupported_type")),
        ("web/nobody", (404, "not_found")),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_other_services_and_people_are_refused(bench: Bench, method: str, path: str, expected: tuple[int, str]) -> None:
    assert bench.refused(method, f"/1000/inbox/handover/{path}") == expected


def test_new_person_begins_with_the_bot(bench: Bench) -> None:
    bench.sandbox.say("viber:new/person", "Hi")
    assert bench.ask("GET", "/1000/inbox/handover/viber/new%2Fperson") == {"owner": "application"}

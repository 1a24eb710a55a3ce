"""What is known and what is written: a write reads afresh, and a list shows what was written."""

import httpx
import pytest

from tests.cli.calls import controls, listed
from tests.cli.terminal import Prod

HELD = {"twitter": "twitter:1002", "whatsapp": "whatsapp:32470000001", "facebook": "facebook:5550002"}
FREE = {"twitter": "twitter:1001", "whatsapp": "whatsapp:32470000000", "facebook": "facebook:5550001"}


def elsewhere(prod: Prod) -> dict[str, str]:
    """Another machine with the same account."""
    return {"QSC_BOT_CACHE_DIR": str(prod.run.home / "elsewhere")}


@pytest.mark.parametrize("conversation", HELD.values(), ids=HELD)
def test_stale_reading_is_never_used_for_a_write(prod: Prod, conversation: str) -> None:
    assert controls(listed(prod)[0])[conversation] == "agent"
    assert prod.run("handover", "to-bot", conversation, "-o", "json", env=elsewhere(prod)).item["status"] == "changed"
    prod.wire.requests.clear()
    again = prod.run("handover", "to-bot", conversation, "-o", "json")
    assert again.item["status"] == "unchanged"
    assert prod.wire.writes == []
    assert prod.run("handover", "to-agent", conversation, "-o", "json").item["status"] == "changed"


@pytest.mark.parametrize("conversation", FREE.values(), ids=FREE)
def test_guard_is_held_against_a_fresh_reading(prod: Prod, conversation: str) -> None:
    listed(prod)
    prod.run("handover", "to-agent", conversation, env=elsewhere(prod))
    guarded = prod.run("handover", "to-agent", conversation, "--if-control", "bot", "-o", "json")
    assert guarded.code == 7


@pytest.mark.parametrize("conversation", FREE.values(), ids=FREE)
def test_list_within_max_age_shows_what_was_written(prod: Prod, conversation: str) -> None:
    assert controls(listed(prod)[0])[conversation] == "bot"
    prod.run("handover", "to-agent", conversation)
    assert controls(listed(prod)[0])[conversation] == "agent"
    prod.run("handover", "to-bot", conversation)
    assert controls(listed(prod)[0])[conversation] == "bot"
    assert controls(listed(prod, "--cached")[0])[conversation] == "bot"


@pytest.mark.parametrize("verb", [("add", True), ("remove", False)], ids=lambda verb: verb[0])
def test_escalation_of_a_conversation_that_moves_otherwise_leaves_its_holder(
    prod: Prod, verb: tuple[str, bool]
) -> None:
    conversation = "whatsapp:32470000001"
    if not verb[1]:
        prod.run("escalation", "add", conversation)
    listed(prod)
    assert prod.run("escalation", verb[0], conversation, "-o", "json").item["status"] == "changed"
    for words in ([], ["--cached"]):
        shown = {item["id"]: item for item in listed(prod, *words)[0].document["items"]}[conversation]
        assert (shown["control"], shown["escalated"]) == ("agent", verb[1])


@pytest.mark.parametrize("escalated", ["--escalated", "--not-escalated"])
def test_asking_for_the_tag_leaves_who_holds_it(prod: Prod, escalated: str) -> None:
    listed(prod, escalated)
    assert controls(listed(prod)[0])["whatsapp:32470000001"] == "agent"
    assert controls(listed(prod)[0])["whatsapp:32470000000"] == "bot"


class Dying(httpx.BaseTransport):
    """A network that breaks with the first write, once that had its effect."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._is_dead = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer reads until something was written."""
        if self._is_dead:
            raise httpx.ConnectError("Network is unreachable", request=request)
        self._is_dead = request.method != "GET"
        response = self._inner.handle_request(request)
        if self._is_dead:
            raise httpx.ReadError("Connection reset by peer", request=request)
        return response


@pytest.mark.parametrize("conversation", FREE.values(), ids=FREE)
def test_write_whose_answer_was_lost_leaves_nothing_known(prod: Prod, conversation: str) -> None:
    listed(prod)
    network, dying = prod.run.mount, Dying(prod.wire)
    prod.run.mount = lambda _base_url: dying
    result = prod.run("handover", "to-agent", conversation, "-o", "json")
    assert (result.code, result.item["status"]) == (8, "in_doubt")
    cached = {item["id"]: item for item in listed(prod, "--cached")[0].document["items"]}[conversation]
    assert (cached["control"], cached["observed_at"], cached["escalated"]) == ("unknown", None, None)
    assert cached["note"] == "who holds it was not read yet"
    prod.run.mount = network
    assert controls(listed(prod)[0])[conversation] == "agent"


def test_index_of_another_tag_knows_nothing_of_this_one(prod: Prod) -> None:
    listed(prod)
    prod.run.configure(prod.run.config_file.read_text().replace("topic_ids:", "escalation_tag: vip\n    topic_ids:"))
    result, calls = listed(prod)
    assert calls
    assert controls(result)["twitter:1002"] == "bot"

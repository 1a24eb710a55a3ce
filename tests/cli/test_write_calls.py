"""What writes cost: the forecast is what is really called."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from qsc_bot.models.conversation import Control, Method
from qsc_bot.models.operation import Step
from qsc_bot.operations.forecast import Calls, calls_of
from tests.cli.explained import INBOX, give
from tests.cli.scenes import SCENES
from tests.cli.terminal import Prod
from tests.conftest import MakeProd

ONCE = ("messaging_feature_status", "/sandbox/automation")
"""What is asked once a run: whether routing is on, and which recipes there are."""


def made(prod: Prod) -> tuple[int, int]:
    """The calls to each remote so far, for the conversation alone."""
    requests = [one for one in prod.wire.requests if not any(word in str(one.url) for word in ONCE)]
    graph = sum(one.url.host == "graph.facebook.com" for one in requests)
    return len(requests) - graph, graph


@pytest.mark.parametrize("verify", [True, False], ids=["verified", "not verified"])
@pytest.mark.parametrize(
    ("conversation", "method", "verb", "held_by"),
    [
        pytest.param("twitter:1001", Method.TAG, "to-agent", Control.BOT, id="tag on"),
        pytest.param("twitter:1002", Method.TAG, "to-bot", Control.AGENT, id="tag off"),
        pytest.param("whatsapp:32470000000", Method.HANDOVER, "to-agent", Control.BOT, id="handover to agents"),
        pytest.param("whatsapp:32470000001", Method.HANDOVER, "to-bot", Control.AGENT, id="handover to the bot"),
        pytest.param("facebook:5550001", Method.MESSENGER, "to-agent", Control.BOT, id="thread passed"),
        pytest.param("facebook:5550002", Method.MESSENGER, "to-bot", Control.AGENT, id="thread taken"),
    ],
)
def test_hand_over_calls_what_is_foreseen(
    prod: Prod, conversation: str, method: Method, verb: str, held_by: Control, verify: bool
) -> None:
    result = prod.run("handover", verb, conversation, *([] if verify else ["--no-verify"]), "-o", "json")
    step = Step(id=conversation, action=f"handover.{verb.replace('-', '_')}", expected=held_by, verify=verify)
    calls = calls_of(step, method)
    assert result.item["status"] == "changed"
    assert made(prod) == (calls.social_connect, calls.graph)


@pytest.mark.parametrize(
    ("conversation", "method"),
    [
        pytest.param("twitter:1001", Method.TAG, id="tag"),
        pytest.param("whatsapp:32470000000", Method.HANDOVER, id="handover"),
        pytest.param("facebook:5550001", Method.MESSENGER, id="messenger"),
    ],
)
def test_extension_calls_what_is_foreseen(prod: Prod, conversation: str, method: Method) -> None:
    prod.run("handover", "extend", conversation, "--by", "48h")
    calls = calls_of(Step(id=conversation, action="handover.extend", seconds=1), method)
    assert made(prod) == (calls.social_connect, calls.graph)


@pytest.mark.parametrize("conversation", ["twitter:1001", "whatsapp:32470000000", "facebook:5550001"])
def test_tag_write_calls_what_is_foreseen(prod: Prod, conversation: str) -> None:
    result = prod.run("escalation", "add", conversation, "-o", "json")
    assert result.item["status"] == "changed"
    assert made(prod) == (2, 0)
    assert calls_of(Step(id=conversation, action="escalation.add"), Method.TAG) == Calls(social_connect=2)


@pytest.mark.parametrize(
    ("conversation", "method", "verb", "held_by"),
    [
        pytest.param("whatsapp:32470000000", Method.HANDOVER, "to-agent", Control.BOT, id="handover to agents"),
        pytest.param("whatsapp:32470000001", Method.HANDOVER, "to-bot", Control.AGENT, id="handover to the bot"),
        pytest.param("facebook:5550001", Method.MESSENGER, "to-agent", Control.BOT, id="thread passed"),
        pytest.param("facebook:5550002", Method.MESSENGER, "to-bot", Control.AGENT, id="thread taken"),
    ],
)
def test_tag_that_follows_is_foreseen(
    prod: Prod, conversation: str, method: Method, verb: str, held_by: Control
) -> None:
    if verb == "to-bot":
        prod.run("escalation", "add", conversation)
    prod.wire.requests.clear()
    result = prod.run("handover", verb, conversation, "--with-tag", "-o", "json")
    assert "escalation tag" in result.item["note"]
    step = Step(id=conversation, action=f"handover.{verb.replace('-', '_')}", expected=held_by, with_tag=True)
    calls = calls_of(step, method)
    assert made(prod) == (calls.social_connect, calls.graph)


@pytest.mark.parametrize(
    ("scene", "method", "step"),
    [
        ("lapsing", Method.MESSENGER, Step(id="facebook:5550002", action="handover.renew")),
        ("agent_forgotten", Method.TAG, Step(id="twitter:1002", action="handover.to_bot")),
        ("split_brain", Method.TAG, Step(id="whatsapp:32470000000", action="escalation.remove")),
        (
            "bot_silent, a recipe should have fired",
            Method.HANDOVER,
            Step(id="viber:viber-1", action="handover.to_agent", with_tag=True),
        ),
    ],
    ids=["renew", "tag off", "split brain", "handover with tag"],
)
def test_step_of_a_plan_calls_what_is_foreseen(
    make_prod: MakeProd, tmp_path: Path, scene: str, method: Method, step: Step
) -> None:
    prod, plan = make_prod(**SCENES[scene].settings), tmp_path / "plan.json"
    SCENES[scene].play(prod)
    prod.run("conversation", "rescue", step.id, "--out", str(plan))
    prod.wire.requests.clear()
    result = prod.run("conversation", "rescue", "--plan", str(plan), "--yes", "-o", "json")
    assert result.item["status"] == "changed"
    calls = calls_of(replace(step, fingerprint="sha256:1"), method) + Calls(social_connect=1)
    assert made(prod) == (calls.social_connect, calls.graph), "and one call for what is new since the plan"


def test_thread_of_another_app_is_taken_first(prod: Prod) -> None:
    give(prod, "5550001", INBOX)
    prod.wire.requests.clear()
    result = prod.run("handover", "to-agent", "facebook:5550001", "-o", "json")
    step = Step(id="facebook:5550001", action="handover.to_agent", expected=Control.OTHER)
    assert (result.item["status"], calls_of(step, Method.MESSENGER)) == ("changed", Calls(graph=4))
    assert made(prod) == (0, 4)

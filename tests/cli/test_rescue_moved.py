"""What moves between a plan and its act is skipped and told; nothing is forced, and nothing is done twice."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.cli.explained import INBOX, give, graph
from tests.cli.rescued import rescued, rescued_after, saved
from tests.cli.scenes import SCENES
from tests.cli.terminal import Prod
from tests.conftest import MakeProd

SILENT: Final = "viber:viber-1"
Act = Callable[[Prod], object]


def answered(prod: Prod) -> None:
    prod.run.now += 5
    prod.sandbox.agent_reply("twitter:1002", "Still there?")


def asked_again(prod: Prod) -> None:
    prod.run.now += 5
    prod.sandbox.say(SILENT, "Hello?")


def tagged(prod: Prod) -> None:
    assert prod.run("escalation", "add", SILENT).code == 0


def taken_and_given(prod: Prod) -> None:
    graph(prod, "take_thread_control", recipient={"id": "5550002"})
    give(prod, "5550002", INBOX)


def handed_over(prod: Prod) -> None:
    assert prod.run("handover", "to-agent", SILENT, "--no-tag").code == 0


@pytest.mark.parametrize(
    ("scene", "move", "told"),
    [
        ("bot_silent, a recipe should have fired", asked_again, "its newest message is another one now"),
        ("bot_silent, a recipe should have fired", tagged, "the escalation tag is on now"),
        ("bot_silent, a recipe should have fired", handed_over, "it is held by agent now"),
        ("agent_forgotten", answered, "its newest message is another one now"),
        ("lapsing", taken_and_given, "it is held by other now"),
    ],
    ids=["a new message", "the tag", "another holder", "an agent's reply", "another app"],
)
def test_what_has_moved_while_the_question_stood_is_skipped(
    make_prod: MakeProd, scene: str, move: Act, told: str
) -> None:
    prod = make_prod(**SCENES[scene].settings)
    SCENES[scene].play(prod)
    name = SCENES[scene].id
    before: list[int] = []

    def meanwhile() -> None:
        move(prod)
        before.append(len(prod.wire.writes))

    result = rescued_after(prod, meanwhile, name)
    assert result.code == 0
    assert (result.document["items"][0]["status"], len(prod.wire.writes)) == ("skipped", before[0])
    assert result.document["items"][0]["note"] == f"moved since the plan: {told}"


def test_another_holder_of_the_same_kind_has_moved_too(prod: Prod) -> None:
    give(prod, "5550001", INBOX)
    path = saved(prod, "facebook:5550001")
    text = path.read_text()
    step = prod.run("conversation", "rescue", "--plan", str(path), "-n", "-o", "json").document["steps"][0]
    parts = step["fingerprint"].split("-")
    path.write_text(text.replace(step["fingerprint"], "-".join([parts[0], "0" * 8, *parts[2:]])))
    item = prod.run("conversation", "rescue", "--plan", str(path), "--yes", "-o", "json").item
    assert (item["status"], item["note"]) == ("skipped", f"moved since the plan: it is held by {INBOX} now")


def test_only_what_has_moved_is_skipped(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=None)
    prod.sandbox.reset("large:12:viber")
    prod.run.now += 3600

    def meanwhile() -> None:
        prod.run.now += 5
        prod.sandbox.say("viber:3", "Hello?")
        prod.sandbox.say("viber:7", "Hello?")

    document = rescued_after(prod, meanwhile).document
    assert document["counts"]["changed"] == 10
    assert sorted(item["id"] for item in document["items"] if item["status"] == "skipped") == ["viber:3", "viber:7"]


def test_second_terminal_with_the_same_plan_finds_all_moved(prod: Prod) -> None:
    path = saved(prod)
    words = ["conversation", "rescue", "--plan", str(path), "--yes", "-o", "json"]
    inner: list[dict[str, int]] = []
    result = rescued_after(prod, lambda: inner.append(prod.run(*words).document["counts"]), SILENT)
    assert inner[0]["changed"] == 1
    assert (result.document["counts"]["changed"], result.document["counts"]["skipped"]) == (0, 1)
    assert prod.run(*words).document["counts"]["skipped"] == 1
    assert prod.effects(SILENT) == 1


def test_tag_that_the_rescue_itself_moves_is_no_move_of_the_contacts_other_conversation(prod: Prod) -> None:
    names = ["twitter:1003", "whatsapp:32470000003"]
    for name in names:
        assert prod.run("handover", "to-agent", name).code == 0
    prod.run.now += 13 * 3600
    found = rescued(prod, *names)
    assert {name: found[name]["status"] for name in names} == dict.fromkeys(names, "changed")
    assert [prod.control(name) for name in names] == ["bot", "bot"]


def test_state_is_read_after_the_plan_was_made_for_every_step(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=None)
    prod.sandbox.reset("large:8:viber")
    prod.run.now += 3600
    prod.run("conversation", "rescue", "-n")
    prod.wire.requests.clear()
    rescued_after(prod, prod.wire.requests.clear)
    first_write: dict[str, int] = {}
    for at, request in enumerate(prod.wire.requests):
        name = request.url.path.rpartition("/")[2]
        if request.method == "POST":
            first_write.setdefault(name, at)
    for name, at in first_write.items():
        before = [one.url.path for one in prod.wire.requests[:at] if one.url.path.endswith(f"/{name}")]
        assert any("/inbox/handover/" in path for path in before)
        assert any("/inbox/contact/" in path for path in before)
        assert any(one.url.path.endswith("/inbox/mentions") for one in prod.wire.requests[:at])
    assert len(first_write) == 8


def lose_writes(prod: Prod) -> None:
    """Writes are done and their answers lost, and then nothing can be read back; soon the limit is reached."""
    prod.sandbox.add_fault("POST /*/inbox/handover/*", cut="after", times=2)
    prod.sandbox.add_fault("POST /*/inbox/handover/*", rate_limit=True, times=None)


def test_resumed_rescue_keeps_its_guard_but_for_what_it_had_sent(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=None)
    prod.sandbox.reset("large:12:viber")
    prod.run.now += 3600
    lost = rescued_after(prod, lambda: lose_writes(prod)).document
    sent = {item["id"] for item in lost["items"] if item["status"] in ("in_doubt", "changed")}
    assert len(sent) == 2
    prod.sandbox.clear_faults()
    prod.run.now += 2 * 3600
    for number in range(1, 13):
        prod.sandbox.say(f"viber:{number}", "Hello?")
    resumed = prod.run("operation", "resume", lost["operation"], "-o", "json").document
    found = {item["id"]: item["status"] for item in resumed["items"]}
    assert found == {f"viber:{n}": "changed" if f"viber:{n}" in sent else "skipped" for n in range(1, 13)}
    assert all(prod.effects(name) == (name in sent) for name in found)


@pytest.mark.parametrize("edge", ["take_thread_control", "pass_thread_control"])
@pytest.mark.parametrize("cut", ["before", "after"])
def test_renewal_that_was_cut_is_finished_by_resume(make_prod: MakeProd, edge: str, cut: str) -> None:
    prod = make_prod()
    SCENES["lapsing"].play(prod)
    prod.sandbox.add_fault(f"POST /graph/*/{edge}", cut=cut)
    result = prod.run("conversation", "rescue", "--code", "lapsing", "--yes", "-o", "json")
    if result.code:
        operation = result.document["operation"]
        result = prod.run("operation", "resume", operation, "-o", "json")
    assert (result.code, result.item["status"], prod.control("facebook:5550002")) == (0, "changed", "agent")


def test_plan_of_another_day_still_finds_the_messages_it_was_made_on(prod: Prod) -> None:
    path = saved(prod, "--since", "2d")
    for file in (prod.run.home / ".cache").rglob("index.db*"):
        file.unlink()
    item = prod.run("conversation", "rescue", "--plan", str(path), "--yes", "-o", "json").item
    assert item["status"] == "changed"

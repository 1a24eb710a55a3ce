"""The escalation tag that follows a hand-over: when it does, in which order, and what is left when one write fails."""

import httpx
import pytest

from tests.cli.terminal import PROD, Prod, Result

BO, DAN, IDA = "whatsapp:32470000000", "whatsapp:32470000001", "whatsapp:32470000003"
IDA_TWITTER, FINN = "twitter:1003", "facebook:5550001"
TAG = "escalated to agent"


def hand_over(prod: Prod, to: str, *words: str) -> Result:
    return prod.run("handover", to, *words, "-o", "json")


def is_tagged(prod: Prod, conversation: str) -> bool:
    found = prod.run("conversation", "show", conversation, "-o", "json").document
    return bool(found["escalated"])


def written(prod: Prod) -> list[tuple[str, str]]:
    """Method and kind of each write, in the order in which they went out."""
    return [(one.method, one.url.path.split("/")[-3].rpartition("/")[2]) for one in prod.wire.writes]


def make_recipe(prod: Prod, *words: str) -> None:
    prod.run("webhook", "register", "bot", "--url", "https://bot.example.com/hook")
    assert prod.run("recipe", "create", "to-bot", "--webhook", "bot", *words).code == 0
    prod.wire.requests.clear()


def test_bot_is_silenced_before_agents_get_control(prod: Prod) -> None:
    result = hand_over(prod, "to-agent", BO, "--with-tag")
    assert (result.item["status"], result.item["to"], result.item["verified"]) == ("changed", "agent", True)
    assert "the escalation tag was put on" in result.item["note"]
    assert written(prod) == [("POST", "contact"), ("POST", "handover")]
    assert (prod.control(BO), is_tagged(prod, BO)) == ("agent", True)


def test_bot_is_freed_after_it_has_control(prod: Prod) -> None:
    prod.run("escalation", "add", DAN)
    prod.wire.requests.clear()
    result = hand_over(prod, "to-bot", DAN, "--with-tag")
    assert (result.item["status"], result.item["to"]) == ("changed", "bot")
    assert "the escalation tag was taken off" in result.item["note"]
    assert written(prod) == [("DELETE", "handover"), ("POST", "contact")]
    assert not is_tagged(prod, DAN)


def test_messenger_takes_the_tag_along(prod: Prod) -> None:
    result = hand_over(prod, "to-agent", FINN, "--with-tag")
    assert (result.item["status"], result.item["method"]) == ("changed", "messenger")
    assert (prod.control(FINN), is_tagged(prod, FINN)) == ("agent", True)


def test_tag_alone_is_a_change_where_control_is_right_already(prod: Prod) -> None:
    result = hand_over(prod, "to-agent", DAN, "--with-tag")
    assert (result.item["status"], result.item["from"], result.item["to"]) == ("changed", "agent", "agent")
    assert written(prod) == [("POST", "contact")]
    again = hand_over(prod, "to-agent", DAN, "--with-tag")
    assert again.item["status"] == "unchanged"


ALIGNED = {
    "always": ("always", [], [], True),
    "never": ("never", [], [], False),
    "never, but asked for": ("never", [], ["--with-tag"], True),
    "always, but refused": ("always", [], ["--no-tag"], False),
    "auto, a recipe leaves out the tag": ("auto", [["--exclude-tag", TAG]], [], True),
    "auto, a recipe without": ("auto", [["--no-exclude-tag"]], [], False),
    "auto, a recipe with another tag": ("auto", [["--exclude-tag", "vip"]], [], False),
    "auto, a disabled recipe": ("auto", [["--exclude-tag", TAG, "--disabled"]], [], False),
    "auto, no recipe": ("auto", [], [], False),
}


@pytest.mark.parametrize(("align", "recipes", "words", "follows"), ALIGNED.values(), ids=ALIGNED)
def test_profile_and_recipes_say_whether_the_tag_follows(
    prod: Prod, align: str, recipes: list[list[str]], words: list[str], follows: bool
) -> None:
    prod.run.configure(PROD + f"    align_tag: {align}\n")
    for wish in recipes:
        make_recipe(prod, *wish)
    assert hand_over(prod, "to-agent", BO, *words).code == 0
    assert is_tagged(prod, BO) is follows
    assert len(prod.wire.writes) == (2 if follows else 1)


def test_recipes_are_not_read_where_the_tag_is_the_control(prod: Prod) -> None:
    assert hand_over(prod, "to-agent", "twitter:1001").code == 0
    assert not [one for one in prod.wire.requests if "automation" in one.url.path]


def test_recipes_that_cannot_be_read_are_told_and_the_tag_stays(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /*/sandbox/automation/*", status=500, times=9)
    result = hand_over(prod, "to-agent", BO)
    assert (result.code, result.item["status"]) == (0, "changed")
    assert "could not be read, so the tag is left as it is" in result.document["warnings"][0]
    assert not is_tagged(prod, BO)


def test_tag_stays_on_for_a_conversation_that_uses_it(prod: Prod) -> None:
    prod.run("handover", "to-agent", IDA, "--with-tag")
    result = hand_over(prod, "to-bot", IDA, "--with-tag")
    assert (result.item["status"], result.item["to"]) == ("changed", "bot")
    assert f"the escalation tag stays on, since the contact's others may need it: {IDA_TWITTER}" in result.item["note"]
    assert is_tagged(prod, IDA)


def test_refused_tag_moves_nothing_to_the_agents(prod: Prod) -> None:
    prod.sandbox.add_fault("POST /*/inbox/contact/*", status=403)
    result = hand_over(prod, "to-agent", BO, "--with-tag")
    assert (result.code, result.item["status"]) == (5, "failed")
    assert prod.effects(BO) == 0
    assert prod.control(BO) == "bot"


class Lost(httpx.BaseTransport):
    """A wire on which a contact is not heard of again once it was written to."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner
        self._is_lost = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer until then."""
        response = self._inner.handle_request(request)
        if "/inbox/contact/" in request.url.path:
            self._is_lost = self._is_lost or request.method == "POST"
            if self._is_lost:
                raise httpx.ReadTimeout("no answer", request=request)
        return response


def test_tag_in_doubt_moves_nothing_to_the_agents(prod: Prod) -> None:
    lost = Lost(prod.wire)
    prod.run.mount = lambda _base_url: lost
    result = hand_over(prod, "to-agent", BO, "--with-tag")
    assert (result.code, result.item["status"], result.item["to"]) == (8, "in_doubt", "bot")
    assert prod.control(BO) == "bot"
    prod.run.mount = lambda _base_url: prod.wire
    resumed = prod.run("operation", "resume", result.document["operation"], "-o", "json")
    assert (resumed.code, resumed.item["status"], resumed.item["to"]) == (0, "changed", "agent")
    assert (prod.control(BO), is_tagged(prod, BO)) == ("agent", True)


def test_refused_tag_after_the_hand_over_names_the_command(prod: Prod) -> None:
    prod.run("escalation", "add", DAN)
    prod.sandbox.add_fault("POST /*/inbox/contact/*", status=403)
    result = hand_over(prod, "to-bot", DAN, "--with-tag")
    assert (result.code, result.item["status"], result.item["to"]) == (5, "failed", "bot")
    assert f"the escalation tag is still on; qsc-bot escalation remove {DAN}" in result.item["note"]
    assert (prod.control(DAN), is_tagged(prod, DAN)) == ("bot", True)


def test_refused_hand_over_after_the_tag_says_that_it_is_on(prod: Prod) -> None:
    prod.sandbox.add_fault("POST /*/inbox/handover/*", status=403)
    result = hand_over(prod, "to-agent", BO, "--with-tag")
    assert (result.code, result.item["status"]) == (5, "failed")
    assert "the escalation tag was put on before" in result.item["error"]["message"]
    assert is_tagged(prod, BO)


def test_dry_run_shows_both_writes_in_their_order(prod: Prod) -> None:
    calls = hand_over(prod, "to-agent", BO, "--with-tag", "--dry-run").document["requests"]
    assert [call["path"].split("/")[3] for call in calls] == ["contact", "handover"]
    assert prod.wire.writes == []


def test_guard_holds_for_the_tag_too(prod: Prod) -> None:
    result = hand_over(prod, "to-agent", BO, "--with-tag", "--if-control", "other")
    assert (result.code, prod.wire.writes) == (7, [])


def undo(prod: Prod, result: Result) -> Result:
    return prod.run("operation", "undo", result.document["operation"], "-o", "json")


def test_undo_takes_both_back(prod: Prod) -> None:
    undone = undo(prod, hand_over(prod, "to-agent", BO, "--with-tag"))
    assert (undone.code, undone.item["status"], undone.item["to"]) == (0, "changed", "bot")
    assert (prod.control(BO), is_tagged(prod, BO)) == ("bot", False)


def test_undo_leaves_a_tag_that_was_on_before(prod: Prod) -> None:
    prod.run("escalation", "add", BO)
    undo(prod, hand_over(prod, "to-agent", BO, "--with-tag"))
    assert (prod.control(BO), is_tagged(prod, BO)) == ("bot", True)


def test_undo_of_the_tag_alone_leaves_control(prod: Prod) -> None:
    undone = undo(prod, hand_over(prod, "to-agent", DAN, "--with-tag"))
    assert (undone.item["action"], undone.item["status"]) == ("escalation.remove", "changed")
    assert (prod.control(DAN), is_tagged(prod, DAN)) == ("agent", False)

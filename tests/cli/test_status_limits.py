"""`handover status` at a limit of calls: what was read is shown, the rest is marked, and the bot's calls are kept."""

from collections.abc import Iterator

import pytest

from tests.cli.terminal import PROD, Prod, Result
from tests.cli.test_list_limits import HANDOVER_PATH, limited_after
from tests.conftest import MakeProd

STATUS = ("handover", "status")
ADA, BOB = "whatsapp:32470000000", "whatsapp:32470000001"
SEVERAL = "twitter:1003"
ENDED = {"api.rate_limited", "budget.reserved"}
"""What the remote said, or what it comes to for the calls beside it."""


def many(prod: Prod, number: int) -> list[str]:
    """So many conversations that cost a call each."""
    prod.sandbox.reset(f"large:{number}:whatsapp")
    return [f"whatsapp:{at}" for at in range(1, number + 1)]


def use(prod: Prod, calls: int) -> None:
    """Use so many calls of this hour, so that it is known how many are left."""
    for _ in range(calls):
        assert prod.run("limits", "--ask").code == 0


def unread(result: Result) -> Iterator[str]:
    """Those that are marked as not read, and show nothing else."""
    for item in result.document["items"]:
        if item["observed_at"] is None:
            assert (item["control"], item["holder"], item["stale"]) == ("unknown", None, False)
            assert item["note"].startswith("not read: ")
            yield item["id"]


def contact_of(prod: Prod, conversation: str) -> str:
    """The id of a conversation's contact."""
    return str(prod.run("conversation", "show", conversation, "-o", "json").document["contact_id"])


def test_limit_in_the_middle_shows_what_was_read_and_marks_the_rest(prod: Prod) -> None:
    ids = many(prod, 40)
    limited_after(prod, HANDOVER_PATH, 20)
    result = prod.run(*STATUS, *ids, "-o", "json")
    assert (result.code, result.error["code"] in ENDED) == (8, True)
    assert [item["id"] for item in result.document["items"]] == ids
    missing = list(unread(result))
    assert 0 < len(missing) < 40
    assert result.document["page"] == {"returned": 40, "complete": False}
    (warning,) = result.document["warnings"]
    assert warning.startswith(f"who holds {len(missing)} of 40 conversations was not read: ")
    assert result.document["summary"]["by_control"]["unknown"] == len(missing)


def test_older_reading_does_not_stand_in_for_one_that_was_not_made(prod: Prod) -> None:
    ids = many(prod, 20)
    assert prod.run(*STATUS, *ids).code == 0
    limited_after(prod, HANDOVER_PATH, 8)
    assert list(unread(prod.run(*STATUS, *ids, "-o", "json")))


def test_limit_before_the_first_reading_is_the_error_alone(prod: Prod) -> None:
    limited_after(prod, HANDOVER_PATH, 0)
    result = prod.run(*STATUS, ADA, BOB, "-o", "json")
    assert (result.code, result.error["code"] in ENDED, result.stdout) == (8, True, "")


def test_limit_of_one_remote_leaves_the_other(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /graph/*", rate_limit=True, times=None)
    result = prod.run(*STATUS, "facebook:5550001", ADA, "-o", "json")
    assert (result.code, list(unread(result))) == (8, ["facebook:5550001"])
    assert result.document["items"][1]["control"] == "bot"


def test_failure_on_the_remotes_side_is_no_limit(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /*/inbox/handover/whatsapp/32470000001", status=500, times=None)
    result = prod.run(*STATUS, ADA, BOB, "-o", "json")
    assert (result.code, result.document["page"]["complete"]) == (0, True)
    assert [item["control"] for item in result.document["items"]] == ["bot", "unknown"]


def test_several_keep_the_calls_of_the_bot(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=80)
    ids = many(prod, 40)
    result = prod.run(*STATUS, *ids, "-o", "json")
    assert (result.code, result.error["code"]) == (8, "budget.reserved")
    assert (len(list(unread(result))), result.document["summary"]["calls_left"]) == (10, 50)
    assert "--across-reset" in result.error["hint"]


def test_single_one_may_use_the_calls_of_the_bot(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=40)
    assert prod.run(*STATUS, ADA, BOB, "-o", "json").error["code"] == "budget.reserved"
    assert prod.run(*STATUS, ADA).code == 0
    assert prod.run("conversation", "show", ADA).code == 0
    assert prod.run("conversation", "explain", ADA).code == 0


@pytest.mark.parametrize("words", [STATUS, ("conversation", "show")], ids=" ".join)
def test_contact_with_several_keeps_the_calls_of_the_bot(make_prod: MakeProd, words: tuple[str, ...]) -> None:
    prod = make_prod(rate_limit=40)
    contact = contact_of(prod, SEVERAL)
    result = prod.run(*words, contact, "-o", "json")
    assert (result.code, result.error["code"], result.stdout) == (8, "budget.reserved", "")


def test_contact_with_one_conversation_may_use_them(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=40)
    assert prod.run(*STATUS, contact_of(prod, "twitter:1001"), "-o", "json").item["id"] == "twitter:1001"


def test_ids_that_must_be_looked_up_keep_the_calls_of_the_bot(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=54)
    shown = [prod.run("conversation", "show", one, "-o", "json").document for one in ("twitter:1001", "twitter:1002")]
    before = prod.run("limits", "-o", "json").document["left"]
    result = prod.run(*STATUS, *(one["mention"] for one in shown), "-o", "json")
    assert before < 50
    assert (result.code, result.error["code"]) == (8, "budget.reserved")
    assert prod.run("limits", "-o", "json").document["left"] == before


def test_run_that_needs_more_than_is_left_says_so_first(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=80)
    ids = many(prod, 40)
    use(prod, 5)
    told = prod.run(*STATUS, *ids).stderr.splitlines()
    assert (
        "40 calls are needed: 25 can go now, 50 calls an hour being kept for the bot, the rest after 10:02 UTC; "
        "add --across-reset to wait for them"
    ) in told


def test_run_that_can_be_made_whole_says_nothing(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=80)
    ids = many(prod, 25)
    use(prod, 5)
    result = prod.run(*STATUS, *ids)
    assert (result.code, "needed" in result.stderr) == (0, False)


def test_across_the_reset_all_are_read(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=80)
    ids = many(prod, 40)
    use(prod, 5)
    slept = list[float]()

    def pass_time(seconds: float) -> None:
        slept.append(seconds)
        prod.run.now += seconds

    prod.run.play = pass_time
    result = prod.run(*STATUS, *ids, "--across-reset", "--fields", "id,control")
    assert (result.code, result.stdout.count("unknown")) == (0, 0)
    assert sum(slept) >= 3600
    assert "waiting until 10:02 UTC for the next hour's calls" in result.stderr


def test_threads_are_read_without_a_token_of_the_other_remote(prod: Prod) -> None:
    prod.run.secrets = {"QSC_BOT_PAGE_TOKEN": prod.run.secrets["QSC_BOT_PAGE_TOKEN"]}
    result = prod.run(*STATUS, "facebook:5550001", "facebook:5550002", "whatsapp:32470000000", "-o", "json")
    assert [item["control"] for item in result.document["items"]] == ["bot", "agent", "unknown"]


def test_most_calls_end_the_run_without_a_failure(prod: Prod) -> None:
    ids = many(prod, 20)
    result = prod.run(*STATUS, *ids, "--max-calls", "8", "-o", "json")
    assert (result.code, result.document["page"]["complete"], len(list(unread(result)))) == (0, False, 12)
    (warning,) = result.document["warnings"]
    assert warning == "who holds 12 of 20 conversations was not read: --max-calls 8 is reached"


def test_calls_that_look_up_ids_count_too(prod: Prod) -> None:
    contact = contact_of(prod, SEVERAL)
    before = len(prod.wire.requests)
    result = prod.run(*STATUS, contact, "--max-calls", "2", "-o", "json")
    assert (result.code, len(list(unread(result)))) == (0, 1)
    assert len(prod.wire.requests) - before == 2


def test_profile_without_a_reserve_uses_all(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=30)
    prod.run.configure(PROD.replace("    topic_ids:", "    budget_reserve: 0\n    topic_ids:"))
    ids = many(prod, 30)
    assert prod.run(*STATUS, *ids).code == 0

"""A list that a limit of calls ends: what is known is shown and marked, and the next run completes it."""

import httpx
import pytest

from tests.cli.calls import CONTACTS, FRESH, HANDOVER, MENTIONS, controls, listed
from tests.cli.terminal import Prod, answering
from tests.conftest import MakeProd

HANDOVER_PATH = "GET /*/inbox/handover/*"
MENTIONS_PATH = "GET /*/inbox/mentions"
CONTACTS_PATH = "GET /*/inbox/contacts"
NOT_ALL = "not all messages were read, so conversations may be missing: "


def limited_after(prod: Prod, path: str, calls: int) -> None:
    """The first calls of this path are answered as ever, and all that follow are refused for the limit."""
    if calls:
        prod.sandbox.add_fault(path, delay_seconds=0.001, times=calls)
    prod.sandbox.add_fault(path, rate_limit=True, times=None)


def end_limit(prod: Prod) -> None:
    """Let calls go again at once, as if another user's token had been given."""
    prod.sandbox.clear_faults()
    for path in prod.run.state.glob("budget.db*"):
        path.unlink()


def assert_cut(prod: Prod, *words: str) -> dict[str, dict[str, object]]:
    """The rows of a list that a limit ended; it says so everywhere."""
    result, _ = listed(prod, "--all", *words)
    assert (result.code, result.error["retryable"]) == (8, True)
    assert result.error["code"] in {"api.rate_limited", "budget.reserved"}, "what the remote said, or what it comes to"
    assert result.document["page"]["complete"] is False
    assert result.document["warnings"]
    return {item["id"]: item for item in result.document["items"]}


def assert_completed(prod: Prod, *words: str) -> dict[str, str]:
    """What the next run shows once the limit is over, in the next hour."""
    prod.sandbox.clear_faults()
    prod.run.now += 3700
    result, _ = listed(prod, "--all", *words)
    assert (result.code, result.document["page"]["complete"], result.document["warnings"]) == (0, True, [])
    return controls(result)


@pytest.mark.parametrize("calls", [0, 1, 2], ids=["at once", "after the first page", "in the slices"])
def test_limit_in_the_middle_of_mentions(prod: Prod, calls: int) -> None:
    prod.sandbox.reset("large:700:twitter")
    limited_after(prod, MENTIONS_PATH, calls)
    rows = assert_cut(prod)
    assert 50 <= len(rows) < 700
    assert sum(row["control"] == "agent" for row in rows.values()) >= 50, "the tagged that were read are known"
    found = assert_completed(prod, "--since", "2d")
    assert (len(found), list(found.values()).count("agent")) == (700, 140)


def test_limit_in_the_middle_of_contacts_shows_the_tagged_so_far(prod: Prod) -> None:
    prod.sandbox.reset("large:600:twitter")
    limited_after(prod, CONTACTS_PATH, 1)
    rows = assert_cut(prod)
    told = [row["control"] for row in rows.values()]
    assert told.count("agent") == 50
    assert set(told) <= {"agent", "unknown"}, "absence from a part of the list is no proof"
    found = assert_completed(prod, "--since", "2d")
    assert (len(found), list(found.values()).count("agent")) == (600, 120)


@pytest.mark.parametrize("path", [CONTACTS_PATH, MENTIONS_PATH])
def test_limit_of_a_later_run_shows_what_earlier_ones_knew(prod: Prod, path: str) -> None:
    known = controls(listed(prod, "--all")[0])
    prod.run.now += 600
    prod.sandbox.say("web:visitor-2", "Hello?")
    limited_after(prod, path, 0)
    rows = assert_cut(prod)
    assert {name: row["control"] for name, row in rows.items()} == known
    assert set(assert_completed(prod)) == {*known, "web:visitor-2"}


def test_limit_of_a_run_that_starts_anew_leaves_no_gap_behind(prod: Prod) -> None:
    listed(prod, "--all")
    prod.run.now += 30 * 3600
    prod.sandbox.reset("large:700:twitter")
    prod.run.now += 3600
    limited_after(prod, MENTIONS_PATH, 1)
    assert_cut(prod)
    assert len([one for one in assert_completed(prod, "--since", "7d") if one.startswith("twitter")]) >= 700


def test_limit_in_the_middle_of_readings_marks_the_unread(prod: Prod) -> None:
    prod.sandbox.reset("large:100:whatsapp")
    limited_after(prod, HANDOVER_PATH, 40)
    rows = assert_cut(prod)
    assert len(rows) == 100
    unread = [row for row in rows.values() if row["observed_at"] is None]
    assert 0 < len(unread) < 100
    assert {row["control"] for row in unread} == {"unknown"}
    assert all("not read again: " in str(row["note"]) for row in unread)
    assert set(assert_completed(prod).values()) <= {"bot", "agent"}


def test_limit_of_readings_shows_the_older_ones_as_stale(prod: Prod) -> None:
    known = controls(listed(prod)[0])
    prod.run.now += 2 * 3600
    limited_after(prod, HANDOVER_PATH, 0)
    rows = assert_cut(prod)
    stale = {name for name, row in rows.items() if row["stale"]}
    assert stale == {name for name in known if name.startswith(("whatsapp", "web", "viber"))}
    assert all(rows[name]["control"] == known[name] for name in stale)
    assert all(str(rows[name]["note"]).startswith("not read again: ") for name in stale)


def test_limit_at_meta_leaves_the_others(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /graph/*", rate_limit=True, times=None)
    rows = assert_cut(prod)
    assert {name for name, row in rows.items() if row["control"] == "unknown"} == {
        "facebook:5550001",
        "facebook:5550002",
    }


def test_readings_before_the_limit_are_not_asked_again(prod: Prod) -> None:
    prod.sandbox.reset("large:100:whatsapp")
    prod.run.now += 600
    limited_after(prod, HANDOVER_PATH, 40)
    rows = assert_cut(prod)
    unread = sum(row["observed_at"] is None for row in rows.values())
    end_limit(prod)
    _, calls = listed(prod, "--all", *FRESH)
    assert calls == {CONTACTS: 1, MENTIONS: 1, HANDOVER: unread}
    assert 0 < unread < len(rows)


def test_conversation_that_vanishes_before_it_is_read_is_shown_as_unknown(prod: Prod) -> None:
    prod.sandbox.add_fault("GET /*/inbox/handover/whatsapp/32470000001", status=404, times=None)
    result, _ = listed(prod)
    row = next(item for item in result.document["items"] if item["id"] == "whatsapp:32470000001")
    assert (result.code, row["control"], row["stale"]) == (0, "unknown", False)
    assert row["note"] == "whatsapp:32470000001 is not known to account 1000"


def test_conversation_that_vanishes_later_shows_its_last_reading_as_stale(prod: Prod) -> None:
    listed(prod)
    prod.run.now += 2 * 3600
    prod.sandbox.add_fault("GET /*/inbox/handover/whatsapp/32470000001", status=404, times=None)
    result, _ = listed(prod)
    row = next(item for item in result.document["items"] if item["id"] == "whatsapp:32470000001")
    assert (result.code, row["control"], row["stale"]) == (0, "agent", True)
    assert row["note"] == "could not be read again: whatsapp:32470000001 is not known to account 1000"


def test_stream_after_a_limit_leaves_nobody_out(prod: Prod) -> None:
    prod.sandbox.reset("large:700:twitter")
    limited_after(prod, MENTIONS_PATH, 1)
    cut = prod.run("conversation", "list", "--all", "-o", "ndjson")
    assert (cut.code, cut.lines[-1]["complete"]) == (8, False)
    end_limit(prod)
    before = sum(prod.sandbox.status()["requests"].values())
    *items, end = prod.run("conversation", "list", "--all", "-o", "ndjson").lines
    assert (len({item["id"] for item in items}), end["returned"], end["complete"]) == (700, 700, True)
    assert sum(prod.sandbox.status()["requests"].values()) - before < 20, "absence from the list counts at once"


def test_first_sweep_of_more_calls_than_are_allowed_goes_on_from_run_to_run(prod: Prod) -> None:
    prod.sandbox.reset("large:1500:viber")
    prod.run.now += 60
    read, runs = [], 0
    while True:
        result, calls = listed(prod, "--since", "2d", "--limit", "1", "--max-calls", "12", *FRESH)
        (row,) = result.document["items"]
        assert (result.code, row["service"], sum(calls.values()) <= 12) == (0, "viber", True)
        runs += 1
        if not (told := [text for text in result.document["warnings"] if text.startswith(NOT_ALL)]):
            break
        assert result.document["page"]["complete"] is False
        assert "--max-calls 12 is reached" in told[0]
        assert "were not read; the next run reads on from there" in told[0]
        read.append(listed(prod, "--cached", "--since", "2d")[0].document["summary"]["total"])
        prod.run.now += 60
    assert read == sorted(set(read)), "each run knows more than the one before"
    assert runs <= 5
    result = listed(prod, "--cached", "--since", "2d")[0]
    assert result.document["summary"]["total"] == 1500


def test_first_sweep_of_more_calls_than_an_hour_has_goes_on_in_the_next(make_prod: MakeProd) -> None:
    prod = make_prod(rate_limit=65)  # 50 of them are the bot's
    prod.sandbox.reset("large:1500:twitter")
    assert_cut(prod, "--since", "2d")
    prod.run.now += 3700
    result, _ = listed(prod, "--all", "--since", "2d")
    assert (result.code, len(result.document["items"]), result.document["warnings"]) == (0, 1500, [])
    pages, again = 15, 4  # what is new, and slices that end with a page that is not full
    assert prod.sandbox.status()["requests"][MENTIONS] <= pages + again, "what was read before is not read again"


def test_stop_by_ctrl_c_loses_nothing_that_was_read(prod: Prod) -> None:
    prod.sandbox.reset("large:1500:twitter")
    network, pages = prod.wire, 0

    def interrupted(request: httpx.Request) -> httpx.Response:
        nonlocal pages
        pages += "mentions" in request.url.path
        if pages == 3:
            raise KeyboardInterrupt
        return network.handle_request(request)

    prod.run.mount = answering(interrupted)
    assert prod.run("conversation", "list", "--all").code == 130
    prod.run.mount = lambda _base_url: network
    known = listed(prod, "--cached")[0].document
    assert known["summary"]["total"] >= 100
    assert known["page"]["complete"] is False
    assert "were not read; the list without --cached reads them" in known["warnings"][-1]
    assert listed(prod, "--all", "--since", "2d")[0].document["page"] == {"returned": 1500, "complete": True}

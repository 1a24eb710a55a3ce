"""From mentions to conversations: the same in any order, and who waits since when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qsc_bot.models.conversation import Conversation, Method
from qsc_bot.models.mention import Assignee, Mention
from qsc_bot.models.wire import WireId
from qsc_bot.operations.known_rows import UNTIED
from tests.control.people import person
from tests.operations.messages import START, Story, at, customer, ours, sweep

NOW = at(600)
ADA, BOB = "whatsapp:1", "whatsapp:2"
PEOPLE = (ADA, BOB, "twitter:1")


def shown(swept: Story, name: str = ADA) -> Conversation:
    return swept.conversation(person(name), now=NOW)


@st.composite
def stories(draw: st.DrawFn) -> list[Mention]:
    """Messages of three customers and of ours; some messages stand under two topics, some answers are tied."""
    found: list[Mention] = []
    for number in range(draw(st.integers(1, 8))):
        name = draw(st.sampled_from(PEOPLE))
        minute = draw(st.integers(0, 30))
        found += [
            customer(name, minute, number=number, topic=topic, sid=f"m{number}")
            for topic in draw(st.sampled_from((("1",), ("2",), ("2", "1"))))
        ]
    for number in range(100, 100 + draw(st.integers(0, 6))):
        answers = draw(st.none() | st.sampled_from([f"m{one}" for one in range(9)]))
        service = draw(st.sampled_from(("whatsapp", "twitter")))
        found.append(ours(service, draw(st.integers(0, 30)), number=number, answers=answers))
    return found


def everything(swept: Story) -> dict[str, Conversation]:
    return {str(one): swept.conversation(one, now=NOW) for one in swept.people()}


@given(story=stories(), data=st.data())
def test_any_order_and_any_duplicates_give_the_same_conversations(story: list[Mention], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(story + data.draw(st.lists(st.sampled_from(story), max_size=5))))
    assert everything(sweep(*shuffled)) == everything(sweep(*story))


@given(story=stories(), cut=st.integers(0, 20))
def test_pages_of_any_size_give_the_same_conversations(story: list[Mention], cut: int) -> None:
    paged = sweep(*story[:cut])
    paged.take(story[cut:])
    assert everything(paged) == everything(sweep(*story))


@given(story=stories())
def test_waiting_counts_from_the_first_unanswered_message(story: list[Mention]) -> None:
    for name, row in everything(sweep(*story)).items():
        mine = [one for one in story if str(one.conversation) == name]
        keys = {one.source.id for one in mine}
        own = [one for one in story if one.ours and one.source.service == row.service]
        answered = max((one.at for one in own if one.at and one.source.in_reply_to_message_id in keys), default=START)
        has_answer = any(one.source.in_reply_to_message_id in keys for one in own)
        open_at = [one.at for one in mine if one.at and (not has_answer or one.at > answered)]
        untied = max((one.at for one in own if one.at and one.source.in_reply_to_message_id is None), default=None)
        if not open_at:
            assert (row.waiting_s, row.note, row.last_message_from) == (0, None, "us")
        elif untied is not None and untied >= min(open_at):
            assert (row.waiting_s, row.note) == (None, UNTIED)
        else:
            assert (row.waiting_s, row.note) == ((NOW - min(open_at)).total_seconds(), None)
            assert row.last_message_from == "customer"


@given(story=stories())
def test_people_are_each_told_as_fresh_once(story: list[Mention]) -> None:
    swept = sweep()
    fresh = [one for mention in story for one in swept.take([mention])]
    assert sorted(fresh) == swept.people()
    assert len(fresh) == len(set(fresh))


def test_newest_message_gives_name_status_and_address() -> None:
    row = shown(sweep(customer(ADA, 5, number=2, topic="46283"), customer(ADA, 1, number=1)))
    assert (row.name, row.status, row.mention) == ("F2", "s2", "46283_2")
    assert (row.topic_ids, row.last_message_at, row.method) == (["1", "46283"], at(5), Method.HANDOVER)


def test_unanswered_customer_waits_since_the_first_message() -> None:
    row = shown(sweep(customer(ADA, 10, number=1), customer(ADA, 20, number=2)))
    assert (row.waiting_s, row.last_message_at, row.last_message_from) == (590 * 60, at(20), "customer")


def test_tied_answer_ends_the_waiting() -> None:
    row = shown(sweep(customer(ADA, 10, number=1), ours("whatsapp", 12, number=9, answers="m1")))
    assert (row.waiting_s, row.last_message_at, row.last_message_from) == (0, at(12), "us")


def test_answer_covers_all_earlier_messages_and_no_later_one() -> None:
    story = [customer(ADA, minute, number=minute) for minute in (1, 2, 10, 20)]
    row = shown(sweep(*story, ours("whatsapp", 5, number=99, answers="m2")))
    assert row.waiting_s == 590 * 60


def test_answer_is_for_the_one_it_names_only() -> None:
    swept = sweep(customer(ADA, 1, number=1), customer(BOB, 2, number=2), ours("whatsapp", 3, number=9, answers="m2"))
    assert (shown(swept, ADA).waiting_s, shown(swept, BOB).waiting_s) == (599 * 60, 0)


def test_same_network_id_on_another_service_answers_nobody_here() -> None:
    swept = sweep(customer(ADA, 1, number=1), ours("twitter", 3, number=9, answers="m1"))
    assert shown(swept).waiting_s == 599 * 60


def test_untied_own_message_leaves_the_waiting_unknown_with_a_note() -> None:
    row = shown(sweep(customer(ADA, 1, number=1), ours("whatsapp", 3, number=9, answers=None)))
    assert (row.waiting_s, row.note, row.last_message_from) == (None, UNTIED, "customer")


def test_untied_own_message_between_two_of_the_customers_may_answer_the_first() -> None:
    own = ours("whatsapp", 3, number=9, answers=None)
    row = shown(sweep(customer(ADA, 1, number=1), own, customer(ADA, 5, number=2)))
    assert (row.waiting_s, row.note) == (None, UNTIED)


@pytest.mark.parametrize(
    "own",
    [ours("twitter", 3, number=9, answers=None), ours("whatsapp", 0.5, number=9, answers=None)],
    ids=["another service", "before the message"],
)
def test_untied_own_message_that_cannot_be_an_answer_changes_nothing(own: Mention) -> None:
    assert shown(sweep(customer(ADA, 1, number=1), own)).waiting_s == 599 * 60


def test_own_message_in_a_private_thread_answers_its_customer() -> None:
    swept = sweep()
    thread = [customer(ADA, 1, number=1), ours("whatsapp", 3, number=9, answers=None)]
    swept.take_thread(thread, person(ADA))
    assert (shown(swept).waiting_s, shown(swept).note) == (0, None)


def test_message_from_the_future_waits_no_negative_time() -> None:
    assert shown(sweep(customer(ADA, 700, number=1))).waiting_s == 0


KINDS = {
    "private": ("twitter:1", "privatemessage", 1),
    "public": ("twitter:1", "post", 0),
    "untold on a public service": ("twitter:1", None, 0),
    "untold on a private service": ("whatsapp:1", None, 1),
    "another kind on a private service": ("whatsapp:1", "comment", 0),
}


@pytest.mark.parametrize(("name", "kind", "count"), KINDS.values(), ids=KINDS)
def test_private_messages_are_told_by_their_type(name: str, kind: str | None, count: int) -> None:
    swept = sweep(customer(name, 1, number=1, kind=kind))
    assert (len(swept.people()), swept.sieve.private, swept.sieve.seen) == (count, count, 1)
    assert swept.sieve.other_types == (set() if count else {kind or "none"})


@pytest.mark.parametrize(("name", "kind", "_count"), KINDS.values(), ids=KINDS)
def test_accounts_own_filter_is_believed(name: str, kind: str | None, _count: int) -> None:
    assert len(sweep(customer(name, 1, number=1, kind=kind), is_filtered=True).people()) == 1


def test_message_without_a_time_is_left_out() -> None:
    swept = sweep()
    assert swept.take([customer(ADA, None, number=1), customer(ADA, None, number=2)]) == []
    assert swept.take([customer(ADA, 1, number=3)]) == [person(ADA)]
    assert shown(swept).mention == "1_3"


def test_assignees_are_named_or_numbered() -> None:
    mention = customer(ADA, 1, number=1)
    assignees = [
        Assignee(id=WireId("9"), display_name="Team Blue"),
        Assignee(id=WireId("10")),
        Assignee(display_name="Eve"),
        Assignee(),
    ]
    fields = {name: getattr(mention, name) for name in mention.__struct_fields__}
    assert shown(sweep(Mention(**fields | {"assignees": assignees}))).assigned_to == ["Team Blue", "10", "Eve"]

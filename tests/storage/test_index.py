"""The index: in whatever order, overlap and batches facts arrive, it equals one full take."""

from collections.abc import Iterable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from qsc_bot.models.conversation import Control, ConversationId, Method, Reading
from qsc_bot.models.known import Known, Wanted
from qsc_bot.models.wire import moment
from qsc_bot.storage.index import Index, memory_index
from qsc_bot.storage.talk import Said

PEOPLE = tuple(ConversationId(service, number) for service in ("twitter", "whatsapp") for number in "123")
TAGS: tuple[bool | None, ...] = (True, False, None)
HOLDERS = (Control.BOT, Control.AGENT)
COMPARED = (
    *("mention", "written_at", "replied_at", "waits_from", "is_untied", "topics", "active_at"),
    *("control", "observed_at", "bears"),
)


def facts_of(person: ConversationId, bears: bool | None) -> dict[str, Any]:
    tag = {"bears": bears, "bears_at": 0.0 if bears is None else None}
    return {"contact_id": person.service_id, "tags": None, **tag}


def reading(person: ConversationId, at: float, *, control: Control, escalated: bool | None, method: Method) -> Reading:
    observed = moment(at)
    assert observed is not None
    return Reading(id=person, control=control, method=method, observed_at=observed, escalated=escalated)


def rows(index: Index) -> dict[ConversationId, Known]:
    found = index.select(Wanted(since=0.0, order="id"))
    return {ConversationId(one.service, one.service_id): one for one in found}


class World(RuleBasedStateMachine):
    """A world that goes on, and an index that hears of it piecemeal, late, twice and out of order."""

    def __init__(self) -> None:
        super().__init__()
        self.index = memory_index(now=lambda: 0.0)
        self.now = 100.0
        self.said: list[Said] = []
        self.unheard: list[Said] = []
        self.bears: dict[ConversationId, bool | None] = dict.fromkeys(PEOPLE, False)
        self.changed_at = dict.fromkeys(PEOPLE, 0.0)
        self.heard_at = 0.0
        self.holds = dict.fromkeys(PEOPLE, Control.BOT)
        self.read: dict[ConversationId, Reading] = {}
        self.late: list[Reading] = []

    def teardown(self) -> None:
        """However it heard of all this, once it is caught up it equals one full take."""
        self._catch_up()
        whole = memory_index(now=lambda: 0.0)
        whole.take(self.said)
        whole.take_tagged(self._near(), at=self.now, proven=lambda _service: True)
        for one in self.read.values():
            whole.keep(one)
        for index in (self.index, whole):
            index.prove(PEOPLE)
        found, expected = rows(self.index), rows(whole)
        assert list(found) == list(expected)
        for person, known in found.items():
            for name in COMPARED:
                assert _plain(getattr(known, name)) == _plain(getattr(expected[person], name)), (name, person)
        for index in (self.index, whole):
            index.close()

    @initialize()
    def first_list(self) -> None:
        self.list_tagged()

    @rule(person=st.sampled_from(PEOPLE), sid=st.integers(0, 9))
    def customer_writes(self, person: ConversationId, sid: int) -> None:
        self._say(person.service, person=person.service_id, source_id=f"{person.service_id}-{sid}")

    @rule(service=st.sampled_from(("twitter", "whatsapp")), answers=st.none() | st.sampled_from(("1-1", "2-2", "3-3")))
    def we_write(self, service: str, answers: str | None) -> None:
        self._say(service, is_ours=True, reply_to=answers)

    @rule(person=st.sampled_from(PEOPLE), bears=st.sampled_from(TAGS))
    def tag_changes(self, person: ConversationId, bears: bool | None) -> None:
        self.now += 1
        self.bears[person], self.changed_at[person] = bears, self.now

    @rule(person=st.sampled_from(PEOPLE), control=st.sampled_from(HOLDERS))
    def control_changes(self, person: ConversationId, control: Control) -> None:
        self.now += 1
        self.holds[person] = control

    @rule(data=st.data())
    def some_messages_arrive(self, data: st.DataObject) -> None:
        batch = data.draw(st.lists(st.sampled_from(self.said), max_size=6)) if self.said else []
        self._take(batch)

    @rule()
    def list_tagged(self) -> None:
        self.now += 1
        near = {person: facts_of(person, bears) for person, bears in self.bears.items() if bears is not False}
        self.index.take_tagged(near, at=self.now, proven=lambda _service: True)
        self.heard_at = self.now

    @rule(data=st.data())
    def changed_contacts_arrive(self, data: st.DataObject) -> None:
        changed = [person for person in PEOPLE if self.changed_at[person] >= self.heard_at - 2]
        for batch in (data.draw(st.permutations(changed)), changed[:1]):
            facts = {person: facts_of(person, self.bears[person]) for person in batch}
            self.index.take_contacts(facts, at=self.now)
        self.heard_at = self.now

    @rule(person=st.sampled_from(PEOPLE), is_late=st.booleans())
    def control_is_read(self, person: ConversationId, is_late: bool) -> None:
        self.now += 1
        found = reading(person, self.now, control=self.holds[person], escalated=None, method=Method.HANDOVER)
        self.read[person] = found
        if is_late:
            self.late.append(found)
        else:
            self.index.keep(found)

    @rule()
    def late_readings_arrive(self) -> None:
        for one in reversed(self.late):
            self.index.keep(one)
        self.late.clear()

    @rule(person=st.sampled_from(PEOPLE))
    def contact_is_read(self, person: ConversationId) -> None:
        self.now += 1
        control = Control.AGENT if self.bears[person] else Control.BOT
        self.index.keep(
            reading(person, self.now, control=control, escalated=self.bears[person], method=Method.TAG),
        )

    def _catch_up(self) -> None:
        self._take(self.unheard)
        changed = [person for person in PEOPLE if self.changed_at[person] >= self.heard_at - 2]
        self.index.take_contacts({person: facts_of(person, self.bears[person]) for person in changed}, at=self.now)
        self.late_readings_arrive()

    def _near(self) -> dict[ConversationId, dict[str, Any]]:
        return {person: facts_of(person, bears) for person, bears in self.bears.items() if bears is not False}

    def _say(self, service: str, **more: Any) -> None:
        self.now += 1
        number = len(self.said)
        given = {"person": None, "is_ours": False, "reply_to": None, "source_id": f"own-{number}"} | more
        one = Said(mention=f"1_{number}", service=service, at=self.now - number % 3 * 2, topic=str(number % 2), **given)
        self.said.append(one)
        self.unheard.append(one)

    def _take(self, batch: Iterable[Said]) -> None:
        taken = list(batch)
        fresh = self.index.take(taken)
        self.index.prove(fresh)
        self.unheard = [one for one in self.unheard if one not in taken]


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


World.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_index_equals_one_full_take = World.TestCase


def test_contact_without_the_tag_does_not_hide_another_that_bears_it() -> None:
    index, person = memory_index(now=lambda: 0.0), PEOPLE[0]
    index.take_contacts({person: facts_of(person, True)}, at=1.0)
    other = facts_of(person, False) | {"contact_id": "other"}
    index.take_contacts({person: other}, at=2.0)
    assert rows(index)[person].bears is True
    index.take_contacts({person: facts_of(person, False)}, at=3.0)
    known = index.find(person)
    assert known is not None
    assert known.bears is False

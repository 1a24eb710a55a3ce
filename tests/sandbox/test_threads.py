"""Messenger's rules of control, as its table of what each command can do tells them."""

import pytest

from qsc_bot.sandbox.threads import (
    DAY_SECONDS,
    Notice,
    RefusedError,
    Rules,
    Thread,
    check_send,
    extend_control,
    hear_customer,
    lapse,
    pass_control,
    release_control,
    renew,
    request_control,
    sees_owner,
    take_control,
)

NOW = 1_000_000.0
OWNERS = {"mine": "111", "other's": "222", "idle": None}
NOT_OWNER, NOT_ALLOWED, NOT_NOW = (100, 2534037), (10, None), (100, None)
OTHER_HOLDS = (10, 2018300)


def thread(state: str) -> Thread:
    owner = OWNERS[state]
    return Thread(psid="5", owner=owner, expires=None if owner is None else NOW + 60)


def rules(mode: str, *, may_take: bool = True) -> Rules:
    return Rules(
        routing=mode != "zero-config",
        default_app="111" if mode == "default" else "222",
        apps=frozenset({"111", "222"}),
        may_take=frozenset({"111"} if may_take else ()),
    )


def attempt(command: str, state: str, mode: str, *, may_take: bool = True) -> object:
    """What the bot's command does: the new owner, `sent`, or the code it is refused with."""
    before, setup = thread(state), rules(mode, may_take=may_take)
    try:
        match command:
            case "pass":
                return pass_control(before, setup, caller="111", target="222", now=NOW).thread.owner
            case "release":
                return release_control(before, caller="111").thread.owner
            case "take":
                return take_control(before, setup, caller="111", now=NOW).thread.owner
            case "request":
                return request_control(before, setup, caller="111", now=NOW).thread.owner
            case "extend":
                return extend_control(before, caller="111", duration_seconds=9, now=NOW).thread.expires
            case _:
                check_send(before, setup, caller="111")
                return "sent"
    except RefusedError as error:
        return error.code, error.subcode


COMMANDS = ("pass", "release", "take", "request", "extend", "send")
TABLE = {
    ("default", "mine"): ("222", None, NOT_NOW, NOT_ALLOWED, NOW + 9, "sent"),
    ("default", "other's"): (NOT_OWNER, NOT_OWNER, "111", NOT_ALLOWED, NOT_OWNER, OTHER_HOLDS),
    ("default", "idle"): ("222", NOT_OWNER, "111", NOT_ALLOWED, NOT_OWNER, "sent"),
    ("not default", "mine"): ("222", None, NOT_NOW, NOT_ALLOWED, NOW + 9, "sent"),
    ("not default", "other's"): (NOT_OWNER, NOT_OWNER, "111", NOT_ALLOWED, NOT_OWNER, OTHER_HOLDS),
    ("not default", "idle"): ("222", NOT_OWNER, "111", NOT_ALLOWED, NOT_OWNER, OTHER_HOLDS),
    ("zero-config", "mine"): ("222", None, NOT_ALLOWED, NOT_NOW, NOW + 9, "sent"),
    ("zero-config", "other's"): (NOT_OWNER, NOT_OWNER, NOT_ALLOWED, "222", NOT_OWNER, "sent"),
    ("zero-config", "idle"): ("222", NOT_OWNER, NOT_ALLOWED, "111", NOT_OWNER, "sent"),
}


@pytest.mark.parametrize(
    ("mode", "state", "command", "expected"),
    [
        pytest.param(mode, state, command, expected, id=f"{mode}-{state}-{command}")
        for (mode, state), row in TABLE.items()
        for command, expected in zip(COMMANDS, row, strict=True)
    ],
)
def test_what_each_command_can_do(mode: str, state: str, command: str, expected: object) -> None:
    assert attempt(command, state, mode) == expected


@pytest.mark.parametrize("state", ["other's", "idle"])
@pytest.mark.parametrize("mode", ["default", "not default"])
def test_take_needs_the_switch(mode: str, state: str) -> None:
    assert attempt("take", state, mode, may_take=False) == NOT_ALLOWED


def test_pass_tells_the_new_owner() -> None:
    change = pass_control(thread("mine"), rules("default"), caller="111", target="222", now=NOW)
    assert change.notices == (Notice(kind="pass_thread_control", to="222", previous="111", new="222"),)
    assert change.thread.expires == NOW + DAY_SECONDS


def test_take_tells_the_loser_unless_the_thread_was_idle() -> None:
    taken = take_control(thread("other's"), rules("default"), caller="111", now=NOW)
    assert taken.notices == (Notice(kind="take_thread_control", to="222", previous="222", new="111"),)
    assert take_control(thread("idle"), rules("default"), caller="111", now=NOW).notices == ()


def test_request_asks_the_owner_or_is_granted_at_once() -> None:
    asked = request_control(thread("other's"), rules("zero-config"), caller="111", now=NOW)
    assert [notice.to for notice in asked.notices] == ["222"]
    granted = request_control(thread("idle"), rules("zero-config"), caller="111", now=NOW)
    assert granted.notices == (Notice(kind="pass_thread_control", to="111", previous=None, new="111"),)


def test_pass_without_target_goes_to_the_default_app() -> None:
    change = pass_control(thread("mine"), rules("not default"), caller="111", target=None, now=NOW)
    assert change.thread.owner == "222"


@pytest.mark.parametrize(
    ("mode", "state", "target", "code"),
    [
        ("default", "mine", "999", (100, 2018164)),
        ("default", "mine", "111", (100, None)),
        ("zero-config", "mine", None, (100, None)),
    ],
    ids=["unknown app", "to itself", "no target and no default"],
)
def test_pass_is_refused(mode: str, state: str, target: str | None, code: tuple[int, int | None]) -> None:
    with pytest.raises(RefusedError) as caught:
        pass_control(thread(state), rules(mode), caller="111", target=target, now=NOW)
    assert (caught.value.code, caught.value.subcode) == code


def test_idle_thread_may_be_passed_to_oneself_in_zero_config() -> None:
    change = pass_control(thread("idle"), rules("zero-config"), caller="111", target="111", now=NOW)
    assert change.thread.owner == "111"


@pytest.mark.parametrize("seconds", [0, -1, 604801])
def test_extend_is_refused_beyond_seven_days(seconds: int) -> None:
    with pytest.raises(RefusedError):
        extend_control(thread("mine"), caller="111", duration_seconds=seconds, now=NOW)


def test_control_lapses_when_it_expires() -> None:
    held = thread("mine")
    assert lapse(held, now=NOW + 59).owner == "111"
    assert lapse(held, now=NOW + 60) == Thread(psid="5", owner=None, expires=None)


@pytest.mark.parametrize(
    ("mode", "state", "owner"),
    [
        ("default", "idle", "111"),
        ("not default", "idle", "222"),
        ("zero-config", "idle", None),
        ("default", "other's", "222"),
    ],
)
def test_customer_wakes_the_default_app(mode: str, state: str, owner: str | None) -> None:
    heard = hear_customer(thread(state), rules(mode), now=NOW)
    assert heard.owner == owner
    assert heard.expires == (None if owner is None else NOW + DAY_SECONDS)


def test_activity_never_shortens_control() -> None:
    extended = Thread(psid="5", owner="111", expires=NOW + 5 * DAY_SECONDS)
    assert renew(extended, now=NOW) == extended


@pytest.mark.parametrize(
    ("mode", "caller", "seen"),
    [
        ("default", "111", True),
        ("not default", "111", False),
        ("zero-config", "111", False),
        ("zero-config", "222", True),
    ],
)
def test_owner_is_seen_by_itself_and_the_default_app(mode: str, caller: str, seen: bool) -> None:
    assert sees_owner(thread("other's"), rules(mode), caller=caller) is seen

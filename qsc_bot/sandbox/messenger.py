"""Messenger's threads as rows, the messages in them, and the events that the bot's app is sent."""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from qsc_bot.sandbox import account
from qsc_bot.sandbox.deliveries import sign_for_messenger
from qsc_bot.sandbox.messages import Message, add_message
from qsc_bot.sandbox.settings import Settings
from qsc_bot.sandbox.state import count_write
from qsc_bot.sandbox.threads import Change, Notice, Rules, Thread, check_send, hear_customer, lapse, renew
from qsc_bot.sandbox.world import Delivery, Moment

DEFAULT_CALLBACK = "{sandbox}/example-bot/messenger"
DEFAULT_FIELDS = "messages,messaging_postbacks,messaging_handovers,standby"


def read_rules(settings: Settings) -> Rules:
    """The Page's set-up; that Social Connect's own app may take control is assumed."""
    others = {account.AGENT_APP, account.PAGE_INBOX_APP}
    return Rules(
        routing=settings.routing,
        default_app=settings.default_app,
        apps=frozenset(account.APP_NAMES) | {settings.default_app},
        may_take=frozenset(others | {account.BOT_APP} if settings.may_take else others),
    )


def find_thread(db: sqlite3.Connection, psid: str, *, now: float) -> Thread | None:
    """The thread of this person as it is now."""
    row = db.execute("SELECT psid, owner, expires FROM threads WHERE psid = ?", (psid,)).fetchone()
    return None if row is None else lapse(Thread(**dict(row)), now=now)


def open_thread(db: sqlite3.Connection, *, service: str, psid: str, now: float) -> Thread:
    """Begin a person's thread, idle."""
    db.execute(
        "INSERT INTO threads (psid, service, owner, expires, updated) VALUES (?, ?, NULL, NULL, ?)",
        (psid, service, int(now)),
    )
    return Thread(psid=psid, owner=None, expires=None)


def write_thread(db: sqlite3.Connection, thread: Thread) -> None:
    """Keep who owns the thread, and until when."""
    db.execute(
        "UPDATE threads SET owner = ?, expires = ? WHERE psid = ?",
        (thread.owner, thread.expires, thread.psid),
    )


def apply_change(moment: Moment, before: Thread, change: Change, *, metadata: str | None, counted: bool = True) -> None:
    """Carry out a change of control and tell the app concerned; a real change by a call counts as a write."""
    service = _service_of(moment.db, before.psid)
    if change.thread != before:
        write_thread(moment.db, change.thread)
        if counted:
            count_write(moment.db, service=service, service_id=before.psid)
    for notice in change.notices:
        event = describe_notice(moment, service, before.psid, notice, metadata)
        _announce(moment, service, notice.to, "messaging_handovers", "messaging", event)


def receive_message(moment: Moment, *, service: str, psid: str, text: str) -> Message:
    """A person writes to the Page: the owner hears it, the other apps stand by."""
    message, channel, event = take_message(moment, service=service, psid=psid, text=text)
    field = "messages" if channel == "messaging" else "standby"
    _announce(moment, service, account.BOT_APP, field, channel, event)
    return message


def take_message(moment: Moment, *, service: str, psid: str, text: str) -> tuple[Message, str, dict[str, Any]]:
    """Keep what a person writes; with it the event for the bot's app, and the channel that it comes on."""
    message = add_message(moment.db, service=service, service_id=psid, content=text, now=moment.now)
    rules = read_rules(moment.settings)
    before = find_thread(moment.db, psid, now=moment.now)
    thread = hear_customer(
        before or open_thread(moment.db, service=service, psid=psid, now=moment.now), rules, now=moment.now
    )
    write_thread(moment.db, thread)
    _touch(moment, psid)
    event = _begin_event(moment, service, psid) | {"message": {"mid": message.source_id, "text": text}}
    hears = not rules.routing or thread.owner == account.BOT_APP
    return message, "messaging" if hears else "standby", event


def send_message(moment: Moment, thread: Thread, *, caller: str, text: str) -> Message:
    """The Page writes to a person through one app, if Meta lets that app; refused otherwise."""
    check_send(thread, read_rules(moment.settings), caller=caller)
    service = _service_of(moment.db, thread.psid)
    message = add_message(
        moment.db,
        service=service,
        service_id=thread.psid,
        content=text,
        now=moment.now,
        application=account.APP_NAMES[caller],
    )
    write_thread(moment.db, renew(thread, now=moment.now))
    _touch(moment, thread.psid)
    channel, event = describe_echo(moment, service, thread, message, caller=caller)
    _announce(moment, service, account.BOT_APP, "message_echoes", channel, event)
    return message


def name_control(owner: str | None) -> str:
    """The owner of a thread in words."""
    if owner is None:
        return "idle"
    return {account.BOT_APP: "bot", account.AGENT_APP: "agent"}.get(owner, "other")


def preset_apps(db: sqlite3.Connection) -> None:
    """Connect the bot's app to the example bot, and Social Connect's own, which needs no address."""
    rows = [
        (account.BOT_APP, DEFAULT_CALLBACK, DEFAULT_FIELDS, DEFAULT_FIELDS),
        (account.AGENT_APP, "", DEFAULT_FIELDS, DEFAULT_FIELDS),
    ]
    db.executemany("INSERT INTO apps (id, callback, fields, page_fields) VALUES (?, ?, ?, ?)", rows)


def describe_events(moment: Moment, service: str, channel: str, event: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a request to an app's webhook."""
    entry = {"id": _page_of(service), "time": int(moment.now * 1000), channel: [event]}
    return {"object": "instagram" if service == "instagram" else "page", "entry": [entry]}


def describe_echo(
    moment: Moment, service: str, thread: Thread, message: Message, *, caller: str
) -> tuple[str, dict[str, Any]]:
    """What the bot's app hears of a message of the Page: the channel, and the event."""
    echo = {"mid": message.source_id, "text": message.content, "is_echo": True, "app_id": int(caller)}
    event = _begin_event(moment, service, thread.psid)
    event |= {"sender": event["recipient"], "recipient": event["sender"], "message": echo}
    standing_by = moment.settings.routing and thread.owner not in (None, account.BOT_APP)
    return "standby" if standing_by else "messaging", event


def _announce(moment: Moment, service: str, app: str, field: str, channel: str, event: Mapping[str, Any]) -> None:
    """Send an event to an app that subscribed to its field on both layers."""
    row = moment.db.execute("SELECT * FROM apps WHERE id = ?", (app,)).fetchone()
    if row is None or not row["callback"]:
        return
    if not all(field in row[layer].split(",") for layer in ("fields", "page_fields")):
        return
    body = json.dumps(describe_events(moment, service, channel, event), separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign_for_messenger(body)}
    url = row["callback"].replace("{sandbox}", moment.settings.address)
    moment.outbox.append(Delivery(webhook=f"messenger:{app}", url=url, headers=headers, body=body))


def describe_notice(
    moment: Moment, service: str, psid: str, notice: Notice, metadata: str | None = None
) -> dict[str, Any]:
    """The event that tells an app of a change of control."""
    extra = {} if metadata is None else {"metadata": metadata}
    told: dict[str, Any] = {"previous_owner_app_id": notice.previous, "new_owner_app_id": notice.new}
    if notice.kind == "request_thread_control":
        told = {"requested_owner_app_id": int(notice.new)}
    return _begin_event(moment, service, psid) | {notice.kind: told | extra}


def _begin_event(moment: Moment, service: str, psid: str) -> dict[str, Any]:
    return {
        "sender": {"id": psid},
        "recipient": {"id": _page_of(service)},
        "timestamp": int(moment.now * 1000),
    }


def _page_of(service: str) -> str:
    return account.PROFILES[service].id


def _service_of(db: sqlite3.Connection, psid: str) -> str:
    return str(db.execute("SELECT service FROM threads WHERE psid = ?", (psid,)).fetchone()["service"])


def _touch(moment: Moment, psid: str) -> None:
    moment.db.execute("UPDATE threads SET updated = ? WHERE psid = ?", (int(moment.now), psid))

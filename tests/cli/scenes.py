"""What goes wrong with a conversation, played on a sandbox: one scene for each rule of the diagnosis."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.cli.explained import (
    DAY,
    GUIDED,
    HOUR,
    INBOX,
    LOG,
    MINUTE,
    NO_HANDOVER,
    Play,
    advance,
    answer_and_close,
    both,
    configured,
    done,
    fault,
    give,
    graph,
    intercept,
    public_only,
    recipe,
    response,
    say,
    tagged,
    without_page_token,
)
from tests.cli.terminal import PROD
from tests.storage.journals import begun, journal_in, moved


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One conversation, what was played before it is explained, and the verdicts, the best proven first."""

    id: str
    codes: list[str]
    play: Play = lambda _: None
    settings: Mapping[str, Any] = field(default_factory=dict)


SCENES: Final[Mapping[str, Scene]] = {
    "ok, tag": Scene(id="twitter:1001", codes=["ok"]),
    "ok, handover": Scene(id="whatsapp:32470000000", codes=["ok"]),
    "ok, messenger": Scene(id="facebook:5550001", codes=["ok"]),
    "ok, agents on Messenger": Scene(id="facebook:5550002", codes=["ok"]),
    "ok, idle": Scene(id="facebook:5550003", codes=["ok"]),
    "ok, within the limit": Scene(id="twitter:1001", codes=["ok"], play=both(recipe(), say("twitter:1001", minutes=5))),
    "agent_silent": Scene(id="twitter:1002", codes=["agent_silent"]),
    "assigned_open": Scene(id="whatsapp:32470000001", codes=["agent_silent", "assigned_open"]),
    "agent_forgotten": Scene(
        id="twitter:1002",
        codes=["agent_forgotten"],
        play=both(lambda prod: prod.sandbox.agent_reply("twitter:1002", "Here."), advance(13 * HOUR)),
    ),
    "agents_done, tag": Scene(
        id="twitter:1002",
        codes=["agents_done"],
        play=answer_and_close("twitter:1002"),
    ),
    "agents_done, handover, and forgotten": Scene(
        id="whatsapp:32470000001",
        codes=["agents_done"],
        play=both(answer_and_close("whatsapp:32470000001"), advance(13 * HOUR)),
    ),
    "agents_done, messenger": Scene(
        id="facebook:5550002", codes=["agents_done"], play=lambda prod: prod.sandbox.mark_done("facebook:5550002")
    ),
    "agents_done, unanswered": Scene(
        id="twitter:1002",
        codes=["agents_done", "agent_silent"],
        play=lambda prod: prod.sandbox.mark_done("twitter:1002"),
    ),
    "bot_silent and no_recipe": Scene(id="viber:viber-1", codes=["no_recipe", "bot_silent"]),
    "bot_silent, a recipe should have fired": Scene(id="viber:viber-1", codes=["bot_silent"], play=recipe()),
    "no_recipe, guided": Scene(id="viber:viber-1", codes=["no_recipe", "bot_silent"], play=configured(GUIDED)),
    "recipe_disabled": Scene(id="viber:viber-1", codes=["recipe_disabled", "bot_silent"], play=recipe("--disabled")),
    "recipe_pending": Scene(
        id="viber:viber-1", codes=["recipe_pending", "bot_silent"], play=configured(GUIDED, recipe())
    ),
    "recipe_drifted": Scene(
        id="viber:viber-1",
        codes=["recipe_drifted", "bot_silent"],
        play=configured(
            GUIDED,
            recipe(),
            lambda prod: done(prod, "recipe", "confirm", "r"),
            advance(15 * MINUTE),
            lambda prod: done(prod, "recipe", "verify", "r", "--log", "-", stdin=LOG, code=7),
        ),
    ),
    "recipe_excludes_contact": Scene(
        id="viber:viber-1",
        codes=["recipe_excludes_contact", "bot_silent"],
        play=both(recipe("--exclude-tag", "vip"), tagged("viber:viber-1", "vip")),
    ),
    "recipe_filter": Scene(
        id="viber:viber-1", codes=["bot_silent", "recipe_filter"], play=recipe("--filter", "source:viber")
    ),
    "recipe_hours": Scene(
        id="viber:viber-1", codes=["bot_silent", "recipe_hours"], play=recipe("--active", "business-hours")
    ),
    "recipe_open_to_tagged": Scene(
        id="twitter:1002", codes=["agent_silent", "recipe_open_to_tagged"], play=recipe("--no-exclude-tag")
    ),
    "write_in_doubt": Scene(
        id="twitter:1001",
        codes=["write_in_doubt"],
        play=lambda prod: journal_in(prod.run.state).append("op_1", [begun(), *moved("twitter:1001")[:2]]),
    ),
    "request_unanswered": Scene(
        id="facebook:5550002",
        codes=["request_unanswered", "holder_hidden", "asked_only", "both_answer"],
        play=lambda prod: done(prod, "handover", "to-bot", "facebook:5550002"),
        settings={"messenger_mode": "zero-config"},
    ),
    "write_refused": Scene(
        id="whatsapp:32470000001",
        codes=["write_refused", "agent_silent", "assigned_open"],
        play=both(
            fault("DELETE /*/inbox/handover/*", status=403),
            lambda prod: done(prod, "handover", "to-bot", "whatsapp:32470000001", code=5),
        ),
    ),
    "write_refused, messenger": Scene(
        id="facebook:5550002",
        codes=["write_refused"],
        play=both(
            fault("POST /graph/*/take_thread_control", status=403),
            lambda prod: done(prod, "handover", "to-bot", "facebook:5550002", code=5),
        ),
    ),
    "moved_since": Scene(
        id="twitter:1002",
        codes=["agent_silent", "moved_since"],
        play=both(
            lambda prod: done(prod, "handover", "to-bot", "twitter:1002", "--reason", "solved"),
            tagged("twitter:1002", "escalated to agent"),
        ),
    ),
    "split_brain": Scene(
        id="whatsapp:32470000000",
        codes=["split_brain"],
        play=both(recipe(), lambda prod: done(prod, "escalation", "add", "whatsapp:32470000000")),
    ),
    "split_brain, messenger": Scene(
        id="facebook:5550001",
        codes=["split_brain"],
        play=lambda prod: done(prod, "escalation", "add", "facebook:5550001"),
    ),
    "tag_shared": Scene(
        id="whatsapp:32470000003",
        codes=["tag_shared"],
        play=lambda prod: done(prod, "escalation", "add", "whatsapp:32470000003"),
    ),
    "bot_holds_case": Scene(
        id="twitter:1001", codes=["bot_holds_case"], play=lambda prod: prod.sandbox.take_case("twitter:1001")
    ),
    "page_inbox": Scene(id="facebook:5550001", codes=["page_inbox"], play=lambda prod: give(prod, "5550001", INBOX)),
    "other_app and agents_app_missing": Scene(
        id="facebook:5550002",
        codes=["other_app", "agents_app_missing"],
        play=configured(PROD.replace('agent_app_id: "222"', 'agent_app_id: "999"')),
    ),
    "holder_hidden": Scene(id="facebook:5550002", codes=["holder_hidden"], settings={"default_app": "222"}),
    "asked_only and both_answer": Scene(
        id="facebook:5550002",
        codes=["holder_hidden", "asked_only", "both_answer"],
        settings={"messenger_mode": "zero-config"},
    ),
    "default_app_unknown": Scene(
        id="facebook:5550003", codes=["default_app_unknown"], play=configured(PROD.replace(", default_app: bot", ""))
    ),
    "nobody": Scene(
        id="facebook:5550003",
        codes=["nobody"],
        play=both(fault("POST /graph/*/messages", status=500), say("facebook:5550003", minutes=11)),
        settings={"messenger_mode": "zero-config"},
    ),
    "lapsing": Scene(
        id="facebook:5550002",
        codes=["lapsing", "agent_silent"],
        play=say("facebook:5550002", minutes=22.5 * 60),
    ),
    "idle_case": Scene(
        id="facebook:5550002",
        codes=["idle_case"],
        play=both(lambda prod: prod.sandbox.take_case("facebook:5550002"), advance(25 * HOUR)),
    ),
    "app_unsubscribed": Scene(
        id="facebook:5550001",
        codes=["app_unsubscribed", "bot_silent"],
        play=both(
            lambda prod: graph(prod, "subscribed_apps", subscribed_fields=["feed"]),
            say("facebook:5550001", minutes=11),
            lambda prod: intercept(prod, {"/subscribed_apps": {"data": [{"id": "222"}]}}),
        ),
    ),
    "fields_missing": Scene(
        id="facebook:5550001",
        codes=["fields_missing", "bot_silent"],
        play=both(
            lambda prod: graph(prod, "subscribed_apps", subscribed_fields=["messaging_handovers"]),
            say("facebook:5550001", minutes=11),
        ),
    ),
    "token_refused": Scene(id="facebook:5550001", codes=["token_refused"], play=without_page_token),
    "scope_missing": Scene(id="whatsapp:32470000000", codes=["scope_missing"], settings={"scopes": NO_HANDOVER}),
    "not_permitted": Scene(
        id="twitter:1001", codes=["not_permitted"], play=fault("GET /*/inbox/contact/*", status=403)
    ),
    "topic_missing": Scene(
        id="wechat:1",
        codes=["topic_missing", "no_message_seen"],
        play=configured(PROD.replace('    topic_ids: ["2001"]\n', "")),
    ),
    "contact_not_found": Scene(
        id="whatsapp:32470000000", codes=["contact_not_found"], play=fault("GET /*/inbox/contact/*", status=404)
    ),
    "conversation_not_found": Scene(
        id="whatsapp:32470000000", codes=["conversation_not_found"], play=fault("GET /*/inbox/handover/*", status=404)
    ),
    "no_messenger_section": Scene(
        id="facebook:5550001",
        codes=["no_messenger_section"],
        play=configured("".join(line for line in PROD.splitlines(keepends=True) if "messenger:" not in line)),
    ),
    "handover_unreadable": Scene(
        id="whatsapp:32470000000", codes=["handover_unreadable"], settings={"handover_shape": "unreadable"}
    ),
    "no_tag_calls": Scene(
        id="instagram:1",
        codes=["no_tag_calls", "no_message_seen"],
        play=configured(PROD.replace("    topic_ids:", "    channels: {instagram: tag}\n    topic_ids:")),
    ),
    "tags_unreadable": Scene(
        id="twitter:1001",
        codes=["tags_unreadable"],
        play=lambda prod: intercept(prod, {"/inbox/contact/twitter/1001": response({"id": 1})}),
    ),
    "tag_spelling": Scene(id="twitter:1001", codes=["tag_spelling"], play=tagged("twitter:1001", "Escalated To Agent")),
    "undecided": Scene(
        id="whatsapp:32470000000", codes=["undecided"], play=fault("GET /*/inbox/contact/*", status=500)
    ),
    "control_unreadable": Scene(
        id="whatsapp:32470000000", codes=["control_unreadable"], play=fault("GET /*/inbox/handover/*", status=500)
    ),
    "no_private_messages": Scene(id="twitter:1001", codes=["no_private_messages"], play=public_only),
    "messages_unread": Scene(
        id="twitter:1002", codes=["messages_unread"], play=fault("GET /*/inbox/context/*", status=500)
    ),
    "no_message_seen": Scene(id="twitter:1002", codes=["no_message_seen"], play=advance(8 * DAY)),
}

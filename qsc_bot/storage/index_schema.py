"""The tables of the index: messages without their text, and what was known last of each conversation.

Moments are Unix seconds. `account` numbers what one profile sees: another tag, topic or app is another account here.
"""

from typing import Final

VERSION: Final = 1
NEVER: Final = 9e12
"""Stands for the moment since when nobody waits, so that one index sorts by who waits longest."""

_TABLES: Final = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, used_at REAL NOT NULL,
    swept_from REAL, swept_until REAL, swept_at REAL, tagged_at REAL, contacts_at REAL);
CREATE TABLE untied (
    account INTEGER NOT NULL, service TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (account, service)) WITHOUT ROWID;
CREATE TABLE messages (
    account INTEGER NOT NULL, mention TEXT NOT NULL, service TEXT NOT NULL, service_id TEXT, is_ours INTEGER NOT NULL,
    at REAL NOT NULL, source_id TEXT, reply_to TEXT, topic TEXT NOT NULL,
    PRIMARY KEY (account, mention)) WITHOUT ROWID;
CREATE INDEX messages_by_person ON messages (account, service, service_id, is_ours, at);
CREATE INDEX messages_by_source ON messages (account, service, source_id, is_ours, service_id);
CREATE INDEX messages_by_reply ON messages (account, service, reply_to, at) WHERE reply_to IS NOT NULL;
CREATE INDEX messages_by_time ON messages (account, at);
CREATE TABLE conversations (
    account INTEGER NOT NULL, service TEXT NOT NULL, service_id TEXT NOT NULL,
    newest_at REAL, mention TEXT, name TEXT, status TEXT, assigned_to TEXT, permalink TEXT,
    written_at REAL, replied_at REAL, waits_from REAL, topics TEXT, active_at REAL,
    is_untied INTEGER NOT NULL DEFAULT 0, sorts_from REAL NOT NULL DEFAULT 9e12,
    contact_id TEXT, tags TEXT, bears INTEGER, bears_at REAL,
    control TEXT, holder TEXT, is_hidden INTEGER, control_until REAL, observed_at REAL, note TEXT,
    PRIMARY KEY (account, service, service_id)) WITHOUT ROWID;
CREATE INDEX conversations_by_waiting ON conversations (
    account, sorts_from, active_at DESC, service, service_id, bears);
CREATE INDEX conversations_by_activity ON conversations (account, active_at);
CREATE INDEX conversations_by_tag ON conversations (account, bears, active_at);
CREATE INDEX conversations_by_contact ON conversations (account, contact_id)
"""
SCHEMA: Final = tuple(statement.strip() for statement in _TABLES.split(";"))

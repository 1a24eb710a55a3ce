"""The help topics; what stands in a table elsewhere is printed from that table."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from qsc_bot.catalogue import CATALOGUE
from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import EXIT_MEANINGS

if TYPE_CHECKING:
    from qsc_bot.results import Text

ENVIRONMENT: Final = """\
Where settings come from, the first that says something wins:
  a flag, the environment, a project file (only when named), the user file, the default.

Secrets (else from the system keychain, see qsc-bot auth login; an empty variable is an unset one):
  QSC_BOT_TOKEN          token of the Social Connect API
  QSC_BOT_PAGE_TOKEN     Page token of the bot's app, for Messenger
  QSC_BOT_CLIENT_SECRET  signs Social Connect's webhooks
  QSC_BOT_APP_SECRET     signs Meta's webhooks
  QSC_BOT_VERIFY_TOKEN   answers Meta's handshake
  QSC_BOT_URL_SECRET     stands for {secret} in a webhook's address

Settings:
  QSC_BOT_PROFILE        the profile to use, like --profile
  QSC_BOT_CONFIG         a project file, like --config
  QSC_BOT_TIMEOUT        how long one call may take, for example 20s

Folders (else the XDG places: .config, .local/state and .cache below HOME):
  QSC_BOT_CONFIG_DIR     holds config.yaml
  QSC_BOT_STATE_DIR      holds journal.db (what was changed, with --reason), sandbox.db, registry.yaml, budget.db
                         (counts of calls) and what logins leave
  QSC_BOT_CACHE_DIR      holds facts.json; safe to delete

Others that are honoured:
  CI                     leaving the profile out is then an error
  NO_COLOR, TERM=dumb    no colour
  ACCESSIBLE=1           no line that is rewritten
  HTTPS_PROXY, NO_PROXY  the way to the API
  SSL_CERT_FILE          certificates to trust in place of the usual ones, for example a company's
  DBUS_SESSION_BUS_ADDRESS  on Linux, the session that has the keychain; without it no keychain is asked
"""

CI: Final = """\
A job needs no keychain: secrets come from the environment, the profile from a project file.

  export QSC_BOT_TOKEN=...            # from the job's secrets; never on a command line
  export QSC_BOT_CONFIG=qsc-bot.yaml  # committed; holds no secret
  export QSC_BOT_PROFILE=prod
  qsc-bot auth status                 # exit 4 where the token does not work

A project file as small as can be, which also says which account is meant:

  version: 1
  profiles:
    prod: {account_id: "1417", region: eu, topic_ids: ["46283"]}

Where CI is set, leaving the profile out is an error: no job acts on the sandbox by accident, nor on a real account.
Nothing is asked: a command that would need an answer exits 2 and names the flag to pass (--yes, --confirm-profile).
A token in the environment never touches the keychain. Results are for programs with -o json; see help output.
Exit 8 is temporary and safe to run again; 9 means that some items failed; see help exit-codes.
A registry of guided recipes, qsc-bot.lock.yaml, lies beside the project file and is made to be committed.

Without any account: -p sandbox works in a job too, and qsc-bot demo plays everything.
"""

OUTPUT: Final = """\
Data goes to stdout, everything said about it to stderr. Formats (-o, --output):
  table   for people; the default on a terminal
  plain   one record a line, tab-separated, full values, no header; the default elsewhere
  json    one document; --json is the same
  ndjson  one record a line, with type: item, result, event or heartbeat, and a last line end
  csv     with a header; a cell that a spreadsheet would calculate gets a leading '
  yaml    the same document as json
  id      ids only, for other commands: qsc-bot escalation list -o id | qsc-bot escalation remove --ids - --yes

--fields a,b chooses and orders fields. qsc-bot schema NAME prints the JSON schema of a document.
page.complete is false whenever something was left out. Unknown values are null, never missing.
Times are UTC. Customers' names are shown as initials unless --show-pii is given; ids are shown as they are, and on
WhatsApp, Viber and Twilio they are phone numbers.
With -o json or ndjson an error is one JSON object on stderr.
"""


def _exit_codes() -> str:
    rows = [f"  {int(code):>3}  {meaning}" for code, meaning in EXIT_MEANINGS.items()]
    return "What the process exits with:\n" + "\n".join(rows) + "\n"


def _errors() -> str:
    rows = [
        f"{code}  (exit {int(kind.exit_code)})\n  {kind.meaning}\n  {kind.remedy}"
        for code, kind in sorted(CATALOGUE.items())
    ]
    return "Every error has a code that stays.\n\n" + "\n".join(rows) + "\n"


TOPICS: Final[dict[str, tuple[str, Callable[[], str]]]] = {
    "environment": ("variables, files and folders", lambda: ENVIRONMENT),
    "ci": ("jobs: secrets, profile, exit codes", lambda: CI),
    "exit-codes": ("what the process exits with", _exit_codes),
    "output": ("formats, streams and what is shown", lambda: OUTPUT),
    "errors": ("every error code, its meaning and its remedy", _errors),
}


def list_topics() -> "Text":
    """The topics with a line each."""
    from qsc_bot.results import Text

    rows = [f"  {name:<12} {summary}" for name, (summary, _) in TOPICS.items()]
    text = "Topics (qsc-bot help TOPIC):\n" + "\n".join(rows) + "\n\nEvery command has --help. Start with: qsc-bot demo"
    return Text(text=text, data={"topics": list(TOPICS)})


def read_topic(name: str) -> "Text":
    """One topic; raises `usage.invalid` naming the nearest."""
    from qsc_bot.results import Text

    if name not in TOPICS:
        near = get_close_matches(name, TOPICS, n=1)
        hint = (f"qsc-bot help {near[0]}",) if near else ("qsc-bot help",)
        raise QscBotError("usage.invalid", f"there is no topic {name[:80]!r}", expected=", ".join(TOPICS), hint=hint)
    data = {"errors": [_row(code) for code in sorted(CATALOGUE)]} if name == "errors" else None
    return Text(text=TOPICS[name][1](), data=data)


def _row(code: str) -> dict[str, object]:
    kind = CATALOGUE[code]
    return {"code": code, "exit": int(kind.exit_code), "meaning": kind.meaning, "remedy": kind.remedy}

"""Every failure that a user can meet, in one table: its stable code, its exit code, its meaning and its remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from qsc_bot.exit_codes import ExitCode


@dataclass(frozen=True)
class Kind:
    """One row of the error table."""

    exit_code: ExitCode
    meaning: str
    remedy: str


_E = ExitCode
CATALOGUE: Final[Mapping[str, Kind]] = {
    "internal.fault": Kind(_E.UNCLASSIFIED, "a fault of this tool", "report it with the report file that was written"),
    "demo.failed": Kind(_E.UNCLASSIFIED, "a state in the demo was not as expected", "report it with the demo's output"),
    "api.wrong_shape": Kind(
        _E.UNCLASSIFIED,
        "a well-formed answer of another shape than documented",
        "run again with --debug and report the path that the message names",
    ),
    "api.page_repeated": Kind(
        _E.UNCLASSIFIED,
        "a list named a page that was already read",
        "run again; if it stays, report it to the vendor",
    ),
    "api.page_foreign": Kind(
        _E.UNCLASSIFIED,
        "a list named a next page on another host; it was not followed",
        "check api_url; report it to the vendor",
    ),
    "usage.invalid": Kind(_E.USAGE, "the command line cannot be read", "see the command's --help"),
    "usage.confirmation": Kind(_E.USAGE, "a question is needed and nobody can be asked", "add --yes"),
    "usage.id": Kind(
        _E.USAGE, "this is no conversation id", "write SERVICE:SERVICE_ID, for example whatsapp:32470000000"
    ),
    "usage.service": Kind(
        _E.USAGE, "this service is not known", "name it under channels in the profile, or mend the spelling"
    ),
    "usage.ids": Kind(
        _E.USAGE, "the list of ids cannot be used", "give one id a line; the text up to the first tab counts"
    ),
    "usage.tag": Kind(
        _E.USAGE,
        "this cannot be a tag",
        "use a tag without comma or control characters, of at most 100 characters",
    ),
    "usage.ambiguous": Kind(_E.USAGE, "this contact has several conversations", "name one of them"),
    "usage.url": Kind(
        _E.USAGE,
        "this cannot be a webhook address",
        "give an http or https address without fragment, user or password",
    ),
    "webhook.body": Kind(
        _E.USAGE,
        "the body of a webhook cannot be read",
        "give the bytes as they arrived: a mention, a list of mentions, or an object with Messenger's entries",
    ),
    "usage.log": Kind(_E.USAGE, "the log cannot be read", "give a plain text log, or - for standard input"),
    "usage.plan": Kind(
        _E.USAGE, "the rescue plan cannot be used", "make a new one with qsc-bot conversation rescue --out FILE"
    ),
    "usage.partial": Kind(
        _E.USAGE,
        "not everything could be read, so stuck conversations may be missing; nothing was sent",
        "run again, or add --allow-partial",
    ),
    "usage.schema": Kind(_E.USAGE, "there is no schema of this name", "see qsc-bot schema"),
    "api.refused": Kind(
        _E.USAGE, "the API refused the values that were sent", "read the server's words in the message"
    ),
    "config.invalid": Kind(
        _E.ENVIRONMENT, "the configuration cannot be used", "mend the file at the path that the message names"
    ),
    "config.profile_unknown": Kind(_E.ENVIRONMENT, "there is no profile of this name", "see qsc-bot profile list"),
    "config.profile_missing": Kind(
        _E.ENVIRONMENT, "no profile was chosen", "add -p NAME, or set a default with qsc-bot profile use NAME"
    ),
    "config.host": Kind(_E.ENVIRONMENT, "this API host is not allowed", "name it under allowed_hosts in the user file"),
    "config.topic": Kind(
        _E.ENVIRONMENT, "this channel needs a topic and none is known", "set topic_ids in the profile"
    ),
    "config.messenger": Kind(
        _E.ENVIRONMENT,
        "Messenger is not set up in the profile",
        "add the messenger section, or map the service under channels",
    ),
    "config.recipes": Kind(
        _E.ENVIRONMENT,
        "this profile's recipes are not kept by the back-end that the command is for",
        "see recipes.backend in the profile; guided is for recipes that a person enters",
    ),
    "config.secret": Kind(
        _E.ENVIRONMENT, "a secret is needed and none is set", "set the variable that the message names"
    ),
    "auth.keychain": Kind(
        _E.ENVIRONMENT, "the system keychain cannot be used", "set QSC_BOT_TOKEN, or log in with --allow-file-store"
    ),
    "index.unusable": Kind(
        _E.ENVIRONMENT,
        "what is known of conversations on this machine cannot be used",
        "run again; the file that the message names may be deleted, which costs calls and nothing else",
    ),
    "config.state": Kind(
        _E.ENVIRONMENT,
        "the state folder cannot be used; what cannot be written down is not sent",
        "make it writable, or set QSC_BOT_STATE_DIR",
    ),
    "journal.unusable": Kind(
        _E.ENVIRONMENT,
        "the journal of what was changed cannot be used; what cannot be written down is not sent",
        "keep the file for the record, and move it out of the state folder; a newer qsc-bot may read it",
    ),
    "network.tls": Kind(
        _E.ENVIRONMENT, "no secure connection could be made", "check the system's certificates and proxy"
    ),
    "network.redirect": Kind(
        _E.ENVIRONMENT,
        "the API answered with a redirect, which is never followed",
        "check api_url, region and proxy",
    ),
    "auth.no_token": Kind(
        _E.NOT_LOGGED_IN,
        "there is no token",
        "qsc-bot auth login, or set QSC_BOT_TOKEN (Messenger: QSC_BOT_PAGE_TOKEN)",
    ),
    "auth.rejected": Kind(
        _E.NOT_LOGGED_IN, "the token was rejected", "log in with a new token; tokens live three months at most"
    ),
    "access.denied": Kind(
        _E.NOT_PERMITTED, "the token may not do this", "check the token's scopes and the user's rights"
    ),
    "access.scope": Kind(
        _E.NOT_PERMITTED, "the token lacks a scope", "make a token with the scope that the message names"
    ),
    "access.account": Kind(_E.NOT_PERMITTED, "the token belongs to another account", "check account_id in the profile"),
    "access.app": Kind(
        _E.NOT_PERMITTED,
        "the Page token belongs to another app, whose subscription a write would replace",
        "make a Page token with the app that messenger.bot_app_id of the profile names",
    ),
    "conversation.not_found": Kind(
        _E.NOT_FOUND,
        "the conversation is not known to the account",
        "check the id and the profile; it can also mean that the token may not see it",
    ),
    "contact.not_found": Kind(
        _E.NOT_FOUND,
        "the contact is not known to the account",
        "check the id and the profile; it can also mean that the token may not see it",
    ),
    "operation.not_found": Kind(_E.NOT_FOUND, "there is no operation of this id", "see qsc-bot operation list"),
    "delivery.not_found": Kind(_E.NOT_FOUND, "no such delivery is stored here", "see qsc-bot webhook deliveries"),
    "webhook.not_found": Kind(_E.NOT_FOUND, "there is no webhook of this name", "see qsc-bot webhook list"),
    "recipe.not_found": Kind(_E.NOT_FOUND, "there is no recipe of this name", "see qsc-bot recipe list"),
    "api.not_found": Kind(
        _E.NOT_FOUND,
        "the API does not know this",
        "check the id and the profile; it can also mean that the token may not see it",
    ),
    "handover.state_changed": Kind(
        _E.CONFLICT,
        "the conversation is not held as --if-control expects",
        "look at it with qsc-bot conversation show ID",
    ),
    "handover.not_verified": Kind(
        _E.CONFLICT,
        "the write was accepted, but the state read back is another",
        "look at it again with qsc-bot conversation show ID",
    ),
    "handover.not_allowed": Kind(
        _E.CONFLICT,
        "the remote side does not let us move this conversation now",
        "read who holds it with qsc-bot handover status ID",
    ),
    "escalation.tags_lost": Kind(
        _E.CONFLICT,
        "after the write, other tags than the wanted one had changed",
        "put them back by hand; the message names them",
    ),
    "operation.running": Kind(
        _E.CONFLICT,
        "another process carries this operation out",
        "wait until it ends; see qsc-bot operation show OP",
    ),
    "operation.elsewhere": Kind(
        _E.CONFLICT,
        "the profile of the operation now names another account or host",
        "see qsc-bot operation show OP, and the profile",
    ),
    "rescue.elsewhere": Kind(
        _E.CONFLICT,
        "the rescue plan was made for another profile, account or host; nothing was sent",
        "choose its profile with -p, or make a new plan",
    ),
    "journal.broken": Kind(
        _E.CONFLICT,
        "an entry of the journal is not what was written",
        "keep the file for the record; what was changed after the entry that the message names cannot be relied on",
    ),
    "webhook.different": Kind(_E.CONFLICT, "a webhook of this name exists with other content", "add --update"),
    "webhook.no_handshake": Kind(
        _E.CONFLICT,
        "Meta called the address, and it did not repeat the challenge",
        "let the bot run there with the same verify token; a listener does: qsc-bot webhook listen",
    ),
    "webhook.in_use": Kind(_E.CONFLICT, "a recipe uses this webhook", "delete the recipe first"),
    "recipe.not_seen": Kind(
        _E.CONFLICT,
        "no delivery proves that the recipe was entered",
        "send a private message to the channel, then look again; see qsc-bot recipe show NAME --form",
    ),
    "recipe.drifted": Kind(
        _E.CONFLICT,
        "what fires is not the recipe that is wanted",
        "change it in the settings screen; see qsc-bot recipe show NAME --form",
    ),
    "recipe.different": Kind(_E.CONFLICT, "a recipe of this name exists with other content", "add --update"),
    "config.changed": Kind(_E.CONFLICT, "the user file was changed meanwhile; nothing was written", "run again"),
    "setup.not_verified": Kind(
        _E.CONFLICT,
        "a webhook or recipe was written, but read back it is another",
        "look at it with qsc-bot webhook show NAME or qsc-bot recipe show NAME",
    ),
    "sandbox.not_allowed": Kind(
        _E.CONFLICT, "the sandbox does not allow this now", "read the message; see qsc-bot sandbox status"
    ),
    "sandbox.not_served": Kind(
        _E.ENVIRONMENT,
        "a bot is to be tried, and no process serves the sandbox that it would reach",
        "qsc-bot sandbox serve, in another terminal",
    ),
    "listen.ended": Kind(
        _E.TEMPORARY,
        "the socket of a listener ended; what arrived meanwhile was not heard",
        "run again; senders that had no answer may send again",
    ),
    "network.unreachable": Kind(
        _E.TEMPORARY, "the API could not be reached", "check the network and api_url, then run again"
    ),
    "network.timeout": Kind(
        _E.TEMPORARY, "the API did not answer in time", "run again, or raise timeout in the profile"
    ),
    "api.unavailable": Kind(_E.TEMPORARY, "the API failed on its side", "run again later"),
    "api.not_json": Kind(
        _E.TEMPORARY,
        "the answer is no JSON, or was cut off",
        "run again; check that no proxy answers in the API's place",
    ),
    "api.rate_limited": Kind(
        _E.TEMPORARY,
        "the hourly limit of calls is used up",
        "run again after the time that the message names",
    ),
    "budget.reserved": Kind(
        _E.TEMPORARY,
        "the calls that are left are kept for the bot",
        "run again after the time that the message names, or add --across-reset; see qsc-bot limits",
    ),
    "budget.max_calls": Kind(_E.TEMPORARY, "the calls that --max-calls allows are used up", "raise --max-calls"),
    "webhook.no_answer": Kind(
        _E.TEMPORARY, "the bot's address did not answer", "check that the bot runs and that the address is right"
    ),
    "journal.locked": Kind(
        _E.TEMPORARY,
        "another process holds the journal of what was changed; what cannot be written down is not sent",
        "run again; if it stays, end the qsc-bot process that hangs",
    ),
    "write.in_doubt": Kind(
        _E.TEMPORARY,
        "a write was sent, its answer was lost, and the state could not be read back",
        "look at it with qsc-bot conversation show ID before running again",
    ),
    "write.not_done": Kind(
        _E.TEMPORARY, "a write was sent, its answer was lost, and the state is still the old one", "run again"
    ),
    "prompt.declined": Kind(_E.DECLINED, "you said no; nothing was sent", "run again and answer yes, or add --yes"),
    "run.partial": Kind(
        _E.PARTIAL, "some items failed or are in doubt", "look at the items that failed; run again for them"
    ),
    "webhook.unfit": Kind(
        _E.PARTIAL,
        "the bot's webhook does not do what it must",
        "mend what failed, as its reason says; then verify again",
    ),
    "wait.not_met": Kind(
        _E.NOT_MET,
        "what --for names did not come true before --timeout",
        "see qsc-bot conversation explain ID, or wait longer",
    ),
    "slo.breached": Kind(
        _E.NOT_MET,
        "a conversation is stuck for longer than an --slo allows",
        "see qsc-bot conversation explain ID",
    ),
    "check.unknown": Kind(
        _E.ENVIRONMENT,
        "--fail-if-any cannot tell, because too little is known on this machine",
        "run it without --cached, which reads what is missing",
    ),
    "check.found": Kind(_E.NOT_MET, "--fail-if-any found something", "look at what the list shows"),
    "output.unwritable": Kind(_E.ENVIRONMENT, "the result cannot be written", "check the disk and where stdout goes"),
    "run.interrupted": Kind(_E.INTERRUPTED, "stopped by Ctrl-C", "run again; what is already so is left unchanged"),
    "run.terminated": Kind(_E.TERMINATED, "stopped by SIGTERM", "run again; what is already so is left unchanged"),
}

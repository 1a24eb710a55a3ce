"""`auth login`: which profile, account and host are meant, and the order in which all is checked and saved."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qsc_bot.cli.answers import Answers
from qsc_bot.cli.protection import confirm_change
from qsc_bot.cli.session import Session
from qsc_bot.credentials.item import binding_of
from qsc_bot.credentials.secrets import NAMES, Secret, Secrets, whose
from qsc_bot.errors import QscBotError
from qsc_bot.models.account import Account
from qsc_bot.models.profile import SANDBOX_NAME, Profile, check_name
from qsc_bot.operations.auth import Credentials, tell_login
from qsc_bot.operations.login import Change, Home, choose_account, find_home, name_account, save
from qsc_bot.results import Record

if TYPE_CHECKING:
    from qsc_bot.api.accounts import Accounts
    from qsc_bot.user_file import UserFile

FIRST_NAME: Final = "prod"
REGIONS: Final = ("eu", "us")
_PLACEHOLDER: Final = "0"  # until the token has told its accounts


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the words of the command line say of a login."""

    region: str | None
    account_id: str | None
    api_url: str | None
    token_stdin: bool
    token_file: Path | None
    allow_file_store: bool
    yes: bool
    confirm_profile: str | None


def log_in(here: Session, wish: Wish) -> Record:
    """Make or renew a profile: everything is read and checked before anything is saved."""
    file = here.user_file
    file.check_rewritable(yes=wish.yes)
    name = _name(here)
    check_name(name)
    candidates = _candidates(file, name, wish)
    answers = Answers(here)
    token = answers.token(from_stdin=wish.token_stdin, from_file=wish.token_file)
    connect = partial(_accounts, here, Secrets({}, given={"token": token}))
    home = find_home(candidates, connect, is_fixed=wish.region is not None)
    here.printer.notice(f"the token is accepted by {home.profile.base_url}")
    changed = file.with_profile(name, _keys(here, file.profile(name) or {}, home, wish)).with_default(name)
    scopes = home.accounts.scopes()
    profile = _save(here, wish, answers, token, file, changed, name)
    here.turn_to(name)
    credentials = Credentials(secrets=here.secrets, vault=here.vault)
    record = tell_login(profile, home.user, scopes, credentials, is_new=file.profile(name) is None)
    record.warnings = [*answers.told, *record.warnings, *_profile_warnings(here, name)]
    return record


def _save(
    here: Session, wish: Wish, answers: Answers, token: Secret, file: "UserFile", changed: "UserFile", name: str
) -> Profile:
    """Ask for the other secrets and save; what is forgotten is told before, or after where it was not known."""
    before, profile = file.check().profiles.get(name), changed.check().profiles[name]
    change = Change(before=binding_of(before) if before else None, now=binding_of(profile))
    if change.is_elsewhere:
        confirm_change(here, file, name, wish.confirm_profile)
    foretold = _tell_forgotten(answers, _foreseen(here, change, name), name)
    forgotten = save(
        here.vault,
        changed,
        {"token": token.value, **({} if wish.token_stdin else answers.others(NAMES[1:]))},
        profile=name,
        now=here.clock.now(),
        change=change,
        agree_to_file=partial(answers.agree_to_file, wish.allow_file_store),
    )
    _tell_forgotten(answers, {kind: owner for kind, owner in forgotten.items() if kind not in foretold}, name)
    return profile


def _foreseen(here: Session, change: Change, name: str) -> Mapping[str, str]:
    """Which secrets the login will forget, as far as that is known without asking the keychain."""
    login = here.vault.login(name)
    others = [kind for kind in login.names if kind != "token"] if login else []
    return change.lost(others, login.binding if login else None)


def _tell_forgotten(answers: Answers, owners: Mapping[str, str], name: str) -> Collection[str]:
    for sentence in whose(owners, name):
        answers.tell(f"{sentence}: forgotten by this login")
    return owners.keys()


def _name(here: Session) -> str:
    given = here.options.profile or here.surroundings.environ.get("QSC_BOT_PROFILE")
    if given:
        return given
    known = here.config.default_profile
    usual = known if known and known != SANDBOX_NAME else FIRST_NAME
    return (here.prompts.can_ask and here.prompts.ask(f"name of the profile [{usual}]: ", flag="-p NAME")) or usual


def _candidates(file: "UserFile", name: str, wish: Wish) -> list[Profile]:
    """The profile as it would be on each host that is to be tried, refused where its address is not allowed."""
    old = file.profile(name) or {}
    keys = {**old, "account_id": wish.account_id or old.get("account_id", _PLACEHOLDER)}
    api_url = wish.api_url or (None if wish.region else old.get("api_url"))
    if api_url:
        found = {**keys, "api_url": api_url, "region": wish.region or old.get("region", "eu")}
        return [_named("--api-url", partial(_draft, file, name, found)) if wish.api_url else _draft(file, name, found)]
    keys.pop("api_url", None)
    first = wish.region or old.get("region", REGIONS[0])
    ordered = sorted(REGIONS, key=lambda region: region != first)
    return [_draft(file, name, {**keys, "region": region}) for region in ordered]


def _draft(file: "UserFile", name: str, keys: Mapping[str, Any]) -> Profile:
    return file.with_profile(name, keys).check().profiles[name]


def _named(option: str, draft: Callable[[], Profile]) -> Profile:
    """A profile, or its fault as one of the option that it came from, since no file says such a thing."""
    try:
        return draft()
    except QscBotError as fault:
        raise QscBotError(fault.code, f"{option}: {fault.message.rpartition(': ')[2]}", hint=fault.hint) from None


def _accounts(here: Session, secrets: Secrets, profile: Profile) -> "Accounts":
    return here.trial(profile, secrets).accounts


def _keys(here: Session, old: Mapping[str, Any], home: Home, wish: Wish) -> dict[str, Any]:
    """The profile's keys with the account that is meant; topics that stand there for this account stay."""
    wanted = wish.account_id or old.get("account_id")
    account = choose_account(home.accounts.visible(), wanted, partial(_ask_account, here))
    found = [str(topic.id) for project in account.projects for topic in project.topics]
    kept = old.get("topic_ids") if old.get("account_id") == account.id else None
    keys = {key: value for key, value in old.items() if key != "api_url"}
    keys |= {"account_id": str(account.id), "region": home.profile.region, "topic_ids": kept or found}
    return keys | ({"api_url": home.profile.api_url} if home.profile.api_url else {})


def _ask_account(here: Session, visible: Sequence[Account]) -> int:
    return here.prompts.choose("which account?", [name_account(one) for one in visible], flag="--account-id ID")


def _profile_warnings(here: Session, name: str) -> list[str]:
    other = here.surroundings.environ.get("QSC_BOT_PROFILE")
    return [f"QSC_BOT_PROFILE names {other}, which is used in place of {name}"] if other and other != name else []

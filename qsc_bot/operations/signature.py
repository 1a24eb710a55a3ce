"""Signatures made and judged offline, and the secrets that sign."""

from typing import Final

from qsc_bot.credentials.secrets import Secrets, variable_of
from qsc_bot.errors import QscBotError
from qsc_bot.exit_codes import ExitCode
from qsc_bot.models.delivery import Signature, Verdict, Via
from qsc_bot.models.profile import Profile
from qsc_bot.results import Record
from qsc_bot.webhook.signature import HEADERS, judge, sign

SIGNS: Final = {Via.SOCIAL_CONNECT: "client_secret", Via.MESSENGER: "app_secret"}
"""Which secret signs what each of them sends."""


def sign_body(via: Via, body: bytes, secret: str) -> Record:
    """The header that these bytes are signed with, as a line that other programs take."""
    value = sign(via, body, secret)
    item = Signature(via=via, header=HEADERS[via], value=value, verdict=Verdict.VALID)
    return Record(schema="signature", item=item, view=f"{item.header}: {value}", views_everywhere=True)


def check_signature(via: Via, body: bytes, given: str | None, secret: str) -> Record:
    """How a signature stands, given as the header's value or as the whole line; exit 7 unless it is valid."""
    value = _value(via, given) if given is not None else None
    verdict, note = judge(via, body, value, secret)
    return Record(
        schema="signature",
        item=Signature(via=via, header=HEADERS[via], value=value, verdict=verdict, note=note),
        exit_code=ExitCode.OK if verdict is Verdict.VALID else ExitCode.CONFLICT,
    )


def signing_secret(secrets: Secrets, profile: Profile, via: Via) -> str | None:
    """What signs for a profile, None where it is not set."""
    found = secrets.client_secret(profile) if via is Via.SOCIAL_CONNECT else secrets.app_secret(profile)
    return found.value if found else None


def needed_secret(secrets: Secrets, profile: Profile, via: Via, *, hint: str | None = None) -> str:
    """What signs for a profile; raises `config.secret` naming the variable where it is not set."""
    found = signing_secret(secrets, profile, via)
    if found is None:
        raise not_set(secrets, profile, SIGNS[via], hint=hint)
    return found


def not_set(secrets: Secrets, profile: Profile, *names: str, hint: str | None = None) -> QscBotError:
    """The error that names the variables of secrets that are needed, and why a stored one was not used."""
    variables = " and ".join(variable_of(name) for name in names)
    fault = f"profile {profile.name}: {variables} {'is' if len(names) == 1 else 'are'} not set"
    trouble = next((found for name in names if (found := secrets.trouble(profile, name))), None)
    first = f"set {variables}, or store it with qsc-bot auth login"
    return QscBotError(
        "config.secret", f"{fault}; {trouble}" if trouble else fault, hint=(first, *([hint] if hint else ()))
    )


def _value(via: Via, given: str) -> str:
    name, colon, value = given.partition(":")
    return value.strip() if colon and name.strip().casefold() == HEADERS[via] else given

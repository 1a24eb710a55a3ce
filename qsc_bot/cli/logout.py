"""`auth logout`: which profile is meant, also one that the configuration no longer has."""

from qsc_bot.cli.session import Session
from qsc_bot.models.profile import Profile, check_name
from qsc_bot.operations.auth import Credentials, forget
from qsc_bot.results import Record


def log_out(here: Session, *, yes: bool) -> Record:
    """Ask, and forget what was stored."""
    named = here.options.profile
    known = here.config.profiles.get(named) if named else here.profile
    profile = known or Profile(name=named or "", account_id="0")
    check_name(profile.name)
    here.prompts.confirm_unless(yes, f"forget the stored secrets of {profile.name}")
    return forget(profile, Credentials(secrets=here.secrets, vault=here.vault), is_known=known is not None)

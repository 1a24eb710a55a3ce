"""Where the recipes that a person enters are kept: beside the project file that was named, else in the state folder."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from qsc_bot.errors import QscBotError
from qsc_bot.models.profile import Profile
from qsc_bot.setup.form import Screen
from qsc_bot.setup.guided import GuidedSetup
from qsc_bot.storage.registry import PROJECT_NAME, STATE_NAME, RegistryFile

PERSON: Final = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN", "USER", "LOGNAME", "USERNAME")
"""The variables that may tell who acts, the first one set; in CI that is who started the run."""


def open_guided(
    profile: Profile, *, project: Path | None, state: Path, environ: Mapping[str, str], now: Callable[[], datetime]
) -> GuidedSetup:
    """The recipes that a person enters; raises `config.recipes` where the profile's are kept by calls."""
    if profile.recipes.backend != "guided":
        raise QscBotError(
            "config.recipes", f"profile {profile.name}: its recipes are kept by calls; nobody enters them by hand"
        )
    return GuidedSetup(
        open_registry(profile, project=project, state=state),
        screen=Screen(host=profile.web_host, private_message_filter=profile.private_message_filter),
        by=next((environ[name] for name in PERSON if environ.get(name)), "unknown"),
        now=now,
    )


def open_registry(profile: Profile, *, project: Path | None, state: Path) -> RegistryFile:
    """The account's part of the registry file."""
    path = project.parent / PROJECT_NAME if project else state / STATE_NAME
    return RegistryFile(path, account_id=profile.account_id, shared=project is not None)

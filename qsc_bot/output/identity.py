"""Whose data is shown."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """The profile, its account, and whether that is the sandbox."""

    profile: str | None
    account_id: str | None
    sandbox: bool

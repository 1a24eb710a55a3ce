"""What is stored for one profile: its secrets, and the account and the hosts that they were made for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from qsc_bot.models.profile import Profile

Place = Literal["keychain", "file"]

_USUAL_PORTS: Final = {"https": ":443", "http": ":80"}


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """The account, the API and the Graph API that a login was made for; its secrets are used for nothing else."""

    account_id: str
    api: str
    graph: str


@dataclass(frozen=True)
class Item:
    """The stored secrets of one profile by name; they may not be shown. Older ones do not say what they are for."""

    values: Mapping[str, str] = field(repr=False)
    place: Place
    binding: Binding | None = None


def binding_of(profile: Profile) -> Binding:
    """What a login to this profile is made for."""
    return Binding(account_id=profile.account_id, api=_plain(profile.base_url), graph=_plain(profile.graph_base))


def owner_elsewhere(name: str, made_for: Binding, wanted: Binding) -> str | None:
    """Whose a stored secret is and whose it would have to be, where these differ; the Page token is Meta's as well."""
    if (made_for.account_id, made_for.api) != (wanted.account_id, wanted.api):
        return f"{_account(made_for)}; the profile now says {_account(wanted)}"
    if name == "page_token" and made_for.graph != wanted.graph:
        return f"{_shown(made_for.graph)}; the profile now says {_shown(wanted.graph)}"
    return None


def _account(binding: Binding) -> str:
    return f"account {binding.account_id} at {_shown(binding.api)}"


def _shown(address: str) -> str:
    return address.removeprefix("https://")


def _plain(address: str) -> str:
    """The one spelling of an address."""
    parts = urlsplit(address)
    host = parts.netloc.lower().removesuffix(_USUAL_PORTS.get(parts.scheme, ""))
    return f"{parts.scheme}://{host}{parts.path}"

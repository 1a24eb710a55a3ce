"""The registry: what a person was asked to enter in the settings screen, and what is known of it. No secrets."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from qsc_bot.models.profile import Identifier, NotNegative, ObjectName, Tag

VERSION: Final = 1
PRIVATE_MESSAGES: Final = "private-messages"
REVISION_PATTERN: Final = r"^[0-9a-f]{12}$"

Moment = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
        description="a time in UTC such as 2026-11-22T09:02:30Z",
    ),
]
Revision = Annotated[str, Meta(pattern=REVISION_PATTERN, description="a revision of 12 hexadecimal digits")]
Address = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s#/?@\\]+([/?][^\s#]*)?$",
        description="an http or https address without fragment, user or password",
    ),
]
RecipeFilter = Annotated[
    str,
    Meta(
        pattern=r"^(private-messages|(filter|saved):[^\x00-\x1f\x7f]+)$",
        description="private-messages, filter:STRING or saved:NAME",
    ),
]
OwnFilter = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,1000}$",
        description="one line of at most 1000 characters",
    ),
]
EventField = Annotated[str, Meta(pattern=r"^[a-z_]{1,60}$", description="a field of Messenger's events")]
Change = Literal["create", "update", "enable", "disable", "delete"]
State = Literal["recorded", "pending", "confirmed", "seen", "verified", "active", "disabled", "drifted"]


class Content(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a recipe does, with all that the screen asks for; an Authorization header only as being wanted.

    `private_message_filter` is the account's own filter for private messages, where it was known.
    """

    webhook: ObjectName
    url: Address
    topic_ids: list[Identifier]
    filter: RecipeFilter
    private_message_filter: OwnFilter | None = None
    exclude_tag: Tag | None = None
    active: Literal["always", "business-hours"] = "always"
    enabled: bool = True
    authorization: bool = False
    marker: bool = True


class Pending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A change that a person was asked to make, and has not confirmed."""

    change: Change
    by: str
    at: Moment


class Confirmed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person said to have entered."""

    revision: Revision
    by: str
    at: Moment
    content: Content


class Proven(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stood in the recipe whose deliveries proved its address, where no person said so."""

    revision: Revision
    at: Moment
    content: Content


class Seen(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Deliveries that bore a recipe's marker; `revision` is the one that fires, wanted or not.

    `verified` says that one of them was signed.
    """

    revision: Revision
    drifted: bool
    verified: bool = False
    count: NotNegative
    first: Moment | None = None
    last: Moment | None = None
    by: str
    at: Moment


class WebhookEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An address of the bot; it has no screen of its own and lives in the recipes that use it."""

    name: ObjectName
    url: Address
    via: Literal["social-connect"] = "social-connect"
    authorization: bool = False
    state: Literal["recorded"] = "recorded"


class MessengerEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What Meta does not hold of its one webhook of an app: our name for it, and what was asked for."""

    name: ObjectName
    app_id: Identifier
    page_id: Identifier
    url: Address
    subscribe: list[EventField]


class RecipeEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A recipe as it is wanted; `revision` and `state` are told for readers, and never trusted."""

    name: ObjectName
    webhook: ObjectName
    topic_ids: list[Identifier]
    filter: RecipeFilter
    private_message_filter: OwnFilter | None = None
    exclude_tag: Tag | None = None
    active: Literal["always", "business-hours"] = "always"
    enabled: bool = True
    marker: bool = True
    state: State = "pending"
    revision: Revision
    pending: Pending | None = None
    confirmed: Confirmed | None = None
    proven: Proven | None = None
    seen: Seen | None = None


class Retired(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A revision that was wanted before; `at` is when it was given up, or wanted again, whichever was last."""

    name: ObjectName
    revision: Revision
    at: Moment


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The webhooks and recipes of one account, and what its recipes were before."""

    webhooks: list[WebhookEntry] = []
    messenger: list[MessengerEntry] = []
    recipes: list[RecipeEntry] = []
    retired: list[Retired] = []


class Registry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file: one account may stand beside another."""

    version: Literal[1] = 1
    accounts: dict[Identifier, Account] = {}

"""What the sandbox tells about itself."""

import msgspec


class SandboxConversation(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation in the sandbox; `writes` counts the API's writes that had an effect."""

    id: str
    control: str
    writes: int


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One rule that lets calls fail, all that match or `rate_percent` of them; `left` is null for ever."""

    pattern: str
    status: int | None = None
    delay_seconds: float | None = None
    cut: str | None = None
    body: str | None = None
    rate_limit: bool = False
    rate_percent: float | None = None
    seed: int = 0
    left: int | None = None


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """How many webhook requests were answered with 2xx, and how many were not."""

    sent: int
    failed: int
    by_webhook: dict[str, dict[str, int | str | None]]


class SandboxStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What the sandbox holds, and what it was asked, by endpoint."""

    address: str
    seed: str
    clock_offset_s: float
    contacts: int
    requests: dict[str, int]
    conversations: list[SandboxConversation]
    faults: list[Fault]
    deliveries: Deliveries


class SentDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One webhook request that was sent because of what happened; `status` is null where nothing answered."""

    webhook: str
    status: int | None


class SandboxEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What a person did in the sandbox, and who holds the conversation after it."""

    conversation: str
    control: str
    deliveries: list[SentDelivery]
    mention: str | None = None

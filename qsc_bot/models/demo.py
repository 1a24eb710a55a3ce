"""What the demo played, and whether it came out as it should."""

import msgspec


class DemoStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step: what happened, and who held each conversation after it (null where it was not looked at)."""

    step: str
    twitter: str | None
    whatsapp: str | None
    facebook: str | None
    ok: bool


class DemoStory(msgspec.Struct, frozen=True, kw_only=True):
    """The whole story; `ok` when every step came out as expected."""

    ok: bool
    steps: list[DemoStep]

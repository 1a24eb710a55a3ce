"""How one process's view of the sandbox behaves; the state itself is shared, these are not."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The switches of a sandbox."""

    address: str = "http://127.0.0.1:8081"
    latency_seconds: float = 0.0
    rate_limit: int | None = 350
    scopes: frozenset[str] | None = None
    handover_shape: str = "owner"
    messenger_mode: str = "routing"
    default_app: str = "111"
    may_take: bool = True

    @property
    def routing(self) -> bool:
        """Whether Conversation Routing is on: a default app is set."""
        return self.messenger_mode == "routing"

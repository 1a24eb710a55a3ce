"""What a token can see: accounts, their topics, and the profiles that a topic watches."""

import msgspec

from qsc_bot.models.wire import WireId


class MonitoredProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A profile of the company's that a topic watches; `type` is the service."""

    type: str | None = None


class AccountTopic(msgspec.Struct, frozen=True, kw_only=True):
    """One topic of a project."""

    id: WireId
    name: str | None = None
    monitoredprofiles: list[MonitoredProfile] = []


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """A group of topics."""

    id: WireId
    topics: list[AccountTopic] = []


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One account that the token can see."""

    id: WireId
    name: str | None = None
    projects: list[Project] = []

    def topics_of(self, service: str) -> list[str]:
        """The ids of all topics that watch a profile on this service."""
        return [
            str(topic.id)
            for project in self.projects
            for topic in project.topics
            if any(profile.type == service for profile in topic.monitoredprofiles)
        ]

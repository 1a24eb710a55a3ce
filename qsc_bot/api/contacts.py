"""Contacts and their tags.

https://app.engagor.com/developers/documentation/endpoints/?url=%2F%7Baccount_id%7D%2Finbox%2Fcontact%2F%7Bservice%7D%2F%7Bservice_id%7D
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from qsc_bot.api.accounts import ALL_SERVICES, Topics
from qsc_bot.api.social_connect import SocialConnect
from qsc_bot.errors import NotFound
from qsc_bot.models.contact import Contact
from qsc_bot.models.conversation import Call, ConversationId

NEED_TOPICS: Final = frozenset({"wechat", "twilio", "web", "whatsapp", "viber"})
"""Contact calls for these services require `topic_ids`."""
UNSUPPORTED: Final = frozenset({"instagram"})
"""Contact calls do not support these services."""
PAGE: Final = "50"


class Contacts:
    """Reads contacts, and changes one tag while leaving the others alone."""

    def __init__(self, remote: SocialConnect, *, topics: Topics) -> None:
        self._remote = remote
        self._topics = topics

    def read(self, person: ConversationId) -> Contact:
        """The contact of one conversation.

        Raises `contact.not_found`, and `config.topic` for a bot channel without topic.
        """
        params = self._topic_params(person.service)
        try:
            return self._remote.get(self._path(person), Contact, params=params)
        except NotFound as error:
            raise NotFound(
                "contact.not_found", f"{person} is no contact of account {self._remote.account_id}"
            ) from error

    def read_by_id(self, contact_id: str) -> Contact:
        """A contact by its own id, looked for in the profile's topics, else in all; raises `contact.not_found`."""
        topic_ids = self._topics.all()
        params = {"topic_ids": ",".join(topic_ids)} if topic_ids else {}
        try:
            return self._remote.get(self._remote.path("inbox", "contact", contact_id), Contact, params=params)
        except NotFound as error:
            raise NotFound(
                "contact.not_found", f"{contact_id} is no contact of account {self._remote.account_id}"
            ) from error

    def must_ask_topics(self, service: str = ALL_SERVICES) -> bool:
        """Whether a call for this service, or for a contact by its own id, first asks for the account's topics."""
        return (service in NEED_TOPICS or service == ALL_SERVICES) and not self._topics.known(service)

    def tagged(self, tag_filter: str) -> Iterator[list[Contact]]:
        """Contacts that the filter finds, 50 a page; whether they bear the tag is for the caller to check.

        https://developers.engagor.com/documentation/endpoints/?url=%2F%7Baccount_id%7D%2Finbox%2Fcontacts
        """
        return self._remote.pages(
            self._remote.path("inbox", "contacts"), Contact, params={"filter": tag_filter, "limit": PAGE}
        )

    def updated(self, since: datetime) -> Iterator[list[Contact]]:
        """Contacts that changed since a moment, 50 a page; that a change of tags counts as one is assumed."""
        moment = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._remote.pages(
            self._remote.path("inbox", "contacts"), Contact, params={"updated_since": moment, "limit": PAGE}
        )

    def tag_call(self, person: ConversationId, *, tag: str, add: bool, offline: bool = False) -> Call:
        """The write that adds or takes off one tag.

        The mode is always named, since its default would replace the list. `offline` plans without a call: topics
        that are not known yet stand as `{topic_ids}`.
        """
        form: dict[str, object] = {
            "updates": json.dumps({"tags": [tag]}, ensure_ascii=False),
            "options": json.dumps({"tags_edit_mode": "add" if add else "delete"}),
        }
        topics = self._topic_params(person.service) if not offline else self._known_topic_params(person.service)
        return Call(method="POST", path=self._path(person), body=form | topics)

    def send(self, call: Call) -> Contact:
        """Send a tag write; the answer is the updated contact."""
        form = {key: str(value) for key, value in (call.body or {}).items()}
        return self._remote.write(call.method, call.path, Contact, form=form)

    def _path(self, person: ConversationId) -> str:
        return self._remote.path("inbox", "contact", person.service, person.service_id)

    def _known_topic_params(self, service: str) -> dict[str, str]:
        known = ",".join(self._topics.known(service)) or "{topic_ids}"
        return {"topic_ids": known} if service in NEED_TOPICS else {}

    def _topic_params(self, service: str) -> dict[str, str]:
        return {"topic_ids": ",".join(self._topics.of(service))} if service in NEED_TOPICS else {}

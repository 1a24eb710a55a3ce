"""Messenger threads: who owns them, and the calls that move them.

https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
"""

from collections.abc import Iterator
from typing import Final

from qsc_bot.api.graph import Graph
from qsc_bot.errors import ApiError
from qsc_bot.models.conversation import Call, ConversationId
from qsc_bot.models.thread import App, AppsAnswer, FeatureAnswer, OwnerAnswer, Success, Thread, ThreadOwner, ThreadPage

PAGE: Final = "100"
FIELDS: Final = "id,updated_time,participants,is_owner"
LONGEST_EXTENSION_SECONDS: Final = 604_800


class Threads:
    """The threads of one Page. `service` of a conversation decides the platform: Messenger or Instagram."""

    def __init__(self, graph: Graph, *, page_id: str) -> None:
        self._graph = graph
        self.page_id = page_id

    def is_routed(self, service: str) -> bool:
        """Whether Conversation Routing is on; off means zero-config, where `take` is blocked and `request` works."""
        answer = self._graph.get("/me", FeatureAnswer, params={"fields": "messaging_feature_status"})
        features = answer.messaging_feature_status
        flag = features.ig_multi_app if service == "instagram" else features.msgr_multi_app
        if flag is None:
            raise ApiError(
                "api.wrong_shape",
                f"GET /me: the mode of {service} is missing - at `$.messaging_feature_status`",
            )
        return flag

    def owner(self, person: ConversationId) -> ThreadOwner | None:
        """Who holds a thread; None for an empty answer, which is an idle thread or one that we may not see."""
        answer = self._graph.get(f"/{self.page_id}/thread_owner", OwnerAnswer, params={"recipient": person.service_id})
        return answer.data[0].thread_owner if answer.data else None

    def apps(self) -> list[App]:
        """The apps that are subscribed to the Page; whether Meta shows those of other vendors is not known.

        https://developers.facebook.com/documentation/business-messaging/messenger-platform/webhooks
        """
        return self._graph.get(f"/{self.page_id}/subscribed_apps", AppsAnswer, params={}).data

    def pages(self, platform: str) -> Iterator[list[Thread]]:
        """The Page's threads, 100 a page, followed by cursor only.

        https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversations
        """
        params = {"platform": platform, "fields": FIELDS, "limit": PAGE}
        seen: set[str] = set()
        while True:
            page = self._graph.get(f"/{self.page_id}/conversations", ThreadPage, params=params)
            yield page.data
            after = page.paging.cursors.after
            if not page.paging.next or not after:
                return
            if after in seen:
                raise ApiError("api.page_repeated", f"GET /{self.page_id}/conversations: a cursor came twice")
            seen.add(after)
            params = params | {"after": after}

    def take(self, person: ConversationId, note: str) -> Call:
        """The write that takes control; refused in zero-config mode and without the app's switch."""
        return self._call("take_thread_control", person, metadata=note)

    def request(self, person: ConversationId, note: str) -> Call:
        """The write that asks the owner for control; zero-config mode only, and success means asked, not granted."""
        return self._call("request_thread_control", person, metadata=note)

    def give(self, person: ConversationId, app_id: str, note: str) -> Call:
        """The write that passes control to another app; for the owner, or for anyone while the thread is idle."""
        return self._call(
            "pass_thread_control",
            person,
            target_app_id=int(app_id) if app_id.isdigit() else app_id,
            metadata=note,
        )

    def extend(self, person: ConversationId, seconds: int) -> Call:
        """The write that prolongs control, by at most seven days; for the owner only."""
        return self._call("extend_thread_control", person, duration=seconds)

    def send(self, call: Call) -> None:
        """Send one of these writes; raises what the Graph API answers, and a refusal that hides in a success."""
        answer = self._graph.post(call.path, Success, body=call.body or {})
        if answer.success not in (True, "true"):
            raise ApiError(
                "handover.not_allowed", f"{call.method} {call.path}: Meta answered success: {answer.success}"
            )

    def _call(self, edge: str, person: ConversationId, **fields: object) -> Call:
        body: dict[str, object] = {"recipient": {"id": person.service_id}, **fields}
        return Call(method="POST", path=f"/{self.page_id}/{edge}", body=body)

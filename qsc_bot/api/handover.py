"""Social Connect's handover calls: documented for Live Chat, WhatsApp, Viber and Twilio, marked alpha.

https://developers.engagor.com/documentation/endpoints/?url=%2F%7Baccount_id%7D%2Finbox%2Fhandover%2F%7Bservice%7D%2F%7Bservice_id%7D
"""

from typing import Any, Final

from qsc_bot.api.social_connect import SocialConnect
from qsc_bot.errors import AccessDenied, ApiError, NotFound
from qsc_bot.models.conversation import Call, ConversationId

SCOPE: Final = "accounts_handover"


class Handover:
    """Reads and writes who owns a contact. The fields of the handover item are unknown, so it comes as it is."""

    def __init__(self, remote: SocialConnect) -> None:
        self._remote = remote

    def item(self, person: ConversationId) -> Any:
        """The handover item, None where the answer holds none.

        Raises `conversation.not_found`, and `access.scope` where the token lacks the scope.
        """
        try:
            return self._guarded(person, "GET", self._path(person))
        except ApiError as error:
            if error.code == "api.wrong_shape":
                return None
            raise

    def call(self, person: ConversationId, *, to_agents: bool) -> Call:
        """The write that gives control to the agents, or back to the bot; it has no parameters."""
        return Call(method="POST" if to_agents else "DELETE", path=self._path(person))

    def send(self, person: ConversationId, call: Call) -> Any:
        """Send a handover write; the answer is a handover item."""
        return self._guarded(person, call.method, call.path)

    def _guarded(self, person: ConversationId, method: str, path: str) -> Any:
        try:
            if method == "GET":
                return self._remote.get(path, Any)
            return self._remote.write(method, path, Any)
        except NotFound as error:
            raise NotFound(
                "conversation.not_found", f"{person} is not known to account {self._remote.account_id}"
            ) from error
        except AccessDenied as error:
            if error.code != "access.denied":
                raise
            source = self._remote.remote.source()
            raise AccessDenied(
                "access.scope",
                f"the handover of {person} needs the scope {SCOPE}, which {source} may lack: {error}",
                hint=(
                    f"make a token with the scope {SCOPE} in the settings of your application",
                    "the calls are marked alpha: your Customer Success Manager switches them on for the account",
                ),
                status=error.status,
            ) from error

    def _path(self, person: ConversationId) -> str:
        return self._remote.path("inbox", "handover", person.service, person.service_id)

"""Failures as exceptions, each with a stable code of the catalogue."""

from collections.abc import Sequence
from typing import Any

from qsc_bot.catalogue import CATALOGUE
from qsc_bot.exit_codes import ExitCode


class QscBotError(Exception):
    """A failure with a stable code from `CATALOGUE`; the message says what failed, on what, in the server's words."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: Sequence[str] = (),
        expected: str | None = None,
        found: str | None = None,
        request_id: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = tuple(hint)
        self.expected = expected
        self.found = found
        self.request_id = request_id
        self.status = status

    @property
    def exit_code(self) -> ExitCode:
        """The process's exit code for this failure."""
        return CATALOGUE[self.code].exit_code

    @property
    def retryable(self) -> bool:
        """Whether running the same command again can help."""
        return self.exit_code is ExitCode.TEMPORARY

    def as_data(self) -> dict[str, Any]:
        """The shape of `error` in JSON."""
        return {
            "code": self.code,
            "exit": int(self.exit_code),
            "message": self.message,
            "hint": "; ".join(self.hint) or CATALOGUE[self.code].remedy,
            "request_id": self.request_id,
            "retryable": self.retryable,
        }


class FileSetAside(QscBotError):
    """A file that costs calls only was found damaged, and was set aside: what needs it can be begun anew."""


class ApiError(QscBotError):
    """The remote answered with an error, or with something that cannot be read."""


class AccessDenied(ApiError):
    """The token is missing, rejected or not permitted: going on with other items is pointless."""


class NotFound(ApiError):
    """The remote does not know the object."""


class WriteInDoubt(ApiError):
    """A write may have been done: its answer was lost. Read before sending anything again."""

"""What the process exits with."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What the process exits with; a public contract."""

    OK = 0
    UNCLASSIFIED = 1
    USAGE = 2
    ENVIRONMENT = 3
    NOT_LOGGED_IN = 4
    NOT_PERMITTED = 5
    NOT_FOUND = 6
    CONFLICT = 7
    TEMPORARY = 8
    PARTIAL = 9
    NOT_MET = 11
    DECLINED = 12
    INTERRUPTED = 130
    TERMINATED = 143


EXIT_MEANINGS: Final[Mapping[ExitCode, str]] = {
    ExitCode.OK: "done; an empty list is success",
    ExitCode.UNCLASSIFIED: "an answer of the wrong shape, a failed demo, or a fault of this tool",
    ExitCode.USAGE: "wrong words, or a confirmation that could not be asked for",
    ExitCode.ENVIRONMENT: "configuration or environment unusable",
    ExitCode.NOT_LOGGED_IN: "no token, or the token was rejected",
    ExitCode.NOT_PERMITTED: "logged in, but not permitted",
    ExitCode.NOT_FOUND: "not found",
    ExitCode.CONFLICT: "the remote state is not what was expected",
    ExitCode.TEMPORARY: "temporary: network, rate limit or server; safe to run again",
    ExitCode.PARTIAL: "some items failed or are in doubt",
    ExitCode.NOT_MET: "what was asked to be so is not: --fail-if-any, wait --for, watch --slo",
    ExitCode.DECLINED: "declined at the prompt",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C",
    ExitCode.TERMINATED: "stopped by SIGTERM while something was written",
}

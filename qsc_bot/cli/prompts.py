"""Questions to a person, and lists of ids from a file or standard input."""

import getpass
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from qsc_bot.errors import QscBotError
from qsc_bot.output.text import sanitise

LARGEST_LIST_BYTES = 16 * 1024 * 1024


class Prompts:
    """Asks on the terminal; without one, or with --no-input, a question is an error that names the flag to pass.

    `met` hears of every secret that is given.
    """

    def __init__(
        self, *, stdin: TextIO, stderr: TextIO, no_input: bool, met: Callable[[str], None] = lambda _secret: None
    ) -> None:
        self._stdin = stdin
        self._stderr = stderr
        self._no_input = no_input
        self._met = met

    def read_lines(self, source: str) -> list[str]:
        """The lines of a file, or of standard input for `-`; raises `usage.ids` where they cannot be read."""
        try:
            if source == "-":
                text = self._stdin.read(LARGEST_LIST_BYTES + 1)
            else:
                with Path(source).open(encoding="utf-8-sig", newline=None) as file:
                    text = file.read(LARGEST_LIST_BYTES + 1)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise QscBotError(
                "usage.ids", f"{source}: the ids cannot be read: {reason}", hint=("check the file",)
            ) from error
        if len(text) > LARGEST_LIST_BYTES:
            raise QscBotError(
                "usage.ids", f"{source}: the list is longer than {LARGEST_LIST_BYTES // 1024 // 1024} MiB"
            )
        return text.splitlines()

    def confirm(
        self,
        question: str,
        *,
        typed: str | None = None,
        from_terminal: bool = False,
        flag: str = "--yes",
        undone: str = "nothing was sent",
    ) -> None:
        """Ask yes or no, or for a number to be typed; `flag` is the option that answers it.

        Raises `prompt.declined`, and `usage.confirmation` where nobody can answer.
        """
        wanted = f"type {typed} to go on" if typed else "go on? [y/N]"
        answer = self._ask(f"{question}: {wanted} ", flag=flag, from_terminal=from_terminal)
        agreed = answer == typed if typed else answer.lower() in {"y", "yes"}
        if not agreed:
            hint = (f"run again and answer yes, or add {flag}",)
            raise QscBotError("prompt.declined", f"declined; {undone}", hint=hint)

    @property
    def can_ask(self) -> bool:
        """Whether a person can be asked on standard input."""
        return not self._no_input and self._stdin.isatty()

    def check_can_ask(self, question: str, *, flag: str) -> None:
        """Make sure that a question which is to come can be asked; raises `usage.confirmation` naming the flag."""
        if not self.can_ask:
            raise self._unasked(question, flag)

    def ask(self, question: str, *, flag: str) -> str:
        """One line of an answer; raises `usage.confirmation` naming the flag where nobody can answer."""
        return self._ask(question, flag=flag, from_terminal=False)

    def choose(self, question: str, options: Sequence[str], *, flag: str) -> int:
        """The place of the option that a person chooses; raises `prompt.declined` for an answer that is none."""
        if not self.can_ask:
            raise self._unasked(f"{question} {', '.join(options)}", flag)
        for number, option in enumerate(options, 1):
            self._stderr.write(f"  {number}  {sanitise(option)}\n")
        answer = self.ask(f"{question} [1-{len(options)}] ", flag=flag)
        if not (answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(options)):
            raise QscBotError("prompt.declined", f"{answer[:80]!r} is none of these numbers; nothing was saved")
        return int(answer) - 1

    def ask_hidden(self, question: str, *, flag: str) -> str:
        """One line that is not shown while it is typed, empty where the terminal ends.

        Raises `usage.confirmation` where that cannot be had.
        """
        if not self.can_ask:
            raise self._unasked(question, flag)
        typed = self._hidden_line(question, flag)
        self._met(typed)
        return typed

    def _hidden_line(self, question: str, flag: str) -> str:
        try:
            self._stdin.fileno()
        except OSError:
            return self._answer(question, self._stdin)  # a terminal that is played has nothing to show
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", getpass.GetPassWarning)
                return getpass.getpass(sanitise(question), stream=self._stderr)
        except EOFError:
            return ""
        except getpass.GetPassWarning as error:
            raise self._unasked(question, flag) from error

    def read_text(self, limit_characters: int) -> str:
        """The secret on standard input, to one character beyond the limit; raises `config.secret` for other bytes."""
        try:
            text = self._stdin.read(limit_characters + 1)
        except UnicodeDecodeError:
            raise QscBotError("config.secret", "standard input is not UTF-8") from None
        self._met(text)
        return text

    def confirm_unless(self, yes: bool, question: str) -> None:
        """Ask, unless the answer was given with --yes."""
        if not yes:
            self.confirm(question)

    def read_secret(self) -> str:
        """One secret from standard input, without the newline at its end; raises `config.secret` for none."""
        text = self._stdin.readline().strip()
        if not text or not text.isascii() or not text.isprintable():
            hint = ("give the value as one line on standard input",)
            raise QscBotError("config.secret", "standard input holds no value that can stand in a header", hint=hint)
        self._met(text)
        return text

    def confirm_name(
        self, name: str, *, given: str | None, from_terminal: bool = False, undone: str = "nothing was sent"
    ) -> None:
        """Make sure that a protected profile is meant; only its name answers that.

        Raises `prompt.declined` for another name typed, `usage.confirmation` for another name given by the flag.
        """
        flag, code = f"--confirm-profile {name}", "usage.confirmation"
        if given is None:
            question, code = f"profile {name} is protected; type its name to go on: ", "prompt.declined"
            given = self._ask(question, flag=flag, from_terminal=from_terminal)
        if given != name:
            raise QscBotError(code, f"{given[:80]!r} is not {name}; {undone}", hint=(f"add {flag}",))

    def _ask(self, question: str, *, flag: str, from_terminal: bool) -> str:
        if self._no_input:
            raise self._unasked(question, flag)
        if not from_terminal:
            if not self._stdin.isatty():
                raise self._unasked(question, flag)
            return self._answer(question, self._stdin)
        try:
            with Path("/dev/tty").open(encoding="utf-8") as terminal:
                return self._answer(question, terminal)
        except OSError as error:
            raise self._unasked(question, flag) from error

    def _answer(self, question: str, terminal: TextIO) -> str:
        self._stderr.write(sanitise(question))
        self._stderr.flush()
        try:
            return terminal.readline().strip()
        except KeyboardInterrupt:
            self._stderr.write("\n")  # what is said of it begins a line of its own
            raise

    @staticmethod
    def _unasked(question: str, flag: str) -> QscBotError:
        return QscBotError(
            "usage.confirmation",
            f"a question is needed and nobody can be asked: {question.strip()}",
            hint=(f"add {flag}",),
        )

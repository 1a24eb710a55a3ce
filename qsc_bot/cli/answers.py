"""What a person or a stream gives to `auth login`: secrets as they are pasted, and leave to keep them in a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from qsc_bot.cli.session import Session
from qsc_bot.credentials.pasted import LARGEST_CHARACTERS, clean_secret
from qsc_bot.credentials.secrets import Secret, variable_of, words_of
from qsc_bot.errors import QscBotError

_ATTEMPTS: Final = 3


class Answers:
    """Reads and asks; `told` is what programs are told with the result, since people were told it at once."""

    def __init__(self, here: Session) -> None:
        self._here = here
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        """Say something at once, since what follows may fail; programs are told it with the result."""
        if self._here.printer.is_for_programs:
            self.told.append(text)
        else:
            self._here.printer.warning(text)

    def token(self, *, from_stdin: bool, from_file: Path | None) -> Secret:
        """The token of the Social Connect API; raises `config.secret` where what is given is none."""
        if from_stdin and from_file:
            raise QscBotError("usage.invalid", "--token-stdin and --token-file cannot both be given")
        if from_file:
            return self._cleaned(_read_file(from_file), f"the file {from_file}")
        if from_stdin:
            return self._cleaned(self._here.prompts.read_text(LARGEST_CHARACTERS), "standard input")
        typed = self._here.prompts.ask_hidden("token of the Social Connect API (not shown): ", flag="--token-stdin")
        return self._cleaned(typed, "what was typed")

    def others(self, names: Iterable[str]) -> dict[str, str]:
        """The other secrets, one by one; an empty answer leaves one as it is."""
        if not self._here.prompts.can_ask:
            return {}
        given = {name: self._other(name) for name in names}
        return {name: value for name, value in given.items() if value}

    def _other(self, name: str) -> str | None:
        """One other secret, asked for again where the answer is none, and at last left out."""
        question = f"{words_of(name)}, {variable_of(name)} (not shown, Enter skips): "
        asked = question
        for _ in range(_ATTEMPTS):
            typed = self._here.prompts.ask_hidden(asked, flag="--no-input")
            if not typed.strip():
                return None
            try:
                return self._cleaned(typed, f"the {words_of(name)}").value
            except QscBotError as fault:
                asked = f"{fault.message}; once more: {question}"
        self.tell(
            f"the {words_of(name)} was left out after {_ATTEMPTS} answers; log in again, or set {variable_of(name)}"
        )
        return None

    def agree_to_file(self, is_allowed: bool, fault: QscBotError) -> None:
        """Raise unless the secrets may be kept in a file, since the keychain cannot be used."""
        if is_allowed:
            self.tell(fault.message)
            return
        if not self._here.prompts.can_ask:
            hint = ("set QSC_BOT_TOKEN instead", "or add --allow-file-store to keep the secrets in a file")
            raise QscBotError(fault.code, fault.message, hint=hint)
        where = self._here.vault.source("file")
        question = f"{fault.message}; keep the secrets in {where}, readable by you alone, not encrypted"
        self._here.prompts.confirm(question, flag="--allow-file-store", undone="nothing was saved")

    def _cleaned(self, text: str, source: str) -> Secret:
        value, taken = clean_secret(text, source=source)
        for what in taken:
            self.tell(f"{source}: {what} taken off")
        return Secret(value, source)


def _read_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(LARGEST_CHARACTERS + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        hint = ("give a file that holds the token alone, on one line",)
        raise QscBotError("config.secret", f"{path} cannot be read: {reason}", hint=hint) from None

"""The one place that builds things, each on first use; heavy libraries are loaded here and nowhere earlier."""

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from qsc_bot.cli.surroundings import Options, Surroundings
from qsc_bot.errors import QscBotError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import httpx

    from qsc_bot.cli.interrupts import Interrupts
    from qsc_bot.cli.prompts import Prompts
    from qsc_bot.cli.remotes import Remotes
    from qsc_bot.config import Config, Folders
    from qsc_bot.credentials.secrets import Secrets
    from qsc_bot.credentials.vault import Vault
    from qsc_bot.models.profile import Profile
    from qsc_bot.operations.connection import Connection
    from qsc_bot.output.identity import Identity
    from qsc_bot.output.printer import Printer
    from qsc_bot.sandbox.service import Sandbox
    from qsc_bot.setup.back_end import SetupBackEnd
    from qsc_bot.setup.guided import GuidedSetup
    from qsc_bot.storage.budget import Ledger
    from qsc_bot.storage.deliveries import Deliveries
    from qsc_bot.storage.index import Index
    from qsc_bot.storage.journal import Journal
    from qsc_bot.transport.clock import Clock
    from qsc_bot.user_file import UserFile


class Session:
    """One run of the command line."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        self.options = Options()
        self.command = ""
        self.words: Sequence[str] = ()
        self._trials: list[Remotes] = []

    def adopt(self, **given: Any) -> None:
        """Take over options that were given; what was not given stays as it is."""
        for name, value in given.items():
            if value not in (None, False):
                setattr(self.options, name, value)

    @cached_property
    def printer(self) -> "Printer":
        """Where results, notices and errors go."""
        from qsc_bot.output.printer import Printer

        around, options = self.surroundings, self.options
        return Printer(
            stdout=around.stdout,
            stderr=around.stderr,
            format=options.output,
            fields=tuple(part.strip() for part in options.fields.split(",")) if options.fields else (),
            quiet=int(options.quiet),
            verbose=int(options.verbose),
            color=not options.no_color,
            width=around.size()[0],
            is_terminal=around.stdout.isatty(),
            stderr_is_terminal=around.stderr.isatty(),
            environ=around.environ,
            show_names=self._shows_names,
            now=lambda: self.clock.now(),
            identity=self._identity,
            size=around.size,
            secrets=around.secrets,
        )

    @cached_property
    def prompts(self) -> "Prompts":
        """Where questions are asked."""
        from qsc_bot.cli.prompts import Prompts

        around = self.surroundings
        return Prompts(stdin=around.stdin, stderr=around.stderr, no_input=self.options.no_input, met=self._meet)

    @cached_property
    def interrupts(self) -> "Interrupts":
        """What Ctrl-C does while something is written."""
        from qsc_bot.cli.interrupts import Interrupts

        return Interrupts(self.printer.notice)

    @cached_property
    def clock(self) -> "Clock":
        """The one clock."""
        from qsc_bot.transport.clock import Clock

        return Clock(self.surroundings.unix_seconds)

    @cached_property
    def folders(self) -> "Folders":
        """Where configuration, state and cache are."""
        from qsc_bot.config import folders

        return folders(self.surroundings.environ)

    @cached_property
    def config(self) -> "Config":
        """The configuration, read when a command first asks."""
        from qsc_bot.config import load

        return load(self.surroundings.environ, project_file=self.options.config)

    @cached_property
    def profile(self) -> "Profile":
        """The chosen profile."""
        from qsc_bot.config import choose

        return choose(self.config, flag=self.options.profile, environ=self.surroundings.environ)

    def choose(self, name: str | None) -> "Profile":
        """A profile by name; without one, the chosen profile."""
        from qsc_bot.config import choose

        return choose(self.config, flag=name, environ=self.surroundings.environ) if name else self.profile

    @property
    def chosen_name(self) -> str | None:
        """The name of the chosen profile; None where none can be chosen."""
        try:
            return self.profile.name
        except QscBotError:
            return None

    @property
    def user_file(self) -> "UserFile":
        """The user file, to be changed."""
        from qsc_bot.user_file import open_user_file

        return open_user_file(self.surroundings.environ)

    def set_default(self, name: str) -> None:
        """Make a profile the default in the user file."""
        from qsc_bot.user_file import set_default

        set_default(self.surroundings.environ, name)

    @cached_property
    def secrets(self) -> "Secrets":
        """Where tokens and other secrets come from."""
        from qsc_bot.credentials.secrets import Secrets

        printer = self.printer
        return Secrets(self.surroundings.environ, self.vault, tell=printer.notice, warn=printer.attach)

    @cached_property
    def vault(self) -> "Vault":
        """Where logins store secrets."""
        from qsc_bot.cli.stores import open_vault

        return open_vault(self.surroundings, self.folders.state, tell=self.printer.notice)

    @cached_property
    def sandbox(self) -> "Sandbox":
        """The sandbox of the state folder, in this process; a served one shares its file."""
        from qsc_bot.sandbox.service import open_in_memory

        around = self.surroundings
        return self.open_sandbox(lambda path: open_in_memory(path, clock=around.unix_seconds, sleep=around.sleep))

    def open_sandbox(self, make: "Callable[[Path], Sandbox]") -> "Sandbox":
        """Open the state folder's sandbox; raises `config.state` where that folder cannot be used."""
        import sqlite3

        path = self.folders.state / "sandbox.db"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return make(path)
        except (OSError, sqlite3.Error) as error:
            raise QscBotError("config.state", f"the sandbox cannot be kept in {path.parent}: {error}") from error

    def close(self) -> None:
        """Close what was opened."""
        for trial in self._trials:
            trial.close()
        for name in ("remotes", "sandbox", "index", "ledger", "journal", "deliveries"):
            if name in vars(self):
                vars(self)[name].close()

    @cached_property
    def ledger(self) -> "Ledger":
        """Where calls are counted, for all processes of this machine."""
        from qsc_bot.cli.stores import open_ledger

        return open_ledger(
            self.surroundings, self.folders.state, command=lambda: self.command, tell=self.printer.attach
        )

    @cached_property
    def journal(self) -> "Journal":
        """What was changed, by all processes of this machine."""
        from qsc_bot.storage.journal import Journal

        return Journal(self.folders.state / "journal.db", now=self.clock.now)

    @cached_property
    def deliveries(self) -> "Deliveries":
        """What arrived at webhooks on this machine."""
        from qsc_bot.cli.stores import open_deliveries

        return open_deliveries(self.surroundings, self.folders.state, self.profile, tell=self.printer.attach)

    @cached_property
    def remotes(self) -> "Remotes":
        """The clients of the profile's remotes."""
        return self._connect(self.profile, self.secrets)

    def trial(self, profile: "Profile", secrets: "Secrets") -> "Remotes":
        """The clients of a profile that is not saved yet, with secrets that are not stored yet."""
        self.surroundings.met.update(secrets.values(profile))
        self._trials.append(self._connect(profile, secrets))
        return self._trials[-1]

    def turn_to(self, profile: str) -> None:
        """Act for another profile from now on, and read the configuration and the secrets anew."""
        self.options.profile = profile
        for name in ("config", "profile", "secrets"):
            vars(self).pop(name, None)

    def _connect(self, profile: "Profile", secrets: "Secrets") -> "Remotes":
        from qsc_bot.cli.remotes import Remotes

        around, options = self.surroundings, self.options
        return Remotes(
            profile=profile,
            secrets=secrets,
            known=around.secrets,
            clock=self.clock,
            cache=self.folders.cache,
            index=partial(self._open_index, profile),
            ledger=self.ledger,
            sleep=around.sleep,
            log=self.printer.trace if options.debug else None,
            mount=around.mount or partial(self._mount, profile),
            interrupts=self.interrupts,
        )

    @cached_property
    def index(self) -> "Index":
        """What is known on this machine of the profile's conversations."""
        return self._open_index(self.profile)

    def _open_index(self, profile: "Profile") -> "Index":
        from qsc_bot.cli.stores import open_profile_index

        return open_profile_index(profile, self.folders.cache, now=self.clock.unix, tell=self.printer.attach)

    @property
    def connection(self) -> "Connection":
        """Everything that the profile connects to."""
        return self.remotes.connection

    @property
    def setup(self) -> "SetupBackEnd":
        """Webhooks and recipes, by calls or by a person with a form."""
        return self.guided if self.profile.recipes.backend == "guided" else self.remotes.setup

    @property
    def guided(self) -> "GuidedSetup":
        """Webhooks and recipes that a person enters; raises `config.recipes` where they are kept by calls."""
        from qsc_bot.cli.registry import open_guided

        return open_guided(
            self.profile,
            project=self.config.project_path,
            state=self.folders.state,
            environ=self.surroundings.environ,
            now=self.clock.now,
        )

    def _mount(self, profile: "Profile", base_url: str) -> "httpx.BaseTransport":
        from qsc_bot.cli.wire import SandboxTransport, network
        from qsc_bot.models.profile import SANDBOX_NAME

        if profile.name == SANDBOX_NAME:
            return SandboxTransport(self.sandbox, timeout_seconds=profile.timeout_seconds)
        return network(base_url)

    def _meet(self, given: str) -> None:
        """Remember what a person or a stream gave as a secret: as it came, and the last word without quotes."""
        words = given.split()[-1:]
        self.surroundings.met.update((given.strip(), *(word.strip("\"'`“”‘’") for word in words)))

    def _shows_names(self) -> bool:
        try:
            return self.options.show_pii or self.config.show_names
        except QscBotError:
            return False

    def _identity(self) -> "Identity":
        from qsc_bot.models.profile import SANDBOX_NAME
        from qsc_bot.output.identity import Identity

        profile = self.profile
        is_sandbox = profile.name == SANDBOX_NAME
        return Identity(profile=profile.name, account_id=profile.account_id, sandbox=is_sandbox)

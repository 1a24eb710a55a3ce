"""What `demo` plays: one conversation of each method, from the first word to the last, each state checked."""

import io
import os
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from qsc_bot.cli.root import execute
from qsc_bot.cli.session import Session
from qsc_bot.cli.surroundings import Surroundings
from qsc_bot.errors import QscBotError
from qsc_bot.models.conversation import Conversation, Status
from qsc_bot.models.demo import DemoStep, DemoStory
from qsc_bot.models.profile import SANDBOX_ADDRESS
from qsc_bot.output.formats import Format
from qsc_bot.results import Listing, Running, finished

PEOPLE: Final = {
    "twitter": ("twitter:1001", "Ada Example"),
    "whatsapp": ("whatsapp:32470000000", "Bo Sample"),
    "facebook": ("facebook:5550001", "Cleo Demo"),
}
IDS: Final = tuple(person for person, _ in PEOPLE.values())
BOT_URL: Final = f"{SANDBOX_ADDRESS}/example-bot/social-connect"
PAUSE_SECONDS: Final = 60.0
"""Between two steps a minute passes on the sandbox's clock, so that who wrote last is never a tie."""
WIDTH: Final = 76
KEPT_VARIABLES: Final = ("NO_COLOR", "TERM", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
NOISE: Final = ("sandbox: no real account", "profile sandbox", "next: ")

Check = Callable[[Mapping[str, Conversation]], bool]


@dataclass
class Stage:
    """A sandbox of its own in a temporary folder, and the commands typed at it."""

    folder: Path
    tell: Callable[[str], None]
    steps: list[DemoStep] = field(default_factory=list)

    def type(self, *words: str) -> Any:
        """Run one command line as a user would, and tell it with its real result."""
        self.tell(f"$ qsc-bot {shlex.join(words)}")
        out, err = io.StringIO(), io.StringIO()
        with self.session(out, err) as session:
            result = _kept(execute(words, session))
            session.printer.show(result)
        said = [line for line in err.getvalue().splitlines() if not line.startswith(NOISE)]
        self.tell("".join(f"  {line}\n" for line in [*out.getvalue().splitlines(), *said]))
        return result

    def look(self, *words: str) -> Any:
        """Run one command line for its result alone."""
        with self.session() as session:
            return _kept(execute(words, session))

    def end_step(self, name: str, *, expected: str | None, is_right: Check = lambda _: True) -> None:
        """Read who holds each conversation now, and keep whether that and the step's own check came out right."""
        found = {one.service: one for one in self.look("conversation", "list", "--max-age", "0s").items}
        controls = {service: found[service].control.value if service in found else None for service in PEOPLE}
        ok = all(control == expected for control in controls.values()) and is_right(found)
        self.steps.append(DemoStep(step=name, **controls, ok=ok))
        if not ok:
            self.tell(f"  NOT as expected: {controls}, expected {expected} for each\n")
        with self.session() as session:
            session.sandbox.advance(PAUSE_SECONDS)

    @contextmanager
    def session(self, out: io.StringIO | None = None, err: io.StringIO | None = None) -> Iterator[Session]:
        """A run of the command line on this stage."""
        environ = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
        folders = {f"QSC_BOT_{kind}_DIR": str(self.folder / kind.lower()) for kind in ("CONFIG", "STATE", "CACHE")}
        session = Session(
            Surroundings(
                environ={**environ, **folders},
                stdin=io.StringIO(),
                stdout=out or io.StringIO(),
                stderr=err or io.StringIO(),
                width=WIDTH,
            )
        )
        session.adopt(output=Format.TABLE)
        try:
            yield session
        finally:
            session.close()


def play(tell: Callable[[str], None]) -> DemoStory:
    """Play the story; the states that were found, not the ones that were hoped for."""
    with _stage(tell) as stage:
        for scene in (_set_up, _first_message, _escalate, _wait_for_agent, _agent_answers, _hand_back, _last_message):
            scene(stage)
        return DemoStory(ok=all(step.ok for step in stage.steps), steps=stage.steps)


def recap(story: DemoStory) -> str:
    """The story in at most 22 lines of 80 columns."""
    title = "everything came out as it should" if story.ok else "NOT everything came out as it should"
    rows = [_row(step.step, [step.twitter, step.whatsapp, step.facebook], step.ok) for step in story.steps]
    return "\n".join(
        (
            f"qsc-bot demo: {title}. Who held each conversation:",
            "",
            _row("", ["twitter", "whatsapp", "facebook"], True),
            _row("after", ["tag", "handover", "messenger"], True),
            *rows,
            "",
            "Next, on a sandbox that stays:",
            "  qsc-bot conversation list",
            '  qsc-bot sandbox say twitter:1001 "I want to talk to a person"',
            "  qsc-bot handover to-bot twitter:1002",
        )
    )


def _row(name: str, cells: Sequence[str | None], ok: bool) -> str:
    return f"  {name:<44}" + "".join(f"{cell or '-':<11}" for cell in cells).rstrip() + ("" if ok else "  WRONG")


def _set_up(stage: Stage) -> None:
    stage.tell("1. Set up the webhook and the recipe. Messenger's own webhook is set up in the sandbox.")
    stage.type("webhook", "register", "bot-inbound", "--url", BOT_URL)
    stage.type("recipe", "create", "private-messages-to-bot", "--webhook", "bot-inbound")
    recipe = stage.look("recipe", "show", "private-messages-to-bot").item
    stage.end_step("webhook and recipe are set up", expected=None, is_right=lambda _: recipe.state == "active")


def _first_message(stage: Stage) -> None:
    stage.tell("2. The customers write. The event reaches the example bot, which answers through the API.")
    _all_say(stage, "Where is my parcel?")
    stage.end_step("a customer wrote, the bot answered", expected="bot", is_right=_answered)


def _escalate(stage: Stage) -> None:
    stage.tell("3. The customers ask for a person. The bot says so and escalates, each channel in its own way.")
    _all_say(stage, "I want to talk to a person")
    stage.type("conversation", "list", "--max-age", "0s")
    stage.end_step("the bot escalated", expected="agent", is_right=_answered)


def _wait_for_agent(stage: Stage) -> None:
    stage.tell("4. The customers write again. The bot may not answer now, and does not.")
    _all_say(stage, "Is anybody there?")
    stage.end_step("the customer wrote, the bot stayed silent", expected="agent", is_right=_unanswered)


def _agent_answers(stage: Stage) -> None:
    stage.tell("5. An agent answers.")
    for person in IDS:
        stage.type("sandbox", "agent-reply", person, "Hello, this is Eva. Your parcel comes tomorrow.")
    stage.end_step("an agent answered", expected="agent", is_right=_answered)


def _hand_back(stage: Stage) -> None:
    stage.tell("6. Hand over to the bot.")
    report = stage.type("handover", "to-bot", *IDS)
    stage.type("conversation", "list", "--max-age", "0s")
    done = [item.status is Status.CHANGED and item.verified is True for item in report.body.items]
    is_done = len(done) == len(IDS) and all(done)
    stage.end_step("handed over to the bot", expected="bot", is_right=lambda _: is_done)


def _last_message(stage: Stage) -> None:
    stage.tell("7. The customers write once more, and the bot answers.")
    _all_say(stage, "Thank you! Can I change the address?")
    stage.end_step("the customer wrote, the bot answered", expected="bot", is_right=_answered)


def _all_say(stage: Stage, text: str) -> None:
    for person, name in PEOPLE.values():
        stage.type("sandbox", "say", person, text, "--name", name)


def _answered(found: Mapping[str, Conversation]) -> bool:
    return all(one.waiting_s == 0 and one.last_message_from == "us" for one in found.values())


def _unanswered(found: Mapping[str, Conversation]) -> bool:
    return all(one.last_message_from == "customer" for one in found.values())


def _kept(result: Any) -> Any:
    """A list is read once, and so are writes; keep what they give, so that it can be both shown and looked at."""
    if isinstance(result, Listing):
        result.items = list(result.items)
    if isinstance(result, Running):
        return finished(result)
    return result


@contextmanager
def _stage(tell: Callable[[str], None]) -> Iterator[Stage]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="qsc-bot-demo-")
    except OSError as error:
        raise QscBotError("config.state", f"the demo needs a temporary folder: {error}") from error
    with folder as name:
        stage = Stage(folder=Path(name), tell=tell)
        with stage.session() as session:
            session.sandbox.reset("empty")
        yield stage

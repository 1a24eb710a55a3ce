"""What the project says about itself holds: its two commands, its tour, its pages."""

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README.partition("## A real account")[0], flags=re.DOTALL)
TOUR = [line for block in BLOCKS for line in block.splitlines() if line.startswith("qsc-bot ")]


def test_ci_runs_exactly_the_commands_of_the_readme() -> None:
    (check,) = (block.strip() for block in BLOCKS if "tests/check.py" in block)
    assert check in (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()


def test_the_first_command_of_the_readme_ends_in_the_demo() -> None:
    (install,) = (block.strip() for block in BLOCKS if "qsc-bot demo" in block)
    assert install.endswith("pip install --quiet . && .venv/bin/qsc-bot demo")


def test_the_tour_of_the_readme_runs_as_printed_and_ends_with_the_bot(run: Terminal) -> None:
    assert len(TOUR) >= 14
    for line in TOUR:
        words = shlex.split(line.partition(" #")[0])
        if "|" in words:
            continue  # pipes are played in the tests of ids and formats
        result = run(*words[1:])
        assert result.code == 0, (line, result.stderr)
    assert run("handover", "status", "twitter:1001", "-o", "json").item["control"] == "bot"


@pytest.mark.parametrize("page", ["README.md", "CHANGELOG.md", "qsc_bot/README.md", "qsc_bot/sandbox/README.md"])
def test_files_that_a_page_links_to_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert all((ROOT / page).parent.joinpath(target).exists() for target in links), links


def test_modules_that_the_walk_through_names_exist() -> None:
    text = (ROOT / "qsc_bot" / "README.md").read_text(encoding="utf-8")
    names = set(re.findall(r"`([a-z_/]+\.py)`", text)) - {"messenger.py", "handover.py", "tag.py"}
    assert names
    assert all((ROOT / "qsc_bot" / name).exists() for name in names), names

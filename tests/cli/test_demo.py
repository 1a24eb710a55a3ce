"""The story that needs no account."""

from tests.cli.terminal import SECRETS, Terminal

METHODS = ("twitter", "whatsapp", "facebook")


def test_demo_plays_the_whole_story_and_checks_every_state(run: Terminal) -> None:
    result = run("demo", "-o", "json")
    document = result.document
    assert (result.code, document["ok"]) == (0, True)
    assert all(step["ok"] for step in document["steps"])
    assert sorted(document) == ["account_id", "ok", "profile", "schema", "steps", "warnings"]
    assert all(sorted(step) == sorted(["step", *METHODS, "ok"]) for step in document["steps"])
    holders = [tuple(step[method] for method in METHODS) for step in document["steps"]]
    assert ("bot",) * 3 in holders
    assert ("agent",) * 3 in holders
    assert holders[-1] == ("bot",) * 3


def test_recap_fits_one_screen_and_names_three_commands(run: Terminal) -> None:
    result = run("demo", "-q", tty=True)
    lines = result.stdout.splitlines()
    assert (result.code, result.stderr) == (0, "")
    assert len(lines) <= 22
    assert max(map(len, lines)) <= 80
    assert sum("qsc-bot " in line for line in lines[-3:]) == 3


def test_demo_leaves_the_users_own_sandbox_and_home_alone(run: Terminal) -> None:
    run.secrets = SECRETS
    assert run("demo").code == 0
    assert list(run.home.iterdir()) == []


def test_demo_runs_whatever_the_configuration_says(run: Terminal) -> None:
    run.configure("profils: [")
    assert run("demo", "-q", env={"CI": "1", **SECRETS}).code == 0

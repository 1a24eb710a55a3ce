"""A configuration, an environment or a machine that cannot be used: told with its code, and nothing is sent."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from qsc_bot.cli.commands import sandbox as sandbox_commands
from qsc_bot.transport.parallel import WRITERS
from tests.cli.holding import effects, free_ids
from tests.cli.terminal import PROD, SECRETS, Prod, Terminal
from tests.conftest import MakeProd

ANCHORS = "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b]\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(
            PROD.replace("topic_ids", "topic_idz"),
            "profiles.prod.topic_idz is not a known key; the nearest known key is topic_ids",
            id="unknown key",
        ),
        pytest.param("profils: {}\n", "profils is not a known key; the nearest known key is profiles", id="at the top"),
        pytest.param("version: 1\nprofiles:\n\tprod: {}\n", "indent with spaces", id="tabs"),
        pytest.param(ANCHORS, "anchors and aliases are not allowed", id="anchor bomb"),
        pytest.param("- prod\n- test\n", "expected a mapping, found a list", id="list"),
        pytest.param("profiles: [", "line 1", id="not closed"),
        pytest.param("version: 2\n", "newer version of qsc-bot", id="newer version"),
        pytest.param(PROD.replace('"1000"', "1000"), "write it in quotes", id="number for text"),
        pytest.param(
            PROD.replace('    account_id: "1000"\n', ""), "profiles.prod.account_id is missing", id="no account"
        ),
        pytest.param("profiles: {sandbox: {account_id: '1'}}\n", "kept for the built-in sandbox", id="sandbox"),
        pytest.param("profiles: {prod: {token: x}}\n", "they come from the environment", id="secret in the file"),
        pytest.param("a" * 2_000_000, "larger than 1 MiB", id="too large"),
    ],
)
def test_unusable_configuration_names_file_and_path(prod: Prod, text: str, told: str) -> None:
    prod.run.configure(text)
    result = prod.run("handover", "to-bot", "twitter:1002", "-o", "json")
    assert (result.code, result.stdout, result.error["code"]) == (3, "", "config.invalid")
    assert told in result.error["message"]
    assert str(prod.run.config_file) in result.error["message"]
    assert prod.wire.requests == []


def test_configuration_of_a_newer_version_is_cured_by_a_newer_tool(prod: Prod) -> None:
    prod.run.configure("version: 2\n")
    assert "install the newer qsc-bot" in prod.run("profile", "list", "-o", "json").error["hint"]


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["help", "errors"], ["schema", "error"], []])
def test_help_works_with_a_broken_configuration(run: Terminal, words: list[str]) -> None:
    run.configure("profils: [")
    assert run(*words).code == 0


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param("api_url: https://evil.example", "config.host", id="strange host"),
        pytest.param("api_url: http://api.engagor.com", "config.invalid", id="without encryption"),
        pytest.param("api_url: https://me:pw@api.engagor.com", "config.invalid", id="password"),
    ],
)
def test_token_goes_to_allowed_hosts_only(prod: Prod, line: str, code: str) -> None:
    prod.run.configure(PROD.replace("topic_ids:", f"{line}\n    topic_ids:"))
    result = prod.run("handover", "to-bot", "twitter:1002", "-o", "json")
    assert (result.code, result.error["code"]) == (3, code)
    assert prod.wire.requests == []


def test_project_file_that_is_not_there_is_an_error(run: Terminal, tmp_path: Path) -> None:
    result = run("profile", "list", "--config", str(tmp_path / "none.yaml"), "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.invalid")


@pytest.mark.parametrize(
    ("conversation", "variable"),
    [("twitter:1002", "QSC_BOT_TOKEN"), ("facebook:5550002", "QSC_BOT_PAGE_TOKEN")],
)
@pytest.mark.parametrize("value", ["", "  \n"], ids=["empty", "blank"])
def test_missing_token_is_not_logged_in_and_names_the_variable(
    prod: Prod, conversation: str, variable: str, value: str
) -> None:
    result = prod.run("handover", "to-bot", conversation, "-o", "json", env={variable: value})
    assert result.code == 4
    assert variable in result.error["message"] + result.error["hint"]
    assert result.error["code"] == "auth.no_token"
    assert prod.wire.requests == []


def test_token_that_no_header_can_carry_is_refused(prod: Prod) -> None:
    result = prod.run("conversation", "list", "-o", "json", env={"QSC_BOT_TOKEN": "two words"})
    assert (result.code, result.error["code"]) == (3, "config.secret")
    assert "two words" not in result.stderr


@pytest.mark.parametrize(
    ("conversation", "variable"),
    [("twitter:1002", "QSC_BOT_TOKEN"), ("facebook:5550002", "QSC_BOT_PAGE_TOKEN")],
)
def test_rejected_token_names_where_it_came_from(prod: Prod, conversation: str, variable: str) -> None:
    result = prod.run("handover", "to-bot", conversation, "-o", "json", env={variable: "expired-one"})
    assert (result.code, result.error["code"]) == (4, "auth.rejected")
    assert f"from {variable} was rejected" in result.error["message"]
    assert "expired-one" not in result.stdout + result.stderr
    assert prod.wire.writes == []


def test_account_that_is_not_the_tokens_is_not_permitted(prod: Prod) -> None:
    prod.run.configure(PROD.replace('account_id: "1000"', 'account_id: "4242"'))
    for words in (["conversation", "list"], ["handover", "to-bot", "twitter:1002"], ["escalation", "list"]):
        result = prod.run(*words, "-o", "json")
        assert (result.code, result.error["code"]) == (5, "access.account")
        assert "4242" in result.error["message"]
    assert prod.wire.writes == []


def test_missing_handover_scope_is_named_with_the_way_to_get_it(make_prod: MakeProd) -> None:
    prod = make_prod(scopes=frozenset({"accounts_read", "accounts_write"}))
    result = prod.run("handover", "to-agent", "whatsapp:32470000000", "-o", "json")
    assert (result.code, result.error["code"]) == (5, "access.scope")
    assert "accounts_handover" in result.error["message"]
    assert "scope" in result.error["hint"]
    assert prod.wire.writes == []


def test_list_goes_on_without_the_handover_scope_and_asks_once(make_prod: MakeProd) -> None:
    prod = make_prod(scopes=frozenset({"accounts_read", "accounts_write"}))
    result = prod.run("conversation", "list", "--service", "whatsapp", "-o", "json")
    assert result.code == 0
    assert {item["control"] for item in result.document["items"]} == {"unknown"}
    assert all("accounts_handover" in item["note"] for item in result.document["items"])


def test_refusal_stops_the_rest_of_a_bulk_run(make_prod: MakeProd) -> None:
    prod = make_prod(scopes=frozenset({"accounts_read"}))
    ids = free_ids(prod, 12)
    result = prod.run("handover", "to-agent", *ids, "-o", "json")
    statuses = [item["status"] for item in result.document["items"]]
    failed = statuses.count("failed")
    assert statuses == ["failed"] * failed + ["skipped"] * (12 - failed)
    assert 1 <= failed <= WRITERS, "those in flight when the first was refused"
    assert len(prod.wire.writes) == failed
    assert effects(prod, ids) == [0] * 12
    assert (result.code, result.error["code"]) == (5, "access.denied")
    assert result.error["hint"].endswith(f"qsc-bot operation resume {result.document['operation']}")


def test_bot_channel_without_any_topic_is_a_configuration_error(prod: Prod) -> None:
    prod.run.configure(PROD.replace('topic_ids: ["2001"]', "topic_ids: []"))
    result = prod.run("escalation", "add", "wechat:abc", "-o", "json")
    assert (result.code, result.error["code"]) == (3, "config.topic")
    assert "topic_ids" in result.error["hint"]
    assert prod.wire.writes == []


def test_topic_of_a_bot_channel_is_found_in_the_account(prod: Prod) -> None:
    prod.run.configure(PROD.replace('topic_ids: ["2001"]', "topic_ids: []"))
    assert prod.run("escalation", "add", "whatsapp:32470000000").code == 0
    assert "topic_ids=2001" in prod.wire.writes[0].content.decode()


@pytest.mark.parametrize(
    "words",
    [["conversation", "list"], ["handover", "to-bot", "twitter:1002"], ["sandbox", "status"], ["sandbox", "reset"]],
    ids=" ".join,
)
def test_unusable_state_folder_is_told_and_nothing_is_sent(run: Terminal, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "file").write_text("")
    env = {"QSC_BOT_STATE_DIR": str(tmp_path / "file" / "state")}
    result = run(*words, "-o", "json", env=env)
    assert (result.code, result.stdout, result.error["code"]) == (3, "", "config.state")


def test_unusable_cache_folder_only_costs_calls(prod: Prod, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {"QSC_BOT_CACHE_DIR": str(tmp_path / "file" / "cache")}
    assert prod.run("conversation", "list", env=env).code == 0


@pytest.mark.parametrize("timeout", ["10", "-1s", "0s", "soon"])
def test_time_out_that_is_no_duration_is_a_configuration_error(prod: Prod, timeout: str) -> None:
    result = prod.run("conversation", "list", "-o", "json", env={"QSC_BOT_TIMEOUT": timeout})
    assert (result.code, result.error["code"]) == (3, "config.invalid")
    assert prod.wire.requests == []


def test_recipes_of_an_account_without_such_an_endpoint_are_left_to_a_person(prod: Prod) -> None:
    prod.run.configure("\n".join(line for line in PROD.splitlines() if "recipes" not in line) + "\n")
    result = prod.run("recipe", "list", "-o", "json", env={"QSC_BOT_TOKEN": ""})
    assert (result.code, result.document["items"]) == (0, [])
    assert prod.wire.requests == []


@pytest.mark.parametrize(
    ("words", "env", "told"),
    [
        pytest.param(["frobnicate"], {}, "frobnicate", id="unknown group"),
        pytest.param(["handover", "to-moon"], {}, "to-moon", id="unknown verb"),
        pytest.param(["conversation", "list", "--frob"], {}, "--frob", id="unknown option"),
        pytest.param(["conversation", "list", "--limit", "0"], {}, "--limit", id="limit too small"),
        pytest.param(["conversation", "list", "--limit", "many"], {}, "--limit", id="limit no number"),
        pytest.param(["conversation", "list", "--control", "me"], {}, "--control", id="unknown control"),
        pytest.param(["conversation", "list", "--since", "yesterday"], {}, "--since", id="no duration"),
        pytest.param(["conversation", "show"], {}, "ID", id="missing argument"),
        pytest.param(["webhook", "register", "bot"], {}, "--url", id="missing option"),
        pytest.param(["recipe", "create", "r", "--webhook", "b", "--active", "never"], {}, "--active", id="bad choice"),
    ],
)
@pytest.mark.parametrize("form", ["-ojson", "-o json", "--output=json", "--json"])
def test_usage_error_is_an_error_object_too(
    run: Terminal, words: list[str], env: Mapping[str, str], told: str, form: str
) -> None:
    result = run(*form.split(), *words, env=env)
    assert (result.code, result.stdout, result.error["code"]) == (2, "", "usage.invalid")
    assert told in result.error["message"]
    assert "--help" in result.error["hint"]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["hand-over", "twitter:1002"], "qsc-bot handover to-bot twitter:1002"),
        (["untag", "twitter:1002"], "qsc-bot escalation remove twitter:1002"),
        (["conversation", "get", "twitter:1002"], "qsc-bot conversation show twitter:1002"),
        (["conversation", "describe", "twitter:1002"], "qsc-bot conversation explain twitter:1002"),
        (["recipe", "describe", "r"], "qsc-bot recipe show r"),
        (["webhook", "rm", "bot"], "qsc-bot webhook delete bot"),
        (["conversations"], "qsc-bot conversation list"),
        (["conversation", "follow", "--stuck"], "qsc-bot conversation watch"),
        (["conversation", "unstick", "viber:viber-1"], "qsc-bot conversation rescue viber:viber-1"),
        (["conversation", "list", "--watch", "--service", "x"], "qsc-bot conversation watch --service x"),
        (["conversation", "--watch"], "qsc-bot conversation --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_near_miss_is_answered_and_never_run(run: Terminal, words: list[str], answer: str) -> None:
    result = run(*words)
    assert (result.code, result.stdout) == (2, "")
    assert f"  try:  {answer}\n" in result.stderr
    assert not run.state.exists()


def test_every_group_of_the_sandbox_is_reached_by_its_module() -> None:
    assert {one.name for one in sandbox_commands.app.registered_groups} == {"fault"}


def test_secrets_of_prod_never_reach_the_sandbox(run: Terminal) -> None:
    run.configure(PROD)
    run.secrets = SECRETS
    assert run("handover", "to-bot", "twitter:1002", "-p", "sandbox", "--debug").code == 0

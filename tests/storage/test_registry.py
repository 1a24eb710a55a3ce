"""The registry file: strict, whole, and shared by several processes."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from qsc_bot.errors import QscBotError
from qsc_bot.models.registry import Account, RecipeEntry, WebhookEntry
from qsc_bot.storage.registry import HEADER, RegistryFile

WEBHOOK = WebhookEntry(name="bot", url="https://bot.example.com/in")
WHOLE = """\
version: 1
accounts:
  "1417":
    webhooks:
    - {name: bot, url: "https://bot.example.com/in"}
    recipes:
    - {name: r, webhook: bot, topic_ids: ["1"], filter: private-messages, revision: 0123456789ab}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "registry.yaml"


def write(path: Path, text: str) -> RegistryFile:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return RegistryFile(path, account_id="1417", shared=False)


def add(account: Account) -> Account:
    return Account(webhooks=[*account.webhooks, WEBHOOK], recipes=account.recipes)


@pytest.mark.parametrize(("shared", "mode"), [(False, 0o600), (True, 0o644)], ids=["own", "to be committed"])
def test_what_was_written_is_read_back(path: Path, shared: bool, mode: int) -> None:
    file = RegistryFile(path, account_id="1417", shared=shared)
    assert file.read() == Account()
    file.change(add)
    assert RegistryFile(path, account_id="1417", shared=shared).read().webhooks == [WEBHOOK]
    assert RegistryFile(path, account_id="99", shared=shared).read() == Account()
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_text().startswith(HEADER)
    assert [one.name for one in path.parent.iterdir()] == ["registry.yaml"]


def test_other_accounts_stay(path: Path) -> None:
    RegistryFile(path, account_id="1", shared=False).change(add)
    RegistryFile(path, account_id="2", shared=False).change(add)
    assert RegistryFile(path, account_id="1", shared=False).read().webhooks == [WEBHOOK]


def test_nothing_is_written_where_nothing_changed(path: Path) -> None:
    file = write(path, WHOLE)
    file.change(lambda account: account)
    assert path.read_text() == WHOLE


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("version: 1", "version: 2", "from a newer version", id="newer"),
        pytest.param(
            "recipes:",
            'retired: [{name: r, revision: "123456789012", at: "2026-02-30T00:00:00Z"}]\n    recipes:',
            "accounts.1417.retired[0].at: there is no such time as 2026-02-30T00:00:00Z",
            id="no such day",
        ),
        pytest.param(
            "webhooks:",
            "webhoks:",
            "accounts.1417.webhoks is not a known key; the nearest known key is webhooks",
            id="key",
        ),
        pytest.param("filter:", "filtre:", "accounts.1417.recipes[0].filtre is not a known key", id="inner key"),
        pytest.param(
            "webhook: bot", "webhook: bat", "recipes[0].webhook: there is no webhook bat", id="no such webhook"
        ),
        pytest.param(
            "https://", "https://me:pw@", "webhooks[0].url: expected an http or https address", id="user in url"
        ),
        pytest.param("/in", "/in#part", "webhooks[0].url: expected", id="fragment"),
        pytest.param("0123456789ab", "latest", "recipes[0].revision: expected a revision", id="revision"),
        pytest.param(", revision: 0123456789ab", "", "recipes[0].revision is missing", id="missing"),
        pytest.param(
            "    recipes:",
            '    - {name: bot, url: "https://x/"}\n    recipes:',
            "the name bot stands twice",
            id="twice",
        ),
        pytest.param("version: 1", "version: 1\n{", "line 3", id="no yaml"),
    ],
)
def test_file_that_cannot_be_trusted_is_refused_with_its_path_and_kept(
    path: Path, old: str, new: str, told: str
) -> None:
    file = write(path, WHOLE.replace(old, new, 1))
    for act in (file.read, lambda: file.change(add)):
        with pytest.raises(QscBotError) as caught:
            act()
        assert caught.value.code == "config.invalid"
        assert told in caught.value.message
        assert str(path) in caught.value.message
    assert path.read_text() == WHOLE.replace(old, new, 1)


def test_comment_at_the_top_is_kept(path: Path) -> None:
    file = write(path, f"# ours\n\n# of care\n{WHOLE}")
    file.change(
        lambda account: Account(
            webhooks=[*account.webhooks, WebhookEntry(name="b2", url="https://x/")], recipes=account.recipes
        )
    )
    assert path.read_text().startswith("# ours\n\n# of care\nversion: 1\n")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("accounts:", "accounts:  # all"),
        ("    recipes:", "    # ours\n    recipes:"),
        ("0123456789ab}", "0123456789ab}\n# end"),
    ],
    ids=["beside", "between", "at the end"],
)
def test_comment_that_would_be_lost_stops_the_write(path: Path, old: str, new: str) -> None:
    text = WHOLE.replace(old, new)
    file = write(path, text)
    with pytest.raises(QscBotError, match="holds a comment, which would be lost") as caught:
        file.change(lambda account: Account(webhooks=account.webhooks, recipes=[]))
    assert caught.value.code == "config.invalid"
    assert path.read_text() == text


def test_number_sign_inside_a_value_is_no_comment(path: Path) -> None:
    file = write(path, WHOLE.replace("private-messages", '"filter:a # b"'))
    file.change(
        lambda account: Account(
            webhooks=[*account.webhooks, WebhookEntry(name="b2", url="https://x/")], recipes=account.recipes
        )
    )
    assert file.read().recipes[0].filter == "filter:a # b"


def test_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(QscBotError) as caught:
        RegistryFile(tmp_path / "file" / "registry.yaml", account_id="1", shared=False).change(add)
    assert caught.value.code == "config.state"
    assert "nothing was recorded" in caught.value.message


def test_linked_file_stays_a_link(tmp_path: Path, path: Path) -> None:
    write(tmp_path / "real.yaml", WHOLE)
    path.parent.mkdir()
    path.symlink_to(tmp_path / "real.yaml")
    RegistryFile(path, account_id="2", shared=False).change(add)
    assert path.is_symlink()
    assert RegistryFile(tmp_path / "real.yaml", account_id="2", shared=False).read().webhooks == [WEBHOOK]


def test_change_between_reading_and_writing_is_not_overwritten(path: Path) -> None:
    file, other = (RegistryFile(path, account_id=account, shared=False) for account in ("1", "2"))
    path.parent.mkdir()
    edits = []

    def edit(account: Account) -> Account:
        edits.append(account)
        if len(edits) == 1:
            path.write_text(WHOLE)  # by a program that takes no lock
        return add(account)

    file.change(edit)
    assert len(edits) == 2
    assert RegistryFile(path, account_id="1417", shared=False).read().recipes[0].name == "r"
    assert file.read().webhooks == [WEBHOOK]
    assert other.read() == Account()


@pytest.mark.parametrize("text", ["nULL", "tRUE", "12e345678901", "2026-11-22", "0x1F", "é # ' \"", "~", "- a"])
def test_text_that_looks_like_something_else_stays_a_text(path: Path, text: str) -> None:
    file = RegistryFile(path, account_id="1e5", shared=False)
    recipe = RecipeEntry(
        name="r", webhook="bot", topic_ids=["12e3"], filter=f"filter:{text}", exclude_tag=text, revision="12e345678901"
    )
    file.change(lambda _: Account(webhooks=[WEBHOOK], recipes=[recipe]))
    assert file.read().recipes == [recipe]


WRITER = """
import sys
from pathlib import Path
from qsc_bot.models.registry import Account, WebhookEntry
from qsc_bot.storage.registry import RegistryFile
file = RegistryFile(Path(sys.argv[1]), account_id="1", shared=False)
for number in range(10):
    new = WebhookEntry(name=f"{sys.argv[2]}-{number}", url="https://x/")
    file.change(lambda account: Account(webhooks=[*account.webhooks, new], recipes=account.recipes))
"""


def test_two_processes_lose_no_entry_of_each_other(path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], env=dict(os.environ)) for name in ("a", "b")
    ]
    assert [writer.wait(timeout=30) for writer in writers] == [0, 0]
    names = {one.name for one in RegistryFile(path, account_id="1", shared=False).read().webhooks}
    assert names == {f"{name}-{number}" for name in ("a", "b") for number in range(10)}

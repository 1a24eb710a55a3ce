"""`recipe verify`: whether stored deliveries come from contacts that the recipe leaves out."""

from typing import Any, Final

import pytest

from tests.cli.recipe_arrivals import deliver, guided_prod, verify
from tests.cli.recipe_log import HOUR
from tests.cli.terminal import Prod, Result
from tests.conftest import MakeProd

TAG: Final = "escalated to agent"
EXCLUDED: Final = "twitter:20"
"""Of the people of this seed, every fifth bears the tag."""


@pytest.fixture
def guided(make_prod: MakeProd) -> Prod:
    """A real account with one recipe that waits to be entered, and many contacts."""
    return many(make_prod)


def many(make_prod: MakeProd, **settings: Any) -> Prod:
    prod = guided_prod(lambda: make_prod(**settings))
    prod.sandbox.reset("large:60:twitter")
    return prod


def deliver_all(prod: Prod, *people: str) -> None:
    """A delivery of each, the newest last."""
    for number, person in enumerate(people):
        deliver(prod.run, key=f"2001_{number}", person=person, hours=0.5 + number / 1000)


def untagged(number: int) -> list[str]:
    return [f"twitter:{one}" for one in range(21, 80) if one % 5][:number]


def asked(prod: Prod) -> list[str]:
    """The contacts that were read, in this order."""
    paths = [one.url.path for one in prod.wire.requests]
    return [f"twitter:{path.rpartition('/')[2]}" for path in paths if "/contact/twitter/" in path]


def told(prod: Prod) -> Result:
    prod.run.now += HOUR
    return prod.run("recipe", "verify", "to-bot", "--no-compare")


def test_delivery_of_an_excluded_contact_is_drift_whatever_came_after_it(guided: Prod) -> None:
    deliver_all(guided, EXCLUDED, *untagged(2))
    result = verify(guided.run, "--no-compare")
    assert (result.code, result.error["code"], result.document["state"]) == (7, "recipe.drifted", "drifted")
    assert f"comes from a contact with the tag {TAG}: {EXCLUDED} at" in result.error["message"]
    assert result.error["message"].endswith("; 3 contacts were looked at")
    assert asked(guided) == [*reversed(untagged(2)), EXCLUDED]


def test_drift_ends_the_looking(guided: Prod) -> None:
    deliver_all(guided, *untagged(2), EXCLUDED)
    assert verify(guided.run, "--no-compare").error["message"].endswith("; 1 of 3 contacts was looked at")
    assert asked(guided) == [EXCLUDED]


def test_contact_of_several_deliveries_is_read_once_and_the_number_is_told(guided: Prod) -> None:
    deliver_all(guided, *untagged(2), *untagged(2), *untagged(1))
    result = told(guided)
    assert result.code == 0
    assert f"2 contacts were looked at for the tag {TAG}" in result.stderr
    assert len(asked(guided)) == 2


def test_only_the_newest_ten_contacts_are_read_and_that_is_told(guided: Prod) -> None:
    deliver_all(guided, EXCLUDED, *untagged(11))
    document = verify(guided.run, "--no-compare").document
    assert document["state"] == "verified"
    assert document["warnings"] == [f"only the newest 10 of 12 contacts were looked at for the tag {TAG}"]
    assert asked(guided) == untagged(11)[:0:-1]


def test_delivery_of_another_revision_is_not_looked_at(guided: Prod) -> None:
    deliver(guided.run, key="2001_old", person=EXCLUDED, revision="0123456789ab", hours=0.4)
    deliver_all(guided, *untagged(1))
    verify(guided.run, "--no-compare")
    assert asked(guided) == untagged(1)


def test_contacts_that_were_tagged_since_are_told_and_do_not_hide_an_excluded_one(guided: Prod) -> None:
    deliver_all(guided, *untagged(2))
    guided.run.now += 0.7 * HOUR
    for person in untagged(2):
        guided.run("escalation", "add", person)
    guided.run.now -= 0.7 * HOUR
    document = verify(guided.run, "--no-compare").document
    names = ", ".join(reversed(untagged(2)))
    assert document["warnings"] == [f"{names} bear the tag {TAG} now; it may have been put on after the deliveries"]
    deliver(guided.run, key="2001_x", person=EXCLUDED, hours=0.4)
    assert verify(guided.run, "--no-compare").error["code"] == "recipe.drifted"


def test_contacts_that_cannot_be_read_do_not_end_the_looking(guided: Prod) -> None:
    deliver_all(guided, EXCLUDED, "twitter:999404", "instagram:9", "instagram:8", "twitter:../x")
    result = verify(guided.run, "--no-compare")
    assert result.error["code"] == "recipe.drifted"
    assert result.error["message"].endswith("; 1 of 5 contacts was looked at")
    warnings = result.document["warnings"]
    assert any("of instagram:8, instagram:9 is excluded cannot be read for instagram" in one for one in warnings)
    assert any("twitter:999404 is no contact" in one for one in warnings)


def test_many_contacts_that_cannot_be_read_are_counted(guided: Prod) -> None:
    deliver_all(guided, *(f"instagram:{number}" for number in range(13)))
    warnings = verify(guided.run, "--no-compare").document["warnings"]
    assert any("instagram:3 and 3 more is excluded cannot be read" in one for one in warnings)


def test_calls_of_the_bot_are_kept_and_what_was_looked_at_is_told(make_prod: MakeProd) -> None:
    prod = many(make_prod, rate_limit=52)
    deliver_all(prod, EXCLUDED, *untagged(4))
    document = verify(prod.run, "--no-compare").document
    assert document["state"] == "verified"
    assert "kept" in document["warnings"][0]
    assert document["warnings"][1] == f"only 2 of 5 contacts were looked at for the tag {TAG}"
    assert len(asked(prod)) == 2

"""Bulk writes killed at random moments, on a network that is bad by chance: nothing is lost, nothing is done twice."""

import pytest

from tests.benchmarks.kill import play

pytestmark = pytest.mark.socket


def test_killed_writes_are_gone_on_with_until_each_is_done_once() -> None:
    figures = play(3, seed=5)
    assert figures["runs that were killed"] > 0

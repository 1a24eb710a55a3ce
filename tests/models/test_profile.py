"""What a profile knows about its hosts and times."""

import pytest

from qsc_bot.models.profile import Profile, sandbox_profile


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (
            Profile(account_id="1"),
            ("https://api.engagor.com", "app.engagor.com", "https://graph.facebook.com"),
        ),
        (
            Profile(account_id="1", region="us"),
            ("https://api-us.engagor.com", "us.engagor.com", "https://graph.facebook.com"),
        ),
        (
            sandbox_profile("http://127.0.0.1:9/"),
            ("http://127.0.0.1:9", "app.engagor.com", "http://127.0.0.1:9/graph"),
        ),
    ],
    ids=["eu", "us", "sandbox"],
)
def test_profile_knows_its_hosts(profile: Profile, expected: tuple[str, str, str]) -> None:
    assert (profile.base_url, profile.web_host, profile.graph_base) == expected
    assert profile.timeout_seconds == 10

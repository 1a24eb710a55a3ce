"""The map from service to method."""

from functools import partial

import pytest

from qsc_bot.control.driver import Driver, Drivers
from qsc_bot.control.messenger import NoMessenger
from qsc_bot.models.conversation import Method
from tests.control.people import AT

DEFAULTS = {
    "facebook": Method.MESSENGER,
    "instagram": Method.MESSENGER,
    "whatsapp": Method.HANDOVER,
    "web": Method.HANDOVER,
    "viber": Method.HANDOVER,
    "twilio": Method.HANDOVER,
    "twitter": Method.TAG,
    "wechat": Method.TAG,
    "anything-else": Method.TAG,
}


@pytest.mark.parametrize(("service", "method"), DEFAULTS.items(), ids=DEFAULTS)
def test_default_method_of_each_service(service: str, method: Method) -> None:
    assert Drivers({}, {}).method_of(service) is method


def test_profile_wins_over_the_default() -> None:
    drivers = Drivers({"whatsapp": "tag", "twitter": "handover"}, {})
    assert drivers.method_of("whatsapp") is Method.TAG
    assert drivers.method_of("twitter") is Method.HANDOVER
    assert drivers.method_of("web") is Method.HANDOVER


def test_driver_is_built_once_and_only_when_asked_for() -> None:
    built: list[Method] = []

    def build(method: Method) -> Driver:
        built.append(method)
        return NoMessenger(profile=method.value, now=lambda: AT)

    drivers = Drivers({}, {method: partial(build, method) for method in Method})
    assert built == []
    assert drivers.of("facebook") is drivers.of("instagram")
    assert drivers.of("web") is not drivers.of("twitter")
    assert built == [Method.MESSENGER, Method.HANDOVER, Method.TAG]

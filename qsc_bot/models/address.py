"""Addresses of remote services: which are well formed, and which stay on this machine."""

import ipaddress
import re
from typing import Final

_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?(/[^\s?#\\]*)?",
    re.IGNORECASE,
)
_HIGHEST_PORT: Final = 65535


def host_of(address: str) -> str:
    """The host of an API's address; a `ValueError` says why none of ours can look like this."""
    match = _ADDRESS.fullmatch(address)
    if not match or int(match["port"] or 0) > _HIGHEST_PORT:
        raise ValueError("expected https://HOST/PATH without user, password, query or fragment")
    host = match["host"].strip("[]").lower()
    if match["scheme"].lower() == "http" and not is_loopback(host):
        raise ValueError("plain http is for loopback addresses only; write https")
    return host


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: 127.0.0.0/8, ::1 or localhost."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None

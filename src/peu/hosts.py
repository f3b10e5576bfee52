"""Names in a Host header: what a server is called by those who ask it."""

import ipaddress
from urllib.parse import urlsplit


def host_and_port(header: str) -> tuple[str, int | None] | None:
    """The name and the port in a Host header.

    Args:
        header: as it was sent.

    Returns:
        The name or address in small letters, without the brackets of IPv6, and the port, None
        where none is named; None for a header that holds anything else.

    Example:
        >>> host_and_port("[::1]:8765")
        ('::1', 8765)
    """
    try:
        parts = urlsplit(f"//{header}")
        port = parts.port
    except ValueError:
        return None
    if parts.username is not None or parts.path or parts.query or parts.fragment:
        return None
    return (parts.hostname or "").lower(), port


def is_address(name: str) -> bool:
    """Whether a name is the number of an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a name or an address is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"

import pytest

from peu.hosts import host_and_port, is_address, is_loopback


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("localhost:8765", ("localhost", 8765)),
        ("Peu.Example", ("peu.example", None)),
        ("[::1]:80", ("::1", 80)),
        ("", ("", None)),
        ("localhost:port", None),
        ("localhost:99999", None),
        ("[::1", None),
        ("user@localhost", None),
        ("localhost/path", None),
        ("localhost?query", None),
    ],
)
def test_a_host_header_is_a_name_and_a_port(header: str, found: object) -> None:
    assert host_and_port(header) == found


def test_numbers_of_addresses_are_told_from_names() -> None:
    assert is_address("192.168.1.5")
    assert is_address("::1")
    assert not is_address("192.168.1.5.evil.example")
    assert not is_address("localhost")


def test_only_this_machines_own_addresses_are_loopback() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LocalHost"):
        assert is_loopback(host)
    for host in ("0.0.0.0", "192.168.1.5", "::", "", "localhost.evil.example"):
        assert not is_loopback(host)

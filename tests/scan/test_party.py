"""Networks of addresses, as the library for addresses has them."""

from ipaddress import IPv4Address, IPv6Address, ip_network

from hypothesis import given
from hypothesis import strategies as st

from mailtriage.scan.party import network, wide


@given(st.ip_addresses(v=4))
def test_networks_of_ipv4(address: IPv4Address) -> None:
    assert network(str(address)) == str(ip_network(f"{address}/24", strict=False))
    assert wide(str(address)) == str(ip_network(f"{address}/16", strict=False))


@given(st.ip_addresses(v=6), st.integers(0, 127))
def test_networks_of_ipv6(address: IPv6Address, shift: int) -> None:
    address = IPv6Address(int(address) << shift & (1 << 128) - 1)
    for text in (str(address), address.exploded.upper()):
        assert network(text) == str(ip_network(f"{address}/64", strict=False))
        assert wide(text) == str(ip_network(f"{address}/40", strict=False))


def test_what_is_no_address_is_left_as_it_is() -> None:
    for text in ("unknown", "1.2.3", "1.2.3.256", "::1%eth0", "1:2:3:4:5:6:7:8:9", ""):
        assert network(text) == text

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clients import address_of, client_of


def asked_from(host: str | None, **state: str) -> dict[str, object]:
    return {"client": None if host is None else (host, 50_000), "state": state}


def test_the_holder_of_a_key_is_the_same_client_from_wherever_it_asks() -> None:
    assert {client_of(asked_from(host, holder="ann")) for host in ("203.0.113.7", "::1", None)} == {"key:ann"}
    assert client_of(asked_from("key:ann")) == "address:key:ann"


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_one_client_also_when_it_is_written_as_ipv6(address: ipaddress.IPv4Address) -> None:
    mapped = f"::ffff:{address}"
    assert client_of(asked_from(str(address))) == client_of(asked_from(mapped)) == f"address:{address}"


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_an_ipv6_network_of_64_bits_is_one_client(network: int, one: int, other: int) -> None:
    first, second = (ipaddress.IPv6Address(network << 64 | host) for host in (one, other))
    if first.ipv4_mapped is None and second.ipv4_mapped is None:
        assert address_of(asked_from(str(first))) == address_of(asked_from(str(second)))
        beside = ipaddress.IPv6Address((network ^ 1) << 64 | one)
        assert address_of(asked_from(str(first))) != address_of(asked_from(str(beside)))


@pytest.mark.parametrize("host", [None, "", "testclient", "fe80::1%eth0", "unix:"])
def test_what_is_no_address_is_a_client_too(host: str | None) -> None:
    assert client_of(asked_from(host)).startswith("address:")

"""Who asks: the holder of a key, or else an address."""

import ipaddress

from starlette.types import Scope

IPV6_NETWORK = 64  # bits: what one household or machine gets (RFC 6177), so addresses within it are one client's


def client_of(scope: Scope) -> str:
    """The client of a request, by the name of its key, `key:NAME`, or by its address, `address:…`.

    All clients of a proxy have its address, unless uvicorn trusts its `X-Forwarded-For` (FORWARDED_ALLOW_IPS).
    """
    holder: str | None = scope.get("state", {}).get("holder")
    return f"key:{holder}" if holder else f"address:{address_of(scope)}"


def address_of(scope: Scope) -> str:
    """Where a request comes from: an IPv4 address, or the network of an IPv6 one; "" if that is not known."""
    host: str = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_NETWORK), strict=False))

"""Whose failures count together: which network address a request comes from. Pure rules."""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network

GOOGLE = (
    *("64.233.160.0/19", "66.102.0.0/20", "66.249.64.0/19", "72.14.192.0/18", "74.125.0.0/16", "108.177.0.0/17"),
    *("142.250.0.0/15", "172.217.0.0/16", "172.253.0.0/16", "173.194.0.0/16", "192.178.0.0/15", "209.85.128.0/17"),
    *("216.58.192.0/19", "216.239.32.0/19", "35.191.0.0/16", "130.211.0.0/22"),
    *("2001:4860::/32", "2404:6800::/32", "2607:f8b0::/32", "2800:3f0::/32", "2a00:1450::/32", "2c0f:fb50::/32"),
)
"""Where Google's own front ends call from, Firebase Hosting's among them: goog.json less the ranges of its cloud's
customers, cloud.json (https://support.google.com/a/answer/10026322)."""


def client(forwarded: str, peer: str, hops: int, edges: Iterable[Network]) -> str:
    """Who is calling, as far as the platform vouches for it.

    Each proxy appends the address of its caller to X-Forwarded-For. What a client writes there stands to the left. At a
    function's own address Cloud Run appends the client. Behind Hosting it appends Hosting's front end, which itself has
    appended the client; one entry more is believed only then, or everybody could write their own there.

    Args:
        forwarded: The header, empty when there is none.
        peer: The other end of the connection.
        hops: How many entries at the right end the platform always writes; 0 believes the peer alone.
        edges: Where the front ends call from that append one entry more.
    """
    entries = [entry.strip() for entry in forwarded.split(",")]
    if not hops or len(entries) < hops:
        return peer
    address = entries[-hops]
    if len(entries) > hops and _within(address, edges):
        return entries[-hops - 1]
    return address


def neighbourhoods(address: str) -> tuple[str, ...]:
    """What one client can choose among, the narrowest first.

    That is an IPv4 address alone; but of IPv6 every subscriber gets a /64 whole, and many a /56 or a /48.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return (address,)
    if not isinstance(parsed, IPv6Address):
        return (str(parsed),)
    if parsed.ipv4_mapped:
        return (str(parsed.ipv4_mapped),)
    return tuple(str(IPv6Network((parsed.packed, length), strict=False)) for length in (64, 56, 48))


def _within(address: str, networks: Iterable[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def networks(given: Sequence[str]) -> list[Network]:
    """Networks as they are written, such as 35.191.0.0/16.

    Raises:
        ValueError: One of them is not a network.
    """
    return [IPv6Network(each) if ":" in each else IPv4Network(each) for each in given]

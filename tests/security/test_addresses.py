"""Which address counts as the client's, whatever a client writes into headers."""

import pytest

from shared.client_ip import GOOGLE, client, neighbourhoods, networks

EDGES = networks(GOOGLE)
HOSTING = "66.249.93.44"
"""One of Google's front ends."""


@pytest.mark.parametrize(
    ("forwarded", "hops", "expected"),
    [
        # At the function's own address Cloud Run appends the client; all before it is the client's own invention.
        ("203.0.113.7", 1, "203.0.113.7"),
        ("1.1.1.1, 203.0.113.7", 1, "203.0.113.7"),
        ("1.1.1.1,2.2.2.2,203.0.113.7", 1, "203.0.113.7"),
        (f"{HOSTING}, 203.0.113.7", 1, "203.0.113.7"),
        ("2001:db8::1", 1, "2001:db8::1"),
        # Behind Hosting the front end follows; what a client wrote stands before the client's address as ever.
        (f"203.0.113.7, {HOSTING}", 1, "203.0.113.7"),
        (f"1.1.1.1, 203.0.113.7, {HOSTING}", 1, "203.0.113.7"),
        (f"{HOSTING}, {HOSTING}, 203.0.113.7, {HOSTING}", 1, "203.0.113.7"),
        ("203.0.113.7, 2a00:1450:4001::1", 1, "203.0.113.7"),
        (HOSTING, 1, HOSTING),
        # Cloud customers call from addresses of Google's, too; those are not its front ends.
        ("1.1.1.1, 34.90.1.2", 1, "34.90.1.2"),
        # A load balancer of one's own in front: two entries are the platform's.
        ("1.1.1.1, 203.0.113.7, 10.0.0.1", 2, "203.0.113.7"),
        # No proxy, or not as many as there should be: the peer.
        ("1.1.1.1", 0, "peer"),
        ("", 0, "peer"),
        ("1.1.1.1", 2, "peer"),
        ("not an address", 1, "not an address"),
    ],
)
def test_only_what_the_platform_wrote_is_believed(forwarded: str, hops: int, expected: str) -> None:
    assert client(forwarded, "peer", hops, EDGES) == expected


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "", True),
        ("unix:", "garbage", False),
    ],
)
def test_a_subscriber_cannot_walk_through_their_own_addresses(one: str, other: str, same: bool) -> None:
    assert (neighbourhoods(one)[0] == neighbourhoods(other)[0]) == same


def test_of_ipv6_the_networks_around_count_too() -> None:
    assert neighbourhoods("2001:db8:1:234::1") == ("2001:db8:1:234::/64", "2001:db8:1:200::/56", "2001:db8:1::/48")
    assert neighbourhoods("203.0.113.7") == neighbourhoods("::ffff:203.0.113.7") == ("203.0.113.7",)
    assert neighbourhoods("unix:") == ("unix:",)


def test_a_network_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="33"):
        networks(["10.0.0.0/33"])

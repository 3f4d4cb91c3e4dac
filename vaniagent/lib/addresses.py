"""Which addresses on the network a URL named by a customer may lead to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# The machine itself and its local network: opened by `allow_private` alone.
_PRIVATE = tuple(
    map(
        ip_network,
        ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"],
    )
)
# Where clouds tell machines their credentials; some lie inside ranges above.
_METADATA = tuple(
    map(ip_network, ["169.254.0.0/16", "100.64.0.0/10", "168.63.129.16/32", "fe80::/10", "fd00:ec2::/32"])
)
_REFUSED_V4 = tuple(
    map(
        ip_network,
        [
            "0.0.0.0/8",  # this host
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # 6to4 relays
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ],
    )
)
# All that is given out of IPv6. Outside lie the unspecified address, IPv4 in disguise (mapped, compatible, NAT64),
# site-local and multicast addresses.
_GLOBAL_V6 = ip_network("2000::/3")
_REFUSED_V6 = tuple(
    map(
        ip_network,
        [
            "2001::/23",  # protocol assignments: Teredo, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: IPv4 in disguise
            "3fff::/20",  # documentation
        ],
    )
)


def is_allowed(host: str, *, allow_private: bool = False) -> bool:
    """Whether this numeric address may be connected to. Whoever asks connects to the very same address."""
    address = ip_address(host)
    if any(address in network for network in _METADATA):
        return False
    if any(address in network for network in _PRIVATE):
        return allow_private
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    return _is_global_v6(address)


def _is_global_v6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in _GLOBAL_V6:
        return False
    return not any(address in network for network in _REFUSED_V6)

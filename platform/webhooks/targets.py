"""Which addresses may be told anything: those that the operator names, and no private network unless named too. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_URL = 500
# Ways to write an IPv4 address inside an IPv6 one: what they lead to cannot be told from the address.
_TUNNELS = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
# A path that servers read in more than one way.
_ODD_PATH = re.compile(r"//|(?:^|/)\.{1,2}(?:/|$)|%2e|%2f|%5c|%00|\\", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """An address: https or http, host, port, path with its query."""

    scheme: str
    host: str
    port: int
    path: str

    def covers(self, other: Target) -> bool:
        """Whether `other` lies at or below this one."""
        if (self.scheme, self.host, self.port) != (other.scheme, other.host, other.port):
            return False
        base, path = self.path.rstrip("/"), other.path.split("?")[0]
        return path == self.path or path == base or path.startswith(base + "/")


def parse(url: str) -> Target:
    """The parts of an address. ValueError, with what is wrong, for anything but plain http(s)."""
    if len(url) > MAX_URL or not re.fullmatch(r"[!-~]+", url):
        raise ValueError(f"must be 1 to {MAX_URL} visible ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("is no address") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must begin with https:// and name a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("must have no user, password or fragment")
    if _ODD_PATH.search(parts.path):
        raise ValueError("has a path that can be read in more than one way")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path)


def parse_allowed(text: str) -> tuple[Target, ...]:
    """Allowed addresses, separated by white space. ValueError names the one that is none."""
    found = []
    for at, url in enumerate(text.split(), start=1):
        try:
            target = parse(url)
        except ValueError as error:
            raise ValueError(f"WEBHOOK_TARGETS: entry {at} {error}.") from None
        if "?" in target.path:
            raise ValueError(f"WEBHOOK_TARGETS: entry {at} must have no query.")
        found.append(target)
    return tuple(found)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Networks, separated by white space. ValueError names the one that is none."""
    found = []
    for at, network in enumerate(text.split(), start=1):
        try:
            found.append(ipaddress.ip_network(network))
        except ValueError:
            raise ValueError(
                f"WEBHOOK_PRIVATE_NETWORKS: entry {at} is no network like 10.0.5.0/24."
            ) from None
    return tuple(found)


def is_allowed(target: Target, allowed: Iterable[Target]) -> bool:
    """Whether the operator allows this address."""
    return any(each.covers(target) for each in allowed)


def may_connect(address: str, private: Sequence[Network]) -> bool:
    """Whether a resolved IP address may be connected to: public, or in a network that the operator names."""
    ip: IP = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    if any(ip in network for network in private if network.version == ip.version):
        return True
    tunnelled = any(ip in network for network in _TUNNELS if network.version == ip.version)
    return ip.is_global and not ip.is_multicast and not tunnelled

"""The checks of published ports, seen from the host and from outside."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from ops.engine.runtime import Listener
from ops.settings import STANDARD_SSH_PORT
from ops.verification.checks.check import Check, check
from ops.verification.observations import Observations, Site

TRAEFIK = "traefik"
SSH_PROCESSES = ("sshd", "systemd", "")  # systemd listens for it where ssh is started by a socket
DHCP_PORTS = (68, 546)  # a client's, over UDP: an answer comes in there, nothing is served
BRIDGES = tuple(ipaddress.ip_network(one) for one in ("172.16.0.0/12", "192.168.0.0/16"))  # Docker's own


def ports(seen: Observations, site: Site) -> Iterator[Check]:
    """Judge that Traefik alone serves the public ports, and that nothing else is reachable from outside."""
    ours = [one for one in seen.listeners if one.owner]
    public = f"{', '.join(map(str, sorted({site.http_port, site.https_port})))} by Traefik"
    yield check(
        "published-ports",
        "Only Traefik publishes ports",
        _local_faults(ours, site) if site.loopback_only else _droplet_faults(seen.listeners, site),
        detail=f"{public}; {len(ours)} listeners, all on the loopback range" if site.loopback_only else public,
        hint=site.word("status"),
    )
    yield check(
        "ports-from-outside",
        "No port of ours is open from outside" if site.loopback_only else "No other port is open from outside",
        _outside_faults(seen, site),
        detail=_outside_detail(seen, site),
        seconds=max((one.seconds for one in seen.outside), default=0.0),
        hint=site.word("status"),
    )


def _local_faults(ours: list[Listener], site: Site) -> list[str]:
    """On this machine nothing may leave the loopback range, and the public ports belong to Traefik."""
    public = {site.http_port, site.https_port}
    faults = [
        f"`{one.owner}` listens on {one.address}:{one.port}"
        for one in ours
        if one.owner != TRAEFIK and (one.port in public or not _is_loopback(one))
    ]
    faults += [
        f"`{TRAEFIK}` listens on {one.address}:{one.port}, outside the loopback range"
        for one in ours
        if one.owner == TRAEFIK and not _is_loopback(one)
    ]
    serving = {one.port for one in ours if one.owner == TRAEFIK}
    return faults + [f"Traefik does not listen on {port}" for port in sorted(public - serving)]


def _droplet_faults(listening: Iterable[Listener], site: Site) -> list[str]:
    """On a droplet every listener of the host counts: Traefik's three, SSH, and nothing else beyond the host itself."""
    published = {(site.http_port, "tcp"), (site.https_port, "tcp"), (site.https_port, "udp")}
    beyond = [one for one in listening if not (_is_loopback(one) or _is_inside(one))]
    serving = {(one.port, one.protocol) for one in beyond if one.owner == TRAEFIK}
    strange = [one for one in beyond if not _is_expected(one, published, site)]
    faults = sorted({f"`{one.owner or one.process or '?'}` listens on {_place(one)}" for one in strange})
    return faults + [f"Traefik does not publish {port}/{protocol}" for port, protocol in sorted(published - serving)]


def _is_expected(one: Listener, published: set[tuple[int, str]], site: Site) -> bool:
    if one.owner:
        return one.owner == TRAEFIK and (one.port, one.protocol) in published
    if one.protocol == "udp":
        return one.port in DHCP_PORTS
    return one.port in {STANDARD_SSH_PORT, site.ssh_port} and one.process in SSH_PROCESSES


def _is_loopback(one: Listener) -> bool:
    return _address(one).is_loopback


def _is_inside(one: Listener) -> bool:
    """Tell whether a container listens there for other containers: on a bridge, which nobody else reaches."""
    address = _address(one)
    return bool(one.owner) and address.version == 4 and any(address in bridge for bridge in BRIDGES)  # noqa: PLR2004 - IPv4


def _address(one: Listener) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    stated = "0.0.0.0" if one.address in {"", "*"} else one.address.strip("[]")  # noqa: S104 - what ss prints for it
    address = ipaddress.ip_address(stated.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address  # ::ffff:127.0.0.1 is the loopback address


def _place(one: Listener) -> str:
    return f"{one.address}:{one.port}/{one.protocol}"


def _outside_faults(seen: Observations, site: Site) -> list[str]:
    if not (site.loopback_only or seen.outside):
        return ["nobody tried"]
    meant = set() if site.loopback_only else {site.ssh_port, site.http_port, site.https_port}
    return [f"{one.host}:{one.port} is open" for one in seen.outside if one.is_open and one.port not in meant]


def _outside_detail(seen: Observations, site: Site) -> str:
    if not seen.outside:
        return "this machine has no other address"
    hosts = ", ".join(sorted({one.host for one in seen.outside}))
    tried = {one.port: one.is_open for one in seen.outside}
    if site.loopback_only:
        return f"{len(seen.outside)} tried, all refused, at {hosts}"
    answering = ", ".join(str(port) for port, is_open in sorted(tried.items()) if is_open) or "none"
    ssh = "" if tried.get(site.ssh_port, True) else f"; {site.ssh_port} (SSH) is closed for this machine"
    return f"{len(tried)} tried at {hosts}, open: {answering}{ssh}"

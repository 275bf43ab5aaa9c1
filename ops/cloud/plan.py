"""What has to change in the cloud.

Pure: from what is wanted and what was found follows the list of changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ops.cloud.firewalls import Operator, is_ssh, plain, rules_of, ssh_firewall, web_firewall

Action = Literal["create", "update", "delete", "keep"]


@dataclass(frozen=True, kw_only=True)
class CloudChange:
    """One line of the plan; `id` is the cloud's own name for what exists already."""

    kind: str
    name: str
    action: Action
    why: str
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class Droplet:
    """A droplet as the cloud shows it. `address` is where it answers: the reserved address if it has one."""

    id: int
    name: str
    region: str
    size: str
    address: str
    address_v6: str
    status: str
    created_at: str
    tags: tuple[str, ...]
    own_address: str = ""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the settings and the command line ask for. `allow` empty: the addresses on the allowlist stay."""

    tag: str
    name: str
    region: str
    size: str
    image: str
    ipv6: bool
    reserved_ip: bool
    operator: Operator
    allow: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found: `firewalls` are all that carry the tag, as the API shows them."""

    key: Mapping[str, Any] | None = None
    has_tag: bool = False
    firewalls: tuple[Mapping[str, Any], ...] = ()
    droplet: Droplet | None = None
    is_foreign: bool = False  # another droplet has the name, without the tag
    reserved: str = ""
    reserved_free: str = ""  # an address that our names point to already, and that nothing uses
    taken: frozenset[str] = field(default_factory=frozenset)  # names of firewalls without the tag


def key_name(wanted: Wanted) -> str:
    """Return the name that an SSH key gets when it is ours."""
    return f"{plain(wanted.tag)}-{wanted.operator.short}"


def plan_changes(wanted: Wanted, found: Found) -> tuple[CloudChange, ...]:
    """Return every change but the domain records', in the order in which they are made."""
    return (
        _tag(wanted, found),
        _key(wanted, found),
        _firewall(web_firewall(wanted.tag), found, why="80 and 443 for everybody, everything outwards"),
        *_allowlist(wanted, found),
        _droplet(wanted, found),
        *_reserved(wanted, found),
    )


def find_refusals(wanted: Wanted, found: Found) -> Iterator[tuple[str, str]]:
    """Name what stands in the way: (why, fix)."""
    if found.is_foreign:
        why = f"there is a droplet `{wanted.name}` without the tag `{wanted.tag}`: it is not ours to change"
        yield why, "set another DROPLET_NAME in .env"
    names = {web_firewall(wanted.tag)["name"], ssh_firewall(wanted.tag, wanted.operator, "")["name"]}
    for name in sorted(names & found.taken):
        why = f"there is a firewall `{name}` without the tag `{wanted.tag}`: it is not ours to change"
        yield why, "set another DROPLET_TAG in .env, or rename that firewall"
    if not wanted.allow and not any(is_ssh(wanted.tag, firewall) for firewall in found.firewalls):
        why = (
            "no address is allowed to use SSH yet, and none was given: it would be closed to everybody, or open to all"
        )
        yield why, "run the same command with --allow ADDRESS (your public address)"
    if found.droplet and found.droplet.status == "archive":
        why = f"droplet `{wanted.name}` is archived"
        yield why, "restore it at https://cloud.digitalocean.com/droplets, or set another DROPLET_NAME in .env"


def find_lockout(wanted: Wanted, found: Found) -> Iterator[str]:
    """Name it when the allowlist stays as it is, and the operator is not on it."""
    own = ssh_firewall(wanted.tag, wanted.operator, wanted.allow)["name"]
    if not wanted.allow and not any(firewall["name"] == own for firewall in found.firewalls):
        yield f"the SSH allowlist has no entry for your key ({own}); if SSH stays closed, pass --allow ADDRESS"


def find_differences(wanted: Wanted, droplet: Droplet) -> Iterator[str]:
    """Name what a droplet that exists has, but the settings say otherwise; none of it can be changed in place."""
    for name, is_now, asked in (("region", droplet.region, wanted.region), ("size", droplet.size, wanted.size)):
        if is_now != asked:
            yield f"droplet `{droplet.name}` has the {name} {is_now}, not {asked} as .env says; it is kept as it is"
    if wanted.ipv6 and droplet.status == "active" and not droplet.address_v6:
        yield f"droplet `{droplet.name}` has no IPv6 address; DROPLET_IPV6 counts when a droplet is created"


def _tag(wanted: Wanted, found: Found) -> CloudChange:
    action: Action = "keep" if found.has_tag else "create"
    return CloudChange(kind="tag", name=wanted.tag, action=action, why="marks what belongs to this deployment")


def _key(wanted: Wanted, found: Found) -> CloudChange:
    if found.key:
        name, number = str(found.key["name"]), str(found.key["id"])
        return CloudChange(kind="ssh key", name=name, action="keep", why=wanted.operator.fingerprint, id=number)
    return CloudChange(kind="ssh key", name=key_name(wanted), action="create", why=wanted.operator.fingerprint)


def _allowlist(wanted: Wanted, found: Found) -> Iterator[CloudChange]:
    asked = ssh_firewall(wanted.tag, wanted.operator, wanted.allow)
    if wanted.allow:
        yield _firewall(asked, found, why=f"SSH from {wanted.allow}")
        return
    for firewall in found.firewalls:
        if firewall["name"] == asked["name"]:
            name, number = str(firewall["name"]), str(firewall["id"])
            yield CloudChange(
                kind="firewall", name=name, action="keep", why="the allowlist is left as it is", id=number
            )


def _firewall(asked: Mapping[str, Any], found: Found, *, why: str) -> CloudChange:
    there = [firewall for firewall in found.firewalls if firewall["name"] == asked["name"]]
    if not there:
        return CloudChange(kind="firewall", name=asked["name"], action="create", why=why)
    is_same = rules_of(there[0]) == rules_of(asked)
    action: Action = "keep" if is_same else "update"
    if not is_same:
        why = f"{why}; the rules are others now"
    return CloudChange(kind="firewall", name=asked["name"], action=action, why=why, id=str(there[0]["id"]))


def _droplet(wanted: Wanted, found: Found) -> CloudChange:
    droplet = found.droplet
    if not droplet:
        why = f"{wanted.size} in {wanted.region}, {wanted.image}"
        return CloudChange(kind="droplet", name=wanted.name, action="create", why=why)
    number = str(droplet.id)
    if droplet.status == "off":
        return CloudChange(kind="droplet", name=wanted.name, action="update", why="it is off: switch it on", id=number)
    why = f"{droplet.size} in {droplet.region}, {droplet.address or droplet.status}"
    return CloudChange(kind="droplet", name=wanted.name, action="keep", why=why, id=number)


def _reserved(wanted: Wanted, found: Found) -> Iterator[CloudChange]:
    if not wanted.reserved_ip:
        return
    kind, why = "reserved address", f"for droplet `{wanted.name}`"
    if found.reserved:
        yield CloudChange(kind=kind, name=found.reserved, action="keep", why=why, id=found.reserved)
    elif found.reserved_free:
        why = f"the names point to it already: assign it to droplet `{wanted.name}`"
        yield CloudChange(kind=kind, name=found.reserved_free, action="update", why=why, id=found.reserved_free)
    else:
        yield CloudChange(kind=kind, name="a new address", action="create", why=why)

"""What goes when a deployment is destroyed, and in which order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ops.cloud.client import Api, at_once, shaped
from ops.cloud.dns_records import Zone, find_leftovers, plan_record_removal
from ops.cloud.dns_zone import find_zone
from ops.cloud.firewalls import is_ours, plain
from ops.cloud.inventory import (
    all_firewalls,
    all_keys,
    assigned_address,
    droplet_from,
    droplets_tagged,
    read_tag,
    reserved_addresses,
)
from ops.cloud.plan import CloudChange

Body = Mapping[str, Any]


def plan_teardown(api: Api, *, tag: str, names: Sequence[str]) -> tuple[CloudChange, ...]:
    """Return everything that carries the tag, in the order in which it goes. `names` are our domain names.

    The records go first: once the droplet is gone, nobody can tell which of them pointed to it.
    """
    droplets, reserved, firewalls, keys, has_tag, zone = at_once(
        [
            lambda: droplets_tagged(api, tag),
            lambda: reserved_addresses(api),
            lambda: all_firewalls(api),
            lambda: all_keys(api),
            lambda: read_tag(api, tag),
            lambda: find_zone(api, names[0]),
        ]
    )
    with shaped("read the account"):
        return (
            *_droplets(droplets, reserved, zone=zone, names=names),
            *(_gone("firewall", one, why="attached to the tag") for one in firewalls if is_ours(tag, one)),
            *(_gone("ssh key", one, why=one["fingerprint"]) for one in keys if _is_our_key(tag, one)),
            *([CloudChange(kind="tag", name=tag, action="delete", why="nothing carries it then")] if has_tag else []),
        )


def remove(api: Api, change: CloudChange) -> None:
    """Remove one thing; one that is gone already is fine."""
    client = api.client
    zone, _, record = change.id.partition("/")
    calls: dict[str, Callable[[], Any]] = {
        "record": lambda: client.domains.delete_record(zone, int(record)),
        "reserved address": lambda: client.reserved_ips.delete(change.name),
        "droplet": lambda: client.droplets.destroy(int(change.id)),
        "firewall": lambda: client.firewalls.delete(change.id),
        "ssh key": lambda: client.ssh_keys.delete(change.id),  # type: ignore[arg-type, unused-ignore] # pydo says JSON
        "tag": lambda: client.tags.delete(change.name),
    }
    api.change(f"delete {change.kind} {change.name}", calls[change.kind])
    if change.kind == "droplet":
        api.wait("the droplet's end", lambda: _is_gone(api, int(change.id)), limit_s=api.patience.gone_s)


def _droplets(
    droplets: Sequence[Body], reserved: Sequence[Body], *, zone: Zone, names: Sequence[str]
) -> Iterator[CloudChange]:
    ours = [droplet_from(body) for body in droplets]
    floating = {droplet.id: assigned_address(reserved, droplet.id) for droplet in ours}
    addresses = {one for droplet in ours for one in (droplet.own_address, droplet.address_v6, floating[droplet.id])}
    addresses.discard("")
    yield from plan_record_removal(names, zone, addresses=addresses)
    for address in filter(None, floating.values()):
        yield CloudChange(kind="reserved address", name=address, action="delete", why="given back", id=address)
    left = ", ".join(find_leftovers(names, zone, addresses=addresses))
    for droplet in ours:
        why = f"{droplet.size} in {droplet.region}, {droplet.own_address}, with all its data"
        why += f"; these names point to it and are not ours to remove: {left}" if left else ""
        yield CloudChange(kind="droplet", name=droplet.name, action="delete", why=why, id=str(droplet.id))


def _gone(kind: str, body: Body, *, why: str) -> CloudChange:
    return CloudChange(kind=kind, name=body["name"], action="delete", why=why, id=str(body["id"]))


def _is_our_key(tag: str, key: Body) -> bool:
    return re.fullmatch(rf"{re.escape(plain(tag))}-[0-9a-f]{{12}}", key["name"]) is not None


def _is_gone(api: Api, droplet: int) -> bool | None:
    found = api.read("look at the droplet", lambda: api.client.droplets.get(droplet), key="droplet")
    return True if found is None else None

"""What the cloud holds that belongs to this deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ops.cloud.client import Api, at_once, shaped
from ops.cloud.dns_records import Zone, label_in
from ops.cloud.dns_zone import find_zone
from ops.cloud.firewalls import rules_of
from ops.cloud.plan import Droplet, Found, Wanted
from ops.errors import HostError

Body = Mapping[str, Any]


def find_droplet(api: Api, *, name: str, tag: str, with_reserved: bool) -> Droplet | None:
    """Return the droplet of this name and tag; HostError when there are two."""
    asked = [lambda: droplets_named(api, name)]
    if with_reserved:
        asked.append(lambda: reserved_addresses(api))
    bodies, *reserved = at_once(asked)
    return _one(bodies, tag=tag, name=name, reserved=reserved[0] if reserved else [])


def look(api: Api, wanted: Wanted, *, names: Sequence[str]) -> tuple[Found, Zone]:
    """Read everything at once: what carries the tag, the key, and the zone of the first of `names`, if any."""
    key, tagged, firewalls, droplets, reserved, zone = at_once(
        [
            lambda: read_key(api, wanted.operator.fingerprint),
            lambda: read_tag(api, wanted.tag),
            lambda: all_firewalls(api),
            lambda: droplets_named(api, wanted.name),
            lambda: reserved_addresses(api) if wanted.reserved_ip else [],
            lambda: find_zone(api, names[0]) if names else Zone(),
        ]
    )
    with shaped("read the account"):
        for one in firewalls:
            if wanted.tag in (one["tags"] or []):
                _ = (one["id"], rules_of(one), one["status"], one["pending_changes"])
        droplet = _one(droplets, tag=wanted.tag, name=wanted.name, reserved=reserved)
        found = Found(
            key=key,
            has_tag=tagged is not None,
            firewalls=tuple(one for one in firewalls if wanted.tag in (one["tags"] or [])),
            taken=frozenset(one["name"] for one in firewalls if wanted.tag not in (one["tags"] or [])),
            droplet=droplet,
            is_foreign=bool(droplets) and droplet is None,
            reserved=assigned_address(reserved, droplet.id) if droplet else "",
            reserved_free=_free_address(reserved, wanted.region, zone, names),
        )
    return found, zone


def read_key(api: Api, fingerprint: str) -> Body | None:
    """Return the account's SSH key with this fingerprint; the listing of keys is limited to 10 a minute."""
    found: Body | None = api.read("look for the SSH key", lambda: api.client.ssh_keys.get(fingerprint), key="ssh_key")  # type: ignore[arg-type, unused-ignore] # pydo's annotation says JSON
    return found


def read_tag(api: Api, tag: str) -> Body | None:
    """Return the tag, if it is there."""
    found: Body | None = api.read("look for the tag", lambda: api.client.tags.get(tag), key="tag")
    return found


def all_firewalls(api: Api) -> list[Any]:
    """Return every firewall of the account: they cannot be asked for by name or tag."""
    return api.pages("list firewalls", api.client.firewalls.list, key="firewalls")


def all_keys(api: Api) -> list[Any]:
    """Return every SSH key of the account."""
    return api.pages("list SSH keys", api.client.ssh_keys.list, key="ssh_keys")


def reserved_addresses(api: Api) -> list[Any]:
    """Return every reserved address of the account."""
    return api.pages("list reserved addresses", api.client.reserved_ips.list, key="reserved_ips")


def droplets_named(api: Api, name: str) -> list[Any]:
    """Return the droplets of this name, whatever their tags."""
    found = api.pages(
        "look for the droplet", lambda **page: api.client.droplets.list(name=name, **page), key="droplets"
    )
    with shaped("look for the droplet"):
        return [body for body in found if body["name"].casefold() == name.casefold()]


def droplets_tagged(api: Api, tag: str) -> list[Any]:
    """Return the droplets that carry the tag, whatever their names."""
    found = api.pages(
        "look for droplets", lambda **page: api.client.droplets.list(tag_name=tag, **page), key="droplets"
    )
    with shaped("look for droplets"):
        return [body for body in found if tag in body["tags"]]


def droplet_from(body: Body, reserved: Sequence[Body] = ()) -> Droplet:
    """Return a droplet of the API in our words; raises HostError when it is built otherwise."""
    with shaped("read the droplet"):
        own = _public(body["networks"]["v4"])
        return Droplet(
            id=int(body["id"]),
            name=body["name"],
            region=body["region"]["slug"],
            size=body["size_slug"],
            address=assigned_address(reserved, body["id"]) or own,
            address_v6=_public(body["networks"].get("v6") or []),
            status=body["status"],
            created_at=body["created_at"],
            tags=tuple(body["tags"]),
            own_address=own,
        )


def assigned_address(reserved: Sequence[Body], droplet: int) -> str:
    """Return the reserved address that points to a droplet, or nothing."""
    return next((one["ip"] for one in reserved if (one["droplet"] or {}).get("id") == droplet), "")


def _one(bodies: Sequence[Body], *, tag: str, name: str, reserved: Sequence[Body]) -> Droplet | None:
    with shaped("look for the droplet"):
        ours = [droplet_from(body, reserved) for body in bodies if tag in body["tags"]]
    if len(ours) > 1:
        numbers = " and ".join(str(droplet.id) for droplet in ours)
        why = f"droplets {numbers} are both named `{name}` and tagged `{tag}`; which one serves is not ours to guess"
        raise HostError("there are two droplets", why=why, fix="remove one at https://cloud.digitalocean.com/droplets")
    return ours[0] if ours else None


def _free_address(reserved: Sequence[Body], region: str, zone: Zone, names: Sequence[str]) -> str:
    labels = {label_in(name, zone.name) for name in names}
    pointed = {record["data"] for record in zone.records if record["type"] == "A" and record["name"] in labels}
    free = [one["ip"] for one in reserved if not one["droplet"] and one["region"]["slug"] == region]
    return next((address for address in free if address in pointed), "")


def _public(networks: Sequence[Body]) -> str:
    return next((str(one["ip_address"]) for one in networks if one["type"] == "public"), "")

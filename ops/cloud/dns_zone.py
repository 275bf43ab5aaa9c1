"""The zone of the account that holds the domain, read and written."""

from __future__ import annotations

from typing import Any

from ops.cloud.client import Api, at_once, shaped
from ops.cloud.dns_records import Zone, record_body, zones_of
from ops.cloud.plan import CloudChange, Droplet


def read_zone(api: Api, zone: str) -> Zone:
    """Return a zone with its records."""
    records = api.pages(
        "list domain records", lambda **page: api.client.domains.list_records(zone, **page), key="domain_records"
    )
    with shaped("list domain records"):
        for record in records:
            _ = (record["type"], record["name"], record["data"], record["id"])
    return Zone(name=zone, records=tuple(records))


def find_zone(api: Api, domain: str) -> Zone:
    """Return the longest zone of the account that holds the domain; one without a name when there is none."""
    names = zones_of(domain)
    if not names:
        return Zone()
    there = at_once([lambda name=name: _has_zone(api, name) for name in names])  # type: ignore[misc] # bound early
    found = [name for name, is_there in zip(names, there, strict=True) if is_there]
    return read_zone(api, found[0]) if found else Zone()


def write_record(api: Api, change: CloudChange, *, zone: str, droplet: Droplet) -> None:
    """Make, change or remove one record, as the plan says."""
    domains = api.client.domains
    what = f"{change.action} record {change.name}"
    number = int(change.id.rpartition("/")[2] or 0)
    body = record_body(change, zone, address=droplet.address, address_v6=droplet.address_v6)
    if change.action == "delete":
        api.change(what, lambda: domains.delete_record(zone, number))
    elif change.action == "update":
        api.change(what, lambda: domains.update_record(zone, number, body), key="domain_record")
    else:
        api.create(
            what,
            lambda: domains.create_record(zone, body),
            key="domain_record",
            found=lambda: _same(read_zone(api, zone), body),
        )


def _same(zone: Zone, body: dict[str, Any]) -> Any:
    keys = ("type", "name", "data")
    return next((one for one in zone.records if all(one[key] == body[key] for key in keys)), None)


def _has_zone(api: Api, name: str) -> bool:
    return api.read("look for the zone", lambda: api.client.domains.get(name), key="domain") is not None

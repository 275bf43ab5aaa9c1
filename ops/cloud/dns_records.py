"""The domain records that have to change.

Pure. Only the names that the stack serves are looked at: the domain, `www`, and the guarded names that are exposed.
Records of any other name or type stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.cloud.plan import Action, CloudChange

TTL_S = 300
_KINDS = ("A", "AAAA")


@dataclass(frozen=True, kw_only=True)
class Zone:
    """The zone that holds the domain, and its records as the API shows them; no name: the account has none."""

    name: str = ""
    records: tuple[Mapping[str, Any], ...] = ()


def served_names(domain: str, exposed: Iterable[str]) -> tuple[str, ...]:
    """Return every name that has to point to the droplet; `exposed` are those of GUARDED that operators reach."""
    return (domain, f"www.{domain}", *(f"{label}.{domain}" for label in exposed))


def zones_of(domain: str) -> tuple[str, ...]:
    """Return the names that the domain's zone can have, the longest first."""
    labels = domain.split(".")
    return tuple(".".join(labels[place:]) for place in range(len(labels) - 1))


def label_in(name: str, zone: str) -> str:
    """Return a name as a record of the zone has it."""
    return "@" if name == zone else name.removesuffix(f".{zone}")


def plan_records(names: Sequence[str], zone: Zone, *, address: str, address_v6: str | None) -> tuple[CloudChange, ...]:
    """Return what has to change; an empty address is one that is still to come, None one that is not wanted."""
    if not zone.name:
        return ()
    return tuple(
        change
        for name in names
        if not _alias(name, zone)
        for kind, wanted in zip(_KINDS, (address, address_v6), strict=True)
        if wanted is not None
        for change in _record(kind, name, zone=zone, wanted=wanted)
    )


def find_record_warnings(names: Sequence[str], zone: Zone) -> Iterator[str]:
    """Name what the operator has to do by hand."""
    if not zone.name:
        shown = ", ".join(names)
        yield f"no zone for `{names[0]}` in this account: point {shown} to the droplet where the zone is kept"
        return
    for name in names:
        alias = _alias(name, zone)
        if alias and alias.rstrip(".") not in {"@", *names}:
            yield f"`{name}` is an alias (CNAME) for `{alias}`: it was left as it is, and does not point to the droplet"


def plan_record_removal(names: Sequence[str], zone: Zone, *, addresses: set[str]) -> tuple[CloudChange, ...]:
    """Return the records of our names that point to addresses which go away."""
    ours = {label_in(name, zone.name) for name in names}
    return tuple(
        CloudChange(
            kind="record",
            name=f"{record['type']} {_full(record['name'], zone.name)}",
            action="delete",
            why=f"points to {record['data']}",
            id=f"{zone.name}/{record['id']}",
        )
        for record in _pointing(zone, addresses)
        if record["name"] in ours
    )


def find_leftovers(names: Sequence[str], zone: Zone, *, addresses: set[str]) -> tuple[str, ...]:
    """Return names that are not ours but point to addresses which go away."""
    found = {_full(record["name"], zone.name) for record in _pointing(zone, addresses)}
    return tuple(sorted(found - set(names)))


def record_body(change: CloudChange, zone: str, *, address: str, address_v6: str) -> dict[str, Any]:
    """Return the record that a change of this plan asks for."""
    kind, _, name = change.name.partition(" ")
    data = address if kind == "A" else address_v6
    return {"type": kind, "name": label_in(name, zone), "data": data, "ttl": TTL_S}


def _record(kind: str, name: str, *, zone: Zone, wanted: str) -> Iterator[CloudChange]:
    shown = f"{kind} {name}"
    there = _matching(kind, name, zone)
    right = [record for record in there if record["data"] == wanted]
    why = f"points to {wanted or 'the new address'}"
    if not there:
        yield CloudChange(kind="record", name=shown, action="create", why=why)
        return
    kept = (right or there)[0]
    if not right:
        why = f"{why}, not to {kept['data']}"
    action: Action = "keep" if right else "update"
    yield CloudChange(kind="record", name=shown, action=action, why=why, id=f"{zone.name}/{kept['id']}")
    for record in there:
        if record is not kept:
            stale = f"points to {record['data']} as well"
            yield CloudChange(kind="record", name=shown, action="delete", why=stale, id=f"{zone.name}/{record['id']}")


def _matching(kind: str, name: str, zone: Zone) -> list[Mapping[str, Any]]:
    label = label_in(name, zone.name)
    return [record for record in zone.records if record["type"] == kind and record["name"] == label]


def _pointing(zone: Zone, addresses: set[str]) -> list[Mapping[str, Any]]:
    return [record for record in zone.records if record["type"] in _KINDS and record["data"] in addresses]


def _alias(name: str, zone: Zone) -> str:
    found = _matching("CNAME", name, zone) if zone.name else []
    return str(found[0]["data"]) if found else ""


def _full(label: str, zone: str) -> str:
    return zone if label == "@" else f"{label}.{zone}"

"""What does the fake cloud answer about firewalls, and what do they let in?"""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Sequence
from typing import Any

from rehearsal.cloud.account import Account, now
from rehearsal.cloud.machines import Rule
from rehearsal.cloud.wire import ApiError, Body, Reply, Request, listing, not_found, text, unprocessable

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9.-]*")
PORTS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?")
_LAST_PORT = 65535


def show_all(account: Account, request: Request) -> Reply:
    """List firewalls."""
    return listing(request, "firewalls", [_shown(account, firewall) for firewall in account.firewalls.values()])


def show(account: Account, request: Request) -> Reply:
    """Show one firewall."""
    return Reply(status=200, body={"firewall": _shown(account, _find(account, request))})


def create(account: Account, request: Request) -> Reply:
    """Make a firewall; its rules hold for what carries its tags, now or later."""
    asked = _asked(account, request)
    if any(firewall["name"] == asked["name"] for firewall in account.firewalls.values()):
        raise ApiError(409, "conflict", "duplicate name")
    firewall = {"id": str(uuid.uuid4()), "created_at": now(), **asked}
    account.firewalls[firewall["id"]] = firewall
    _settle(account, firewall)
    return Reply(status=202, body={"firewall": _shown(account, firewall)})


def update(account: Account, request: Request) -> Reply:
    """Replace everything that a firewall says."""
    firewall = _find(account, request)
    before = _covered(account, firewall)
    firewall |= _asked(account, request)
    _settle(account, firewall, also=before)
    return Reply(status=200, body={"firewall": _shown(account, firewall)})


def delete(account: Account, request: Request) -> Reply:
    """Remove a firewall: what it covered is open again."""
    firewall = _find(account, request)
    covered = _covered(account, firewall)
    del account.firewalls[firewall["id"]]
    account.later(0, lambda: enforce(account, covered))
    return Reply(status=204)


def enforce(account: Account, droplets: Sequence[int]) -> None:
    """Have the machines let in what all their firewalls together allow."""
    for number in droplets:
        with account.lock:
            droplet = account.droplets.get(number)
            rules = _rules(account, number)
        if droplet and droplet.addresses:
            account.machines.apply_firewall(number, rules)


def _rules(account: Account, droplet: int) -> tuple[Rule, ...] | None:
    mine = [firewall for firewall in account.firewalls.values() if droplet in _covered(account, firewall)]
    if not mine:
        return None
    return tuple(_rule(rule) for firewall in mine for rule in firewall["inbound_rules"])


def _rule(rule: Body) -> Rule:
    found = PORTS.fullmatch(rule["ports"])
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    addresses = rule["sources"].get("addresses") or []
    networks = tuple(str(ipaddress.ip_network(address, strict=False)) for address in addresses)
    return Rule(protocol=rule["protocol"], first=first, last=last, sources=networks)


def _covered(account: Account, firewall: Body) -> list[int]:
    tags = set(firewall["tags"])
    tagged = [number for number, droplet in account.droplets.items() if tags & set(droplet.tags)]
    return sorted({*tagged, *firewall["droplet_ids"]})


def _settle(account: Account, firewall: Body, *, also: Sequence[int] = ()) -> None:
    covered = sorted({*_covered(account, firewall), *also})
    change = object()
    firewall |= {"status": "waiting", "pending": covered, "change": change}

    def apply() -> None:
        enforce(account, covered)
        account.wait(account.settle_s)
        with account.lock:
            if firewall["change"] is change:  # a later change has its own end
                firewall.update(status="succeeded", pending=[])

    account.later(0, apply)


def _shown(account: Account, firewall: Body) -> Body:
    tagged = _covered(account, {**firewall, "droplet_ids": []})
    pending = [{"droplet_id": number, "removing": False, "status": "waiting"} for number in firewall["pending"]]
    kept = ("id", "name", "status", "inbound_rules", "outbound_rules", "created_at", "tags")
    shown = {name: firewall[name] for name in kept}
    return {**shown, "droplet_ids": sorted({*firewall["droplet_ids"], *tagged}), "pending_changes": pending}


def _asked(account: Account, request: Request) -> Body:
    name = text(request, "name")
    inbound, outbound = (request.body.get(key) or [] for key in ("inbound_rules", "outbound_rules"))
    tags, droplets = (request.body.get(key) or [] for key in ("tags", "droplet_ids"))
    if not NAME.fullmatch(name):
        raise unprocessable("name must begin with an alphanumeric character")
    if not inbound and not outbound:
        raise unprocessable("at least one rule is required")
    unknown = [tag for tag in tags if tag not in account.tags]
    if unknown:
        raise unprocessable(f"tag {unknown[0]} does not exist")
    if any(number not in account.droplets for number in droplets):
        raise not_found()
    return {
        "name": name,
        "inbound_rules": [_checked(rule, "sources") for rule in inbound],
        "outbound_rules": [_checked(rule, "destinations") for rule in outbound],
        "tags": list(tags),
        "droplet_ids": list(droplets),
    }


def _checked(rule: Any, end: str) -> Body:
    if not isinstance(rule, dict) or rule.get("protocol") not in {"tcp", "udp", "icmp"}:
        raise unprocessable("protocol must be one of tcp, udp, icmp")
    ports = str(rule.get("ports", "0"))
    ports = "0" if ports == "all" else ports
    found = PORTS.fullmatch(ports)
    if not found or int(found[2] or found[1]) > _LAST_PORT:
        raise unprocessable("ports must be a port, a range or 0")
    addresses = (rule.get(end) or {}).get("addresses") or []
    if not addresses:
        raise unprocessable(f"{end} must be provided")
    for address in addresses:
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            raise unprocessable(f"invalid address {address}") from None
    return {"protocol": rule["protocol"], "ports": ports, end: {"addresses": list(addresses)}, "action": "allow"}


def _find(account: Account, request: Request) -> Body:
    found = account.firewalls.get(request.named["id"])
    if not found:
        raise not_found()
    return found

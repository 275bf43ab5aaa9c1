"""The firewalls of a deployment, and whose allowlist entry is which.

Pure. One firewall opens the web ports to everybody. The SSH allowlist is one more firewall for each operator, named
after the fingerprint of the operator's SSH key: the entry is known again from another laptop or network, a new address
replaces the old one, and two operators who deploy at once cannot undo each other's entry (a firewall is replaced as a
whole). All of them are attached by the tag.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ops.settings import STANDARD_SSH_PORT

EVERYBODY = ["0.0.0.0/0", "::/0"]
OPEN = (("tcp", "80"), ("tcp", "443"), ("udp", "443"))


@dataclass(frozen=True, kw_only=True)
class Operator:
    """Who deploys: known to the cloud by the fingerprint of the SSH key, wherever the laptop is."""

    public_key: str
    fingerprint: str

    @property
    def short(self) -> str:
        """Return the beginning of the fingerprint, for names."""
        return self.fingerprint.replace(":", "")[:12]


def operator_of(public_key: str) -> Operator:
    """Return whose key this is; raises ValueError when it is no public key."""
    parts = public_key.split()
    if len(parts) < 2:  # noqa: PLR2004 - the type and the key
        raise ValueError("no public key")
    digest = hashlib.md5(b64decode(parts[1], validate=True), usedforsecurity=False).hexdigest()
    fingerprint = ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))
    return Operator(public_key=public_key.strip(), fingerprint=fingerprint)


def plain(tag: str) -> str:
    """Return a tag as it may stand in the name of a firewall or key."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", tag).lstrip(".-") or "slipway"


def web_firewall(tag: str) -> dict[str, Any]:
    """Return the firewall that lets everybody to the web ports, and the droplet to everywhere."""
    return {
        "name": f"{plain(tag)}-web",
        "tags": [tag],
        "inbound_rules": [_rule(protocol, ports, EVERYBODY) for protocol, ports in OPEN],
        "outbound_rules": [
            {"protocol": protocol, "ports": "0", "destinations": {"addresses": EVERYBODY}}
            for protocol in ("tcp", "udp", "icmp")
        ],
    }


def ssh_firewall(tag: str, operator: Operator, allow: str) -> dict[str, Any]:
    """Return the firewall that is one operator's allowlist entry."""
    return {
        "name": f"{ssh_prefix(tag)}{operator.short}",
        "tags": [tag],
        "inbound_rules": [_rule("tcp", str(STANDARD_SSH_PORT), [allow])],
        "outbound_rules": [],
    }


def ssh_prefix(tag: str) -> str:
    """Return how the names of the operators' firewalls begin."""
    return f"{plain(tag)}-ssh-"


def is_ssh(tag: str, firewall: Mapping[str, Any]) -> bool:
    """Tell whether a firewall is an operator's allowlist entry."""
    return re.fullmatch(rf"{re.escape(ssh_prefix(tag))}[0-9a-f]{{12}}", firewall["name"]) is not None


def is_ours(tag: str, firewall: Mapping[str, Any]) -> bool:
    """Tell whether a firewall was made by us, for this tag."""
    is_named = firewall["name"] == web_firewall(tag)["name"] or is_ssh(tag, firewall)
    return is_named and tag in (firewall["tags"] or [])


def ssh_sources(tag: str, firewalls: tuple[Mapping[str, Any], ...]) -> tuple[str, ...]:
    """Return every address that may use SSH."""
    rules = [rule for firewall in firewalls if is_ssh(tag, firewall) for rule in firewall["inbound_rules"]]
    return tuple(sorted({address for rule in rules for address in rule["sources"]["addresses"]}))


def _rule(protocol: str, ports: str, addresses: list[str]) -> dict[str, Any]:
    return {"protocol": protocol, "ports": ports, "sources": {"addresses": addresses}}


def rules_of(firewall: Mapping[str, Any]) -> set[tuple[str, str, str, frozenset[str], str]]:
    """Return rules in a form that compares: without order, and with addresses in one spelling."""
    found = set()
    for way, end in (("inbound_rules", "sources"), ("outbound_rules", "destinations")):
        for rule in firewall.get(way) or []:
            where = rule.get(end) or {}
            addresses = [str(ipaddress.ip_network(one, strict=False)) for one in where.get("addresses") or []]
            others = [f"{kind}:{one}" for kind, many in where.items() if kind != "addresses" for one in many or []]
            ports = "0" if rule["ports"] in {"all", "0"} else str(rule["ports"])
            action = rule.get("action") or "allow"
            found.add((way, rule["protocol"], ports, frozenset([*addresses, *others]), action))
    return found

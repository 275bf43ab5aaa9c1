"""Which iptables rules do what the cloud's firewall says?"""

from __future__ import annotations

import ipaddress

from rehearsal.cloud.machines import Rule

_CHAIN = "DROPLET"
_ALWAYS = ("-i lo -j RETURN", "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN")
# Docker's own bridges are behind the machine, not in front of it: what containers send is not for the cloud to filter.
_OUTSIDE = "eth+"


def restore_script(rules: tuple[Rule, ...], *, family: str) -> str:
    """Return the input of `iptables-restore --noflush`: these rules let in, everything else is dropped."""
    lines = [f"-A {_CHAIN} {words}" for words in (*_ALWAYS, f"! -i {_OUTSIDE} -j RETURN", *_of_family(family))]
    lines += [f"-A {_CHAIN} {words}" for rule in rules for words in _of_rule(rule, version=_version(family))]
    return "\n".join(["*mangle", f":{_CHAIN} - [0:0]", *lines, f"-A {_CHAIN} -j DROP", "COMMIT", ""])


def _of_family(family: str) -> tuple[str, ...]:
    # without its neighbours nothing finds the machine over IPv6
    return ("-p ipv6-icmp -j RETURN",) if _version(family) == 6 else ()  # noqa: PLR2004 - IPv6


def _of_rule(rule: Rule, *, version: int) -> list[str]:
    protocol = "ipv6-icmp" if rule.protocol == "icmp" and version == 6 else rule.protocol  # noqa: PLR2004 - IPv6
    where = f" --dport {rule.first}:{rule.last}" if rule.last and rule.protocol != "icmp" else ""
    networks = [ipaddress.ip_network(source, strict=False) for source in rule.sources]
    return [f"-s {network} -p {protocol}{where} -j RETURN" for network in networks if network.version == version]


def _version(family: str) -> int:
    return 6 if family == "ip6tables" else 4

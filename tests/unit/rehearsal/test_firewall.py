from __future__ import annotations

from rehearsal.cloud import Rule
from rehearsal.droplet.firewall import restore_script

RULES = (
    Rule(protocol="tcp", first=22, last=22, sources=("192.0.2.7/32", "2001:db8::7/128")),
    Rule(protocol="tcp", first=8000, last=8100, sources=("0.0.0.0/0", "::/0")),
    Rule(protocol="udp", first=0, last=0, sources=("192.0.2.0/24",)),
    Rule(protocol="icmp", first=0, last=0, sources=("0.0.0.0/0", "::/0")),
)
BEFORE = [
    "*mangle",
    ":DROPLET - [0:0]",
    "-A DROPLET -i lo -j RETURN",
    "-A DROPLET -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
    "-A DROPLET ! -i eth+ -j RETURN",
]
AFTER = ["-A DROPLET -j DROP", "COMMIT"]


def test_what_the_rules_name_comes_in_and_everything_else_is_dropped() -> None:
    assert restore_script(RULES, family="iptables").splitlines() == [
        *BEFORE,
        "-A DROPLET -s 192.0.2.7/32 -p tcp --dport 22:22 -j RETURN",
        "-A DROPLET -s 0.0.0.0/0 -p tcp --dport 8000:8100 -j RETURN",
        "-A DROPLET -s 192.0.2.0/24 -p udp -j RETURN",
        "-A DROPLET -s 0.0.0.0/0 -p icmp -j RETURN",
        *AFTER,
    ]


def test_over_ipv6_the_rules_for_ipv6_hold_and_neighbours_are_found() -> None:
    assert restore_script(RULES, family="ip6tables").splitlines() == [
        *BEFORE,
        "-A DROPLET -p ipv6-icmp -j RETURN",
        "-A DROPLET -s 2001:db8::7/128 -p tcp --dport 22:22 -j RETURN",
        "-A DROPLET -s ::/0 -p tcp --dport 8000:8100 -j RETURN",
        "-A DROPLET -s ::/0 -p ipv6-icmp -j RETURN",
        *AFTER,
    ]


def test_a_firewall_without_rules_lets_nothing_in() -> None:
    assert restore_script((), family="iptables").splitlines() == [*BEFORE, *AFTER]

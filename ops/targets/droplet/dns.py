"""Whether the names point to the droplet."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import dns.exception
import dns.resolver

LIMIT_S = 3.0
_TRY_S = 1.0
_PORT = 53
_THREADS = 8


@dataclass(frozen=True, kw_only=True)
class _Looked:
    """What a name server said: the addresses, and the name that they belong to when ours is an alias."""

    addresses: frozenset[str] = frozenset()
    alias: str = ""
    is_missing: bool = False
    error: str = ""


def check_names(
    names: Sequence[str], *, address: str, address_v6: str, server: str, limit_s: float = LIMIT_S
) -> tuple[str, ...]:
    """Return a sentence for each name that is missing or points elsewhere; none when all is well.

    `server` is `host[:port]`; empty means this machine's resolver. Takes `limit_s` seconds at most.
    """
    try:
        resolver = _resolver(server, limit_s)
    except (OSError, dns.exception.DNSException) as error:
        return (f"the names were not checked: the name server `{server or 'of this machine'}` is no use ({error})",)
    asked = [(name, kind) for name in names for kind in ("A", "AAAA")]
    with ThreadPoolExecutor(_THREADS) as pool:
        found = dict(zip(asked, pool.map(lambda one: _look(resolver, *one), asked), strict=True))
    return tuple(
        sentence
        for name in names
        if (sentence := _judge(name, found[name, "A"], found[name, "AAAA"], address=address, address_v6=address_v6))
    )


def _judge(name: str, v4: _Looked, v6: _Looked, *, address: str, address_v6: str) -> str:
    if v4.error:
        return f"`{name}` could not be looked up: {v4.error}"
    if v4.is_missing:
        return f"`{name}` does not exist: add an A record with {address}"
    wrong = [text for text in (_family("A", v4, wanted=address), _family("AAAA", v6, wanted=address_v6)) if text]
    return f"`{name}` {' and '.join(wrong)}" if wrong else ""


def _family(kind: str, looked: _Looked, *, wanted: str) -> str:
    mine = {_spelled(wanted)} if wanted else set()
    if looked.error or looked.addresses == mine:
        return ""
    others = ", ".join(sorted(looked.addresses - mine))
    through = f"is an alias for `{looked.alias}`, which " if looked.alias else ""
    if not looked.addresses:
        return f"{through}has no {kind} record: add one with {wanted}"
    if not wanted:
        return f"{through}has an {kind} record with {others}, but the droplet has no such address: remove it"
    if mine <= looked.addresses:
        return f"{through}points to {wanted}, but to {others} as well"
    return f"{through}points to {others}, not to {wanted}"


def _look(resolver: dns.resolver.Resolver, name: str, kind: str) -> _Looked:
    try:
        answer = resolver.resolve(f"{name}.", kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return _Looked(is_missing=True)
    except dns.exception.Timeout:
        return _Looked(error=f"no name server answered within {resolver.lifetime:.0f} s")
    except (dns.exception.DNSException, OSError):
        return _Looked(error="every name server refused or failed")
    real = answer.canonical_name.to_text(omit_final_dot=True)
    addresses = frozenset(_spelled(record.to_text()) for record in answer.rrset or ())
    return _Looked(addresses=addresses, alias="" if real == name.lower() else real)


def _resolver(server: str, limit_s: float) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not server)
    resolver.timeout, resolver.lifetime = min(_TRY_S, limit_s), limit_s
    resolver.cache = None
    if server:
        host, port = _split(server)
        resolver.nameservers = [str(socket.getaddrinfo(host, port)[0][4][0])]
        resolver.port = port
    return resolver


def _split(server: str) -> tuple[str, int]:
    try:
        return str(ipaddress.ip_address(server.strip("[]"))), _PORT
    except ValueError:
        host, colon, port = server.rpartition(":")
    return (host.strip("[]"), int(port)) if colon else (server, _PORT)


def _spelled(address: str) -> str:
    return str(ipaddress.ip_address(address))

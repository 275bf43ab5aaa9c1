"""What does the fake cloud answer about domains and their records?"""

from __future__ import annotations

import ipaddress

from rehearsal.cloud.account import Account
from rehearsal.cloud.wire import Body, Reply, Request, listing, not_found, text, unprocessable

LEAST_TTL_S = 30
_TYPES = {"A", "AAAA", "CAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"}
_FIELDS = ("type", "name", "data", "priority", "port", "ttl", "weight", "flags", "tag")


def show_all(account: Account, request: Request) -> Reply:
    """List domains."""
    return listing(request, "domains", [_zone(name) for name in account.domains])


def show(account: Account, request: Request) -> Reply:
    """Show one domain."""
    _records(account, request)
    return Reply(status=200, body={"domain": _zone(request.named["domain"])})


def show_records(account: Account, request: Request) -> Reply:
    """List records of a domain; `name` is the whole name, as in the real API."""
    domain = request.named["domain"]
    name, kind = request.query.get("name"), request.query.get("type")
    found = [
        record
        for record in _records(account, request).values()
        if (not kind or record["type"] == kind) and (not name or full_name(record["name"], domain) == name)
    ]
    return listing(request, "domain_records", found)


def create_record(account: Account, request: Request) -> Reply:
    """Write a new record."""
    _records(account, request)
    asked = _checked({name: request.body[name] for name in _FIELDS if name in request.body}, request)
    return Reply(status=201, body={"domain_record": account.add_record(request.named["domain"], asked)})


def update_record(account: Account, request: Request) -> Reply:
    """Change a record: what is not said stays."""
    record = _record(account, request)
    asked = {name: request.body[name] for name in _FIELDS if name in request.body}
    record.update(_checked({**record, **asked}, request))
    return Reply(status=200, body={"domain_record": record})


def show_record(account: Account, request: Request) -> Reply:
    """Show one record."""
    return Reply(status=200, body={"domain_record": _record(account, request)})


def delete_record(account: Account, request: Request) -> Reply:
    """Remove a record."""
    del _records(account, request)[_record(account, request)["id"]]
    return Reply(status=204)


def full_name(name: str, domain: str) -> str:
    """Return the whole name of a record."""
    return domain if name == "@" else f"{name}.{domain}"


def _zone(name: str) -> Body:
    return {"name": name, "ttl": 1800, "zone_file": f"$ORIGIN {name}.\n$TTL 1800\n"}


def _records(account: Account, request: Request) -> dict[int, Body]:
    found = account.domains.get(request.named["domain"])
    if found is None:
        raise not_found()
    return found


def _record(account: Account, request: Request) -> Body:
    found = _records(account, request).get(int(request.named["id"]))
    if not found:
        raise not_found()
    return found


def _checked(record: Body, request: Request) -> Body:
    text(request, "name")
    text(request, "data")
    if record.get("type") not in _TYPES:
        raise unprocessable("Type is invalid")
    if not record.get("name"):
        raise unprocessable("Name can't be blank")
    if not record.get("data"):
        raise unprocessable("Data can't be blank")
    if record.get("ttl", LEAST_TTL_S) < LEAST_TTL_S:
        raise unprocessable(f"TTL must be greater than or equal to {LEAST_TTL_S}")
    _check_address(record)
    return record


def _check_address(record: Body) -> None:
    version = {"A": 4, "AAAA": 6}.get(record["type"])
    if not version:
        return
    try:
        address = ipaddress.ip_address(record["data"])
    except ValueError:
        raise unprocessable(f"IP address did not match IPv{version} format (e.g. 127.0.0.1).") from None
    if address.version != version:
        raise unprocessable(f"IP address did not match IPv{version} format (e.g. 127.0.0.1).")

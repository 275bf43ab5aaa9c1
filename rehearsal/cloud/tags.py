"""What does the fake cloud answer about tags?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rehearsal.cloud.account import Account
from rehearsal.cloud.wire import Body, Reply, Request, not_found, text, unprocessable

NAME = re.compile(r"[A-Za-z0-9:_-]{1,255}")


def add(account: Account, names: Sequence[str]) -> None:
    """Make the tags that are not there yet."""
    for name in names:
        if not NAME.fullmatch(name):
            raise unprocessable("tag name may contain letters, numbers, colons, dashes, and underscores")
        account.tags.add(name)


def create(account: Account, request: Request) -> Reply:
    """Make a tag; one that is there already is fine."""
    name = text(request, "name")
    add(account, [name])
    return Reply(status=201, body={"tag": _shown(account, name)})


def show(account: Account, request: Request) -> Reply:
    """Show a tag and how much carries it."""
    if request.named["name"] not in account.tags:
        raise not_found()
    return Reply(status=200, body={"tag": _shown(account, request.named["name"])})


def delete(account: Account, request: Request) -> Reply:
    """Remove a tag from the account and from everything that carries it."""
    name = request.named["name"]
    if name not in account.tags:
        raise not_found()
    account.tags.discard(name)
    for droplet in account.droplets.values():
        droplet.tags = [tag for tag in droplet.tags if tag != name]
    for firewall in account.firewalls.values():
        firewall["tags"] = [tag for tag in firewall["tags"] if tag != name]
    return Reply(status=204)


def _shown(account: Account, name: str) -> Body:
    tagged = sum(name in droplet.tags for droplet in account.droplets.values())
    none = {"count": 0}
    rest = dict.fromkeys(("imgages", "volumes", "volume_snapshots", "databases"), none)
    return {"name": name, "resources": {"count": tagged, "droplets": {"count": tagged}, **rest}}

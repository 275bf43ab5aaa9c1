"""What does the fake cloud answer about the account and its SSH keys?"""

from __future__ import annotations

import base64
import binascii
import hashlib

from rehearsal.cloud.account import Account
from rehearsal.cloud.wire import Body, Reply, Request, listing, not_found, text, unprocessable


def account_of(_account: Account, _request: Request) -> Reply:
    """Show whose token it is."""
    shown = {
        "droplet_limit": 25,
        "floating_ip_limit": 5,
        "email": "operator@example.org",
        "name": "Operator",
        "uuid": "b6fr89dbf6d9156cace5f3c78dc9851d957381ef",
        "email_verified": True,
        "status": "active",
        "status_message": "",
        "team": {"uuid": "5df3e3004a17e242b7c20ca6c9fc25b701a47ece", "name": "My Team"},
    }
    return Reply(status=200, body={"account": shown})


def show_all(account: Account, request: Request) -> Reply:
    """List keys."""
    return listing(request, "ssh_keys", list(account.keys.values()))


def show(account: Account, request: Request) -> Reply:
    """Show one key, by number or fingerprint."""
    return Reply(status=200, body={"ssh_key": _find(account, request)})


def create(account: Account, request: Request) -> Reply:
    """Put a key into the account; the same key twice is refused."""
    name, public_key = text(request, "name"), text(request, "public_key")
    if not name:
        raise unprocessable("Name can't be blank")
    fingerprint = _fingerprint(public_key)
    if any(key["fingerprint"] == fingerprint for key in account.keys.values()):
        raise unprocessable("SSH Key is already in use on your account")
    key: Body = {"id": account.next_id(), "fingerprint": fingerprint, "public_key": public_key, "name": name}
    account.keys[key["id"]] = key
    return Reply(status=201, body={"ssh_key": key})


def delete(account: Account, request: Request) -> Reply:
    """Remove a key."""
    del account.keys[_find(account, request)["id"]]
    return Reply(status=204)


def _fingerprint(public_key: str) -> str:
    parts = public_key.split()
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (IndexError, binascii.Error):
        raise unprocessable("Key invalid, key should be of the format `type key [comment]`") from None
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, len(digest), 2))


def _find(account: Account, request: Request) -> Body:
    wanted = request.named["id"]
    for key in account.keys.values():
        if wanted in {str(key["id"]), key["fingerprint"]}:
            return key
    raise not_found()

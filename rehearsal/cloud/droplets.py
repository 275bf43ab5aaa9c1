"""What does the fake cloud answer about droplets and their actions?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from rehearsal.cloud import catalog, firewalls, tags
from rehearsal.cloud.account import Account, Action, Droplet, now
from rehearsal.cloud.machines import Addresses, Machine
from rehearsal.cloud.wire import Body, Reply, Request, listing, not_found, text, unprocessable

NAME = re.compile(r"[a-zA-Z0-9]?[a-z0-9A-Z.\-]*[a-z0-9A-Z]")
MOST_USER_DATA_BYTES = 64 * 1024
MOST_DROPLETS = 25
POWERS = {"power_on": ("active", True), "power_off": ("off", False), "shutdown": ("off", False)}


def show_all(account: Account, request: Request) -> Reply:
    """List droplets, by tag or by name but not by both."""
    tag, name = request.query.get("tag_name"), request.query.get("name")
    if tag and name:
        raise unprocessable("name can not be combined with tag_name")
    found = [
        show_droplet(droplet)
        for droplet in account.droplets.values()
        if (not tag or tag in droplet.tags) and (not name or droplet.machine.name.casefold() == name.casefold())
    ]
    return listing(request, "droplets", found)


def show(account: Account, request: Request) -> Reply:
    """Show one droplet."""
    return Reply(status=200, body={"droplet": show_droplet(_find(account, request))})


def create(account: Account, request: Request) -> Reply:
    """Order a droplet: the answer comes at once, the machine later."""
    machine = _ordered(account, request)
    keys = _keys(account, request.body.get("ssh_keys") or [])
    wanted = request.body.get("tags") or []
    tags.add(account, wanted)
    features = [name for name in ("monitoring", "ipv6") if request.body.get(name)] + ["droplet_agent"]
    droplet = Droplet(machine=machine, tags=list(wanted), created_at=now(), features=features)
    account.droplets[machine.droplet_id] = droplet
    shown = show_droplet(droplet)  # before anything happens to it
    action = account.start(
        "create",
        _boot(account, droplet, user_data=text(request, "user_data"), keys=keys, request=request),
        resource=machine.droplet_id,
        region=machine.region,
    )
    link = {"id": action.body["id"], "rel": "create", "href": f"{request.base}/v2/actions/{action.body['id']}"}
    return Reply(status=202, body={"droplet": shown, "links": {"actions": [link]}})


def destroy(account: Account, request: Request) -> Reply:
    """Remove a droplet; its reserved address stays, pointing at nothing."""
    droplet = _find(account, request)
    number = droplet.machine.droplet_id
    del account.droplets[number]
    for address, reserved in account.reserved.items():
        if reserved["droplet_id"] == number:
            reserved["droplet_id"] = None
            account.later(0, lambda address=address: account.machines.assign(address, None))  # type: ignore[misc] # bound early
    account.later(0, lambda: account.machines.delete(number))
    return Reply(status=204)


def act(account: Account, request: Request) -> Reply:
    """Begin an action on a droplet: reboot or power."""
    droplet = _find(account, request)
    kind = text(request, "type")
    number = droplet.machine.droplet_id

    def work() -> None:
        if request.fault.is_errored:
            raise RuntimeError(kind)
        if kind in POWERS:
            status, is_on = POWERS[kind]
            account.machines.power(number, is_on=is_on)
            account.wait(request.fault.action_s)
            droplet.status = status
        else:
            account.machines.reboot(number)

    if kind not in {*POWERS, "reboot", "power_cycle"}:
        raise unprocessable("You specified an invalid action type.")
    least_s = request.fault.action_s
    action = account.start(kind, work, resource=number, region=droplet.machine.region, least_s=least_s)
    return Reply(status=201, body={"action": show_action(action)})


def action(account: Account, request: Request) -> Reply:
    """Show one action."""
    found = account.actions.get(int(request.named["id"]))
    if not found:
        raise not_found()
    return Reply(status=200, body={"action": show_action(found)})


def show_action(action: Action) -> Body:
    """Return an action as the API shows it."""
    return {**action.body, "region": catalog.region(action.body["region_slug"])}


def show_droplet(droplet: Droplet) -> Body:
    """Return a droplet as the API shows it."""
    machine = droplet.machine
    size = catalog.size(machine.size)
    return {
        "id": machine.droplet_id,
        "name": machine.name,
        "memory": machine.memory_mib,
        "vcpus": machine.vcpus,
        "disk": size["disk"],
        "disk_info": [{"type": "local", "size": {"amount": size["disk"], "unit": "gib"}}],
        "locked": droplet.status == "new",
        "status": droplet.status,
        "kernel": None,
        "created_at": droplet.created_at,
        "features": droplet.features,
        "backup_ids": [],
        "next_backup_window": None,
        "snapshot_ids": [],
        "image": catalog.image(machine.image),
        "volume_ids": [],
        "size": size,
        "size_slug": machine.size,
        "networks": _networks(droplet.addresses),
        "region": catalog.region(machine.region),
        "tags": list(droplet.tags),
        "vpc_uuid": "5a4981aa-9653-4bd1-bef5-d6bff52042e4",
    }


def _networks(addresses: Addresses | None) -> Body:
    if not addresses:
        return {"v4": [], "v6": []}
    v4 = [{"ip_address": addresses.public, "netmask": "255.255.240.0", "gateway": None, "type": "public"}]
    if addresses.private:
        v4.insert(0, {"ip_address": addresses.private, "netmask": "255.255.0.0", "gateway": None, "type": "private"})
    v6 = [{"ip_address": addresses.v6, "netmask": 64, "gateway": "2001:db8::1", "type": "public"}]
    return {"v4": v4, "v6": v6 if addresses.v6 else []}


def _ordered(account: Account, request: Request) -> Machine:
    for name in ("name", "size", "image"):
        if not request.body.get(name):
            raise unprocessable(f"{name.capitalize()} can't be blank")
    name, region, size = (text(request, key) for key in ("name", "region", "size"))
    if not NAME.fullmatch(name):
        raise unprocessable("Name Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)")
    for key, offer in (("region", catalog.REGIONS), ("size", catalog.SIZES), ("image", catalog.IMAGES)):
        if text(request, key) not in offer:
            raise unprocessable(f"You specified an invalid {key} for Droplet creation.")
    if len(text(request, "user_data").encode()) > MOST_USER_DATA_BYTES:
        raise unprocessable("User data is too long (maximum is 64 KiB)")
    if len(account.droplets) >= MOST_DROPLETS:
        raise unprocessable("creating this/these droplet(s) will exceed your droplet limit")
    vcpus, memory_mib, *_ = catalog.SIZES[size]
    return Machine(
        droplet_id=account.next_id(),
        name=name,
        region=region,
        size=size,
        memory_mib=memory_mib,
        vcpus=vcpus,
        image=text(request, "image"),
        ipv6=request.body.get("ipv6") is True,
    )


def _keys(account: Account, asked: Sequence[Any]) -> tuple[str, ...]:
    known = {name: key["public_key"] for key in account.keys.values() for name in (key["id"], key["fingerprint"])}
    unknown = [str(name) for name in asked if name not in known]
    if unknown:
        raise unprocessable(f"{', '.join(unknown)} are invalid key identifiers for Droplet creation.")
    return tuple(known[name] for name in asked)


def _boot(
    account: Account, droplet: Droplet, *, user_data: str, keys: tuple[str, ...], request: Request
) -> Callable[[], None]:
    def boot() -> None:
        if request.fault.is_errored:
            raise RuntimeError("create")
        addresses = account.machines.create(droplet.machine, user_data=user_data, public_keys=keys)
        droplet.addresses = addresses
        if droplet.machine.droplet_id not in account.droplets:
            account.machines.delete(droplet.machine.droplet_id)  # deleted while it was made
            return
        firewalls.enforce(account, [droplet.machine.droplet_id])
        account.wait(max(account.boot_s, request.fault.action_s))
        droplet.status = "active"

    return boot


def _find(account: Account, request: Request) -> Droplet:
    found = account.droplets.get(int(request.named["id"]))
    if not found:
        raise not_found()
    return found

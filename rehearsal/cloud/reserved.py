"""What does the fake cloud answer about reserved addresses?"""

from __future__ import annotations

from rehearsal.cloud import catalog
from rehearsal.cloud.account import Account
from rehearsal.cloud.droplets import show_action, show_droplet
from rehearsal.cloud.wire import Body, Reply, Request, listing, not_found, text, unprocessable


def show_all(account: Account, request: Request) -> Reply:
    """List reserved addresses."""
    return listing(request, "reserved_ips", [_shown(account, one) for one in account.reserved.values()])


def show(account: Account, request: Request) -> Reply:
    """Show one reserved address."""
    return Reply(status=200, body={"reserved_ip": _shown(account, _find(account, request))})


def create(account: Account, request: Request) -> Reply:
    """Reserve an address, for a region or for a droplet."""
    number = request.body.get("droplet_id")
    droplet = account.droplets.get(number) if number else None
    if number and not droplet:
        raise unprocessable("Droplet not found")
    region = droplet.machine.region if droplet else text(request, "region")
    if region not in catalog.REGIONS:
        raise unprocessable("Region is invalid")
    address = account.machines.reserve(region)
    account.reserved[address] = {"ip": address, "region": region, "droplet_id": number}
    actions = []
    if droplet:
        action = account.start(
            "assign_ip", lambda: account.machines.assign(address, number), resource=int(number or 0), region=region
        )
        href = f"{request.base}/v2/actions/{action.body['id']}"
        actions = [{"id": action.body["id"], "rel": "assign_ip", "href": href}]
    shown = _shown(account, account.reserved[address])
    return Reply(status=202, body={"reserved_ip": shown, "links": {"droplets": [], "actions": actions}})


def delete(account: Account, request: Request) -> Reply:
    """Give an address back."""
    found = _find(account, request)
    del account.reserved[found["ip"]]
    account.later(0, lambda: account.machines.assign(found["ip"], None))
    return Reply(status=204)


def act(account: Account, request: Request) -> Reply:
    """Point an address at a droplet, or at nothing."""
    found = _find(account, request)
    kind = text(request, "type")
    number = request.body.get("droplet_id") if kind == "assign" else None
    if kind not in {"assign", "unassign"} or (kind == "assign" and number not in account.droplets):
        raise unprocessable("Droplet not found")

    def work() -> None:
        if request.fault.is_errored:
            raise RuntimeError(kind)
        account.machines.assign(found["ip"], number)
        found["droplet_id"] = number

    action = account.start(
        f"{kind}_ip", work, resource=int(number or 0), region=found["region"], least_s=request.fault.action_s
    )
    return Reply(status=201, body={"action": show_action(action)})


def _shown(account: Account, reserved: Body) -> Body:
    droplet = account.droplets.get(reserved["droplet_id"] or 0)
    return {
        "ip": reserved["ip"],
        "region": catalog.region(reserved["region"]),
        "droplet": show_droplet(droplet) if droplet else None,
        "locked": False,
        "project_id": "746c6152-2fa2-11ed-92d3-27aaa54e4988",
    }


def _find(account: Account, request: Request) -> Body:
    found = account.reserved.get(request.named["ip"])
    if not found:
        raise not_found()
    return found

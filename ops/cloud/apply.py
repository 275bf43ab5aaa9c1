"""Makes, changes and removes one thing in the cloud, exactly once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ops.cloud.client import Api, shaped
from ops.cloud.firewalls import ssh_firewall, web_firewall
from ops.cloud.inventory import (
    all_firewalls,
    assigned_address,
    droplet_from,
    droplets_named,
    read_key,
    read_tag,
    reserved_addresses,
)
from ops.cloud.plan import CloudChange, Droplet, Wanted, key_name
from ops.errors import HostError

Body = Mapping[str, Any]


class Maker:
    """Makes what one deployment needs; what exists already is found again, whatever an answer said."""

    def __init__(self, api: Api, wanted: Wanted, *, user_data: str) -> None:
        self._api = api
        self._client = api.client
        self._wanted = wanted
        self._user_data = user_data
        self._key_id = 0
        self._action_id = 0
        self._is_new = False  # the droplet is made in this run

    def make(self, change: CloudChange) -> None:
        """Make or change one thing of the plan."""
        works: dict[str, Callable[[CloudChange], None]] = {
            "tag": self._tag,
            "ssh key": self._key,
            "firewall": self._firewall,
            "droplet": self._power_on if change.id else self._droplet,
        }
        works[change.kind](change)

    def await_droplet(self) -> Droplet:
        """Wait until the droplet is active and has an address."""

        def seen() -> Droplet | None:
            if self._action_id and self._is_over("the droplet", self._action_id):
                self._action_id = 0
            body = self._only_droplet()
            if body is None:
                why = "it was there, and is not any more: somebody removed it"
                raise HostError("the droplet is gone", why=why, fix="run the same command again")
            droplet = droplet_from(body)
            return droplet if droplet.status == "active" and droplet.address else None

        return self._api.wait(f"droplet `{self._wanted.name}`", seen, limit_s=self._api.patience.boot_s)

    def await_firewalls(self) -> None:
        """Wait until the rules hold."""

        def seen() -> bool | None:
            with shaped("list firewalls"):
                ours = [one for one in all_firewalls(self._api) if self._wanted.tag in (one["tags"] or [])]
                failed = [one["name"] for one in ours if one["status"] == "failed"]
            if failed:
                why = f"DigitalOcean could not apply `{failed[0]}`"
                raise HostError("the firewall does not hold", why=why, fix="run the same command again in a minute")
            return True if all(map(is_settled, ours)) else None

        self._api.wait("the firewall", seen, limit_s=self._api.patience.settle_s)

    def reserve(self, change: CloudChange, droplet: int) -> None:
        """Reserve an address for the droplet, or point one to it, and wait until it does."""
        if change.id:
            action = self._api.create(
                "assign the reserved address",
                lambda: self._client.reserved_ips_actions.post(change.id, {"type": "assign", "droplet_id": droplet}),
                key="action",
                found=lambda: {"id": 0} if self.assigned(droplet) == change.id else None,
            )
            self._await_action("the reserved address", action)
        else:
            self._api.create(
                "reserve an address",
                lambda: self._client.reserved_ips.create({"droplet_id": droplet}),
                key="reserved_ip",
                found=lambda: self.assigned(droplet) or None,
            )
        limit_s = self._api.patience.settle_s
        self._api.wait("the reserved address", lambda: self.assigned(droplet) or None, limit_s=limit_s)

    def assigned(self, droplet: int) -> str:
        """Return the reserved address of the droplet, or nothing."""
        with shaped("list reserved addresses"):
            return assigned_address(reserved_addresses(self._api), droplet)

    def _tag(self, _: CloudChange) -> None:
        # a firewall can only be attached to a tag that exists
        tag = self._wanted.tag
        self._api.create(
            "create the tag",
            lambda: self._client.tags.create({"name": tag}),
            key="tag",
            found=lambda: read_tag(self._api, tag),
        )

    def _key(self, _: CloudChange) -> None:
        operator = self._wanted.operator
        body = {"name": key_name(self._wanted), "public_key": operator.public_key}
        self._api.create(
            "create the SSH key",
            lambda: self._client.ssh_keys.create(body),
            key="ssh_key",
            found=lambda: read_key(self._api, operator.fingerprint),
        )

    def _firewall(self, change: CloudChange) -> None:
        web = web_firewall(self._wanted.tag)
        is_web = change.name == web["name"]
        body = web if is_web else ssh_firewall(self._wanted.tag, self._wanted.operator, self._wanted.allow)
        if change.id:
            self._api.change(
                "update the firewall", lambda: self._client.firewalls.update(change.id, body), key="firewall"
            )
            return
        self._api.create(
            "create the firewall",
            lambda: self._client.firewalls.create(body),
            key="firewall",
            found=lambda: self._firewall_named(body["name"]),
        )

    def _droplet(self, _: CloudChange) -> None:
        wanted = self._wanted
        self._is_new = True
        key = read_key(self._api, wanted.operator.fingerprint)
        body = {
            "name": wanted.name,
            "region": wanted.region,
            "size": wanted.size,
            "image": wanted.image,
            "ssh_keys": [wanted.operator.fingerprint] if key is None else [key["id"]],
            "tags": [wanted.tag],
            "user_data": self._user_data,
            "ipv6": wanted.ipv6,
            "monitoring": True,
        }

        def send() -> Any:
            answer = self._client.droplets.create(body)
            with shaped("create the droplet"):
                links = (answer.get("links") or {}).get("actions") or []
                self._action_id = int(links[0]["id"]) if links else 0
            return answer

        self._api.create(
            "create the droplet", send, key="droplet", found=lambda: next(iter(self._droplet_bodies()), None)
        )

    def _power_on(self, change: CloudChange) -> None:
        action = self._api.create(
            "switch the droplet on",
            lambda: self._client.droplet_actions.post(int(change.id), {"type": "power_on"}),
            key="action",
            found=lambda: {"id": 0} if self._is_on(int(change.id)) else None,
        )
        self._await_action("the droplet to be switched on", action)

    def _await_action(self, what: str, action: Body) -> None:
        with shaped(what):
            number = int(action["id"])
        if number:  # 0: found to be done already
            limit_s = self._api.patience.settle_s
            self._api.wait(what, lambda: True if self._is_over(what, number) else None, limit_s=limit_s)

    def _is_over(self, what: str, number: int) -> bool:
        action = self._api.read("look at the action", lambda: self._client.actions.get(number), key="action")
        with shaped("look at the action"):
            status = action["status"] if action else "completed"
        if status == "errored":
            fix = "run the same command again; if it fails again: invoke destroy, then invoke deploy"
            raise HostError(f"the cloud gave up: {what}", why=f"action {number} ended as `errored`", fix=fix)
        return bool(status == "completed")

    def _is_on(self, number: int) -> bool:
        body = self._api.read("look at the droplet", lambda: self._client.droplets.get(number), key="droplet")
        return body is not None and droplet_from(body).status == "active"

    def _only_droplet(self) -> Body | None:
        """Return the oldest droplet; those that came after it in this run are removed.

        There can be two when an order that seemed lost was only late, or when two operators make the first deploy at
        once. The oldest is the same one for both of them, and the others have nothing on them yet.
        """
        bodies = self._droplet_bodies()
        for number in [int(body["id"]) for body in bodies[1:]] if self._is_new else []:
            self._action_id = 0  # of whichever order: the droplet's own status tells enough
            self._api.say(f"delete droplet {number}: it was made twice")
            self._api.change("delete the second droplet", partial(self._client.droplets.destroy, number))
        return bodies[0] if bodies else None

    def _droplet_bodies(self) -> list[Body]:
        named = droplets_named(self._api, self._wanted.name)
        with shaped("look for the droplet"):
            return sorted(
                (body for body in named if self._wanted.tag in body["tags"]), key=lambda body: int(body["id"])
            )

    def _firewall_named(self, name: str) -> Body | None:
        return next((one for one in all_firewalls(self._api) if one["name"] == name), None)


def is_settled(firewall: Body) -> bool:
    """Tell whether a firewall's rules hold wherever they should."""
    return firewall["status"] == "succeeded" and not firewall["pending_changes"]

"""What the cloud holds for this deployment and what it should hold: the face of this room."""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ops.cloud.apply import Maker, is_settled
from ops.cloud.client import Api, Patience, shaped
from ops.cloud.dns_records import Zone, find_record_warnings, plan_records, served_names
from ops.cloud.dns_zone import write_record
from ops.cloud.firewalls import Operator, operator_of
from ops.cloud.inventory import find_droplet, look
from ops.cloud.plan import (
    CloudChange,
    Droplet,
    Found,
    Wanted,
    find_differences,
    find_lockout,
    find_refusals,
    plan_changes,
)
from ops.cloud.teardown import plan_teardown, remove
from ops.errors import CredentialsError, HostError, OpsError, SettingsError, UsageError
from ops.settings import GUARDED, Settings
from ops.shell_words import key_made

__all__ = ("Cloud", "CloudChange", "Droplet", "Ensured", "Patience", "open_cloud")
CHECK_TRIES = 2
RESERVED = "reserved address"
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Ensured:
    """The droplet as it is now, and what was done to have it so."""

    droplet: Droplet
    created: bool
    changes: tuple[CloudChange, ...]
    warnings: tuple[str, ...]


class Cloud:
    """One deployment's part of the cloud account: everything that carries its tag."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api = api
        self._settings = settings
        self._name = settings.DROPLET_NAME
        self._tag = settings.DROPLET_TAG

    def check(self) -> None:
        """Ask whose token it is; CredentialsError when it is refused, HostError when nobody answers."""
        ask = self._api.client.account.get
        account = self._api.read("check the token", ask, key="account", tries=CHECK_TRIES)
        with shaped("check the token"):
            is_locked, said = account["status"] == "locked", account.get("status_message")
        if is_locked:
            why = f"DigitalOcean has locked it: {said or 'no reason given'}"
            raise CredentialsError(
                "the cloud account cannot be used", why=why, fix="look at https://cloud.digitalocean.com"
            )

    def find(self) -> Droplet | None:
        """Return the droplet with our name and tag; HostError when there are two."""
        with_reserved = self._settings.DROPLET_RESERVED_IP
        return find_droplet(self._api, name=self._name, tag=self._tag, with_reserved=with_reserved)

    def plan(self, *, allow: str, public_key: str = "") -> tuple[CloudChange, ...]:
        """Return what `ensure` would do, and read only. Without `public_key`, the one beside SSH_KEY_PATH counts."""
        wanted = self._wanted(public_key or _public_key(self._settings), allow)
        found, zone = self._look(wanted)
        droplet = found.droplet
        address, v6 = ("", "" if wanted.ipv6 else None)
        if droplet:
            is_own = found.reserved or not wanted.reserved_ip
            address, v6 = (droplet.address if is_own else found.reserved_free, droplet.address_v6 or None)
        return (*plan_changes(wanted, found), *plan_records(self._names(), zone, address=address, address_v6=v6))

    def ensure(self, *, public_key: str, user_data: str, allow: str, skip_allowlist: bool, say: Say) -> Ensured:
        """Find or make everything. The firewall comes before the droplet, so that its rules hold from first boot.

        `allow` is the operator's address or network; empty, or with `skip_allowlist`, the allowlist stays as it is.
        """
        self._api.say = say
        wanted = self._wanted(public_key, "" if skip_allowlist else allow)
        found, zone = self._look(wanted)
        steps = _Steps(say)
        with steps.remembered():
            maker = Maker(self._api, wanted, user_data=user_data)
            changes, droplet = _make(maker, plan_changes(wanted, found), found, steps=steps)
            v6 = droplet.address_v6 or None
            records = plan_records(self._names(), zone, address=droplet.address, address_v6=v6)
            for change in records:
                steps.do(change, lambda one: write_record(self._api, one, zone=zone.name, droplet=droplet))
        warnings = (*find_lockout(wanted, found), *find_differences(wanted, droplet), *self._record_warnings(zone))
        created = found.droplet is None
        return Ensured(droplet=droplet, created=created, changes=(*changes, *records), warnings=warnings)

    def plan_destroy(self) -> tuple[CloudChange, ...]:
        """Return everything that carries our tag, in the order in which it goes; reads only."""
        names = served_names(self._settings.WEBSITE_DOMAIN, GUARDED)
        return plan_teardown(self._api, tag=self._tag, names=names)

    def destroy(self, changes: Sequence[CloudChange], *, say: Say) -> None:
        """Remove what `plan_destroy` listed; may be run again after an interruption."""
        self._api.say = say
        steps = _Steps(say)
        with steps.remembered():
            for change in changes:
                steps.do(change, lambda one: remove(self._api, one))

    def _look(self, wanted: Wanted) -> tuple[Found, Zone]:
        found, zone = look(self._api, wanted, names=self._names() if self._settings.MANAGE_DNS else ())
        for why, fix in find_refusals(wanted, found):
            raise HostError("the cloud was left as it is", why=why, fix=fix)
        return found, zone

    def _record_warnings(self, zone: Zone) -> tuple[str, ...]:
        is_managed = self._settings.MANAGE_DNS
        return tuple(find_record_warnings(self._names(), zone)) if is_managed else ()

    def _names(self) -> tuple[str, ...]:
        return served_names(self._settings.WEBSITE_DOMAIN, self._settings.exposed)

    def _wanted(self, public_key: str, allow: str) -> Wanted:
        return Wanted(
            tag=self._tag,
            name=self._name,
            region=self._settings.DROPLET_REGION,
            size=self._settings.DROPLET_SIZE,
            image=self._settings.DROPLET_IMAGE,
            ipv6=self._settings.DROPLET_IPV6,
            reserved_ip=self._settings.DROPLET_RESERVED_IP,
            operator=_operator(public_key),
            allow=_checked(allow),
        )


class _Steps:
    """Does changes one after the other, and remembers them: an error says what was done before it."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.done: list[CloudChange] = []

    def do(self, change: CloudChange, work: Callable[[CloudChange], object]) -> None:
        """Do one change, unless there is nothing to do."""
        if change.action != "keep":
            self._say(f"{change.action} {change.kind} {change.name}: {change.why}")
            work(change)
            self.done.append(change)

    @contextlib.contextmanager
    def remembered(self) -> Iterator[None]:
        """Add what was done to the reason of an error."""
        try:
            yield
        except OpsError as error:
            done = ", ".join(f"{change.action} {change.kind} {change.name}" for change in self.done)
            error.why = f"{error.why}\ndone before that, and found again next time: {done or 'nothing'}"
            raise


def open_cloud(settings: Settings, *, patience: Patience | None = None) -> Cloud:
    """Open the cloud account that the settings name; raises CredentialsError when there is no token."""
    url = settings.DIGITALOCEAN_API_URL.rstrip("/")
    return Cloud(Api(token=settings.cloud_token(), url=url, patience=patience or Patience()), settings)


def _make(
    maker: Maker, changes: Sequence[CloudChange], found: Found, *, steps: _Steps
) -> tuple[list[CloudChange], Droplet]:
    """Return the changes as they were made, and the droplet at its final address."""
    for change in changes:
        if change.kind != RESERVED:
            steps.do(change, maker.make)
    droplet = found.droplet
    if steps.done or not droplet or droplet.status != "active" or not droplet.address:
        droplet = maker.await_droplet()
    if steps.done or not all(map(is_settled, found.firewalls)):
        maker.await_firewalls()
    made = [change for change in changes if change.kind != RESERVED]
    address = found.reserved or droplet.own_address
    for change in changes:
        if change.kind == RESERVED:
            steps.do(change, lambda one: maker.reserve(one, droplet.id))
            address = address if change.action == "keep" else maker.assigned(droplet.id)
            made.append(dataclasses.replace(change, name=address))
    return made, dataclasses.replace(droplet, address=address)


def _public_key(settings: Settings) -> str:
    stated = settings.SSH_KEY_PATH
    path = Path(stated if stated.endswith(".pub") else f"{stated}.pub").expanduser()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        why = f"the public key `{path}` cannot be read: {error}"
        raise SettingsError("there is no SSH key", why=why, fix=key_made(path.with_suffix(""))) from None


def _operator(public_key: str) -> Operator:
    try:
        return operator_of(public_key)
    except ValueError as error:
        why = f"it is not built as `type key comment`: {error}"
        raise SettingsError("the public key is no SSH key", why=why, fix="set SSH_KEY_PATH in .env") from None


def _checked(allow: str) -> str:
    if not allow:
        return ""
    fix = "invoke deploy --allow 203.0.113.7"
    try:
        network = ipaddress.ip_network(allow, strict=False)
    except ValueError:
        raise UsageError("--allow needs an address", why=f"`{allow}` is none", fix=fix) from None
    if not network.prefixlen:
        raise UsageError("--allow needs an address", why=f"`{allow}` is everybody", fix=fix)
    return allow

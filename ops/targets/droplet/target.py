"""The droplet as a target. The cloud has it or makes it, SSH reaches it, and containers run on it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ops.cloud import Cloud, Droplet, open_cloud, served_names
from ops.engine.host.receive import ENVIRONMENT
from ops.engine.model import Release
from ops.environments import chosen, in_words, state_of
from ops.errors import HostError, UsageError
from ops.redact import Redactor
from ops.release import droplet_release
from ops.runs import Instance, duration, utc_now
from ops.settings import Settings, load_for_droplet
from ops.ssh import DeniedError, Login, Remote, check_key, key_file
from ops.targets.background import in_background
from ops.targets.base import Request, Shipment, Told
from ops.targets.droplet.accounts import locked_out
from ops.targets.droplet.bootstrap import (
    bootstrap_script,
    bootstrap_version,
    engine_configuration,
    log_in,
    prepare,
    user_data,
)
from ops.targets.droplet.dns import check_names
from ops.targets.droplet.edge import CERTIFICATE, edge_environment, edge_files, expanded
from ops.targets.droplet.host import RemoteHost
from ops.targets.droplet.logins import close_logins, confirm_logins, look
from ops.targets.droplet.obstacles import as_row, refuse_obstacles
from ops.targets.droplet.operator_address import operator_address
from ops.targets.droplet.survey import Survey, survey_host
from ops.verification import Site, issuer_of

KNOWN_HOSTS = Path("droplet") / "known_hosts"
NEW_HOST_S = 300.0  # how long a droplet that was made in this run may take until it lets us in
OLD_HOST_S = 30.0
CLOCK_S = 60.0  # by which the clock here and the host's may differ unsaid


class DropletTarget:
    """A checkout that is deployed to a droplet; see `ops.targets.base.Target`."""

    name = "droplet"
    data_place = "the droplet's volumes"

    def __init__(self, root: Path, settings: Settings, *, address: str = "") -> None:
        self.root = root
        self.settings = settings
        self.url = f"https://{settings.WEBSITE_DOMAIN}"
        self.environment = {**settings.as_environment(), **edge_environment(settings)}
        lock = self.environment["OPERATOR_AUTH"]  # `user:hash`; Traefik's API shows it
        hidden = {"OPERATOR_AUTH": lock, "OPERATOR_HASH": lock.partition(":")[2]} if lock else {}
        self.redactor = Redactor({**settings.secrets(), **hidden})
        self._address = address  # of a host that is none of the cloud's
        self._packed: Future[Release] | None = None
        self._droplet: Droplet | None = None
        self._remote: Remote | None = None
        self._host: RemoteHost | None = None
        self._survey: Survey | None = None

    @property
    def host(self) -> RemoteHost:
        """The droplet over SSH."""
        if self._host is None:
            raise RuntimeError("the host was not reached yet")
        return self._host

    @property
    def site(self) -> Site:
        """The public side, asked at the droplet's own address whatever the names say."""
        return Site(
            domain=self.settings.WEBSITE_DOMAIN,
            address=self.address,
            ssh_port=self.settings.SSH_PORT,
            issuer=issuer_of(
                use_tls=self.settings.certificate_source,
                ca_server=self.settings.ACME_CA_SERVER,
                is_production=self.settings.orders_trusted,
            ),
            environment=self.settings.ENVIRONMENT,
            ca_file="" if self.settings.orders_trusted else expanded(self.settings.ACME_ROOT_PATH),
            rate_limit_burst=self.settings.RATE_LIMIT_API_BURST,
            exposed=self.settings.exposed,
            graphql=self.settings.EXPOSE_GRAPHQL,
            target="droplet",
            loopback_only=False,
        )

    @property
    def address(self) -> str:
        """The address that the droplet is reached at; empty until it is known."""
        return self._address or (self._droplet.address if self._droplet else "")

    def make_ready(self, request: Request, told: Told) -> None:
        """Check what is here, then cloud, connection and host; `update` only finds the droplet and connects."""
        with told.step("preflight"):
            public_key = check_key(key_file(self.settings.SSH_KEY_PATH))
            edge_files(self.settings, now=utc_now())
        self._packed = in_background(self._release)  # meanwhile: nothing of it depends on the host
        is_new = False
        if not self._address:
            with told.step("cloud"):
                is_new = self._ensure(request, told, public_key) if request.mode == "full" else self._find()
        with told.step("connect"):
            patience_s = NEW_HOST_S if is_new else OLD_HOST_S
            self._connect(told, patience_s=patience_s, prepare_for=public_key if request.mode == "full" else "")
            if request.mode != "full":
                self._check_host(self.host.remote, told)
        if request.mode == "full":
            with told.step("prepare"):
                self._prepare(told)
                self._check_host(self.host.remote, told)
                self._close_logins(request, public_key, told)
        self._check_clock(told)
        self._check_names(told)

    def reach(self, told: Told) -> None:
        """Find the droplet and connect; refuse when nothing was ever released there."""
        check_key(key_file(self.settings.SSH_KEY_PATH))
        if not self._address:
            self._find()
        self._connect(told, patience_s=OLD_HOST_S)
        if not self.host.is_ready:
            raise UsageError("nothing is deployed there", why=f"{self.address} holds no release", fix="invoke deploy")
        self._check_clock(told)

    def wait_for_starts(self, told: Told) -> None:
        """Wait for the Docker Engine and for services that are starting, after a reboot most of all."""
        survey_host(self.host.remote, say=told.say)

    def pack(self, release_id: str) -> Shipment:
        """Return the release for containers, and the certificate files that Traefik needs."""
        release = self._packed.result() if self._packed else self._release()
        files = edge_files(self.settings, now=utc_now())
        return Shipment(release=dataclasses.replace(release, id=release_id), files=files)

    def outer_changes(self, request: Request, told: Told) -> list[dict[str, Any]]:
        """Return what would change in the cloud and on the host; connects when there is a droplet."""
        changes: list[dict[str, Any]] = []
        if not self._address:
            cloud = self._open_cloud()
            address = "" if request.skip_allowlist else _allowed(request, self.settings)[0]
            changes = [
                _as_row(change)
                for change in cloud.plan(allow=address, public_key=check_key(key_file(self.settings.SSH_KEY_PATH)))
            ]
            self._droplet = cloud.find()
        if self.address:
            self._connect_to_look(told)
            self._survey = survey_host(self.host.remote, say=told.say)
            is_prepared = self.host.hello().bootstrap == bootstrap_version(bootstrap_script(self.settings))
            why = "it is prepared" if is_prepared else "its preparation is missing or of another version"
            action = "keep" if is_prepared else "update"
            changes.append({"kind": "host", "service": f"host {self.address}", "action": action, "why": why})
            action, why = self._plan_of_logins(request)
            changes.append({"kind": "logins", "service": "SSH log-ins", "action": action, "why": why})
        return changes

    def seen_on_host(self) -> dict[str, Any] | None:
        """Return what was there when the host was looked at, None when it was not."""
        ours = engine_configuration(self.settings.DOCKER_REGISTRY_MIRROR)
        return as_row(self._survey, ours) if self._survey else None

    def instance(self) -> Instance | None:
        """Return the droplet, when the cloud was asked for it."""
        if self._droplet is None:
            return None
        seen = self._droplet
        return Instance(name=seen.name, region=seen.region, size=seen.size, address=seen.address)

    def close(self) -> None:
        """End the SSH connection."""
        if self._remote is not None:
            self._remote.close()

    def _release(self) -> Release:
        certificate = edge_files(self.settings, now=utc_now()).get(CERTIFICATE, b"")
        return droplet_release(self.root, self.environment, release_id="", certificate=certificate)

    def _open_cloud(self) -> Cloud:
        return open_cloud(self.settings)

    def _ensure(self, request: Request, told: Told, public_key: str) -> bool:
        cloud = self._open_cloud()
        cloud.check()
        if self._packed:
            self._packed.result()  # a checkout that cannot be released is refused before a droplet is paid for
        address, warning = ("", "") if request.skip_allowlist else _allowed(request, self.settings)
        if warning:
            told.warn(warning)
        ensured = cloud.ensure(
            public_key=public_key,
            user_data=user_data(self.settings, public_key),
            allow=address,
            skip_allowlist=request.skip_allowlist,
            say=told.say,
        )
        self._droplet = ensured.droplet
        for change in ensured.changes:
            if change.action != "keep":
                told.changed(f"{change.kind} {change.name}", change.action, change.why)
        for text in ensured.warnings:
            told.warn(text)
        return ensured.created

    def _find(self) -> bool:
        self._droplet = self._open_cloud().find()
        if self._droplet is None:
            raise UsageError(
                "there is no droplet",
                why=f"the cloud has none that is named `{self.settings.DROPLET_NAME}` and carries the tag "
                f"`{self.settings.DROPLET_TAG}`",
                fix="invoke deploy",
            )
        if self._droplet.status != "active":
            raise HostError(
                "the droplet is not running",
                why=f"the cloud says that `{self._droplet.name}` is `{self._droplet.status}`",
                fix="invoke deploy",
            )
        return False

    def _login(self) -> Login:
        alias = f"droplet-{self._droplet.id}" if self._droplet else self._address
        return Login(
            address=self.address,
            port=self.settings.SSH_PORT,
            user=self.settings.SSH_USER,
            key=key_file(self.settings.SSH_KEY_PATH),
            known_hosts=state_of(self.root, chosen()) / KNOWN_HOSTS,
            alias=alias,
        )

    def _open_remote(self, told: Told) -> Remote:
        if self._remote is None:
            self._remote = Remote(self._login(), say=told.say)
        return self._remote

    def _prepare(self, told: Told) -> None:
        script = bootstrap_script(self.settings)
        if self.host.hello().bootstrap != bootstrap_version(script):
            check = functools.partial(self._check_host, told=told)
            prepare(self.host.remote, script, say=told.say, check=check)
            told.changed(f"host {self.address}", "prepare", "Docker Engine, SSH, updates, as the bootstrap script says")
            self.host.forget()

    def _shall_close(self, request: Request) -> bool:
        """Tell whether passwords and root are to be turned off: on a droplet of our own, elsewhere if asked to."""
        seen = self.host.hello()
        is_ours = seen.made_here and (not self._address or seen.logins == "unconfirmed")
        return seen.logins != "closed" and (request.close_logins or is_ours)

    def _close_logins(self, request: Request, public_key: str, told: Told) -> None:
        if not self._shall_close(request):
            return
        remote, script = self.host.remote, bootstrap_script(self.settings)
        if self.host.hello().logins == "unconfirmed":  # a droplet that did it on its first boot
            confirm_logins(remote, script, say=told.say, public_key=public_key)
        else:
            lost = self._locked_out()
            close_logins(remote, script, say=told.say, public_key=public_key)
            told.changed("SSH log-ins", "close", lost)
        self.host.forget()

    def _plan_of_logins(self, request: Request) -> tuple[str, str]:
        if self.host.hello().logins == "closed":
            return "keep", "passwords and root are turned off for SSH"
        if self._shall_close(request):
            return "update", self._locked_out()
        return "keep", "they are as the host has them; `invoke deploy --close-logins` turns passwords and root off"

    def _locked_out(self) -> str:
        accounts = look(self.host.remote, bootstrap_script(self.settings))
        lost = locked_out(accounts, but=self.settings.SSH_USER)
        return f"no log-in any more for {', '.join(lost)}" if lost else "nobody loses a way in"

    def _connect(self, told: Told, *, patience_s: float, prepare_for: str = "") -> None:
        """Log in; `prepare_for` is the public key for a host that knows only root yet."""
        remote = self._open_remote(told)
        if prepare_for:
            script = bootstrap_script(self.settings)
            check = functools.partial(self._check_host, told=told)
            log_in(remote, script, public_key=prepare_for, patience_s=patience_s, say=told.say, check=check)
        else:
            remote.connect(patience_s=patience_s)
        self._host = RemoteHost(remote, checkout=self.root, say=told.say)
        self._refuse_another(self._host)

    def _refuse_another(self, host: RemoteHost) -> None:
        """Stop before anything is done with a host that belongs to another environment; raises UsageError."""
        theirs = host.hello().environment
        if theirs is not None and theirs != chosen():
            raise UsageError(
                f"this host belongs to another environment: {in_words(theirs)}",
                why=f"{self.address} was deployed to by it, not by {in_words(chosen())}; nothing was changed. "
                f"If a file was renamed, say so on the host: its name stands in {host.root}/{ENVIRONMENT}",
                fix="invoke environments",
            )

    def _check_clock(self, told: Told) -> None:
        """Highlight clocks that differ: what is told here by date, a certificate's for one, is told by the one here."""
        ahead_s = self.host.ahead_s
        if abs(ahead_s) > CLOCK_S:
            here = f"{duration(abs(ahead_s))} {'behind' if ahead_s > 0 else 'ahead of'} the host's"
            told.warn(
                f"the clock of this machine is {here}: set the one that is wrong (`timedatectl` tells whether the "
                "network keeps it right), or a good certificate may look expired or not yet valid"
            )

    def _connect_to_look(self, told: Told) -> None:
        """Log in as a deploy would; a host that knows only root yet is looked at as root."""
        try:
            self._connect(told, patience_s=OLD_HOST_S)
        except DeniedError:
            as_root = Remote(dataclasses.replace(self._login(), user="root"), say=told.say)
            with contextlib.suppress(DeniedError):
                as_root.connect()
                self._remote, self._host = as_root, RemoteHost(as_root, checkout=self.root, say=told.say)
                self._refuse_another(self._host)
                return
            raise

    def _check_host(self, remote: Remote, told: Told) -> None:
        """Wait for what is starting, and look whether a release can run; raises HostError, with nothing changed."""
        self._survey = survey_host(remote, say=told.say)
        ours = engine_configuration(self.settings.DOCKER_REGISTRY_MIRROR)
        refuse_obstacles(self._survey, ours, name=self._login().name)

    def _check_names(self, told: Told) -> None:
        """Highlight what DNS says otherwise; the checks go to the address itself (A-08)."""
        names = served_names(self.settings.WEBSITE_DOMAIN, self.settings.exposed)
        v6 = self._droplet.address_v6 if self._droplet else ""
        for text in check_names(names, address=self.address, address_v6=v6, server=self.settings.DNS_SERVER):
            told.warn(text)


def open_droplet(root: Path, request: Request) -> DropletTarget:
    """Read the settings and return the droplet target; raises SettingsError and CredentialsError (A-05)."""
    return DropletTarget(root, load_for_droplet(root, address=request.address), address=request.address)


def _allowed(request: Request, settings: Settings) -> tuple[str, str]:
    return (request.allow, "") if request.allow else operator_address(settings)


def _as_row(change: Any) -> dict[str, Any]:
    return {"kind": change.kind, "service": f"{change.kind} {change.name}", "action": change.action, "why": change.why}

"""The local target: this machine. Everything stands below `.local`, and listens on the loopback range."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ops.environments import chosen, file_of, state_of
from ops.errors import UsageError
from ops.redact import Redactor
from ops.release import local_release, read_compose
from ops.runs import utc_now
from ops.settings import Settings, load
from ops.targets.background import in_background
from ops.targets.base import LOCAL_DEPLOY, Request, Shipment, Told
from ops.targets.local.cache import cache_dir
from ops.targets.local.certificate import ensure_local_tls
from ops.targets.local.host import LocalHost
from ops.targets.local.preflight import check_local
from ops.verification import Site


class LocalTarget:
    """A checkout that is deployed to this machine; see `ops.targets.base.Target`."""

    name = "local"

    def __init__(self, root: Path, settings: Settings) -> None:
        self.root = root
        self.settings = settings
        self.redactor = Redactor(settings.secrets())
        self.state = state_of(root, chosen())
        self.host = LocalHost(self.state, environment=_engine_environment(root, settings))
        self.site = _site(settings, self.state)
        self.url = self.site.https
        self.data_place = str(self.state / "data")
        self._described: Future[dict[str, Any]] | None = None

    def make_ready(self, request: Request, told: Told) -> None:
        """Check this machine, and make the certificate of its own."""
        environment = self.settings.as_environment()
        self._described = in_background(lambda: read_compose(self.root, environment))  # while the engine is asked
        with told.step("preflight"):
            held = self._held_ports()
            check_local(self.settings, root=self.root, ours=held)
            if request.mode == "update" and not held:
                raise UsageError(
                    "there is nothing to update",
                    why="no replica of this checkout runs on this machine",
                    fix=LOCAL_DEPLOY,
                )
            ensure_local_tls(self.state / "data" / "tls", domain=self.site.domain, now=utc_now())

    def reach(self, told: Told) -> None:
        """Refuse when nothing was ever deployed here."""
        del told
        if not self.host.is_ready:
            raise UsageError("nothing is deployed here", why=f"{self.state} holds no release", fix=LOCAL_DEPLOY)

    def wait_for_starts(self, told: Told) -> None:
        """Wait for nothing: the engine does so itself with processes."""

    def pack(self, release_id: str) -> Shipment:
        """Return the release for processes; nothing has to go anywhere."""
        described = self._described.result() if self._described else None
        environment = self.settings.as_environment()
        release = local_release(self.root, environment, release_id=release_id, described=described)
        return Shipment(release=release)

    def outer_changes(self, request: Request, told: Told) -> list[dict[str, Any]]:
        """Change nothing around this machine."""
        del request, told
        return []

    def seen_on_host(self) -> None:
        """Name nothing: `preflight` looks at this machine."""

    def instance(self) -> None:
        """Name no machine of a cloud: it is this one."""

    def close(self) -> None:
        """Have nothing to close."""

    def _held_ports(self) -> set[int]:
        """Return the ports that the running stack of this checkout holds."""
        if not self.host.is_ready:
            return set()
        running = self.host.engine("status", "--no-health")["services"]
        alive = [row for row in running if row["state"] in {"running", "starting"}]
        here = self.settings
        of_traefik = {here.LOCAL_HTTPS_PORT, here.LOCAL_HTTP_PORT, here.LOCAL_INTERNAL_PORT}
        fixed = of_traefik if any(row["service"] == "traefik" for row in alive) else set()
        return fixed | {row["port"] for row in alive}


def open_local(root: Path) -> LocalTarget:
    """Read the settings and return the local target; raises SettingsError with every problem at once."""
    return LocalTarget(root, load(file_of(root, chosen()), environ=os.environ, target="local"))


def _site(settings: Settings, state: Path) -> Site:
    return Site(
        domain=settings.WEBSITE_DOMAIN,
        environment=settings.ENVIRONMENT,
        https_port=settings.LOCAL_HTTPS_PORT,
        http_port=settings.LOCAL_HTTP_PORT,
        ca_file=str(state / "data" / "tls" / "ca.pem"),
        rate_limit_burst=settings.RATE_LIMIT_API_BURST,
        graphql=settings.EXPOSE_GRAPHQL,
    )


def _engine_environment(root: Path, settings: Settings) -> dict[str, str]:
    """Return the operator's environment without its secrets: pip and npm read their own configuration from it."""
    secret = settings.secrets().keys()
    kept: Mapping[str, str] = {key: value for key, value in os.environ.items() if key not in secret}
    return {
        **kept,
        "SLIPWAY_CACHE_DIR": str(cache_dir(settings, root)),
        "SLIPWAY_REPLICA_PORT_FIRST": str(settings.LOCAL_REPLICA_PORT_FIRST),
    }

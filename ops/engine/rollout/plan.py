"""What a deploy would change, and why. No I/O, no clock."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from ops.engine import service_roles
from ops.engine.errors import RefusedError
from ops.engine.host.state import State
from ops.engine.model import Release, Replica, Service

Action = Literal["start", "replace", "stop", "run", "keep"]
ROUTES = "routes"  # stands where a service's name would


@dataclass(frozen=True, kw_only=True)
class Change:
    """What happens to one service; `interrupts` when its users notice."""

    service: str
    action: Action
    old: str | None
    new: str | None
    interrupts: bool = False
    last_s: float | None = None  # how long such an interruption was last time
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return the change as the journal and `plan` show it."""
        first = {"service": self.service, "action": self.action, "from": self.old, "to": self.new}
        return {**first, "interrupts": self.interrupts, "last_s": self.last_s, "why": self.why}


def make_plan(
    release: Release, *, live: Release | None, state: State, observed: service_roles.Replicas, is_return: bool = False
) -> tuple[Change, ...]:
    """Compare what is wanted with what is live and what runs; `keep` for all that stays as it is.

    `is_return`: the release was live before, so of its jobs only those that make files matter.
    """
    services = [
        _timed(_service_change(s, release=release, live=live, observed=observed), state)
        for s in service_roles.long_running(release)
    ]
    jobs = [_job_change(job, state) for job in service_roles.jobs(release) if job.touches == "files" or not is_return]
    return (*jobs, *services, *_removed(release, live), *_route_change(release, live))


def changed_services(changes: tuple[Change, ...]) -> list[str]:
    """Return the names of all that does not stay as it is; empty means there is nothing to do."""
    return [change.service for change in changes if change.action != "keep"]


def refuse_interruption(changes: tuple[Change, ...]) -> None:
    """Raise `RefusedError` (preflight) when a change would interrupt the site: somebody has to want that."""
    interrupting = [change for change in changes if change.interrupts]
    if interrupting:
        told = [f"{change.service}: {change.why} ({_last_time(change)})" for change in interrupting]
        raise RefusedError(
            f"this would interrupt the site, because {' and '.join(c.service for c in interrupting)} cannot run twice",
            why="; ".join(told),
            fix="invoke deploy --allow-interruption",
            family="preflight",
        )


def _last_time(change: Change) -> str:
    return "for how long is not known yet" if change.last_s is None else f"{change.last_s:.1f} s last time"


def _timed(change: Change, state: State) -> Change:
    return dataclasses.replace(change, last_s=state.interruptions.get(change.service)) if change.interrupts else change


def _service_change(
    service: Service, *, release: Release, live: Release | None, observed: service_roles.Replicas
) -> Change:
    before = _live_service(service.name, live)
    old = before.fingerprint if before else None
    running = [r for r in observed if r.service == service.name and service_roles.is_present(r)]
    action, why = _decide(service, before, running)
    shared = service.rollout == "replace" and service not in service_roles.background_services(release)
    interrupts = action == "replace" and shared
    return Change(service=service.name, action=action, old=old, new=service.fingerprint, interrupts=interrupts, why=why)


def _decide(service: Service, before: Service | None, running: list[Replica]) -> tuple[Action, str]:
    names = service_roles.replica_names(service)
    there = len(service_roles.present(running, names))
    if before is None:
        return "start", f"{service.name} is new"
    if not running:
        return "start", f"{service.name} is not running"
    if before.fingerprint != service.fingerprint:
        return "replace", explain(before, service)
    if there < len(names):
        return "start", f"{there} of {len(names)} replicas of {service.name} run"
    too_many = max(len(running), before.replicas)  # a run that was cut may have stopped them already
    if too_many > len(names):
        return "stop", f"{too_many} replicas of {service.name} run, {len(names)} are wanted"
    return "keep", f"{service.name} is unchanged"


def explain(before: Service, after: Service) -> str:
    """Say in an operator's words what differs; names of settings, never their values."""
    name = after.name
    said: list[str] = []
    if before.image.files != after.image.files:
        said.append(f"code of {name} changed")
    if before.image.env_id != after.image.env_id:
        said.append(f"packages of {name} changed")
    if before.environment != after.environment:
        said.append(f"settings of {name} changed ({', '.join(_changed_keys(before, after))})")
    return "; ".join(said) or f"the way {name} is built or started changed"


def _changed_keys(before: Service, after: Service) -> list[str]:
    keys = {*before.environment, *after.environment}
    return sorted(key for key in keys if before.environment.get(key) != after.environment.get(key))


def _job_change(job: Service, state: State) -> Change:
    old = state.jobs.get(job.name)
    is_done = old == job.fingerprint
    why = f"{job.name} has run" if is_done else f"{job.name} was not run for this code and these settings yet"
    return Change(service=job.name, action="keep" if is_done else "run", old=old, new=job.fingerprint, why=why)


def _removed(release: Release, live: Release | None) -> list[Change]:
    wanted = {service.name for service in service_roles.long_running(release)}
    gone = [s for s in service_roles.long_running(live) if s.name not in wanted] if live else []
    return [
        Change(service=s.name, action="stop", old=s.fingerprint, new=None, why=f"{s.name} is no longer in the stack")
        for s in gone
    ]


def _route_change(release: Release, live: Release | None) -> list[Change]:
    before = live.edge.dynamic_files if live else {}
    after = release.edge.dynamic_files
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    if not names or live is None:
        return []
    return [Change(service=ROUTES, action="replace", old=None, new=None, why=f"routes changed ({', '.join(names)})")]


def _live_service(name: str, live: Release | None) -> Service | None:
    return (
        next((service for service in service_roles.long_running(live) if service.name == name), None) if live else None
    )

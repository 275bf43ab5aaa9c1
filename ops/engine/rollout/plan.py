"""What a deploy would change, and why. No I/O, no clock."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal

from ops.engine import service_roles
from ops.engine.errors import RefusedError
from ops.engine.host.state import State
from ops.engine.model import Release, Replica, Service
from ops.engine.rollout.networks import changed_networks, changed_volumes

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
    waits_s: float = 0.0  # how long a request waits at most, or does without it
    last_s: float | None = None  # how long such an interruption or wait was last time
    why: str

    def as_json(self) -> dict[str, Any]:
        """Return the change as the journal and `plan` show it."""
        first = {"service": self.service, "action": self.action, "from": self.old, "to": self.new}
        waits = {"waits_s": self.waits_s} if self.waits_s else {}
        return {**first, "interrupts": self.interrupts, **waits, "last_s": self.last_s, "why": self.why}


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
    others = (*_removed(release, live), *_route_change(release, live), *_around(release, live))
    return (*jobs, *services, *others)


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
    is_felt = change.interrupts or change.waits_s
    return dataclasses.replace(change, last_s=state.interruptions.get(change.service)) if is_felt else change


def _service_change(
    service: Service, *, release: Release, live: Release | None, observed: service_roles.Replicas
) -> Change:
    before = _live_service(service.name, live)
    old = before.fingerprint if before else None
    running = [r for r in observed if r.service == service.name and service_roles.is_present(r)]
    action, why = _decide(service, before, running)
    shared = service.rollout == "replace" and service not in service_roles.background_services(release)
    takes_over = action == "replace" and service_roles.takes_over(before, service)
    if takes_over:
        why += "; the new one takes over beside the old one, which goes when its visitors have"
        why += "" if before and before.sockets else " or, this once, when what they asked for is answered"
    is_felt = action == "replace" and shared and not takes_over
    # What waits for it are the replicas of the live release: they have to know how, and to find it where it was, by the
    # password that they have.
    waits_s = before.wait_s if is_felt and before and before.environment == service.environment else 0.0
    return Change(
        service=service.name,
        action=action,
        old=old,
        new=service.fingerprint,
        interrupts=is_felt and not waits_s,
        waits_s=waits_s,
        why=why,
    )


def _decide(service: Service, before: Service | None, running: list[Replica]) -> tuple[Action, str]:
    names = service_roles.replica_names(service)
    there = len(service_roles.present(running, names))
    if before is None:
        return "start", f"{service.name} is new"
    if not running:
        return "start", f"{service.name} is not running"
    if before.fingerprint != service.fingerprint:
        return "replace", explain(before, service) + _manner(service)
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
    if before.places != after.places:
        said.append(f"networks of {name} changed ({', '.join(_changed_places(before, after))})")
    return "; ".join(said) or f"the way {name} is built or started changed"


def _manner(service: Service) -> str:
    return "; the new one takes over before the old one stops" if service.rollout == "overlap" else ""


def _changed_keys(before: Service, after: Service) -> list[str]:
    keys = {*before.environment, *after.environment}
    return sorted(key for key in keys if before.environment.get(key) != after.environment.get(key))


def _changed_places(before: Service, after: Service) -> list[str]:
    return sorted({place.partition(":")[0] for place in {*before.places} ^ {*after.places}})


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


def _around(release: Release, live: Release | None) -> list[Change]:
    """Return what becomes of networks and volumes; a first deployment makes them all with its services."""
    if live is None:
        return []
    told = {f"network {key}": why for key, why in changed_networks(release, live).items()}
    told |= {f"volume {key}": why for key, why in changed_volumes(release, live).items()}
    return [Change(service=name, action=_around_action(why), old=None, new=None, why=why) for name, why in told.items()]


def _around_action(why: str) -> Action:
    return "start" if why.endswith(" is new") else "stop" if "changed" not in why else "replace"


def _live_service(name: str, live: Release | None) -> Service | None:
    return (
        next((service for service in service_roles.long_running(live) if service.name == name), None) if live else None
    )

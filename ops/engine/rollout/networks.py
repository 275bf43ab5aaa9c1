"""What becomes of the networks and volumes of docker-compose.yml when their definition changes? Pure.

A network that changed is made beside the old one, under a name that ends in a mark of its definition. What rolls is
started in the new one; what cannot run twice stays as it is and is put into both, until nobody is left in the old one.
A volume that changed holds data, and is refused.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ops.engine import service_roles
from ops.engine.errors import RefusedError
from ops.engine.model import Release, Service

MARK_LENGTH = 6
GUIDE = "docs/guides/deployment.md#networks-and-volumes"
Definitions = Mapping[str, Any]


def in_place(release: Release, live: Release | None) -> Release:
    """Return the release with the marks of its networks, and of the services that have to be started anew in one."""
    if live is None:
        return release
    moved = _marks(release, live)
    services = tuple(_placed(service, release, moved) for service in release.services)
    project = {**{key: value for key, value in release.project.items() if key != "moved"}, "moved": moved}
    return dataclasses.replace(release, services=services, project=project if moved else _without(project))


def changed_networks(release: Release, live: Release) -> dict[str, str]:
    """Return what is new, other or gone: network -> why."""
    before, after = definitions(live, "networks"), definitions(release, "networks")
    marks = [one.project.get("moved") or {} for one in (live, release)]
    told = {}
    for key in sorted({*before, *after}):
        if key not in before:
            told[key] = f"network {key} is new"
        elif key not in after:
            told[key] = f"network {key} is no longer in the stack"
        elif before[key] != after[key] or marks[0].get(key) != marks[1].get(key):
            told[key] = f"network {key} changed ({_keys(before[key], after[key])}): it is made anew beside the old one"
    return told


def changed_volumes(release: Release, live: Release) -> dict[str, str]:
    """Return the volumes that are new, other (which is refused) or no longer used: volume -> why."""
    before, after = definitions(live, "volumes"), definitions(release, "volumes")
    told = {key: f"volume {key} is new" for key in after if key not in before}
    other = {key: _keys(before[key], after[key]) for key in after if before.get(key, after[key]) != after[key]}
    told |= {key: f"volume {key} changed ({keys}): that will be refused, it has data" for key, keys in other.items()}
    return told | {key: f"no service has volume {key} any more; its data stays" for key in before if key not in after}


def refuse_other_volumes(release: Release, live: Release | None) -> None:
    """Raise `RefusedError` (preflight) when a volume is described in another way than the one that is there."""
    before, after = definitions(live, "volumes") if live else {}, definitions(release, "volumes")
    other = {key: _keys(before[key], after[key]) for key in after if before.get(key, after[key]) != after[key]}
    if other:
        raise RefusedError(
            f"another definition of volume {' and '.join(sorted(other))} would lose its data, so nothing was changed",
            why="; ".join(f"{key}: {keys}" for key, keys in sorted(other.items()))
            + f"\n  A volume that is there cannot be changed, and another one would be empty. {GUIDE} shows the way.",
            fix="rename the new volume in docker-compose.yml, then invoke deploy",
            family="preflight",
        )


def definitions(release: Release, kind: str) -> dict[str, Any]:
    """Return what docker-compose.yml says, without what is empty: Compose's versions write that in several ways."""
    return {key: _filled(value or {}) for key, value in (release.project.get(kind) or {}).items()}


def _marks(release: Release, live: Release) -> dict[str, str]:
    """Return the mark of each network that is another one than it was when the stack was first deployed."""
    before, after = definitions(live, "networks"), definitions(release, "networks")
    known = live.project.get("moved") or {}
    marks = {key: known[key] for key in after if key in known and before.get(key) == after[key]}
    return marks | {key: _mark(after[key]) for key in after if key in before and before[key] != after[key]}


def _mark(definition: Any) -> str:
    return hashlib.sha256(json.dumps(definition, sort_keys=True).encode()).hexdigest()[:MARK_LENGTH]


def _placed(service: Service, release: Release, moved: Mapping[str, str]) -> Service:
    own = service.container.get("networks") or {}
    keys = [key for key in sorted(moved) if key in own and not _is_put_in(service, release, key)]
    places = () if service.is_job else tuple(f"{key}:{moved[key]}" for key in keys)
    return service if places == service.places else dataclasses.replace(service, places=places)


def _is_put_in(service: Service, release: Release, key: str) -> bool:
    """Tell whether a service is put into another network while it runs.

    The edge only where that is internal: its published ports hang on one that is not.
    """
    if service.name == service_roles.EDGE_SERVICE:
        return bool(definitions(release, "networks")[key].get("internal"))
    return service in service_roles.data_services(release)


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        found = {key: _filled(one) for key, one in value.items()}
        return {key: one for key, one in found.items() if one not in ({}, [], None, "", False)}
    return value


def _keys(before: Any, after: Any) -> str:
    return ", ".join(sorted(key for key in {*before, *after} if before.get(key) != after.get(key))) or "back again"


def _without(project: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in project.items() if key != "moved"}

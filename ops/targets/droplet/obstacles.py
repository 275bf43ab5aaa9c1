"""What of a host's own stands in the way of a deploy, and what an operator should know although it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ops.errors import HostError
from ops.targets.droplet.daemon_json import ConfigurationError, Merged, merge, read
from ops.targets.droplet.survey import Survey

FIRST_RELEASE_MIB = 2048  # all images of a release and what their builds keep: 1.5 GiB of it on a first day
FIRST_PACKAGES_MIB = 1024  # what is installed, and the sources
LEAST_MEMORY_MIB = 1024
ELSEWHERE = "deploy to a host of its own"


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """One thing in the way: what, and the one thing to do about it."""

    what: str
    fix: str


def refuse_obstacles(survey: Survey, ours: Mapping[str, Any], *, name: str) -> None:
    """Raise HostError with everything of a host that keeps a release from running there."""
    found = tuple(obstacles(survey, ours))
    if found:
        count = f"{len(found)} things are" if len(found) > 1 else "one thing is"
        raise HostError(
            f"{count} in the way of a deploy to {name}, and nothing was changed there",
            why="\n       ".join(one.what for one in found),
            fix="\n       ".join(dict.fromkeys(one.fix for one in found)),
        )


def obstacles(survey: Survey, ours: Mapping[str, Any]) -> Iterator[Obstacle]:
    """Yield what has to go before a release can run on this host."""
    for held in survey.holders:
        what = f"port {held.port}/{held.protocol} is held by {held.words}; Traefik needs it to be the way in"
        yield Obstacle(what=what, fix=f"{ELSEWHERE}, or on the host: {held.fix}")
    if "snap" in PurePosixPath(survey.engine.get("program", "")).parts[1:]:
        what = "the Docker Engine of this host is a snap, which cannot read the files that a release mounts"
        yield Obstacle(what=what, fix=f"{ELSEWHERE}, or without its containers, on the host: sudo snap remove docker")
    if survey.engine.get("version", "").startswith("podman"):
        what = "`docker` of this host is Podman, which cannot be asked as a Docker Engine is"
        yield Obstacle(what=what, fix=f"{ELSEWHERE}, or on the host: sudo apt-get remove podman-docker")
    yield from _configuration(survey, ours)
    yield from _room(survey)


def merged(survey: Survey, ours: Mapping[str, Any]) -> Merged:
    """Return the Docker Engine's configuration as the bootstrap would leave it; raises ConfigurationError."""
    record = None if survey.record is None else dict(survey.record)
    return merge(read(survey.daemon_json), record, dict(ours), survey.words)


def notes(survey: Survey, ours: Mapping[str, Any]) -> Iterator[str]:
    """Yield what does not stand in the way, and should surprise nobody afterwards."""
    running = [f"`{one.name}`" for one in survey.strangers if one.state == "running"]
    try:
        result = merged(survey, ours)
    except ConfigurationError:
        return
    if running and result.keys != read(survey.daemon_json):
        survives = result.keys.get("live-restore") is True or survey.engine.get("live_restore") == "true"
        yield (
            f"the Docker Engine restarts for its new configuration: {', '.join(running)} run on, new connections to "
            "them may fail for half a second"
            if survives
            else f"the Docker Engine is not restarted, because {', '.join(running)} would stop without live-restore"
        )
    for what in result.kept:
        yield f"{what} stays as it is"
    memory = survey.memory_mib.get("MemAvailable", 0) + survey.memory_mib.get("SwapFree", 0)
    if not survey.has_release and survey.memory_mib and memory < LEAST_MEMORY_MIB:
        yield f"{memory} MiB of memory are free, a release wants {LEAST_MEMORY_MIB} MiB"


def as_row(survey: Survey, ours: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was seen, for a plan."""
    return {
        "ports": [
            {"port": one.port, "protocol": one.protocol, "holder": one.words, "pid": one.pid} for one in survey.holders
        ],
        "containers": [
            {"name": one.name, "state": one.state, "image": one.image, "ours": one.is_ours} for one in survey.containers
        ],
        "free_mib": dict(survey.free_mib),
        "memory_mib": survey.memory_mib.get("MemAvailable", 0),
        "notes": list(notes(survey, ours)),
        "obstacles": [{"what": one.what, "fix": one.fix} for one in obstacles(survey, ours)],
    }


def _configuration(survey: Survey, ours: Mapping[str, Any]) -> Iterator[Obstacle]:
    try:
        result = merged(survey, ours)
    except ConfigurationError as error:
        yield Obstacle(what=f"{error.what}: {error.why}", fix=error.fix)
        return
    is_new = "live-restore" in result.added and "live-restore" not in read(survey.daemon_json)
    if survey.engine.get("swarm") == "active" and is_new:
        what = "its Docker Engine is part of a swarm, which excludes `live-restore` in /etc/docker/daemon.json"
        yield Obstacle(what=what, fix=f"{ELSEWHERE}, or on the host: sudo docker swarm leave")


def _room(survey: Survey) -> Iterator[Obstacle]:
    if survey.has_release:
        return  # what is sent is measured before it is sent, and old releases make room
    wanted = dict(zip(survey.free_mib, (FIRST_PACKAGES_MIB, FIRST_RELEASE_MIB), strict=False))
    for folder, free in survey.free_mib.items():
        if free < wanted[folder]:
            what = f"{free} MiB are free where {folder} stands; a first release needs {wanted[folder]} MiB there"
            yield Obstacle(what=what, fix=f"make room on the host: df -h {folder}")

"""The replicas that are there as containers, and how they are."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from ops.engine.compose.descriptions import FINGERPRINT, IMAGE, PORT, SERVICE
from ops.engine.compose.docker_api import CONFLICT, NOT_FOUND, DockerApi, DockerRefusedError, filters
from ops.engine.model import OUT_OF_MEMORY, Replica

State = Literal["starting", "running", "stopped", "failed"]
# `created`: a start was cut, and nothing will start it. `restarting`: it ended and comes back, unless it is removed.
STATES: dict[str, State] = {
    "created": "stopped",
    "running": "running",
    "restarting": "starting",
    "paused": "stopped",
    "removing": "stopped",
    "exited": "stopped",
    "dead": "failed",
}
ENDED = {"exited", "dead", "restarting", "removing"}  # the states in which a container has an exit code of its own
KILL_TIMEOUT_S = 30.0
MIB = 1024 * 1024
Container = dict[str, Any]


class Containers:
    """The containers that carry our labels, asked for each time: nothing here remembers an address or a state."""

    def __init__(self, api: DockerApi) -> None:
        self._api = api

    def listed(self, label: str = SERVICE) -> list[Container]:
        """Return a row for each container with this label, running or not."""
        found = self._api.get("/containers/json", all=True, filters=filters(label=[label]))
        return sorted(found, key=name_of)

    def inspect(self, name: str) -> Container | None:
        """Return all about a container, None when there is none."""
        try:
            found: Container = self._api.get(f"/containers/{name}/json")
        except DockerRefusedError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return found

    def inspected(self) -> Iterator[Container]:
        """Yield all about each replica's container."""
        for row in self.listed():
            found = self.inspect(row["Id"])
            if found:
                yield found

    def stop(self, name: str, *, signal: str = "", grace_s: float | None = None) -> None:
        """Send the signal (without one: the container's own), wait, kill, remove; well when it is gone already."""
        query = {"signal": signal, "t": round(grace_s or 0)} if signal else {}
        self._unpause(name)
        wait_s = (grace_s if grace_s is not None else 120.0) + KILL_TIMEOUT_S
        with _absence_is_fine():
            self._api.ask("POST", f"/containers/{name}/stop", query=query, timeout_s=wait_s)
        self.remove(name)

    def kill(self, name: str) -> None:
        """Kill a container and keep what it wrote."""
        with _absence_is_fine():
            self._api.ask("POST", f"/containers/{name}/kill")

    def remove(self, name: str) -> None:
        """Kill what runs and forget the container, with the volumes that only it has."""
        with _absence_is_fine():
            self._api.ask("DELETE", f"/containers/{name}", query={"force": True, "v": True}, timeout_s=KILL_TIMEOUT_S)

    def memory_mib(self) -> dict[str, float]:
        """Return what each running replica holds in memory, without the page cache that can be taken back."""
        found = {}
        for row in self.listed():
            if row["State"] == "running":
                with _absence_is_fine():
                    query = {"stream": False, "one-shot": True}
                    found[name_of(row)] = _resident_mib(self._api.get(f"/containers/{row['Id']}/stats", **query))
        return found

    def _unpause(self, name: str) -> None:
        """Let a container that somebody paused hear the signal."""
        found = self.inspect(name)
        if found and found["State"]["Paused"]:
            with _absence_is_fine():
                self._api.ask("POST", f"/containers/{name}/unpause")


def replica_of(container: Container) -> Replica:
    """Return what the engine needs to know of an inspected container."""
    labels, state = container["Config"]["Labels"], container["State"]
    port, ip = int(labels[PORT]), ip_of(container)
    return Replica(
        name=container["Name"].lstrip("/"),
        service=labels[SERVICE],
        fingerprint=labels[FINGERPRINT],
        image_id=labels[IMAGE],
        port=port,
        state=state_of(state),
        pid=state["Pid"],
        started_at=seconds_of(state["StartedAt"]) if state["Running"] else 0.0,
        restarts=container["RestartCount"],
        condition=condition_of(state),
        exit_code=state["ExitCode"] if state["Status"] in ENDED else None,
        address=f"{ip}:{port}" if ip and port else "",
    )


def state_of(state: dict[str, Any]) -> State:
    """Return the state as the engine names it; what ended by itself has failed."""
    if state["Status"] == "exited" and (state["ExitCode"] or state["OOMKilled"]):
        return "failed"
    return STATES.get(state["Status"], "failed")


def condition_of(state: dict[str, Any]) -> str:
    """Return the Engine's own word for how a container is: its health where it runs and has a check."""
    if state["Status"] == "running":
        health = state.get("Health", {}).get("Status", "none")
        return "running" if health == "none" else str(health)
    return OUT_OF_MEMORY if state["OOMKilled"] and state["Status"] in ENDED else str(state["Status"])


def is_well(container: Container) -> bool:
    """Tell whether a container runs and its health check, if it has one, passes."""
    state = container["State"]
    health = state.get("Health", {}).get("Status", "none")
    return state["Status"] == "running" and health in {"healthy", "none"}


def ip_of(container: Container) -> str:
    """Return an address at which this host reaches a container; empty while it has none."""
    networks = container["NetworkSettings"]["Networks"]
    return next((networks[name]["IPAddress"] for name in sorted(networks) if networks[name]["IPAddress"]), "")


def name_of(row: Container) -> str:
    """Return the name in a row of a listing."""
    return str(row["Names"][0].lstrip("/"))


def seconds_of(text: str) -> float:
    """Read a time of the Engine, such as `2026-01-02T03:04:05.123456789Z`, as Unix seconds."""
    whole, _, part = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + (float(f"0.{part}") if part else 0.0)


def _resident_mib(stats: dict[str, Any]) -> float:
    memory = stats["memory_stats"]
    detail = memory.get("stats", {})
    reclaimable = detail.get("inactive_file", detail.get("total_inactive_file", 0))
    return float(round((memory.get("usage", 0) - reclaimable) / MIB, 1))


@contextlib.contextmanager
def _absence_is_fine() -> Iterator[None]:
    try:
        yield
    except DockerRefusedError as error:
        if error.status not in {NOT_FOUND, CONFLICT}:  # a conflict: somebody removes it at this moment
            raise

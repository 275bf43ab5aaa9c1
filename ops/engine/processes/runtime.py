"""The runtime for replicas that are processes of this machine."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from ops.engine.errors import EngineError
from ops.engine.host.files import only_this_host, write_routes
from ops.engine.model import Edge, Image, Release, Replica, Service
from ops.engine.processes import data_folder, images, jobs, logs, os_processes
from ops.engine.processes.doors import ProcessDoors
from ops.engine.processes.environments import READY, prune_environments
from ops.engine.processes.launch_file import Launch, describe, launches, read_launch, waves, write_launch
from ops.engine.processes.layout import Layout, disk, locked, make_private, remove_tree
from ops.engine.processes.ports import choose_port, is_free
from ops.engine.processes.supervisor import Supervisor
from ops.engine.runtime import Line, LogQuery, Say

HEALTH_TIMEOUT_S = 5.0
KILL_TIMEOUT_S = 5.0
STRAY_TIMEOUT_S = 20.0
State = Literal["starting", "running", "stopped", "failed"]
STATES: dict[str, State] = {
    "RUNNING": "running",
    "STARTING": "starting",
    "BACKOFF": "starting",
    "FATAL": "failed",
    "EXITED": "failed",
    "UNKNOWN": "failed",
}
CONDITIONS = {"RUNNING": "running", "BACKOFF": "restarting", "STOPPING": "removing", "STARTING": "starting"}
ENDED = {"EXITED", "FATAL", "BACKOFF"}  # the states in which the supervisor knows an exit code


class ProcessesRuntime:
    """The `processes` runtime in one `.local` folder; see `ops.engine.runtime.Runtime`."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(root.absolute())
        self._supervisor = Supervisor(self.layout)
        self.doors = ProcessDoors(self.layout, self._supervisor)

    def prepare(self) -> None:
        """Make the folders, and bring the supervisor back if it, or this machine, went down."""
        with disk("preparing the state folder"):
            self.layout.make()
            jobs.end_abandoned(self.layout)
            images.remove_unfinished(self.layout)
            # Without an environment (a first deploy, a removed cache) it is started after the build.
            if self._local_environments():
                self._ensure_supervisor()

    def _ensure_supervisor(self) -> None:
        with locked(self.layout.supervisor / "lock"):
            if self._supervisor.is_running():
                return
            env = self._local_environment()
            self._supervisor.end_unheard(timeout_s=STRAY_TIMEOUT_S)
            self._end_orphans()
            self._supervisor.start(env)

    def _local_environment(self) -> Path:
        known = self.layout.env(self._supervisor.env_id or "none")
        found = self._local_environments()
        if not found:
            raise EngineError(
                "there is no supervisor",
                why="the environment `local` was never built here, or its cache was removed",
                fix="invoke deploy",
                family="host",
            )
        return known if (known / READY).exists() else found[-1].parent

    def _local_environments(self) -> list[Path]:
        found = self.layout.cache.glob(f"envs/local-*/{READY}")
        return sorted(found, key=lambda path: path.stat().st_mtime)

    def _end_orphans(self) -> None:
        """End what a killed supervisor left running: nobody watches it, and it holds the ports."""
        found = [
            (launch, os_processes.read_record(self.layout.replica(launch["name"]))) for launch in launches(self.layout)
        ]
        orphans = [(record, os_processes.number_of(launch["stop_signal"])) for launch, record in found if record]
        holder = os_processes.read_record(self.layout.sockets)
        orphans += [(holder, os_processes.number_of("TERM"))] if holder else []
        longest = max((launch["stop_grace_s"] for launch, _ in found), default=0.0)
        os_processes.end_all(orphans, grace_s=longest)

    def observe(self) -> tuple[Replica, ...]:
        """Return every replica that has a launch file, in the state that the supervisor sees."""
        states = self._supervisor.states()
        return tuple(self._replica(launch, states.get(launch["name"])) for launch in launches(self.layout))

    def _replica(self, launch: Launch, seen: dict[str, object] | None) -> Replica:
        record = os_processes.read_record(self.layout.replica(launch["name"]))
        info = seen or {}
        name = str(info.get("statename", ""))
        return Replica(
            name=launch["name"],
            service=launch["service"],
            fingerprint=launch["fingerprint"],
            image_id=launch["image_id"],
            port=launch["port"],
            state=STATES.get(name, "stopped"),
            pid=int(str(info.get("pid", 0))),
            started_at=float(str(info.get("start", 0))),
            restarts=record.starts - 1 if record else 0,
            condition=CONDITIONS.get(name, "exited"),
            exit_code=int(str(info.get("exitstatus", 0))) if name in ENDED else None,
        )

    def has_image(self, image: Image) -> bool:
        """Tell whether the image and its environment are whole."""
        return images.has_image(self.layout, image)

    def build(self, image: Image, release: Release, say: Say) -> None:
        """Build an image and the environment that it needs."""
        self.layout.make()
        images.build_image(self.layout, image, source=Path(release.source_dir), say=say)

    def start(self, service: Service, name: str) -> Replica:
        """Start a replica, or return it when it already runs; it does not wait for its health."""
        self._ensure_supervisor()
        if service.sockets:
            self.doors.prepare(service, name)
        seen = self._supervisor.states().get(name, {}).get("statename")
        if seen not in {"RUNNING", "STARTING", "BACKOFF"}:
            with disk(f"starting {name}"), locked(self.layout.supervisor / "lock"):
                self._launch(service, name)
        return self._find(name)

    def _launch(self, service: Service, name: str) -> None:
        folder = self.layout.replica(name)
        make_private(folder)
        known = read_launch(folder)
        taken = {launch["port"] for launch in launches(self.layout) if launch["name"] != name}
        port = known["port"] if known and is_free(known["port"]) else choose_port(service, taken=taken)
        launch = describe(service, self.layout, name=name, scratch=folder, port=port)
        write_launch(folder, launch)
        try:
            self._supervisor.add(launch)
        except xmlrpc.client.Fault as fault:
            raise _refused(name, fault) from fault

    def _find(self, name: str) -> Replica:
        launch = read_launch(self.layout.replica(name))
        if launch is None:
            raise KeyError(name)
        return self._replica(launch, self._supervisor.states().get(name))

    def stop(self, name: str, *, signal: str, grace_s: float) -> None:
        """Send the signal, wait for the grace time, kill what is left, forget the replica; its log stays."""
        self._stop_all((name,), signal=signal, grace_s=grace_s)

    def _stop_all(self, names: tuple[str, ...], *, signal: str = "", grace_s: float | None = None) -> None:
        found = {name: read_launch(self.layout.replica(name)) or {} for name in names}
        endings = []
        for name, launch in found.items():
            record = os_processes.read_record(self.layout.replica(name))
            wanted = signal or launch.get("stop_signal", "TERM")
            if record and wanted != launch.get("stop_signal"):
                os_processes.end_all([(record, os_processes.number_of(wanted))], grace_s=0 if wanted == "KILL" else 0.1)
            endings += [(record, 0)] if record else []
            self._supervisor.tell_to_stop(name)
        longest = max((launch.get("stop_grace_s", 10.0) for launch in found.values()), default=0.0)
        os_processes.end_all(endings, grace_s=longest if grace_s is None else grace_s)
        for name in names:
            self._supervisor.forget(name, timeout_s=KILL_TIMEOUT_S)
            if found[name].get("sockets"):
                self.doors.forget(name)
            remove_tree(self.layout.replica(name))

    def run_once(self, service: Service, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a command in the service's image and environment; 124 when it did not end in time."""
        self.layout.make()
        return jobs.run_job(self.layout, service, command, timeout_s=timeout_s)

    def is_healthy(self, service: Service, replica: Replica) -> bool:
        """Run the service's health check once, against this replica."""
        launch = read_launch(self.layout.replica(replica.name))
        if launch is None or service.name != replica.service:
            return False
        if not launch["healthcheck"]:
            return self._find(replica.name).state == "running"
        return jobs.run_health_check(launch, timeout_s=HEALTH_TIMEOUT_S)

    def address(self, replica: Replica) -> str:
        """Return `host:port`; the engine and Traefik reach it alike."""
        return f"127.0.0.1:{replica.port}"

    def server(self, replica: Replica) -> str:
        """Return the same address: a replica keeps its port."""
        return self.address(replica)

    def edge_url(self, edge: Edge) -> str:
        """Return the internal address of the Traefik with visitors; one of before had a fixed one."""
        return self.doors.url(self.doors.serving()) or edge.api_url

    def logs(self, name: str, *, lines: int) -> Iterator[str]:
        """Yield the last lines that a replica wrote."""
        yield from logs.last_lines(self.layout.logs / f"{name}.log", lines)

    def read_lines(self, query: LogQuery) -> Iterator[Line]:
        """Yield log lines in the order of time, also those of replicas that are gone."""
        return logs.read_logs(self.layout.root, query)

    def listeners(self) -> None:
        """Leave it to the operator's side: it is on the same machine and can ask on every system."""

    def static_config(self) -> str:
        """Return the file that Traefik was started with, from its scratch folder."""
        found = self.layout.replica(self.doors.serving() or "none") / "traefik.yml"
        return found.read_text(encoding="utf-8") if found.exists() else ""

    def memory_mib(self) -> dict[str, float]:
        """Return the resident memory of each replica that runs, by name, in MiB."""
        processes = os_processes.table()
        return {
            replica.name: round(os_processes.memory_mib(replica.pid, processes), 1)
            for replica in self.observe()
            if replica.pid in processes
        }

    def join(self, release: Release) -> bool:
        """Have no networks."""
        del release
        return False

    leave = join

    def write_routes(self, files: dict[str, str]) -> None:
        """Put these files in the folder of each Traefik, each by rename, and remove any other."""
        with disk("writing the routes"):
            make_private(self.layout.routes)
            for folder in (self.layout.routes, *self.doors.folders()):
                write_routes(folder, only_this_host(()) | files)

    def prune(self, *, keep_images: set[str]) -> tuple[str, ...]:
        """Remove images that no kept release and no replica needs, and environments that are old and unused."""
        running = list(launches(self.layout))
        keep = keep_images | {launch["image_id"] for launch in running}
        envs = images.environments_of(self.layout, keep) | {launch["env_id"] for launch in running}
        with disk("removing what is no longer needed"):
            removed = images.prune_images(self.layout, keep)
            prune_environments(self.layout, envs | {self._supervisor.env_id})
            logs.prune_logs(self.layout.logs, keep={launch["name"] for launch in running})
        return removed

    def down(self, *, volumes: bool) -> None:
        """Stop everything, what depends on others first; with `volumes`, delete the data too."""
        with disk("stopping the stack"):
            self.layout.make()
            jobs.end_abandoned(self.layout)
            if not self._supervisor.is_running():
                self._supervisor.end_unheard(timeout_s=STRAY_TIMEOUT_S)
                self._end_orphans()
            for wave in waves(list(launches(self.layout))):
                self._stop_all(wave)
            self._supervisor.shut_down(timeout_s=20)
            if volumes:
                data_folder.remove_data(self.layout.data)


def _refused(name: str, fault: xmlrpc.client.Fault) -> EngineError:
    return EngineError(
        f"{name} could not be started",
        why=f"the supervisor says: {fault.faultString}",
        fix="run the same command again",
    )

"""A command that runs once: in a container of its own, or in a replica that lives."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.engine.compose import docker_cli
from ops.engine.compose.containers import Container, Containers, name_of
from ops.engine.compose.descriptions import JOB, OWNER, PROJECT, describe_job
from ops.engine.compose.docker_api import DockerApi, DockerRefusedError, frames
from ops.engine.compose.folders import Folders, write_description
from ops.engine.compose.owner import is_alive, this_process
from ops.engine.errors import EngineError
from ops.engine.model import Service

TIMED_OUT = 124  # what timeout(1) says
NOT_FOUND = 127  # what a shell says
KILLED = 137  # what timeout(1) says when SIGTERM was not enough
BEING_MADE_S = 60.0  # the folder of a job comes before its container
SPARE_S = 10.0  # for the Engine itself, beyond the time of the command


class Jobs:
    """Commands that run once."""

    def __init__(self, api: DockerApi, containers: Containers, folders: Folders) -> None:
        self._api = api
        self._containers = containers
        self._folders = folders

    def run(
        self,
        service: Service,
        command: tuple[str, ...],
        *,
        project: Mapping[str, Any],
        timeout_s: float,
        is_published: bool = False,
    ) -> tuple[int, str]:
        """Run a command in a fresh container of the service; 124 when it did not end in time.

        It has the service's ports, if there are any, where it `is_published`.
        """
        name = f"{PROJECT}-job-{service.name}-{secrets.token_hex(4)}"
        folder = self._folders.jobs / name
        folder.mkdir(mode=0o700, parents=True)
        try:
            self._create(service, command, name=name, folder=folder, project=project, is_published=is_published)
            return self._start_and_wait(name, timeout_s=timeout_s)
        finally:
            self._containers.remove(name)
            shutil.rmtree(folder, ignore_errors=True)

    def make_networks(self, service: Service, *, project: Mapping[str, Any]) -> None:
        """Have Compose make the networks of a service, by a container that is never started."""
        name = f"{PROJECT}-job-networks-{secrets.token_hex(4)}"
        folder = self._folders.jobs / name
        folder.mkdir(mode=0o700, parents=True)
        try:
            self._create(service, ("true",), name=name, folder=folder, project=project)
        finally:
            self._containers.remove(name)
            shutil.rmtree(folder, ignore_errors=True)

    def _create(
        self,
        service: Service,
        command: tuple[str, ...],
        *,
        name: str,
        folder: Path,
        project: Mapping[str, Any],
        is_published: bool = False,
    ) -> None:
        mounts = self._folders.render(service, folder)
        self._folders.own_data(service.container)
        described = describe_job(
            service,
            project,
            name=name,
            command=command,
            mounts=mounts,
            owner=this_process(),
            is_published=is_published,
        )
        docker_cli.compose(write_description(folder, described), "create")

    def _start_and_wait(self, name: str, *, timeout_s: float) -> tuple[int, str]:
        try:
            self._api.ask("POST", f"/containers/{name}/start")
        except DockerRefusedError as error:
            return NOT_FOUND, error.why
        try:
            ended = self._api.ask("POST", f"/containers/{name}/wait", timeout_s=timeout_s)
        except EngineError as error:
            if not isinstance(error.__cause__, TimeoutError):
                raise
            self._containers.kill(name)
            return TIMED_OUT, _overdue(self._output(name), timeout_s)
        return int(ended["StatusCode"]), self._output(name)

    def _output(self, name: str) -> str:
        with self._api.open("GET", f"/containers/{name}/logs", query={"stdout": True, "stderr": True}) as answer:
            return b"".join(frames(answer)).decode("utf-8", "replace")

    def run_in(self, container: Container, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Run a command in a container that runs; timeout(1) ends it there, since nobody can from here."""
        bounded = ["timeout", "-k", "2", f"{timeout_s:g}", *command]
        wanted = {"AttachStdout": True, "AttachStderr": True, "Cmd": bounded}
        made = self._api.ask("POST", f"/containers/{container['Id']}/exec", body=wanted)["Id"]
        start = {"Detach": False, "Tty": False}
        pieces: list[bytes] = []
        try:
            with self._api.open("POST", f"/exec/{made}/start", body=start, timeout_s=timeout_s + SPARE_S) as answer:
                pieces.extend(frames(answer))
        except DockerRefusedError as error:
            return NOT_FOUND, error.why
        code = self._api.get(f"/exec/{made}/json")["ExitCode"]
        output = b"".join(pieces).decode("utf-8", "replace")
        return (TIMED_OUT, _overdue(output, timeout_s)) if code in {TIMED_OUT, KILLED} else (int(code), output)

    def end_abandoned(self) -> None:
        """Remove the containers and folders of jobs whose engine was killed."""
        rows = self._containers.listed(JOB)
        for row in rows:
            if not is_alive(row["Labels"].get(OWNER, "")):
                self._containers.remove(name_of(row))
        kept = {name_of(row) for row in rows if is_alive(row["Labels"].get(OWNER, ""))}
        with contextlib.suppress(FileNotFoundError):
            for folder in self._folders.jobs.iterdir():
                if folder.name not in kept and time.time() - folder.stat().st_mtime > BEING_MADE_S:
                    shutil.rmtree(folder, ignore_errors=True)


def _overdue(output: str, timeout_s: float) -> str:
    return f"{output}\nit did not end within {timeout_s:g} s"

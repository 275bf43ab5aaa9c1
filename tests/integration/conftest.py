"""What do the integration tests stand on: the real binaries, and a stack deployed from a copy of the checkout?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ops.engine.processes.environments import build_environment
from ops.release.git import environment_id
from tests.integration.front_end.front_end_site import built  # noqa: F401 - a fixture
from tests.integration.migrations.migrating_fixtures import trial  # noqa: F401 - a fixture
from tests.integration.services.apart_fixtures import apart, apart_api  # noqa: F401 - fixtures
from tests.integration.services.services_fixtures import api, django_web, services, worker  # noqa: F401 - fixtures
from tests.integration.stack.journey_club import club  # noqa: F401 - a fixture
from tests.integration.stack.journey_fixtures import town  # noqa: F401 - a fixture
from tests.once import one_at_a_time
from tests.ports import first_of_block
from tests.stack import ODD_FOLDER, ROOT, Stack, copy_checkout

PATIENCE_MS = 15_000  # how long a page may take to show something, on a machine that other workers keep busy


@pytest.fixture(scope="session", autouse=True)
def _patient_browsers() -> None:
    expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session", autouse=True)
def _replica_ports() -> Iterator[None]:
    """Let engines that tests start without settings take replica ports that no other worker's engines take."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_REPLICA_PORT_FIRST", str(first_of_block()))
        yield


@pytest.fixture(scope="session")
def cache_dir() -> Path:
    """Return the folder where environments are built once, for every test and for this checkout's own stack."""
    return Path(os.environ.get("SLIPWAY_CACHE_DIR") or ROOT / ".local" / "cache")


@pytest.fixture(scope="session")
def local_env(cache_dir: Path) -> Path:
    """Return the virtual environment that holds Traefik, PostgreSQL, Valkey, nginx, Node and supervisor."""
    env_id = environment_id(ROOT, "local")
    return build_environment(cache_dir, env="local", env_id=env_id, source_dir=ROOT, say=lambda _: None)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Iterator[Stack]:
    """Return a stack that is deployed and verified; it is taken down with its data when the session ends.

    Its folder has a name that no program may mind.
    """
    copy = copy_checkout(tmp_path_factory.mktemp("stack") / ODD_FOLDER / "checkout", cache_dir=cache_dir)
    with one_at_a_time("first-deploy"):
        done = copy.invoke("deploy", "--target", "local", timeout_s=600)
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        yield copy
    finally:
        gone = copy.invoke("down", "--target", "local", "--volumes", "--yes")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert not (copy.state / "supervisor" / "supervisord.pid").exists()  # it takes its file away when it ends

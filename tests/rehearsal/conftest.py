"""What do the rehearsal's tests share? One world for the session, and droplets that are gone after each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.cloud import Rule
from rehearsal.droplet.machine import Machine, start_machine
from rehearsal.world import World
from tests.components import ENGINE
from tests.rehearsal.compose.engine_host import EngineHost
from tests.rehearsal.droplet.droplet_fixtures import engine_host  # noqa: F401 - a fixture
from tests.rehearsal.droplet.droplet_stack import Rehearsed, first_deploy
from tests.rehearsal.remote.remote_fixtures import host, place, prepared, slow_engine  # noqa: F401 - fixtures

HERE = Path(__file__).parent
CERTIFICATE_HOURS = 2160
NewDroplet = Callable[..., Machine]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test here: each needs an engine."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session")
def engine() -> None:
    """Stand on the Docker Engine: without one a test is skipped before it comes here."""
    assert ENGINE.path


@pytest.fixture(scope="session")
def world(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:  # noqa: ARG001 - its skip counts
    """Hold a cloud, its name server, an ACME server and a network up for the whole session."""
    with World(tmp_path_factory.mktemp("world"), certificate_hours=CERTIFICATE_HOURS) as opened:
        yield opened


@pytest.fixture(scope="session")
def deployed(world: World, tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    """Return a checkout and the droplet that one `invoke deploy` made of nothing; tests leave it serving."""
    return first_deploy(tmp_path_factory.mktemp("deployed"), world, HTTP3="true")


@pytest.fixture(scope="session")
def second(engine: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:  # noqa: ARG001 - its skip counts
    """Return a checkout and its droplet in a world of their own, for tests that may run beside those of the first.

    Its image holds Docker's packages already, and Flower runs, so that every service of the stack is there.
    """
    folder = tmp_path_factory.mktemp("second")
    with World(folder / "world", certificate_hours=CERTIFICATE_HOURS, engine_there=True) as opened:
        yield first_deploy(folder, opened, EXPOSE_FLOWER="true", OPERATOR_NETWORKS=opened.parts.network.gateway)


@pytest.fixture(scope="session")
def real_host(second: Rehearsed) -> EngineHost:
    """Return that droplet as the engine's tests look at it."""
    return EngineHost(second.machine)


@pytest.fixture
def new_droplet(world: World) -> Iterator[NewDroplet]:
    """Make droplets without the cloud: `new_droplet(name, user_data="", rules=None)`; each boots for some seconds."""
    made: list[Machine] = []
    public_key = world.ssh_key.with_suffix(".pub").read_text(encoding="utf-8").strip()

    def make(name: str = "plain", user_data: str = "", rules: tuple[Rule, ...] | None = None) -> Machine:
        network, owner = world.parts.network, world.owner
        keys = (public_key,)
        machine = start_machine(name, network=network, owner=owner, public_keys=keys, user_data=user_data, rules=rules)
        made.append(machine)
        return machine

    yield make
    for machine in made:
        machine.delete()

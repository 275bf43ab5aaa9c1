"""Does the old release go on serving when a new one is broken, and does the next deploy put everything right?"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.instants import some_of
from tests.rehearsal.droplet.droplet_stack import Rehearsed, Visitor, running_deploy, wait_for_step

pytestmark = pytest.mark.engine
API_HEALTH = "    healthcheck: {<<: *healthcheck, test: [CMD, python, -m, api.shared.healthcheck]}\n    tmpfs: [/tmp]\n"


@pytest.fixture
def broken(second: Rehearsed) -> Iterator[Rehearsed]:
    """Return the second checkout, for one fault: whatever is changed in its files is put back."""
    git = ("git", "-C", str(second.root))
    subprocess.run((*git, "add", "-A"), check=True)
    subprocess.run(
        (*git, "-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "before", "--allow-empty"), check=True
    )
    before = {name: one["Id"] for name, one in second.containers().items()}
    yield second
    subprocess.run((*git, "checkout", "-q", "."), check=True)
    assert second.ask("/api/health").json()["status"] == "healthy"
    assert {name: one["Id"] for name, one in second.containers().items()} == before


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def fails(stack: Rehearsed, *words: str, code: int, outcome: str, why: str) -> str:
    """Update, expecting a failure; return what it said. No visitor may notice."""
    with Visitor(stack) as visitor:
        done = stack.invoke("update", *words, timeout_s=300)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert re.search(why, said), said
    assert "Traceback" not in said
    assert re.search(r"fix: +\S+", said), said
    assert stack.report()["outcome"] == outcome
    assert visitor.failures == []
    return said


@pytest.mark.req("A-13", "B-02")
def test_a_build_that_fails_shows_its_last_words(broken: Rehearsed) -> None:
    dockerfile = broken.root / "api" / "Dockerfile"
    dockerfile.write_text(
        dockerfile.read_text(encoding="utf-8") + "RUN echo the-last-words && false\n", encoding="utf-8"
    )
    said = fails(broken, code=7, outcome="rolled_back", why="could not be built")
    assert "the-last-words" in said


@pytest.mark.req("B-02", "A-19")
@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("raise SystemExit('the-last-words')\n", "the-last-words"),
        ("import time\ntime.sleep(600)\n", "did not become ready"),
    ],
    ids=["crashes", "hangs"],
)
def test_a_container_that_never_gets_healthy_is_taken_back(broken: Rehearsed, fault: str, why: str) -> None:
    edit(
        broken.root / "docker-compose.yml",
        API_HEALTH,
        API_HEALTH.replace("test: [CMD", "start_period: 6s, test: [CMD"),
    )
    main = broken.root / "api" / "main.py"
    main.write_text(main.read_text(encoding="utf-8") + fault, encoding="utf-8")
    fails(broken, code=8, outcome="rolled_back", why=why)
    assert [name for name in broken.containers() if name.startswith("api-")] == list(broken.running("api"))


@pytest.mark.req("B-02")
def test_routes_that_traefik_refuses_are_taken_back(broken: Rehearsed) -> None:
    edit(
        broken.root / "traefik" / "dynamic" / "public.yml",
        "middlewares: [security-headers, rate",
        "middlewares: [nobody, rate",
    )
    fails(broken, code=8, outcome="rolled_back", why="Traefik did not take over")


@pytest.mark.req("B-02")
def test_a_traefik_that_does_not_start_never_gets_a_visitor(broken: Rehearsed) -> None:
    edit(broken.root / "traefik" / "traefik.yml.template", 'address: "${HTTP_ADDRESS}"', 'address: "nowhere:at:all"')
    fails(broken, code=8, outcome="rolled_back", why="traefik did not become ready")


@pytest.mark.req("B-02")
def test_a_disk_that_fills_up_during_the_build_stops_the_release_and_nothing_else(broken: Rehearsed) -> None:
    place = "/var/lib/slipway/contexts"
    broken.change_api("x" * 200_000)
    broken.machine.run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place)
    try:
        fails(broken, code=6, outcome="rolled_back", why="disk is full")
    finally:
        broken.machine.run("umount", place)


def test_two_operators_at_once_are_told_apart_and_one_goes_first(second: Rehearsed) -> None:
    last = second.folder()
    second.change_api("the first operator")
    with running_deploy(second) as first:
        wait_for_step(second, "build", after=last)
        other = second.invoke("deploy", "--lock-wait", "0", timeout_s=120)
        said = other.stdout + other.stderr
        assert other.returncode in {6, 8}, said
        assert re.search(r"another (run|deploy)", said), said
        first.wait(120)
    assert first.returncode == 0
    assert second.ask("/api/health").status_code == 200


STEPS = ("cloud", "connect", "ship", "build", "start", "gate", "switch", "drain", "stop", "verify")


@pytest.mark.req("B-01")
@pytest.mark.parametrize("step", some_of(STEPS, 2))
def test_an_operator_who_is_killed_types_the_same_command_again(second: Rehearsed, step: str) -> None:
    last = second.folder()
    second.change_api(f"killed in {step}")
    with Visitor(second) as visitor:
        with running_deploy(second) as process:
            wait_for_step(second, step, after=last)
            process.kill()
        done = second.deploy("--lock-wait", "60")
    assert done.returncode == 0, done.stdout + done.stderr
    assert visitor.failures == []
    assert len(second.running("api")) == 1
    assert second.report()["outcome"] == "success"

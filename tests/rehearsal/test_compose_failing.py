"""How soon is a container that fails out of Traefik's rotation, and is it back when it is well?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.rehearsal.compose_fixtures import small_release
from tests.rehearsal.engine_host import EngineHost
from tests.rehearsal.load import Load, load_on, wait_for

OUT_WITHIN_S = 10.0
BACK_WITHIN_S = 30.0
Fault = tuple[str, Callable[[], object], Callable[[], object]]


@pytest.mark.req("B-07")
def test_a_container_that_is_sick_hangs_or_is_killed_is_out_of_rotation_soon_and_comes_back(
    engine_host: EngineHost,
) -> None:
    engine_host.deploy(small_release("one"))
    name = min(name for name in engine_host.status() if name.startswith("web-"))
    faults: list[Fault] = [
        ("503 on /ready", lambda: on(engine_host, name, "touch"), lambda: on(engine_host, name, "rm")),
        ("paused", lambda: engine_host.docker("pause", name), lambda: engine_host.docker("unpause", name)),
        ("killed", lambda: kill(engine_host, name), lambda: None),
    ]
    wait_for("both replicas", lambda: in_rotation(engine_host) == 2)
    for what, begin, end in faults:
        with load_on(engine_host.machine.address, "/") as load:
            begin()
            out_s = seconds_until(f"out: {what}", lambda: in_rotation(engine_host) == 1, timeout_s=OUT_WITHIN_S)
            seen = load.answers["one"]
            wait_for("answers of the other replica", partial(has_more, load, than=seen + 20))
            end()
            back_s = seconds_until(f"back: {what}", lambda: in_rotation(engine_host) == 2, timeout_s=BACK_WITHIN_S)
        print(f"{what}: out after {out_s:.1f} s, back after {back_s:.1f} s")  # noqa: T201 - a measurement
    assert engine_host.status()[name]["healthy"]


def has_more(load: Load, *, than: int) -> bool:
    return load.answers["one"] > than


def on(host: EngineHost, name: str, word: str) -> None:
    """Make a container sick by a file, or well again."""
    host.docker("exec", name, word, "/tmp/sick")  # noqa: S108 - a tmpfs of the container


def kill(host: EngineHost, name: str) -> None:
    """End a container's program as the kernel does when there is no memory: Docker did not ask for it."""
    host.run("kill", "-9", host.docker("inspect", "--format", "{{.State.Pid}}", name).strip())


def in_rotation(host: EngineHost) -> int:
    """Return how many replicas Traefik sends requests to."""
    containers = [row for row in host.inspect() if row["Name"].startswith("/traefik-")]
    address = next(one["IPAddress"] for row in containers for one in row["NetworkSettings"]["Networks"].values())
    url = f"http://{address}:8081/api/http/services/web@file"
    answer = host.run("python3", "-c", f"import urllib.request as r; print(r.urlopen('{url}').read().decode())")
    status = json.loads(answer).get("serverStatus", {})
    return list(status.values()).count("UP")


def seconds_until(what: str, is_so: Callable[[], bool], *, timeout_s: float) -> float:
    """Wait for something; return how long it took."""
    began = time.monotonic()
    wait_for(what, is_so, timeout_s=timeout_s)
    return time.monotonic() - began

"""How soon is a container that fails out of Traefik's rotation, and is it back when it is well?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import partial

import pytest

from ops.commands.status import in_words
from tests.rehearsal.compose.compose_fixtures import small_release
from tests.rehearsal.compose.engine_host import EngineHost
from tests.rehearsal.load import Load, load_on, wait_for

OUT_WITHIN_S = 10.0
BACK_WITHIN_S = 30.0
Fault = tuple[str, Callable[[], object], Callable[[], object]]


@pytest.mark.req("B-07")
def test_a_container_that_is_sick_or_hangs_is_out_of_rotation_soon_and_comes_back(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    name = web(engine_host)
    faults: list[Fault] = [
        ("503 on /ready", lambda: on(engine_host, name, "touch"), lambda: on(engine_host, name, "rm")),
        ("paused", lambda: engine_host.docker("pause", name), lambda: engine_host.docker("unpause", name)),
    ]
    wait_for("both replicas", lambda: in_rotation(engine_host) == 2)
    for what, begin, end in faults:
        begin()
        out_s = seconds_until(f"out: {what}", lambda: in_rotation(engine_host) == 1, timeout_s=OUT_WITHIN_S)
        with load_on(engine_host.machine.address, "/") as load:
            wait_for("answers of the other replica", partial(has_more, load, than=20))
        end()
        back_s = seconds_until(f"back: {what}", lambda: in_rotation(engine_host) == 2, timeout_s=OUT_WITHIN_S)
        print(f"{what}: out after {out_s:.1f} s, back after {back_s:.1f} s")  # noqa: T201 - a measurement
        assert load.failures == []


@pytest.mark.req("B-07")
def test_a_container_that_is_killed_comes_back(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    name = web(engine_host)
    before = pid(engine_host, name)
    engine_host.run("kill", "-9", before)  # as the kernel does without memory: nobody asked Docker for it
    back_s = seconds_until(
        "the container and its place in the rotation",
        lambda: pid(engine_host, name) not in {"0", before} and in_rotation(engine_host) == 2,
        timeout_s=BACK_WITHIN_S,
    )
    print(f"killed: back after {back_s:.1f} s")  # noqa: T201 - a measurement
    wait_for("the site", lambda: engine_host.serving() == "one", timeout_s=5)


def test_the_status_says_how_each_container_is_and_what_it_wrote_last(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    paused, ended = sorted(name for name in engine_host.status() if name.startswith("web-"))
    engine_host.docker("pause", paused)
    engine_host.docker("kill", ended)
    try:
        seen = engine_host.status()
        told = {name: [seen[name][key] for key in ("state", "condition", "exit_code")] for name in (paused, ended)}
        assert told == {paused: ["stopped", "paused", None], ended: ["failed", "exited", 137]}
        assert [in_words(seen[name]) for name in (paused, ended)] == ["paused", "ended (exit code 137)"]
        assert seen[ended]["last_line"]
        engine_host.docker("rm", ended)
        assert in_words(engine_host.status()[ended]) == "not there"
    finally:
        engine_host.docker("unpause", paused)
        engine_host.deploy(small_release("one"))
    assert {in_words(row) for row in engine_host.status().values()} == {"healthy"}


def web(host: EngineHost) -> str:
    return min(name for name in host.status() if name.startswith("web-"))


def pid(host: EngineHost, name: str) -> str:
    """Return the id of a container's first process on the host, `0` while there is none."""
    return host.docker("inspect", "--format", "{{.State.Pid}}", name).strip()


def has_more(load: Load, *, than: int) -> bool:
    return load.answers["one"] > than


def on(host: EngineHost, name: str, word: str) -> None:
    """Make a container sick by a file, or well again."""
    host.docker("exec", name, word, "/tmp/sick")  # noqa: S108 - a tmpfs of the container


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

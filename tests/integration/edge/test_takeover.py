"""Does one Traefik take over from another without a visitor noticing?"""

from __future__ import annotations

import contextlib
import functools
import http.client
import itertools
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.instants import some_of
from tests.integration.edge.edge_fixtures import wait_for
from tests.integration.edge.takeover_fixtures import EdgeStack, visitors

WORDS = ("starting traefik", "gets the visitors", "stopping traefik")
CUTS = some_of(tuple(itertools.product((signal.SIGTERM, signal.SIGKILL), WORDS)), 2)


@pytest.fixture(scope="module")
def edge_stack(tmp_path_factory: pytest.TempPathFactory, local_env: Path, cache_dir: Path) -> Iterator[EdgeStack]:
    """Return a stack whose first Traefik serves; it is taken down when the module ends."""
    made = EdgeStack(folder=tmp_path_factory.mktemp("takeover"), env_id=local_env.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLIPWAY_CACHE_DIR", str(cache_dir))
        made.prepare()
        try:
            code, journal = made.deploy(made.edge_release(1))
            assert code == 0, journal
            yield made
        finally:
            gone = made.engine("down", "--volumes")
        assert gone.returncode == 0, gone.stderr


@pytest.fixture
def serving(edge_stack: EdgeStack) -> EdgeStack:
    """Return the stack with one Traefik, whatever the test before left."""
    edge_stack.restore_template()
    code, journal = edge_stack.deploy(edge_stack.edge_release(1))
    assert code == 0, journal
    assert len(edge_stack.edges()) == 1
    return edge_stack


@pytest.mark.req("B-01", "D-12")
def test_image_and_static_file_are_exchanged_and_no_request_fails(serving: EdgeStack) -> None:
    before = serving.edges()
    with visitors(serving) as seen:
        for number in (2, 3):
            serving.change_template(f"exchange {number}")  # and with the file the image's name
            code, journal = serving.deploy(serving.edge_release(number))
            assert code == 0, journal
    after = serving.edges()
    assert seen.failures == []
    assert set(seen.answered) == {"fresh", "kept", "http/2"}
    assert (len(before), len(after)) == (1, 1)
    assert before[0]["pid"] != after[0]["pid"]


@pytest.mark.req("B-01", "D-12")
def test_the_way_back_is_as_quiet(serving: EdgeStack) -> None:
    serving.change_template("another one")
    assert serving.deploy(serving.edge_release(2))[0] == 0
    serving.runs += 1
    with visitors(serving) as seen:
        done = serving.engine("rollback", "--run-id", f"run-{serving.runs}")
    assert done.returncode == 0, done.stdout
    assert seen.failures == []
    assert len(serving.edges()) == 1


@pytest.mark.req("B-01", "B-02")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"command": ("traefik", "--configFile={scratch}/traefik.yml", "--unknown")}, "traefik did not become ready"),
        ({"TLS_CERT_PATH": "/nowhere.pem"}, "the new Traefik does not answer as the old one does"),
        ({"WEBSITE_DOMAIN": "elsewhere.localhost"}, "the new Traefik does not answer as the old one does"),
    ],
    ids=["does not start", "has no certificate", "answers 404"],
)
def test_a_new_one_that_is_not_well_never_gets_a_visitor(serving: EdgeStack, changes: dict[str, Any], why: str) -> None:
    before = serving.edges()
    with visitors(serving) as seen:
        code, journal = serving.deploy(serving.edge_release(4, **changes))
    assert (code, journal[-1]["outcome"], journal[-1]["error"]["what"]) == (8, "rolled_back", why)
    assert seen.failures == []
    assert [row["pid"] for row in serving.edges()] == [row["pid"] for row in before]


@pytest.mark.req("B-01")
@pytest.mark.parametrize(("number", "word"), CUTS)
def test_a_run_that_is_cut_leaves_one_that_serves_and_the_next_run_leaves_one_alone(
    serving: EdgeStack, number: signal.Signals, word: str
) -> None:
    with visitors(serving) as seen:
        words = serving.deploy_words(serving.edge_release(5))
        with subprocess.Popen(serving.command(*words), stdout=subprocess.PIPE, text=True) as engine:
            assert engine.stdout is not None
            for line in engine.stdout:
                if word in line:
                    os.kill(engine.pid, number)
                    break
            engine.stdout.read()
        code, journal = serving.deploy(serving.edge_release(5))
        assert code == 0, journal
    assert seen.failures == []
    assert [row["state"] for row in serving.edges()] == ["running"]


@pytest.mark.req("B-01")
def test_a_holder_that_is_killed_is_felt_by_nobody_and_the_next_two_exchanges_neither(serving: EdgeStack) -> None:
    with visitors(serving) as seen:
        for number in (6, 7, 8):
            holder = serving.holder()
            if number == 6:
                os.kill(holder, signal.SIGKILL)
                wait_for("the holder to be back", functools.partial(has_another_holder, serving, holder))
            code, journal = serving.deploy(serving.edge_release(number))
            assert code == 0, journal
    assert seen.failures == []
    assert len(serving.edges()) == 1


@pytest.mark.req("B-01")
def test_nobody_is_refused_while_a_killed_traefik_starts_again(serving: EdgeStack) -> None:
    before = serving.edges()[0]["pid"]
    os.kill(before, signal.SIGKILL)
    with socket.create_connection(("127.0.0.1", serving.https_port), timeout=5):
        pass  # the doors are open, whoever stands behind them
    wait_for("it to serve again", lambda: is_served(serving), timeout_s=60)
    assert serving.edges()[0]["pid"] != before


def has_another_holder(stack: EdgeStack, before: int) -> bool:
    return stack.holder() not in {0, before}


def is_served(stack: EdgeStack) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return stack.home_page() == http.client.OK
    return False


@pytest.mark.req("D-12")
def test_a_traefik_of_before_which_listens_for_itself_moves_over_once_and_only_when_that_is_allowed(
    tmp_path: Path, local_env: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLIPWAY_CACHE_DIR", str(cache_dir))
    made = EdgeStack(folder=tmp_path, env_id=local_env.name)
    made.prepare()
    try:
        code, journal = made.deploy(made.edge_release_of_before())
        assert code == 0, journal
        code, journal = made.deploy(made.edge_release(2))
        assert (code, "cannot run twice" in journal[-1]["error"]["what"]) == (4, True)
        for allowed, number in ((True, 2), (False, 3)):
            words = made.deploy_words(made.edge_release(number))
            done = made.engine(*words, *(["--allow-interruption"] if allowed else []))
            assert done.returncode == 0, done.stdout
            assert made.home_page() == http.client.OK
    finally:
        made.engine("down", "--volumes")


def test_a_port_that_somebody_else_has_is_named_with_the_setting(serving: EdgeStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        release = serving.edge_release(9, sockets={"websecure": f"127.0.0.1:{port}"})
        code, journal = serving.deploy(release)
    assert code == 4
    assert journal[-1]["error"]["what"] == f"port {port} is taken, traefik cannot listen on it"
    assert journal[-1]["error"]["fix"] == "set another LOCAL_HTTPS_PORT in .env, or end that program"
    assert serving.home_page() == http.client.OK

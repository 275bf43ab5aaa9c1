"""Small releases through the real Docker Engine, Compose and Traefik of a droplet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.engine.host.state import KEPT
from tests.rehearsal.compose.compose_fixtures import RECIPE, ROOT, SECRET, small_release
from tests.rehearsal.compose.engine_host import EngineHost, outcome
from tests.rehearsal.load import load_on, wait_for


@pytest.fixture(scope="module", autouse=True)
def _nothing_of_other_files(engine_host: EngineHost) -> None:
    engine_host.engine("down", "--volumes")


@pytest.mark.req("A-19")
def test_a_release_is_built_started_gated_and_served(engine_host: EngineHost) -> None:
    journal = engine_host.deploy(small_release("one"))
    assert (outcome(journal)["outcome"], outcome(journal)["error"]) == ("success", None)
    assert engine_host.get() == (200, {"version": "one", "in_flight": 1, "secret": SECRET})
    assert {row["state"] for row in engine_host.status().values()} == {"running"}
    assert {row["healthy"] for row in engine_host.status().values()} == {True}
    job = next(entry for entry in journal if entry["event"] == "job")
    assert (job["exit_code"], job["output"]) == (0, "10001\none\n")


@pytest.mark.req("A-28")
def test_the_same_release_again_changes_nothing(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    before = [row["Id"] for row in engine_host.inspect()]
    journal = engine_host.deploy(small_release("one"))
    assert (outcome(journal)["outcome"], outcome(journal)["changed"]) == ("success", [])
    assert [row["Id"] for row in engine_host.inspect()] == before


@pytest.mark.req("B-01", "B-05")
def test_a_rolling_update_drops_no_request(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    with load_on(engine_host.machine.address, "/", "/", "/", "/slow", "/slow") as load:
        wait_for("answers of the old version", lambda: load.answers["one"] > 20)
        journals = [engine_host.deploy(small_release(version)) for version in ("two", "three")]
        wait_for("answers of the new version", lambda: load.answers["three"] > 20)
    assert [outcome(journal)["outcome"] for journal in journals] == ["success", "success"]
    assert load.failures == []
    assert load.answers["two"] > 0


@pytest.mark.req("B-01", "D-12")
def test_a_new_worker_is_healthy_before_the_old_one_is_stopped_and_before_the_switch(engine_host: EngineHost) -> None:
    (old,) = small_release("one").release.service("worker").replica_names
    (new,) = small_release("two").release.service("worker").replica_names
    engine_host.deploy(small_release("one"))
    journal = engine_host.deploy(small_release("two"))
    said = [str(entry.get("text", entry.get("step", ""))) for entry in journal if "finished" not in entry["event"]]
    words = (f"starting {new}", f"{new} is ready", f"stopping {old}", "switch")
    places = [next(i for i, text in enumerate(said) if text.startswith(word)) for word in words]
    assert places == sorted(places)
    assert {row["state"] for row in engine_host.status().values()} == {"running"}


@pytest.mark.req("A-19", "B-02")
def test_a_release_that_never_becomes_ready_is_undone_while_the_old_one_serves(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    with load_on(engine_host.machine.address, "/") as load:
        end = outcome(engine_host.deploy(small_release("sick", broken="/ready")))
    assert end["outcome"] == "rolled_back"
    assert end["error"]["what"] == "web did not become ready"
    assert "/ready answered 503" in end["error"]["why"]
    assert set(load.answers) == {"one"}
    assert load.failures == []
    assert {row["state"] for row in engine_host.status().values()} == {"running"}


@pytest.mark.req("B-02", "A-12")
def test_a_container_that_ends_is_not_waited_for_and_its_last_words_keep_no_secret(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    small = small_release("mute", broken="settings")
    patient = [replace(one, start_timeout_s=60) if one.route else one for one in small.release.services]
    journal = engine_host.deploy(replace(small, release=replace(small.release, services=tuple(patient))))
    error = outcome(journal)["error"]
    assert outcome(journal)["outcome"] == "rolled_back"
    assert "its process ended" in error["why"]  # with exit code 1, or was started again by the time that we look
    assert "cannot start with [redacted:SECRET]" in error["why"]
    (gate,) = [entry for entry in journal if entry["event"] == "step_finished" and entry["step"] == "gate"]
    assert gate["seconds"] < 60, "else it was waited for to the end"


@pytest.mark.req("B-02")
def test_a_build_that_fails_says_why_and_touches_nothing(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    before = [row["Id"] for row in engine_host.inspect()]
    end = outcome(engine_host.deploy(small_release("bad", recipe=RECIPE + "RUN echo no such thing >&2; exit 3\n")))
    assert end["outcome"] == "rolled_back"
    assert end["error"]["family"] == "build"
    assert end["error"]["what"] == "tests/Dockerfile could not be built"
    assert "no such thing" in end["error"]["why"]
    assert [row["Id"] for row in engine_host.inspect()] == before


def test_a_base_image_that_no_registry_has_is_named(engine_host: EngineHost) -> None:
    engine_host.deploy(small_release("one"))
    end = outcome(engine_host.deploy(small_release("pulled", edge="traefik:no-such-tag")))
    assert end["error"]["what"] == "traefik:no-such-tag could not be pulled"
    assert end["error"]["family"] == "build"


def test_images_and_folders_that_no_kept_release_needs_are_gone(engine_host: EngineHost) -> None:
    made = [small_release(version) for version in ("four", "five", "six", "seven", "eight")]
    for small in made:
        engine_host.deploy(small)
    tags = engine_host.docker("images", "slipway/small", "--format", "{{.Tag}}").split()
    kept = {small.release.service("web").image.id.removeprefix("small-") for small in made[-1 - KEPT :]}
    assert set(tags) == kept
    assert set(engine_host.run("ls", f"{ROOT}/replicas").split()) == set(engine_host.status())

"""Does a release hold exactly what the checkout and the settings say, and change when they do?"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops.engine.model import Release, release_from_json, release_to_json
from ops.errors import SettingsError, UsageError
from ops.release.build import local_release
from ops.release.compose_file import read_compose
from ops.release.git import environment_id
from ops.release.sources import source_files
from tests.stack import copy_checkout

SETTINGS = {
    "RELEASE_WATCH_SECONDS": "1",
    "ENVIRONMENT": "development",
    "DATABASE_HOLD_SECONDS": "10",
    "LOG_LEVEL": "INFO",
    "WEBSITE_DOMAIN": "slipway.localhost",
    "POSTGRES_USER": "slipway",
    "POSTGRES_DB": "slipway",
    "POSTGRES_PASSWORD": "pa$$word",
    "REDIS_PASSWORD": "red",
    "STATIC_ROOT": "/data/static",
    "MEDIA_ROOT": "/data/media",
    "LOCAL_HTTPS_PORT": "8443",
    "LOCAL_HTTP_PORT": "8080",
    "LOCAL_INTERNAL_PORT": "8081",
    "LOCAL_POSTGRES_PORT": "15432",
    "LOCAL_REDIS_PORT": "16379",
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    return copy_checkout(folder / "checkout", cache_dir=folder / "cache").root


def released(checkout: Path, **changed: str) -> Release:
    return local_release(checkout, {**SETTINGS, **changed}, release_id="r1")


def fingerprints(release: Release) -> dict[str, str]:
    return {service.name: service.fingerprint for service in release.services}


def differing(one: Release, other: Release) -> set[str]:
    before, after = fingerprints(one), fingerprints(other)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.req("A-19")
def test_every_service_of_the_compose_file_is_in_the_release_with_a_health_check(checkout: Path) -> None:
    release = released(checkout)
    running = {service.name for service in release.services if not service.is_job}
    assert running == {
        "api", "beat", "django", "nginx-static", "postgres", "react-app", "redis", "traefik", "worker",
    }  # fmt: skip
    assert all(service.healthcheck for service in release.services if not service.is_job)


@pytest.mark.req("C-05")
def test_jobs_run_in_the_order_migrate_collectstatic_seed(checkout: Path) -> None:
    jobs = sorted((service.job_order, service.name) for service in released(checkout).services if service.is_job)
    assert [name for _, name in jobs] == ["migrate", "collectstatic", "seed"]


@pytest.mark.req("A-28")
def test_the_same_checkout_and_settings_give_the_same_fingerprints(checkout: Path) -> None:
    assert differing(released(checkout), released(checkout)) == set()


@pytest.mark.req("A-04")
def test_a_one_line_change_in_api_changes_the_api_alone(checkout: Path) -> None:
    before = released(checkout)
    path = checkout / "api" / "main.py"
    original = path.read_text(encoding="utf-8")
    path.write_text(original + "# changed\n", encoding="utf-8")
    after = released(checkout)
    path.write_text(original, encoding="utf-8")
    assert differing(before, after) == {"api"}


@pytest.mark.req("A-04")
def test_a_rate_limit_changes_traefik_alone(checkout: Path) -> None:
    assert differing(released(checkout), released(checkout, RATE_LIMIT_API_RPM="7")) == {"traefik"}


@pytest.mark.req("B-08")
def test_more_replicas_replace_none_of_the_running_ones(checkout: Path) -> None:
    assert differing(released(checkout), released(checkout, API_REPLICAS="3")) == set()
    assert released(checkout, API_REPLICAS="3").service("api").replicas == 3


@pytest.mark.req("B-02")
def test_a_service_may_say_how_long_it_may_take_to_be_ready_and_is_not_replaced_for_it(checkout: Path) -> None:
    before, file = released(checkout), checkout / "docker-compose.yml"
    text = file.read_text(encoding="utf-8")
    stated = text.replace("    x-route: {port: 8080", "    x-ready-within: 1m30s\n    x-route: {port: 8080", 1)
    file.write_text(stated, encoding="utf-8")
    try:
        after = released(checkout)
    finally:
        file.write_text(text, encoding="utf-8")
    assert {one.name: one.ready_within_s for one in after.services if one.ready_within_s} == {"react-app": 90}
    assert differing(before, after) == set()


@pytest.mark.req("A-03")
def test_a_dollar_in_a_password_arrives_as_it_is(checkout: Path) -> None:
    assert released(checkout).service("postgres").environment["POSTGRES_PASSWORD"] == "pa$$word"


def test_a_release_survives_the_way_to_the_engine(checkout: Path) -> None:
    release = released(checkout)
    assert release_from_json(release_to_json(release)) == release


def test_a_compose_file_that_is_refused_says_so_in_compose_own_words(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text("services: {a: {imagee: x}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="docker-compose") as refused:
        read_compose(tmp_path, {})
    assert "imagee" in refused.value.why


def test_files_that_git_ignores_or_that_only_documents_use_are_no_source(tmp_path: Path) -> None:
    subprocess.run(("git", "-C", str(tmp_path), "init", "-q"), check=True)
    (tmp_path / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (tmp_path / "a").mkdir()
    for name in ("code.py", "x.log", "Dockerfile", "README.md"):
        (tmp_path / "a" / name).write_text("text", encoding="utf-8")
    assert list(source_files(tmp_path, ["a"])) == ["a/code.py"]


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a git checkout"):
        source_files(tmp_path, ["a"])


def test_an_environment_is_named_after_its_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()
    lock = tmp_path / "requirements" / "api.txt"
    lock.write_text("a==1\n", encoding="utf-8")
    first = environment_id(tmp_path, "api")
    lock.write_text("a==2\n", encoding="utf-8")
    assert first.startswith("api-")
    assert environment_id(tmp_path, "api") != first

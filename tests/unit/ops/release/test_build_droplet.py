"""Is the release for a droplet what docker-compose.yml says, with nothing in it that has no business there?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dotenv import dotenv_values

from ops.engine.model import Release, release_from_json, release_to_json
from ops.release.build import droplet_release

ROOT = Path(__file__).resolve().parents[4]
TOKEN = "dop_v1_canary_7f3a"


def release(**changed: str) -> Release:
    example = dotenv_values(ROOT / ".env.prod.example", interpolate=False)
    stated = {key: value or "" for key, value in example.items()}
    environment = {**stated, "DIGITALOCEAN_TOKEN": TOKEN, "OPERATOR_AUTH": "", **changed}
    return droplet_release(ROOT, environment, release_id="r1", certificate=changed.get("certificate", "").encode())


@pytest.fixture(scope="module")
def usual() -> Release:
    return release()


@pytest.mark.req("C-06")
def test_what_compose_says_of_a_container_reaches_the_engine(usual: Release) -> None:
    api = usual.service("api")
    assert (api.container["read_only"], api.container["cap_drop"]) == (True, ["ALL"])
    assert api.container["healthcheck"]["test"] == ["CMD", "python", "-m", "api.shared.healthcheck"]
    assert not {"environment", "image", "build", "depends_on", "deploy"} & set(api.container)
    assert usual.project["networks"]["data"]["internal"] is True
    assert set(usual.project["volumes"]) == {"postgres_data", "redis_data", "static", "media"}
    assert release_from_json(release_to_json(usual)) == usual


@pytest.mark.req("C-06")
@pytest.mark.req("B-01")
def test_the_edge_alone_has_doors_and_they_are_the_ports_that_compose_publishes(usual: Release) -> None:
    doors = {service.name: service.sockets for service in usual.services if service.sockets}
    assert doors == {"traefik": {"80/tcp": "80", "443/tcp": "443", "443/udp": "443"}}


def test_the_production_override_gives_the_database_more_room(usual: Release) -> None:
    assert "shared_buffers=256MB" in usual.service("postgres").command
    assert int(usual.service("postgres").container["mem_limit"]) == 1024**3


@pytest.mark.req("A-04")
def test_an_image_changes_with_the_files_that_its_dockerfile_copies_and_with_no_other(usual: Release) -> None:
    files = usual.service("api").image.files
    assert {"api/Dockerfile", "requirements/api.txt", "api/main.py"} <= set(files)
    assert [path for path in files if path.startswith(("django/", "react-app/"))] == []
    assert usual.service("django").image == usual.service("migrate").image == usual.service("worker").image
    assert usual.service("postgres").image.reference == "postgres:18-trixie"


def test_the_token_of_the_cloud_is_in_no_part_of_a_release(usual: Release) -> None:
    assert TOKEN not in release_to_json(usual)


@pytest.mark.req("A-22")
def test_flower_is_part_of_a_release_only_when_it_is_asked_for(usual: Release) -> None:
    assert "flower" not in {service.name for service in usual.services}
    assert "flower" in {service.name for service in release(EXPOSE_FLOWER="true").services}


@pytest.mark.req("B-11")
def test_a_renewed_certificate_file_changes_the_routes_and_no_container(usual: Release) -> None:
    renewed = release(certificate="new")
    assert renewed.edge.dynamic_files["tls.yml"] != usual.edge.dynamic_files["tls.yml"]
    assert {s.name: s.fingerprint for s in renewed.services} == {s.name: s.fingerprint for s in usual.services}


def test_nothing_of_the_operators_machine_is_in_a_release(usual: Release) -> None:
    assert str(ROOT) not in json.dumps(usual.project) + release_to_json(usual)

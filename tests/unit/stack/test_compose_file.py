from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = (".env.example", ".env.prod.example")
CANARY = "canary-in-the-compose-file"
SECRETS = (
    "POSTGRES_PASSWORD",
    "POSTGRES_API_PASSWORD",
    "REDIS_PASSWORD",
    "DJANGO_SECRET_KEY",
    "TOKEN_SECRET_KEY",
    "DJANGO_ADMIN_PASSWORD",
)


@cache
def stack(example: str = EXAMPLES[0], *, canary: bool = False) -> dict[str, Any]:
    """Return what Compose itself makes of the file, jobs included, with an example as `.env`."""
    tool = str(Path(sys.executable).parent / "docker-compose")
    options = ("--project-directory", str(ROOT), "--env-file", str(ROOT / example), "--profile", "jobs")
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    environment |= {key: f"{CANARY}-{key}" for key in SECRETS} if canary else {}
    command = (tool, "-f", str(ROOT / "docker-compose.yml"), *options, "config")
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)  # YAML: Compose's JSON drops the x- fields
    return found


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = stack()["services"]
    return found


def offenders(*, wrong: Any) -> list[str]:
    return [name for name, service in services().items() if wrong(service)]


@pytest.mark.req("C-06")
@pytest.mark.parametrize("example", EXAMPLES)
def test_compose_accepts_the_stack_with_each_example(example: str) -> None:
    assert {"traefik", "api", "django", "worker", "beat", "react-app", "nginx-static", "postgres", "redis"} <= set(
        stack(example)["services"]
    )


@pytest.mark.req("C-04")
def test_every_service_has_a_read_only_root_file_system() -> None:
    assert offenders(wrong=lambda service: service.get("read_only") is not True) == []


@pytest.mark.req("C-04")
def test_every_service_drops_every_capability_and_gains_no_privilege() -> None:
    assert offenders(wrong=lambda service: service.get("cap_drop") != ["ALL"] or service.get("cap_add")) == []
    assert offenders(wrong=lambda service: "no-new-privileges:true" not in service.get("security_opt", [])) == []
    assert offenders(wrong=lambda service: service.get("privileged") or service.get("network_mode") == "host") == []


@pytest.mark.req("C-04")
def test_every_service_runs_as_an_ordinary_user() -> None:
    foreign = {name: service.get("user") for name, service in services().items() if "build" not in service}
    assert {name for name, user in foreign.items() if user in {None, "root", "0", "0:0"}} == set()
    assert offenders(wrong=lambda service: str(service.get("user", "")).startswith(("root", "0"))) == []
    for name, service in services().items():
        if "build" in service:
            recipe = ROOT / service["build"]["dockerfile"]
            users = [
                line.split()[1] for line in recipe.read_text(encoding="utf-8").splitlines() if line.startswith("USER ")
            ]
            assert users, f"{name}: {recipe.name} names no USER"
            assert users[-1].partition(":")[0] not in {"root", "0"}, name


@pytest.mark.req("C-06")
def test_every_service_is_bounded_in_memory_cpu_processes_and_log_size() -> None:
    assert offenders(wrong=lambda service: not (service.get("mem_limit") and service.get("cpus"))) == []
    assert offenders(wrong=lambda service: not service.get("pids_limit")) == []
    assert offenders(wrong=lambda service: not {"max-size", "max-file"} <= set(service["logging"]["options"])) == []


@pytest.mark.req("C-06")
def test_every_lasting_service_restarts_by_itself_and_no_job_does() -> None:
    assert (
        offenders(wrong=lambda service: service["restart"] != ("no" if "x-job" in service else "unless-stopped")) == []
    )


@pytest.mark.req("A-19")
def test_every_lasting_service_has_a_healthcheck() -> None:
    assert (
        offenders(wrong=lambda service: "x-job" not in service and not service.get("healthcheck", {}).get("test")) == []
    )


@pytest.mark.req("A-19")
def test_worker_and_beat_prove_their_work_by_a_heartbeat() -> None:
    for name in ("worker", "beat"):
        assert services()[name]["healthcheck"]["test"][-1] == "config.heartbeat"
        assert "HEARTBEAT_FILE" in services()[name]["environment"]


@pytest.mark.req("A-15")
def test_only_traefik_publishes_ports_and_only_80_and_443() -> None:
    publishing = {name for name, service in services().items() if service.get("ports")}
    assert publishing == {"traefik", "certificate-dry-run"}  # the job only where no Traefik serves
    assert {port["published"] for port in services()["traefik"]["ports"]} == {"80", "443"}


def test_no_service_gets_the_docker_socket() -> None:
    assert offenders(wrong=lambda service: "docker.sock" in json.dumps(service)) == []


@pytest.mark.req("A-22")
def test_data_services_are_on_no_network_that_reaches_outside() -> None:
    outward = {name for name, network in stack()["networks"].items() if not network.get("internal")}
    assert outward == {"public", "egress"}
    reaching = {name: outward & set(service["networks"]) for name, service in services().items()}
    assert {name: networks for name, networks in reaching.items() if networks} == {
        "traefik": {"public"},
        "certificate-dry-run": {"public"},  # it orders
        "worker": {"egress"},  # it sends mail
    }


@pytest.mark.req("A-12")
def test_no_secret_stands_on_a_command_line() -> None:
    spoken = ("command", "entrypoint", "healthcheck", "labels")
    found = {
        name: key
        for name, service in stack(canary=True)["services"].items()
        for key in spoken
        if CANARY in json.dumps([service.get(key), service.get("x-local", {}).get(key)])
    }
    assert CANARY in json.dumps(stack(canary=True)), "the canaries reached the file"
    assert found == {}


@pytest.mark.req("C-06")
def test_data_lives_in_named_volumes() -> None:
    assert {"postgres_data", "redis_data", "static", "media"} <= set(stack()["volumes"])
    bound = {
        (name, mount["source"])
        for name, service in services().items()
        for mount in service.get("volumes", [])
        if mount["type"] == "bind"
    }
    edge = {("traefik", f"/var/lib/slipway/data/{folder}") for folder in ("acme", "tls", "traefik/dynamic")}
    assert bound == edge | {("certificate-dry-run", "/var/lib/slipway/data/tls")}


def test_each_service_says_how_it_is_rolled_out_and_made_on_this_machine() -> None:
    lasting = {name: service for name, service in services().items() if "x-job" not in service}
    ways = {"rolling", "overlap", "replace"}
    assert {name for name, service in lasting.items() if service.get("x-rollout") not in ways} == set()
    assert {name for name, service in lasting.items() if service["x-rollout"] == "overlap"} == {"worker", "beat"}
    elsewhere = {name for name, service in services().items() if "image" not in service.get("x-local", {})}
    assert elsewhere == {"certificate-dry-run"}
    assert {
        name for name, service in lasting.items() if service["x-rollout"] == "rolling" and "x-route" not in service
    } == set()


@pytest.mark.req("C-05")
def test_jobs_run_migrate_then_collectstatic() -> None:
    jobs = sorted((service["x-job"]["order"], name) for name, service in services().items() if "x-job" in service)
    assert [name for _, name in jobs][:2] == ["migrate", "collectstatic"]

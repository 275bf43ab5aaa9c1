from __future__ import annotations

import json
import os
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ops.commands.verify import note_unverified, templates, verify
from ops.errors import HostError
from ops.redact import Redactor
from ops.runs.artifacts import NAMES, OWN, create_run_folder
from ops.runs.report import to_json
from ops.verification import why_partial
from ops.verification.collect import collect_observations
from ops.verification.observations import Answer, ServiceState, Site
from ops.verification.port_scan import listeners, outside_addresses
from ops.verification.requests import django_command, private_routes, public_routes, task_ended, task_path
from tests.unit.ops.runs.evidence_fixtures import SITE, report

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[4]
TEMPLATES = {"traefik-static.template.yml": "entryPoints: {}", "traefik-dynamic.template.yml": "http: {}"}
CANARY = 'c4n"ary w/o+rd$1\\9'
MIGRATED = {
    "event": "job",
    "name": "migrate",
    "exit_code": 0,
    "output": "Applying signups.0001... OK\n",
    "seconds": 1.0,
}


@pytest.fixture(autouse=True)
def a_port_is_listened_on() -> Iterator[None]:
    """Listen somewhere, as any stack does: a bare machine has no listener that could be seen."""
    with socket.create_server(("127.0.0.1", 0)):
        yield


ROW = {"service": "api", "replica": "api-1-0", "state": "running", "healthy": True, "pid": 0, "port": 18100}


class StubHost:
    """Answers as an engine does, and keeps what it was asked."""

    def __init__(self, *, output: str = "done\n", refuses: bool = False) -> None:
        self.asked: list[str] = []
        self._output = output
        self._refuses = refuses
        self._lock = threading.Lock()

    def examine(self) -> dict[str, Any]:
        """Answer as on this machine, with Traefik down."""
        self._note("examine")
        return {
            "status": {"release": "r", "lock": None, "services": [ROW]},
            "listeners": None,
            "static_config": "",
            "rawdata": {"url": "http://127.0.0.1:1/api/rawdata", "status": 0, "text": "refused", "seconds": 0.0},
            "environment": {"exit_code": 0, "output": self._output, "seconds": 0.1},
            "logs": {name: f"{name}-1-0 | {self._output}" for name in ("traefik", "api")},
            "problems": {},
        }

    def engine(self, verb: str, *words: str) -> Any:
        """Ask the public side from the host: nobody answers there either."""
        self._note(verb)
        questions = json.loads(words[words.index("--questions") + 1]) if "--questions" in words else []
        answers = [{"method": one, "url": url, "text": "", "error": "refused"} for one, url in questions]
        return {
            "answers": answers,
            "burst": {"asked": 1, "seconds": 0.1, "others": 1, "refused": None, "other": None, "why": ""},
        }

    def run(self, service: str, command: tuple[str, ...], *, timeout_s: float) -> tuple[int, str]:
        """Answer what every command answers."""
        self._note(f"{service} {timeout_s:g} {' '.join(command)}")
        return 0, self._output

    def _note(self, asked: str) -> None:
        with self._lock:
            self.asked.append(asked)
        if self._refuses:
            raise HostError("the engine refused", why="it is not there", fix="invoke deploy")


@pytest.fixture
def nobody() -> Site:
    """Return a site where nothing answers."""
    ports = closed_ports(2)
    return Site(domain="slipway.localhost", https_port=ports[0], http_port=ports[1])


def closed_ports(count: int) -> list[int]:
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in opened]
    for one in opened:
        one.close()
    return ports


@pytest.mark.req("A-09", "A-10", "A-11")
def test_with_the_proxy_down_the_artifacts_show_what_was_attempted(tmp_path: Path, nobody: Site) -> None:
    folder = create_run_folder(tmp_path, redactor=Redactor({}))
    verified = verify(StubHost(), nobody, folder, checkout=CHECKOUT)
    assert "refused" in (folder.path / "curl-root.txt").read_text().lower()
    assert nobody.https in (folder.path / "curl-api-health.txt").read_text()
    assert json.loads((folder.path / "api-health.json").read_text())["error"]
    assert "refused" in (folder.path / "traefik-dynamic.yml").read_text().lower()
    checks = {check.id: check for check in verified.checks}
    assert not checks["home-page"].ok
    assert checks["artifacts-complete"].detail.startswith("`traefik-static.yml`: Traefik does not run")
    assert folder.absent().keys() == {"traefik-static.yml"}


@pytest.mark.req("A-11")
def test_an_engine_that_refuses_is_an_observation(tmp_path: Path, nobody: Site) -> None:
    folder = create_run_folder(tmp_path, redactor=Redactor({}))
    verified = verify(StubHost(refuses=True), nobody, folder, checkout=CHECKOUT)
    checks = {check.id: check for check in verified.checks}
    assert "it is not there" in checks["services-healthy"].detail
    assert "it is not there" in checks["celery-ping"].detail
    assert "it is not there" in (folder.path / "django-check-deploy.txt").read_text()
    assert "it is not there" in folder.absent()["api-logs.txt"]


@pytest.mark.req("A-07", "A-11")
def test_the_folder_of_a_partial_run_says_what_is_missing_and_why(tmp_path: Path, nobody: Site) -> None:
    folder = create_run_folder(tmp_path, redactor=Redactor({}))
    droplet = replace(nobody, address="127.0.0.1", target="droplet", loopback_only=False)
    verified = verify(StubHost(refuses=True), droplet, folder, checkout=CHECKOUT)
    folder.finish(report("partial", checks=verified.checks, warnings=(why_partial(verified.seen, droplet),)))
    manifest = json.loads((folder.path / "manifest.json").read_text())
    lacking = {"compose-ps.txt", "published-ports.txt", "traefik-static.yml", "traefik-logs.txt", "api-logs.txt"}
    why = "the engine refused: it is not there"
    assert {entry["name"]: entry["why"] for entry in manifest["missing"]} == dict.fromkeys(lacking, why)
    assert {entry["name"] for entry in manifest["files"]} == set(NAMES) - lacking - {"manifest.json"}
    assert manifest["run"]["outcome"] == "partial"


def test_an_answer_that_nobody_understands_is_an_observation(nobody: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    host = StubHost()
    monkeypatch.setattr(host, "examine", dict)
    assert "not understood" in collect_observations(host, nobody, with_migrations=False).problems["host"]


@pytest.mark.req("A-14")
def test_verification_asks_the_host_three_times_and_only_for_what_changes_nothing(nobody: Site) -> None:
    host = StubHost()
    collect_observations(host, nobody, with_migrations=True)
    line = "django 10 python manage.py examine --fail-level ERROR --limit 5 --migrations --json"
    assert sorted(host.asked) == ["ask", line, "examine"]


def test_django_is_not_asked_for_migrations_that_the_run_has_just_made() -> None:
    assert "--migrations" in django_command(SITE, with_migrations=True)
    assert "--migrations" not in django_command(SITE, with_migrations=False)


@pytest.mark.req("A-14")
def test_what_the_host_says_that_listens_is_tried_from_outside(nobody: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    droplet = replace(nobody, address="127.0.0.1", target="droplet", loopback_only=False)
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        host = StubHost()
        said = {**host.examine(), "listeners": [{"address": "0.0.0.0", "port": port, "pid": 7, "process": "x"}]}  # noqa: S104 - what it says
        monkeypatch.setattr(host, "examine", lambda: said)
        seen = collect_observations(host, droplet, with_migrations=False)
    assert port in {one.port for one in seen.outside if one.is_open}


@pytest.mark.req("A-14")
def test_every_private_route_is_asked_for(nobody: Site) -> None:
    seen = collect_observations(StubHost(), nobody, with_migrations=False)
    assert len(private_routes(nobody)) > 5
    assert private_routes(nobody).keys() <= seen.answers.keys()


def test_a_warning_of_check_deploy_counts_in_production_only() -> None:
    for environment, level in (("production", "WARNING"), ("development", "ERROR")):
        asked = django_command(replace(SITE, environment=environment), with_migrations=False)
        assert asked[asked.index("--fail-level") + 1] == level


@pytest.mark.req("A-12")
def test_a_planted_secret_is_in_no_file_of_a_verification(tmp_path: Path, nobody: Site) -> None:
    forms = (CANARY, json.dumps(CANARY)[1:-1], "YzRuImFyeSB3L28rcmQkMVw5", "c4n%22ary%20w%2Fo%2Brd%241%5C9")
    folder = create_run_folder(tmp_path, redactor=Redactor({"TOKEN": CANARY}))
    host = StubHost(output="\n".join(f"TOKEN={form}" for form in forms))
    job = {**MIGRATED, "output": CANARY}
    verified = verify(host, nobody, folder, checkout=CHECKOUT, events=[job])
    folder.log(str(job))
    folder.finish(replace(report("failed", checks=verified.checks), services=verified.seen.services))
    assert {path.name for path in folder.path.iterdir()} == set(NAMES) - {"traefik-static.yml"}
    for path in folder.path.iterdir():
        assert [form for form in forms if form in path.read_text()] == [], path.name


@pytest.mark.req("A-11")
def test_a_run_that_never_got_to_verification_says_why_files_are_missing(tmp_path: Path) -> None:
    folder = create_run_folder(tmp_path, redactor=Redactor({}))
    note_unverified(folder, "port 8443 is taken", checkout=CHECKOUT)
    folder.finish(report("failed"))
    manifest = json.loads((folder.path / "manifest.json").read_text())
    assert {entry["why"] for entry in manifest["missing"]} == {"port 8443 is taken"}
    assert {*TEMPLATES, *OWN} - {"manifest.json"} == {entry["name"] for entry in manifest["files"]}


def test_templates_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    assert templates(tmp_path) == {}
    assert templates(CHECKOUT).keys() == TEMPLATES.keys()


@pytest.mark.req("A-14")
def test_every_route_of_the_requirement_is_asked() -> None:
    asked = set(public_routes(SITE).values())
    health = f"{SITE.https}/api/health"
    for method, url in (("GET", health), ("HEAD", health), ("GET", f"{health}/"), ("HEAD", f"{health}/")):
        assert (method, url) in asked
    hosts = {url.split("/")[2] for url in private_routes(SITE).values()}
    assert "admin.slipway.localhost:8443" in hosts
    assert "flower.slipway.localhost:8443" in hosts


def test_our_own_listening_port_is_seen_with_its_owner() -> None:

    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
        ours = ServiceState(service="api", replica="api-1-0", state="running", healthy=True, pid=os.getpid())
        seen = {one.port: one for one in listeners([ours])}
    assert (seen[port].owner, seen[port].address) == ("api", "127.0.0.1")


def test_a_replica_that_has_just_ended_owns_nothing() -> None:
    gone = ServiceState(service="api", replica="api-1-0", state="failed", healthy=False, pid=2**22 - 1)
    assert [one for one in listeners([gone]) if one.owner] == []


def test_outside_addresses_are_never_loopback() -> None:
    assert [address for address in outside_addresses() if address.startswith("127.")] == []


def test_what_the_api_says_of_a_task_is_read() -> None:
    assert task_path(Answer(url="", body_head='{"task_id": "a-b"}')) == "/api/tasks/a-b"
    assert task_path(Answer(url="", body_head="<html>")) == ""
    states = {"SUCCESS": True, "FAILURE": False, "PENDING": None}
    assert {state: task_ended(Answer(url="", body_head=json.dumps({"state": state}))) for state in states} == states


@pytest.mark.req("A-27")
def test_the_report_of_a_sound_stack_has_the_latency_of_its_routes() -> None:
    health = {one["service"]: one for one in json.loads(to_json(report()))["service_health"]}
    assert health["api"] == {
        "service": "api",
        "replica": "api-0a1b2c3d4e5f-0",
        "route": "/api/health",
        "status": "healthy",
        "latency_ms": 12.0,
    }

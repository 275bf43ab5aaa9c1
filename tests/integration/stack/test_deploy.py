"""Does one command bring the whole stack up, prove it, change only what changed, and leave clean evidence?"""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import threading
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest
from dotenv import dotenv_values

from tests.integration.stack.engine_words import run_engine
from tests.stack import Stack

NAMES = {
    *("compose-ps.txt", "published-ports.txt", "traefik-static.yml", "traefik-dynamic.yml"),
    *("traefik-static.template.yml", "traefik-dynamic.template.yml", "traefik-env.txt", "traefik-logs.txt"),
    *("api-logs.txt", "django-migrate.txt", "django-check-deploy.txt", "schema-compat-check.json", "curl-root.txt"),
    *("curl-api.txt", "curl-api-health.txt", "api-health.json", "celery-ping.json"),
    *("deploy.log", "report.json", "report.html", "manifest.json"),
}
SECRET_KEYS = (
    "POSTGRES_PASSWORD",
    "POSTGRES_API_PASSWORD",
    "REDIS_PASSWORD",
    "DJANGO_SECRET_KEY",
    "TOKEN_SECRET_KEY",
    "DJANGO_ADMIN_PASSWORD",
)


def pids(stack: Stack) -> dict[str, int]:
    return {row["service"]: row["pid"] for row in stack.json("status")["services"]}


@pytest.mark.req("A-10", "A-11", "A-27")
def test_a_deploy_leaves_every_artifact_and_a_manifest_that_agrees_with_them(stack: Stack) -> None:
    report = stack.json("deploy")
    folder = Path(report["artifact_path"])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {path.name for path in folder.iterdir()} == NAMES
    assert manifest["missing"] == []
    assert {entry["name"] for entry in manifest["files"]} == NAMES - {"manifest.json"}
    assert all((folder / entry["name"]).stat().st_size == entry["size"] for entry in manifest["files"])


@pytest.mark.req("A-13", "A-14", "A-26")
def test_every_check_of_a_deploy_holds_and_each_has_its_time(stack: Stack) -> None:
    report = stack.json("deploy")
    assert report["outcome"] == "success"
    assert [check["id"] for check in report["checks"] if not check["ok"]] == []
    assert len(report["checks"]) > 25
    assert all(0 <= check["seconds"] <= 5 for check in report["checks"])
    assert {"preflight", "release", "verify"} <= {step["name"] for step in report["steps"]}


@pytest.mark.req("A-28")
def test_a_second_deploy_changes_nothing_and_says_so(stack: Stack) -> None:
    before = pids(stack)
    done = stack.invoke("deploy", "--target", "local")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"changed +nothing", done.stdout)
    assert pids(stack) == before


@pytest.mark.req("A-28")
def test_a_plan_of_an_unchanged_checkout_is_empty(stack: Stack) -> None:
    assert [change for change in stack.json("plan")["changes"] if change["action"] != "keep"] == []


@pytest.mark.req("A-04", "B-01")
def test_an_update_after_a_one_line_change_in_api_replaces_the_api_alone(stack: Stack) -> None:
    before = pids(stack)
    stack.change_api("a test was here")
    planned = [change for change in stack.json("plan")["changes"] if change["action"] != "keep"]
    report = stack.json("update")
    after = pids(stack)
    assert [(change["service"], change["action"]) for change in planned] == [("api", "replace")]
    assert [change["service"] for change in report["changes"]] == ["api"]
    assert {service for service in after if after[service] != before.get(service)} == {"api"}
    assert {path.name for path in Path(report["artifact_path"]).iterdir()} == NAMES


@pytest.mark.req("A-14")
def test_verify_changes_nothing_on_the_host(stack: Stack) -> None:
    before = (pids(stack), (stack.state / "state.json").read_bytes())
    assert stack.json("verify")["mode"] == "verify"
    assert (pids(stack), (stack.state / "state.json").read_bytes()) == before


@pytest.mark.req("A-12")
def test_no_secret_is_in_any_artifact_in_any_encoding(stack: Stack) -> None:
    secrets = dotenv_values(stack.root / ".env")
    shapes: dict[str, bytes] = {}
    for key in SECRET_KEYS:
        value = secrets[key]
        assert value
        raw = value.encode()
        # Base64 of the secret inside a longer text: the middle of each alignment has to be absent too.
        aligned = [base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)]
        spelled = [value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1], shlex.quote(value)]
        for index, shape in enumerate([*(text.encode() for text in spelled), *aligned, raw.hex().encode()]):
            shapes[f"{key}/{index}"] = shape
        shapes[f"{key}/html"] = html.escape(value).encode()
    found = [
        (path.name, name)
        for path in (stack.root / "local_run_logs").rglob("*")
        if path.is_file()
        for name, shape in shapes.items()
        if shape in path.read_bytes()
    ]
    assert found == []


@pytest.mark.req("A-12")
def test_no_secret_is_in_any_command_line_or_log(stack: Stack) -> None:
    secrets = [value for key, value in dotenv_values(stack.root / ".env").items() if key in SECRET_KEYS and value]
    shown = [stack.invoke("logs", "--target", "local", "--lines", "2000").stdout]
    shown += [path.read_bytes().decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline")]
    assert [secret for secret in secrets for text in shown if secret in text] == []


@pytest.mark.req("A-20")
def test_the_events_of_the_home_page_come_from_postgresql_through_the_api(stack: Stack) -> None:
    events = stack.ask("/api/events").json()["items"]
    command = ("python", "manage.py", "shell", "-c", "from signups.models import Event; print(Event.objects.count())")
    words = ("--root", str(stack.state), "--service", "django", "--", *command)
    counted = run_engine(stack, "run", *words)
    assert len(events) > 0
    assert int(counted["output"].split()[-1]) >= len(events), counted["output"]


@pytest.mark.req("A-21")
def test_admin_takes_the_password_of_env_at_its_internal_port_and_shows_the_events(stack: Stack) -> None:
    settings = dotenv_values(stack.root / ".env")
    base = f"http://127.0.0.1:{stack.internal_port}"
    with httpx.Client(base_url=base, follow_redirects=True) as client:
        login = client.get("/admin/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', login.text)
        assert token
        form = {
            "csrfmiddlewaretoken": token[1],
            "username": settings["DJANGO_ADMIN_EMAIL"],
            "password": settings["DJANGO_ADMIN_PASSWORD"],
            "next": "/admin/signups/event/",
        }
        page = client.post("/admin/login/", data=form, headers={"Referer": f"{base}/admin/login/"})
    assert page.status_code == 200
    assert "Select event to change" in page.text


@pytest.mark.req("A-23")
def test_a_task_triggered_through_the_api_finishes(stack: Stack) -> None:
    report = stack.json("verify")
    tasks = {check["id"]: check["ok"] for check in report["checks"] if check["id"].startswith("task-from")}
    assert tasks == {"task-from-api": True, "task-from-django": True}


@pytest.mark.req("B-14")
def test_logs_are_found_by_service_text_and_time(stack: Stack) -> None:
    stack.ask("/api/events?limit=7")
    lines = [json.loads(line) for line in stack.invoke(*_logs("--service", "api", "--json")).stdout.splitlines()]
    assert {line["service"] for line in lines} == {"api"}
    assert stack.invoke(*_logs("--grep", "no such text anywhere")).stdout == ""
    assert stack.invoke(*_logs("--service", "worker", "--since", "1s", "--grep", "ready")).returncode == 0


def _logs(*arguments: str) -> tuple[str, ...]:
    return ("logs", "--target", "local", *arguments)


@pytest.mark.req("B-14")
def test_following_the_logs_shows_a_line_as_it_comes(stack: Stack) -> None:
    words = ("--service", "api", "--follow", "--lines", "0", "--grep", "no-such-event-page")
    seen: list[str] = []
    with stack.start(*_logs(*words)) as following:
        lines = following.stdout
        assert lines
        reader = threading.Thread(target=lambda: seen.append(lines.readline()))
        reader.start()
        deadline = time.monotonic() + 20
        while reader.is_alive() and time.monotonic() < deadline:
            stack.ask("/api/no-such-event-page")
            reader.join(timeout=0.5)
        following.terminate()
    reader.join(timeout=5)
    assert "no-such-event-page" in seen[0]

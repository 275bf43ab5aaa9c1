from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, HttpCredentials, Page, expect, sync_playwright

from ops.engine.processes.environments import build_environment
from ops.release.git import environment_id
from tests.components import CHROMIUM
from tests.integration.edge.edge_fixtures import (
    ADMIN,
    EXPOSED,
    FLOWER,
    PASSWORD,
    ROOT,
    USER,
    edge,
    is_complaint,
    nginx,
    process,
    wait_for,
)
from tests.integration.services.services_processes import DJANGO, Process, Services
from tests.ports import free_ports

ADMIN_USER = {"DJANGO_ADMIN_EMAIL": "guarded@example.org", "DJANGO_ADMIN_PASSWORD": "canary-of-the-admin"}

pytestmark = pytest.mark.browser


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """The real admin and the real Flower behind Traefik, and a browser of an operator."""

    port: int
    browser: Browser

    @contextlib.contextmanager
    def page(self, url: str) -> Iterator[tuple[Page, list[str]]]:
        """Open a page as an operator; yield it with the errors that the browser reports."""
        lock = HttpCredentials(username=USER, password=PASSWORD)
        context = self.browser.new_context(ignore_https_errors=True, http_credentials=lock)
        page, complaints = context.new_page(), list[str]()
        page.on("console", lambda message: complaints.append(message.text) if is_complaint(message) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        yield page, complaints
        context.close()


@pytest.fixture(scope="module")
def flower(cache_dir: Path, services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run Flower from its lock, as docker-compose.yml does; yield `host:port`."""
    env_id = environment_id(ROOT, "flower")
    built = build_environment(cache_dir, env="flower", env_id=env_id, source_dir=ROOT, say=lambda _: None)
    port = free_ports(1)[0]
    words = ("--quiet", "flower", "--address=127.0.0.1", f"--port={port}", "--persistent=False")
    environment = {"CELERY_BROKER_URL": services.environment["REDIS_URL"], "FLOWER_UNAUTHENTICATED_API": "true"}
    log = tmp_path_factory.mktemp("flower") / "flower.log"
    with process((str(built / "bin/python"), "-m", "celery", *words), environment, log):
        wait_for("Flower", lambda: httpx.get(f"http://127.0.0.1:{port}/healthcheck").status_code == 200)
        yield f"127.0.0.1:{port}"


@pytest.fixture(scope="module")
def guarded(
    local_env: Path, services: Services, flower: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Guarded]:
    """Run Django, its files and Flower behind Traefik; start a browser."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "edge").mkdir()
    assert services.manage("seed", **ADMIN_USER).returncode == 0
    files = {"STATIC_ROOT": services.environment["STATIC_ROOT"], "MEDIA_ROOT": services.environment["MEDIA_ROOT"]}
    public = {
        "DJANGO_ALLOWED_HOSTS": f"127.0.0.1,{ADMIN}",
        "SECURE_PROXY_SSL_HEADER": "HTTP_X_FORWARDED_PROTO,https",
        "SESSION_COOKIE_SECURE": "true",
        "CSRF_COOKIE_SECURE": "true",
    }
    with (
        services.web("config.asgi:application", cwd=DJANGO, ready=True, **public) as django,
        nginx(local_env, folder / "files", "static.conf.template", files) as static,
        edge(
            local_env,
            folder / "edge",
            {"api": [], "django": [f"127.0.0.1:{django.port}"], "nginx-static": [static], "flower": [flower]},
            settings=EXPOSED,
        ) as running,
        sync_playwright() as playwright,
    ):
        flags = [
            "--no-sandbox",
            "--disable-gpu",
            f"--host-resolver-rules=MAP {ADMIN} 127.0.0.1, MAP {FLOWER} 127.0.0.1",
        ]
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path, args=flags)
        yield Guarded(port=running.https_port, browser=browser)
        browser.close()


@pytest.mark.req("A-21")
def test_an_operator_works_in_the_admin_and_no_policy_is_broken(guarded: Guarded) -> None:
    with guarded.page(f"https://{ADMIN}:{guarded.port}/") as (page, complaints):
        page.fill("input[name=username]", ADMIN_USER["DJANGO_ADMIN_EMAIL"])
        page.fill("input[name=password]", ADMIN_USER["DJANGO_ADMIN_PASSWORD"])
        page.click("input[type=submit]")
        page.get_by_role("link", name="Events").first.click()
        page.locator("#result_list tbody th a").first.click()
        page.locator("input[name=_continue]").click()
        expect(page.locator(".messagelist .success")).to_be_visible()
        colour = page.locator("#header").evaluate("element => getComputedStyle(element).backgroundColor")
        page.get_by_role("button", name="Log out").click()
        assert page.url.startswith(f"https://{ADMIN}:{guarded.port}/admin/logout/")
    assert colour not in {"rgba(0, 0, 0, 0)", "transparent"}, "its style sheet is served"
    assert complaints == []


@pytest.mark.req("A-22")
@pytest.mark.parametrize("path", ["/", "/tasks", "/broker"])
def test_an_operator_watches_the_worker_and_no_policy_is_broken(guarded: Guarded, worker: Process, path: str) -> None:
    with guarded.page(f"https://{FLOWER}:{guarded.port}{path}") as (page, complaints):
        expect(page.locator("table").first).to_be_visible()
        if path == "/":
            assert page.evaluate("autorefresh") == 1
            expect(page.get_by_text("celery@").first).to_be_visible(timeout=15_000)
    assert complaints == []
    assert worker.running.poll() is None

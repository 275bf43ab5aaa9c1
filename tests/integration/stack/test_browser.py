"""What does a person see who opens the stack in a browser?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dotenv import dotenv_values
from playwright.sync_api import Browser, Page, sync_playwright

from tests.components import CHROMIUM
from tests.integration.stack.engine_words import run_engine
from tests.stack import DOMAIN, Stack

QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM.path, args=list(QUIET))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    # The authority of the checkout is not in the browser's store; that its certificate is good the probes check.
    context = browser.new_context(ignore_https_errors=True)
    yield context.new_page()
    context.close()


@pytest.mark.req("A-15", "A-20")
def test_the_home_page_shows_events_from_the_database_and_breaks_no_policy(stack: Stack, page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    title = stack.ask("/api/events?limit=1").json()["items"][0]["title"]
    page.goto(f"https://{DOMAIN}:{stack.https_port}/")
    page.get_by_text(title).first.wait_for(timeout=10_000)
    assert problems == []


@pytest.mark.req("A-15")
def test_a_deep_link_survives_a_reload(stack: Stack, page: Page) -> None:
    event = stack.ask("/api/events?limit=1").json()["items"][0]
    page.goto(f"https://{DOMAIN}:{stack.https_port}/events/{event['id']}")
    page.get_by_role("heading", name=event["title"]).wait_for(timeout=10_000)
    page.reload()
    page.get_by_role("heading", name=event["title"]).wait_for(timeout=10_000)


@pytest.mark.req("A-21", "A-23")
def test_shifts_settled_from_admin_finish_and_the_result_can_be_seen(stack: Stack, page: Page) -> None:
    settings = dotenv_values(stack.root / ".env")
    page.goto(f"http://127.0.0.1:{stack.internal_port}/admin/signups/shift/")
    page.fill("input[name=username]", settings["DJANGO_ADMIN_EMAIL"] or "")
    page.fill("input[name=password]", settings["DJANGO_ADMIN_PASSWORD"] or "")
    page.click("input[type=submit]")
    page.check("input.action-select >> nth=0")
    page.select_option("select[name=action]", label="Settle the selected shifts")
    page.click("button[name=index]")
    page.locator(".messagelist").wait_for(timeout=10_000)
    said = page.locator(".messagelist").inner_text()
    asked = f"from config.celery import app; print(app.AsyncResult('{said.split()[-1]}').get(timeout=20))"
    command = ("python", "manage.py", "shell", "-v", "0", "-c", asked)
    done = run_engine(stack, "run", "--root", str(stack.state), "--service", "django", "--", *command)
    assert (done["exit_code"], "promoted" in done["output"]) == (0, True), done

"""Does admin work in a real browser under Django's own policy? At the internal port nothing else adds one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.components import CHROMIUM
from tests.integration.edge.edge_fixtures import edge, is_complaint, nginx
from tests.integration.graph.graph_fixtures import Tenant
from tests.integration.services.services_processes import Services, Web

EMAIL, PASSWORD = "policy@example.org", "canary-of-the-policy"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


@pytest.fixture(scope="module")
def base(
    local_env: Path, services: Services, django_web: Web, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Run admin and its files behind the internal port; yield its address."""
    folder = tmp_path_factory.mktemp("policy")
    (folder / "edge").mkdir()
    made = services.manage("seed", DJANGO_ADMIN_EMAIL=EMAIL, DJANGO_ADMIN_PASSWORD=PASSWORD)
    assert made.returncode == 0, made.stderr
    files = {key: services.environment[key] for key in ("STATIC_ROOT", "MEDIA_ROOT")}
    with nginx(local_env, folder / "files", "static.conf.template", files) as static:
        servers = {"api": [], "django": [f"127.0.0.1:{django_web.port}"], "nginx-static": [static]}
        with edge(local_env, folder / "edge", servers) as running:
            yield f"http://127.0.0.1:{running.internal_port}"
    services.sql("DELETE FROM django_admin_log")
    services.sql("DELETE FROM signups_user WHERE email = %s", EMAIL)


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM.path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(base: str, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """Log in; fail at the end when the browser had anything to complain about."""
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{base}/admin/")
    page.fill("input[name=username]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("input[type=submit]")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def tenant(services: Services) -> Iterator[Tenant]:
    made = Tenant(services)
    yield made
    made.remove()


@pytest.mark.req("A-17")
def test_every_page_of_django_has_the_policy(django_web: Web) -> None:
    for path in ("/admin/login/", "/admin/nowhere/", "/nowhere", "/graphql"):
        given = django_web.get(path).headers["content-security-policy"]
        assert {part.strip() for part in given.split(";")} == set(POLICY.split("; ")), path


@pytest.mark.browser
@pytest.mark.req("A-21")
def test_the_list_of_events_is_searched_filtered_and_acted_on(page: Page, base: str, tenant: Tenant) -> None:
    page.goto(f"{base}/admin/signups/event/?q={tenant.slug}")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    page.locator("#changelist-filter summary").first.click()
    page.check("#action-toggle")
    expect(page.locator(".action-counter")).to_contain_text("2 of 2")
    page.select_option("select[name=action]", label="Publish the selected events")
    page.click("button[name=index]")
    expect(page.locator(".messagelist").first).to_be_visible()


@pytest.mark.browser
@pytest.mark.req("A-21")
def test_an_event_is_changed_with_its_shifts_by_the_date_widget(page: Page, base: str, tenant: Tenant) -> None:
    page.goto(f"{base}/admin/signups/event/{tenant.draft}/change/")
    page.locator("#calendarlink0").click()
    page.locator("#calendarbox0 td:not(.nonday) a").last.click()
    page.locator("#clocklink0").click()
    page.locator("#clockbox0 li a").first.click()
    page.locator(".add-row a").first.click()
    expect(page.locator("[id^=id_shifts-][id$=-title]")).not_to_have_count(0)
    page.locator(".inline-deletelink").last.click()
    page.fill("#id_title", f"Seen in a browser {tenant.slug}")
    page.reload()
    colour = page.locator("#header").evaluate("element => getComputedStyle(element).backgroundColor")
    assert colour not in {"rgba(0, 0, 0, 0)", "transparent"}, "its style sheet is served"


@pytest.mark.browser
@pytest.mark.req("A-21")
def test_a_shift_and_a_person_are_found_by_autocomplete(page: Page, base: str, tenant: Tenant) -> None:
    page.goto(f"{base}/admin/signups/signup/add/")
    for field, text in (("shift", f"Shift 0 of {tenant.slug}"), ("member", tenant.volunteer.email)):
        page.locator(f".field-{field} .select2-selection").click()
        page.fill(".select2-search__field", text)
        page.locator(".select2-results__option", has_text=text[:20]).first.click()
        expect(page.locator(f".field-{field} .select2-selection__rendered")).to_contain_text(text[:10])


@pytest.mark.browser
@pytest.mark.req("A-17")
def test_what_stands_inline_does_not_run(base: str, page: Page, complaints: list[str]) -> None:
    page.goto(f"{base}/admin/")
    with page.expect_console_message(lambda said: "Content Security Policy" in said.text):
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'ran = 1'}))")
    assert page.evaluate("typeof ran") == "undefined"
    assert len(complaints) == 1
    complaints.clear()

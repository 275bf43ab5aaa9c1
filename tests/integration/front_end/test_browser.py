from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.integration.front_end.front_end_api import Api, serve
from tests.integration.front_end.front_end_site import (
    DESKTOP,
    PHONE,
    SMALLEST,
    Site,
    accessibility_faults,
    first_scripts,
    npm,
    serve_site,
    too_wide,
)

LARGEST_ENTRY = 90_000
FIX = "type `nox -s api_types`"
PAGES = [
    ("/", "Lend a hand"),
    ("/events/4", "Beach clean-up"),
    ("/o/tidy-coast", "Tidy Coast"),
    ("/my-sign-up#token", "Your sign-up"),
    ("/sign-in", "Sign in"),
    ("/register", "Make an account"),
    ("/forgot", "Forgot your password?"),
    ("/choose-password#token", "Choose a password"),
    ("/invitation#token", "Join Tidy Coast"),
    ("/no/such/page", "Not found"),
]
OWN_PAGES = [("/me", "My sign-ups"), ("/new-organization", "Add your organization"), ("/events/4", "Beach clean-up")]


@pytest.fixture(scope="module")
def api() -> Api:
    return Api()


@pytest.fixture(scope="module")
def site(local_env: Path, built: Path, api: Api, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with serve(api) as address, serve_site(address, local_env=local_env, built=built, folder=folder) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(api: Api) -> None:
    api.reset("well", signed_in=False)


def heading(page: Page, name: str | re.Pattern[str], level: int = 1) -> None:
    """Wait for a heading."""
    expect(page.get_by_role("heading", name=name, level=level, exact=isinstance(name, str))).to_be_visible()


def test_what_a_shared_link_loads_is_small(built: Path) -> None:
    scripts = first_scripts(built / "dist")
    assert sum(len(gzip.compress(content, 9)) for content in scripts.values()) <= LARGEST_ENTRY


@pytest.mark.req("B-18")
def test_the_front_ends_own_tests_pass(local_env: Path, built: Path) -> None:
    done = npm(local_env, "test", folder=built)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_client_fits_the_api_that_was_described_last(local_env: Path, built: Path) -> None:
    before = (built / "src/api/schema.d.ts").read_text()
    done = npm(local_env, "run", "api-types", folder=built)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (built / "src/api/schema.d.ts").read_text() == before, FIX


@pytest.mark.browser
def test_the_home_page_lists_what_the_api_says(site: Site) -> None:
    with site.page() as page:
        heading(page, "Lend a hand")
        expect(page.get_by_role("article")).to_have_count(3)
        expect(page.get_by_text("8 of 20 places free")).to_be_visible()
        expect(page).to_have_title("Volunteer events")


@pytest.mark.browser
@pytest.mark.req("A-15")
def test_a_search_is_asked_of_the_api_and_survives_a_reload(site: Site, api: Api) -> None:
    with site.page() as page:
        page.get_by_role("searchbox").fill("soup & tea")
        expect(page).to_have_url(f"{site.url}/?search=soup+%26+tea")
        page.reload()
        expect(page.get_by_role("searchbox")).to_have_value("soup & tea")
        expect(page.get_by_role("article")).to_have_count(3)
    assert [path for _, path, _, _ in api.asked if "search=soup%20%26%20tea" in path]


@pytest.mark.browser
@pytest.mark.req("A-15")
def test_an_event_opens_without_a_reload_and_survives_one(site: Site) -> None:
    with site.page() as page:
        page.evaluate("window.isSamePage = true")
        page.get_by_role("link", name="Beach clean-up").click()
        title = page.get_by_role("heading", name="Beach clean-up", level=1)
        expect(title).to_be_focused()
        expect(page).to_have_url(f"{site.url}/events/4")
        page.go_back()
        expect(page.get_by_role("article")).to_have_count(3)
        assert page.evaluate("window.isSamePage")
        page.go_forward()
        page.reload()
        expect(title).to_be_visible()
        expect(page).to_have_title("Beach clean-up · Volunteer events")


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/events/99", "/o/nobody", "/no/such/page"])
def test_an_address_with_nothing_there_leads_back(site: Site, path: str) -> None:
    with site.page(path) as page:
        heading(page, "Not found")
        page.get_by_role("link", name="See all events").click()
        expect(page.get_by_role("article")).to_have_count(3)


@pytest.mark.browser
def test_no_events_and_no_api_are_said_in_words(site: Site, api: Api) -> None:
    api.mood = "idle"
    with site.page() as page:
        expect(page.get_by_text("No events right now")).to_be_visible()
    api.mood = "ill"
    with site.page() as page:
        expect(page.get_by_role("alert")).to_contain_text("not available right now")
        api.mood = "well"
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("article")).to_have_count(3)


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("path", "title"), PAGES)
def test_a_page_is_accessible_and_fits_the_smallest_phone(site: Site, path: str, title: str, *, dark: bool) -> None:
    for size in (DESKTOP, SMALLEST):
        with site.page(path, size=size, dark=dark) as page:
            heading(page, title)
            page.wait_for_load_state("networkidle")
            assert accessibility_faults(page) == []
            assert too_wide(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("path", "title"), OWN_PAGES)
def test_so_is_a_page_of_somebody_who_is_signed_in(site: Site, api: Api, path: str, title: str, *, dark: bool) -> None:
    api.signed_in = True
    for size in (DESKTOP, SMALLEST):
        with site.page(path, size=size, dark=dark, signed_in=True) as page:
            heading(page, title)
            page.wait_for_load_state("networkidle")
            assert accessibility_faults(page) == []
            assert too_wide(page) == []


@pytest.mark.browser
def test_the_keyboard_reaches_everything(site: Site) -> None:
    with site.page(size=PHONE) as page:
        expect(page.get_by_role("article")).to_have_count(3)
        for name in ("Skip to content", "Volunteer events, home", "Sign in"):
            page.keyboard.press("Tab")
            expect(page.get_by_role("link", name=name)).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("searchbox")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        heading(page, "Beach clean-up")


@pytest.mark.browser
def test_no_token_is_kept_where_a_script_of_another_day_could_read_it(site: Site, api: Api) -> None:
    api.signed_in = True
    with site.page("/me", signed_in=True) as page:
        heading(page, "My sign-ups")
        kept = json.dumps(page.evaluate("({...localStorage, ...sessionStorage})"))
        assert "token" not in kept
        assert page.evaluate("document.cookie") == ""

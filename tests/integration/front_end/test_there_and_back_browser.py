from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.integration.front_end.front_end_api import Api, serve
from tests.integration.front_end.front_end_site import Site, serve_site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(local_env: Path, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("there-and-back")
    with serve(Api()) as address, serve_site(address, local_env=local_env, built=built, folder=folder) as running:
        yield running


def test_the_pages_of_an_account_open_again_after_a_public_page(site: Site) -> None:
    with site.page("/invitation#mailed") as page:
        page.get_by_label("Your name").fill("Ben")
        page.get_by_label("Password", exact=True).fill("long enough for it")
        page.get_by_role("button", name="Accept the invitation").click()
        expect(page.get_by_role("heading", name="Tidy Coast")).to_be_focused()
        page.get_by_role("link", name="My sign-ups").click()
        expect(page.get_by_role("heading", name="My sign-ups")).to_be_focused()
        page.get_by_role("link", name="Volunteer events, home").click()
        expect(page.get_by_role("article")).to_have_count(3)
        page.get_by_role("link", name="My sign-ups").click()
        expect(page.get_by_role("heading", name="My sign-ups")).to_be_focused()

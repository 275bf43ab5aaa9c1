from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.integration.front_end.front_end_site import DESKTOP, SMALLEST, Site, first_scripts, serve_site
from tests.integration.services.services_processes import Services, Web


@pytest.fixture(scope="module")
def site(api: Web, local_env: Path, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("docs")
    address = f"127.0.0.1:{api.port}"
    assert api.get("/docs").status_code == 200
    with serve_site(address, local_env=local_env, built=built, folder=folder) as running:
        yield running


def test_no_page_of_the_front_end_loads_the_documentation_page(built: Path) -> None:
    assert (built / "dist/api-docs/swagger-ui-bundle.js").is_file()
    assert [name for name, script in first_scripts(built / "dist").items() if b"SwaggerUI" in script] == []


@pytest.mark.req("C-11")
def test_in_production_the_api_describes_itself_to_nobody(services: Services) -> None:
    with services.api(ENVIRONMENT="production") as server:
        assert [server.get(path).status_code for path in ("/docs", "/openapi.json")] == [404, 404]


@pytest.mark.browser
@pytest.mark.req("A-17")
@pytest.mark.parametrize("size", [DESKTOP, SMALLEST])
def test_the_documentation_page_shows_every_operation_under_the_strict_policy(
    site: Site, size: tuple[int, int]
) -> None:
    with site.page("/api/docs", size=size) as page:
        expect(page.get_by_role("heading", name="Slipway volunteer sign-ups")).to_be_visible()
        described = page.evaluate("fetch('/api/openapi.json').then((answer) => answer.json())")
        operations = [name for path in described["paths"].values() for name in path]
        expect(page.locator(".opblock")).to_have_count(len(operations))


@pytest.mark.browser
def test_a_request_can_be_tried_on_the_documentation_page(site: Site) -> None:
    with site.page("/api/docs") as page:
        page.locator("#operations-events-list_all_events .opblock-summary-control").click()
        page.get_by_role("button", name="Try it out").click()
        page.get_by_role("button", name="Execute").click()
        expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")

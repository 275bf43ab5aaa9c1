"""Does a coordinator see and change in admin what belongs to their organization, and nothing else?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.front_end.admin_browser import Staff, administrator, staff
from tests.integration.services.outbox.outbox_story import Club
from tests.integration.services.services_processes import Services, Web

MODELS = (
    *("organization", "member", "invitation", "event", "shift", "signup", "announcement", "export", "outboxmessage"),
)
OF_ACCOUNTS = ("user", "refreshtoken", "onetimetoken")


@pytest.fixture(scope="module")
def clubs(services: Services) -> Iterator[tuple[Club, Club]]:
    """Return two organizations that have one of everything."""
    both = Club(services), Club(services)
    for club in both:
        member = club.member("vera")
        club.sign_up(member)
        at = "now() + interval '1 day'"
        rows = {
            "invitation": ("email, expires_at", f"'{club.address('ines')}', {at}"),
            "announcement": ("subject, body, audience", f"'News of {club.name}', 'Boots', 'everyone'"),
            "export": ("requested_by_id", str(member)),
        }
        for table, (columns, values) in rows.items():
            services.sql(f"INSERT INTO signups_{table} (organization_id, {columns}) VALUES ({club.id}, {values})")  # noqa: S608 - ours
    yield both
    for club in both:
        club.remove()


@pytest.fixture(scope="module")
def coordinator(django_web: Web, clubs: tuple[Club, Club]) -> Iterator[Staff]:
    with staff(django_web, clubs[0], "cora") as browser:
        yield browser


@pytest.fixture(scope="module")
def root(django_web: Web, clubs: tuple[Club, Club]) -> Iterator[Staff]:
    with administrator(django_web, clubs[0]) as browser:
        clubs[0].services.sql(
            "INSERT INTO signups_onetimetoken (user_id, token_hash, expires_at) SELECT id, sha256(email::bytea), now()"
            " FROM signups_user WHERE email = %s",
            clubs[0].address("root"),
        )
        yield browser


def first(club: Club, model: str) -> int:
    """Return the id of the club's first row of a model."""
    column = "id" if model == "organization" else "organization_id"
    return int(club.one(f"SELECT min(id) FROM signups_{model} WHERE {column} = %s", club.id))  # noqa: S608 - ours


@pytest.mark.req("B-17")
@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages_show_the_own_organization_alone(
    clubs: tuple[Club, Club], coordinator: Staff, model: str
) -> None:
    own, other = clubs
    listed = coordinator.open(f"/admin/signups/{model}/").text
    assert f"/admin/signups/{model}/{first(own, model)}/change/" in listed
    assert f"/admin/signups/{model}/{first(other, model)}/change/" not in listed
    assert other.name not in listed
    assert coordinator.status(f"/admin/signups/{model}/{first(own, model)}/change/")[0] == 200
    for page in ("change", "delete", "history"):
        assert coordinator.status(f"/admin/signups/{model}/{first(other, model)}/{page}/") in {
            *((302, "/admin/"), (403, ""))
        }, page


@pytest.mark.req("B-17")
@pytest.mark.parametrize(
    ("model", "field", "to", "word"),
    [
        ("member", "organization", "organization", "Club"),
        ("event", "organization", "organization", "Club"),
        ("signup", "shift", "shift", "Morning"),
        ("signup", "member", "member", "Vera"),
        ("announcement", "event", "event", "Clean-up"),
    ],
)
def test_searching_in_a_field_finds_the_own_organization_alone(
    clubs: tuple[Club, Club], coordinator: Staff, model: str, field: str, to: str, word: str
) -> None:
    named = {"app_label": "signups", "model_name": model, "field_name": field, "term": word}
    found = coordinator.browser.get("/admin/autocomplete/", params=named).json()["results"]
    assert [one["id"] for one in found] == [str(first(clubs[0], to))]


@pytest.mark.req("B-17")
def test_a_forged_choice_of_another_organization_is_refused(clubs: tuple[Club, Club], coordinator: Staff) -> None:
    own, other = clubs
    forged = {"organization": str(other.id), "name": "Eve", "email": "eve@example.org", "role": "volunteer"}
    assert "Select a valid choice" in coordinator.send("/admin/signups/member/add/", **forged).text
    for shift, member in ((other.shift, first(own, "member")), (own.shift, first(other, "member"))):
        page = coordinator.send("/admin/signups/signup/add/", shift=str(shift), member=str(member))
        assert "Select a valid choice" in page.text
    told = {
        "organization": str(own.id),
        "event": str(other.event),
        "subject": "Hi",
        "body": "Hi",
        "audience": "everyone",
    }
    assert "Select a valid choice" in coordinator.send("/admin/signups/announcement/add/", **told).text
    assert own.one("SELECT count(*) FROM signups_signup WHERE organization_id = %s", other.id) == 1


@pytest.mark.req("B-17")
def test_actions_touch_the_own_organization_alone(clubs: tuple[Club, Club], coordinator: Staff) -> None:
    other = clubs[1]
    coordinator.act("event", "cancel_selected", other.event)
    coordinator.act("signup", "cancel_selected", first(other, "signup"))
    coordinator.act("invitation", "revoke_selected", first(other, "invitation"))
    assert other.one("SELECT state FROM signups_event WHERE id = %s", other.event) == "published"
    assert other.one("SELECT state FROM signups_signup WHERE organization_id = %s", other.id) == "confirmed"
    assert other.one("SELECT revoked_at FROM signups_invitation WHERE organization_id = %s", other.id) is None


@pytest.mark.req("B-17")
def test_a_filter_by_address_leads_to_no_other_organization(clubs: tuple[Club, Club], coordinator: Staff) -> None:
    other = clubs[1]
    for query in (f"organization={other.id}", "q=Vera", f"organization__id__exact={other.id}"):
        listed = coordinator.browser.get(f"/admin/signups/member/?{query}").text
        assert f"/member/{first(other, 'member')}/" not in listed


@pytest.mark.parametrize("model", OF_ACCOUNTS)
def test_accounts_and_tokens_are_for_administrators(coordinator: Staff, model: str) -> None:
    assert coordinator.status(f"/admin/signups/{model}/")[0] == 403


@pytest.mark.req("A-21")
@pytest.mark.parametrize("model", [*MODELS, *OF_ACCOUNTS])
def test_an_administrator_sees_all_of_it_and_pages_run_nothing_inline(
    clubs: tuple[Club, Club], root: Staff, model: str
) -> None:
    pages = [root.open(f"/admin/signups/{model}/")]
    if model in MODELS:
        pages += [root.open(f"/admin/signups/{model}/{first(club, model)}/change/") for club in clubs]
    if f"/admin/signups/{model}/add/" in pages[0].text:
        pages.append(root.open(f"/admin/signups/{model}/add/"))
    assert [page.inline for page in pages] == [[]] * len(pages)
    assert not any("token_hash" in page.text or "argon2$" in page.text for page in pages)

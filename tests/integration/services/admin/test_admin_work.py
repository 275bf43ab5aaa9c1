"""Does what a coordinator does in admin follow the same rules as everywhere?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.front_end.admin_browser import HASHED, LOGIN, Staff, administrator, staff
from tests.integration.services.outbox.outbox_story import Club
from tests.integration.services.services_processes import Services, Web, wait_for

ACTIVE = (
    "SELECT m.name, s.state FROM signups_signup s JOIN signups_member m ON m.id = member_id"
    " WHERE s.shift_id = %s ORDER BY s.id"
)
TOLD = "SELECT kind FROM signups_outboxmessage WHERE organization_id = %s ORDER BY id"


@pytest.fixture
def club(services: Services) -> Iterator[Club]:
    club = Club(services)
    yield club
    club.remove()


@pytest.fixture
def coordinator(django_web: Web, club: Club) -> Iterator[Staff]:
    with staff(django_web, club, "cora") as browser:
        yield browser


def told(club: Club) -> list[str]:
    return [kind for (kind,) in club.services.sql(TOLD, club.id)]


def sign_up(coordinator: Staff, club: Club, member: int) -> str:
    return coordinator.send("/admin/signups/signup/add/", shift=str(club.shift), member=str(member)).text


def test_who_is_signed_up_in_admin_gets_a_place_or_waits(club: Club, coordinator: Staff) -> None:
    ada, ben = club.member("ada"), club.member("ben")
    assert "was added successfully" in sign_up(coordinator, club, ada)
    assert "was added successfully" in sign_up(coordinator, club, ben)
    assert "is signed up for this shift already" in sign_up(coordinator, club, ada)
    assert club.services.sql(ACTIVE, club.shift) == [("Ada", "confirmed"), ("Ben", "waiting")]
    assert told(club) == ["signed_up", "signed_up"]
    assert club.services.sql("SELECT taken, waiting FROM signups_shift WHERE id = %s", club.shift) == [(1, 1)]


def test_an_event_that_is_not_published_takes_nobody_in_admin_either(club: Club, coordinator: Staff) -> None:
    club.services.sql("UPDATE signups_event SET state = 'draft' WHERE id = %s", club.event)
    assert "its event is not published" in sign_up(coordinator, club, club.member("ada"))
    assert club.services.sql(ACTIVE, club.shift) == []


def test_cancelling_and_more_places_let_those_move_up_who_wait(club: Club, coordinator: Staff) -> None:
    first, *_ = [club.sign_up(club.member(who)) for who in ("ada", "ben", "cleo")]
    coordinator.act("signup", "cancel_selected", first)
    assert club.services.sql(ACTIVE, club.shift) == [("Ada", "cancelled"), ("Ben", "confirmed"), ("Cleo", "waiting")]
    page = coordinator.send(f"/admin/signups/event/{club.event}/change/", **{"shifts-0-capacity": "5"})
    assert "was changed successfully" in page.text
    assert club.services.sql(ACTIVE, club.shift)[-1] == ("Cleo", "confirmed")
    assert club.services.sql("SELECT capacity, taken, free FROM signups_event WHERE id = %s", club.event) == [(5, 2, 3)]
    assert told(club)[-3:] == ["promoted", "cancelled", "promoted"]


def test_who_moves_an_event_or_a_shift_in_admin_lets_everybody_be_told(club: Club, coordinator: Staff) -> None:
    for who in ("ada", "ben"):
        club.sign_up(club.member(who))
    place = {"location": "South pier", "shifts-0-starts_at_0": "2031-05-04", "shifts-0-ends_at_0": "2031-05-05"}
    assert "was changed successfully" in coordinator.send(f"/admin/signups/event/{club.event}/change/", **place).text
    assert told(club)[2:] == ["moved", "moved"]
    club.services.sql("UPDATE signups_outboxmessage SET state = 'sent' WHERE organization_id = %s", club.id)
    later = {"ends_at_0": "2031-05-06"}
    assert "was changed successfully" in coordinator.send(f"/admin/signups/shift/{club.shift}/change/", **later).text
    assert told(club)[4:] == ["moved", "moved"]


def test_a_new_event_belongs_to_its_organization_with_its_shifts(club: Club, coordinator: Staff) -> None:
    when = {"starts_at_0": "2031-05-04", "starts_at_1": "09:00", "ends_at_0": "2031-05-04", "ends_at_1": "12:00"}
    shift = {f"shifts-0-{name}": value for name, value in when.items()}
    page = coordinator.send(
        "/admin/signups/event/add/",
        organization=str(club.id),
        title="Picnic",
        **when,
        **shift,
        **{"shifts-TOTAL_FORMS": "1", "shifts-0-title": "Baskets", "shifts-0-capacity": "4"},
    )
    assert "was added successfully" in page.text
    query = "SELECT state, capacity, free FROM signups_event WHERE organization_id = %s AND title = 'Picnic'"
    assert club.services.sql(query, club.id) == [("draft", 4, 4)]
    assert club.one("SELECT count(*) FROM signups_shift WHERE organization_id = %s", club.id) == 2


def test_a_shift_with_people_in_it_is_not_deleted(club: Club, coordinator: Staff) -> None:
    club.sign_up(club.member("ada"))
    page = coordinator.send(f"/admin/signups/event/{club.event}/change/", **{"shifts-0-DELETE": "on"})
    assert "cancel their sign-ups first" in page.text
    assert coordinator.status(f"/admin/signups/shift/{club.shift}/delete/")[0] == 403
    assert coordinator.status(f"/admin/signups/event/{club.event}/delete/")[0] == 403
    assert club.one("SELECT count(*) FROM signups_shift WHERE id = %s", club.shift) == 1


def test_an_event_is_cancelled_once_and_everybody_is_told(club: Club, coordinator: Staff) -> None:
    for who in ("ada", "ben"):
        club.sign_up(club.member(who))
    assert "is cancelled" in coordinator.act("event", "cancel_selected", club.event)
    assert "is not cancelled" in coordinator.act("event", "cancel_selected", club.event)
    assert told(club)[2:] == ["event_cancelled", "event_cancelled"]


def test_an_event_is_published_when_it_has_a_shift(club: Club, coordinator: Staff) -> None:
    club.services.sql("UPDATE signups_event SET state = 'draft' WHERE id = %s", club.event)
    assert "is published" in coordinator.act("event", "publish_selected", club.event)
    club.services.sql("DELETE FROM signups_shift WHERE id = %s", club.shift)
    club.services.sql("UPDATE signups_event SET state = 'draft' WHERE id = %s", club.event)
    assert "is not published" in coordinator.act("event", "publish_selected", club.event)


def test_attendance_is_noted_for_those_who_had_a_place(club: Club, coordinator: Staff) -> None:
    ids = [club.sign_up(club.member(who)) for who in ("ada", "ben")]
    assert "1 sign-up(s) marked" in coordinator.act("signup", "mark_attended", *ids)
    query = "SELECT attended FROM signups_signup WHERE shift_id = %s ORDER BY id"
    assert club.services.sql(query, club.shift) == [(True,), (None,)]
    coordinator.act("signup", "mark_missed", *ids)
    assert club.services.sql(query, club.shift) == [(False,), (None,)]


def test_deleting_a_person_gives_the_place_to_the_next(club: Club, coordinator: Staff) -> None:
    ada = club.member("ada")
    club.sign_up(ada)
    club.sign_up(club.member("ben"))
    coordinator.send(f"/admin/signups/member/{ada}/delete/", post="yes")
    assert club.services.sql(ACTIVE, club.shift) == [("Ben", "confirmed")]
    assert told(club)[2:] == ["removed", "promoted"]


def test_only_owners_say_who_runs_the_organization(club: Club, coordinator: Staff, django_web: Web) -> None:
    ada = club.member("ada")
    refused = coordinator.send(f"/admin/signups/member/{ada}/change/", role="owner").text
    assert "Only an owner of the organization can change who runs it" in refused
    asked = {"organization": str(club.id), "email": "eve@example.org", "role": "owner"}
    assert "Only an owner" in coordinator.send("/admin/signups/invitation/add/", **asked).text
    with staff(django_web, club, "olga", role="owner") as owner:
        olga = club.one("SELECT id FROM signups_member WHERE organization_id = %s AND role = 'owner'", club.id)
        assert "the last owner" in owner.send(f"/admin/signups/member/{olga}/change/", role="volunteer").text
        assert owner.status(f"/admin/signups/member/{olga}/delete/")[0] == 403
        assert "was changed" in owner.send(f"/admin/signups/member/{ada}/change/", role="owner").text
        assert "was changed" in owner.send(f"/admin/signups/member/{olga}/change/", role="volunteer").text


def test_an_invitation_and_an_announcement_of_admin_are_mailed(club: Club, coordinator: Staff) -> None:
    asked = {"organization": str(club.id), "email": "Ines@Example.org", "role": "volunteer"}
    assert "was added" in coordinator.send("/admin/signups/invitation/add/", **asked).text
    news = {"organization": str(club.id), "audience": "everyone", "subject": "Storm", "body": "Boots"}
    assert "was added" in coordinator.send("/admin/signups/announcement/add/", **news).text
    assert told(club) == ["invitation", "announcement"]
    query = "SELECT i.email, m.name FROM signups_invitation i JOIN signups_member m ON m.id = i.invited_by_id"
    assert club.services.sql(f"{query} WHERE i.organization_id = %s", club.id) == [("ines@example.org", "Cora")]


def test_failed_messages_are_sent_again_and_others_left_alone(club: Club, coordinator: Staff) -> None:
    failed, sent = club.put("signed_up", sign_up_id=0), club.put("signed_up", sign_up_id=0)
    for state, message in (("failed", failed), ("sent", sent)):
        query = "UPDATE signups_outboxmessage SET state = %s, attempts = 10, done_at = now() WHERE id = %s"
        club.services.sql(query, state, message)
    page = coordinator.act("outboxmessage", "send_again", failed, sent)
    assert "1 message(s) will be sent again" in page
    assert (club.state(failed)[:2], club.state(sent)[:2]) == (("pending", 0), ("sent", 10))


def test_shifts_are_settled_by_the_worker_from_admin(club: Club, coordinator: Staff) -> None:
    club.services.sql("UPDATE signups_shift SET taken = 7 WHERE id = %s", club.shift)
    assert "Queued 1 task(s)" in coordinator.act("shift", "settle_selected", club.shift)
    with club.services.worker():
        wait_for("the count", lambda: club.one("SELECT taken = 0 FROM signups_shift WHERE id = %s", club.shift))


def test_who_is_locked_or_signed_out_by_an_administrator_has_no_token_left(club: Club, django_web: Web) -> None:
    user = club.account("ada", password=HASHED)
    query = (
        "INSERT INTO signups_refreshtoken (user_id, family, token_hash, expires_at)"
        " VALUES (%s, gen_random_uuid(), sha256(%s::bytea), now() + interval '1 day')"
    )
    club.services.sql(query, user, club.name)
    with administrator(django_web, club) as root:
        new = {"password1": f"{LOGIN}-new", "password2": f"{LOGIN}-new"}
        assert "changed successfully" in root.send(f"/admin/signups/user/{user}/password/", **new).text
        assert "1 account(s) signed out" in root.act("user", "end_sessions_of_selected", user)
        assert "was changed" in root.send(f"/admin/signups/user/{user}/change/", is_active=None).text
        page = root.send("/admin/signups/user/add/", email=club.address("Neu"), name="Neu", usable_password="false")
        assert "was added" in page.text
    assert club.services.sql("SELECT is_active, token_version FROM signups_user WHERE id = %s", user) == [(False, 3)]
    assert club.one("SELECT revoked_at IS NOT NULL FROM signups_refreshtoken WHERE user_id = %s", user)
    assert club.one("SELECT left(password, 1) FROM signups_user WHERE email = %s", club.address("neu")) == "!"

"""Does the running worker deliver what is in the outbox, by itself and at once, and let other work in between?"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.integration.services.outbox.outbox_story import Club
from tests.integration.services.services_processes import Process, Services, wait_for

LEFT = "SELECT count(*) FROM signups_outboxmessage WHERE organization_id = %s AND state = 'pending'"


@pytest.fixture
def club(services: Services) -> Iterator[Club]:
    club = Club(services)
    yield club
    club.remove()


@pytest.mark.req("A-23")
def test_beat_has_the_outbox_delivered(services: Services, club: Club, worker: Process) -> None:
    message = club.put("register", user_id=club.account("ada"))
    with services.celery("beat", "--pidfile="):
        wait_for("the delivery", lambda: club.state(message)[0] == "sent")
    assert worker.running.poll() is None


@pytest.mark.req("A-23")
def test_who_is_promoted_by_the_worker_is_told_at_once(services: Services, club: Club, worker: Process) -> None:
    for who in ("ada", "ben"):
        club.sign_up(club.member(who))
    services.sql("UPDATE signups_shift SET capacity = 2 WHERE id = %s", club.shift)
    done = services.manage("settle", "--shift", str(club.shift), "--wait")
    assert json.loads(done.stdout)["result"] == {"shift_id": club.shift, "promoted": 1}
    wait_for("the mails", lambda: club.one(LEFT, club.id) == 0)
    assert worker.running.poll() is None


def test_a_long_row_of_mails_is_sent_to_its_end_and_lets_other_tasks_through(
    services: Services, club: Club, worker: Process
) -> None:
    services.sql(
        "INSERT INTO signups_member (organization_id, name, email)"
        " SELECT %s, 'P' || n, 'p' || n || '@row.example.org' FROM generate_series(1, 600) AS n",
        club.id,
    )
    made = club.one(
        "INSERT INTO signups_announcement (organization_id, audience, subject, body)"
        " VALUES (%s, 'everyone', 'Storm', 'Boots') RETURNING id",
        club.id,
    )
    club.put("announcement", announcement_id=made)
    services.manage("settle", "--shift", str(club.shift), "--wait")
    spread = "UPDATE signups_outboxmessage SET due_at = now() WHERE organization_id = %s"
    with services.celery("beat", "--pidfile="):
        wait_for("the row", lambda: club.one(LEFT, club.id) >= 100)
        services.sql(spread, club.id)
        between = services.manage("settle", "--shift", str(club.shift), "--wait", "--timeout", "20")
        assert json.loads(between.stdout)["state"] == "SUCCESS"
        wait_for("the end of the row", lambda: club.one(LEFT, club.id) == 0, timeout_s=60)
    sent = (
        "SELECT count(*) FROM signups_outboxmessage WHERE organization_id = %s AND kind = 'announced' AND attempts = 1"
    )
    assert club.one(sent, club.id) == 600
    assert worker.running.poll() is None

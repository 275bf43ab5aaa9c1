"""How does an announcement reach everybody? It becomes a message for each, and each of those a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection

from signups.models import Announcement, Member, OutboxMessage
from signups.outbox.links import page
from signups.outbox.mails import Mail, one_line
from signups.outbox.outcome import NOT_CONFIRMED, SENT, Outcome, dropped

if TYPE_CHECKING:
    from collections.abc import Mapping

Audience = Announcement.Audience
STATES: Mapping[str, list[str]] = {
    Audience.EVERYONE: ["confirmed", "waiting"],
    Audience.CONFIRMED: ["confirmed"],
    Audience.WAITING: ["waiting"],
}
# Spread over time: who signs up meanwhile gets that mail in between, and not behind a thousand others.
EACH_SECOND = 20

MEMBERS = """
    INSERT INTO signups_outboxmessage (organization_id, kind, payload, key, due_at)
    SELECT member.organization_id, 'announced',
           jsonb_build_object('announcement_id', %(announcement_id)s::bigint, 'member_id', member.id),
           'announced:' || %(announcement_id)s || ':' || member.id,
           now() + interval '1 second' * ((row_number() OVER (ORDER BY member.id) - 1) / %(each_second)s)
      FROM signups_member AS member
     WHERE member.organization_id = %(organization_id)s AND member.confirmed_at IS NOT NULL
"""
SIGNED_UP = """
       AND EXISTS (SELECT FROM signups_signup AS one JOIN signups_shift AS shift ON shift.id = one.shift_id
                    WHERE one.member_id = member.id AND one.state = ANY (%(states)s)
"""
OF_THE_EVENT = " AND shift.event_id = %(event_id)s)"
STILL_TO_COME = " AND shift.ends_at > now())"
ONCE = " ON CONFLICT (key) DO NOTHING"


def fan_out(message: OutboxMessage) -> Outcome:
    """Write a message for each recipient, and how many there are."""
    chosen = Announcement.objects.select_for_update().filter(pk=message.payload["announcement_id"])
    announcement = chosen.first()
    if announcement is None:
        return dropped("the announcement is not there any more")
    if announcement.recipients is None:
        announcement.recipients = _write(announcement)
        announcement.save(update_fields=["recipients"])
    return SENT


def announced(message: OutboxMessage) -> Mail | Outcome:
    """Write an announcement to one person."""
    about = Announcement.objects.select_related("organization", "author", "event")
    announcement = about.filter(pk=message.payload["announcement_id"]).first()
    member = Member.objects.filter(pk=message.payload["member_id"]).first()
    if announcement is None or member is None:
        return dropped("the announcement or the person is not there any more")
    if member.confirmed_at is None:
        return dropped(NOT_CONFIRMED)
    organization, author = one_line(announcement.organization.name), announcement.author
    says: dict[str, Any] = {
        "subject": one_line(announcement.subject),
        "body": announcement.body,
        "organization": organization,
        "author": one_line(author.name) if author else "",
        "event": one_line(announcement.event.title) if announcement.event else "",
        "event_link": page(f"/events/{announcement.event_id}") if announcement.event_id else "",
    }
    return Mail(
        to_name=member.name,
        to_address=member.email,
        template="announced.txt",
        says=says,
        sender=organization,
        reply_to=author.email if author else "",
    )


def _write(announcement: Announcement) -> int:
    query = MEMBERS
    if announcement.event_id or announcement.audience != Audience.EVERYONE:
        query += SIGNED_UP + (OF_THE_EVENT if announcement.event_id else STILL_TO_COME)
    named = {
        "announcement_id": announcement.pk,
        "organization_id": announcement.organization_id,
        "event_id": announcement.event_id,
        "states": STATES[announcement.audience],
        "each_second": EACH_SECOND,
    }
    with connection.cursor() as cursor:
        cursor.execute(query + ONCE, named)
        return int(cursor.rowcount)

"""What do the outbox's tests stand on? An organization of their own, and a worker's part played by a process."""

from __future__ import annotations

import email
import email.policy
import json
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.integration.services.services_processes import DJANGO, Services

DELIVER = """
import json, sys
from signups.outbox.delivery import deliver_for
done, _ = deliver_for(30)
sys.stdout.write(json.dumps(done))
"""


@dataclass
class Club:
    """An organization with an event in three days that has one shift, and nobody in it yet."""

    services: Services
    name: str = field(default_factory=lambda: f"Club {secrets.token_hex(4)}")
    id: int = 0
    event: int = 0
    shift: int = 0

    def __post_init__(self) -> None:
        self.id = self.one("INSERT INTO signups_organization (name, slug) VALUES (%s, %s) RETURNING id", *self._names())
        self.event = self.one(
            "INSERT INTO signups_event (organization_id, title, location, starts_at, ends_at, state)"
            " VALUES (%s, 'Clean-up', 'North pier', now() + interval '3 days', now() + interval '3 days 2 hours',"
            " 'published') RETURNING id",
            self.id,
        )
        self.shift = self.one(
            "INSERT INTO signups_shift (organization_id, event_id, title, starts_at, ends_at, capacity)"
            " SELECT organization_id, id, 'Morning', starts_at, ends_at, 1 FROM signups_event WHERE id = %s"
            " RETURNING id",
            self.event,
        )

    def _names(self) -> tuple[str, str]:
        return self.name, self.name.lower().replace(" ", "-")

    def remove(self) -> None:
        """Delete everything of it."""
        for table in ("outboxmessage", "announcement", "export", "invitation", "signup", "shift", "event", "member"):
            self.services.sql(f"DELETE FROM signups_{table} WHERE organization_id = %s", self.id)  # noqa: S608 - ours
        self.services.sql("DELETE FROM signups_organization WHERE id = %s", self.id)
        users = self.services.sql("SELECT id FROM signups_user WHERE email LIKE %s", self.address("%"))
        for table in ("onetimetoken", "refreshtoken", "user_groups"):
            query = f"DELETE FROM signups_{table} WHERE user_id = ANY (%s)"  # noqa: S608 - ours
            self.services.sql(query, [pk for (pk,) in users])
        self.services.sql("DELETE FROM django_admin_log WHERE user_id = ANY (%s)", [pk for (pk,) in users])
        self.services.sql("DELETE FROM signups_user WHERE email LIKE %s", self.address("%"))

    def one(self, query: str, *parameters: object) -> Any:
        """Return the only value that a query gives."""
        ((value,),) = self.services.sql(query, *parameters)
        return value

    def address(self, who: str) -> str:
        """Return an address that no other test has."""
        return f"{who}@{self.name.lower().replace(' ', '-')}.example.org"

    def member(self, who: str, *, role: str = "volunteer", name: str = "") -> int:
        """Let a person be a member."""
        query = "INSERT INTO signups_member (organization_id, name, email, role) VALUES (%s, %s, %s, %s) RETURNING id"
        return int(self.one(query, self.id, name or who.title(), self.address(who), role))

    def account(self, who: str, *, password: str = "!", staff: bool = False) -> int:  # noqa: S107 - the mark of none
        """Make an account; a member with that address is linked to it."""
        query = (
            "INSERT INTO signups_user (email, name, password, is_staff, confirmed_at)"
            " VALUES (%s, %s, %s, %s, now()) RETURNING id"
        )
        made = self.one(query, self.address(who), who.title(), password, staff)
        self.services.sql("UPDATE signups_member SET user_id = %s WHERE email = %s", made, self.address(who))
        return int(made)

    def sign_up(self, member: int) -> int:
        """Sign a member up, as the API does it; the outbox has a message then."""
        return int(self.one("SELECT sign_up_id FROM signups_sign_up(%s, %s)", self.shift, member))

    def put(self, kind: str, **payload: Any) -> int:
        """Write a message into the outbox."""
        query = "INSERT INTO signups_outboxmessage (organization_id, kind, payload) VALUES (%s, %s, %s) RETURNING id"
        return int(self.one(query, self.id, kind, json.dumps(payload)))

    def state(self, message: int) -> tuple[Any, ...]:
        """Return state, attempts and last error of a message."""
        query = "SELECT state, attempts, last_error FROM signups_outboxmessage WHERE id = %s"
        return self.services.sql(query, message)[0]


@dataclass
class Worker:
    """Delivers what is due, in a process that then ends; its mails lie in a folder of its own."""

    services: Services
    folder: Path

    def start(self, **more: str) -> subprocess.Popen[str]:
        """Begin to deliver."""
        environment = self.services.environment | {"EMAIL_FILE_PATH": str(self.folder)} | more
        words = (sys.executable, "manage.py", "shell", "-v", "0", "-c", DELIVER)
        return subprocess.Popen(
            words, cwd=DJANGO, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def end(self, process: subprocess.Popen[str]) -> dict[str, int]:
        """Return how many messages ended how."""
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        done: dict[str, int] = json.loads(out.splitlines()[-1])
        return done

    def deliver(self, **more: str) -> dict[str, int]:
        """Deliver until nothing is due."""
        return self.end(self.start(**more))

    def mails(self, to: str) -> list[EmailMessage]:
        """Return the mails to addresses that contain this, the oldest first."""
        files = sorted(self.folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
        text = b"".join(file.read_bytes() for file in files)
        pieces = [one for one in text.split(b"\n" + b"-" * 79 + b"\n") if one.strip()]
        messages = [email.message_from_bytes(one, policy=email.policy.default) for one in pieces]
        return [one for one in messages if to in str(one["To"])]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """Return the text of a mail, or its HTML."""
    body = mail.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage, page: str) -> str:
    """Return what stands behind `#` in the link to this page."""
    found = re.search(rf"https://slipway\.localhost:8443{page}#(\S+)", text_of(mail))
    assert found, text_of(mail)
    return found[1]

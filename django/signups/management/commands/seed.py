"""What must be in the database before anyone can use it? The administrator; in development, something to look at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from signups.seeding.accounts import converge_account, converge_group
from signups.seeding.crowd import Crowd, create_crowd
from signups.seeding.demonstration import create_accounts, create_demonstration

if TYPE_CHECKING:
    from argparse import ArgumentParser

MOST = {"organizations": 100_000, "people": 5_000, "events": 1_000}


class Command(BaseCommand):
    """Converge: run it as often as you like."""

    help = (
        "Creates or updates the administrator and the group of coordinators. In development it also fills the "
        "database: with a few organizations to look at, and on request with a crowd of them. Idempotent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the size of the crowd."""
        parser.add_argument("--organizations", type=int, default=0, help="so many more organizations (default: none)")
        parser.add_argument("--people", type=int, default=50, help="people in each of them (default: 50)")
        parser.add_argument("--events", type=int, default=10, help="events to come of each of them (default: 10)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do all parts and say what was done."""
        crowd = Crowd(**{name: _number(name, options[name]) for name in MOST})
        password = os.environ.get("DJANGO_ADMIN_PASSWORD", "")
        self.stdout.write(self._administrator(password))
        group = converge_group()
        self.stdout.write(f"group: {group.name} has {group.permissions.count()} permissions")
        if settings.ENVIRONMENT != "development":
            self.stdout.write("demonstration: only with ENVIRONMENT=development, nothing made")
            if crowd.organizations:
                raise CommandError("a crowd is made only with ENVIRONMENT=development")
            return
        self._demonstration(password)
        if crowd.organizations:
            create_crowd(crowd, password, say=self._say)

    def _administrator(self, password: str) -> str:
        email = os.environ.get("DJANGO_ADMIN_EMAIL", "")
        if not email or not password:
            return "administrator: DJANGO_ADMIN_EMAIL and DJANGO_ADMIN_PASSWORD are not both set, none made"
        done = converge_account(email, password, name="Administrator", is_superuser=True)
        return f"administrator: {email.lower()} {'is ' if done == 'up to date' else ''}{done}"

    def _demonstration(self, password: str) -> None:
        if password:
            done = create_accounts(password)
            self._say(f"accounts: {', '.join(done)}")
            self._say("accounts: the password of all of them is DJANGO_ADMIN_PASSWORD, as it stands in `.env`")
        else:
            self._say("accounts: DJANGO_ADMIN_PASSWORD is not set, none made")
        count = create_demonstration()
        self._say(f"demonstration: {count or 'no'} organizations created{'' if count else ', they are there already'}")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _number(name: str, value: int) -> int:
    least = 0 if name == "organizations" else 1
    if not least <= value <= MOST[name]:
        raise CommandError(f"--{name} has to be from {least} to {MOST[name]:,}, not {value}")
    return value

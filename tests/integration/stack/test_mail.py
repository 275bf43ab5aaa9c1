"""Can a developer look around in the local stack: with people and events in it, and with the mails it would send?"""

from __future__ import annotations

import re
import secrets

import pytest

from tests.integration.stack.mails import mail_to, told
from tests.stack import DOMAIN, Stack


@pytest.mark.req("A-23")
def test_who_registers_finds_the_mail_with_the_link(stack: Stack) -> None:
    address = f"ada-{secrets.token_hex(4)}@example.org"
    mail = mail_to(stack, address)
    assert mail["subject"] == "Welcome! Choose your password"
    shown = stack.invoke("mail", "--show", str(mail["number"]))
    link = rf"https://{re.escape(DOMAIN)}:{stack.https_port}/choose-password#[\w-]{{43}}"
    assert re.search(rf"(?m)^{link}$", shown.stdout), shown.stdout
    assert address in stack.invoke("mail", "--last", "0").stdout


def test_a_seed_by_hand_adds_a_crowd_and_then_changes_nothing(stack: Stack) -> None:
    size = ("--organizations", "2", "--people", "12", "--events", "5")
    first, again = (told(stack, "seed", *size)["output"] for _ in range(2))
    assert "2 organizations created" in first
    assert "all 2 organizations are there already" in again
    assert "no organizations created, they are there already" in again
    refused = stack.invoke("seed", "--organizations", "2", "--people", "9999999")
    assert refused.returncode == 2
    assert "a whole number of people, 0 to 5000" in refused.stderr

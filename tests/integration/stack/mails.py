"""How does a test have the local stack send a mail?"""

from __future__ import annotations

import json
from typing import Any

from tests.integration.services.services_processes import wait_for
from tests.stack import DOMAIN, Stack


def told(stack: Stack, *words: str) -> Any:
    """Return what a word of the local target prints as JSON; nothing when it fails."""
    done = stack.invoke(*words, "--json")
    return json.loads(done.stdout) if done.returncode == 0 else None


def mail_to(stack: Stack, address: str) -> dict[str, Any]:
    """Register somebody; return what `invoke mail` says of the mail that came."""
    with stack.client() as client:
        registered = client.post(
            f"https://127.0.0.1:{stack.https_port}/api/auth/register",
            json={"name": "Ada", "email": address},
            headers={"Host": DOMAIN},
            extensions={"sni_hostname": DOMAIN},
        )
    assert registered.status_code == 202

    def found() -> list[dict[str, Any]]:
        return [one for one in (told(stack, "mail") or {"mails": []})["mails"] if address in one["to"]]

    (mail,) = wait_for("the mail", found, timeout_s=30)
    return mail

"""Does a visitor of the whole application notice that its Traefik is exchanged, over TLS?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.rehearsal.droplet.droplet_stack import Rehearsed, Visitor

# With this Traefik wants a new certificate four months before the end, so that one for 90 days is due all the time.
ALWAYS_DUE_HOURS = "8760"


def certificates(stack: Rehearsed) -> dict[str, Any]:
    """Return name -> certificate of what the Traefik that serves has in its store."""
    (name,) = stack.running("traefik")
    stored = json.loads(stack.machine.run("cat", f"/var/lib/slipway/data/edges/{name}/acme/acme.json"))
    return {one["domain"]["main"]: one["certificate"] for one in stored["le-staging"]["Certificates"]}


@pytest.mark.req("B-01", "B-05", "B-11")
def test_a_changed_static_file_reaches_a_droplet_while_a_renewal_is_due_and_no_visitor_notices(
    second: Rehearsed,
) -> None:
    template = second.root / "traefik" / "traefik.yml.template"
    text, before = template.read_text(encoding="utf-8"), second.running("traefik")
    names = set(certificates(second))
    try:
        with Visitor(second) as first_one, Visitor(second, "/") as another:
            template.write_text(text.replace("level: INFO", "level: WARN"), encoding="utf-8")
            there = second.with_settings(ACME_CERTIFICATE_HOURS=ALWAYS_DUE_HOURS).invoke("update", timeout_s=300)
            changed = second.running("traefik")
            stored = certificates(second)
    finally:
        template.write_text(text, encoding="utf-8")
    assert (there.returncode, first_one.failures + another.failures) == (0, []), there.stdout + there.stderr
    assert set(stored) == names
    with Visitor(second) as first_one, Visitor(second, "/") as another:
        back = second.invoke("rollback", timeout_s=300)
    assert (back.returncode, first_one.failures + another.failures) == (0, []), back.stdout + back.stderr
    assert set(before) == set(second.running("traefik")) != set(changed)
    assert set(certificates(second)) == names
    assert "traefik (replace)" in there.stdout

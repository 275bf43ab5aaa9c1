"""Does a visitor of the whole application notice that its Traefik is exchanged, over TLS?"""

from __future__ import annotations

import pytest

from tests.rehearsal.droplet.droplet_stack import Rehearsed, Visitor


@pytest.mark.req("B-01", "B-05")
def test_a_changed_static_file_reaches_a_droplet_and_no_visitor_notices(second: Rehearsed) -> None:
    template = second.root / "traefik" / "traefik.yml.template"
    text, before = template.read_text(encoding="utf-8"), second.running("traefik")
    try:
        with Visitor(second) as visitor:
            template.write_text(text.replace("level: INFO", "level: WARN"), encoding="utf-8")
            there = second.invoke("update", timeout_s=300)
            changed = second.running("traefik")
    finally:
        template.write_text(text, encoding="utf-8")
    assert (there.returncode, visitor.failures) == (0, []), there.stdout + there.stderr
    with Visitor(second) as visitor:
        back = second.invoke("rollback", timeout_s=300)
    assert (back.returncode, visitor.failures) == (0, []), back.stdout + back.stderr
    assert set(before) == set(second.running("traefik")) != set(changed)
    assert "traefik (replace)" in there.stdout

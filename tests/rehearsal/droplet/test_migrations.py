"""Is a migration on a droplet checked and dumped before it runs, and one that would break the old release refused?"""

from __future__ import annotations

import re

import pytest

from tests.rehearsal.droplet.droplet_stack import Rehearsed, Visitor, log_of

pytestmark = pytest.mark.engine
MIGRATION = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("signups", "{after}")]
    operations = [migrations.RunSQL("{sql}", "SELECT 1")]
"""
VOLUME = "/var/lib/postgresql/dumps/"


@pytest.mark.req("B-03")
def test_a_migration_is_dumped_before_it_runs_and_one_that_would_break_is_refused(second: Rehearsed) -> None:
    folder = second.root / "django" / "signups" / "migrations"
    last = max(path.stem for path in folder.glob("0*.py"))
    expand = MIGRATION.format(after=last, sql="CREATE TABLE rehearsed (id bigint PRIMARY KEY)")
    (folder / "0998_expand.py").write_text(expand, encoding="utf-8")
    with Visitor(second) as visitor:
        done = second.invoke("update", timeout_s=600)
        assert done.returncode == 0, done.stdout + done.stderr
        (dumped,) = re.findall(rf"{VOLUME}\S+\.dump", next(x for x in log_of(second).splitlines() if "dump file=" in x))
        (postgres,) = second.running("postgres")
        listed = second.machine.run("docker", "exec", postgres, "pg_restore", "--list", dumped)
        assert "TABLE DATA public signups_event" in listed

        breaking = MIGRATION.format(after="0998_expand", sql="ALTER TABLE signups_event DROP COLUMN title")
        (folder / "0999_contract.py").write_text(breaking, encoding="utf-8")
        refused = second.invoke("update", timeout_s=600)
        (folder / "0999_contract.py").unlink()  # the other one has run, and stays
    said = refused.stdout + refused.stderr
    assert refused.returncode == 8, said
    assert "0999_contract" in said
    assert "--allow-breaking-migration" in said
    assert "title" in second.machine.run("docker", "exec", postgres, "psql", "-U", "slipway", "-c", r"\d signups_event")
    assert (visitor.failures, visitor.asked > 5) == ([], True)

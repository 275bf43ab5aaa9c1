"""How does a checkout come to be that is first of an earlier version and then of this one? As `git pull` makes it."""

from __future__ import annotations

import dataclasses
import subprocess
from pathlib import Path

from ops.engine.processes.environments import build_environment, mark_used
from ops.release.git import environment_id
from tests.stack import ROOT, Stack, commit_all, known_files, lay_files, stack_at

OPERATOR = "ops"  # the lock of what the operator types
COLUMN = "noted_later"
LATER = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signups", "{last}")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AddField("event", "{column}", models.TextField(null=True))],
        ),
    ]
"""


@dataclasses.dataclass(frozen=True)
class EarlierStack(Stack):
    """A stack whose commands are those of an earlier version, with the packages of that version's lock."""

    packages: Path

    @property
    def program(self) -> Path:
        """Return the `invoke` that is typed."""
        return self.packages / "bin" / "invoke"


def check_out(commit: str, root: Path, *, cache_dir: Path) -> EarlierStack:
    """Lay the files of a commit at `root`, as a checkout of their own with free ports."""
    root.mkdir(parents=True)
    words = ("git", "-C", str(ROOT), "archive", commit)
    with subprocess.Popen(words, stdout=subprocess.PIPE) as archive:
        subprocess.run(("tar", "-x", "-C", str(root)), stdin=archive.stdout, check=True)
    assert archive.returncode == 0, f"git archive {commit} ended with {archive.returncode}"
    commit_all(root, "an earlier version")
    env_id = environment_id(root, OPERATOR)
    packages = build_environment(cache_dir, env=OPERATOR, env_id=env_id, source_dir=root, say=lambda _: None)
    mark_used(packages, root)
    stack = stack_at(root, cache_dir=cache_dir)
    return EarlierStack(**{one.name: getattr(stack, one.name) for one in dataclasses.fields(stack)}, packages=packages)


def pull(stack: EarlierStack) -> Stack:
    """Put this checkout in place of the earlier one; what git does not know, such as `.env` and `.local`, stays."""
    for name in known_files(stack.root):
        (stack.root / name).unlink()
    lay_files(stack.root)
    commit_all(stack.root, "this version")
    return Stack(**{one.name: getattr(stack, one.name) for one in dataclasses.fields(Stack)})


def add_migration(stack: Stack) -> str:
    """Write one more migration, which the earlier version does not know; return the column that it adds."""
    folder = stack.root / "django" / "signups" / "migrations"
    last = max(path.stem for path in folder.glob("[0-9]*.py"))
    (folder / "9999_later.py").write_text(LATER.format(last=last, column=COLUMN), encoding="utf-8")
    return COLUMN

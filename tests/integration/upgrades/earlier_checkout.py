"""How does a checkout come to be that is first of an earlier version and then of this one? As `git pull` makes it."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import subprocess
import tempfile
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


def commit_of(name: str) -> str:
    """Return the commit of this clone that a tag or a hash names; empty when it has none."""
    words = ("git", "-C", str(ROOT), "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


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


def keep_images(stack: Stack, folder: Path) -> None:
    """Keep a copy of what was built, once; it is named by its content, so that it is good wherever it is put."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as work, contextlib.suppress(FileExistsError):
            Path(shutil.copytree(stack.state / "images", Path(work) / "images")).rename(folder)


def lay_images(stack: Stack, folder: Path) -> None:
    """Put what was kept where the stack would build it."""
    if folder.exists():
        shutil.copytree(folder, stack.state / "images", dirs_exist_ok=True)


def add_migration(stack: Stack) -> str:
    """Write one more migration, which the earlier version does not know; return the column that it adds."""
    folder = stack.root / "django" / "signups" / "migrations"
    last = max(path.stem for path in folder.glob("[0-9]*.py"))
    (folder / "9999_later.py").write_text(LATER.format(last=last, column=COLUMN), encoding="utf-8")
    return COLUMN

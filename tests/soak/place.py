"""Where does the soak work, and how does it find and remove what a killed one has left?"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.stack import ROOT, Stack, copy_checkout

LOCAL = ("--target", "local")
DEPLOY_S = 900.0
AT_WORK = "at-work.json"
NOTHING_THERE = 2


@dataclass(frozen=True)
class Place:
    """The folder of one soak; what it found is kept there."""

    folder: Path

    @contextlib.contextmanager
    def working(self) -> Iterator[Path]:
        """Hold a folder to work in, gone at the end of the block; its path is short, because sockets lie in it."""
        self.clear()
        work = Path(tempfile.mkdtemp(prefix="slipway-soak-"))
        self._note(work, {})
        try:
            yield work
        finally:
            self.clear()

    @contextlib.contextmanager
    def local_stack(self, *, with_watch: bool) -> Iterator[Stack]:
        """Hold a copy of the checkout deployed to this machine, with the watch that people get or with a short one."""
        with self.working() as work:
            stack = copy_checkout(work / "checkout", cache_dir=ROOT / ".local" / "cache")
            if with_watch:
                stack.as_people_have_it()
            self._note(work, stack.environment)
            first = stack.invoke("deploy", *LOCAL, timeout_s=DEPLOY_S)
            if first.returncode:
                raise RuntimeError(first.stdout + first.stderr)
            yield stack

    def clear(self) -> None:
        """Take down what is or was at work here, also when the soak was killed meanwhile, and remove its folder."""
        note = self.folder / AT_WORK
        if not note.exists():
            return
        left = json.loads(note.read_text(encoding="utf-8"))
        work = Path(left["work"])
        if (work / "checkout" / ".env").exists():  # written by the first deploy
            _take_down(Stack(work / "checkout", {**os.environ, **left["environment"]}, 0, 0, 0))
        shutil.rmtree(work, ignore_errors=True)
        note.unlink()

    def _note(self, work: Path, environment: Mapping[str, str]) -> None:
        own = {key: value for key, value in environment.items() if os.environ.get(key) != value}
        (self.folder / AT_WORK).write_text(json.dumps({"work": str(work), "environment": own}), encoding="utf-8")


def _take_down(stack: Stack) -> None:
    gone = stack.invoke("down", *LOCAL, "--volumes", "--yes")
    if gone.returncode not in {0, NOTHING_THERE}:
        raise RuntimeError(gone.stdout + gone.stderr)  # the note stays: the next one tries again

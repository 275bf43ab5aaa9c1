"""How does a whole deploy go on this machine: from nothing, once more, and after a change of one line?"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ops import screen
from ops.engine.errors import INTERRUPTED
from ops.errors import OpsError, VerificationError
from rehearsal.alone import alone, end_holder, terminated_as_interrupted, wait_until_interrupted
from rehearsal.checkout import change_one_line, copy_checkout, environment_without_settings, write_settings
from rehearsal.docker import remove_leftovers
from rehearsal.report import look_around, table
from rehearsal.world import World

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Lap:
    """One command of a rehearsal: what was typed, how long it took, how it ended, and where its evidence lies."""

    command: str
    seconds: float
    exit_code: int
    artifacts: str


class Failed(Exception):  # noqa: N818 - it is an outcome, already told by the command itself
    """A command of the rehearsal ended with this exit code."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Rehearsal:
    """One rehearsal of a checkout; everything it writes lies in `<checkout>/.local/rehearsal`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".local" / "rehearsal"
        self.checkout = self.folder / "checkout"
        self.lock = self.folder / "lock"
        self.laps: list[Lap] = []
        self._began = time.monotonic()

    def say(self, text: str) -> None:
        """Tell on stderr what is done, and when."""
        screen.talk(f"rehearsal {time.monotonic() - self._began:6.1f} s  {text}")

    def run(self, world: World) -> None:
        """Deploy from nothing, deploy again, update; raises Failed, or VerificationError when the second changes."""
        write_settings(self.checkout, world.environment)
        self._lap("deploy")
        before = _standing(world)
        self._lap("deploy")
        if changed := sorted(before ^ _standing(world)):
            raise VerificationError(
                "the second deploy changed something",
                why=f"nothing was different, yet these came or went: {', '.join(changed)}",
                fix=f"ls {shlex.quote(str(self.checkout / 'local_run_logs'))}",
            )
        self.say(f"changing one line of {change_one_line(self.checkout).relative_to(self.checkout)}")
        self._lap("update")

    def _lap(self, word: str) -> None:
        self.say(f"invoke {word}")
        logs = self.checkout / "local_run_logs"
        before = set(logs.iterdir())
        began = time.monotonic()
        done = subprocess.run(
            (sys.executable, "-m", "invoke", word),
            cwd=self.checkout,
            env=environment_without_settings(self.checkout, os.environ),
            stdout=screen.err().fileno(),
            check=False,
        )
        fresh = [str(path) for path in sorted(set(logs.iterdir()) - before) if path.is_dir()]
        seconds = round(time.monotonic() - began, 2)
        where = fresh[-1] if fresh else ""
        self.laps.append(Lap(command=f"invoke {word}", seconds=seconds, exit_code=done.returncode, artifacts=where))
        if done.returncode:
            raise Failed(done.returncode)


def rehearse(*, keep: bool = False, end: bool = False, as_json: bool = False, root: Path = ROOT) -> int:
    """Rehearse a deploy of this checkout and return the exit code: 0, or the one of what failed.

    `keep` leaves everything up, and says how to look around, until Ctrl-C; `end` is that Ctrl-C from elsewhere.
    """
    if end:
        return _end(root)
    rehearsal = Rehearsal(root)
    exit_code, error = 0, None
    try:
        with alone(rehearsal.lock), terminated_as_interrupted(), _swept(rehearsal):
            _run(rehearsal, keep=keep)
    except Failed as failed:
        exit_code = failed.exit_code
    except OpsError as raised:
        exit_code, error = raised.exit_code, raised
        screen.talk(str(raised))
    except KeyboardInterrupt:
        exit_code = INTERRUPTED
        rehearsal.say("interrupted; everything was removed")
    _tell(rehearsal, exit_code=exit_code, error=error, as_json=as_json)
    return exit_code


def _end(root: Path) -> int:
    """End a rehearsal of this checkout that was kept, and return the exit code."""
    try:
        end_holder(Rehearsal(root).lock)
        for name in remove_leftovers():
            screen.talk(f"removed {name}")
    except OpsError as error:
        screen.talk(str(error))
        return error.exit_code
    return 0


def _run(rehearsal: Rehearsal, *, keep: bool) -> None:
    rehearsal.say("starting the cloud, its name server and the ACME server; the first time builds two images")
    copy_checkout(rehearsal.root, rehearsal.checkout)
    with World(rehearsal.folder / "world") as world:
        try:
            rehearsal.run(world)
        except Failed as failed:
            rehearsal.say(f"failed with exit code {failed.exit_code}")
            raise
        finally:
            if keep and sys.exc_info()[0] is not KeyboardInterrupt:
                _wait(world, rehearsal)
            rehearsal.say("removing everything")


def _wait(world: World, rehearsal: Rehearsal) -> None:
    rehearsal.say("everything stays up, so that you can look around:")
    laps = table(asdict(lap) for lap in rehearsal.laps)
    screen.talk(f"{laps}{look_around(world, checkout=rehearsal.checkout)}".removesuffix("\n"))
    wait_until_interrupted()


def _standing(world: World) -> set[str]:
    """Return what a deploy may have changed: each running container of the droplet, and each write to the cloud."""
    running = world.droplet().run("docker", "ps", "--no-trunc", "--format", "{{.Names}} ({{.ID}})")
    writes = (f"{number}: {method} {path}" for number, (method, path) in enumerate(world.parts.cloud.writes(), 1))
    return {*running.splitlines(), *writes}


@contextlib.contextmanager
def _swept(rehearsal: Rehearsal) -> Iterator[None]:
    """Leave nothing that was secret in the rehearsal's folder."""
    try:
        yield
    finally:
        (rehearsal.checkout / ".env").unlink(missing_ok=True)
        shutil.rmtree(rehearsal.folder / "world", ignore_errors=True)


def _tell(rehearsal: Rehearsal, *, exit_code: int, error: OpsError | None, as_json: bool) -> None:
    laps = [asdict(lap) for lap in rehearsal.laps]
    if as_json:
        told = {"what": error.what, "why": error.why, "fix": error.fix} if error else None
        screen.data_json({"exit_code": exit_code, "laps": laps, "error": told}, indent=None)
    else:
        screen.data(table(laps), end="")

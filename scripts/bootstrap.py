"""Is `.venv` what the lock says, and if not, how does it become so?

Standard library only, any Python from 3.11.

    bootstrap.py --check ops    exit code 0 when nothing is to be done, 1 otherwise; says nothing
    bootstrap.py ops            make it so, and say what is done

`.venv/.slipway-lock` is held while `.venv` changes (by pip too, so that it outlives a kill of this program), and
`.venv/.slipway-stamp` is taken away first and written last: the lock without the stamp is a half-made `.venv`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPERSET = "dev"  # requirements/dev.txt holds every other lock with the same pins
SHOWN = ("Collecting", "Installing", "ERROR")  # of what pip says: that it moves, and troubles
RETRIES = "WARNING: Retrying"  # pip says so five times for each file that it asks for; here it is said once
LAST_LINES = 12
WAITING = "waiting for another start that is preparing `.venv` (Ctrl-C stops the wait) ..."
PREFLIGHT = 4
INTERRUPTED = 130  # as in ops/engine/errors.py, which this file cannot import: it runs wherever it lies


class BootstrapError(Exception):
    """The environment could not be made; printed as `error:` / `why:` / `fix:`."""

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        super().__init__(f"error: {what}\nwhy:   {why}\nfix:   {fix}")


def main(arguments: list[str]) -> int:
    """Check or prepare; return the exit code."""
    check = "--check" in arguments
    lock = next((word for word in arguments if not word.startswith("-")), "ops")
    if check:
        return 0 if is_ready(ROOT, lock) else 1
    try:
        prepare(ROOT, lock)
    except BootstrapError as error:
        say(str(error))
        return PREFLIGHT
    except OSError as error:
        say(
            str(
                BootstrapError(
                    "`.venv` could not be made",
                    why=str(error),
                    fix="free the disk or the folder, then run the same command again",
                )
            )
        )
        return PREFLIGHT
    except KeyboardInterrupt:
        say("stopped; the next start makes `.venv` anew")
        return INTERRUPTED
    return 0


def is_ready(root: Path, lock: str) -> bool:
    """Tell whether `.venv` holds this lock, or its superset, in the version that stands in requirements/."""
    try:
        found = (root / ".venv" / ".slipway-stamp").read_text(encoding="utf-8")
        return found in {stamp(root, lock), stamp(root, SUPERSET)}
    except OSError:
        return False


def stamp(root: Path, lock: str) -> str:
    """Return what a finished `.venv` says of itself; its place is in it because a moved one does not work."""
    digest = hashlib.sha256((root / "requirements" / f"{lock}.txt").read_bytes()).hexdigest()
    return f"{lock} sha256:{digest} {root / '.venv'}\n"


def prepare(root: Path, lock: str) -> None:
    """Make, complete or renew `.venv`, alone: a second start waits and then finds it done."""
    hear_interrupts()
    refuse_separator(root)
    venv = root / ".venv"
    leave_to_others(venv)
    begun = (venv / ".slipway-lock").exists()
    venv.mkdir(exist_ok=True)
    with (venv / ".slipway-lock").open("a", encoding="utf-8") as guard:
        hold(guard.fileno())
        if is_ready(root, lock):
            return
        finished = (venv / ".slipway-stamp").exists()
        (venv / ".slipway-stamp").unlink(missing_ok=True)
        if (begun and not finished) or is_moved(venv) or not works(venv):
            create(venv)
        install(root, lock, guard.fileno())
        new = venv / ".slipway-stamp.new"
        new.write_text(stamp(root, lock), encoding="utf-8")
        new.replace(venv / ".slipway-stamp")
    say(f"{venv} is ready")


def leave_to_others(venv: Path) -> None:
    """Take away a link to the environment of another checkout, which would be emptied in its place."""
    if venv.is_symlink() and (is_moved(venv) or not venv.exists()):
        say(f"{venv} leads to {venv.readlink()}, which is not of this checkout: that stays, this one gets its own")
        venv.unlink()


def refuse_separator(root: Path) -> None:
    """Stop in a folder that no list of paths can hold: neither PATH nor Python's own could name it."""
    if os.pathsep in str(root):
        raise BootstrapError(
            f"{root} has a `{os.pathsep}` in its path",
            why=f"a `{os.pathsep}` parts the folders of PATH, so no program could be found in this one",
            fix=f"move the checkout into a folder without `{os.pathsep}`, then run the same command again",
        )


def hear_interrupts() -> None:
    """Let Ctrl-C stop this program and pip, also where a script's shell started it in the background."""
    import signal  # noqa: PLC0415 - the quick path can be spared it

    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in ops/engine/interrupts.py
        signal.signal(signal.SIGINT, signal.default_int_handler)


def hold(descriptor: int) -> None:
    """Lock the open file until it is closed; say so when that means waiting."""
    if sys.platform == "win32":
        import errno  # noqa: PLC0415 - only needed there
        import msvcrt  # noqa: PLC0415 - only there on Windows

        while True:
            try:
                return msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError as error:  # it gives up after ten seconds
                if error.errno != errno.EDEADLK:
                    raise
                say(WAITING)
    import fcntl  # noqa: PLC0415 - not there on Windows

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(WAITING)
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def python_of(venv: Path) -> Path:
    """Return the environment's interpreter."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def is_moved(venv: Path) -> bool:
    """Tell whether the scripts in it name another folder: they hold absolute paths."""
    import shlex  # noqa: PLC0415 - the quick path quotes nothing

    activate = venv / "bin" / "activate"
    if not activate.exists():
        return False
    text = activate.read_text(encoding="utf-8")  # newer Pythons quote the folder there
    return str(venv) not in text and shlex.quote(str(venv)) not in text


def works(venv: Path) -> bool:
    """Tell whether its interpreter starts, is new enough, and has pip."""
    import subprocess  # noqa: PLC0415 - the quick path starts nothing

    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run((python_of(venv), "-c", probe), capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def create(venv: Path) -> None:
    """Make an empty environment, also where Python comes without ensurepip."""
    import shutil  # noqa: PLC0415 - the quick path removes nothing

    for child in venv.iterdir():
        if child.name != ".slipway-lock":
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
    base = getattr(sys, "_base_executable", sys.executable)  # not `.venv` itself when that is active
    say(f"making {venv} with Python {sys.version.split()[0]} ...")
    first, said = run((base, "-m", "venv", str(venv)))
    if first == 0 and works(venv):
        return
    second, more = run((base, "-m", "venv", "--without-pip", str(venv)))
    third, most = run((base, "-m", "pip", "--python", str(python_of(venv)), "install", "--quiet", "pip"))
    if second or third:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise BootstrapError(
            f"{base} cannot make a virtual environment",
            why=(most or more or said or ["it has neither ensurepip nor pip"])[-1],
            fix=f"install the package `python{version}-venv` (or `python3-pip`) of your system, "
            "then run the same command again",
        )


def install(root: Path, lock: str, guard: int) -> None:
    """Install a lock with pip, which honours the user's own configuration, mirrors and certificates."""
    requirements = root / "requirements" / f"{lock}.txt"
    say(f"installing {requirements.relative_to(root)}, once; it takes a minute ...")
    options = ("--require-hashes", "--no-deps", "--no-user", "--no-input", "--progress-bar", "off")
    command = (str(python_of(root / ".venv")), "-m", "pip", "install", "--disable-pip-version-check", *options)
    code, lines = run((*command, "-r", str(requirements)), show=True, guard=guard)
    if code:
        unreachable = unreachable_index(lines, python=python_of(root / ".venv"))
        if unreachable:
            raise unreachable
        say("\n".join(("pip's last lines:", *lines[-LAST_LINES:])))
        import shutil  # noqa: PLC0415 - only a failure asks for the free space

        free = shutil.disk_usage(root).free // 2**20
        said = [line for line in lines if line.startswith("ERROR:")] or lines
        raise BootstrapError(
            f"pip could not install {requirements.relative_to(root)} (exit code {code})",
            why=f"{said[-1] if said else 'it said nothing'} (free on this disk: {free} MiB)",
            fix="check network, disk and pip's own configuration (`pip config list`), then run the same command again",
        )


def unreachable_index(lines: list[str], *, python: Path) -> BootstrapError | None:
    """Return the error of a pip that got no answer: its last words, `No matching distribution found`, are no reason."""
    import re  # noqa: PLC0415 - only a failure is looked into

    broken = re.compile(rf"{RETRIES}.* after connection broken by '(?P<cause>.*)': (?P<asked>\S+)")
    seen = [found for line in lines if (found := broken.match(line))]
    errors = [line for line in lines if line.startswith("ERROR:")]
    missing = re.search(r"found for (?P<name>[\w.-]+)", errors[-1]) if errors else None
    asked = f"/{re.sub('[-_.]+', '-', missing['name']).lower()}/" if missing else "Max retries exceeded"
    if not seen or asked not in (seen[-1]["asked"] if missing else errors[-1] if errors else ""):
        return None  # it was reached in the end, and something else is wrong
    cause = re.split(r">: |\): |, ['\"]|\(['\"]", seen[-1]["cause"])[-1].rstrip("'\")")
    stated = next((line.partition(": ")[2] for line in lines if line.startswith("Looking in indexes: ")), "")
    where = f" of {stated}" if stated else " of its default index"
    return BootstrapError(
        "the package index could not be reached",
        why=f"{cause}; pip asked for {seen[-1]['asked']}{where}",
        fix="connect this machine, or name a mirror or proxy that it reaches in pip's own configuration"
        f" (`{python} -m pip config list` shows it), then run the same command again",
    )


def run(command: tuple[str, ...], *, show: bool = False, guard: int = -1) -> tuple[int, list[str]]:
    """Run a command to its end; return its exit code and what it said, shown as it comes if asked."""
    import subprocess  # noqa: PLC0415 - the quick path starts nothing

    inherited = (guard,) if guard >= 0 and os.name != "nt" else ()
    lines: list[str] = []
    is_told = False
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", pass_fds=inherited
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                if show and line.startswith(RETRIES) and not is_told:
                    is_told = True
                    say("  the package index does not answer; pip tries again for a while ...")
                elif show and line.startswith(SHOWN) and not (is_told and line.startswith("ERROR")):
                    say(f"  {line.rstrip().partition(' (from')[0][:100]}")
        except BaseException:
            process.terminate()
            raise
    return process.returncode, [line for line in lines if line]


def say(text: str) -> None:
    """Talk to the operator; standard output belongs to the command that comes after."""
    import contextlib  # noqa: PLC0415 - the quick path says nothing

    with contextlib.suppress(OSError):  # nobody reads it: what it says is no reason to stop
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

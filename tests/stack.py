"""How does a test or a benchmark get a stack of its own?"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from tests.ports import first_of_block, free_ports

ROOT = Path(__file__).resolve().parents[1]
INVOKE = Path(sys.executable).with_name("invoke")
DOMAIN = "slipway.localhost"
WATCH_S = 1  # shorter than by default: tests deploy often
# What people call their folders, longer than the name of a socket may be; no program may mind.
ODD_FOLDER = f'Jürgen\'s "own" $HOME & 100% (neu); #1 {"x" * 110}'
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main")


@dataclasses.dataclass(frozen=True)
class Checkout:
    """A copy of this checkout, and the environment in which its commands are typed."""

    root: Path
    environment: dict[str, str]

    @property
    def program(self) -> Path:
        """Return the `invoke` that is typed."""
        return INVOKE

    def invoke(self, *arguments: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
        """Type `invoke ...` in the copy; the caller looks at the exit code."""
        return subprocess.run(
            (str(self.program), *arguments),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Type `invoke ...` and do not wait for it."""
        return subprocess.Popen(
            (str(self.program), *arguments),
            cwd=self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def as_people_have_it(self) -> None:
        """Give up what tests shorten or leave out: this copy is to be measured."""
        for name in ("RELEASE_WATCH_SECONDS", "SLIPWAY_STEP_BACK"):
            self.environment.pop(name, None)

    def change_api(self, comment: str) -> None:
        """Make a one-line change in `api/`."""
        path = self.root / "api" / "main.py"
        path.write_text(path.read_text(encoding="utf-8") + f"# {comment}\n", encoding="utf-8")

    def change_setting(self, name: str, value: str) -> None:
        """Change what follows a word of a command in docker-compose.yml: `shared_buffers`, `--maxmemory`."""
        path = self.root / "docker-compose.yml"
        text, changes = re.subn(rf"({name}(?:=|, | ))\w+", rf"\g<1>{value}", path.read_text(encoding="utf-8"))
        if not changes:
            raise LookupError(f"{path} has no {name}")
        path.write_text(text, encoding="utf-8")


@dataclasses.dataclass(frozen=True)
class Stack(Checkout):
    """A copy of the checkout with settings and ports of its own."""

    https_port: int
    http_port: int
    internal_port: int

    @property
    def state(self) -> Path:
        """Return the `.local` folder of the copy."""
        return self.root / ".local"

    @property
    def ca_file(self) -> Path:
        """Return the certificate authority that was made for the copy."""
        return self.state / "data" / "tls" / "ca.pem"

    def client(self) -> httpx.Client:
        """Return a client that verifies against the authority of the copy."""
        return httpx.Client(verify=ssl.create_default_context(cafile=self.ca_file), timeout=10)

    def ask(self, path: str, *, client: httpx.Client | None = None) -> httpx.Response:
        """Ask the stack over HTTPS, as a browser would that resolves its name to this machine."""
        with contextlib.ExitStack() as closing:
            asking = client or closing.enter_context(self.client())
            return asking.get(
                f"https://127.0.0.1:{self.https_port}{path}",
                headers={"Host": DOMAIN},
                extensions={"sni_hostname": DOMAIN},
            )

    def json(self, *arguments: str) -> Any:
        """Type `invoke ... --target local --json` and return what it printed; fails when the command failed."""
        done = self.invoke(*arguments, "--target", "local", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


def copy_checkout(root: Path, *, cache_dir: Path) -> Stack:
    """Copy what git knows of this checkout to `root`, as a checkout of its own with free ports."""
    copy_files(root)
    return stack_at(root, cache_dir=cache_dir)


def stack_at(root: Path, *, cache_dir: Path) -> Stack:
    """Return the stack of the checkout at `root`, with free ports."""
    https, http, internal, postgres, redis = free_ports(5)
    settings = {
        "LOCAL_HTTPS_PORT": https,
        "LOCAL_HTTP_PORT": http,
        "LOCAL_INTERNAL_PORT": internal,
        "LOCAL_POSTGRES_PORT": postgres,
        "LOCAL_REDIS_PORT": redis,
        "LOCAL_REPLICA_PORT_FIRST": first_of_block(),
        "LOCAL_CACHE_DIR": cache_dir,
        "RELEASE_WATCH_SECONDS": WATCH_S,
    }
    # Other tests keep the machine busy: what steps back for those who serve would wait for ever.
    beside = {"NO_COLOR": "1", "SLIPWAY_STEP_BACK": "no"}
    environment = {**os.environ, **{key: str(value) for key, value in settings.items()}, **beside}
    return Stack(root, environment, https, http, internal)


def copy_files(root: Path) -> None:
    """Copy what git knows of this checkout to `root`, as a repository of its own."""
    root.mkdir(parents=True)
    lay_files(root)
    commit_all(root, "copy")


def lay_files(root: Path) -> None:
    """Copy what git knows of this checkout, without a repository."""
    for name in known_files(ROOT):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)


def known_files(root: Path) -> list[str]:
    """Return the paths that git tracks of a checkout, or would track."""
    command = ("git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


def commit_all(root: Path, subject: str) -> None:
    """Commit all that is there; `root` becomes a repository when it is none."""
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-qm", subject, "--allow-empty")):
        subprocess.run(("git", *AUTHOR, *command), cwd=root, check=True)

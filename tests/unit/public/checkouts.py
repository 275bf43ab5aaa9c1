"""How is `invoke` typed in a checkout of its own, in which nothing was ever deployed?"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.public.small_cloud import SmallCloud, small_cloud

ROOT = Path(__file__).resolve().parents[3]
INVOKE = Path(sys.executable).with_name("invoke")
LEFT_OUT = {".git", ".env", ".local", ".venv", "local_run_logs", "tasks.py"}
SECRET = "q7Zr4Tn9Wc2Xv8Lk3Jh6Gd5Fs1Pa0Oy4Ui7Rt2Ew9Mb6Nv3Kx8Hz"
LIMIT_S = 120  # for a machine that does much else; each takes less than a second


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What somebody typed, and what came of it."""

    root: Path
    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """Words, the example that `.env` is made of (none: there is no `.env`), and what stands otherwise in it."""

    words: str
    example: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    mode: int = 0o600


@dataclass(frozen=True)
class Checkouts:
    """Where commands are typed, each in a checkout of its own; `cloud` is the only cloud that they find."""

    folder: Path
    cloud: SmallCloud
    taken_port: int

    def type(self, name: str, command: Command) -> Typed:
        """Type a command and wait for its end."""
        with self.start(name, command) as process:
            stdout, stderr = process.communicate(timeout=LIMIT_S)
        return Typed(root=self.folder / name, exit_code=process.returncode, stdout=stdout, stderr=stderr)

    def type_all(self, commands: dict[str, Command]) -> dict[str, Typed]:
        """Type several at the same time."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(zip(commands, pool.map(self.type, commands, commands.values()), strict=True))

    def start(self, name: str, command: Command, *, by: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        """Type a command and do not wait for it; `by` are words before it, such as those of a shell."""
        root = self.folder / name
        self._check_out(root)
        if command.example:
            self._write_settings(root, command)
        program, *words = command.words.split()
        return subprocess.Popen(
            (*by, str(INVOKE if program == "invoke" else root / program), *words),
            cwd=root,
            env=self._environment(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def _check_out(self, root: Path) -> None:
        """Make a folder that is this checkout to whoever looks at it, and keeps what is written there."""
        root.mkdir()
        for path in ROOT.iterdir():
            if path.name not in LEFT_OUT:
                (root / path.name).symlink_to(path)
        (root / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())  # its folder is the checkout

    def _write_settings(self, root: Path, command: Command) -> None:
        text = (ROOT / command.example).read_text(encoding="utf-8").replace("=change-me", f"={SECRET}")
        for key, value in command.settings.items():
            text = re.sub(rf"(?m)^{key}=.*", f"{key}={value}", text)
        env = root / ".env"
        env.write_text(text, encoding="utf-8")
        env.chmod(command.mode)

    def _environment(self, command: Command) -> dict[str, str]:
        """Return an environment that says nothing of whoever runs the tests."""
        mine = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "COLUMNS": "100", "NO_COLOR": "1"}
        cloud = {"DIGITALOCEAN_API_URL": self.cloud.url} if command.example == ".env.prod.example" else {}
        return {**mine, **cloud, "LOCAL_HTTPS_PORT": str(self.taken_port)}


@contextmanager
def checkouts_in(folder: Path) -> Iterator[Checkouts]:
    """Make such a place. The port of the local target is taken, so that nothing is deployed by mistake."""
    with small_cloud() as cloud, socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield Checkouts(folder, cloud, holder.getsockname()[1])

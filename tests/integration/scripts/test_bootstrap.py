from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts import bootstrap
from tests.background import IN_THE_BACKGROUND

ROOT = Path(__file__).resolve().parents[3]
BASE = str(getattr(sys, "_base_executable", sys.executable))
START_LIMIT_S = 60


@dataclass(frozen=True)
class Machine:
    """A checkout that was never started; its only packages lie in a folder that pip's configuration names."""

    root: Path
    packages: Path

    def deploy(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the wrapper to its end."""
        command = (str(self.root / "scripts" / "deploy.sh"), *arguments)
        return subprocess.run(
            command, capture_output=True, text=True, env=self.environment, timeout=START_LIMIT_S, check=False
        )

    @property
    def environment(self) -> dict[str, str]:
        """Return what the machine's shell has set."""
        tools = os.pathsep.join((str(Path(BASE).parent), os.environ["PATH"]))
        return {"PATH": tools, "HOME": str(self.root), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.packages)}


def add_package(packages: Path, *, version: str) -> str:
    """Make a wheel of an `invoke` that repeats its arguments; return the line of a lock that pins it."""
    wheel = packages / f"invoke-{version}-py3-none-any.whl"
    info = f"invoke-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "invoke.py",
            f"import sys\ndef main(): print('{version}', *sys.argv[1:]); sys.exit(3)\n"
            "if __name__ == '__main__': main()\n",
        )
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: invoke\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\ninvoke = invoke:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return f"invoke=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    root = tmp_path / "checkout"
    packages = tmp_path / "packages"
    packages.mkdir()
    (root / "requirements").mkdir(parents=True)
    shutil.copytree(ROOT / "scripts", root / "scripts")
    lock = add_package(packages, version="1.0")
    for name in ("ops", "dev"):
        (root / "requirements" / f"{name}.txt").write_text(lock, encoding="utf-8")
    return Machine(root, packages)


@pytest.mark.req("A-02")
def test_a_fresh_machine_is_prepared_once_and_renewed_when_the_lock_changes(machine: Machine) -> None:
    first = machine.deploy("--target", "local")
    assert (first.stdout, first.returncode) == ("1.0 deploy --target local\n", 3), first.stderr
    assert "making" in first.stderr
    again = machine.deploy()
    assert (again.stdout, again.stderr, again.returncode) == ("1.0 deploy\n", "", 3)
    (machine.root / "requirements" / "ops.txt").write_text(
        add_package(machine.packages, version="1.1"), encoding="utf-8"
    )
    renewed = machine.deploy()
    assert renewed.stdout == "1.1 deploy\n", renewed.stderr
    assert "making" not in renewed.stderr


@pytest.mark.req("A-02")
def test_a_half_made_environment_is_made_anew(machine: Machine) -> None:
    tools = machine.root / ".venv" / "bin"
    tools.mkdir(parents=True)
    (machine.root / ".venv" / ".slipway-lock").touch()
    (tools / "python").write_text("cut in the middle", encoding="utf-8")
    done = machine.deploy()
    assert done.stdout == "1.0 deploy\n", done.stderr


@pytest.mark.req("A-02")
@pytest.mark.parametrize(
    ("kind", "by"),
    [
        pytest.param(signal.SIGKILL, (), id="9"),
        pytest.param(signal.SIGINT, (), id="2"),
        pytest.param(signal.SIGINT, IN_THE_BACKGROUND, id="2-in-the-background"),
    ],
)
def test_a_start_that_was_stopped_in_the_middle_can_be_repeated(
    machine: Machine, kind: signal.Signals, by: tuple[str, ...]
) -> None:
    command = (*by, BASE, str(machine.root / "scripts" / "bootstrap.py"), "ops")
    started = subprocess.Popen(command, env=machine.environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + START_LIMIT_S
    while not (machine.root / ".venv" / "bin").exists():
        assert time.monotonic() < deadline, "waited for .venv/bin to appear"
        time.sleep(0.01)
    started.send_signal(kind)
    assert started.wait(timeout=START_LIMIT_S) != 0
    assert not bootstrap.is_ready(machine.root, "ops")
    assert machine.deploy().stdout == "1.0 deploy\n"


@pytest.mark.req("A-02")
def test_a_package_that_cannot_be_had_is_explained(machine: Machine) -> None:
    (machine.packages / "invoke-1.0-py3-none-any.whl").unlink()
    done = machine.deploy()
    assert (done.stdout, done.returncode) == ("", 4)
    assert "error: pip could not install requirements/ops.txt" in done.stderr
    assert "why:   ERROR: No matching distribution found for invoke==1.0" in done.stderr
    assert "fix:   check network, disk and pip's own configuration" in done.stderr


@pytest.mark.req("A-02")
def test_a_package_with_another_hash_is_refused(machine: Machine) -> None:
    add_package(machine.packages, version="1.0")
    lock = machine.root / "requirements" / "ops.txt"
    lock.write_text(f"invoke==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    done = machine.deploy()
    assert (done.stdout, done.returncode) == ("", 4)
    assert "do not match the hashes" in done.stderr.lower()


@pytest.mark.req("A-02")
def test_a_python_without_ensurepip_uses_its_own_pip(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    real = bootstrap.run
    monkeypatch.setattr(
        bootstrap,
        "run",
        lambda command, **more: (
            (1, ["No module named ensurepip"])
            if command[1:3] == ("-m", "venv") and "--without-pip" not in command
            else real(command, **more)
        ),
    )
    venv = machine.root / ".venv"
    venv.mkdir()
    bootstrap.create(venv)
    assert bootstrap.works(venv)


@pytest.mark.req("A-02")
def test_a_python_that_can_make_no_environment_names_the_package_to_install(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "run", lambda _command, **_more: (1, ["No module named pip"]))
    venv = machine.root / ".venv"
    venv.mkdir()
    with pytest.raises(bootstrap.BootstrapError, match=r"python3\.\d+-venv") as caught:
        bootstrap.create(venv)
    assert "No module named pip" in str(caught.value)

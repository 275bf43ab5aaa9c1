"""`.env`: what stands in it, and whether it is safe where it lies."""

from __future__ import annotations

import io
import os
import shlex
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

from ops.errors import SettingsError
from ops.shell_words import looked_at

_GIT_TIMEOUT_S = 20.0


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing to put right: the key (or the file), what is wrong, what to write; `command` when one repairs it."""

    key: str
    wrong: str
    write: str
    command: str = ""


def read_env_file(path: Path) -> tuple[dict[str, str], list[Problem]]:
    """Return what the file says, and what is wrong with the file itself; a file that is not there says nothing.

    The last of two lines with the same key counts. Raises SettingsError when the file cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read().decode("utf-8-sig")
    except FileNotFoundError:
        return {}, []
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path.name} is not UTF-8 text", why=f"byte {error.start} of it is no text", fix=f"save {path} as UTF-8"
        ) from error
    except OSError as error:
        raise SettingsError(
            f"{path.name} cannot be read", why=f"{path}: {error.strerror}", fix=looked_at(path)
        ) from error
    values, problems = _parse(text, name=path.name)
    return values, [*_exposure(path, mode=mode), *problems]


def is_tracked_by_git(path: Path) -> bool:
    """Tell whether git tracks this file; without git, or outside a repository, nothing does."""
    words = ("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "ls-files", "--error-unmatch", "--")
    # a hook's GIT_DIR would make git look at another repository
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            (*words, path.name),
            cwd=path.parent,
            env=environment,
            capture_output=True,
            check=False,
            timeout=_GIT_TIMEOUT_S,
        )
    except (FileNotFoundError, PermissionError):
        return False
    except subprocess.TimeoutExpired as error:
        raise SettingsError(
            f"git did not say whether it tracks {path.name}",
            why=f"no answer within {_GIT_TIMEOUT_S:.0f} s",
            fix=f"git ls-files -- {path.name}",
        ) from error
    return done.returncode == 0


def _parse(text: str, *, name: str) -> tuple[dict[str, str], list[Problem]]:
    values: dict[str, str] = {}
    problems = []
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            blank = len(binding.original.string) - len(binding.original.string.lstrip())
            line = binding.original.line + binding.original.string[:blank].count("\n")
            write = "KEY=value on one line; a value with blanks, # or $ in single quotes"
            problems.append(Problem(key=f"{name}, line {line}", wrong="is no setting", write=write))
        elif binding.key is not None:
            values[binding.key] = binding.value or ""
    return values, problems


def _exposure(path: Path, *, mode: int) -> list[Problem]:
    name = shlex.quote(path.name)
    problems = []
    if is_tracked_by_git(path):
        command = f"git rm --cached {name}"
        wrong = "is tracked by git: whoever has the repository has its secrets"
        write = f"{command}; renew its secrets when it was ever pushed"
        problems.append(Problem(key=path.name, wrong=wrong, write=write, command=command))
    if os.name == "posix" and mode & 0o077:
        command = f"chmod 600 {name}"
        wrong = f"can be read or changed by other users of this machine (mode {mode:04o})"
        problems.append(Problem(key=path.name, wrong=wrong, write=command, command=command))
    return problems

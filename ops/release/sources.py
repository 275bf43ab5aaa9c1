"""The files of the checkout that go into a release: what git tracks or would track, also in repositories within it.

A submodule and a repository that merely lies there are read like the rest, as they are on the disk. What belongs to
the project and cannot be shipped is refused by name: nothing of it is left out in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ops.errors import PreflightError, UsageError
from ops.release.git import ask_git
from ops.shell_words import AGAIN, looked_at, quoted, renamed

# Endings of files that no running replica reads. Any other text it may: terms of use in Markdown, for one.
IRRELEVANT = ("Dockerfile", ".dockerignore", "README.md", "CHANGELOG.md")
REPOSITORY = "160000"  # git's mode for the commit of another repository
OTHER, SKIPPED = "?", "S"  # git's tags: not tracked, and left out of a sparse checkout
# A file whose content git keeps elsewhere begins with this until it is fetched; its filter, and the command for it.
STAND_INS = {
    b"version https://git-lfs.github.com/spec/": ("lfs", "git lfs install && git lfs pull"),
    b"\0GITCRYPT\0": ("git-crypt", "git-crypt unlock"),
}


class Entry(NamedTuple):
    """A line of `git ls-files`: how git knows a path of a repository; `mode` is empty for what it does not track."""

    tag: str
    mode: str
    path: str


def source_files(root: Path, sources: Iterable[str], *, whole: bool = False) -> dict[str, str]:
    """Return path -> sha256 of every file below `sources` that git tracks or would track; no sources, no files.

    `whole` keeps what no running replica reads: a container is built with its Dockerfile.

    Raises UsageError outside a git checkout, because only git knows what belongs to the project, and PreflightError
    for what belongs to it and is not there.
    """
    wanted = tuple(sources)
    if not wanted:
        return {}
    listed = set(_listed(root, "", wanted))
    for source in wanted:
        _refuse_ignored(root, source, listed)
    return {path: _digest(root, path) for path in sorted(listed) if whole or not path.endswith(IRRELEVANT)}


def _listed(root: Path, folder: str, wanted: Iterable[str]) -> Iterator[str]:
    """Yield the files below `wanted`, paths of the repository in `folder`, as paths below `root`."""
    own, inner = _by_repository(root / folder, wanted)
    for entry in _entries(root / folder, own) if own else ():
        path = _joined(folder, entry.path.rstrip("/"))
        if entry.mode == REPOSITORY or entry.path.endswith("/"):
            yield from _of_repository(root, folder, path)
        elif _is_shipped(root, folder, entry):
            yield _in_utf8(path)
    for name, below in inner.items():
        yield from _listed(root, _joined(folder, name), below)


def _by_repository(place: Path, wanted: Iterable[str]) -> tuple[list[str], dict[str, list[str]]]:
    """Part what lies in this repository from what lies within one of its own in it: git tells nothing of that."""
    own: list[str] = []
    inner: dict[str, list[str]] = {}
    for source in wanted:
        above = [str(one) for one in reversed(PurePosixPath(source).parents) if one.parts]
        found = next((one for one in above if (place / one / ".git").exists()), "")
        if found:
            inner.setdefault(found, []).append(str(PurePosixPath(source).relative_to(found)))
        else:
            own.append(source)
    return own, inner


def _entries(place: Path, wanted: Iterable[str]) -> list[Entry]:
    words = ("ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard", "--", *wanted)
    done = ask_git(place, *words)
    if done.returncode:
        raise _no_checkout(place, done.stderr.strip())
    return sorted({_entry(line) for line in done.stdout.split("\0") if line})


def _entry(line: str) -> Entry:
    """Read `? PATH`, or `TAG MODE OBJECT STAGE<tab>PATH` of what is tracked."""
    tag, _, rest = line.partition(" ")
    if tag == OTHER:
        return Entry(tag, "", rest)
    told, _, path = rest.partition("\t")
    return Entry(tag, told.partition(" ")[0], path)


def _of_repository(root: Path, folder: str, path: str) -> Iterator[str]:
    """Yield the files of a repository within another; a worktree of the same one is no part of the project."""
    place = root / path
    if not (place / ".git").exists():
        raise _not_checked_out(root, folder, path)
    if (place / ".git").is_file() and _store(place) == _store(root / folder):
        return
    yield from _listed(root, path, (".",))


def _store(place: Path) -> Path:
    """Return where the commits of a repository are kept: worktrees share it."""
    return (place / ask_git(place, "rev-parse", "--git-common-dir").stdout.strip()).resolve()


def _is_shipped(root: Path, folder: str, entry: Entry) -> bool:
    """Tell whether there is a file; one that was deleted is not shipped, and what cannot be is refused."""
    path = _joined(folder, entry.path)
    if (root / path).is_file():  # a link to a file is shipped as that file
        return True
    if entry.tag == SKIPPED:
        raise _missing(
            f"`{path}` is left out of this checkout",
            why="a sparse checkout leaves it out, and it belongs to what is released",
            fix=_git_in(folder, "sparse-checkout disable"),
        )
    if (root / path).is_symlink() and entry.tag != OTHER:
        what = "a folder" if (root / path).is_dir() else "nothing that is there"
        raise _missing(
            f"`{path}` is a link to {what}",
            why=f"it points to `{(root / path).readlink()}`; a link is shipped as the file that it names",
            fix=f"put the files themselves in place of {quoted(path)}, then {AGAIN}",
        )
    return False


def _digest(root: Path, path: str) -> str:
    try:
        content = (root / path).read_bytes()
    except OSError as error:
        raise _missing(f"`{path}` cannot be read", why=str(error.strerror), fix=looked_at(path)) from error
    for begin, (name, fix) in STAND_INS.items():
        if content.startswith(begin) and _filter(root / path).startswith(name):
            why = f"git keeps the content itself elsewhere (filter `{name}`), and it was not fetched"
            raise _missing(f"`{path}` only stands in for its content", why=why, fix=fix)
    return hashlib.sha256(content).hexdigest()


def _filter(file: Path) -> str:
    """Return the filter that git's attributes name for a file."""
    told = ask_git(file.parent, "check-attr", "-z", "filter", "--", file.name).stdout
    return told.removeprefix(f"{file.name}\0filter\0").rstrip("\0")


def _refuse_ignored(root: Path, source: str, listed: Iterable[str]) -> None:
    """Refuse what is named for a release while git ignores all of it."""
    name = PurePosixPath(source)
    if any(name == PurePosixPath(path) or name in PurePosixPath(path).parents for path in listed):
        return
    place = root / source
    if ask_git(root, "check-ignore", "--quiet", ".").returncode == 0:
        raise _no_checkout(root, "the repository around it ignores it")
    if place.is_file() or any(file.is_file() for file in place.rglob("*")):
        raise _missing(
            f"`{source}` is named for a release, and git ignores it",
            why="what git tracks or would track is shipped, and nothing else",
            fix=f"git add --force {quoted(source)}",
        )


def _in_utf8(path: str) -> str:
    """Return the path; raises PreflightError when its name is no UTF-8, which no image can be built with."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        shown = "".join(f"\\x{ord(one) - 0xDC00:02x}" if "\udc80" <= one <= "\udcff" else one for one in path)
        plain = "".join("_" if "\udc80" <= one <= "\udcff" else one for one in path)
        raise _missing(
            f"the name of `{shown}` is not UTF-8",
            why="another system would not find it under that name, and an image cannot be built with it",
            fix=renamed(shown, plain),
        ) from error
    return path


def _not_checked_out(root: Path, folder: str, path: str) -> PreflightError:
    inside = str(PurePosixPath(path).relative_to(folder or "."))
    told = ask_git(root / folder, "config", "-z", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
    if any(one.partition("\n")[2] == inside for one in told.stdout.split("\0")):
        fix = _git_in(folder, f"submodule update --init -- {quoted(inside)}")
        return _missing(
            f"the submodule `{path}` is not checked out", why="its files belong to what is released", fix=fix
        )
    return _missing(
        f"the files of `{path}` are not here",
        why="git knows it as the commit of another repository, and `.gitmodules` does not say of which",
        fix=_git_in(folder, f"rm --cached {quoted(inside)}"),
    )


def _no_checkout(place: Path, why: str) -> UsageError:
    if "dubious ownership" in why:
        fix = f"git config --global --add safe.directory {quoted(place)}"
        return UsageError(f"git does not read {place}", why=f"{place} belongs to another user", fix=fix)
    return UsageError(
        f"{place} is not a git checkout",
        why=f"only git knows which files belong to the project, and a copy without `.git` does not tell ({why})",
        fix=f"git init {quoted(place)}",
    )


def _git_in(folder: str, words: str) -> str:
    return f"git -C {quoted(folder)} {words}" if folder else f"git {words}"


def _joined(folder: str, path: str) -> str:
    return f"{folder}/{path}" if folder else path


def _missing(what: str, *, why: str, fix: str) -> PreflightError:
    return PreflightError(what, why=why, fix=fix)

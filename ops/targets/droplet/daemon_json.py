"""Our part of the Docker Engine's configuration, put beside what the host itself has there.

A program of its own too: the bootstrap carries this text and runs it on the host. It imports nothing of ours.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

Keys = dict[str, Any]
PLACE = "/etc/docker/daemon.json"
SOCKETS = ("unix://", "unix:///var/run/docker.sock", "unix:///run/docker.sock", "fd://")
# Lists of which a bootstrap that kept no record wrote one entry.
JOINED = ("registry-mirrors", "insecure-registries")
# What all bootstraps wrote that replaced the whole file and kept no record of it.
BEFORE_RECORDS = {
    "live-restore": True,
    "log-driver": "json-file",
    "log-opts": {"max-file": "3", "max-size": "10m"},
    "userland-proxy": False,
}
BEFORE_RECORDS_TOO = {"bip": "10.201.0.1/24", "default-address-pools": [{"base": "10.202.0.0/16", "size": 24}]}
FLAG_OF = {  # where the command line says it in the singular
    "log-opts": "log-opt",
    "registry-mirrors": "registry-mirror",
    "insecure-registries": "insecure-registry",
    "default-address-pools": "default-address-pool",
}


class Merged(NamedTuple):
    """The keys as they shall be, those that are there because of us, and what of the host's own stays otherwise."""

    keys: Keys
    added: Keys
    kept: tuple[str, ...]


class ConfigurationError(Exception):
    """The host's own configuration cannot be read, or a release cannot run with it."""

    def __init__(self, what: str, *, why: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.fix = fix


def read(content: bytes) -> Keys:
    """Return the keys of a file; raises ConfigurationError for what the Engine would not read either."""
    try:
        text = content.decode("utf-8-sig")
        keys = json.loads(text) if text.strip() else {}
    except ValueError as error:
        raise _unreadable(str(error)) from error
    if not isinstance(keys, dict):
        raise _unreadable(f"it holds a {type(keys).__name__}, not an object")
    return keys


def merge(there: Keys, record: Keys | None, ours: Keys, flags: tuple[str, ...] = ()) -> Merged:
    """Put `ours` beside the host's own keys; a key that the host states itself stays as the host states it.

    `record` is what an earlier run added, None when it kept none; `flags` are the words of dockerd's command line:
    what stands there must not stand in the file too. Raises ConfigurationError for a key that no release can run with.
    """
    own = without(there, _earlier(there) if record is None else record)
    stated = _stated(flags)
    refuse_contradictions(own, stated)
    keys, added, kept = dict(own), Keys(), list[str]()
    for key, wanted in ours.items():
        flag = FLAG_OF.get(key, key)
        if flag in stated:
            kept.append(f"--{flag} of the Docker Engine's command line")
        elif key != "log-opts" or not _logs_elsewhere(own, stated, ours):
            keys[key], mine = _beside(own.get(key), wanted)
            added |= {key: mine} if mine is not None else {}
            kept += [] if _holds(keys[key], wanted) else [f"`{key}` of {PLACE}"]
    return Merged(keys, added, tuple(kept))


def _beside(own: Any, wanted: Any) -> tuple[Any, Any]:
    """Return what a key shall hold, and what of that is ours: None when all of it is the host's own."""
    if own is None:
        return wanted, wanted
    if isinstance(own, dict) and isinstance(wanted, dict):
        lacking = {name: value for name, value in wanted.items() if name not in own}
        return {**own, **lacking}, lacking or None
    if isinstance(own, list) and isinstance(wanted, list) and all(isinstance(one, str) for one in wanted):
        missing = [one for one in wanted if one not in own]
        return [*missing, *own], missing or None
    return own, None


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(value, list) and isinstance(wanted, list):
        return all(one in value for one in wanted)
    return bool(value == wanted or (isinstance(value, dict) and isinstance(wanted, dict) and value | wanted == value))


def without(there: Keys, added: Keys) -> Keys:
    """Return the keys without what an earlier run added and nobody has changed since."""
    own = Keys()
    for key, value in there.items():
        if value == added.get(key):
            continue
        if key in added and isinstance(value, list) and isinstance(added[key], list):
            own[key] = [one for one in value if one not in added[key]]
        elif key in added and isinstance(value, dict) and isinstance(added[key], dict):
            own[key] = {name: one for name, one in value.items() if name not in added[key] or one != added[key][name]}
        else:
            own[key] = value
    return own


def refuse_contradictions(own: Keys, stated: Keys) -> None:
    """Raise ConfigurationError when a release could not run, or not be reached, with what the host has chosen."""
    said = {**own, **{key: {"false": False, "true": True}.get(text, text) for key, text in stated.items()}}
    wrong = {
        "iptables": (
            said.get("iptables") is False,
            "without the rules that the Engine writes nobody reaches a port that a container publishes",
        ),
        "userns-remap": (
            bool(said.get("userns-remap")),
            "containers would have other users than the files that a release hands them",
        ),
        "bridge": (said.get("bridge") == "none", "images are built in the network that is taken away by it"),
        "hosts": (
            bool(own.get("hosts")) and not set(SOCKETS) & {str(one) for one in own["hosts"]},
            "a deploy asks the Engine at unix:///var/run/docker.sock",
        ),
    }
    found = {key: why for key, (is_wrong, why) in wrong.items() if is_wrong}
    if found:
        names = " and ".join(f"`{key}`" for key in found)
        in_file = [key for key in found if key not in stated]
        fix = f"take {names} out of {PLACE}" if in_file else f"take {names} out of what `systemctl cat docker` shows"
        raise ConfigurationError(
            f"a release cannot run with {names} of this host's Docker Engine",
            why="; ".join(f"`{key}`: {why}" for key, why in found.items()),
            fix=f"deploy to a host of its own, or {fix} on the host, then sudo systemctl restart docker",
        )


def as_text(keys: Keys) -> str:
    """Return the file's text, in the order of the keys."""
    return json.dumps(keys, indent=1) + "\n"


def _earlier(there: Keys) -> Keys:
    """Return the whole of a file that only a bootstrap without a record can have written, else nothing."""
    rest = {key: value for key, value in there.items() if BEFORE_RECORDS.get(key) != value}
    is_ours = len(there) - len(rest) == len(BEFORE_RECORDS) and all(
        value == BEFORE_RECORDS_TOO.get(key) or (key in JOINED and isinstance(value, list) and len(value) == 1)
        for key, value in rest.items()
    )
    return there if is_ours else {}


def _stated(flags: tuple[str, ...]) -> Keys:
    """Return what a command line says by its long options; one without a value is `true`."""
    values = Keys()
    for word, after in itertools.pairwise((*flags, "")):
        name, equals, value = word.partition("=")
        if name.startswith("--"):
            values[name[2:]] = value if equals or after.startswith("-") or not after else after
    return {name: value or "true" for name, value in values.items()}


def _logs_elsewhere(own: Keys, stated: Keys, ours: Keys) -> bool:
    """Tell whether the host has chosen another driver for logs, which does not know our options."""
    chosen = stated.get("log-driver", own.get("log-driver", ours.get("log-driver")))
    return bool(chosen != ours.get("log-driver") or "log-opt" in stated)


def _unreadable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{PLACE} on this host is not valid JSON",
        why=f"{why}; it was left as it is",
        fix=f"mend it on the host until this is content: python3 -m json.tool {PLACE}",
    )


def main(there: Path, record: Path, ours: Path, flags: Path, into: Path) -> int:
    """Write `daemon.json` into a folder when the host's has to change, and `added.json`; 1 says that it was refused."""
    try:
        keys = read(there.read_bytes()) if there.exists() else {}
        known = json.loads(record.read_text(encoding="utf-8")) if record.exists() else None
        words = tuple(flags.read_text(encoding="utf-8").splitlines())
        merged = merge(keys, known, read(ours.read_bytes()), words)
    except ConfigurationError as error:
        print(f"error: {error.what}\nwhy:   {error.why}\nfix:   {error.fix}", file=sys.stderr)  # noqa: T201 - last words
        return 1
    for what in merged.kept:
        print(f"slipway: {what} stays as it is")  # noqa: T201 - progress
    if merged.keys != keys or not there.exists():
        (into / "daemon.json").write_text(as_text(merged.keys), encoding="utf-8")
    (into / "added.json").write_text(as_text(merged.added), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))

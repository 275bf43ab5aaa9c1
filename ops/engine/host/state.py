"""The state of this host: which release is live, and which jobs its data has seen."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ops.engine.errors import EngineError
from ops.engine.host.files import write_atomically
from ops.engine.host.formats import note_format
from ops.engine.model import Release, known_fields, release_from_json, release_to_json

KEPT = 3  # releases that can be gone back to: their images stay on the disk


@dataclass(frozen=True, kw_only=True)
class State:
    """What this host knows about itself.

    `past`: earlier releases that were good, newest first; `replicas`: service -> names of its live replicas; `jobs`:
    job -> fingerprint that ran last on this data; `scale`: service -> number of replicas that an operator asked for;
    `interruptions`: service -> seconds for which it was away when it was replaced last; `since`: when the release
    became live (ISO 8601); `barred`: release that cannot be gone back to -> migration that was allowed -> what it does
    that this release cannot live with.
    """

    release: str | None = None
    past: tuple[str, ...] = ()
    since: str = ""
    replicas: dict[str, tuple[str, ...]] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    scale: dict[str, int] = field(default_factory=dict)
    interruptions: dict[str, float] = field(default_factory=dict)
    barred: dict[str, dict[str, str]] = field(default_factory=dict)

    def with_release(
        self, release_id: str, replicas: dict[str, tuple[str, ...]], *, past: tuple[str, ...], since: str
    ) -> State:
        """Return the state in which this release is live, and those of `past` can be gone back to."""
        kept = {release_id, *past[:KEPT]}
        barred = {one: why for one, why in self.barred.items() if one in kept}
        return dataclasses.replace(
            self, release=release_id, past=past[:KEPT], replicas=replicas, since=since, barred=barred
        )

    def with_barred(self, releases: Iterable[str], why: Mapping[str, str]) -> State:
        """Return the state that knows that these releases cannot be gone back to."""
        added = {one: {**self.barred.get(one, {}), **why} for one in releases if why}
        return dataclasses.replace(self, barred={**self.barred, **added})

    def with_job(self, name: str, fingerprint: str) -> State:
        """Return the state in which this job has run."""
        return dataclasses.replace(self, jobs={**self.jobs, name: fingerprint})

    def without_job(self, name: str) -> State:
        """Return the state in which this job has to run again."""
        return dataclasses.replace(self, jobs={job: done for job, done in self.jobs.items() if job != name})

    def with_interruption(self, service: str, seconds: float) -> State:
        """Return the state that knows how long a service was away."""
        return dataclasses.replace(self, interruptions={**self.interruptions, service: round(seconds, 2)})

    def without_release(self, *, keep_data: bool) -> State:
        """Return the state in which nothing runs; without data no job has run either."""
        past = (self.release, *self.past) if self.release else self.past
        jobs, barred = (self.jobs, self.barred) if keep_data else ({}, {})
        return State(past=past[:KEPT], jobs=jobs, scale=self.scale, interruptions=self.interruptions, barred=barred)


class Store:
    """Read and write `state.json` and `releases/<id>/release.json` under the engine's root."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._state = root / "state.json"
        self._releases = root / "releases"

    def read(self) -> State:
        """Return the state; an empty one on a host that never saw a release."""
        try:
            return _state(json.loads(self._state.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return State()
        except (ValueError, KeyError, TypeError) as error:
            raise EngineError(
                "the record of the live release cannot be read",
                why=f"`{self._state}` is damaged: {error}",
                fix="invoke down, then invoke deploy",
                family="host",
            ) from error

    def write(self, state: State) -> None:
        """Replace the state: the one moment at which another release becomes the live one."""
        note_format(self._root)
        write_atomically(self._state, json.dumps(dataclasses.asdict(state), indent=1, sort_keys=True))

    def save_release(self, release: Release) -> None:
        """Keep a release, for an undo and for the commands that ask about it later."""
        note_format(self._root)
        write_atomically(self._release_file(release.id), release_to_json(release))

    def load_release(self, release_id: str | None) -> Release | None:
        """Return a kept release, None when there is none of that id."""
        if release_id is None:
            return None
        try:
            return release_from_json(self._release_file(release_id).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise EngineError(
                f"release `{release_id}` cannot be read",
                why=f"`{self._release_file(release_id)}` is damaged: {error}",
                fix="invoke down, then invoke deploy",
                family="host",
            ) from error

    def live(self) -> Release | None:
        """Return the live release; an error when it is known to be live but was deleted from the disk."""
        release_id = self.read().release
        release = self.load_release(release_id)
        if release_id is not None and release is None:
            raise EngineError(
                f"release `{release_id}` is live, but its description is missing",
                why=f"`{self._release_file(release_id)}` is not there",
                fix="invoke down, then invoke deploy",
                family="host",
            )
        return release

    def kept_releases(self) -> tuple[Release, ...]:
        """Return every kept release that can be read, the live one, those of the past and those of cut runs."""
        found = []
        for file in sorted(self._releases.glob("*/release.json")):
            with contextlib.suppress(EngineError):
                found.append(self.load_release(file.parent.name))
        return tuple(release for release in found if release)

    def forget_releases(self, *, keep: set[str]) -> None:
        """Delete kept releases other than these."""
        if not self._releases.is_dir():
            return
        for folder in self._releases.iterdir():
            if folder.name not in keep:
                shutil.rmtree(folder, ignore_errors=True)

    def _release_file(self, release_id: str) -> Path:
        return self._releases / release_id / "release.json"


def _state(raw: Any) -> State:
    """Read what `write` wrote; ValueError, KeyError or TypeError when it is something else."""
    known = known_fields(State, raw)
    told = {
        "release": known.get("release") is None or isinstance(known["release"], str),
        "past": _is_texts(raw["past"]),
        "since": isinstance(known.get("since", ""), str),
        "replicas": isinstance(raw["replicas"], dict) and all(_is_texts(names) for names in raw["replicas"].values()),
        "jobs": _is_map(known.get("jobs", {}), str),
        "scale": _is_map(known.get("scale", {}), int),
        "interruptions": _is_map(known.get("interruptions", {}), float, int),
        "barred": _is_map(known.get("barred", {}), dict)
        and all(_is_map(w, str) for w in known.get("barred", {}).values()),
    }
    if strange := [name for name, is_right in told.items() if not is_right]:
        message = f"{', '.join(strange)}: of another kind"
        raise ValueError(message)
    replicas = {name: tuple(names) for name, names in raw["replicas"].items()}
    return State(**{**known, "replicas": replicas, "past": tuple(raw["past"])})


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _is_map(value: Any, *kinds: type) -> bool:
    return isinstance(value, dict) and all(isinstance(one, kinds) for one in value.values())

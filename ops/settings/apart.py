"""What keeps the environments of one checkout apart: names of their own in the cloud, and what a name says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ops.environments import MEANINGS, chosen, file_of, in_words, names_in, was_used
from ops.errors import SettingsError
from ops.settings.env_file import Problem, read_env_file
from ops.settings.from_command import is_command
from ops.settings.schema import BY_NAME
from ops.settings.settings import Settings

UNIQUE = {"DROPLET_NAME": "a droplet", "DROPLET_TAG": "a tag"}  # two environments may not have the same


def own_names(name: str) -> dict[str, str]:
    """Return what an environment has in the cloud where its file says nothing: `slipway-NAME`."""
    return {key: f"{BY_NAME[key].default}-{name}" for key in UNIQUE} if name else {}


def of_another_kind(stated: str, name: str) -> list[Problem]:
    """Return what is wrong with ENVIRONMENT in a file whose name says which rules hold."""
    meant = MEANINGS.get(name, "")
    if not meant or stated == meant:
        return []
    wrong = f"is {stated or 'not said'} in .env.{name}, whose name says {meant}"
    return [Problem(key="ENVIRONMENT", wrong=wrong, write=f"{meant}, or give the file another name")]


def refuse_shared(root: Path, settings: Settings, *, unused_too: bool = False) -> None:
    """Refuse a droplet or a tag that another environment of this checkout has; raises SettingsError.

    Of the others those count that were ever used from here, and `.env`; with `unused_too` all of them.
    """
    mine = {key: settings.values[key] for key in UNIQUE}
    for name in names_in(root):
        if name == chosen() or (name and not unused_too and not was_used(root, name)):
            continue
        try:
            theirs = _stated(root, name)
        except SettingsError:  # nobody deploys with a file that cannot be read
            continue
        for key, what in UNIQUE.items():
            if mine[key] == theirs[key]:
                here = file_of(root, chosen()).name
                raise SettingsError(
                    f"two environments would share {what}: {key} is {mine[key]} in {here} and for {in_words(name)}",
                    why="what is done to one of them would be done to the other; nothing was changed",
                    fix=f"set another {key} in .env",
                )


def stated_in(root: Path, name: str) -> dict[str, str]:
    """Return what tells one environment's file from another's, unchecked; raises SettingsError for no readable file."""
    stated, _ = read_env_file(file_of(root, name))
    shown = {key: BY_NAME[key].kind.clean(stated.get(key, "")) for key in ("ENVIRONMENT", "WEBSITE_DOMAIN")}
    known = {**shown, **_stated(root, name)}
    return {key: "(from a command)" if is_command(value) else value for key, value in known.items()}


def _stated(root: Path, name: str) -> Mapping[str, str]:
    stated, _ = read_env_file(file_of(root, name))
    defaults = own_names(name) or {key: BY_NAME[key].default for key in UNIQUE}
    return {key: BY_NAME[key].kind.clean(stated.get(key, "")) or default for key, default in defaults.items()}

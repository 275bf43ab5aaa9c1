"""Reads the settings from file and environment, and checks that they hold together."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from ops import screen
from ops.environments import FILE, addressed, chosen, file_of, names_in, nearest
from ops.errors import CredentialsError, SettingsError
from ops.settings.apart import of_another_kind, own_names, refuse_shared
from ops.settings.env_file import Problem, read_env_file
from ops.settings.from_command import ask_commands, is_command, unreadable
from ops.settings.notices import find_notices
from ops.settings.rules import find_problems, find_typos, find_unwritten
from ops.settings.schema import BY_NAME, KEYS, STANDARD_SSH_PORT
from ops.settings.settings import Settings
from ops.shell_words import copied, copied_for_one, local_deploy

NOT_LOCAL = frozenset({"DIGITALOCEAN_TOKEN"})  # secrets that the local target has no use for
KEYS_NAMED = 2  # by a fix; all of them stand above it


class InvalidSettingsError(SettingsError):
    """`.env` is wrong in one or more places; `problems` has each of them."""

    def __init__(self, problems: tuple[Problem, ...], *, what: str, fix: str) -> None:
        super().__init__(what, why="\n".join(_line(problem) for problem in problems), fix=fix)
        self.problems = problems


def load(env_file: Path, *, environ: Mapping[str, str], target: str) -> Settings:
    """Return the settings for a target, local or droplet; what `environ` holds wins over the file.

    Its `notices` stop nothing. Raises InvalidSettingsError, a SettingsError, with every problem at once.
    """
    _refuse_missing(env_file)
    stated, problems = read_env_file(env_file)
    said = {name: value for name, value in environ.items() if value.strip()}  # CI sets what it does not know to empty
    outside = {name: value for name, value in said.items() if name in BY_NAME or name in stated}
    found = {**stated, **outside}
    by_command = frozenset(name for name, value in found.items() if is_command(value))
    problems += [*find_typos(stated), *find_unwritten(stated, said, name=env_file.name), *unreadable(stated, outside)]
    if by_command:
        found, refused = _ask(found, by_command, is_sound=not problems, target=target, folder=env_file.parent)
        problems += refused
    values = _complete(found)
    known_wrong = {problem.key for problem in problems} | {name for name in by_command if not found[name]}
    found_wrong = [one for one in find_problems(values, target=target) if one.key not in known_wrong]
    problems += [_without_value(one) if one.key in by_command else one for one in found_wrong]
    problems += of_another_kind(values["ENVIRONMENT"], chosen())
    if problems:
        raise _invalid(problems, env_file=env_file, environ=said, target=target)
    values["EMAIL_URL"] = values["EMAIL_URL"] or _email_url(values)
    extra = {name: value for name, value in found.items() if name not in BY_NAME}
    settings = Settings(
        target=target, values=MappingProxyType(values), extra=MappingProxyType(extra), by_command=by_command
    )
    return dataclasses.replace(settings, notices=find_notices(settings, stated, folder=env_file.parent))


def load_for_droplet(root: Path, *, address: str) -> Settings:
    """Return the settings; a missing token comes first, because nothing else matters without one (A-05).

    `address` is a host that exists already, for which the cloud is not asked. Raises CredentialsError, SettingsError.
    """
    env_file = file_of(root, chosen())
    _refuse_missing(env_file)
    stated, _ = read_env_file(env_file)
    if not (address or os.environ.get("DIGITALOCEAN_TOKEN", "").strip() or stated.get("DIGITALOCEAN_TOKEN")):
        raise CredentialsError(
            "no cloud credentials",
            why="DIGITALOCEAN_TOKEN is neither in the environment nor in .env, and a droplet needs it. "
            "Nothing was changed. The stack also runs on this machine alone.",
            fix=local_deploy(),
        )
    settings = load(env_file, environ=os.environ, target="droplet")
    if not address:
        refuse_shared(root, settings)
    if not address and settings.SSH_PORT != STANDARD_SSH_PORT:
        raise SettingsError(
            f"SSH_PORT is {settings.SSH_PORT}",
            why=f"a droplet listens on {STANDARD_SSH_PORT}, and its firewall opens nothing else; "
            "another port is for --address",
            fix="empty SSH_PORT in .env, then run the same command again",
        )
    return settings


def _without_value(problem: Problem) -> Problem:
    """Say no more of what a command gave than that it does not fit: it may be a secret that another key wants."""
    wrong = "is not what this setting takes (what its command gave is not shown)"
    return Problem(key=problem.key, wrong=wrong, write=problem.write)


def _refuse_missing(env_file: Path) -> None:
    """Refuse an environment with a name that has no file: nobody makes settings up for it."""
    if not chosen() or env_file.exists():
        return
    like = nearest(env_file.parent, chosen())
    known = " and ".join(file_of(env_file.parent, name).name for name in names_in(env_file.parent)) or "no environment"
    raise SettingsError(
        f"there is no environment `{chosen()}`",
        why=f"{env_file.name} is not there; this checkout has {known}{f'; was `{like}` meant?' if like else ''}",
        fix="invoke environments" if like else copied_for_one(".env.prod.example", env_file.name),
    )


def _ask(
    found: Mapping[str, str], by_command: frozenset[str], *, is_sound: bool, target: str, folder: Path
) -> tuple[dict[str, str], list[Problem]]:
    """Return the values, those from commands asked for; a file that is wrong anyway has nobody asked."""
    unused = by_command if not is_sound else by_command & NOT_LOCAL if target == "local" else frozenset[str]()
    left = {**found, **dict.fromkeys(unused, "")}
    return ask_commands(left, folder=folder, say=screen.talk) if is_sound else (left, [])


def _complete(found: Mapping[str, str]) -> dict[str, str]:
    defaults = own_names(chosen())
    return {key.name: key.kind.clean(found.get(key.name, "")) or defaults.get(key.name, key.default) for key in KEYS}


def _email_url(values: Mapping[str, str]) -> str:
    if not values["EMAIL_HOST"]:
        return "consolemail://"
    scheme = "smtp+tls" if values["EMAIL_USE_TLS"] == "true" else "smtp"
    login = ":".join(quote(values[name], safe="") for name in ("EMAIL_USER", "EMAIL_PASS") if values[name])
    return f"{scheme}://{login}{'@' if login else ''}{values['EMAIL_HOST']}:{values['EMAIL_PORT']}"


def _invalid(
    problems: list[Problem], *, env_file: Path, environ: Mapping[str, str], target: str
) -> InvalidSettingsError:
    shown = tuple(_with_origin(problem, environ) for problem in problems)
    lacks = any(problem.wrong.startswith("is missing") for problem in shown)
    if not env_file.exists() and lacks:
        make = local_deploy()
        fix = make if target == "local" else copied(".env.prod.example", env_file.name)
        what = f"{env_file.name} is missing, and the environment does not hold every setting"
        return InvalidSettingsError(shown, what=what, fix=fix)
    commands = [problem.command for problem in shown if problem.command]
    keys = " and ".join(problem.key.removeprefix(f"{env_file.name}, ") for problem in shown[:KEYS_NAMED])
    edit = f"edit {keys} in {env_file if env_file.exists() else 'the environment'}"
    count = f"{len(shown)} things are" if len(shown) > 1 else "one thing is"
    where = env_file.name if env_file.exists() else "the environment"
    what = f"{count} wrong with the settings in {where}"
    return InvalidSettingsError(
        shown, what=what, fix=" && ".join(commands) or f"{edit}, then run the same command again"
    )


def _with_origin(problem: Problem, environ: Mapping[str, str]) -> Problem:
    if problem.key not in environ or problem.command:
        return problem
    wrong = f"{problem.wrong} (the value comes from the environment, which wins over {addressed(FILE)})"
    return Problem(key=problem.key, wrong=wrong, write=problem.write)


def _line(problem: Problem) -> str:
    return f"{problem.key} {problem.wrong}\n         write: {problem.write}"

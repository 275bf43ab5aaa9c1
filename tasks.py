"""What did the operator ask? The words that people type; `invoke --list` shows them, `invoke WORD --help` explains."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from invoke.main import program
from invoke.tasks import Task

from ops.commands import dispatch
from ops.commands import down as down_command
from ops.commands import logs as logs_command
from ops.commands import plan as plan_command
from ops.commands import status as status_command
from ops.commands.scale import as_flags, show_counts
from ops.targets import Request

ROOT = Path(__file__).resolve().parent

# Every switch stands here once: what it is without being typed, and what it means.
SWITCHES: dict[str, tuple[Any, str]] = {
    "target": ("droplet", "where: `droplet` (DigitalOcean) or `local` (this machine, loopback only)"),
    "json": (False, "print JSON for machines on stdout, everything else on stderr"),
    "address": ("", "a host that exists already, instead of a droplet from the cloud (droplet only)"),
    "plan": (False, "show what would change, and change nothing"),
    "no_timestamp": (False, "write the evidence to local_run_logs/latest instead of a folder with the time"),
    "lock_wait": (30, "seconds to wait while another deployment runs"),
    "skip_allowlist": (False, "leave the SSH allowlist of the cloud firewall as it is (droplet only)"),
    "allow": ("", "the address to put on that allowlist, instead of the one that is found out (droplet only)"),
    "allow_interruption": (False, "replace PostgreSQL, Redis or Traefik too, although the site is away meanwhile"),
    "allow_breaking_migration": (False, "run migrations that the release that serves now could not live with"),
    "skip_dump": (False, "do not dump the database before it is migrated"),
    "no_rollback": (False, "leave the new release running when its verification fails"),
    "to": ("", "the release to go back to, as `invoke history` names it, instead of the one before"),
    "count": ([], "a service and how many replicas of it, such as api=3; `--count` may be left out, or given again"),
    "reset": (False, "forget the numbers that were set; those of the settings count again"),
    "service": ([], "only this service; give it again for more"),
    "since": ("", "only lines this young, such as 30s, 10m, 2h"),
    "grep": ("", "only lines that hold this text"),
    "follow": (False, "go on as new lines come, until Ctrl-C"),
    "lines": (200, "at most this many lines of the past"),
    "volumes": (False, "delete the data too; asks first"),
    "yes": (False, "do not ask"),
    "keep": (False, "leave everything running afterwards, to look around"),
    "end": (False, "end what --keep left"),
    "last": (20, "at most this many mails, the newest; 0 for all"),
    "show": (0, "print the mail with this number, and its links"),
    "organizations": (0, "a crowd of so many organizations beside those that one looks at"),
    "people": (0, "people in each organization of the crowd (50 if not said)"),
    "events": (0, "events to come of each organization of the crowd (10 if not said)"),
}
PLACE = ("target", "json", "address")
RUN = ("target", "json", "no_timestamp")
CHANGE = ("allow_interruption", "allow_breaking_migration", "skip_dump", "no_rollback")


class Word(Task[Any]):
    """A task none of whose switches gets `-` as its short form, when every letter of its name is taken."""

    def arg_opts(self, name: str, default: Any, taken_names: set[str]) -> dict[str, Any]:
        """Return what invoke's parser has to know of a switch."""
        return super().arg_opts(name, default, {*taken_names, "-"})


def word(*switches: str, **defaults: Any) -> Callable[[Callable[..., None]], Word]:
    """Make a task of a function that takes these switches as one dictionary."""
    stated = {name: defaults.get(name, SWITCHES[name][0]) for name in switches}

    def made(body: Callable[..., None]) -> Word:
        taken = [inspect.Parameter("_", inspect.Parameter.POSITIONAL_ONLY)]
        taken += [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=stated[name]) for name in switches]
        body.__signature__ = inspect.Signature(taken)  # type: ignore[attr-defined]
        several = [name for name in switches if isinstance(stated[name], list)]
        told = {name.replace("_", "-"): SWITCHES[name][1] for name in switches}
        return Word(body, iterable=several, help=told)

    return made


@word("target", "plan", "json", "no_timestamp", "skip_allowlist", "allow", "address", "lock_wait", *CHANGE)
def deploy(_: Any, /, **given: Any) -> None:
    """Deploy or upgrade everything, verify it, and leave the evidence in local_run_logs/."""
    _run("full", **given)


@word("target", "plan", "json", "no_timestamp", "address", "lock_wait", *CHANGE)
def update(_: Any, /, **given: Any) -> None:
    """Replace only the services that changed, keep the data, stay reachable; then verify as deploy does."""
    _run("update", **given)


@word(*RUN, "address", "lock_wait", "to", "allow_interruption")
def rollback(_: Any, /, **given: Any) -> None:
    """Go back to the release before; its images and settings are still there."""
    _run("rollback", **given)


@word(*RUN, "address", "lock_wait", "count", "reset")
def scale(_: Any, /, *, count: list[str], reset: bool, **given: Any) -> None:
    """Change how many replicas serve, as in `invoke scale api=3 worker=2`; without a count show the present ones."""
    if count or reset:
        _run("scale", counts=tuple(count), reset=reset, **given)
    raise SystemExit(show_counts(ROOT, _request("scale", **given)))


@word(*RUN, "address")
def verify(_: Any, /, **given: Any) -> None:
    """Check what runs, from outside and on the host; change nothing there."""
    _run("verify", **given)


@word(*PLACE)
def plan(_: Any, /, **given: Any) -> None:
    """Show what a deploy would change: cloud, host, images, replicas, migrations. Change nothing."""
    raise SystemExit(plan_command.plan(ROOT, _request("plan", **given)))


@word(*PLACE)
def status(_: Any, /, **given: Any) -> None:
    """Show which release is live, and each replica with its health, uptime and memory."""
    raise SystemExit(status_command.status(ROOT, _request("status", **given)))


@word(*PLACE, "lines", lines=20)
def history(_: Any, /, *, lines: int, **given: Any) -> None:
    """Show what was deployed, by whom, from which commit and how it ended; newest first."""
    from ops.commands import history as story  # noqa: PLC0415 - nothing else here shows it

    raise SystemExit(story.history(ROOT, _request("history", **given), lines=lines))


@word("service", "target", "since", "grep", "follow", "lines", "json", "address")
def logs(_: Any, /, *, target: str, json: bool, address: str, service: list[str], **query: Any) -> None:
    """Show what the services wrote, in the order of time, without secrets."""
    wanted = logs_command.LogQuery(services=tuple(service), **query)
    raise SystemExit(logs_command.logs(ROOT, wanted, Request(mode="logs", target=target, json=json, address=address)))


@word("target", "volumes", "yes", "json", "address")
def down(_: Any, /, *, volumes: bool, yes: bool, **given: Any) -> None:
    """Stop the stack and keep its data."""
    raise SystemExit(down_command.down(ROOT, _request("down", **given), volumes=volumes, yes=yes))


@word("last", "show", "json")
def mail(_: Any, /, *, last: int, show: int, json: bool) -> None:
    """List the mails that the local stack's worker wrote to files, or show one with its links."""
    from ops.commands import mail as story  # noqa: PLC0415 - nothing else here reads mail

    raise SystemExit(story.mail(ROOT, Request(mode="mail", target="local", json=json), last=last, show=show))


@word("organizations", "people", "events", "json")
def seed(_: Any, /, *, json: bool, **numbers: int) -> None:
    """Fill the local stack's database with something to look at; with --organizations, with a crowd. Idempotent."""
    from ops.commands import seed as story  # noqa: PLC0415 - the local target alone is seeded by hand

    raise SystemExit(story.seed(ROOT, Request(mode="seed", target="local", json=json), **numbers))


@word("yes", "json")
def destroy(_: Any, /, *, yes: bool, json: bool) -> None:
    """Remove the droplet and all else in the cloud that carries this deployment's tag; shows it and asks first."""
    from ops.commands import destroy as story  # noqa: PLC0415 - nothing else here asks the cloud at once

    raise SystemExit(story.destroy(ROOT, yes=yes, as_json=json))


@word("keep", "end", "json")
def rehearse(_: Any, /, *, keep: bool, end: bool, json: bool) -> None:
    """Do the whole droplet deployment offline: a fake cloud, a droplet in a container, an ACME server."""
    from rehearsal.rehearse import rehearse as rehearsed  # noqa: PLC0415 - nothing else here needs a Docker Engine

    raise SystemExit(rehearsed(keep=keep, end=end, as_json=json))


def _run(mode: str, *, plan: bool = False, **given: Any) -> None:
    raise SystemExit(dispatch.run(_request("plan" if plan else mode, **given), root=ROOT))


def _request(mode: str, *, no_timestamp: bool = False, lock_wait: int = 30, **given: Any) -> Request:
    return Request(mode=mode, timestamp=not no_timestamp, lock_wait_s=float(lock_wait), **given)


# `invoke scale api=3`: before invoke reads the words, plain counts get their flag.
_typed = vars(program).get("core")
if _typed is not None:
    _typed.unparsed[:] = as_flags(_typed.unparsed)

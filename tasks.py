"""The words that people type: `invoke --list` shows them, `invoke WORD --help` explains one.

Invoke gives each switch the first letter of its name that is still free: the order of the parameters decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from invoke.context import Context
from invoke.main import program
from invoke.tasks import task

from ops.commands.typed.words import NoDash, TypedWords
from ops.targets import Request

ROOT = Path(__file__).resolve().parent

program.__class__ = TypedWords  # `invoke` has made it already; it reads the words after this file

# What several words say of the same switches.
JSON = {"json": "print JSON for machines on stdout, everything else on stderr"}
PLACE = {
    **JSON,
    "target": "where: `droplet` (DigitalOcean) or `local` (this machine, loopback only)",
    "address": "a host that exists already, instead of a droplet from the cloud (droplet only)",
}
RUN = {**PLACE, "no-timestamp": "write the evidence to local_run_logs/latest instead of a folder with the time"}
CHANGE = {**RUN, "lock-wait": "seconds to wait while another deployment runs"}
INTERRUPTION = {
    "allow-interruption": "replace also what the site is away for, such as a password of PostgreSQL or Redis",
}
RELEASE = {
    **CHANGE,
    **INTERRUPTION,
    "plan": "show what would change, and change nothing",
    "allow-breaking-migration": "run migrations that the release that serves now could not live with",
    "skip-dump": "do not dump the database before it is migrated",
    "no-rollback": "leave the new release running when its verification fails",
}
CLOSE_LOGINS = {"close-logins": "turn passwords and root off for SSH on a host that was there before (droplet only)"}
LINES = {"lines": "at most this many lines of the past"}
YES = {"yes": "do not ask"}


@task(
    klass=NoDash,
    help={
        **RELEASE,
        "skip-allowlist": "leave the SSH allowlist of the cloud firewall as it is (droplet only)",
        "allow": "the address to put on that allowlist, instead of the one that is found out (droplet only)",
        **CLOSE_LOGINS,
    },
)
def deploy(
    _: Context,
    *,
    target: str = "droplet",
    plan: bool = False,
    json: bool = False,
    no_timestamp: bool = False,
    skip_allowlist: bool = False,
    allow: str = "",
    address: str = "",
    lock_wait: int = 30,
    allow_interruption: bool = False,
    allow_breaking_migration: bool = False,
    skip_dump: bool = False,
    no_rollback: bool = False,
    close_logins: bool = False,
) -> None:
    """Deploy or upgrade everything, verify it, and leave the evidence in local_run_logs/."""
    _run(
        Request(
            mode="plan" if plan else "full",
            target=target,
            json=json,
            timestamp=not no_timestamp,
            skip_allowlist=skip_allowlist,
            allow=allow,
            close_logins=close_logins,
            address=address,
            lock_wait_s=float(lock_wait),
            allow_interruption=allow_interruption,
            allow_breaking_migration=allow_breaking_migration,
            skip_dump=skip_dump,
            no_rollback=no_rollback,
        )
    )


@task(klass=NoDash, help=RELEASE)
def update(
    _: Context,
    *,
    target: str = "droplet",
    plan: bool = False,
    json: bool = False,
    no_timestamp: bool = False,
    address: str = "",
    lock_wait: int = 30,
    allow_interruption: bool = False,
    allow_breaking_migration: bool = False,
    skip_dump: bool = False,
    no_rollback: bool = False,
) -> None:
    """Replace only the services that changed, keep the data, stay reachable; then verify as deploy does."""
    _run(
        Request(
            mode="plan" if plan else "update",
            target=target,
            json=json,
            timestamp=not no_timestamp,
            address=address,
            lock_wait_s=float(lock_wait),
            allow_interruption=allow_interruption,
            allow_breaking_migration=allow_breaking_migration,
            skip_dump=skip_dump,
            no_rollback=no_rollback,
        )
    )


@task(
    help={
        **CHANGE,
        **INTERRUPTION,
        "to": "the release to go back to, as `invoke history` names it, instead of the one before",
    }
)
def rollback(
    _: Context,
    *,
    target: str = "droplet",
    json: bool = False,
    no_timestamp: bool = False,
    address: str = "",
    lock_wait: int = 30,
    to: str = "",
    allow_interruption: bool = False,
) -> None:
    """Go back to the release before; its images and settings are still there."""
    _run(
        Request(
            mode="rollback",
            target=target,
            json=json,
            timestamp=not no_timestamp,
            address=address,
            lock_wait_s=float(lock_wait),
            to=to,
            allow_interruption=allow_interruption,
        )
    )


@task(
    iterable=["count"],
    help={
        **CHANGE,
        "count": "a service and how many replicas of it, such as api=3; `--count` may be left out, or given again",
        "reset": "forget the numbers that were set; those of the settings count again",
    },
)
def scale(
    _: Context,
    *,
    count: list[str],
    target: str = "droplet",
    json: bool = False,
    no_timestamp: bool = False,
    address: str = "",
    lock_wait: int = 30,
    reset: bool = False,
) -> None:
    """Change how many replicas serve, as in `invoke scale api=3 worker=2`; without a count show the present ones."""
    request = Request(
        mode="scale",
        target=target,
        json=json,
        timestamp=not no_timestamp,
        address=address,
        lock_wait_s=float(lock_wait),
        counts=tuple(count),
        reset=reset,
    )
    if count or reset:
        _run(request)
    from ops.commands import scale as story

    raise SystemExit(story.show_counts(ROOT, request))


@task(help=RUN)
def verify(
    _: Context, *, target: str = "droplet", json: bool = False, no_timestamp: bool = False, address: str = ""
) -> None:
    """Check what runs, from outside and on the host; change nothing there."""
    _run(Request(mode="verify", target=target, json=json, timestamp=not no_timestamp, address=address))


@task(help={**PLACE, **CLOSE_LOGINS})
def plan(
    _: Context, *, target: str = "droplet", json: bool = False, address: str = "", close_logins: bool = False
) -> None:
    """Show what a deploy would change: cloud, host, images, replicas, migrations. Change nothing."""
    from ops.commands import plan as story

    request = Request(mode="plan", target=target, json=json, address=address, close_logins=close_logins)
    raise SystemExit(story.plan(ROOT, request))


@task(help=PLACE)
def status(_: Context, *, target: str = "droplet", json: bool = False, address: str = "") -> None:
    """Show which release is live, and each replica with its health, uptime and memory."""
    from ops.commands import status as story

    raise SystemExit(story.status(ROOT, Request(mode="status", target=target, json=json, address=address)))


@task(help={**PLACE, **LINES})
def history(_: Context, *, target: str = "droplet", json: bool = False, address: str = "", lines: int = 20) -> None:
    """Show what was deployed, by whom, from which commit and how it ended; newest first."""
    from ops.commands import history as story

    request = Request(mode="history", target=target, json=json, address=address)
    raise SystemExit(story.history(ROOT, request, lines=lines))


@task(
    iterable=["service"],
    help={
        **PLACE,
        **LINES,
        "service": "only this service; give it again for more",
        "since": "only lines this young, such as 30s, 10m, 2h",
        "grep": "only lines that hold this text",
        "follow": "go on as new lines come, until Ctrl-C",
    },
)
def logs(
    _: Context,
    *,
    service: list[str],
    target: str = "droplet",
    since: str = "",
    grep: str = "",
    follow: bool = False,
    lines: int = 200,
    json: bool = False,
    address: str = "",
) -> None:
    """Show what the services wrote, in the order of time, without secrets."""
    from ops.commands import logs as story

    query = story.LogQuery(services=tuple(service), since=since, grep=grep, follow=follow, lines=lines)
    raise SystemExit(story.logs(ROOT, query, Request(mode="logs", target=target, json=json, address=address)))


@task(help={**PLACE, **YES, "volumes": "delete the data too; asks first"})
def down(
    _: Context,
    *,
    target: str = "droplet",
    volumes: bool = False,
    yes: bool = False,
    json: bool = False,
    address: str = "",
) -> None:
    """Stop the stack and keep its data."""
    from ops.commands import down as story

    request = Request(mode="down", target=target, json=json, address=address)
    raise SystemExit(story.down(ROOT, request, volumes=volumes, yes=yes))


@task(
    help={
        **JSON,
        "last": "at most this many mails, the newest; 0 for all",
        "show": "print the mail with this number, and its links",
    }
)
def mail(_: Context, *, last: int = 20, show: int = 0, json: bool = False) -> None:
    """List the mails that the local stack's worker wrote to files, or show one with its links."""
    from ops.commands import mail as story

    raise SystemExit(story.mail(ROOT, Request(mode="mail", target="local", json=json), last=last, show=show))


@task(
    help={
        **JSON,
        "organizations": "a crowd of so many organizations beside those that one looks at",
        "people": "people in each organization of the crowd (50 if not said)",
        "events": "events to come of each organization of the crowd (10 if not said)",
    }
)
def seed(_: Context, *, organizations: int = 0, people: int = 0, events: int = 0, json: bool = False) -> None:
    """Fill the local stack's database with something to look at; with --organizations, with a crowd. Idempotent."""
    from ops.commands import seed as story

    request = Request(mode="seed", target="local", json=json)
    raise SystemExit(story.seed(ROOT, request, organizations=organizations, people=people, events=events))


@task(help=JSON)
def environments(_: Context, *, json: bool = False) -> None:
    """List the environments of this checkout, and how the last run in each ended; asks no host."""
    from ops.commands import environments as story

    raise SystemExit(story.environments(ROOT, as_json=json))


@task(help={**JSON, **YES})
def destroy(_: Context, *, yes: bool = False, json: bool = False) -> None:
    """Remove the droplet and all else in the cloud that carries this deployment's tag; shows it and asks first."""
    from ops.commands import destroy as story

    raise SystemExit(story.destroy(ROOT, yes=yes, as_json=json))


@task(help={**JSON, "keep": "leave everything running afterwards, to look around", "end": "end what --keep left"})
def rehearse(_: Context, *, keep: bool = False, end: bool = False, json: bool = False) -> None:
    """Do the whole droplet deployment offline: a fake cloud, a droplet in a container, an ACME server."""
    from rehearsal.rehearse import rehearse as rehearsed

    raise SystemExit(rehearsed(keep=keep, end=end, as_json=json))


def _run(request: Request) -> NoReturn:
    from ops.commands import dispatch

    raise SystemExit(dispatch.run(request, root=ROOT))

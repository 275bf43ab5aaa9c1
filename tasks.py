"""What did the operator ask? The words that people type; `invoke --list` shows them, `invoke WORD --help` explains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke import Context, task

from ops import deploy as deployment
from ops import operate
from ops.target import Request

ROOT = Path(__file__).resolve().parent

TARGET = "where: `droplet` (DigitalOcean) or `local` (this machine, loopback only)"
JSON = "print JSON for machines on stdout, everything else on stderr"
NO_TIMESTAMP = "write the evidence to local_run_logs/latest instead of a folder with the time"
LOCK_WAIT = "seconds to wait while another deployment runs"
ADDRESS = "a host that exists already, instead of a droplet from the cloud (droplet only)"
RUN_HELP = {
    "target": TARGET,
    "plan": "show what would change, and change nothing",
    "json": JSON,
    "no-timestamp": NO_TIMESTAMP,
    "skip-allowlist": "leave the SSH allowlist of the cloud firewall as it is (droplet only)",
    "allow": "the address to put on that allowlist, instead of the one that is found out (droplet only)",
    "address": ADDRESS,
    "lock-wait": LOCK_WAIT,
}


@task(help=RUN_HELP)
def deploy(
    _: Context,
    target: str = "droplet",
    plan: bool = False,
    json: bool = False,
    no_timestamp: bool = False,
    skip_allowlist: bool = False,
    allow: str = "",
    address: str = "",
    lock_wait: int = 30,
) -> None:
    """Deploy or upgrade everything, verify it, and leave the evidence in local_run_logs/."""
    options = {"skip_allowlist": skip_allowlist, "allow": allow, "address": address, "lock_wait_s": float(lock_wait)}
    _run("plan" if plan else "full", target, json=json, timestamp=not no_timestamp, **options)


@task(help={key: text for key, text in RUN_HELP.items() if key not in {"skip-allowlist", "allow"}})
def update(
    _: Context,
    target: str = "droplet",
    plan: bool = False,
    json: bool = False,
    no_timestamp: bool = False,
    address: str = "",
    lock_wait: int = 30,
) -> None:
    """Replace only the services that changed, keep the data, stay reachable; then verify as deploy does."""
    mode = "plan" if plan else "update"
    _run(mode, target, json=json, timestamp=not no_timestamp, address=address, lock_wait_s=float(lock_wait))


@task(help={"target": TARGET, "json": JSON, "no-timestamp": NO_TIMESTAMP, "address": ADDRESS})
def verify(
    _: Context, target: str = "droplet", json: bool = False, no_timestamp: bool = False, address: str = ""
) -> None:
    """Check what runs, from outside and on the host; change nothing there."""
    _run("verify", target, json=json, timestamp=not no_timestamp, address=address)


@task(help={"target": TARGET, "json": JSON, "address": ADDRESS})
def plan(_: Context, target: str = "droplet", json: bool = False, address: str = "") -> None:
    """Show what a deploy would change: cloud, host, images, replicas, migrations. Change nothing."""
    raise SystemExit(operate.plan(ROOT, Request(mode="plan", target=target, json=json, address=address)))


@task(help={"target": TARGET, "json": JSON, "address": ADDRESS})
def status(_: Context, target: str = "droplet", json: bool = False, address: str = "") -> None:
    """Show which release is live, and each replica with its health, uptime and memory."""
    raise SystemExit(operate.status(ROOT, Request(mode="status", target=target, json=json, address=address)))


@task(
    iterable=["service"],
    help={
        "target": TARGET,
        "service": "only this service; give it again for more",
        "since": "only lines this young, such as 30s, 10m, 2h",
        "grep": "only lines that hold this text",
        "follow": "go on as new lines come, until Ctrl-C",
        "lines": "at most this many lines of the past",
        "json": JSON,
        "address": ADDRESS,
    },
)
def logs(
    _: Context,
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
    wanted = operate.LogQuery(services=tuple(service), since=since, grep=grep, follow=follow, lines=lines)
    raise SystemExit(operate.logs(ROOT, wanted, Request(mode="logs", target=target, json=json, address=address)))


@task(
    help={
        "target": TARGET,
        "volumes": "delete the data too; asks first",
        "yes": "do not ask",
        "json": JSON,
        "address": ADDRESS,
    }
)
def down(
    _: Context,
    target: str = "droplet",
    volumes: bool = False,
    yes: bool = False,
    json: bool = False,
    address: str = "",
) -> None:
    """Stop the stack and keep its data."""
    request = Request(mode="down", target=target, json=json, address=address)
    raise SystemExit(operate.down(ROOT, request, volumes=volumes, yes=yes))


@task(help={"yes": "do not ask", "json": JSON})
def destroy(_: Context, yes: bool = False, json: bool = False) -> None:
    """Remove the droplet and all else in the cloud that carries this deployment's tag; shows it and asks first."""
    from ops import destroy as story  # noqa: PLC0415 - nothing else here asks the cloud at once

    raise SystemExit(story.destroy(ROOT, yes=yes, as_json=json))


@task(help={"keep": "leave everything running afterwards, to look around", "end": "end what --keep left", "json": JSON})
def rehearse(_: Context, keep: bool = False, end: bool = False, json: bool = False) -> None:
    """Do the whole droplet deployment offline: a fake cloud, a droplet in a container, an ACME server."""
    from rehearsal.rehearse import rehearse as rehearsed  # noqa: PLC0415 - nothing else here needs a Docker Engine

    raise SystemExit(rehearsed(keep=keep, end=end, as_json=json))


def _run(mode: str, target: str, **options: Any) -> None:
    raise SystemExit(deployment.run(Request(mode=mode, target=target, **options), root=ROOT))

"""What did the operator ask? The words that people type; `invoke --list` shows them, `invoke WORD --help` explains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke import Context, task

from ops import deploy as deployment
from ops import operate

ROOT = Path(__file__).resolve().parent

TARGET = "where: `droplet` (DigitalOcean) or `local` (this machine, loopback only)"
JSON = "print JSON for machines on stdout, everything else on stderr"
NO_TIMESTAMP = "write the evidence to local_run_logs/latest instead of a folder with the time"
LOCK_WAIT = "seconds to wait while another deployment runs"
RUN_HELP = {
    "target": TARGET,
    "plan": "show what would change, and change nothing",
    "json": JSON,
    "no-timestamp": NO_TIMESTAMP,
    "skip-allowlist": "leave the SSH allowlist of the cloud firewall as it is (droplet only)",
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
    lock_wait: int = 30,
) -> None:
    """Deploy or upgrade everything, verify it, and leave the evidence in local_run_logs/."""
    mode = "plan" if plan else "full"
    _run(mode, target, json=json, timestamp=not no_timestamp, skip_allowlist=skip_allowlist, lock_wait_s=lock_wait)


@task(help=RUN_HELP)
def update(
    _: Context,
    target: str = "droplet",
    plan: bool = False,
    json: bool = False,
    no_timestamp: bool = False,
    skip_allowlist: bool = False,
    lock_wait: int = 30,
) -> None:
    """Replace only the services that changed, keep the data, stay reachable; then verify as deploy does."""
    mode = "plan" if plan else "update"
    _run(mode, target, json=json, timestamp=not no_timestamp, skip_allowlist=skip_allowlist, lock_wait_s=lock_wait)


@task(help={"target": TARGET, "json": JSON, "no-timestamp": NO_TIMESTAMP})
def verify(_: Context, target: str = "droplet", json: bool = False, no_timestamp: bool = False) -> None:
    """Check what runs, from outside and on the host; change nothing there."""
    _run("verify", target, json=json, timestamp=not no_timestamp)


@task(help={"target": TARGET, "json": JSON})
def plan(_: Context, target: str = "droplet", json: bool = False) -> None:
    """Show what a deploy would change: images, replicas, migrations. Change nothing."""
    raise SystemExit(operate.plan(ROOT, target=target, as_json=json))


@task(help={"target": TARGET, "json": JSON})
def status(_: Context, target: str = "droplet", json: bool = False) -> None:
    """Show which release is live, and each replica with its health, uptime and memory."""
    raise SystemExit(operate.status(ROOT, target=target, as_json=json))


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
) -> None:
    """Show what the services wrote, in the order of time, without secrets."""
    wanted = operate.LogQuery(services=tuple(service), since=since, grep=grep, follow=follow, lines=lines)
    raise SystemExit(operate.logs(ROOT, wanted, target=target, as_json=json))


@task(help={"target": TARGET, "volumes": "delete the data too; asks first", "yes": "do not ask", "json": JSON})
def down(_: Context, target: str = "droplet", volumes: bool = False, yes: bool = False, json: bool = False) -> None:
    """Stop the stack and keep its data."""
    raise SystemExit(operate.down(ROOT, target=target, volumes=volumes, yes=yes, as_json=json))


def _run(mode: str, target: str, **options: Any) -> None:
    raise SystemExit(deployment.run(deployment.Request(mode=mode, target=target, **options), root=ROOT))

"""What do other ways of updating the same API drop, and how long do they take? Prints a table.

One droplet in a container; ours first, then each other way as its documentation says, with the same data and load.
"""

from __future__ import annotations

import argparse
import io
import tarfile
import time
from dataclasses import dataclass
from pathlib import Path

import trustme

from rehearsal.docker import docker
from rehearsal.droplet.machine import Machine
from tests.bench.kept import Story, keep
from tests.bench.loaded import droplet_plan, load_from_container
from tests.bench.machine import describe_machine
from tests.bench.recording import latencies
from tests.bench.rolling import AFTERWARDS_S, arguments, end_in_order, tell_updates
from tests.bench.rolling_droplet import deployed_droplet, plan_for
from tests.bench.spans import Update, seen_of
from tests.bench.story import say
from tests.bench.tables import failure_kinds, spread, table
from tests.bench.traffic import api_kinds
from tests.rehearsal.droplet.droplet_stack import Rehearsed
from tests.stack import ROOT

FOLDER = "/srv/peers"
PROJECT = Path(__file__).parent / "peers_project"
UPDATES = 5
PAUSE_S = 3.0  # `up -d` does not wait for the new container: without a pause the next one would replace it unready
UP_S = 600.0
CHECK = "python -m api.shared.healthcheck"


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to update the API: the command that is typed on the host, and what its documentation asks of Compose."""

    name: str
    command: str
    by_labels: bool
    check: str = CHECK
    check_interval: str = "10s"
    check_retries: int = 3


METHODS = (
    Method(name="`docker compose up -d --build`", command="docker compose up -d --build", by_labels=False),
    Method(
        name="scale by two, without a hook",
        command="docker compose build api && sh scale-by-two.sh ''",
        by_labels=True,
    ),
    Method(
        name="scale by two, with the drain recipe",
        command="docker compose build api && sh scale-by-two.sh 'touch /tmp/drain && sleep 10'",
        by_labels=True,
        check=f"test ! -f /tmp/drain && {CHECK}",
        check_interval="5s",
        check_retries=1,
    ),
)


def main() -> None:
    """Measure ours on a fresh droplet, stop it, and measure the others there."""
    end_in_order()
    asked = arguments("peers", updates=UPDATES)
    with deployed_droplet() as stack:
        stories = [_tell_ours(stack, asked)]
        _must(stack, "down")
        authority = put_project(stack.machine, password=stack.environment["POSTGRES_PASSWORD"])
        stories += [_tell_peer(stack.machine, method, authority, asked=asked) for method in METHODS]
    kept = keep("peers", stories)
    causes = "\n".join(f"- {story.title}: {failure_kinds(story)}" for story in stories)
    print("\n".join((describe_machine(), peers_table(stories), causes, f"Kept in {kept}")))  # noqa: T201 - it prints


def peers_table(stories: list[Story]) -> str:
    """Return one row for each way; failures count from the first update on, pauses included."""
    rows = []
    for story in stories:
        steady, since = latencies(story.steady), latencies(story.since)
        seen = [seen_of(update, story.recording, until=story.until(update)) for update in story.updates]
        rows.append(
            [
                story.title,
                spread([update.seconds for update in story.updates]),
                spread([one.last_old_s for one in seen if one.last_old_s is not None]),
                f"{since.failures.total():,} of {since.asked:,}",
                f"{steady.at_share(0.99):.1f}",
                f"{since.at_share(0.99):.1f}",
                f"{since.at_share(1.0):.0f}",
            ]
        )
    head = ["way", "an update takes", "last old answer", "failed", "steady p99 ms", "p99 ms", "max ms"]
    return table(head, rows)


def put_project(machine: Machine, *, password: str) -> str:
    """Put the Compose project and the API on the droplet; return the authority to trust."""
    authority = trustme.CA()
    certificate = authority.issue_cert("app.rehearsal.test")
    chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
    files = {"tls/cert.pem": chain, "tls/key.pem": certificate.private_key_pem.bytes()}
    files |= {path.name: path.read_bytes() for path in PROJECT.iterdir() if path.is_file()}
    files |= {"dynamic/tls.yml": files.pop("tls.yml")}
    sources = (*ROOT.glob("api/**/*.py"), ROOT / "api/Dockerfile", ROOT / "requirements/api.txt")
    files |= {str(path.relative_to(ROOT)): path.read_bytes() for path in sources}
    files |= {"secrets.env": f"POSTGRES_PASSWORD={password}\nPOSTGRES_USER=slipway\nPOSTGRES_DB=slipway\n".encode()}
    machine.run("mkdir", "-p", FOLDER)
    docker("cp", "-", f"{machine.container}:{FOLDER}", stdin=_tar(files))
    return authority.cert_pem.bytes().decode()


def _tell_ours(stack: Rehearsed, asked: argparse.Namespace) -> Story:
    plan = plan_for(stack, api_kinds())
    files = ["api/main.py"] * asked.updates
    return tell_updates(
        stack,
        (),
        lambda: load_from_container(plan, stack.machine),
        title="`invoke update`",
        files=files,
        asked=asked,
        pause_s=PAUSE_S,
    )


def _tell_peer(machine: Machine, method: Method, authority: str, *, asked: argparse.Namespace) -> Story:
    say(method.name)
    _write_settings(machine, method, version="0")
    route = "rm -f dynamic/route.yml" if method.by_labels else "cp file-route.yml dynamic/route.yml"
    _shell(machine, f"{route} && docker compose up -d --build --wait --force-recreate")
    updates: list[Update] = []
    plan = droplet_plan(machine, api_kinds(), authority=authority)
    with load_from_container(plan, machine) as loaded:
        time.sleep(asked.steady)  # the stretch without any change
        for number in range(1, asked.updates + 1):
            updates.append(_update(machine, method, number))
            time.sleep(PAUSE_S)
        time.sleep(AFTERWARDS_S)
    _shell(machine, "docker compose down")
    return Story(title=method.name, recording=loaded.recording, updates=tuple(updates))


def _update(machine: Machine, method: Method, number: int) -> Update:
    _write_settings(machine, method, version=str(number))
    _shell(machine, f"echo '# measured {number}' >>api/main.py")
    typed_at = time.time()
    _shell(machine, method.command)
    ended_at = time.time()
    say(f"{method.name} {number}: {ended_at - typed_at:.1f} s")
    return Update(name=f"{number}", typed_at=typed_at, ended_at=ended_at, exit_code=0, outcome="success")


def _write_settings(machine: Machine, method: Method, *, version: str) -> None:
    lines = (
        f"API_VERSION={version}",
        f"BY_LABELS={str(method.by_labels).lower()}",
        f"API_CHECK={method.check}",
        f"API_CHECK_INTERVAL={method.check_interval}",
        f"API_CHECK_RETRIES={method.check_retries}",
    )
    text = "\n".join(lines) + "\n"
    _shell(machine, "umask 077; cat secrets.env - >.env", stdin=text.encode())


def _shell(machine: Machine, command: str, *, stdin: bytes | None = None) -> str:
    return machine.run("sh", "-ec", f"cd {FOLDER}; {command}", stdin=stdin, timeout_s=UP_S)


def _must(stack: Rehearsed, *words: str) -> None:
    done = stack.invoke(*words)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o600 if name == "secrets.env" else 0o644
            tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


if __name__ == "__main__":
    main()

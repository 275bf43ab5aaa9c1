"""Is a verification right on a machine that has too much to do: of what is well, and of what is broken?

Twelve processes compute beside the stack all the time. In `verdicts` what runs is broken and mended from outside, in
`undone` it is what an update brings.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import trustme

from tests.soak.busy import busy
from tests.soak.case import Case, Counts, Part, Play, must
from tests.soak.place import LOCAL, Place
from tests.soak.requests import change
from tests.stack import Stack

LOAD = 12
VERIFY_S = 600.0
UPDATE_S = 900.0
STOPPED = ("api", "django")  # each is one process, which answers for itself
FAILED = 9
NOSNIFF = ("contentTypeNosniff: true", "contentTypeNosniff: false")
HEADERS = Path("traefik") / "dynamic" / "headers.yml"


@contextlib.contextmanager
def opened_for_verdicts(place: Place) -> Iterator[Play]:
    """Hold a stack under load; what is stopped in it has a second replica, so that the site answers."""
    with place.local_stack(with_watch=False) as stack:
        stack.json("scale", "api=2", "django=2")
        with busy(LOAD):
            yield partial(judge, stack)


@contextlib.contextmanager
def opened_for_updates(place: Place) -> Iterator[Play]:
    """Hold a stack under load, with the waiting times that people get."""
    with place.local_stack(with_watch=True) as stack, busy(LOAD):
        yield partial(update, stack)


def judge(stack: Stack, case: Case, counts: Counts) -> None:
    """Pass what is well, and find a stopped replica, a missing header and a broken certificate."""
    service = case.draw().choice(STOPPED)
    passed = verified(stack, counts)
    must(not failures(passed), f"a healthy stack fails: {failures(passed)}")
    with stopped(stack, service), changed(routes(stack) / "headers.yml", *NOSNIFF):
        found = failures(verified(stack, counts))
    must("services-healthy" in found, f"a stopped replica of {service} is not found: {found}")
    must(any(one.startswith("headers-") for one in found), f"a missing header is not found: {found}")
    with another_certificate(stack):
        found = failures(verified(stack, counts))
    must("certificate" in found, f"a broken certificate is not found: {found}")
    counts.update({"healthy passed": 1, f"stopped {service} found": 1, "header found": 1, "certificate found": 1})


def update(stack: Stack, case: Case, counts: Counts) -> None:
    """Keep a one-line change, and take back a release without a header."""
    change(stack, "api/main.py", f"soak {case.number}")
    kept = stack.invoke("update", *LOCAL, timeout_s=UPDATE_S)
    must(kept.returncode == 0, f"an update was not kept: exit code {kept.returncode}\n{kept.stdout}{kept.stderr}")
    before = version(stack)
    change(stack, "api/main.py", f"soak {case.number}, with a header less")
    with changed(stack.root / HEADERS, *NOSNIFF):
        undone = stack.invoke("update", *LOCAL, timeout_s=UPDATE_S)
    report = newest_report(stack)
    told = f"{report['outcome']}, exit code {undone.returncode}\n{undone.stdout}{undone.stderr}"
    must((undone.returncode, report["outcome"]) == (FAILED, "rolled_back"), f"a broken release stayed: {told}")
    must(version(stack) == before, f"another release than the one before serves: {told}")
    counts.update({"kept": 1, "taken back": 1})
    counts["slow checks"] += sum(check["slow"] for check in report["checks"])


def verified(stack: Stack, counts: Counts) -> dict[str, Any]:
    """Verify, and return the report; it has to say what its exit code says."""
    done = stack.invoke("verify", *LOCAL, "--json", timeout_s=VERIFY_S)
    try:
        report: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        must(holds=False, what=f"no report: {done.stdout}{done.stderr}")
        raise
    must(done.returncode == (FAILED if failures(report) else 0), f"exit code {done.returncode}: {failures(report)}")
    counts["slow checks"] += sum(check["slow"] for check in report["checks"])
    counts["looked again"] += sum("asking again" in line for line in done.stderr.splitlines())
    return report


def failures(report: dict[str, Any]) -> dict[str, str]:
    """Return the checks that failed, with what was seen."""
    return {check["id"]: check["detail"] for check in report["checks"] if not check["ok"]}


@contextlib.contextmanager
def stopped(stack: Stack, service: str) -> Iterator[None]:
    """Stop a replica of a service, as if it hung, until the block ends."""
    pid = next(row["pid"] for row in _rows(stack) if row["service"] == service)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def routes(stack: Stack) -> Path:
    """Return the folder that the Traefik watches which has the visitors: no other is there without an update."""
    (found,) = (stack.state / "replicas").glob("traefik-*/dynamic")
    return found


def _rows(stack: Stack) -> list[dict[str, Any]]:
    """Return what runs, also while a replica is not healthy."""
    seen = json.loads(stack.invoke("status", *LOCAL, "--json").stdout)
    rows: list[dict[str, Any]] = seen["services"]
    return rows


@contextlib.contextmanager
def changed(path: Path, old: str, new: str) -> Iterator[None]:
    """Change a file until the block ends, by rename: whoever watches it sees it whole."""
    text = path.read_text(encoding="utf-8")
    must(old in text, f"`{old}` is not in {path}")
    _put(path, text.replace(old, new))
    try:
        yield
    finally:
        _put(path, text)


def _put(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.soak")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextlib.contextmanager
def another_certificate(stack: Stack) -> Iterator[None]:
    """Have Traefik show a certificate of a stranger, for another name, until the block ends."""
    folder = stack.state / "another"
    folder.mkdir(exist_ok=True)
    made = trustme.CA().issue_cert("another.example")
    made.private_key_pem.write_to_path(folder / "key.pem")
    made.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    path = routes(stack) / "tls.yml"
    text = path.read_text(encoding="utf-8")
    for name, file in (("CERT", "cert.pem"), ("KEY", "key.pem")):
        text = re.sub(rf"'{{{{ env \"TLS_{name}_PATH\" }}}}'", f"'{folder / file}'", text)
    original = path.read_text(encoding="utf-8")
    must(text != original, f"{path} names no certificate")
    _put(path, text)
    try:
        yield
    finally:
        _put(path, original)


def version(stack: Stack) -> str:
    """Return which API answers."""
    return str(stack.ask("/api/health").json()["version"])


def newest_report(stack: Stack) -> dict[str, Any]:
    """Return the report of the newest run, also of one that failed."""
    folder = max((stack.root / "local_run_logs").glob("2*"))
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return found


VERDICTS = Part(
    name="verdicts",
    promise="under a load of 12, what is well passes; a stopped replica, a missing header, a broken certificate do not",
    cases=50,
    opened=opened_for_verdicts,
)
UNDONE = Part(
    name="undone",
    promise="under a load of 12, an update that is well is kept, and one that is broken is taken back",
    cases=20,
    opened=opened_for_updates,
)

"""Files that a crash leaves old or new, never half of either."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

THIS_HOST_FILE = "this-host.yml"
FAREWELL_FILE = "leaving.yml"  # of traefik/dynamic, which is around every public request and does nothing
FAREWELL = json.dumps(
    {"http": {"middlewares": {"leaving": {"headers": {"customResponseHeaders": {"Connection": "close"}}}}}}
)
CHALLENGES_FILE = "challenges.yml"  # there only while somebody else orders a certificate
LOOPBACK = ("127.0.0.1/32", "::1/128")


def write_atomically(path: Path, text: str) -> None:
    """Write a 0600 file through a temporary name in the same folder, flushed to the disk before and after."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and new names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_routes(folder: Path, files: dict[str, str], *, mode: int = 0o600) -> None:
    """Put files (name -> content) in a watched folder, each by rename from outside of it, and remove any other.

    The folder is there already; `mode` says who may read the files.
    """
    last = next(reversed(files), "")
    for name, content in files.items():
        if name == last:  # what says that all is there comes when all is there
            for path in folder.iterdir():
                if path.name not in files:
                    path.unlink()
        put_by_rename(folder / name, content, mode=mode)


def only_this_host(addresses: Iterable[str]) -> dict[str, str]:
    """Return the dynamic file that says who may use Traefik's internal entry point: this host, by these addresses."""
    networks = [*LOOPBACK, *sorted({f"{address}/32" for address in addresses if address})]
    middleware = {"this-host": {"ipAllowList": {"sourceRange": networks, "rejectStatusCode": 404}}}
    return {THIS_HOST_FILE: json.dumps({"http": {"middlewares": middleware}}, indent=1) + "\n"}


def challenges_passed_on(to: str) -> str:
    """Return the dynamic file with which a Traefik asks `to`, host:port, for ACME challenges that it does not know."""
    rule = "PathPrefix(`/.well-known/acme-challenge/`)"
    router = {"entryPoints": ["web"], "rule": rule, "priority": 1000, "service": "challenges"}
    own_first = {"service": "acme-http@internal", "fallback": "challenges-elsewhere"}
    services = {
        "challenges": {"failover": {**own_first, "errors": {"status": ["404", "500-599"]}}},
        "challenges-elsewhere": {"loadBalancer": {"servers": [{"url": f"http://{to}"}]}},
    }
    return json.dumps({"http": {"routers": {"challenges": router}, "services": services}}, indent=1) + "\n"


def put_by_rename(place: Path, content: str, *, mode: int = 0o600) -> None:
    """Put one file in a watched folder, by rename from outside of it; nothing happens when it is there already."""
    if place.exists() and place.read_text(encoding="utf-8") == content:
        return  # nothing for Traefik to read again
    outside = place.parent.with_name(f".{place.parent.name}.next")
    outside.unlink(missing_ok=True)
    outside.touch(mode=0o600)
    outside.chmod(mode)
    outside.write_text(content, encoding="utf-8")
    with outside.open("rb") as written:
        os.fsync(written.fileno())
    outside.replace(place)

"""Does the Django image do all by itself when nobody runs a release around it?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.rehearsal.compose.engine_host import EngineHost

NAMES = ("alone-1", "alone-2")
KEYS = ("DJANGO", "DATABASE", "REDIS", "STATIC", "MEDIA", "ENVIRONMENT", "POSTGRES_API", "TOKEN")
ASK = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8000/ready', timeout=2).status)"
WAIT = f'for i in $(seq 120); do docker exec "$0" python -c "{ASK}" 2>/dev/null && exit 0; sleep 0.5; done; exit 1'


@pytest.fixture
def host(real_host: EngineHost) -> Iterator[EngineHost]:
    """Hold the real stack up, with an empty database beside its own."""
    postgres = name_of(real_host, "postgres")
    real_host.docker("exec", postgres, "sh", "-c", 'createdb -U "$POSTGRES_USER" alone')
    yield real_host
    for name in NAMES:
        real_host.docker("rm", "--force", "--volumes", name)
    real_host.docker("exec", postgres, "sh", "-c", 'dropdb --force -U "$POSTGRES_USER" alone')


def name_of(host: EngineHost, service: str) -> str:
    return next(name for name, row in host.status().items() if row["service"] == service)


def start_alone(host: EngineHost, name: str) -> None:
    """Start the image with its own command, on the empty database."""
    live = name_of(host, "django")
    row = next(row for row in host.inspect() if row["Name"] == f"/{live}")
    environment = [entry for entry in row["Config"]["Env"] if entry.startswith(KEYS)]
    words = [word for entry in environment for word in ("--env", _on_empty_database(entry))]
    places = ("--read-only", "--tmpfs", "/tmp", "--volume", "/srv/static", "--network", "slipway_data")  # noqa: S108 - inside it
    host.docker("run", "--detach", "--name", name, *places, *words, row["Config"]["Image"])


def _on_empty_database(entry: str) -> str:
    return f"{entry.rpartition('/')[0]}/alone" if entry.startswith("DATABASE_URL=") else entry


@pytest.mark.req("C-05")
def test_containers_started_alone_migrate_in_turn_collect_and_serve(host: EngineHost) -> None:
    for name in NAMES:
        start_alone(host, name)
    assert [host.run("sh", "-c", WAIT, name) for name in NAMES] == ["200", "200"]
    logs = [host.run("sh", "-c", f"docker logs {name} 2>&1") for name in NAMES]
    assert all("static files" in log for log in logs)
    migrated = [log for log in logs if "Applying signups.0001_initial... OK" in log]
    assert len(migrated) == 1
    assert migrated[0].index("Applying signups.0001_initial") < migrated[0].index("static files")

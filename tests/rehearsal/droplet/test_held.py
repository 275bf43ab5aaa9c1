"""Are PostgreSQL and Redis of a droplet replaced while it serves, and is an image that does not fit refused?"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any, Self

import httpx
import pytest

from rehearsal.world import DOMAIN
from tests.rehearsal.droplet.droplet_stack import Rehearsed

pytestmark = pytest.mark.engine
OTHER = "CREATE DATABASE other", "UPDATE pg_database SET datcollversion = '2.36' WHERE datname = 'other'"


@pytest.fixture
def site(second: Rehearsed) -> Iterator[Rehearsed]:
    """Return the second checkout; its Compose file is as it was afterwards, and so is what runs."""
    path = second.root / "docker-compose.yml"
    original = path.read_text(encoding="utf-8")
    yield second
    path.write_text(original, encoding="utf-8")
    done = second.deploy()
    assert done.returncode == 0, done.stdout + done.stderr


class Visitors:
    """One who reads and one who writes, without pause."""

    def __init__(self, stack: Rehearsed) -> None:
        self.failures: list[str] = []
        self.longest_s = 0.0
        self._stack = stack
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._visit, args=(word,)) for word in ("GET", "POST")]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(40)

    def _visit(self, word: str) -> None:
        path = "/api/events?limit=3" if word == "GET" else "/api/auth/refresh"
        headers = {"Host": DOMAIN, **({"Cookie": "refresh=nobody"} if word == "POST" else {})}
        url, names = f"https://{self._stack.machine.address}{path}", {"sni_hostname": DOMAIN}
        with self._stack.client() as client:
            while not self._ended.wait(0.3):  # below the rate limit, beside the verification's own requests
                began = time.monotonic()
                try:
                    answer = client.request(word, url, headers=headers, extensions=names, timeout=30)
                except httpx.HTTPError as error:
                    self.failures.append(f"{word} {type(error).__name__}: {error}")
                    continue
                self.longest_s = max(self.longest_s, time.monotonic() - began)
                if answer.status_code not in {200, 401, 429}:
                    self.failures.append(f"{word} {answer.status_code} {answer.text[:100]}")


def change(site: Rehearsed, before: str, after: str) -> None:
    path = site.root / "docker-compose.yml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def update(site: Rehearsed) -> tuple[int, str, Visitors]:
    """Update while visitors come; return the exit code, what was said, and the visitors."""
    with Visitors(site) as visitors:
        done = site.invoke("update", timeout_s=600)
    print(f"the longest wait {visitors.longest_s:.2f} s")  # noqa: T201 - a measurement
    return done.returncode, done.stdout + done.stderr, visitors


def sql(site: Rehearsed, *statements: str) -> str:
    """Run SQL in the droplet's PostgreSQL, as its administrator."""
    (name,) = site.running("postgres")
    words = "psql -XAtq -v ON_ERROR_STOP=1 -U $POSTGRES_USER -d $POSTGRES_DB " + " ".join(
        f"-c {json.dumps(one)}" for one in statements
    )
    return site.machine.run("docker", "exec", name, "sh", "-c", words).strip()


@pytest.mark.req("B-01", "D-12")
def test_postgresql_and_redis_of_a_droplet_are_replaced_and_no_request_fails(site: Rehearsed) -> None:
    assert site.deploy().returncode == 0
    before = {service: set(site.running(service).values()) for service in ("postgres", "redis", "api")}

    change(site, "image: postgres:18-trixie", "image: postgres:18")
    sql(site, *OTHER)
    code, said, visitors = update(site)
    sql(site, "DROP DATABASE other")
    assert (code, visitors.failures) == (8, []), said
    assert "the image sorts text by another version of the C library" in said
    assert "other by 2.36" in said
    assert set(site.running("postgres").values()) == before["postgres"]

    code, said, visitors = update(site)
    assert (code, visitors.failures) == (0, []), said
    after: dict[str, Any] = {service: set(site.running(service).values()) for service in before}
    assert not after["postgres"] & before["postgres"]
    assert (after["api"], after["redis"]) == (before["api"], before["redis"])
    assert sql(site, "SHOW default_transaction_read_only") == "off"

    change(site, "--maxmemory 128mb", "--maxmemory 129mb")
    code, said, visitors = update(site)
    assert (code, visitors.failures) == (0, []), said
    assert not set(site.running("redis").values()) & before["redis"]

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ops.targets.droplet.dns import check_names
from rehearsal.cloud import FakeCloud, FakeDns, MemoryMachines
from rehearsal.cloud.account import Account

NAME, HERE, HERE_V6 = "app.example.org", "203.0.113.1", "2001:db8::1"


@dataclass
class Names:
    """A name server with one zone, and the question that is asked of it."""

    account: Account
    server: str

    def add(self, kind: str, name: str, data: str) -> None:
        """Write a record."""
        self.account.add_record("example.org", {"type": kind, "name": name, "data": data})

    def ask(self, *names: str, v6: str = "") -> tuple[str, ...]:
        """Check the names."""
        return check_names(names or (NAME,), address=HERE, address_v6=v6, server=self.server)


@pytest.fixture
def names() -> Iterator[Names]:
    fake = FakeCloud(MemoryMachines(), tokens=(), domains=("example.org",))
    with fake, FakeDns(fake.account) as server:
        yield Names(account=fake.account, server=f"{server.host}:{server.port}")


@pytest.mark.req("A-08")
def test_names_that_point_here_are_no_warning(names: Names) -> None:
    names.add("A", "app", HERE)
    names.add("CNAME", "www.app", NAME)
    assert names.ask(NAME, f"www.{NAME}") == ()
    names.add("AAAA", "app", "2001:DB8:0::1")
    assert names.ask(NAME, f"www.{NAME}", v6=HERE_V6) == ()


@pytest.mark.req("A-08")
def test_a_name_that_does_not_exist_says_what_to_add(names: Names) -> None:
    assert names.ask() == (f"`{NAME}` does not exist: add an A record with {HERE}",)


@pytest.mark.req("A-08")
def test_a_name_without_an_address_record_says_what_to_add(names: Names) -> None:
    names.add("TXT", "app", "hello")
    assert names.ask() == (f"`{NAME}` has no A record: add one with {HERE}",)


@pytest.mark.req("A-08")
def test_a_name_that_points_elsewhere_says_where(names: Names) -> None:
    names.add("A", "app", "192.0.2.9")
    assert names.ask() == (f"`{NAME}` points to 192.0.2.9, not to {HERE}",)
    names.add("A", "app", HERE)
    assert names.ask() == (f"`{NAME}` points to {HERE}, but to 192.0.2.9 as well",)


@pytest.mark.req("A-08")
def test_an_alias_that_leads_elsewhere_names_the_alias(names: Names) -> None:
    names.add("CNAME", "app", "old.example.org")
    names.add("A", "old", "192.0.2.9")
    assert names.ask() == (f"`{NAME}` is an alias for `old.example.org`, which points to 192.0.2.9, not to {HERE}",)


@pytest.mark.req("A-08")
def test_an_ipv6_record_without_an_ipv6_droplet_is_told(names: Names) -> None:
    names.add("A", "app", HERE)
    names.add("AAAA", "app", "2001:db8::99")
    (warning,) = names.ask()
    assert "has an AAAA record with 2001:db8::99, but the droplet has no such address" in warning


@pytest.mark.req("A-08")
def test_a_missing_ipv6_record_is_told(names: Names) -> None:
    names.add("A", "app", HERE)
    assert names.ask(v6=HERE_V6) == (f"`{NAME}` has no AAAA record: add one with {HERE_V6}",)


def test_a_name_server_that_is_silent_costs_a_bounded_time() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        began = time.monotonic()
        warnings = check_names(
            (NAME, f"www.{NAME}"),
            address=HERE,
            address_v6="",
            server=f"127.0.0.1:{silent.getsockname()[1]}",
            limit_s=0.3,
        )
    assert time.monotonic() - began < 1.5
    assert len(warnings) == 2
    assert "could not be looked up" in warnings[0]


def test_a_name_server_that_cannot_be_found_is_one_warning() -> None:
    (warning,) = check_names((NAME,), address=HERE, address_v6="", server="no-such-host.invalid:53")
    assert "no use" in warning

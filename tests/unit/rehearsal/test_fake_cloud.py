from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pydo.operations as pydo
import pytest

from rehearsal.cloud import FakeCloud, Limits, MemoryMachines
from tests.unit.ops.cloud.cloud_fixtures import ADA, TOKEN, wait_until
from tests.unit.ops.cloud.pydo_templates import differences, template_of

ORDER = {
    "name": "slipway",
    "region": "fra1",
    "size": "s-2vcpu-4gb",
    "image": "debian-13-x64",
    "tags": ["slipway"],
    "ipv6": True,
}
RULES = {
    "name": "slipway-web",
    "tags": ["slipway"],
    "inbound_rules": [{"protocol": "tcp", "ports": "443", "sources": {"addresses": ["0.0.0.0/0"]}}],
    "outbound_rules": [{"protocol": "tcp", "ports": "all", "destinations": {"addresses": ["0.0.0.0/0"]}}],
}
A_RECORD = {"type": "A", "name": "@", "data": "203.0.113.1", "ttl": 300}


class Asker:
    """Sends plain requests, so that the API is seen as it is and not as a client shows it."""

    def __init__(self, fake: FakeCloud) -> None:
        self.fake = fake
        self.headers: dict[str, str] = {}

    def __call__(self, method: str, path: str, body: Any = None, *, token: str = TOKEN) -> tuple[int, Any]:
        """Return the status and the body."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.fake.url}{path}", data=data, headers=headers, method=method)  # noqa: S310 - http
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - http, to loopback
                status, raw, self.headers = answer.status, answer.read(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                status, raw, self.headers = error.code, error.read(), dict(error.headers)
        return status, json.loads(raw) if raw else None

    def active(self, number: int) -> Any:
        """Return a droplet once it is active."""
        path = f"/v2/droplets/{number}"
        wait_until(lambda: bool(self("GET", path)[1]["droplet"]["status"] == "active"), "the droplet")
        return self("GET", path)[1]


@pytest.fixture
def ask() -> Iterator[Asker]:
    with FakeCloud(MemoryMachines(), tokens=(TOKEN,), readers=("reader",), domains=("example.org",)) as fake:
        yield Asker(fake)


def made(ask: Asker) -> dict[str, Any]:
    """Make one of everything; return each answer by the method of pydo that describes it."""
    answers = {"SshKeysOperations.create": ask("POST", "/v2/account/keys", {"name": "laptop", "public_key": ADA})}
    answers["TagsOperations.create"] = ask("POST", "/v2/tags", {"name": "slipway"})
    order = ask("POST", "/v2/droplets", ORDER)[1]
    number = order["droplet"]["id"]
    answers["DropletsOperations.get"] = (200, ask.active(number))
    answers["ActionsOperations.get"] = ask("GET", f"/v2/actions/{order['links']['actions'][0]['id']}")
    answers["DropletActionsOperations.post"] = ask("POST", f"/v2/droplets/{number}/actions", {"type": "reboot"})
    answers["FirewallsOperations.create"] = ask("POST", "/v2/firewalls", RULES)
    firewall = answers["FirewallsOperations.create"][1]["firewall"]["id"]
    answers["FirewallsOperations.update"] = ask("PUT", f"/v2/firewalls/{firewall}", RULES)
    answers["ReservedIPsOperations.create"] = ask("POST", "/v2/reserved_ips", {"droplet_id": number})
    address = answers["ReservedIPsOperations.create"][1]["reserved_ip"]["ip"]
    body = {"type": "assign", "droplet_id": number}
    answers["ReservedIPsActionsOperations.post"] = ask("POST", f"/v2/reserved_ips/{address}/actions", body)
    records = "/v2/domains/example.org/records"
    answers["DomainsOperations.create_record"] = ask("POST", records, A_RECORD)
    record = answers["DomainsOperations.create_record"][1]["domain_record"]["id"]
    answers["DomainsOperations.update_record"] = ask("PUT", f"{records}/{record}", A_RECORD)
    answers["DomainsOperations.patch_record"] = ask("PATCH", f"{records}/{record}", {"type": "A", "ttl": 60})
    return answers | lists(ask)


def lists(ask: Asker) -> dict[str, Any]:
    """Read every list, and what is read by name."""
    paths = {
        "AccountOperations.get": "/v2/account",
        "SshKeysOperations.list": "/v2/account/keys",
        "TagsOperations.get": "/v2/tags/slipway",
        "DropletsOperations.list": "/v2/droplets?tag_name=slipway",
        "FirewallsOperations.list": "/v2/firewalls",
        "DomainsOperations.list": "/v2/domains",
        "DomainsOperations.get": "/v2/domains/example.org",
        "DomainsOperations.list_records": "/v2/domains/example.org/records?per_page=2",
        "ReservedIPsOperations.list": "/v2/reserved_ips",
    }
    return {operation: ask("GET", path) for operation, path in paths.items()}


def test_every_answer_has_the_status_the_fields_and_the_types_that_pydo_describes(ask: Asker) -> None:
    wrong = {}
    for operation, (status, body) in made(ask).items():
        group, _, method = operation.partition(".")
        described = template_of(getattr(getattr(pydo, group), method), status)
        wrong[operation] = differences(described, body)
    assert {operation: found for operation, found in wrong.items() if found} == {}
    assert len(wrong) == 21


def test_the_comparison_with_pydo_finds_what_is_wrong() -> None:
    described = template_of(pydo.DropletsOperations.get, 200)
    body = {"droplet": {"id": "1", "colour": "red", "networks": {"v4": [{"ip": "x"}], "v6": {}}}}
    found = differences(described, body)
    assert ".droplet.id is str" in found
    assert ".droplet.colour is unknown" in found
    assert ".droplet.status is missing" in found
    assert ".droplet.networks.v4[].ip is unknown" in found
    assert ".droplet.networks.v6 is no list" in found


def test_errors_look_as_pydo_describes_them(ask: Asker) -> None:
    missing = template_of(pydo.DropletsOperations.get, 404)
    for path in ("/v2/droplets/1", "/v2/account/keys/aa:bb", "/v2/tags/x", "/v2/domains/x.org/records", "/v2/nothing"):
        status, body = ask("GET", path)
        assert (status, body["id"], differences(missing, body)) == (404, "not_found", [])


@pytest.mark.parametrize(
    ("method", "token", "status", "code"),
    [("GET", "wrong", 401, "unauthorized"), ("POST", "reader", 403, "forbidden"), ("GET", "reader", 200, "")],
)
def test_a_token_decides_what_may_be_done(ask: Asker, method: str, token: str, status: int, code: str) -> None:
    path = "/v2/account" if method == "GET" else "/v2/tags"
    answered, body = ask(method, path, None if method == "GET" else {"name": "x"}, token=token)
    assert (answered, body.get("id", "")) == (status, code)
    assert ask.fake.account.tags == set()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "under_score"}, "valid hostname characters"),
        ({"name": ""}, "can't be blank"),
        ({"region": "mars1"}, "invalid region"),
        ({"size": "s-0"}, "invalid size"),
        ({"image": "dos-6"}, "invalid image"),
        ({"ssh_keys": [1]}, "invalid key identifiers"),
        ({"user_data": "x" * 65_537}, "too long"),
        ({"tags": ["no blanks"]}, "tag name"),
    ],
)
def test_a_wrong_order_is_refused_and_nothing_is_made(ask: Asker, change: dict[str, Any], said: str) -> None:
    status, body = ask("POST", "/v2/droplets", {**ORDER, **change})
    assert (status, body["id"]) == (422, "unprocessable_entity")
    assert said in body["message"]
    assert ask.fake.account.droplets == {}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v2/firewalls", {**RULES, "tags": ["missing"]}),
        ("/v2/firewalls", {**RULES, "name": "-"}),
        ("/v2/firewalls", {"name": "empty"}),
        ("/v2/account/keys", {"name": "laptop", "public_key": "nonsense"}),
        ("/v2/account/keys", {"name": "", "public_key": ADA}),
        ("/v2/domains/example.org/records", {**A_RECORD, "data": "2001:db8::1"}),
        ("/v2/domains/example.org/records", {**A_RECORD, "data": ""}),
        ("/v2/domains/example.org/records", {**A_RECORD, "ttl": 1}),
    ],
)
def test_wrong_bodies_are_refused(ask: Asker, path: str, body: dict[str, Any]) -> None:
    assert ask("POST", path, body)[0] == 422


def test_lists_come_in_pages_with_links(ask: Asker) -> None:
    for number in range(5):
        ask.fake.account.add_domain(f"n{number}.org")
    _, body = ask("GET", "/v2/domains?per_page=2&page=2")
    assert [one["name"] for one in body["domains"]] == ["n1.org", "n2.org"]
    assert body["meta"] == {"total": 6}
    assert body["links"]["pages"]["next"] == f"{ask.fake.url}/v2/domains?per_page=2&page=3"
    assert set(body["links"]["pages"]) == {"first", "prev", "next", "last"}
    assert "next" not in ask("GET", "/v2/domains?per_page=2&page=3")[1]["links"]["pages"]


def test_how_much_is_left_stands_in_the_headers_and_a_burst_is_stopped() -> None:
    with FakeCloud(MemoryMachines(), tokens=(TOKEN,), limits=Limits(burst=3)) as fake:
        ask = Asker(fake)
        seen = [(ask("GET", "/v2/account")[0], ask.headers["ratelimit-remaining"]) for _ in range(4)]
    assert seen == [(200, "4999"), (200, "4998"), (200, "4997"), (429, "4996")]
    assert ask.headers["retry-after"] == "60"


def test_keys_may_be_listed_ten_times_a_minute(ask: Asker) -> None:
    assert [ask("GET", "/v2/account/keys")[0] for _ in range(11)] == [200] * 10 + [429]


def test_a_droplet_is_new_first_and_then_active_with_addresses(ask: Asker) -> None:
    status, body = ask("POST", "/v2/droplets", ORDER)
    droplet = body["droplet"]
    assert (status, droplet["status"], droplet["networks"]["v4"]) == (202, "new", [])
    shown = ask.active(droplet["id"])["droplet"]
    assert {one["type"] for one in shown["networks"]["v4"]} == {"public", "private"}
    assert ask("DELETE", f"/v2/droplets/{droplet['id']}") == (204, None)
    assert ask("GET", f"/v2/droplets/{droplet['id']}")[0] == 404


def test_faults_can_be_ordered_over_http_too(ask: Asker) -> None:
    assert ask("POST", "/control/faults", {"status": 503, "times": 2})[0] == 204
    assert [ask("GET", "/v2/account")[0] for _ in range(3)] == [503, 503, 200]
    assert ask("POST", "/control/faults", {"colour": "red"})[0] == 422
    ask("POST", "/control/faults", {"status": 500})
    assert ask("DELETE", "/control/faults")[0] == 204
    assert ask("GET", "/v2/account")[0] == 200
    assert ask("GET", "/control/seen")[1][-1] == ["GET", "/v2/account"]


def test_a_fault_can_wait_for_a_later_request_while_others_strike(ask: Asker) -> None:
    for fault in ({"status": 503, "after": 2}, {"status": 500}):
        assert ask("POST", "/control/faults", fault)[0] == 204
    assert [ask("GET", "/v2/account")[0] for _ in range(4)] == [500, 200, 503, 200]


def test_whoever_asks_is_told_the_own_address(ask: Asker) -> None:
    with urllib.request.urlopen(f"{ask.fake.url}/whoami", timeout=5) as answer:  # noqa: S310 - http, to loopback
        assert answer.read() == b"127.0.0.1"

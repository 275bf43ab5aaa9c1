from __future__ import annotations

import json
import re
import string
from pathlib import Path
from typing import Any

import pytest
import yaml

from api import openapi as described
from ops.engine.host.files import THIS_HOST_FILE, only_this_host
from ops.engine.rollout.routes import ERRORS

ROOT = Path(__file__).parents[3]
STATIC = ROOT / "traefik/traefik.yml.template"
DYNAMIC = sorted((ROOT / "traefik/dynamic").glob("*.yml"))
SECURITY_HEADERS = ("security-headers", "security-headers-files", "security-headers-flower")
FILLED_IN = {
    "HTTP_ADDRESS",
    "HTTPS_ADDRESS",
    "INTERNAL_ADDRESS",
    "HTTP_3",
    "STEADY_ADDRESS",
    "DYNAMIC_DIR",
    "ACME_RESOLVER",
    "ACME_STORAGE",
    "ACME_EMAIL",
    "ACME_CA_SERVER",
    "ACME_CERTIFICATE_HOURS",
}


def static() -> dict[str, Any]:
    """Return the static configuration with something in every place."""
    text = string.Template(STATIC.read_text()).substitute({**dict.fromkeys(FILLED_IN, "1"), "HTTP_3": "http3: {}"})
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def dynamic(kind: str) -> dict[str, Any]:
    """Return all routers or middlewares of the reviewed files, by name."""
    merged: dict[str, Any] = {}
    for path in DYNAMIC:
        merged |= yaml.safe_load(path.read_text()).get("http", {}).get(kind, {})
    return merged


def entrances() -> dict[str, Any]:
    """Return the routers that requests come in by; the others are their children."""
    return {name: router for name, router in dynamic("routers").items() if "parentRefs" not in router}


def services_behind(name: str) -> set[str]:
    """Return the services that a router leads to, by itself or by its children."""
    routers = dynamic("routers")
    children = {router["service"] for router in routers.values() if name in router.get("parentRefs", ())}
    return children or {routers[name]["service"]}


def is_locked(router: dict[str, Any]) -> bool:
    """Tell whether address and password are asked for before anything but headers is done."""
    lock: list[str] = router.get("middlewares", [])[1:3]
    return lock == ["operators-address", "operators-password"]


@pytest.mark.req("A-16")
def test_there_is_one_resolver_and_it_is_the_staging_one_unless_the_engine_is_told_otherwise() -> None:
    assert len(static()["certificatesResolvers"]) == 1
    everything = STATIC.read_text() + "".join(path.read_text() for path in DYNAMIC)
    assert "acme-v02" not in everything
    named = set(re.findall(r"(?:certResolver|resolver): *'([^']+)'", everything))
    assert named == {'{{ env "ACME_RESOLVER" | default "le-staging" }}'}
    assert re.findall(r"(?:certResolver|resolver): *[^'\s]", everything) == []


def test_files_are_the_only_provider() -> None:
    assert set(static()["providers"]) == {"providersThrottleDuration", "file"}
    assert static()["providers"]["providersThrottleDuration"] == "100ms"
    assert static()["providers"]["file"]["watch"] is True


def test_runtimes_differ_by_ports_folders_and_acme_settings_alone() -> None:
    assert set(re.findall(r"\$\{?(\w+)", STATIC.read_text())) == FILLED_IN


@pytest.mark.req("A-14")
def test_only_the_internal_entry_point_has_traefiks_own_pages() -> None:
    found = static()
    assert (found["api"]["insecure"], found["ping"], found["metrics"]["prometheus"]["entryPoint"]) == (
        False,
        {"entryPoint": "internal"},
        "internal",
    )
    public = [n for n, one in entrances().items() if "internal" not in one["entryPoints"] and not is_locked(one)]
    ours = ("react-app", "api", "django", "nginx-static")
    assert set().union(*map(services_behind, public)) == {*ours, *(f"{name}-again" for name in ours), "noop@internal"}


@pytest.mark.req("A-14")
def test_whatever_is_at_the_internal_entry_point_asks_first_whether_it_is_this_host() -> None:
    inside = {name: one for name, one in entrances().items() if "internal" in one["entryPoints"]}
    assert len(inside) == 3
    assert {one["middlewares"][0] for one in inside.values()} == {"this-host"}
    (middleware,) = json.loads(only_this_host(["172.18.0.1", "", "172.19.0.1"])[THIS_HOST_FILE])["http"][
        "middlewares"
    ].values()
    assert middleware["ipAllowList"] == {
        "sourceRange": ["127.0.0.1/32", "::1/128", "172.18.0.1/32", "172.19.0.1/32"],
        "rejectStatusCode": 404,
    }


@pytest.mark.req("C-08")
def test_of_django_the_public_gets_one_path_behind_the_limits() -> None:
    routers = entrances().items()
    public = {n: one for n, one in routers if "django" in services_behind(n) and one["entryPoints"] == ["websecure"]}
    assert public.keys() == {"graphql", "admin"}
    graphql = public["graphql"]
    assert graphql["rule"].endswith("&& Path(`/graphql`)")
    assert graphql["middlewares"][:3] == ["security-headers", "rate-limit-api", "limit-graphql-body"]
    assert dynamic("middlewares")["limit-graphql-body"]["buffering"]["maxRequestBodyBytes"] == 65_536
    assert services_behind("graphql") == {"django", "django-again"}
    source = (ROOT / "traefik/dynamic/public.yml").read_text()
    opened, closed = '# {{ if eq (env "EXPOSE_GRAPHQL") "true" }}', "# {{ end }}"
    assert "graphql:" in source.partition(opened)[2].partition(closed)[0]
    assert source.count("graphql:") == 1


@pytest.mark.req("A-21", "A-22")
def test_the_admin_and_flower_are_behind_the_lock_alone() -> None:
    locked = {name for name, router in entrances().items() if is_locked(router)}
    assert locked == {"admin", "admin-root", "admin-files", "flower"}
    lock = dynamic("middlewares")
    assert "ipStrategy" not in lock["operators-address"]["ipAllowList"], "the address of the connection counts"
    assert lock["operators-password"]["basicAuth"]["removeHeader"] is True


def test_every_entry_point_is_hardened_and_trusts_no_forwarded_header() -> None:
    for entry_point in static()["entryPoints"].values():
        assert entry_point["http"]["aliasHeadersStrategy"] == "delete"
        assert entry_point["http"]["maxHeaderBytes"] == 65536
        assert set(entry_point["http"]["encodedCharacters"].values()) == {False}
        assert entry_point["forwardedHeaders"] == {"insecure": False}


@pytest.mark.req("A-15", "A-18")
def test_the_api_is_limited_and_gets_its_paths_without_the_prefix() -> None:
    api, middlewares = dynamic("routers")["api"], dynamic("middlewares")
    assert api["rule"].endswith("&& (Path(`/api`) || PathPrefix(`/api/`))")
    assert api["middlewares"] == [
        *("security-headers", "rate-limit-api", "compress", "strip-api-prefix"),
    ]
    assert middlewares["strip-api-prefix"] == {"stripPrefix": {"prefixes": ["/api"]}}
    limit = middlewares["rate-limit-api"]["rateLimit"]
    assert (limit["average"], limit["burst"], limit["period"]) == (
        '{{ env "RATE_LIMIT_API_RPM" }}',
        '{{ env "RATE_LIMIT_API_BURST" }}',
        "1m",
    )
    assert limit["sourceCriterion"] == {"ipStrategy": {"ipv6Subnet": 64}}, "one household counts as one"


@pytest.mark.req("A-17")
def test_every_public_router_begins_with_the_security_headers() -> None:
    for name, router in entrances().items():
        if "internal" not in router["entryPoints"]:
            assert router["middlewares"][0] in SECURITY_HEADERS, name


@pytest.mark.req("A-17")
@pytest.mark.parametrize("name", SECURITY_HEADERS)
def test_the_security_headers_are_strict(name: str) -> None:
    headers = dynamic("middlewares")[name]["headers"]
    assert "unsafe" not in headers["contentSecurityPolicy"]
    assert headers["contentSecurityPolicy"].startswith("default-src 'none';")
    assert headers["stsSeconds"] >= 31_536_000
    assert headers["customFrameOptionsValue"] == "SAMEORIGIN"
    assert headers["customResponseHeaders"]["Server"] == ""


@pytest.mark.req("A-15")
def test_routers_use_only_middlewares_that_exist() -> None:
    by_engine = json.loads(only_this_host(())[THIS_HOST_FILE])["http"]["middlewares"]
    known = {*dynamic("middlewares"), *by_engine}
    assert "strip-api-prefix" in known
    for router in dynamic("routers").values():
        assert set(router.get("middlewares", [])) <= known


READS = "Method(`GET`) || Method(`HEAD`) || Method(`OPTIONS`)"


@pytest.mark.req("D-12", "B-02")
def test_only_what_reads_may_be_asked_again_and_every_entrance_has_a_way_for_the_rest() -> None:
    routers = dynamic("routers")
    again = {name: one for name, one in routers.items() if one.get("service", "").endswith("-again")}
    with_key = again.pop("api-with-key")
    assert {one["rule"] for one in again.values()} == {READS}
    assert {one["middlewares"][-1] for one in (*again.values(), with_key)} == {"retry-connection"}
    for name in {parent for one in again.values() for parent in one["parentRefs"]}:
        (once,) = [one for n, one in routers.items() if one.get("parentRefs") == [name] and n.endswith("-once")]
        assert (once["rule"], once["priority"], once["middlewares"][-1]) == ("PathPrefix(`/`)", 1, "retry-unsent")
        is_open = "websecure" in routers[name]["entryPoints"] and not is_locked(routers[name])
        reads_whole = {"whole-body", "limit-graphql-body"} & {*once["middlewares"], *routers[name]["middlewares"]}
        assert len(reads_whole) == is_open, f"{name}: a body that breaks off would be held against a release"
    assert dynamic("middlewares")["retry-unsent"]["retry"].keys() == {"attempts", "initialInterval"}


@pytest.mark.req("D-12")
def test_a_post_with_a_key_may_be_asked_again_exactly_where_the_api_honours_it() -> None:
    rule = dynamic("routers")["api-with-key"]["rule"]
    method, key, length, path = rule.split(" && ")
    assert (method, key) == ("Method(`POST`)", "HeaderRegexp(`Idempotency-Key`, `^[!-~]{8,128}$`)")
    assert length == "HeaderRegexp(`Content-Length`, `^[0-9]{1,5}$`)"
    assert int(str(ERRORS["maxRequestBodyBytes"])) > 99_999
    matches = re.compile(path.removeprefix("PathRegexp(`").removesuffix("`)"))
    paths = described.document()["paths"].items()
    honoured = {path: "post" in many and _has_key(many["post"]) for path, many in paths}
    assert any(honoured.values())
    found = {path: bool(matches.search(re.sub(r"{\w+}", "7", path).removeprefix("/api"))) for path in honoured}
    assert found == honoured
    assert not any(_has_key(one) for _, many in paths for method, one in many.items() if method != "post")


def _has_key(operation: dict[str, Any]) -> bool:
    return any(one.get("name") == "Idempotency-Key" for one in operation.get("parameters", ()))


@pytest.mark.req("B-01")
def test_the_upstream_transport_gives_up_a_connection_before_the_replica_does() -> None:
    transport = yaml.safe_load((ROOT / "traefik/dynamic/transport.yml").read_text())["http"]["serversTransports"]
    idle_s = int(transport["upstream"]["forwardingTimeouts"]["idleConnTimeout"].removesuffix("s"))
    nginx_s = re.search(r"keepalive_timeout (\d+)s;", (ROOT / "nginx/local.conf.template").read_text())
    uvicorn_s = re.search(r'--timeout-keep-alive, "(\d+)"', (ROOT / "docker-compose.yml").read_text())
    assert nginx_s is not None
    assert uvicorn_s is not None
    assert idle_s < min(int(nginx_s[1]), int(uvicorn_s[1]))


@pytest.mark.parametrize("name", ["local", "react-app", "static"])
def test_nginx_keeps_its_own_variables_when_a_template_is_filled_in(name: str) -> None:
    template = (ROOT / f"nginx/{name}.conf.template").read_text()
    declared = dict.fromkeys(("NGINX_HOST", "NGINX_PORT", "WEB_ROOT", "STATIC_ROOT", "MEDIA_ROOT", "SCRATCH"), "here")
    filled = string.Template(template).safe_substitute(declared)
    assert "${" not in filled
    assert re.findall(r"\$[a-z_]+", filled) == re.findall(r"\$[a-z_]+", template)
    assert "$$" not in template


@pytest.mark.req("C-04")
@pytest.mark.parametrize("folder", ["nginx", "react-app"])
def test_images_run_as_an_ordinary_user(folder: str) -> None:
    lines = (ROOT / folder / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 101:101", "the user of nginx"
    assert not any("user " in line for line in (ROOT / "nginx/local.conf.template").read_text().splitlines()[4:])

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from ops.verification.checks.check import artifacts_complete
from ops.verification.checks.web import header_faults
from ops.verification.observations import Observations, Ran
from tests.unit.ops.runs.evidence_fixtures import (
    DROPLET,
    SECURITY,
    SITE,
    STATIC,
    answer,
    judged,
    on_droplet,
    sound,
    with_answer,
)


@pytest.mark.req("A-14")
def test_a_sound_stack_passes_every_check() -> None:
    assert [check for check in judged(sound()).values() if not check.ok] == []


@pytest.mark.req("A-09")
def test_nothing_seen_fails_every_check_without_raising() -> None:
    assert [check.id for check in judged(Observations()).values() if check.ok] == ["ports-from-outside"]
    assert [check.id for check in judged(Observations(), DROPLET).values() if check.ok] == []


@pytest.mark.req("A-14")
def test_a_sound_droplet_passes_every_check() -> None:
    assert [check for check in judged(on_droplet(), DROPLET).values() if not check.ok] == []


@pytest.mark.req("A-14")
def test_flower_has_to_run_when_it_is_exposed_and_only_then() -> None:
    exposed = judged(on_droplet(), replace(DROPLET, exposed=("flower",)))
    assert exposed["services-healthy"].detail == "`flower` does not run"
    assert judged(on_droplet(), DROPLET)["services-healthy"].ok


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    ("route", "changed", "failing"),
    [
        ("home", {"status": 502}, "home-page"),
        ("home", {"error": "refused", "status": 0}, "home-page"),
        ("home", {"headers": {**SECURITY, "content-type": "application/json"}}, "home-page"),
        ("deep-link", {"status": 404}, "deep-link"),
        ("deep-link", {"body_head": "something else"}, "deep-link"),
        ("static-file", {"status": 404}, "static-file"),
        ("api-health", {"status": 503}, "api-health"),
        ("api-health", {"body_head": '{"status": "degraded"}'}, "api-health"),
        ("api-health", {"body_head": "<html>"}, "api-health"),
        ("api-health-head", {"status": 405}, "api-health-head"),
        ("api-health-slash", {"status": 307}, "api-health-slash"),
        ("api-health-slash-head", {"status": 404}, "api-health-slash-head"),
        ("http-home", {"status": 200}, "http-home"),
        ("http-home", {"status": 302}, "http-home"),
        ("http-path", {"headers": {"location": "https://slipway.localhost:8443/"}}, "http-path"),
        ("api-not-found", {"status": 200}, "headers-api-not-found"),
        ("static-file", {"headers": {}}, "headers-static-file"),
        ("deep-link", {"headers": {"content-type": "text/html"}}, "headers-deep-link"),
        ("rawdata", {"body_head": '{"routers": {"a": {"tls": {"certResolver": "le"}}}}'}, "staging-resolver"),
        ("rawdata", {"error": "refused"}, "staging-resolver"),
        ("rawdata", {"body_head": "?"}, "staging-resolver"),
        ("private-admin", {"status": 200, "body_head": "<input name=csrfmiddlewaretoken>"}, "admin-private"),
        ("private-admin-host", {"status": 500}, "admin-private"),
        ("private-flower", {"status": 200, "body_head": "<title>Flower</title>"}, "flower-private"),
        ("private-dashboard", {"status": 200, "body_head": "<title>Traefik</title>"}, "dashboard-private"),
        ("private-traefik-api", {"status": 200, "body_head": '{"routers": {}}'}, "traefik-api-private"),
    ],
)
def test_each_fault_fails_the_check_that_is_about_it(route: str, changed: dict[str, Any], failing: str) -> None:
    check = judged(with_answer(route, **changed))[failing]
    assert not check.ok
    assert check.hint


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    ("seconds", "ok", "slow"), [(5.0, True, False), (5.1, True, True), (15.0, True, True), (15.1, False, False)]
)
def test_what_took_more_than_five_seconds_is_slow_and_more_than_fifteen_has_failed(
    seconds: float, *, ok: bool, slow: bool
) -> None:
    check = judged(with_answer("home", seconds=seconds))["home-page"]
    assert (check.ok, check.slow) == (ok, slow)
    assert ok or f"{seconds} s" in check.detail


def test_what_fails_for_another_reason_is_not_called_slow() -> None:
    assert not judged(with_answer("home", status=502, seconds=6.0))["home-page"].slow


def test_the_front_end_may_answer_where_admin_is_not() -> None:
    assert judged(with_answer("private-admin", status=200, body_head="<title>Events</title>"))["admin-private"].ok


@pytest.mark.req("A-14")
@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("strict-transport-security", ""),
        ("strict-transport-security", "max-age=60"),
        ("x-content-type-options", "sniff"),
        ("x-frame-options", "ALLOWALL"),
        ("referrer-policy", "unsafe-url"),
        ("content-security-policy", ""),
        ("content-security-policy", "default-src 'self' 'unsafe-inline'"),
        ("server", "nginx/1.31.0"),
        ("x-powered-by", "Express 5"),
    ],
)
def test_a_weak_or_missing_header_is_named(header: str, value: str) -> None:
    weak = replace(answer("home", "GET", SITE.https), headers={**SECURITY, header: value})
    (fault,) = header_faults(weak)
    assert header in fault.lower()


def test_a_server_header_without_a_version_is_accepted() -> None:
    assert header_faults(replace(answer("home", "GET", ""), headers={**SECURITY, "server": "uvicorn"})) == []


@pytest.mark.req("A-14")
def test_a_sick_replica_is_named_with_the_command_that_shows_why() -> None:
    seen = sound()
    sick = replace(seen.services[0], healthy=False, state="failed")
    check = judged(replace(seen, services=(sick, *seen.services[1:])))["services-healthy"]
    assert check.detail == f"`{sick.replica}` is failed, not healthy"
    assert check.hint == "invoke logs --service api --target local"


@pytest.mark.req("A-14")
def test_of_several_that_are_sick_the_one_that_the_others_need_is_looked_at_first() -> None:
    seen = sound()
    names = {"api", "redis", "worker"}
    services = tuple(replace(one, healthy=one.service not in names) for one in seen.services)
    check = judged(replace(seen, services=services))["services-healthy"]
    assert check.detail.count("not healthy") == 3
    assert check.hint == "invoke logs --service redis --target local"


@pytest.mark.req("A-14")
def test_a_service_that_does_not_run_is_named() -> None:
    seen = sound()
    check = judged(replace(seen, services=seen.services[1:]))["services-healthy"]
    assert check.detail == "`api` does not run"
    assert check.hint == "invoke deploy --target local"


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    "static",
    [
        "",
        "certificatesResolvers: {le: {acme: {caServer: https://acme.test/dir}}}",
        "certificatesResolvers: {zero: {acme: {caServer: https://acme.test/dir}}}",
        STATIC.replace("acme-staging-v02", "acme-v02"),
        "certificatesResolvers: {le-staging: {acme: {email: a@example.org}}}",
        "certificatesResolvers: [",
        "certificatesResolvers: {le-staging: }",
    ],
)
def test_any_resolver_but_staging_fails(static: str) -> None:
    assert not judged(replace(sound(), static_config=static))["staging-resolver"].ok


@pytest.mark.req("A-16")
@pytest.mark.parametrize(
    "static", [STATIC, STATIC.replace("acme-staging-v02.api.letsencrypt.org", "pebble:14000"), "{}\n"]
)
def test_staging_a_private_server_or_no_resolver_passes(static: str) -> None:
    assert judged(replace(sound(), static_config=static))["staging-resolver"].ok


@pytest.mark.req("A-14")
@pytest.mark.parametrize("name", ["celery-ping", "task-from-api", "task-from-django"])
def test_a_task_that_does_not_finish_fails_with_its_last_line(name: str) -> None:
    seen = sound()
    commands = {**seen.commands, name: Ran(exit_code=1, output="first\nno result in 5 s\n", seconds=5.0)}
    check = judged(replace(seen, commands=commands))[name]
    assert (check.ok, check.detail) == (False, "no result in 5 s")


@pytest.mark.req("A-14")
def test_a_warning_of_check_deploy_fails() -> None:
    seen = sound()
    commands = {**seen.commands, "django-check-deploy": Ran(exit_code=1, output="?: (security.W004)", seconds=1.0)}
    assert not judged(replace(seen, commands=commands))["django-check-deploy"].ok


@pytest.mark.req("A-14")
def test_a_missing_artifact_fails_with_its_reason() -> None:
    check = artifacts_complete({"api-logs.txt": "the API wrote no line"}, SITE, total=21)
    assert (check.ok, check.detail) == (False, "`api-logs.txt`: the API wrote no line")
    assert artifacts_complete({}, SITE, total=21).ok


@pytest.mark.req("B-03", "B-02")
@pytest.mark.parametrize(
    ("state", "exit_code", "ok"),
    [
        ({"pending": [], "unknown": ["signups.0003_later"], "drift": {}}, 1, True),
        ({"pending": [], "unknown": ["signups.0003_later"], "drift": {}}, 0, True),
        ({"pending": ["signups.0002_rules"], "unknown": ["signups.0002_other"], "drift": {}}, 1, False),
        ({"pending": [], "unknown": ["signups.0003_later"], "drift": {"signups": ["Add field"]}}, 1, False),
        ({"pending": [], "unknown": [], "drift": {}}, 1, False),
        ("no such table", 1, False),
    ],
)
def test_a_release_suits_the_schema_of_a_later_one_when_that_is_all_it_finds(
    state: object, exit_code: int, *, ok: bool
) -> None:
    seen = sound()
    ran = Ran(exit_code=exit_code, output=json.dumps(state) + "\n", seconds=1.0)
    found = judged(replace(seen, commands={**seen.commands, "schema-compat-check": ran}))["schema-compat-check"]
    assert (found.ok, "a later release: signups.0003_later" in found.detail) == (ok, ok)

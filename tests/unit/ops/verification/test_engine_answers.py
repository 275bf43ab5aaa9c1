"""Is what the engine and Django print read as it was meant, and forgiven what is missing?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops.engine.runtime import Listener
from ops.verification.engine_answers import DJANGO_PARTS, MIGRATIONS, django_parts, examined_from, services_from
from ops.verification.observations import Ran

ROW = {"service": "api", "replica": "api-1-0", "state": "running", "healthy": True, "rss_mib": None, "new": 1}
LISTENER: dict[str, Any] = {
    "address": "::",
    "port": 443,
    "protocol": "udp",
    "pid": 7,
    "process": "docker-proxy",
    "owner": "traefik",
}
WHOLE: dict[str, Any] = {
    "status": {"release": "r", "services": [ROW], "lock": None},
    "listeners": [LISTENER],
    "static_config": "entryPoints: {}",
    "rawdata": {"url": "http://172.18.0.9:8081/api/rawdata", "status": 200, "text": "{}", "seconds": 0.01},
    "environment": {"exit_code": 0, "output": "A=b\n", "seconds": 0.2},
    "logs": {"traefik": "t | up\n", "api": ""},
    "problems": {},
}


def test_a_status_is_read_with_fields_of_a_newer_engine() -> None:
    (service,) = services_from({"services": [ROW]})
    assert (service.service, service.rss_mib) == ("api", 0.0)


def test_an_examination_is_read_whole() -> None:
    seen = examined_from(WHOLE)
    assert seen.listeners == (Listener(**LISTENER),)
    assert (seen.rawdata.status, seen.rawdata.body_head, seen.rawdata.error) == (200, "{}", "")
    assert (seen.environment.exit_code, seen.environment.output) == (0, "A=b\n")
    assert seen.logs["traefik"] == "t | up\n"


@pytest.mark.req("A-09")
def test_parts_that_failed_say_why_in_their_own_place() -> None:
    problems = {"status": "no daemon", "rawdata": "Traefik does not run", "environment": "no image"}
    seen = examined_from({**WHOLE, **dict.fromkeys(problems), "static_config": None, "problems": problems})
    assert seen.services == ()
    assert (seen.rawdata.error, seen.environment.error) == ("Traefik does not run", "no image")
    assert seen.problems["status"] == "no daemon"


@pytest.mark.req("A-09")
def test_an_api_that_refused_is_an_error_and_no_empty_answer() -> None:
    refused = {**WHOLE["rawdata"], "status": 0, "text": "ConnectionRefusedError: refused"}
    assert examined_from({**WHOLE, "rawdata": refused}).rawdata.error == "ConnectionRefusedError: refused"


def test_listeners_are_left_to_us_only_when_the_engine_says_so() -> None:
    assert examined_from({**WHOLE, "listeners": None}).listeners is None
    failed = examined_from({**WHOLE, "listeners": None, "problems": {"listeners": "ss is missing"}})
    assert failed.listeners == ()


def test_each_part_of_django_keeps_its_own_exit_code_and_time() -> None:
    parts = {name: {"exit_code": int(name == "celery-ping"), "output": name, "seconds": 0.5} for name in DJANGO_PARTS}
    said = f"a warning\n{json.dumps({'parts': parts})}\nlater\n"
    read = django_parts(Ran(exit_code=1, output=said, seconds=1.4), with_migrations=True)
    assert read["celery-ping"] == Ran(exit_code=1, output="celery-ping", seconds=0.5)
    assert read["schema-compat-check"].exit_code == 0
    assert (read[MIGRATIONS].exit_code, read[MIGRATIONS].output) == (1, said)


@pytest.mark.parametrize("said", ["Traceback: no module", '{"parts": torn', ""])
def test_a_django_that_cannot_start_fails_every_part_with_its_words(said: str) -> None:
    read = django_parts(Ran(exit_code=0, output=said, seconds=2.0), with_migrations=False)
    assert read.keys() == set(DJANGO_PARTS)
    assert {(one.exit_code, one.output) for one in read.values()} == {(1, said)}


def test_a_host_that_did_not_run_it_is_the_error_of_every_part() -> None:
    read = django_parts(Ran(error="cut", seconds=0.1), with_migrations=False)
    assert {one.error for one in read.values()} == {"cut"}

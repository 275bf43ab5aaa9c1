"""Are the droplet's settings refused when they would open a door, or send a token in the open?"""

from __future__ import annotations

import pytest

from tests.unit.ops.settings.settings_fixtures import RANDOM, wrong

OPENED = {"EXPOSE_FLOWER": "true", "OPERATOR_PASSWORD": RANDOM, "OPERATOR_NETWORKS": "203.0.113.7"}
ADMIN = {**OPENED, "EXPOSE_FLOWER": "false", "EXPOSE_ADMIN": "true", "ENVIRONMENT": "staging"}
HOSTS = "app.example.org,localhost,127.0.0.1,django"


@pytest.mark.req("A-21", "A-22")
def test_what_is_opened_behind_a_whole_lock_is_no_problem() -> None:
    assert wrong("production", **OPENED) == {}
    assert wrong("production", **ADMIN, DJANGO_ALLOWED_HOSTS=f"admin.app.example.org,{HOSTS}") == {}


@pytest.mark.req("A-21")
def test_the_admin_is_never_opened_in_production() -> None:
    found = wrong(
        "production", **{**ADMIN, "ENVIRONMENT": "production"}, DJANGO_ALLOWED_HOSTS=f".app.example.org,{HOSTS}"
    )
    assert found == {"EXPOSE_ADMIN": "is true: admin is never public in production"}


@pytest.mark.req("A-21", "A-22")
@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"OPERATOR_PASSWORD": ""}, "OPERATOR_PASSWORD"),
        ({"OPERATOR_NETWORKS": ""}, "OPERATOR_NETWORKS"),
        ({"OPERATOR_NETWORKS": "0.0.0.0/0"}, "OPERATOR_NETWORKS"),
        ({"OPERATOR_NETWORKS": "203.0.113.7,::/0"}, "OPERATOR_NETWORKS"),
        ({"OPERATOR_NETWORKS": "*"}, "OPERATOR_NETWORKS"),
    ],
)
def test_a_lock_that_is_not_whole_is_refused(changed: dict[str, str], fault: str) -> None:
    assert set(wrong("production", **{**OPENED, **changed})) == {fault}


@pytest.mark.req("B-15")
def test_an_admin_that_django_would_not_answer_is_refused() -> None:
    assert "lacks `admin.app.example.org`" in wrong("production", **ADMIN)["DJANGO_ALLOWED_HOSTS"]


@pytest.mark.parametrize("key", ["DIGITALOCEAN_API_URL", "ADDRESS_LOOKUP_URL"])
def test_the_token_goes_over_plain_http_to_this_machine_and_private_networks_alone(key: str) -> None:
    assert wrong("production", **{key: "http://127.0.0.1:9"}) == {}
    assert wrong("production", **{key: "http://172.20.0.1:9"}) == {}
    assert "not encrypted" in wrong("production", **{key: "http://api.example.org"})[key]
    assert "not encrypted" in wrong("production", **{key: "http://198.51.100.7"})[key]

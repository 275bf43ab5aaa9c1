from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from schemathesis import openapi

from api import openapi as described

ROOT = Path(__file__).resolve().parents[3]
PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
PUBLIC_OF_ORGANIZATION = {"read_organization", "list_events"}
# What an operation refuses beyond what its form says by itself.
OWN_REFUSALS: dict[str, set[str]] = {
    "409": {
        "change_event",
        "delete_event",
        "change_shift",
        "delete_shift",
        "cancel_my_sign_up",
        "cancel_sign_up",
        "cancel_sign_up_of_person",
        "mark_attendance",
        "add_person",
        "change_person",
        "remove_person",
        "revoke_invitation",
        "accept_invitation",
        "confirm_invitation",
        "read_file",
    },
    "410": {
        "choose_password",
        "read_sign_up",
        "cancel_sign_up",
        "read_invitation",
        "accept_invitation",
        "confirm_invitation",
    },
    "415": {"import_csv"},
    "429": {"register", "forgot", "log_in", "change_password", "sign_up", "invite", "announce"},
}


@cache
def document() -> dict[str, Any]:
    """Return the document; making it takes a while."""
    return described.document()


@cache
def operations() -> dict[str, tuple[str, dict[str, Any]]]:
    """Return path and description of each operation, by its name."""
    found = [(path, one) for path, many in document()["paths"].items() for one in many.values()]
    named = {one["operationId"]: (path, one) for path, one in found}
    assert len(named) == len(found) > 10, "each name is there once"
    return named


def answers(name: str) -> dict[str, Any]:
    """Return what an operation answers, its references followed."""
    named = document()["components"]["responses"]
    given = operations()[name][1]["responses"]
    return {status: named[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for status, one in given.items()}


def implied(path: str, operation: dict[str, Any]) -> set[str]:
    """Return what can go wrong with an operation of this form."""
    parameters = {one["name"]: one for one in operation.get("parameters", ())}
    kinds = operation.get("requestBody", {}).get("content", {})
    takes_key = "Idempotency-Key" in parameters
    rules = {
        "400": "application/json" in kinds,
        "401": "security" in operation,
        "403": "security" in operation and "{slug}" in path,
        "404": "{" in path,
        "409": takes_key,
        "413": bool(kinds) or takes_key,
        "422": bool(parameters or kinds),
        "503": True,
    }
    return {status for status, can_be in rules.items() if can_be}


def test_the_document_is_one_of_openapi() -> None:
    openapi.from_dict(document()).validate()


def test_each_operation_has_a_lasting_name_and_says_what_it_does() -> None:
    for name, (_, operation) in operations().items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
        assert operation["summary"]
        assert operation["description"].rstrip().endswith(".")
        assert operation["tags"]


@pytest.mark.parametrize("name", operations())
def test_each_operation_names_how_it_refuses(name: str) -> None:
    path, operation = operations()[name]
    refusals = {status: one for status, one in answers(name).items() if status >= "400"}
    assert implied(path, operation) <= set(refusals)
    assert "default" not in refusals
    for status, one in refusals.items():
        if (name, status) not in {("health", "503"), ("ready", "503")}:
            assert one["content"] == PROBLEM
    for status, header in (("401", "WWW-Authenticate"), ("429", "Retry-After")):
        assert status not in refusals or header in refusals[status]["headers"]


def test_what_an_operation_refuses_for_reasons_of_its_own_is_named() -> None:
    for status, names in OWN_REFUSALS.items():
        named = {name for name in operations() if status in operations()[name][1]["responses"]}
        by_form = {name for name, one in operations().items() if status in implied(*one)}
        assert named - by_form == names - by_form, f"{status}: name it in OWN_REFUSALS, above"


def test_each_body_has_an_example_that_fits() -> None:
    components = document()["components"]
    for name, (_, operation) in operations().items():
        for media in operation.get("requestBody", {}).get("content", {}).values():
            reference = media["schema"].get("$ref", "")
            schema = components["schemas"][reference.rpartition("/")[2]] if reference else media["schema"]
            assert schema.get("examples"), f"{name}: give its model an example in `json_schema_extra`"
            check = jsonschema_rs.validator_for({**media["schema"], "components": components})
            assert all(check.is_valid(example) for example in schema["examples"]), name


def test_who_may_use_an_operation_stands_beside_it() -> None:
    (scheme,) = document()["components"]["securitySchemes"]
    assert re.fullmatch(r"[a-zA-Z0-9._-]+", scheme)
    roles = {
        name: [role for one in operation.get("security", ()) for role in one[scheme]]
        for name, (path, operation) in operations().items()
        if "{slug}" in path
    }
    assert {name for name, found in roles.items() if not found} == PUBLIC_OF_ORGANIZATION
    assert {name for name, found in roles.items() if found == ["owner"]} == {"change_organization"}
    assert {tuple(found) for found in roles.values()} == {(), ("owner",), ("coordinator",)}
    optional = {name for name, (_, one) in operations().items() if {} in one.get("security", ())}
    assert optional == {
        "read_event",
        "sign_up",
        "read_sign_up",
        "cancel_sign_up",
        "read_invitation",
        "accept_invitation",
        "confirm_invitation",
    }


def test_the_front_end_has_the_document_as_it_is() -> None:
    kept = json.loads((ROOT / "react-app/openapi.json").read_text(encoding="utf-8"))
    assert kept == document(), "type `nox -s api_types`"

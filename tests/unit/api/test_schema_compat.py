from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.database import schema_compat

ROOT = Path(__file__).resolve().parents[3]
# Every table but those that belong to no organization: a new one counts until it is named here. `(`: a function.
TENANT_TABLE = re.compile(r"signups_(?!(?:user|refreshtoken|onetimetoken|idempotencykey|organization)\b)[a-z]+\b(?!\()")


# Neither held to an organization, nor to one's own account, nor called public: each with what makes it harmless.
WITHOUT_TENANT = {
    "api.auth.sql.REGISTER": "writes what is to be mailed to an account, and reads no tenant",
    "api.auth.sql.FORGOT": "the same",
    "api.sign_ups.sql.VISIBLE_SHIFT": "asked without a tenant: row-level security shows what is public",
}


@pytest.mark.req("B-06")
def test_the_api_needs_the_newest_migration_of_signups() -> None:
    newest = max(path.stem for path in (ROOT / "django" / "signups" / "migrations").glob("[0-9]*.py"))
    assert f"signups.{newest}" == schema_compat.NEEDED_MIGRATION, (
        "name it in api/database/schema_compat.py: the API waits for it"
    )


@pytest.mark.parametrize(
    ("statement", "seen"),
    [
        ("SELECT 1", "SELECT 1"),
        ("SELECT %(a)s, %(b)s, %(a)s", "SELECT $1, $2, $1"),
        ("SELECT 7 %% 3, 'a%%b' LIKE %(like)s", "SELECT 7 % 3, 'a%b' LIKE $1"),
    ],
)
def test_named_parameters_get_numbers(statement: str, seen: str) -> None:
    assert schema_compat.numbered(statement) == seen


def test_every_statement_is_found_and_no_fragment() -> None:
    found = schema_compat.statements()
    assert {"api.events.sql.EVENT", "api.tenancy.ENTER_ACCOUNT", "api.shifts.sql.SETTLE"} <= set(found)
    assert not [name for name in found if name.rpartition(".")[2].startswith("_")]
    for name, statement in found.items():
        assert re.match(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b", statement), name


def test_every_statement_stands_in_a_constant_that_is_checked() -> None:
    words = re.compile(r"\b(?:SELECT\s.*\sFROM|INSERT INTO|UPDATE|DELETE FROM)\s+(?:signups_|%\()", re.DOTALL)
    known = {name.rpartition(".")[0] for name in schema_compat.statements()}
    for path in (ROOT / "api").rglob("*.py"):
        if words.search(path.read_text(encoding="utf-8")):
            assert ".".join(path.relative_to(ROOT).with_suffix("").parts) in known, path


@pytest.mark.req("B-17")
def test_every_statement_on_a_tenant_is_held_to_one_organization_or_to_oneself() -> None:
    loose = {
        name
        for name, statement in schema_compat.statements().items()
        if TENANT_TABLE.search(statement)
        and not re.search(r"%\((?:organization|user)_id\)s", statement)
        and not name.rpartition(".")[2].startswith("PUBLIC_")
    }
    assert loose == set(WITHOUT_TENANT), "add `AND organization_id = %(organization_id)s` to its condition"

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.migrations.migrating_fixtures import BASE, Trial, a_trial
from tests.integration.services.services_processes import Services

ROWS = 120_000
COLUMN_GONE = """migrations.SeparateDatabaseAndState(
    state_operations=[migrations.RemoveField("thing", "note")])"""
NOT_NULL_IN_CODE = """migrations.SeparateDatabaseAndState(
    state_operations=[migrations.AlterField("thing", "note", models.CharField(max_length=50))])"""


@dataclass(frozen=True)
class Case:
    """What a migration does, what was released before it, and how it is judged."""

    does: str
    codes: tuple[str, ...] = ()
    before: str = ""


def field(kind: str, name: str, made: str) -> str:
    return f'migrations.{kind}Field("thing", "{name}", models.{made})'


CASES = {
    "drop_column": Case('migrations.RemoveField("thing", "note")', ("drop-column",)),
    "drop_table": Case('migrations.DeleteModel("Thing")', ("drop-table",)),
    "rename_column": Case('migrations.RenameField("thing", "name", "title")', ("rename-column",)),
    "rename_table": Case('migrations.RenameModel("Thing", "Item")', ("rename-table",)),
    "required": Case(field("Add", "rank", "IntegerField(default=1)"), ("not-null",)),
    "set_not_null": Case(field("Alter", "note", "CharField(max_length=50, default='')"), ("not-null",)),
    "drop_default": Case(field("Alter", "ready", "BooleanField()"), ("not-null",)),
    "narrower": Case(field("Alter", "name", "CharField(max_length=20)"), ("type-change",)),
    "another_type": Case(field("Alter", "count", "TextField()"), ("type-change",)),
    "sql_drop": Case('migrations.RunSQL("SELECT 1; ALTER TABLE sql_drop_thing DROP note")', ("drop-column",)),
    "sql_nonsense": Case('migrations.RunSQL("ALTER TABLE sql_nonsense_thing FROB (")', ("syntax-error",)),
    "add_nullable": Case(field("Add", "rank", "IntegerField(null=True)")),
    "add_nullable_default": Case(field("Add", "rank", "IntegerField(null=True, default=5)")),
    "add_db_default": Case(field("Add", "rank", "IntegerField(db_default=1)")),
    "add_now": Case(field("Add", "made", "DateTimeField(db_default=Now())")),
    "add_foreign_key": Case(field("Add", "other", "ForeignKey('owner', models.CASCADE, null=True, related_name='+')")),
    "wider": Case(field("Alter", "name", "CharField(max_length=200)")),
    "to_text": Case(field("Alter", "name", "TextField()")),
    "more_digits": Case(field("Alter", "amount", "DecimalField(max_digits=12, decimal_places=2, null=True)")),
    "bigger_integer": Case(field("Alter", "count", "BigIntegerField(default=0)")),
    "nullable": Case(field("Alter", "name", "CharField(max_length=50, null=True)")),
    "index": Case('migrations.AddIndex("thing", models.Index(fields=["name"], name="by_name"))'),
    "constraint": Case(
        'migrations.AddConstraint("thing", models.CheckConstraint(condition=Q(count__gte=0), name="c"))'
    ),
    "unique": Case(field("Alter", "name", "CharField(max_length=50, unique=True)")),
    "python": Case("migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop)"),
    "python_apart": Case(
        "migrations.SeparateDatabaseAndState(database_operations=[migrations.RunPython(lambda apps, editor: 1 / 0)])"
    ),
    "state_only": Case(COLUMN_GONE),
    "new_table": Case(
        """migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True)), ("a", models.TextField())]),
        migrations.RemoveField("new", "a"), migrations.AddField("new", "b", models.IntegerField(default=1)),
        migrations.RenameModel("New", "Newer"), migrations.DeleteModel("Newer")"""
    ),
    "column_contracted": Case(
        'migrations.RunSQL("ALTER TABLE column_contracted_thing DROP COLUMN note")', before=COLUMN_GONE
    ),
    "not_null_contracted": Case(
        'migrations.RunSQL("ALTER TABLE not_null_contracted_thing ALTER note SET NOT NULL")', before=NOT_NULL_IN_CODE
    ),
}
BIG = {
    2: Case('migrations.AddIndex("thing", models.Index(fields=["name"], name="big_by_name"))', ("lock-index",)),
    3: Case('AddIndexConcurrently("thing", models.Index(fields=["count"], name="big_by_count"))'),
    4: Case(
        'migrations.AddConstraint("thing", models.CheckConstraint(condition=Q(count__gte=0), name="c1"))',
        ("lock-constraint",),
    ),
    5: Case('migrations.RunSQL("ALTER TABLE big_thing ADD CONSTRAINT c2 CHECK (count >= 0) NOT VALID")'),
    6: Case(field("Alter", "count", "BigIntegerField(default=0)"), ("lock-rewrite",)),
    7: Case('migrations.RunSQL("ALTER TABLE big_thing ADD key uuid DEFAULT gen_random_uuid()")', ("lock-rewrite",)),
    8: Case(field("Add", "made", "DateTimeField(db_default=Now())")),
    9: Case(field("Add", "other", "ForeignKey('owner', models.CASCADE, null=True, related_name='+')"), ("lock-index",)),
    10: Case(field("Add", "lean", "ForeignKey('owner', models.CASCADE, null=True, related_name='+', db_index=False)")),
    11: Case(
        'migrations.AddConstraint("thing", models.UniqueConstraint(fields=["name"], name="u1"))', ("lock-constraint",)
    ),
}


@pytest.fixture(scope="module")
def answer(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Return what one check says about all cases; each is an application, those of the big table share one."""
    with a_trial(services, tmp_path_factory.mktemp("flagged")) as trial:
        trial.install(*CASES, "big")
        for name in (*CASES, "big"):
            trial.write(name, 1, BASE)
            if name in CASES:
                trial.write(name, 2, CASES[name].before)
        assert trial.migrate().returncode == 0
        fill(trial)
        for name, case in CASES.items():
            trial.write(name, 3, case.does)
        for number, case in BIG.items():
            trial.write("big", number, case.does, atomic="Concurrently" not in case.does)
        yield trial.check()


def fill(trial: Trial) -> None:
    """Give the big table its rows."""
    trial.sql("INSERT INTO big_thing (name, count) SELECT n, 0 FROM generate_series(1, 120000) n; ANALYZE big_thing")


def codes(answer: dict[str, Any], migration: str) -> tuple[str, ...]:
    return tuple(one["code"] for one in answer["problems"] if one["migration"] == migration)


@pytest.mark.req("B-03")
@pytest.mark.parametrize("name", CASES)
def test_what_the_running_release_could_not_live_with_is_flagged_and_nothing_else(
    answer: dict[str, Any], name: str
) -> None:
    assert codes(answer, f"{name}.0003_it") == CASES[name].codes


@pytest.mark.req("B-03")
@pytest.mark.parametrize("number", BIG)
def test_a_lock_is_flagged_on_a_big_table(answer: dict[str, Any], number: int) -> None:
    assert codes(answer, f"big.{number:04}_it") == BIG[number].codes


@pytest.mark.req("B-03")
def test_the_answer_names_all_that_is_pending_and_whether_it_is_one_transaction(answer: dict[str, Any]) -> None:
    assert set(answer["pending"]) == {f"{name}.0003_it" for name in CASES} | {f"big.{n:04}_it" for n in BIG}
    assert answer["is_atomic"] is False
    assert answer["is_new"] is False


@pytest.mark.req("B-03")
def test_a_why_names_table_column_and_what_follows(answer: dict[str, Any]) -> None:
    why = {one["migration"]: one["why"] for one in answer["problems"]}
    assert why["required.0003_it"] == (
        "adds required_thing.rank as NOT NULL without a default in the database: "
        "rows that the running release inserts are refused"
    )
    assert "big_thing" in why["big.0002_it"]
    assert f"about {ROWS} rows" in why["big.0002_it"]


@pytest.mark.req("B-03")
def test_a_first_deployment_has_no_problems(services: Services, tmp_path: Path) -> None:
    with a_trial(services, tmp_path) as trial:
        trial.install("trial")
        trial.write("trial", 1, BASE)
        trial.write("trial", 2, 'migrations.RemoveField("thing", "note")')
        told = trial.check()
    assert told["is_new"] is True
    assert told["problems"] == []


@pytest.mark.req("B-03")
def test_the_check_changes_nothing(trial: Trial) -> None:
    before = trial.schema()
    writes = "migrations.RunPython(lambda apps, editor: editor.execute('DROP TABLE trial_thing'))"
    trial.write("trial", 2, f'migrations.RemoveField("thing", "note"), {writes}')
    assert trial.check()["pending"] == ["trial.0002_it"]
    assert trial.schema() == before


@pytest.mark.req("B-03")
def test_a_running_release_that_is_older_than_the_schema_may_use_all_that_is_there(trial: Trial) -> None:
    trial.write("trial", 2, COLUMN_GONE)
    assert trial.migrate().returncode == 0
    trial.write("trial", 3, 'migrations.RunSQL("ALTER TABLE trial_thing DROP COLUMN note")')
    assert codes(trial.check(), "trial.0003_it") == ()
    assert codes(trial.check("--wary"), "trial.0003_it") == ("drop-column",)

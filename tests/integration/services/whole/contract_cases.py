"""What is the API asked, to hold it to its document? What schemathesis makes up, aimed at rows that are there."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, Config, GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.integration.services.whole.contract_rows import Goals

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 5
# The same cases in every run, none kept, none made smaller: a case that fails is named as it is.
RULES = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
AIMS = st.lists(st.sampled_from([True, True, False]), min_size=12, max_size=12)
PICKS = st.lists(st.integers(0, 7), min_size=12, max_size=12)
Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]


def read(document: dict[str, Any]) -> BaseSchema:
    """Read a document."""
    schema = openapi.from_dict(document, config=Config(seed=1))
    schema.config.generation.deterministic = True
    return schema


def operations(schema: BaseSchema) -> list[Operation]:
    """Return every operation of a document."""
    found = list(schema.get_all_operations())
    operations = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(operations) == len(found) > 0, "each can be read"
    return operations


@dataclass
class Aim:
    """Puts what leads to real rows in the place of two thirds of what was made up."""

    goals: Goals
    aims: list[bool]
    picks: list[int]

    def take(self, case: AnyCase) -> None:
        """Aim a case; what makes it wrong elsewhere stays as it is."""
        for container in (case.path_parameters, case.query, case.body):
            self._fill(container)
        shifts = case.body.get("shifts") if isinstance(case.body, dict) else None
        for shift in shifts if isinstance(shifts, list) else ():
            self._fill(shift)
        if case.media_type == "text/csv" and self.aims[0]:
            case.body = self.goals["csv"][0]

    def _fill(self, container: object) -> None:
        if not isinstance(container, dict):
            return
        for number, name in enumerate(sorted(set(container) & set(self.goals))):
            if self.aims[number % len(self.aims)]:
                found = self.goals[name]
                container[name] = found[self.picks[number % len(self.picks)] % len(found)]


@dataclass
class Player:
    """Asks as somebody, and notes what was wrong with the answers."""

    url: str
    wrong: dict[str, None] = field(default_factory=dict)
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)

    def play(self, operation: Operation, goals: Goals, *, token: str | None) -> None:
        """Ask one operation for what its document allows, and for what it does not."""
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            ask = given(case=operation.as_strategy(generation_mode=mode), aims=AIMS, picks=PICKS)(
                lambda case, aims, picks: self._ask(case, Aim(goals, aims, picks), token)
            )
            with contextlib.suppress(Unsatisfiable):  # nothing can be wrong about it, or nothing that HTTP can carry
                RULES(ask)()

    def _ask(self, case: AnyCase, aim: Aim, token: str | None) -> None:
        aim.take(case)
        answer = case.call(base_url=self.url, headers={"Authorization": f"Bearer {token}"} if token else {})
        self.seen[case.operation.label, answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except AssertionError as failure:
            self.wrong.setdefault(f"{failure}\n{answer.text[:500]}")

    def successes(self) -> set[str]:
        """Name the operations that did what they are there for."""
        return {label for label, status in self.seen if status < 300}

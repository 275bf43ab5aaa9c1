from __future__ import annotations

from typing import Any

import pytest
import strawberry
from graph.limits import MAX_ALIASES, MAX_DEPTH, MAX_OBJECTS, MAX_TOKENS, Limits, Scale, Weight
from graphql import build_schema, parse

SCHEMA = build_schema(
    """
    input Page { offset: Int! = 0, limit: Int }
    type Query { one: Node, page(first: Int! = 20): [Node!]! }
    type Node { name: String, child: Node, children(pagination: Page): [Node!]!, some(first: Int! = 20): [Node] }
    """
)


@strawberry.type
class Nest:
    """What may be nested without end, which the application's own tree may not."""

    name: str = "nest"

    @strawberry.field
    def child(self) -> Nest:
        """Return another one."""
        return Nest()

    @strawberry.field
    def many(self, first: int = 20) -> list[Nest]:  # noqa: ARG002 - only the asking is weighed
        """Return none."""
        return []


NESTS = strawberry.Schema(query=Nest, extensions=[Limits])


def told(query: str) -> list[str]:
    """Execute a query that is valid but for what it asks for; return why it was refused."""
    found = NESTS.execute_sync(query, root_value=Nest())
    assert (found.data is None) == bool(found.errors)
    assert all((error.extensions or {}).get("code") == "TOO_MUCH" for error in found.errors or ())
    return [error.message for error in found.errors or ()]


def weigh(query: str, **variables: Any) -> Weight:
    return Scale(SCHEMA, parse(query).definitions, variables).weigh()


@pytest.mark.req("C-08")
@pytest.mark.parametrize(
    ("query", "weight"),
    [
        ("{ one { name } }", Weight(2, 0, 1)),
        ("{ one { child { child { name } } } }", Weight(4, 0, 3)),
        ("{ a: one { b: name } }", Weight(2, 2, 1)),
        ("{ page { name } }", Weight(2, 0, 20)),
        ("{ page(first: 3) { children { name } } }", Weight(3, 0, 3 * 21)),
        ("{ page(first: 2) { children(pagination: {limit: 5}) { name } } }", Weight(3, 0, 2 * 6)),
        ("{ page(first: 5000) { name } }", Weight(2, 0, 100)),
        ("{ page(first: -5000) { name } }", Weight(2, 0, 100)),
        ("{ one { children(pagination: {limit: null}) { name } } }", Weight(2 + 1, 0, 21)),
        ("{ one { ... on Node { child { name } } ... { name } } }", Weight(3, 0, 2)),
        ("{ one { ...F } } fragment F on Node { some(first: 4) { name } }", Weight(3, 0, 5)),
        ("{ one { name } } query Second { one { name } }", Weight(2, 0, 2)),
        ("{ __schema { types { name } } }", Weight(1, 0, 0)),
        ("{ unknown { deeper } ...Missing }", Weight(2, 0, 1)),
    ],
)
def test_a_document_is_weighed_at_worst(query: str, weight: Weight) -> None:
    assert weigh(query) == weight


@pytest.mark.req("C-08")
def test_a_limit_in_a_variable_counts_and_one_without_a_value_counts_as_the_most() -> None:
    query = "query ($n: Int!, $p: Page) { page(first: $n) { children(pagination: $p) { name } } }"
    assert weigh(query, n=2, p={"limit": 3}).objects == 2 * 4
    assert weigh(query).objects == 100 * 101
    assert weigh(query, n="many", p="none").objects == 100 * 101


@pytest.mark.req("C-08")
def test_a_fragment_that_is_spread_twice_in_each_of_many_is_counted_once() -> None:
    chain = " ".join(f"fragment F{n} on Node {{ ...F{n + 1} ...F{n + 1} }}" for n in range(200))
    found = weigh(f"{{ one {{ ...F0 }} }} {chain} fragment F200 on Node {{ a: name }}")
    assert found.aliases == 2**200 > MAX_ALIASES  # counted path by path, this would never end


@pytest.mark.req("C-08")
def test_a_fragment_that_spreads_itself_ends_the_counting() -> None:
    assert weigh("{ one { ...F } } fragment F on Node { child { ...F name } }").depth < MAX_DEPTH


@pytest.mark.req("C-08")
def test_the_page_of_an_organization_is_within_the_limits() -> None:
    page = "{ one { page: some { children { children { child { name } } } } some(first: 50) { name } } }"
    assert weigh(page).objects < MAX_OBJECTS
    assert weigh(page).depth <= MAX_DEPTH


@pytest.mark.req("C-08")
def test_eight_levels_are_answered_and_nine_are_not() -> None:
    nested = ["{ " + "child { " * n + "name" + " }" * (n + 1) for n in (7, 8)]
    assert told(nested[0]) == []
    assert told(nested[1]) == ["Too much at once: 9 levels deep (at most 8)."]


@pytest.mark.req("C-08")
def test_fifteen_aliases_are_answered_and_sixteen_are_not() -> None:
    renamed = ["{ " + " ".join(f"a{number}: name" for number in range(n)) + " }" for n in (15, 16)]
    assert told(renamed[0]) == []
    assert told(renamed[1]) == ["Too much at once: 16 aliases (at most 15)."]


@pytest.mark.req("C-08")
def test_fifty_thousand_objects_are_answered_and_more_are_not() -> None:
    within = "{ many(first: 100) { many(first: 100) { many(first: 3) { name } } } }"
    assert weigh_nests(within) == 40_100
    assert told(within) == []
    beyond = within.replace("first: 3", "first: 5")
    assert told(beyond) == ["Too much at once: 60100 objects at worst; ask for fewer of each list (at most 50000)."]


def weigh_nests(query: str) -> int:
    return Scale(NESTS._schema, parse(query).definitions, {}).weigh().objects  # noqa: SLF001 - as the limits reach it


@pytest.mark.req("C-08")
def test_the_limits_are_those_that_were_thought_about() -> None:
    assert (MAX_DEPTH, MAX_ALIASES, MAX_OBJECTS, MAX_TOKENS) == (8, 15, 50_000, 1000)

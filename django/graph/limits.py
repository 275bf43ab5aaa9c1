"""How much may one request ask for? Depth, aliases, and objects at worst are counted before anything is looked up.

Each fragment is counted once, however often it is spread: a document cannot make the counting itself expensive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)
from strawberry.extensions import SchemaExtension

MAX_TOKENS = 1000
MAX_DEPTH = 8
MAX_ALIASES = 15
MAX_OBJECTS = 50_000  # what is asked for in two fragments counts twice
FIRST = 20  # of a list when nothing is said
MOST = 100  # of a list at all


class Weight(NamedTuple):
    """How deep, how many aliases, how many objects."""

    depth: int = 0
    aliases: int = 0
    objects: int = 0

    def beside(self, other: Weight) -> Weight:
        """Add what stands in the same selection."""
        return Weight(max(self.depth, other.depth), self.aliases + other.aliases, self.objects + other.objects)


class Limits(SchemaExtension):
    """Refuses a document that is too heavy, before it is validated and executed."""

    def on_validate(self) -> Iterator[None]:
        """Weigh the document."""
        context = self.execution_context
        if context.graphql_document is not None:
            scale = Scale(context.schema._schema, context.graphql_document.definitions, context.variables or {})  # noqa: SLF001 - as the library's own limiters reach it
            problems = _problems(scale.weigh(), scale.renamed)
            if problems:
                context.pre_execution_errors = [
                    GraphQLError(text, extensions={"code": "TOO_MUCH"}) for text in problems
                ]
        yield


class Scale:
    """Weighs the operations of one document."""

    def __init__(self, schema: GraphQLSchema, definitions: tuple[Node, ...], variables: Mapping[str, Any]) -> None:
        self._schema, self._variables = schema, variables
        self._operations = [one for one in definitions if isinstance(one, OperationDefinitionNode)]
        self._fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
        self._known: dict[str, Weight] = {}
        self.renamed: set[str] = set()

    def weigh(self) -> Weight:
        """Return what all operations weigh together."""
        total = Weight()
        for one in self._operations:
            total = total.beside(self._selection(one.selection_set, self._schema.get_root_type(one.operation)))
        return total

    def _selection(self, selected: SelectionSetNode | None, parent: Any) -> Weight:
        total = Weight()
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                total = total.beside(self._field(node, parent))
            elif isinstance(node, InlineFragmentNode):
                total = total.beside(self._selection(node.selection_set, self._narrowed(node, parent)))
            elif isinstance(node, FragmentSpreadNode):
                total = total.beside(self._fragment(node.name.value))
        return total

    def _fragment(self, name: str) -> Weight:
        if name not in self._known:
            self._known[name] = Weight()  # one that spreads itself is refused by validation
            node = self._fragments.get(name)
            if node is not None:
                self._known[name] = self._selection(node.selection_set, self._narrowed(node, None))
        return self._known[name]

    def _narrowed(self, node: InlineFragmentNode | FragmentDefinitionNode, parent: Any) -> Any:
        return self._schema.get_type(node.type_condition.name.value) if node.type_condition else parent

    def _field(self, node: FieldNode, parent: Any) -> Weight:
        alias = 1 if node.alias else 0
        if node.selection_set is None or node.name.value.startswith("__"):
            return Weight(1, alias, 0)
        definition = getattr(parent, "fields", {}).get(node.name.value)
        inner = self._selection(node.selection_set, get_named_type(definition.type) if definition else None)
        if node.alias and definition is not None and "pagination" in definition.args:
            self.renamed.add(node.name.value)
        is_list = definition is not None and isinstance(get_nullable_type(definition.type), GraphQLList)
        size = self._size(node) if is_list else 1
        return Weight(1 + inner.depth, alias + inner.aliases, size * (1 + inner.objects))

    def _size(self, node: FieldNode) -> int:
        asked: Any = None
        for argument in node.arguments or ():
            if argument.name.value == "first":
                asked = self._value(argument.value)
            elif argument.name.value == "pagination":
                value = self._value(argument.value)
                asked = value.get("limit") if isinstance(value, dict) else MOST
        return FIRST if asked is None else min(abs(asked), MOST) if isinstance(asked, int) else MOST

    def _value(self, node: Node) -> Any:
        if isinstance(node, VariableNode):
            return self._variables.get(node.name.value, MOST)
        if isinstance(node, ObjectValueNode):
            return {one.name.value: self._value(one.value) for one in node.fields}
        return int(node.value[:6]) if isinstance(node, IntValueNode) else None


def _problems(weight: Weight, renamed: set[str]) -> list[str]:
    """Say what is too much. The same list twice below each of many things would be read again for each of them."""
    limits = (
        (weight.depth, MAX_DEPTH, "levels deep"),
        (weight.aliases, MAX_ALIASES, "aliases"),
        (weight.objects, MAX_OBJECTS, "objects at worst; ask for fewer of each list"),
    )
    too_much = [f"Too much at once: {found} {what} (at most {most})." for found, most, what in limits if found > most]
    return too_much + [f"`{name}` takes no alias: ask for it once in each." for name in sorted(renamed)]

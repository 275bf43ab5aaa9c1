"""What is the schema, and what guards it? The limits first; outside production it may be asked what it holds."""

from __future__ import annotations

from typing import Any

import strawberry
from django.conf import settings
from strawberry.extensions import DisableIntrospection, MaxTokensLimiter
from strawberry.schema.config import StrawberryConfig
from strawberry_django.optimizer import DjangoOptimizerExtension

from graph.limits import MAX_TOKENS, Limits
from graph.mutations import Mutation
from graph.queries import Query


class Schema(strawberry.Schema):
    """Strawberry's, without its log: errors are told and logged by `graph.refusals`, without what was asked."""

    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Log nothing here: messages may hold what somebody sent."""


def new_schema(*, is_open: bool) -> Schema:
    """Build the schema; `is_open` when anyone may read it."""
    guards: list[Any] = [lambda: MaxTokensLimiter(MAX_TOKENS), Limits, DjangoOptimizerExtension]
    closed: list[Any] = [] if is_open else [DisableIntrospection]
    return Schema(
        query=Query,
        mutation=Mutation,
        extensions=[*guards, *closed],
        config=StrawberryConfig(disable_field_suggestions=not is_open),
    )


schema = new_schema(is_open=settings.ENVIRONMENT != "production")

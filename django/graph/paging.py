"""How long is a list? Never without end: at the root by keyset, below by a window over each parent's rows."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from strawberry_django.fields.field import StrawberryDjangoField
from strawberry_django.pagination import OffsetPaginationInput
from strawberry_django.queryset import get_queryset_config

from graph.limits import MOST
from graph.refusals import bad_input, not_found
from graph.tenancy import whole

Rows = TypeVar("Rows", bound=Model)


class Limited(StrawberryDjangoField):
    """A list below another thing: with a limit although none is asked for."""

    def get_queryset(self, queryset: Any, info: Any, *, pagination: Any = None, **more: Any) -> Any:
        """Read so many rows for each parent, all parents in one query."""
        wanted = pagination or OffsetPaginationInput()
        if wanted.offset < 0:
            raise bad_input("`offset` must not be negative.")
        return super().get_queryset(queryset, info, pagination=wanted, **more)  # type: ignore[no-untyped-call]  # it has no types


def page(rows: QuerySet[Rows], by: str, *, first: int, after: str | None) -> QuerySet[Rows]:
    """Return the first rows, or those after the row of that id, by one value and the id.

    The rows are what the caller may see: the type's own `get_queryset` is not applied again.
    """
    if not 1 <= first <= MOST:
        raise bad_input(f"`first` must be 1 to {MOST}.")
    if after is not None:
        last = rows.model._default_manager.filter(pk__in=rows.filter(pk=whole(after)).values("pk")).first()  # noqa: SLF001 - Django's public name for it
        if last is None:
            raise not_found()
        value = getattr(last, by)
        rows = rows.filter(**{f"{by}__gte": value}).exclude(**{by: value, "pk__lte": last.pk})
    found = rows.order_by(by, "pk")[:first]
    get_queryset_config(found).type_get_queryset_did_run = True  # by the caller: a slice cannot be narrowed any more
    return found

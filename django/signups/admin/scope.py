"""Which rows may this member of staff see and change? A superuser all, others those of the organizations they run.

Every way to a row goes through `get_queryset`: lists, pages by address, searches of other pages, choices of fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import Model

from signups.models import Organization, Role

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.db.models.fields.related import RelatedField
    from django.http import HttpRequest

    # Generic for the type checker alone: Django's own classes take no parameters.
    AdminBase = admin.ModelAdmin[Any]
    InlineBase = admin.TabularInline[Any, Any]
else:
    AdminBase = admin.ModelAdmin
    InlineBase = admin.TabularInline

RUNS = (Role.OWNER, Role.COORDINATOR)
MOST_CHOICES = 50


def run_by(user: Any, *roles: Role) -> QuerySet[Organization]:
    """Return the organizations that this account runs; a superuser runs all of them."""
    if user.is_superuser:
        return Organization.objects.all()
    return Organization.objects.filter(members__user=user, members__role__in=roles or RUNS)


def may_hand_out(user: Any, organization: Organization | None) -> bool:
    """Tell whether this account may say who else runs the organization: its owners may."""
    return organization is not None and run_by(user, Role.OWNER).filter(pk=organization.pk).exists()


class ScopedFields:
    """Offers for a foreign key only what its own page would show to the same person."""

    admin_site: admin.AdminSite

    def get_field_queryset(self, db: str | None, db_field: RelatedField[Any, Any], request: HttpRequest) -> Any:
        """Return the choices of a field."""
        related: type[Model] = db_field.remote_field.model
        registered = self.admin_site._registry.get(related)  # noqa: SLF001 - Django's own choices look there too
        if registered is not None:
            return registered.get_queryset(request)
        return super().get_field_queryset(db, db_field, request)  # type: ignore[misc]  # of ModelAdmin


class ScopedAdmin(ScopedFields, AdminBase):
    """The page of a model whose rows belong to an organization."""

    organization_path = "organization"  # from the model to the organization, as a lookup
    list_per_page = 50
    show_full_result_count = False  # counting a million sign-ups costs more than the page

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows that this person may see."""
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(**{f"{self.organization_path}__in": run_by(request.user)})

    def get_actions(self, request: HttpRequest, *args: Any, **options: Any) -> dict[str, Any]:
        """Leave deleting many at once to superusers: it asks no page whether a row may go.

        A later Django also says where the actions are shown, and its stubs say so on some Pythons already.
        """
        actions = super().get_actions(request, *args, **options)
        if not request.user.is_superuser:
            actions.pop("delete_selected", None)
        return actions


class ReadOnlyAdmin(ScopedAdmin):
    """A page that only shows."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Refuse: these rows are written by the application."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002 - the same
        """Refuse."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let a superuser delete, so that what these rows belong to can be deleted."""
        del obj
        return bool(request.user.is_superuser)


class ScopedInline(ScopedFields, InlineBase):
    """Rows on the page of what they belong to."""

    extra = 0


class OrganizationFilter(admin.SimpleListFilter):
    """Narrows a list down to one organization; among very many one searches instead."""

    title = "organization"
    parameter_name = "organization"
    path: ClassVar = "organization"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the organizations that this person runs."""
        del model_admin
        found = run_by(request.user).order_by("name").values_list("pk", "name")[: MOST_CHOICES + 1]
        return [] if len(found) > MOST_CHOICES else [(str(pk), name) for pk, name in found]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Narrow down."""
        del request
        value = self.value() or ""
        return queryset.filter(**{self.path: int(value)}) if value.isascii() and value.isdigit() else queryset

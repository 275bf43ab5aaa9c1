"""What was told to people, what is still to be told, and what could not be?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models.functions import Now

from signups.admin.forms import SameOrganizationForm
from signups.admin.scope import OrganizationFilter, ReadOnlyAdmin, ScopedAdmin
from signups.models import Announcement, Export, Member, OutboxMessage
from signups.queue import tell_after_commit

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Announcement)
class AnnouncementAdmin(ScopedAdmin):
    """Announcements; a new one is mailed at once, and then stays as it is."""

    form = SameOrganizationForm
    list_display = ("subject", "organization", "event", "audience", "author", "created_at", "recipients")
    list_filter = ("audience", OrganizationFilter)
    list_select_related = ("organization", "event", "author")
    search_fields = ("subject", "organization__name", "event__title")
    date_hierarchy = "created_at"
    autocomplete_fields = ("organization", "event")
    fields = ("organization", "event", "audience", "subject", "body", "author", "created_at", "recipients")
    readonly_fields = ("author", "created_at", "recipients")

    def has_change_permission(self, request: HttpRequest, obj: Announcement | None = None) -> bool:
        """Refuse: it is on its way."""
        del request, obj
        return False

    def save_model(self, request: HttpRequest, obj: Announcement, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save in the name of whoever wrote it, and have it mailed."""
        obj.author = Member.objects.filter(organization=obj.organization_id, user=request.user.pk).first()
        super().save_model(request, obj, form, change)
        told = {"announcement_id": obj.pk}
        OutboxMessage.objects.create(organization=obj.organization, kind="announcement", payload=told)
        tell_after_commit()


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    """Files that were asked for; they are fetched in the application."""

    list_display = fields = ("organization", "requested_by", "created_at", "ready_at", "rows", "error")
    list_filter = (OrganizationFilter,)
    list_select_related = ("organization", "requested_by")
    search_fields = ("organization__name", "requested_by__name")
    date_hierarchy = "created_at"


@admin.register(OutboxMessage)
class OutboxAdmin(ReadOnlyAdmin):
    """Every message with its state, its attempts and what went wrong. A payload never holds a token."""

    list_display = ("id", "kind", "organization", "state", "attempts", "created_at", "due_at", "done_at", "last_error")
    list_filter = ("state", "kind", OrganizationFilter)
    list_select_related = ("organization",)
    search_fields = ("kind", "key", "last_error", "organization__name")
    date_hierarchy = "created_at"
    fields = (*list_display, "payload", "key")
    actions = ("send_again",)

    @admin.action(description="Send the selected failed messages again", permissions=["view"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Begin anew with what was given up."""
        failed = queryset.filter(state=OutboxMessage.State.FAILED)
        count = failed.update(state=OutboxMessage.State.PENDING, attempts=0, due_at=Now(), done_at=None)
        tell_after_commit()
        self.message_user(
            request, f"{count} message(s) will be sent again; others were not given up.", messages.SUCCESS
        )

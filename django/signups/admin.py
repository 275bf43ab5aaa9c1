"""What does staff see and edit? Everything the application stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.db import transaction

from signups.models import Event, Membership, Organization, SignUp, User
from signups.queue import QueueUnavailableError, queue_recounts
from signups.recounting import recount_event

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    # Generic for the type checker alone: Django's own classes take no parameters.
    MembershipBase = admin.TabularInline[Membership, Organization]
    OrganizationBase = admin.ModelAdmin[Organization]
    EventBase = admin.ModelAdmin[Event]
    SignUpBase = admin.ModelAdmin[SignUp]
else:
    MembershipBase = admin.TabularInline
    OrganizationBase = EventBase = SignUpBase = admin.ModelAdmin

admin.site.site_header = "Slipway"
admin.site.site_title = "Slipway"
admin.site.register(User, UserAdmin)


class MembershipInline(MembershipBase):
    """The members, on the page of their organization."""

    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Organization)
class OrganizationAdmin(OrganizationBase):
    """Organizations and their members."""

    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ["name"]}  # noqa: RUF012 - Django reads it, nobody changes it
    inlines = (MembershipInline,)


@admin.register(Event)
class EventAdmin(EventBase):
    """Events; `signed_up` and `counted_at` show what the last recount found."""

    list_display = ("title", "organization", "starts_at", "signed_up", "places", "counted_at")
    list_filter = ("organization", "starts_at")
    list_select_related = ("organization",)
    search_fields = ("title", "location")
    autocomplete_fields = ("organization",)
    readonly_fields = ("signed_up", "counted_at")
    date_hierarchy = "starts_at"
    actions = ("recount_selected",)

    @admin.action(description="Recount sign-ups of the selected events")
    def recount_selected(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        """Queue a recount for each selected event and show the task ids."""
        try:
            queued = queue_recounts(queryset.values_list("pk", flat=True))
        except QueueUnavailableError as error:
            self.message_user(request, f"Nothing was queued: {error}. Try again.", messages.ERROR)
            return
        ids = ", ".join(str(result.id) for result in queued)
        self.message_user(request, f"Queued {len(queued)} recount(s): {ids}", messages.SUCCESS)


@admin.register(SignUp)
class SignUpAdmin(SignUpBase):
    """Sign-ups; each change here recounts its event in the same transaction."""

    list_display = ("__str__", "event", "state", "created_at")
    list_filter = ("state", "event__organization")
    list_select_related = ("event", "user")
    search_fields = ("name", "email", "user__username", "event__title")
    autocomplete_fields = ("event", "user")

    def save_model(self, request: HttpRequest, obj: SignUp, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save, then recount the event, and the one it was moved from."""
        before = SignUp.objects.filter(pk=obj.pk).values_list("event_id", flat=True).first()
        super().save_model(request, obj, form, change)
        _recount({obj.event_id, before})

    def delete_model(self, request: HttpRequest, obj: SignUp) -> None:
        """Delete, then recount the event."""
        super().delete_model(request, obj)
        _recount({obj.event_id})

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SignUp]) -> None:
        """Delete several, then recount their events."""
        event_ids = set(queryset.values_list("event_id", flat=True))
        with transaction.atomic():
            super().delete_queryset(request, queryset)
            _recount(event_ids)


def _recount(event_ids: set[int] | set[int | None]) -> None:
    for event_id in sorted(one for one in event_ids if one is not None):
        recount_event(event_id)

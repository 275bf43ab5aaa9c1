"""What can be done with events and their shifts? Whatever changes places is settled in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages

from signups import places
from signups.admin.forms import ShiftFormSet
from signups.admin.scope import OrganizationFilter, ScopedAdmin, ScopedInline
from signups.models import Event, Shift
from signups.queue import QueueUnavailableError, queue_settling, tell_after_commit

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

COUNTED = ("capacity", "taken", "free")


class ShiftInline(ScopedInline):
    """The shifts, on the page of their event."""

    model = Shift
    formset = ShiftFormSet
    fields = ("title", "starts_at", "ends_at", "capacity", "taken", "waiting")
    readonly_fields = ("taken", "waiting")
    show_change_link = True


@admin.register(Event)
class EventAdmin(ScopedAdmin):
    """Events. Published and cancelled by actions, because both do more than change a word."""

    list_display = ("title", "organization", "starts_at", "state", *COUNTED)
    list_filter = ("state", "starts_at", OrganizationFilter)
    list_select_related = ("organization",)
    search_fields = ("title", "location", "organization__name")
    date_hierarchy = "starts_at"
    autocomplete_fields = ("organization",)
    fields = ("organization", "title", "description", "location", "starts_at", "ends_at", "state", *COUNTED)
    inlines = (ShiftInline,)
    actions = ("publish_selected", "cancel_selected")

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> tuple[str, ...]:
        """Keep what is counted, what the actions change, and where the event belongs."""
        del request
        return ("state", *COUNTED, *(("organization",) if obj else ()))

    def has_delete_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Let drafts be deleted; an event that people know of is cancelled instead."""
        is_known = obj is not None and obj.state != Event.State.DRAFT
        if is_known and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Lock the event before anything is read, so that nobody signs up in between, and settle it after."""
        known = self.get_queryset(request).filter(pk=object_id) if (object_id or "").isdigit() else Event.objects.none()
        if request.method != "POST" or not known.exists():
            return super().changeform_view(request, object_id, form_url, extra_context)
        with places.settled([int(object_id or 0)]):
            tell_after_commit()
            return super().changeform_view(request, object_id, form_url, extra_context)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Put each shift into the event's organization, and count a new event's shifts."""
        for one in formset.forms:
            one.instance.organization_id = form.instance.organization_id
        with places.settled([form.instance.pk]):
            super().save_formset(request, form, formset, change)

    @admin.action(description="Publish the selected events", permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        """Let people sign up."""
        self._do(request, queryset, places.publish, "published", "it has no shift, or was so already")

    @admin.action(description="Cancel the selected events and tell who is signed up", permissions=["change"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Event]) -> None:
        """Call them off."""
        self._do(request, queryset, places.call_off, "cancelled", "it was so already")

    def _do(
        self, request: HttpRequest, events: QuerySet[Event], act: Callable[[int], bool], done: str, otherwise: str
    ) -> None:
        for pk, title in events.order_by("pk").values_list("pk", "title"):
            if act(pk):
                self.message_user(request, f"“{title}” is {done}.", messages.SUCCESS)
            else:
                self.message_user(request, f"“{title}” is not {done}: {otherwise}.", messages.WARNING)
        tell_after_commit()


@admin.register(Shift)
class ShiftAdmin(ScopedAdmin):
    """Shifts, to be searched; they are planned on the page of their event."""

    list_display = ("title", "event", "starts_at", "capacity", "taken", "waiting")
    list_filter = ("event__state", "starts_at", OrganizationFilter)
    list_select_related = ("event",)
    search_fields = ("title", "event__title", "organization__name")
    date_hierarchy = "starts_at"
    fields = ("event", "title", "starts_at", "ends_at", "capacity", "taken", "waiting")
    readonly_fields = ("event", "taken", "waiting")
    actions = ("settle_selected",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: a new one is added on the page of its event."""
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Shift | None = None) -> bool:
        """Refuse to delete a shift that people are in."""
        is_used = obj is not None and obj.sign_ups.exclude(state="cancelled").exists()
        if is_used and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Shift, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save and settle; more places go to those who wait."""
        with places.settled([obj.event_id]):
            super().save_model(request, obj, form, change)
        tell_after_commit()

    def delete_model(self, request: HttpRequest, obj: Shift) -> None:
        """Delete, and count the event again."""
        with places.settled([obj.event_id]):
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Shift]) -> None:
        """Delete several, and count their events again."""
        with places.settled(list(queryset.values_list("event_id", flat=True))):
            super().delete_queryset(request, queryset)

    @admin.action(description="Settle the selected shifts", permissions=["change"])
    def settle_selected(self, request: HttpRequest, queryset: QuerySet[Shift]) -> None:
        """Have the worker count them again and fill free places; show the task ids."""
        try:
            queued = queue_settling(queryset.values_list("pk", flat=True))
        except QueueUnavailableError as error:
            self.message_user(request, f"Nothing was queued: {error}. Try again.", messages.ERROR)
            return
        ids = ", ".join(str(task.id) for task in queued)
        self.message_user(request, f"Queued {len(queued)} task(s): {ids}", messages.SUCCESS)

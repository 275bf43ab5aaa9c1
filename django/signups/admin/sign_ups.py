"""What can be done with sign-ups? Signing somebody up, cancelling, attendance: by the rules that hold everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from signups import places
from signups.admin.forms import FormBase
from signups.admin.scope import OrganizationFilter, ScopedAdmin
from signups.models import Event, SignUp
from signups.queue import tell_after_commit

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


class SignUpForm(FormBase):
    """A new sign-up: the database says whether, and with a place or on the waiting list."""

    def clean(self) -> dict[str, Any]:
        """Sign the person up; what the database refuses is said on the form."""
        cleaned = super().clean() or self.cleaned_data
        shift, member = cleaned.get("shift"), cleaned.get("member")
        if self.instance.pk is None and shift and member:
            self.instance.organization_id = shift.organization_id
            _check(shift.pk, member.pk)
        return cleaned


@admin.register(SignUp)
class SignUpAdmin(ScopedAdmin):
    """Sign-ups; `attended` is all that is changed by hand."""

    form = SignUpForm
    list_display = ("member", "shift", "state", "attended", "created_at")
    list_filter = ("state", "attended", "shift__starts_at", OrganizationFilter)
    list_select_related = ("member", "shift__event")
    search_fields = ("member__name", "member__email", "shift__title", "shift__event__title")
    date_hierarchy = "created_at"
    autocomplete_fields = ("shift", "member")
    fields = ("shift", "member", "state", "attended", "created_at", "cancelled_at", "reminded_at")
    readonly_fields = ("state", "created_at", "cancelled_at", "reminded_at")
    actions = ("cancel_selected", "mark_attended", "mark_missed")

    def get_readonly_fields(self, request: HttpRequest, obj: SignUp | None = None) -> tuple[str, ...]:
        """Keep who signed up for what."""
        del request
        return (*self.readonly_fields, "shift", "member") if obj else (*self.readonly_fields, "attended")

    def has_delete_permission(self, request: HttpRequest, obj: SignUp | None = None) -> bool:
        """Leave deleting to superusers: a sign-up is cancelled, and then still known."""
        return bool(request.user.is_superuser) and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: SignUp, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Sign up by the database's own function; write only the attendance of one that is there."""
        del request, form
        if change:
            SignUp.objects.filter(pk=obj.pk).update(attended=obj.attended)
            return
        obj.pk = places.sign_up(obj.shift_id, obj.member_id)
        obj.refresh_from_db()
        tell_after_commit()

    def delete_model(self, request: HttpRequest, obj: SignUp) -> None:
        """Delete, and give the place to the next."""
        with places.settled([obj.shift.event_id]):
            super().delete_model(request, obj)
        tell_after_commit()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SignUp]) -> None:
        """Do the same for several."""
        events = Event.objects.filter(shifts__sign_ups__in=queryset.values("pk")).values_list("pk", flat=True)
        with places.settled(list(events)):
            super().delete_queryset(request, queryset)
        tell_after_commit()

    @admin.action(description="Cancel the selected sign-ups", permissions=["change"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[SignUp]) -> None:
        """Take them back; each person is told, and who waits moves up."""
        ids = list(queryset.order_by("shift__event", "pk").values_list("pk", flat=True))
        count = sum(places.cancel(pk) for pk in ids)
        tell_after_commit()
        self.message_user(request, f"{count} sign-up(s) cancelled.", messages.SUCCESS)

    @admin.action(description="Mark as: was there", permissions=["change"])
    def mark_attended(self, request: HttpRequest, queryset: QuerySet[SignUp]) -> None:
        """Note who came."""
        self._mark(request, queryset, attended=True)

    @admin.action(description="Mark as: was not there", permissions=["change"])
    def mark_missed(self, request: HttpRequest, queryset: QuerySet[SignUp]) -> None:
        """Note who did not come."""
        self._mark(request, queryset, attended=False)

    def _mark(self, request: HttpRequest, queryset: QuerySet[SignUp], *, attended: bool) -> None:
        count = queryset.filter(state=SignUp.State.CONFIRMED).update(attended=attended)
        self.message_user(request, f"{count} sign-up(s) marked; only who had a place can be.", messages.SUCCESS)


def _check(shift_id: int, member_id: int) -> None:
    """Try it and take it back again: the form can still be refused for another reason."""
    if SignUp.objects.filter(shift=shift_id, member=member_id).exclude(state=SignUp.State.CANCELLED).exists():
        raise ValidationError("This person is signed up for this shift already.")
    try:
        with transaction.atomic():
            places.sign_up(shift_id, member_id)
            transaction.set_rollback(True)
    except DatabaseError as error:
        why = places.refusal(error)
        if not why:
            raise
        raise ValidationError(why) from error

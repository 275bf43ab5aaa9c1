"""What can be done with organizations, their people, and invitations?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.utils import timezone

from signups import places
from signups.admin.forms import RoleForm, is_last_owner
from signups.admin.scope import RUNS, OrganizationFilter, ScopedAdmin, ScopedInline, may_hand_out
from signups.models import Invitation, Member, Organization, OutboxMessage, Role
from signups.queue import tell_after_commit

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

INVITED_FOR = timedelta(days=7)


class RoleAdmin(ScopedAdmin):
    """A page with a role on it."""

    form = RoleForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002 - Django's
        """Tell the form who fills it in."""
        made = super().get_form(request, obj, change, **kwargs)
        return type(made.__name__, (made,), {"user": request.user})


class MemberInline(ScopedInline):
    """Those who run an organization, on its page; volunteers have a list of their own."""

    model = Member
    fields = ("name", "email", "role", "joined_at")
    readonly_fields = fields
    verbose_name_plural = "who runs it"
    show_change_link = True
    can_delete = False
    max_num = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Leave volunteers out."""
        return super().get_queryset(request).filter(role__in=RUNS)


@admin.register(Organization)
class OrganizationAdmin(ScopedAdmin):
    """Organizations, and who runs them."""

    list_display = ("name", "slug", "created_at")
    search_fields = ("name", "slug")
    date_hierarchy = "created_at"
    readonly_fields = ("created_at",)
    inlines = (MemberInline,)
    organization_path = "pk"

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        """Keep the slug as it is: it stands in links that people have. How many mails may go out is the operator's."""
        fixed = self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, "daily_mails")
        return (*fixed, "slug") if obj else fixed

    def get_prepopulated_fields(self, request: HttpRequest, obj: Organization | None = None) -> dict[str, Any]:
        """Write the slug along with the name of a new one."""
        del request
        return {} if obj else {"slug": ["name"]}


@admin.register(Member)
class MemberAdmin(RoleAdmin):
    """People in organizations."""

    list_display = ("name", "email", "role", "organization", "has_account", "joined_at")
    list_filter = ("role", OrganizationFilter)
    list_select_related = ("organization",)
    search_fields = ("name", "email", "organization__name")
    date_hierarchy = "joined_at"
    autocomplete_fields = ("organization",)
    fields = ("organization", "name", "email", "phone", "role", "user", "joined_at", "confirmed_at")

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save; who is written down is asked by the worker first, and hears of nothing else before they say yes."""
        if not change and obj.user_id is None:
            obj.confirmed_at = None
        super().save_model(request, obj, form, change)

    @admin.display(boolean=True, description="account")
    def has_account(self, member: Member) -> bool:
        """Show whether they can log in."""
        return member.user_id is not None

    def get_autocomplete_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Let only superusers search accounts."""
        return (*self.autocomplete_fields, "user") if request.user.is_superuser else self.autocomplete_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Member | None = None) -> tuple[str, ...]:
        """Keep people in their organization, and the ways to log in out of other people's hands."""
        fixed = ("joined_at", "confirmed_at", *(("organization",) if obj else ()))
        if request.user.is_superuser:
            return fixed
        return (*fixed, "user", *(("email",) if obj else ()))

    def has_delete_permission(self, request: HttpRequest, obj: Member | None = None) -> bool:
        """Leave owners to owners, and the last one where they are."""
        if obj is not None and obj.role == Role.OWNER:
            mine = may_hand_out(request.user, obj.organization) and not is_last_owner(obj)
            return mine and super().has_delete_permission(request, obj)
        return super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """Ask for the right to delete a person alone: their sign-ups go with them."""
        shown, counts, _, protected = super().get_deleted_objects(objs, request)
        return shown, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Member) -> None:
        """Delete with all sign-ups, and give the places to those who wait."""
        del request
        places.remove([obj.pk])
        tell_after_commit()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Member]) -> None:
        """Do the same for several."""
        del request
        places.remove(queryset.values_list("pk", flat=True))
        tell_after_commit()


@admin.register(Invitation)
class InvitationAdmin(RoleAdmin):
    """Invitations; a new one is mailed, and its link is known to nobody else."""

    list_display = ("email", "role", "organization", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role", OrganizationFilter)
    list_select_related = ("organization",)
    search_fields = ("email", "organization__name")
    date_hierarchy = "created_at"
    autocomplete_fields = ("organization",)
    fields = ("organization", "email", "role", "invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    readonly_fields = ("invited_by", "created_at", "expires_at", "accepted_at", "revoked_at")
    actions = ("revoke_selected",)
    fixed: ClassVar = ("organization", "email", "role")

    def get_readonly_fields(self, request: HttpRequest, obj: Invitation | None = None) -> tuple[str, ...]:
        """Keep what was mailed."""
        del request
        return (*self.readonly_fields, *self.fixed) if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save; a new one is signed by whoever made it, and mailed."""
        if not change:
            obj.invited_by = Member.objects.filter(organization=obj.organization_id, user=request.user.pk).first()
            obj.expires_at = timezone.now() + INVITED_FOR
        super().save_model(request, obj, form, change)
        if not change:
            told = {"invitation_id": obj.pk}
            OutboxMessage.objects.create(organization=obj.organization, kind="invitation", payload=told)
            tell_after_commit()

    @admin.action(description="Revoke the selected invitations", permissions=["change"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        """Make their links useless."""
        count = queryset.filter(accepted_at=None, revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{count} invitation(s) revoked.")

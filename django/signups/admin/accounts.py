"""What can an administrator do with accounts? Make and lock them, end their sessions; nobody sees a token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm

from django import forms
from signups.admin.scope import ReadOnlyAdmin
from signups.models import OneTimeToken, RefreshToken, User
from signups.sessions import end_sessions

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    CreationBase = AdminUserCreationForm[User]
else:
    CreationBase = AdminUserCreationForm


class AccountCreationForm(CreationBase):
    """A new account, with a password or without: then it is chosen by a mailed link."""

    class Meta:
        """An account has an address instead of a user name."""

        model = User
        fields = ("email", "name")
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}


@admin.register(User)
class AccountAdmin(UserAdmin):  # type: ignore[type-arg]  # Django's own class takes no parameters
    """Accounts. A coordinator's needs `staff`, the group `Coordinators`, and a role in an organization."""

    add_form = AccountCreationForm
    list_display = ("email", "name", "is_active", "is_staff", "confirmed_at", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "groups")
    search_fields = ("email", "name")
    ordering = ("email",)
    date_hierarchy = "date_joined"
    show_full_result_count = False
    readonly_fields = ("confirmed_at", "date_joined", "last_login")
    actions = ("end_sessions_of_selected",)
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")}),
        ("Dates", {"fields": ("confirmed_at", "date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save; who is locked is signed out everywhere."""
        super().save_model(request, obj, form, change)
        if change and not obj.is_active and "is_active" in form.changed_data:
            end_sessions(User.objects.filter(pk=obj.pk))

    @admin.action(description="Sign the selected accounts out everywhere", permissions=["change"])
    def end_sessions_of_selected(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Make their tokens void."""
        self.message_user(request, f"{end_sessions(queryset)} account(s) signed out.", messages.SUCCESS)


class TokenAdmin(ReadOnlyAdmin):
    """Tokens as far as they may be seen: whose, since when, until when."""

    list_select_related = ("user",)
    search_fields = ("user__email",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Show them to superusers alone: an account belongs to no organization."""
        rows = admin.ModelAdmin.get_queryset(self, request)
        return rows if request.user.is_superuser else rows.none()


@admin.register(RefreshToken)
class RefreshTokenAdmin(TokenAdmin):
    """Who is logged in where."""

    list_display = ("user", "issued_at", "expires_at", "used_at", "revoked_at", "user_agent")
    fields = ("user", "family", "issued_at", "expires_at", "used_at", "revoked_at", "user_agent")
    date_hierarchy = "expires_at"


@admin.register(OneTimeToken)
class OneTimeTokenAdmin(TokenAdmin):
    """Which links to choose a password are out."""

    list_display = fields = ("user", "created_at", "expires_at", "used_at")

"""What may not be entered, although every field on its own is fine?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from django import forms
from signups.admin.scope import may_hand_out
from signups.models import Member, Role

if TYPE_CHECKING:
    from signups.models import Organization

    FormBase = forms.ModelForm[Any]
    FormSetBase = forms.BaseInlineFormSet[Any, Any, Any]
else:
    FormBase = forms.ModelForm
    FormSetBase = forms.BaseInlineFormSet


class RoleForm(FormBase):
    """A member or an invitation: only owners say who else runs an organization, and one owner stays."""

    user: Any = None  # who fills it in; set by the page

    def clean(self) -> dict[str, Any]:
        """Compare the role with what it was."""
        cleaned = super().clean() or self.cleaned_data
        before = self.initial.get("role", Role.VOLUNTEER) if self.instance.pk else Role.VOLUNTEER
        after = cleaned.get("role", before)
        if after != before and not may_hand_out(self.user, self._organization(cleaned)):
            self.add_error("role", "Only an owner of the organization can change who runs it.")
        if before == Role.OWNER != after and is_last_owner(self.instance):
            self.add_error("role", "This is the last owner. Make somebody else an owner first.")
        return cleaned

    def _organization(self, cleaned: dict[str, Any]) -> Organization | None:
        chosen = cleaned.get("organization")
        return chosen or (self.instance.organization if self.instance.organization_id else None)


class SameOrganizationForm(FormBase):
    """A row that points to others: all of them have to be of its own organization."""

    def clean(self) -> dict[str, Any]:
        """Compare the organizations."""
        cleaned = super().clean() or self.cleaned_data
        organization = cleaned.get("organization")
        for name, value in cleaned.items():
            if organization is not None and getattr(value, "organization_id", organization.pk) != organization.pk:
                self.add_error(name, "This belongs to another organization.")
        return cleaned


class ShiftFormSet(FormSetBase):
    """The shifts of an event: one that people are in is not deleted."""

    def clean(self) -> None:
        """Look at those that are to be deleted."""
        super().clean()
        for form in self.deleted_forms:
            if form.instance.pk and form.instance.sign_ups.exclude(state="cancelled").exists():
                raise ValidationError(f"People are signed up for “{form.instance.title}”: cancel their sign-ups first.")


def is_last_owner(member: Member | Any) -> bool:
    """Tell whether an organization would be left without an owner."""
    if not isinstance(member, Member) or not member.pk:
        return False
    return (
        not Member.objects.filter(organization=member.organization_id, role=Role.OWNER).exclude(pk=member.pk).exists()
    )

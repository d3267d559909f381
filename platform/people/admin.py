"""People and qualifications in the admin, for operators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextareaWidget

from core import audit
from core.admin_labels import NamedCells
from core.admin_marks import mark
from core.admin_paging import KeysetAdmin
from people import actions
from people.admin_access import OperatorAdmin, is_operator
from people.models import Grant, Qualification, User
from people.sign_in_admin import AuthenticatorAdmin, EmailAddressAdmin

__all__ = ["AuthenticatorAdmin", "EmailAddressAdmin", "PersonAdmin", "QualificationAdmin"]

# Groups mean nothing here: what a person may do comes from memberships.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)


class PersonForm(UserChangeForm):  # type: ignore[misc]  # Unfold ships no types
    """A person; a reason puts the account on hold, no reason lifts the hold."""

    hold = forms.CharField(
        label="On hold, because",
        required=False,
        strip=True,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Shown to the person, who can claim no work then. Empty: no hold.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hold"].initial = self.instance.hold_reason


class GrantInline(NamedCells, TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """Qualifications of a person."""

    model = Grant
    fk_name = "user"
    fields = ["qualification", "granted_by", "granted_at"]
    readonly_fields = ["granted_by", "granted_at"]
    extra = 0

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators."""
        return is_operator(request)

    has_add_permission = has_delete_permission = has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A grant is given and taken, not changed."""
        return False


@admin.register(User)
class PersonAdmin(KeysetAdmin, OperatorAdmin, DjangoUserAdmin):  # type: ignore[misc,type-arg]  # as above
    """People. Nobody is deleted: what they did keeps its author."""

    form = PersonForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    inlines = [GrantInline]
    list_display = ["username", "email", "standing", "is_staff", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_staff", "is_superuser"]
    search_fields = ["username__startswith", "email__startswith"]
    search_help_text = "User names and e-mail addresses that begin with…"
    filter_horizontal = ()
    readonly_fields = ["date_joined", "last_login", "hold_at", "hold_by"]
    fieldsets = [
        (None, {"fields": ["username", "password", "email", ("first_name", "last_name"), ("timezone", "theme")]}),
        ("Standing", {"fields": ["is_active", "hold", ("hold_at", "hold_by")]}),
        ("Operation", {"fields": ["is_superuser"], "description": "An operator may do everything in every project."}),
        ("Dates", {"fields": [("date_joined", "last_login")]}),
    ]  # fmt: skip
    add_fieldsets = [(None, {"fields": ["username", "email", "password1", "password2"]})]

    @admin.display(description="standing")
    def standing(self, row: User) -> str:
        """Active, on hold, or not active."""
        if not row.is_active:
            return mark("withdrawn", "inactive")
        return mark("paused", "on hold") if row.hold_at else mark("accepted", "active")

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """A person is qualified once known."""
        return list(self.inlines) if obj else []

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the account; the hold goes through its actions, and the rest leaves a trace."""
        by: Any = request.user
        if obj.is_superuser:
            obj.is_staff = True
        super().save_model(request, obj, form, change)
        changed = [name for name in form.changed_data if name not in ("hold", "password1", "password2")]
        if changed or not change:
            audit.record("people.user", "change" if change else "create", obj.pk, by=by, changed=changed)
        if change and "hold" in form.changed_data:
            if obj.hold_at is not None:
                actions.lift_hold(user=obj, by=by)
            if form.cleaned_data["hold"]:
                actions.hold(user=obj, reason=form.cleaned_data["hold"], by=by)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Grants go through their actions."""
        by: Any = request.user
        formset.save(commit=False)
        for row in formset.new_objects:
            actions.grant(user=form.instance, qualification=row.qualification, by=by)
        for row in formset.deleted_objects:
            actions.revoke(user=form.instance, qualification=row.qualification, by=by)


@admin.register(Qualification)
class QualificationAdmin(OperatorAdmin):
    """What people can be qualified for; projects ask for them by name."""

    leads_see = True
    list_display = ["name", "slug", "how"]
    prepopulated_fields = {"slug": ["name"]}
    search_fields = ["name"]
    ordering = ["name"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Only where there is a field to fill."""
        return {} if obj is not None or not is_operator(request) else dict(self.prepopulated_fields)

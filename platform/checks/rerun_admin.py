"""Reruns on the lead's desk: choose a check, see what its present version would change, apply or discard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from checks import registry, rerun_actions
from checks.models import Rerun
from checks.rerun_reading import changes
from core.admin_marks import mark
from core.admin_paging import KeysetAdmin
from core.errors import HillclimbError
from work.held import person

if TYPE_CHECKING:
    RerunModelForm = forms.ModelForm[Rerun]
else:
    RerunModelForm = forms.ModelForm  # generic to the type checker only

_TONES = {"looking": "running", "applied": "passed", "discarded": "withdrawn"}


class RerunForm(RerunModelForm):
    """Which check, over how many of a project's submissions."""

    check_name = forms.ChoiceField(
        label="Check",
        choices=[
            (check.name, f"{check.label}, version {check.version}") for check in registry.CHECKS.values()
        ],
        widget=UnfoldAdminSelectWidget,
    )
    limit = forms.IntegerField(
        label="How many",
        min_value=1,
        max_value=rerun_actions.MAX_SUBMISSIONS,
        initial=50,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="The newest submissions that an earlier version judged. Each is shown in the robot's browser again.",
    )

    class Meta:
        model = Rerun
        fields = ["project", "check_name"]

    def clean(self) -> dict[str, Any]:
        """Say here, beside the field, when there is nothing to look at."""
        given: dict[str, Any] = super().clean() or {}
        if "project" in given and "check_name" in given:
            found = rerun_actions.candidates(project=given["project"], check=given["check_name"])
            if not found.exists():
                self.add_error(
                    "check_name", "Every submission of this project was judged by this version, or by none."
                )
            elif Rerun.objects.filter(
                project=given["project"], check_name=given["check_name"], status="looking"
            ).exists():
                self.add_error(
                    "check_name", "It is being run again already. Apply or discard that rerun first."
                )
        return given


@admin.register(Rerun)
class RerunAdmin(KeysetAdmin, ProjectScopedAdmin):
    """A check's present version over old submissions, before it counts."""

    empty_words = (
        "When a check has a new version, a re-run shows what would change for old submissions before it "
        "counts."
    )
    may_add, may_change, may_delete = True, False, False
    form = RerunForm
    list_display = ["__str__", "project", "state", "created_by", "created_at"]
    list_filter = [ProjectFilter]
    list_select_related = ["project", "created_by"]
    fields = ["project", "check_name", "limit"]
    buttons = [
        Button(
            "apply",
            "Apply",
            press=lambda request, rerun: _apply(request, rerun),
            shown=rerun_actions.is_open,
            confirm="The new verdicts stand from now on, for whoever looks and for later releases. No decision changes.",
        ),
        Button(
            "discard",
            "Discard",
            press=lambda request, rerun: rerun_actions.discard(rerun=rerun, by=person(request)),
            shown=rerun_actions.is_open,
            danger=True,
        ),
    ]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A form for a new one, and what it found for an old one."""
        return ["project", "check_name", "limit"] if obj is None else ["project", "about", "state", "found"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Nothing of an old one is edited."""
        return [] if obj is None else ["project", "about", "state", "found"]

    @admin.display(description="status")
    def state(self, rerun: Rerun) -> SafeString:
        """Where it stands."""
        return mark(_TONES[rerun.status], rerun.get_status_display())

    @admin.display(description="check")
    def about(self, rerun: Rerun) -> str:
        """The check by the name people know, and its version."""
        return f"{registry.label_of(rerun.check_name)}, version {rerun.version}"

    @admin.display(description="what would change")
    def found(self, rerun: Rerun) -> SafeString:
        """Each submission's old and new verdict, those that differ first."""
        rows = changes(rerun)
        return render_to_string(
            "admin/checks/rerun.html",
            {
                "rows": [
                    {
                        "change": row,
                        "old": mark(row.old.status, row.old.get_status_display()) if row.old else "",
                        "new": mark(row.new.status, row.new.get_status_display()),
                    }
                    for row in rows
                ],
                "differ": sum(row.differs for row in rows),
                "waiting": sum(row.waits for row in rows),
            },
        )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Start it by its action."""
        try:
            made = rerun_actions.start(
                project=obj.project,
                check=obj.check_name,
                by=person(request),
                limit=form.cleaned_data["limit"],
            )
        except HillclimbError:
            # Between the form's look and this one somebody else was faster: theirs is shown.
            made = Rerun.objects.get(project=obj.project, check_name=obj.check_name, status="looking")
        obj.__dict__.update(made.__dict__)


def _apply(request: HttpRequest, rerun: Rerun) -> str:
    n = rerun_actions.apply(rerun=rerun, by=person(request))
    return f"{n} new verdict{'' if n == 1 else 's'} stand{'s' if n == 1 else ''} from now on."

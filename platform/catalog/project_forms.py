"""Forms of the project's set-up."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.db.models import Exists, OuterRef
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from catalog.models import Guideline, Membership, Project
from people.models import User

# What a project may decide about, in the order in which a contributor meets it.
CHECKS = ("static", "render", "accessibility", "effort", "originality")
POLICIES = [
    ("", "as the check itself proposes"),
    ("block", "block: send back to the contributor"),
    ("warn", "warn: leave it to the reviewer"),
    ("off", "off"),
]


def _choice(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=POLICIES, required=False, widget=UnfoldAdminSelectWidget)


class ProjectForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in its stubs
    """A project with the text of its guideline and a choice for each check."""

    guideline = forms.CharField(
        required=False,
        strip=True,
        widget=UnfoldAdminTextareaWidget({"rows": 18, "spellcheck": "true"}),
        help_text="Markdown. Saving a changed text publishes it as a new version; contributors see the newest.",
    )
    check_static = _choice("Static")
    check_render = _choice("Render")
    check_accessibility = _choice("Accessibility")
    check_effort = _choice("Effort")
    check_originality = _choice("Originality")

    class Meta:
        model = Project
        fields = [
            "name", "slug", "purpose", "target", "rival", "disclose_names", "currency", "pay_refine", "pay_write",
            "pay_review", "pay_compare", "pay_after_days", "lease_minutes", "daily_cap", "seats_refine", "max_bytes", "refine_needs",
            "review_needs", "compare_needs", "assist_on", "assist_requests", "assist_tokens",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        policy = self.instance.check_policy or {}
        for name in CHECKS:
            self.fields[f"check_{name}"].initial = policy.get(name, "")
        newest = Guideline.objects.filter(project_id=self.instance.pk).first() if self.instance.pk else None
        self.fields["guideline"].initial = newest.text if newest else ""
        # Fields that choose from the same rows share one reading of them.
        self._share("target", "rival")
        self._share("refine_needs", "review_needs", "compare_needs")

    def _share(self, *names: str) -> None:
        present: list[Any] = [self.fields[name] for name in names if name in self.fields]
        if present:
            rows = [("", present[0].empty_label or "---------")]
            rows += [(row.pk, str(row)) for row in present[0].queryset]
            for field in present:
                field.choices = rows

    def clean(self) -> dict[str, Any]:
        """A model cannot be its own rival; untouched checks are not mentioned in the policy."""
        cleaned = super().clean() or {}
        if cleaned.get("target") and cleaned.get("target") == cleaned.get("rival"):
            self.add_error("rival", "A model cannot be its own rival: choose another model to beat.")
        chosen = {name: cleaned.get(f"check_{name}") for name in CHECKS}
        others = {k: v for k, v in (self.instance.check_policy or {}).items() if k not in CHECKS}
        self.instance.check_policy = others | {name: value for name, value in chosen.items() if value}
        return cleaned


def _by_address(address: str) -> User | None:
    """Whose address it is: confirmed, or written by an operator. One that its person claims may be anybody's."""
    claimed = EmailAddress.objects.filter(
        user=OuterRef("pk"), email__iexact=OuterRef("email"), verified=False
    )
    return User.objects.filter(~Exists(claimed), email__iexact=address).first()


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in its stubs
    """A person named by user name or e-mail: a lead adds whom they know, and browses nobody."""

    person = forms.CharField(
        label="Person",
        max_length=254,
        widget=UnfoldAdminTextInputWidget({"placeholder": "user name or e-mail"}),
    )

    class Meta:
        model = Membership
        fields = ["role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            # A role is taken away and given anew, never rewritten.
            self.fields["person"].initial = self.instance.user.username
            self.fields["person"].disabled = True
            if "role" in self.fields:  # Shown as plain text where it cannot be edited at all.
                self.fields["role"].disabled = True

    def clean_person(self) -> str:
        """Find the person; the same words for a wrong name and a wrong address."""
        name = str(self.cleaned_data["person"]).strip()
        found = _by_address(name) if "@" in name else User.objects.filter(username=name).first()
        if found is None:
            raise forms.ValidationError(
                "Nobody is known by this user name or confirmed e-mail. Ask them for their user name, or to sign up first."
            )
        self.instance.user = found
        return name

    def clean(self) -> dict[str, Any]:
        """The same role twice is a slip worth saying."""
        cleaned = super().clean() or {}
        project_id = self.instance.project_id or getattr(cleaned.get("project"), "pk", None)
        if not self.instance.pk and self.instance.user_id and project_id:
            same = Membership.objects.filter(
                project_id=project_id, user_id=self.instance.user_id, role=cleaned.get("role", "")
            )
            if same.exists():
                self.add_error("person", "This person has that role in the project already.")
        return cleaned

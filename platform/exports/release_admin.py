"""Releases on the lead's desk."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from catalog.admin_scope import Button, ProjectFilter, ProjectScopedAdmin
from core.admin_marks import mark
from exports import actions, build_actions, left_out, withdrawal_actions
from exports.building import folder_of
from exports.columns import CONFIGS
from exports.manifest import by_split
from exports.models import Release
from exports.names import LEFT_OUT
from exports.states import RELEASE, ReleaseStatus
from people.models import User

# Tones of core.admin_marks by our states.
_TONES = {
    ReleaseStatus.BUILDING: "running",
    ReleaseStatus.PUBLISHED: "passed",
    ReleaseStatus.FAILED: "failed",
    ReleaseStatus.CANCELLED: "paused",
    ReleaseStatus.WITHDRAWN: "withdrawn",
}


def _withdraw(request: HttpRequest, release: Release) -> str:
    actions.withdraw(release=release, by=cast(User, request.user), reason=request.POST.get("reason", ""))
    return f"{release} is withdrawn. Its page and the API answer 410 with your reason."


def _reissue(request: HttpRequest, release: Release) -> str:
    note = request.POST.get("reason", "").strip()
    made = withdrawal_actions.reissue(
        release=release, by=cast(User, request.user), note=note or f"Re-issue of {release.version}."
    )
    return f"{made} is being built from the recipe and the moment of {release.version}."


def _cancel(request: HttpRequest, release: Release) -> str:
    build_actions.cancel(release=release, by=cast(User, request.user))
    return f"{release} is cancelled. Nothing of it was published; the build can go on."


def _resume(request: HttpRequest, release: Release) -> str:
    build_actions.resume(release=release, by=cast(User, request.user))
    return f"{release} goes on from the recipe and the moment that it had: the same bytes as if it had never stopped."


def _deprecate(request: HttpRequest, release: Release) -> str:
    withdrawal_actions.deprecate(
        release=release, by=cast(User, request.user), reason=request.POST.get("reason", "")
    )
    return f"{release} is deprecated. It is served as before, with your reason beside it."


@admin.register(Release)
class ReleaseAdmin(ProjectScopedAdmin):
    """A build and what came of it. Progress is shown live; a published release can only be withdrawn."""

    empty_words = "A release is built from a recipe: the button is on the recipe's page."
    project_path = "project"
    may_add, may_change, may_delete = False, False, False
    list_display = ["name", "project", "state", "rows", "created_at", "published_at"]
    list_display_links = ["name"]
    list_filter = [ProjectFilter, "status"]
    list_select_related = ["recipe", "project"]
    ordering = ["-id"]
    fields = [
        "recipe", "version", "note", "progress", "rows_by_config", "left_out", "refused", "scanned_again", "as_of", "created_by",
        "created_at", "published_at", "manifest_digest", "deprecation", "withdrawal",
    ]  # fmt: skip
    readonly_fields = fields
    change_form_outer_before_template = "admin/ask_buttons.html"
    ask_folded = True
    ask_title = "Deprecate, withdraw or issue again"
    ask = (
        "Why? Deprecated, it is served as before with the reason beside it. Withdrawn, the reason stands on its tombstone for "
        "good and its files are served no more. Issued again, it is built as a new version from the same recipe and moment, "
        "without what may not be in it by now; the reason stands among the changes."
    )
    buttons = [
        Button(
            "cancel", "Cancel this build", press=_cancel, danger=True, plain=True,
            shown=lambda row: RELEASE.can(row.status, "cancel"),
        ),
        Button("resume", "Go on with this build", press=_resume, plain=True, shown=lambda row: RELEASE.can(row.status, "resume")),
        Button(
            "reissue", "Issue it again", press=_reissue,
            shown=lambda row: row.status in (ReleaseStatus.PUBLISHED, ReleaseStatus.WITHDRAWN),
        ),
        Button(
            "deprecate", "Deprecate this release", press=_deprecate,
            shown=lambda row: row.status == ReleaseStatus.PUBLISHED and row.deprecated_at is None,
        ),
        Button(
            "withdraw", "Withdraw this release", press=_withdraw, danger=True,
            shown=lambda row: RELEASE.can(row.status, "withdraw"),
        )
    ]  # fmt: skip

    class Media:
        css = {"all": ["exports/desk.css"]}

    def get_urls(self) -> list[URLPattern]:
        """Beside the usual pages, the progress of a build."""
        view = self.admin_site.admin_view(require_safe(self.progress_view))
        return [path("<int:pk>/progress/", view, name="exports_release_progress"), *super().get_urls()]

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far a build is; once it is over, the whole page is asked for anew."""
        release = self.get_object(request, str(pk))
        if release is None:
            raise Http404
        if release.status != ReleaseStatus.BUILDING:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return render(request, "admin/exports/_progress.html", _progress(release))

    def get_links(self, request: HttpRequest, row: Release) -> list[tuple[str, str]]:
        """The page with the files."""
        links = [(reverse("admin:exports_recipe_change", args=[row.recipe_id]), "Its recipe")]
        if row.status == ReleaseStatus.PUBLISHED:
            links.insert(0, (reverse("exports:detail", args=[row.pk]), "Card, files and downloads"))
        return links

    @admin.display(description="release")
    def name(self, release: Release) -> str:
        """Name and version."""
        return str(release)

    @admin.display(description="status")
    def state(self, release: Release) -> SafeString:
        """Where it stands."""
        return _mark(release)

    @admin.display(description="rows")
    def rows(self, release: Release) -> str:
        """Rows of the canonical table."""
        return f"{release.rows_total:,}" if release.rows_total else "–"

    @admin.display(description="status")
    def progress(self, release: Release) -> str:
        """How far the build is; the page asks again every second while it is building."""
        return render_to_string("admin/exports/_progress.html", _progress(release))

    @admin.display(description="rows")
    def rows_by_config(self, release: Release) -> SafeString | str:
        """Rows by config and split, from the manifest."""
        rows = release.manifest.get("rows", {})
        return _figures(
            {
                config: ", ".join(f"{n:,} {split}" for split, n in by_split(rows[config]))
                for config in CONFIGS
                if config in rows
            }
        )

    @admin.display(description="left out")
    def left_out(self, release: Release) -> SafeString | str:
        """Rows left out, by reason, from the manifest."""
        return _figures({why: f"{n:,}" for why, n in release.manifest.get("dropped", {}).items()})

    @admin.display(description="refused for rights")
    def refused(self, release: Release) -> SafeString | str:
        """The rows whose sides may not be trained on, by name, and by whose terms."""
        rows = left_out.read(folder_of(release)) if release.status == ReleaseStatus.PUBLISHED else []
        if not rows:
            return "–"
        return render_to_string(
            "admin/exports/_refused.html",
            {"rows": rows, "shortened": len(rows) == left_out.NAMED, "file": LEFT_OUT},
        )

    @admin.display(description="scanned again")
    def scanned_again(self, release: Release) -> SafeString | str:
        """What it was asked after the protected registry had grown."""
        rescans = list(release.rescans.all()[:5])
        return render_to_string("admin/exports/_rescans.html", {"rescans": rescans}) if rescans else "–"

    @admin.display(description="manifest")
    def manifest_digest(self, release: Release) -> SafeString | str:
        """SHA-256 of MANIFEST.json, kept here so that a changed manifest is found."""
        return (
            format_html('<span class="hc"><code>sha256:{}</code></span>', release.manifest_sha256)
            if release.manifest_sha256
            else "–"
        )

    @admin.display(description="deprecation")
    def deprecation(self, release: Release) -> str:
        """When and why it was deprecated."""
        if release.deprecated_at is None:
            return "–"
        return f"{release.deprecated_at:%Y-%m-%d %H:%M} UTC: {release.deprecated_reason}"

    @admin.display(description="withdrawal")
    def withdrawal(self, release: Release) -> str:
        """When and why it was withdrawn."""
        if release.withdrawn_at is None:
            return "–"
        return f"{release.withdrawn_at:%Y-%m-%d %H:%M} UTC: {release.withdrawn_reason}"


def _progress(release: Release) -> dict[str, Any]:
    return {
        "release": release,
        "building": release.status == ReleaseStatus.BUILDING,
        "mark": _mark(release),
        "share": round(100 * release.rows_done / release.rows_total) if release.rows_total else None,
    }


def _mark(release: Release) -> SafeString:
    return mark(_TONES[ReleaseStatus(release.status)], release.get_status_display())


def _figures(lines: dict[str, str]) -> SafeString | str:
    """Names and figures as a small table."""
    return render_to_string("admin/exports/_figures.html", {"lines": lines}) if lines else "–"

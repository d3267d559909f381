"""Admin pages of rows that belong to a project: leads see and change their own projects, operators all of them.

Every room's admin of project rows starts from `ProjectScopedAdmin`:

    @admin.register(Recipe)
    class RecipeAdmin(ProjectScopedAdmin):
        project_path = "project"          # lookup from the row to its project; "pk" for Project itself
        may_add, may_change, may_delete = True, True, False
        list_filter = [ProjectFilter]     # never "project": that would name other leads' projects
        buttons = [Button("build", "Build a release", press=lambda request, row: actions.build(...))]

Django's model permissions are not consulted: `Permission.LEAD` in the row's project is what counts. A button is a
POST to `<row>/do/<name>/`, calls one action, and says what came of it; our errors become messages, not pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin, TabularInline

from catalog.models import Project
from catalog.rules import projects_where
from core.admin_labels import NamedCells
from core.errors import HillclimbError
from people.admin_access import is_operator, is_staff
from people.rules import Permission


def led_ids(request: HttpRequest) -> frozenset[int] | None:
    """Ids of the projects the person leads; None stands for every project (an operator). One query a request."""
    if is_operator(request):
        return None
    if not is_staff(request):
        return frozenset()
    known: frozenset[int] | None = getattr(request, "_led_ids", None)
    if known is None:
        user: Any = request.user
        known = frozenset(projects_where(user, Permission.LEAD).values_list("pk", flat=True))
        request._led_ids = known  # type: ignore[attr-defined]  # kept for this request only
    return known


def leads(request: HttpRequest, project_id: int | None = None) -> bool:
    """Whether the person leads project `project_id`, or any project when it is None."""
    ids = led_ids(request)
    if ids is None:
        return True
    return bool(ids) if project_id is None else project_id in ids


def led_projects(request: HttpRequest) -> QuerySet[Project]:
    """The projects the person leads."""
    ids = led_ids(request)
    return Project.objects.all() if ids is None else Project.objects.filter(pk__in=ids)


def forget_led(request: HttpRequest) -> None:
    """Look again what the person leads: they have just become a lead."""
    request._led_ids = None  # type: ignore[attr-defined]  # kept for this request only


@contextmanager
def telling(request: HttpRequest, success: str = "") -> Iterator[None]:
    """Turn our errors into messages on the next page; say `success` when none came."""
    try:
        yield
    except HillclimbError as error:
        parts = [error.detail, *(f"{p.where}: {p.what}. {p.todo}".strip() for p in error.problems[:10])]
        messages.error(request, " ".join(parts))
    else:
        if success:
            messages.success(request, success)


@dataclass(frozen=True, slots=True)
class Button:
    """Something that can be done to one row. `press` calls one action and may return what to say about it."""

    name: str
    label: str
    press: Callable[[HttpRequest, Any], object]
    shown: Callable[[Any], bool] = lambda _row: True
    confirm: str = ""
    danger: bool = False
    plain: bool = False  # needs no reason where the page asks for one


class ProjectFilter(admin.SimpleListFilter):
    """Filter by project, offering only those the person leads."""

    title = "project"
    parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
        """The projects to choose from."""
        return list(led_projects(request).order_by("name").values_list("pk", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen project. The lookup is the admin's `project_path`."""
        value = self.value()
        if value is None:
            return queryset
        lookup = self.project_path
        sound = value.isdecimal() and len(value) < 19
        return queryset.filter(**{lookup: int(value)}) if sound else queryset.none()

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        self.project_path = str(model_admin.project_path)
        super().__init__(request, params, model, model_admin)


class _Kept:
    """What may be done by hand here at all."""

    may_add = True
    may_change = True
    may_delete = False


class ProjectScopedAdmin(_Kept, ModelAdmin):  # type: ignore[misc]  # Unfold ships no types
    """Admin of rows that reach a project by `project_path`."""

    project_path = "project"
    # Said by an empty list: where its rows come from.
    empty_words = ""
    buttons: Sequence[Button] = ()
    change_form_outer_before_template = "admin/catalog/_buttons.html"
    # A count of all rows is a walk of the table.
    show_full_result_count = False

    def project_id_of(self, row: Model) -> int | None:
        """The id of the project `row` belongs to."""
        value: Any = row
        *steps, last = self.project_path.split("__")
        for step in steps:
            value = getattr(value, step)
        found = value.pk if last == "pk" else getattr(value, f"{last}_id")
        return None if found is None else int(found)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only rows of projects the person leads."""
        rows: QuerySet[Any] = super().get_queryset(request)
        ids = led_ids(request)
        return rows if ids is None else rows.filter(**{f"{self.project_path}__in": ids})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; read once for a page that only shows it."""
        if request.method != "GET":
            return super().get_object(request, object_id, from_field)
        kept: dict[tuple[str, str], Any] = request.__dict__.setdefault("_admin_rows", {})
        key = (self.opts.label, object_id)
        if key not in kept:
            kept[key] = super().get_object(request, object_id, from_field)
        return kept[key]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Shown to whoever leads a project."""
        return leads(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows of projects the person leads."""
        return leads(request) if obj is None else self._leads_row(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever leads a project, where rows are added by hand at all."""
        return self.may_add and leads(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows of projects the person leads, where rows are changed by hand at all."""
        return self.may_change and self.has_view_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows of projects the person leads, where rows may go at all."""
        return self.may_delete and self.has_view_permission(request, obj)

    def _leads_row(self, request: HttpRequest, row: Model) -> bool:
        if led_ids(request) is None:
            return True
        project_id = self.project_id_of(row)
        return project_id is not None and leads(request, project_id)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A choice of project offers and accepts only those the person leads; a single one is chosen already."""
        if db_field.related_model is Project and "queryset" not in kwargs:
            kwargs["queryset"] = led_projects(request)
            if len(only := kwargs["queryset"].values_list("pk", flat=True)[:2]) == 1:
                kwargs.setdefault("initial", only[0])
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """One address for every button."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        press = self.admin_site.admin_view(require_POST(self.press_view))
        return [path("<path:object_id>/do/<slug:name>/", press, name=name), *super().get_urls()]

    def press_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Do what the button says to the row, and go back to its page."""
        row = self.get_object(request, unquote(object_id))
        button = next((button for button in self.buttons if button.name == name), None)
        if row is None or button is None:
            raise Http404
        if not self._leads_row(request, row):
            raise PermissionDenied
        with telling(request):
            said = button.press(request, row)
            if isinstance(said, HttpResponse):
                return said
            messages.success(request, said if isinstance(said, str) else f"{button.label}: done.")
        return HttpResponseRedirect(self.change_url(row.pk))

    def change_url(self, pk: object) -> str:
        """The address of a row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[pk])

    def get_buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """The buttons to show on `row`'s page, with their addresses."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_do"
        return [
            {"url": reverse(name, args=[row.pk, button.name]), "label": button.label,
             "confirm": button.confirm, "danger": button.danger, "plain": button.plain}
            for button in self.buttons
            if button.shown(row)
        ]  # fmt: skip

    def get_links(self, request: HttpRequest, row: Any) -> list[tuple[str, str]]:
        """Addresses and labels of pages that belong to `row`, shown beside its buttons."""
        return []

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:  # fmt: skip
        """The row's page with its buttons."""
        context = dict(extra_context or {})
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if row is not None and self.has_view_permission(request, row):
            shown = self.get_buttons(request, row)
            context |= {
                "row_buttons": shown,
                "row_plain": [button for button in shown if button["plain"]],
                "row_asks": [button for button in shown if not button["plain"]],
                "row_links": self.get_links(request, row),
            }
        return super().changeform_view(request, object_id, form_url, context)


class ProjectScopedInline(NamedCells, _Kept, TabularInline):  # type: ignore[misc]  # Unfold ships no types
    """An inline of a project-scoped page: who may open the page may use it."""

    extra = 0
    # The row says it already.
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The page itself has been let through already."""
        return leads(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where rows are added by hand at all."""
        return self.may_add and leads(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where rows are changed by hand at all."""
        return self.may_change and leads(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where rows may go at all."""
        return self.may_delete and leads(request)

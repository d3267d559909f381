"""Lists of the admin that cost the same at a thousand rows and at a million.

No `count(*)`, no OFFSET: a page is named by the row it starts from (`?p=b123`: older than row 123; `a123`: newer;
`last`: the oldest), rows come newest first, and totals come from kept counters where there are any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import ShowFacets, SimpleListFilter
from django.contrib.admin.views.main import PAGE_VAR
from django.db import connection
from django.db.models import QuerySet, TextChoices
from django.http import HttpRequest
from unfold.views import ChangeList

MAX_GROUPS = 400  # Index probes for one page; past this many a walk of the primary key is no dearer.


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that share the leading columns of an index that ends in `id DESC`, and how many there are of them."""

    values: Mapping[str, object]
    n: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a page starts: rows older or newer than `edge`, or from one end when it is None."""

    older: bool
    edge: int | None

    @classmethod
    def parse(cls, token: str) -> Cut:
        """From the page token; anything else is the first page."""
        if token == "last":
            return cls(older=False, edge=None)
        if token[:1] in ("a", "b") and token[1:].isdecimal() and len(token) < 20:
            return cls(older=token[0] == "b", edge=int(token[1:]))
        return cls(older=True, edge=None)


@dataclass(slots=True)
class Pages:
    """What the foot of a list shows. `total` is None when nobody counted; `about` marks an estimate."""

    total: int | None
    about: bool
    newer: str | None
    older: str | None
    template_name = "admin/keyset_pages.html"
    num_pages = 1
    ELLIPSIS = "…"

    @property
    def count(self) -> int:
        """The total as far as it is known."""
        return self.total or 0


class KeysetChangeList(ChangeList):  # type: ignore[misc]  # Unfold ships no types
    """A change list cut by primary key."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch one page and one row more, which tells whether there is a next one."""
        cut = Cut.parse(request.GET.get(PAGE_VAR, ""))
        groups = self._groups(request)
        rows = self._rows(cut, groups)
        further = len(rows) > self.list_per_page
        rows = rows[: self.list_per_page]
        if not cut.older:
            rows.reverse()
        from_end = cut.edge is None
        has_newer = bool(rows) and (further if not cut.older else not from_end)
        has_older = bool(rows) and (further if cut.older else not from_end)
        total, about = self._total(request, groups)
        if from_end and not further:
            total, about = len(rows), False
        self.paginator = Pages(
            total=total,
            about=about,
            newer=f"a{rows[0].pk}" if has_newer else None,
            older=f"b{rows[-1].pk}" if has_older else None,
        )
        self.result_list = rows
        self.result_count = total if total is not None else len(rows)
        # Equal to the count, so that the page's head does not offer to “show all” of them.
        self.full_result_count = self.result_count
        self.show_full_result_count = False
        self.show_admin_actions = True
        self.can_show_all = False
        self.multi_page = False

    def newest_url(self) -> str:
        """The list from its newest row."""
        return str(self.get_query_string())

    def page_url(self, token: str) -> str:
        """The list from `token`, with the same filters."""
        return str(self.get_query_string({PAGE_VAR: token}))

    def newer_url(self) -> str:
        """The page of rows just newer than these, or nothing."""
        return self.page_url(self.paginator.newer) if self.paginator.newer else ""

    def older_url(self) -> str:
        """The page of rows just older than these, or nothing."""
        return self.page_url(self.paginator.older) if self.paginator.older else ""

    def oldest_url(self) -> str:
        """The page of the oldest rows."""
        return self.page_url("last")

    def _groups(self, request: HttpRequest) -> Sequence[Group] | None:
        if self.query:
            return None
        chosen = {name: values[-1] for name, values in self.get_filters_params().items()}
        groups: Sequence[Group] | None = self.model_admin.keyset_groups(request, chosen)
        return groups

    def _total(self, request: HttpRequest, groups: Sequence[Group] | None) -> tuple[int | None, bool]:
        if groups is not None:
            return sum(group.n for group in groups), False
        if self.query or self.get_filters_params() or not self.model_admin.keyset_sees_all(request):
            return None, False
        return estimate(self.model._meta.db_table), True

    def _rows(self, cut: Cut, groups: Sequence[Group] | None) -> list[Any]:
        limit = self.list_per_page + 1
        rows: QuerySet[Any] = self.queryset
        if groups is not None and len(groups) <= MAX_GROUPS:
            ids = _ids(self.model._meta.db_table, groups, cut, limit)
            return sorted(rows.filter(pk__in=ids).order_by(), key=lambda row: row.pk, reverse=cut.older)
        if cut.edge is not None:
            rows = rows.filter(pk__lt=cut.edge) if cut.older else rows.filter(pk__gt=cut.edge)
        return list(rows.order_by("-pk" if cut.older else "pk")[:limit])


class KeysetAdmin:
    """Mixin for admins whose tables grow without bound. Put it before the ModelAdmin."""

    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 0
    ordering = ("-pk",)
    # A sort by any column would need an index for each.
    sortable_by: Sequence[str] = ()
    actions = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """The change list cut by key."""
        return KeysetChangeList

    def keyset_groups(self, request: HttpRequest, chosen: Mapping[str, str]) -> Sequence[Group] | None:
        """The groups that the chosen filters leave, when an index and counters know them; else None."""
        return None

    def keyset_sees_all(self, request: HttpRequest) -> bool:
        """Whether the person sees every row of the table, so that the table's estimate may be shown."""
        return bool(getattr(request.user, "is_operator", False))


def choice_filter(field: str, choices: type[TextChoices], title: str = "") -> type[SimpleListFilter]:
    """A filter on a field of few values, as `?field=value`."""

    class ChoiceFilter(SimpleListFilter):
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:
            return list(choices.choices)

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    ChoiceFilter.title = title or field
    return ChoiceFilter


def estimate(table: str) -> int | None:
    """The planner's idea of how many rows `table` has; None before it was ever analysed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)", [table])
        row = cursor.fetchone()
    return None if row is None or row[0] < 0 else int(row[0])


def _ids(table: str, groups: Sequence[Group], cut: Cut, limit: int) -> list[int]:
    """Ids of one page: a probe of the index for each group, then the best of those. Names are our own, never input."""
    if not groups:
        return []
    columns = list(groups[0].values)
    order = "DESC" if cut.older else "ASC"
    edge = "" if cut.edge is None else f"AND row.id {'<' if cut.older else '>'} %s"
    first, *others = columns
    # The planner takes a plain equality for a constant, drops it from the order, and may then walk the primary key
    # past every row of other groups. `= ANY` keeps the first column in the order, which only the group's index has.
    matches = " AND ".join(
        [f"row.{first} = ANY(ARRAY[g.{first}])", *(f"row.{column} = g.{column}" for column in others)]
    )
    within = f"row.{first} {'ASC' if cut.older else 'DESC'}, row.id {order}"
    one = f"({', '.join(['%s'] * len(columns))})"
    sql = (
        f"SELECT hit.id FROM (VALUES {', '.join([one] * len(groups))}) AS g ({', '.join(columns)}) "
        f"CROSS JOIN LATERAL (SELECT row.id FROM {table} AS row WHERE {matches} {edge} "
        f"ORDER BY {within} LIMIT %s) AS hit ORDER BY hit.id {order} LIMIT %s"
    )
    values: list[Any] = [group.values[column] for group in groups for column in columns]
    edges: list[Any] = [] if cut.edge is None else [cut.edge]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, *edges, limit, limit])
        return [int(pk) for (pk,) in cursor.fetchall()]

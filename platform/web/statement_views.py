"""The statement: what was earned, item by item, and the same as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.models import Project
from core.errors import BadInput, Problem
from ledger import csv_cells, statements
from ledger.models import Entry, Payout
from ledger.money import plain
from ledger.statements import Month
from work.held import person

_HEADER = ("date", "project", "kind", "what", "reference", "amount", "currency")
_KINDS = {"write": "Write from scratch"}


@login_required
@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """The entries of one month (`?month=YYYY-MM`; the newest with entries by default), and the balances."""
    user = person(request)
    span = statements.span(user)
    month = _month(request) or (span[1] if span else Month.containing(timezone.now()))
    since, until = month.bounds
    entries = statements.items(user, since=since, until=until)
    context = {
        "balances": statements.balances(user),
        "month": month,
        "earlier": month.preceding if span and month.first > span[0].first else None,
        "later": month.following if span and month.first < span[1].first else None,
        "rows": _with_projects(entries),
        "totals": statements.sums(entries),
        "payouts": Payout.objects.filter(user=user).order_by("-until")[:24],
    }
    return render(request, "ledger/statement.html", context)


@login_required
@require_safe
def entries_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The person's entries, newest first, all or those of `?month=YYYY-MM`; times in their zone."""
    month = _month(request)
    since, until = month.bounds if month else (None, None)
    entries = statements.items(person(request), since=since, until=until).iterator(chunk_size=2000)
    name = f"statement-{month}.csv" if month else "statement.csv"
    zone = timezone.get_current_timezone()
    with_projects = _with_projects(entries)

    def rows() -> Iterator[list[str]]:
        for entry, project in with_projects:
            posted = entry.transaction
            text = [project, kind_label(posted.kind), posted.memo, posted.source]
            yield [
                posted.posted_at.astimezone(zone).isoformat(timespec="seconds"),
                *map(csv_cells.safe, text),
                plain(entry.amount, entry.currency),
                entry.currency,
            ]

    return StreamingHttpResponse(
        csv_cells.document(_HEADER, rows()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def kind_label(kind: str) -> str:
    """What a transaction's kind is called."""
    return _KINDS.get(kind, kind.replace("_", " ").capitalize())


def _month(request: HttpRequest) -> Month | None:
    text = request.GET.get("month")
    if text is None:
        return None
    try:
        return Month.parse(text)
    except ValueError:
        raise BadInput(
            "There is no such month.", problems=[Problem("month", "is not YYYY-MM", "Such as 2026-11.")]
        ) from None


def _with_projects(entries: Iterable[Entry]) -> Iterator[tuple[Entry, str]]:
    """Entries with their projects' names, which the ledger does not know."""
    names = dict(Project.objects.values_list("pk", "name"))
    return ((entry, names.get(entry.transaction.project_id, "")) for entry in entries)

"""What a journey came to, on one screen."""

from __future__ import annotations

from django.db.models import Count, Sum

from arena import win_rate
from arena.models import Pair, Vote
from catalog.models import Project, Prompt
from checks.models import CheckRun
from core.models import Event
from exports.models import Release, ReleaseFile
from ledger.models import Entry
from ledger.money import shown
from review.models import Review
from work.models import Assignment, Submission


def summary(project: Project, seconds: float) -> str:
    """The summary's lines, from the database."""

    def grouped(rows: object, name: str) -> str:
        counts = rows.values_list(name).annotate(n=Count("pk")).order_by(name)  # type: ignore[attr-defined]  # a query set
        return ", ".join(f"{n} {value}" for value, n in counts) or "none"

    claims = Event.objects.filter(
        machine="work.assignment", verb="claim",
        object_id__in=Assignment.objects.filter(project=project).values("pk"),
    ).count()  # fmt: skip
    runs = CheckRun.objects.filter(submission__project=project)
    pairs = Pair.objects.filter(project=project).exclude(status="open")
    wins = pairs.filter(outcome="refined").count()
    halves = pairs.exclude(outcome="refined").exclude(outcome="rival").count()
    n = pairs.count()
    low, high = win_rate.wilson(wins + halves / 2, n)
    rate = (
        f"{(wins + halves / 2) / n:.0%} (95% Wilson {low:.0%} to {high:.0%}, n = {n} pairs)"
        if n
        else "no verdict"
    )
    release = Release.objects.filter(project=project, status="published").order_by("-pk").first()
    data = {"path__startswith": "data/", "path__endswith": ".parquet"}
    files = ReleaseFile.objects.filter(release=release, **data) if release else []
    rows: dict[str, int] = {}
    for file in files:
        config = file.path.split("/")[1]
        rows[config] = rows.get(config, 0) + (file.row_count or 0)
    paid = Entry.objects.filter(transaction__project_id=project.pk, amount__gt=0)
    pay = ", ".join(
        f"{shown(total, currency)}"
        for currency, total in paid.values_list("currency").annotate(Sum("amount"))
    )
    lines = {
        "prompts": str(Prompt.objects.filter(project=project).count()),
        "claims": str(claims),
        "submissions": grouped(Submission.objects.filter(project=project), "status"),
        "checks": grouped(runs, "status"),
        "reviews": grouped(Review.objects.filter(submission__project=project), "decision"),
        "votes": f"{Vote.objects.filter(pair__project=project).count()} on {n} pairs",
        "win rate": rate,
        "rows": ", ".join(f"{config} {count}" for config, count in sorted(rows.items())) or "none",
        "left out": ", ".join(f"{n} {reason}" for reason, n in release.manifest["dropped"].items()) or "none"
        if release
        else "-",
        "pay posted": pay or "none",
        "seconds": f"{seconds:.0f}",
    }
    return "\n".join(f"  {name:<12} {value}" for name, value in lines.items())

"""Check runs as pages read them, and who may look at their evidence."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet, Subquery
from django.urls import reverse

from catalog.rules import may
from checks import originality
from checks.models import CheckRun
from checks.states import RunStatus
from core import blobs
from people.rules import Permission
from work.models import Assignment, DraftVersion
from work.states import TaskKind

if TYPE_CHECKING:
    from people.models import User

_OUTCOMES = {RunStatus.PASSED: "pass", RunStatus.WARNED: "warn", RunStatus.FAILED: "fail"}
_SCREENSHOT = re.compile(r"(refined|base|rival)-(\d{2,4})\.png")


def runs_as_json(runs: Iterable[CheckRun], *, for_judges: bool = False) -> list[dict[str, Any]]:
    """Runs as the bench, the review page and the admin read them; other people's code only for who judges.

    `outcome` is pass, warn or fail, and None while a run is not over or could not be run. Screenshots are addresses
    by width in CSS pixels, then by role.
    """
    return [
        {
            "check": run.check_name,
            "status": run.status,
            "outcome": _OUTCOMES.get(RunStatus(run.status)),
            "policy": run.policy,
            "summary": run.summary,
            "findings": run.findings,
            "evidence": {
                "screenshots": screenshots(run),
                **told(run),
                **({"matches": found} if for_judges and (found := matches(run)) else {}),
            },
        }
        for run in runs
    ]


def runs_over(version: DraftVersion) -> QuerySet[CheckRun]:
    """The runs over a draft version's files, in the order of the checks: its own, or another version's of the same files.

    What a check looks at is in the files: a version that differs in words and ratings alone needs no run of its own.
    """
    alike = DraftVersion.objects.filter(assignment=version.assignment_id, fileset=version.fileset_id)
    newest = alike.filter(check_runs__isnull=False).order_by("-rev").values("pk")[:1]
    return CheckRun.objects.filter(draft=Subquery(newest)).order_by("pk")


def told(run: CheckRun) -> dict[str, Any]:
    """What the render check kept besides pictures, for people to look at.

    `differences` by width: the share of pixels in which base and refinement differ, and boxes around them. `marks` by
    role, then width: boxes where text overlaps, is cut off, or sticks out. `heights` of the pictures by role and width. `interaction` by role: what was tried out
    and what came of it. Left out where nothing was kept, or it is kept no longer.
    """
    looks = _kept(run, "looks.json")
    tried = _kept(run, "interaction.json")
    return {**looks, **({"interaction": tried} if tried else {})}


def matches(run: CheckRun) -> dict[str, Any]:
    """What originality found near: `rival` and `submission`, each with its share and the passages that both have.

    It quotes other people's code: for reviewers and leads, never for the author.
    """
    return _kept(run, originality.MATCHES)


def _kept(run: CheckRun, name: str) -> dict[str, Any]:
    digest = run.evidence.get(name)
    if digest is None:
        return {}
    try:
        with blobs.open(digest) as file:
            found: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        return {}
    return found


def screenshots(run: CheckRun) -> dict[str, dict[str, str]]:
    """Addresses of a run's screenshots: width, then role (refined, base, rival), narrowest first."""
    found: dict[int, dict[str, str]] = {}
    for name in sorted(run.evidence):
        if match := _SCREENSHOT.fullmatch(name):
            found.setdefault(int(match[2]), {})[match[1]] = reverse("checks:blob", args=[run.pk, name])
    return {str(width): found[width] for width in sorted(found)}


def may_see_evidence(user: User, run: CheckRun) -> bool:
    """Whether `user` may look at what a run kept: its author, who holds or held its review, leads of the project.

    `run` comes with its submission, its draft and the draft's assignment, or its retrial.
    """
    if run.submission is not None:
        submission = run.submission
        if submission.author_id == user.pk:
            return True
        seats = Assignment.objects.filter(
            assignee=user.pk,
            kind=TaskKind.REVIEW,
            task__submission__in=[submission.pk, submission.supersedes_id],
        )
        return may(user, Permission.SEE_EVIDENCE, submission.project_id) or seats.exists()
    if run.retrial is not None:
        return may(user, Permission.SEE_EVIDENCE, run.retrial.submission.project_id)
    assert run.draft is not None
    seat = run.draft.assignment
    return seat.assignee_id == user.pk or may(user, Permission.SEE_EVIDENCE, seat.project_id)

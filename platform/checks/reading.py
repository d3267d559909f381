"""Check runs as pages read them, and who may look at their evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from catalog.rules import may
from checks.models import CheckRun
from checks.states import RunStatus
from people.rules import Permission
from work.models import Assignment
from work.states import TaskKind

if TYPE_CHECKING:
    from people.models import User

_OUTCOMES = {RunStatus.PASSED: "pass", RunStatus.WARNED: "warn", RunStatus.FAILED: "fail"}
_SCREENSHOT = re.compile(r"(refined|base|rival)-(\d{2,4})\.png")


def runs_as_json(runs: Iterable[CheckRun]) -> list[dict[str, Any]]:
    """Runs as the bench, the review page and the admin read them.

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
            "evidence": {"screenshots": screenshots(run)},
        }
        for run in runs
    ]


def screenshots(run: CheckRun) -> dict[str, dict[str, str]]:
    """Addresses of a run's screenshots: width, then role (refined, base, rival), narrowest first."""
    found: dict[int, dict[str, str]] = {}
    for name in sorted(run.evidence):
        if match := _SCREENSHOT.fullmatch(name):
            found.setdefault(int(match[2]), {})[match[1]] = reverse("checks:blob", args=[run.pk, name])
    return {str(width): found[width] for width in sorted(found)}


def may_see_evidence(user: User, run: CheckRun) -> bool:
    """Whether `user` may look at what a run kept: its author, who holds or held its review, leads of the project.

    `run` comes with its submission, or its draft and the draft's assignment.
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
    assert run.draft is not None
    seat = run.draft.assignment
    return seat.assignee_id == user.pk or may(user, Permission.SEE_EVIDENCE, seat.project_id)

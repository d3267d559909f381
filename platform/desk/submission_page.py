"""All that is known of a submission, for the page on which a lead judges the judging: a handful of queries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import JSONBAgg
from django.db import connection
from django.db.models import Q, Value
from django.db.models.functions import JSONObject
from django.urls import reverse

from arena.admin import preference
from arena.models import Pair, Vote
from checks.reading import matches, screenshots, told
from core.admin_marks import mark
from ledger.models import Entry
from ledger.money import shown
from review.pay_actions import source_of
from work.models import Submission

MAX_EVENTS = 200
ROLES = (("base", "Base"), ("rival", "Rival"), ("refined", "Refined"))


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the audit trail."""

    at: datetime
    what: str
    verb: str
    change: str
    who: str
    note: dict[str, Any]


def context_of(submission: Submission) -> dict[str, Any]:
    """What the page shows under the submission's own fields."""
    runs = list(submission.check_runs.standing().order_by("pk"))
    reviews = list(submission.reviews.select_related("reviewer", "rule").order_by("pk"))
    pairs = _pairs(submission)
    about = {"work.submission": [submission.pk], "checks.checkrun": [run.pk for run in runs], "arena.pair": [pair.pk for pair, _ in pairs]}  # fmt: skip
    return {
        "submission": submission,
        "files_url": reverse("desk:files", args=[submission.pk]),
        "task_url": reverse("admin:work_task_change", args=[submission.task_id]),
        "shots": _shots(runs),
        "tried": _tried(runs),
        "matches": _matches(runs),
        "likeness_url": reverse("desk:likeness", args=[submission.project.slug]),
        "runs": [{"run": run, "mark": mark(run.status, run.get_status_display())} for run in runs],
        "reviews": [
            {"review": each, "mark": mark(each.decision, each.get_decision_display())} for each in reviews
        ],
        "pairs": [
            {
                "pair": pair,
                "mark": mark(
                    pair.outcome or pair.status, pair.get_outcome_display() or pair.get_status_display()
                ),
                "votes": [(vote, preference(vote)) for vote in votes],
                "url": reverse("admin:arena_pair_change", args=[pair.pk]),
            }
            for pair, votes in pairs
        ],
        "paid": _paid(submission, [each.pk for each in reviews]),
        "trail": trail(about),
    }


def _pairs(submission: Submission) -> list[tuple[Pair, list[Vote]]]:
    """Pairs with their votes, oldest first, in one query."""
    named = ("id", "choice", "both_bad", "refined_is_a", "seconds", "cast_at")
    votes = JSONBAgg(
        JSONObject(**{name: f"votes__{name}" for name in named}),
        filter=Q(votes__isnull=False),
        default=Value("[]"),
    )
    return [
        (
            pair,
            sorted(
                (
                    Vote(**{**values, "cast_at": datetime.fromisoformat(values["cast_at"])})
                    for values in pair.cast
                ),
                key=lambda vote: vote.pk,
            ),
        )
        for pair in Pair.objects.filter(submission=submission).annotate(cast=votes).order_by("pk")
    ]


def _shots(runs: list[Any]) -> list[dict[str, Any]]:
    """Screenshots by width: for each, one address a role; boxes where text is amiss, and where base and refined differ.

    Boxes come with the size of the picture they lie on, for an SVG over it.
    """
    widths: dict[str, dict[str, str]] = {}
    seen: dict[str, Any] = {}
    for run in runs:
        for width, roles in screenshots(run).items():
            widths.setdefault(width, {}).update(roles)
        seen |= {key: value for key, value in told(run).items() if key in ("marks", "differences", "heights")}
    return [
        _shot(width, roles, seen) for width, roles in sorted(widths.items(), key=lambda item: int(item[0]))
    ]


def _shot(width: str, roles: dict[str, str], seen: dict[str, Any]) -> dict[str, Any]:
    difference = seen.get("differences", {}).get(width)
    marks = {role: each.get(width, []) for role, each in seen.get("marks", {}).items()}
    return {
        "width": width,
        "changed": None if difference is None else round(100 * difference["share"], 1),
        "sides": [
            {
                "role": role,
                "label": label,
                "url": roles[role],
                "height": seen.get("heights", {}).get(role, {}).get(width),
                "marks": marks.get(role, []),
                "regions": difference["regions"] if difference and role == "refined" else [],
            }
            for role, label in ROLES
            if role in roles
        ],
    }


def _tried(runs: list[Any]) -> dict[str, Any] | None:
    """What was tried out on each side and what came of it, as rows of a table; None when nothing was."""
    found: dict[str, Any] = {}
    for run in runs:
        found = told(run).get("interaction", found)
    sides = [(role, label) for role, label in ROLES if role in found]
    if not sides:
        return None
    rows = [("Actions tried", "actions"), ("Errors raised", "errors"), ("Dead controls", "dead"), ("Busy for over 0.5 s", "busy"), ("Layout shift", "shift")]  # fmt: skip
    return {
        "sides": sides,
        "rows": [
            (what, ["stopped" if found[role]["hung"] else found[role][key] for role, _ in sides])
            for what, key in rows
        ],
        "steps": found.get("refined", {}).get("steps", []),
    }


def _matches(runs: list[Any]) -> list[dict[str, Any]]:
    """What the code is near to: the rival, other submissions; each with its share and the passages both have."""
    found: dict[str, Any] = {}
    for run in runs:
        found |= matches(run)
    near = []
    if rival := found.get("rival"):
        near.append({"name": "The rival", "role": "rival", "url": "", **rival})
    if other := found.get("submission"):
        url = reverse("admin:work_submission_change", args=[other["number"]])
        near.append({"name": f"Submission #{other['number']}", "role": "base", "url": url, **other})
    return near


def _paid(submission: Submission, review_ids: list[int]) -> list[dict[str, Any]]:
    """What was posted to people for the work and its reviews."""
    sources = [source_of(submission.pk), *(f"review.review:{pk}" for pk in review_ids)]
    entries = Entry.objects.filter(transaction__source__in=sources, user__isnull=False)
    return [
        {
            "to": entry.user,
            "memo": entry.transaction.memo,
            "money": shown(entry.amount, entry.currency),
            "at": entry.transaction.posted_at,
        }
        for entry in entries.select_related("transaction", "user").order_by("pk")
    ]


def trail(about: dict[str, list[int]]) -> list[Happening]:
    """Events of these rows in their order, with the names of who acted; through the index on (machine, object)."""
    rows = [(machine, pk) for machine, ids in about.items() for pk in ids]
    sql = (
        f"SELECT e.at, e.machine, e.object_id, e.verb, e.source, e.target, coalesce(u.username, ''), e.actor_id, e.data "
        f"FROM (VALUES {', '.join(['(%s, %s)'] * len(rows))}) AS row (machine, id) "
        "JOIN core_event e ON e.machine = row.machine AND e.object_id = row.id "
        "LEFT JOIN people_user u ON u.id = e.actor_id ORDER BY e.id LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(part for row in rows for part in row), MAX_EVENTS])
        found = cursor.fetchall()
    return [
        Happening(
            at=at,
            what=f"{machine.split('.')[-1]} #{pk}",
            verb=verb.replace("_", " "),
            change=" → ".join(state.replace("_", " ") for state in (source, target) if state),
            who=name or (f"person #{actor}" if actor else "the system"),
            note=_note(data),
        )
        for at, machine, pk, verb, source, target, name, actor, data in found
    ]


def _note(data: Any) -> dict[str, Any]:
    value = json.loads(data) if isinstance(data, str) else data
    return value if isinstance(value, dict) else {}

"""The invariants of the design, asked of the database. Each function returns what breaks it, in words; nothing is fine.

They hold at any moment, except that work under way is not yet settled (I3) and its runs not yet over (I4): ask once
things are quiet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection

from checks.models import CheckRun
from core import blobs
from core.flow import MACHINES
from work.models import DraftVersion, Submission


@dataclass
class Answered:
    """What was answered with success: it must be readable afterwards."""

    # (assignment, rev, digest of the files)
    drafts: list[tuple[int, int, str]] = field(default_factory=list)
    # submission to the digest of its files
    submissions: dict[int, str] = field(default_factory=dict)


def _rows(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _each(sql: str, words: str) -> list[str]:
    return [words.format(*row) for row in _rows(sql)]


def answered_is_readable(answered: Answered) -> list[str]:
    """I1: every write answered with success is readable afterwards."""
    lost = []
    for seat, rev, digest in answered.drafts:
        kept = DraftVersion.objects.filter(assignment=seat, rev=rev).values_list("fileset__digest", flat=True)
        if list(kept) != [digest]:
            lost.append(f"I1 draft {rev} of seat {seat} is {list(kept)}")
    for pk, digest in answered.submissions.items():
        sent = Submission.objects.filter(pk=pk).values_list("fileset__digest", flat=True)
        if list(sent) != [digest]:
            lost.append(f"I1 submission {pk} is {list(sent)}")
    return lost


def one_effect_per_key() -> list[str]:
    """I2: no seat was submitted twice; that a key has its answer is held by its columns."""
    return _each(
        "SELECT assignment_id, count(*) FROM work_submission GROUP BY 1 HAVING count(*) > 1",
        "I2 seat {} has {} submissions",
    )


def everything_is_settled() -> list[str]:
    """I3: nothing is still being checked, and whatever awaits a review has one task open for it."""
    return _each(
        "SELECT id FROM work_submission WHERE status = 'checking'", "I3 submission {} is still being checked"
    ) + _each(
        "SELECT s.id, count(t.id) FROM work_submission s LEFT JOIN work_task t"
        " ON t.submission_id = s.id AND t.kind = 'review' AND t.status = 'open'"
        " WHERE s.status = 'awaiting_review' GROUP BY 1 HAVING count(t.id) <> 1",
        "I3 submission {} awaits a review with {} tasks",
    )


def one_result_per_check() -> list[str]:
    """I4: one run for each (subject, check, version), ended once, with its evidence whole."""
    broken = _each(
        "SELECT submission_id, draft_id, check_name, version, count(*) FROM checks_checkrun"
        " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1",
        "I4 submission {} draft {}: {} v{} has {} runs",
    ) + _each(
        "SELECT r.id, r.check_name, r.status, count(e.id) FROM checks_checkrun r LEFT JOIN core_event e"
        " ON e.machine = 'checks.checkrun' AND e.object_id = r.id AND e.verb IN ('pass', 'warn', 'fail', 'give_up')"
        " GROUP BY 1 HAVING count(e.id) <> 1 OR r.status IN ('queued', 'running') OR r.losses > 3",
        "I4 run {} ({}) is {} and ended {} times",
    )
    for run in CheckRun.objects.exclude(evidence={}):
        for name, digest in run.evidence.items():
            if not blobs.exists(digest):
                broken.append(f"I4 run {run.pk} lacks its evidence {name}")
            elif hashlib.sha256(blobs.path(digest).read_bytes()).hexdigest() != digest:
                broken.append(f"I4 run {run.pk} has damaged evidence {name}")
    return broken


def ledger_balances() -> list[str]:
    """I5: each transaction sums to zero, and each (source, kind) was posted once."""
    return _each(
        "SELECT transaction_id, sum(amount) FROM ledger_entry GROUP BY 1 HAVING sum(amount) <> 0 OR count(*) < 2",
        "I5 transaction {} sums to {}",
    ) + _each(
        "SELECT source, kind, count(*) FROM ledger_transaction GROUP BY 1, 2 HAVING count(*) > 1",
        "I5 {} {} was posted {} times",
    )


def seats_balance() -> list[str]:
    """I6: seats are what the task wants, nobody holds two, nobody is twice on a task in one round."""
    return (
        _each(
            "SELECT t.id, t.seats, count(a.id) FROM work_task t LEFT JOIN work_assignment a ON a.task_id = t.id"
            " AND a.status IN ('open', 'active', 'submitted') GROUP BY 1, 2 HAVING count(a.id) <> t.seats",
            "I6 task {} wants {} seats and has {}",
        )
        + _each(
            "SELECT assignee_id, count(*) FROM work_assignment WHERE status = 'active' GROUP BY 1 HAVING count(*) > 1",
            "I6 person {} holds {} seats",
        )
        + _each(
            "SELECT task_id, assignee_id, round, count(*) FROM work_assignment"
            " WHERE status IN ('active', 'submitted') GROUP BY 1, 2, 3 HAVING count(*) > 1",
            "I6 task {}: person {} is in round {} {} times",
        )
    )


def events_tell_every_state() -> list[str]:
    """I8: for each row of each machine, the events start with a birth, follow on each other, and end in its status."""
    broken = _each(
        "SELECT machine, object_id, was, source FROM (SELECT machine, object_id, source,"
        " lag(target, 1, '') OVER (PARTITION BY machine, object_id ORDER BY id) AS was FROM core_event"
        " WHERE source <> target OR verb = 'create') chain WHERE was <> source",
        "I8 {} {}: after {} comes an event from {}",
    )
    for label, machine in MACHINES.items():
        name, table = label.lower(), machine.model._meta.db_table
        broken += _each(
            f"SELECT r.id, r.status, last.target FROM {table} r LEFT JOIN LATERAL (SELECT target FROM core_event e"
            f" WHERE e.machine = '{name}' AND e.object_id = r.id ORDER BY e.id DESC LIMIT 1) last ON true"
            " WHERE last.target IS DISTINCT FROM r.status",
            f"I8 {name} {{}} is {{}}, its last event says {{}}",
        )
    return broken


def violations(answered: Answered | None = None) -> list[str]:
    """All of the above, once things are quiet; empty when they hold."""
    found: Iterable[list[str]] = (
        answered_is_readable(answered or Answered()),
        one_effect_per_key(),
        everything_is_settled(),
        one_result_per_check(),
        ledger_balances(),
        seats_balance(),
        events_tell_every_state(),
    )
    return [each for broken in found for each in broken]

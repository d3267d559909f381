"""Telling people who asked for it that work has opened: the watch, the look of the sweep, the notice, its mail.

A notice says that work was open when it was looked for. It reserves nothing.
"""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from core import jobs
from core.errors import NotAllowed
from core.jobs import Job
from work import queue
from work.models import Notice, Watch
from work.states import TaskKind

if TYPE_CHECKING:
    from people.models import User

# Work that comes and goes by the minute is told once an hour.
REST = timedelta(hours=1)
MAX_TRIES = 3
MAIL_LEASE = timedelta(minutes=3)
SHOWN = 5

# The watches looked at longest ago, each with whether there is a seat its person could take.
_LOOK = f"""
    WITH due AS (
        SELECT id FROM work_watch ORDER BY looked_at NULLS FIRST, id LIMIT %s FOR UPDATE SKIP LOCKED
    ), seen AS (
        UPDATE work_watch watch SET looked_at = clock_timestamp() FROM due WHERE watch.id = due.id
        RETURNING watch.id, watch.user_id, watch.project_id, watch.kind
    )
    SELECT seen.id, EXISTS (
        SELECT 1 FROM work_assignment seat
        WHERE seat.project_id = seen.project_id AND seat.kind = seen.kind
          AND {queue.CLAIMABLE.replace("%s", "seen.user_id")})
    FROM seen
"""


def watch(*, by: User, project_id: int, kind: TaskKind) -> Watch:
    """Tell `by` from now on when work of a kind opens; asking twice changes nothing.

    Work that is open now is not told of. Raises NotAllowed without the role.
    """
    project = queue.standing(by, project_id=project_id, kind=kind).project
    row, _ = Watch.objects.get_or_create(user=by, project=project, kind=kind)
    return row


def unwatch(*, by: User, project_id: int, kind: TaskKind) -> None:
    """Tell `by` no more; nothing when they never asked."""
    Watch.objects.filter(user=by, project=project_id, kind=kind).delete()


def dismiss(*, by: User) -> None:
    """Put away what was told so far."""
    Notice.objects.filter(user=by, seen_at=None).update(seen_at=Now())


def watched_by(user: User) -> set[tuple[int, str]]:
    """What the person asked to be told of: (project, kind)."""
    return set(Watch.objects.filter(user=user).values_list("project", "kind"))


def unseen(user: User) -> list[Notice]:
    """The newest notices that the person has not put away."""
    return list(
        Notice.objects.filter(user=user, seen_at=None).select_related("project").order_by("-id")[:SHOWN]
    )


def count_unseen(user: User) -> int:
    """How many notices the person has not put away."""
    return Notice.objects.filter(user=user, seen_at=None).count()


@transaction.atomic
def look(*, limit: int = 500) -> int:
    """Look for what people wait for, those longest unlooked-for first; returns how many were told.

    Each opening is told once: a watch that was told is told again only after its work was gone, and not within REST.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOOK, [limit])
        is_open: dict[int, bool] = dict(cursor.fetchall())
    told = 0
    for row in Watch.objects.filter(pk__in=is_open).select_related("user"):
        if is_open[row.pk] and row.told_at is None:
            told += _tell(row)
    gone = [pk for pk, there in is_open.items() if not there]
    Watch.objects.filter(pk__in=gone, told_at__lt=timezone.now() - REST).update(told_at=None)
    return told


def _tell(row: Watch) -> bool:
    """Tell one person, unless something bars them from the work. A watch without the role is ended."""
    user = row.user
    try:
        # The day of a daily cap is the person's own.
        with timezone.override(zoneinfo.ZoneInfo(user.timezone)):
            bar = queue.standing(user, project_id=row.project_id, kind=TaskKind(row.kind)).closed
    except NotAllowed:
        row.delete()
        return False
    if not user.is_active or (bar is not None and bar.kind != queue.Why.NEW_GUIDELINE):
        return False
    notice = Notice.objects.create(
        user=user,
        project_id=row.project_id,
        kind=row.kind,
        mail_due=settings.MAIL_NOTICES and bool(user.email),
    )
    Watch.objects.filter(pk=row.pk).update(told_at=Now())
    if notice.mail_due:
        jobs.ring(Job.MAIL_NOTICE, notice.pk)
    return True


def due(*, limit: int = 200) -> list[int]:
    """Notices that wait to be mailed and that nobody is mailing."""
    return list(_mailable().order_by("id").values_list("pk", flat=True)[:limit])


def mail(*, notice_id: int) -> bool:
    """Send a notice by mail, up to MAX_TRIES times; returns whether it was sent. Raises what the mail server does."""
    taken = _mailable().filter(pk=notice_id)
    if not taken.update(mail_tries=F("mail_tries") + 1, mail_lease_until=timezone.now() + MAIL_LEASE):
        return False
    notice = Notice.objects.select_related("user", "project").get(pk=notice_id)
    _message(notice).send()
    Notice.objects.filter(pk=notice_id).update(mail_due=False)
    return True


def _mailable() -> QuerySet[Notice]:
    free = Q(mail_lease_until=None) | Q(mail_lease_until__lt=timezone.now())
    return Notice.objects.filter(free, mail_due=True, mail_tries__lt=MAX_TRIES)


def _message(notice: Notice) -> EmailMessage:
    """The mail: which work, where, and how to hear no more of it."""
    project, kind = " ".join(notice.project.name.split()), notice.get_kind_display()
    address = settings.APP_ORIGIN + reverse("work:queue")
    return EmailMessage(
        subject=f"{kind}: work is open in {project}",
        body=(
            f"{kind} work has opened in {project}. You asked to be told.\n\n{address}\n\n"
            "It is not held for you: whoever claims first gets it.\n"
            "To stop these messages, open the queue and press “Stop telling me” beside this kind of work.\n"
        ),
        to=[notice.user.email],
    )

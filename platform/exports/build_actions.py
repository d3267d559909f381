"""Writes of a build under way: cancelled by a lead, and gone on with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from catalog.rules import demand
from core import jobs
from core.jobs import Job
from exports.models import Release
from exports.states import RELEASE
from people.rules import Permission

if TYPE_CHECKING:
    from people.models import User


@transaction.atomic
def cancel(*, release: Release, by: User) -> None:
    """Stop a build: its worker notices within a second or so and removes what it wrote. Raises NotAllowed, WrongState."""
    demand(by, Permission.LEAD, release.project_id)
    RELEASE.move(release, "cancel", by=by, lease_until=None, phase="")


@transaction.atomic
def resume(*, release: Release, by: User) -> None:
    """Go on with a build that was cancelled or failed: the same recipe, moment and version, so the same bytes.

    It is written from the beginning: files are published whole or not at all. Raises NotAllowed, WrongState.
    """
    demand(by, Permission.LEAD, release.project_id)
    RELEASE.move(
        release, "resume", by=by, lease_until=None, losses=0, error="", phase="", rows_done=0, rows_total=0
    )
    jobs.ring(Job.BUILD_RELEASE, release.pk)

"""What can happen while a release is built: what is published is whole, and what its manifest says (I7)."""

from __future__ import annotations

import os
import signal
import uuid

from django.db.models import F
from django.test import override_settings

from arena.models import Pair
from exports import actions, verifying
from exports.models import Release
from people.rules import Role
from review.states import Decision
from tests.exports.judged import recipe
from tests.faults.chance import Chance
from tests.faults.robots import LIGHT, passes
from tests.faults.slow import SLOW_S, await_slow, slow
from tests.pipeline.stage import Stage, refined
from tests.pipeline.yard import WORKERS
from tests.scenes import Scene
from work.states import TaskKind

VOTERS = 3


def build_killed(stage: Stage, chance: Chance) -> None:
    """kill -9 of the worker that builds a release, while it writes or between its files' rename and its COMMIT."""
    stage.yard.start(*WORKERS, "beat")
    _a_win(stage)
    held = "status" if chance.turn((True, False)) else "phase"
    when = "NEW.status = 'published'" if held == "status" else "NEW.phase <> OLD.phase"
    with slow("exports_release", "UPDATE", when):
        release = actions.start_release(
            recipe=recipe(stage.world, name=f"build-{uuid.uuid4().hex[:8]}"), by=stage.world.lead
        )
        await_slow(stage)
        chance.moment(SLOW_S / 2)
        os.kill(stage.yard.child(LIGHT), signal.SIGKILL)
    Release.objects.filter(pk=release.pk, status="building").update(lease_until=F("created_at"))

    def published() -> bool:
        release.refresh_from_db()
        assert release.status != "failed", release.error
        return release.status == "published"

    stage.yard.wait(published, f"release {release.pk} to be published")
    root = stage.yard.area / "releases"
    with override_settings(RELEASE_ROOT=root):
        assert verifying.faults(release) == []
        assert verifying.rebuilt(release, say=lambda *_: None) == []
    assert [each.name for each in root.iterdir() if each.name.startswith(f".{release.pk}")] == []


def _a_win(stage: Stage) -> None:
    """One refinement that was accepted and won its comparison; later builds take the same."""
    if Pair.objects.filter(project=stage.world.project, status="decided", outcome="refined").exists():
        return
    scene = Scene(stage.world)
    sent = stage.send(refined(uuid.uuid4().hex))
    passes(stage, sent)
    reviewer = stage.world.person("reviewer", Role.REVIEWER)
    # Whatever is offered, until it is ours: other scenarios left work to be judged.
    while sent.status == "awaiting_review":
        seat = scene.claim(reviewer, TaskKind.REVIEW)
        scene.judge(seat, reviewer, Decision.ACCEPT)
        sent.refresh_from_db()
    pair = stage.yard.wait(lambda: Pair.objects.filter(submission=sent).first(), "the pair to open")
    for number in range(VOTERS):
        voter = stage.world.person(f"voter{number}", Role.CONTRIBUTOR)
        while not pair.votes.filter(voter=voter).exists():
            scene.vote(pair, voter)
    pair.refresh_from_db()
    assert pair.outcome == "refined"

"""What can happen to the web server while somebody submits: nothing half done stays, nothing done is done again."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException

from core.models import IdempotencyKey
from tests.faults.chance import Chance
from tests.faults.robots import passes
from tests.faults.slow import SLOW_S, await_slow, slow
from tests.faults.stores import sent_by
from tests.faults.visitor import Author, author
from tests.pipeline.stage import Stage
from tests.pipeline.yard import WORKERS
from work.models import Submission


def web_killed_before_commit(stage: Stage, chance: Chance) -> None:
    """kill -9 of the web server within a submission's transaction: nothing of it stays; asked again, it is done once."""
    stage.yard.start(*WORKERS, "beat")
    person = author(stage)
    with ThreadPoolExecutor(1) as hands, slow("work_submission", "INSERT", "true"):
        asked = hands.submit(person.submit)
        await_slow(stage)
        chance.moment(SLOW_S / 2)
        _kill_web(stage)
        assert _unanswered(asked)
    # The trigger is gone, so its transaction is over.
    assert not Submission.objects.filter(assignment=person.seat).exists()
    assert not IdempotencyKey.objects.filter(key=person.key).exists()
    _again(stage, person)


def web_killed_after_commit(stage: Stage, chance: Chance) -> None:
    """kill -9 of the web server between COMMIT and its answer: asked again, the answer comes, and nothing is done twice."""
    stage.yard.start(*WORKERS, "beat")
    person = author(stage)
    # A doorbell that nobody answers keeps the web server between the two.
    stage.yard.valve.swallow()
    try:
        with ThreadPoolExecutor(1) as hands:
            asked = hands.submit(person.submit)
            stage.yard.wait(
                lambda: Submission.objects.filter(assignment=person.seat).exists(), "the submission's COMMIT"
            )
            chance.moment(1)
            _kill_web(stage)
            assert _unanswered(asked)
    finally:
        stage.yard.valve.open()
    _again(stage, person)


def _kill_web(stage: Stage) -> None:
    web = stage.yard.hands["web"]
    workers = web.children()
    web.kill()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def _unanswered(asked: Future[tuple[int, object]]) -> bool:
    try:
        return not asked.result(timeout=60)
    except (OSError, HTTPException):
        return True


def _again(stage: Stage, person: Author) -> None:
    stage.yard.start("web")
    person.await_site()
    status, answer = person.submit()
    assert status == 201, answer
    assert person.submit() == (201, answer)
    passes(stage, sent_by(person))

"""What can happen to Redis and to PostgreSQL while work is checked and somebody submits."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from core.models import IdempotencyKey
from tests.faults.chance import Chance
from tests.faults.robots import BUSY_MS, busy, passes
from tests.faults.visitor import Author, author
from tests.pipeline.stage import Stage, refined
from tests.pipeline.yard import WORKERS
from work.models import Submission

# A person who submits waits for one attempt to reach the broker (3 s) and for a crowded machine.
SUBMIT_S = 6.0
REDIS_AWAY_S = 30.0
DATABASE_AWAY_S = 10.0


def broker_emptied(stage: Stage, chance: Chance) -> None:
    """Everything in Redis is gone while a check runs and others wait: the sweep rings for them."""
    sent, _ = busy(stage)
    other = stage.send(refined(uuid.uuid4().hex))
    stage.yard.empty_broker()
    chance.moment(BUSY_MS / 1000)
    stage.yard.empty_broker()
    passes(stage, sent)
    passes(stage, other)


def broker_refuses(stage: Stage, chance: Chance) -> None:
    """Redis is stopped for 30 s while somebody submits: the answer is 201, soon, and the work is checked afterwards."""
    _submit_without_broker(stage, stage.yard.valve.refuse, chance)


def broker_swallows(stage: Stage, chance: Chance) -> None:
    """Redis takes connections and answers nothing for 30 s: the same."""
    _submit_without_broker(stage, stage.yard.valve.swallow, chance)


def _submit_without_broker(stage: Stage, breaks: Callable[[], None], chance: Chance) -> None:
    stage.yard.start(*WORKERS, "beat")
    person = author(stage)
    breaks()
    away = time.monotonic()
    try:
        chance.moment(2)
        began = time.monotonic()
        status, answer = person.submit()
        took = time.monotonic() - began
        assert status == 201, answer
        assert took < SUBMIT_S, f"submitting took {took:.1f} s"
        # Asked again, the same answer: one effect per key.
        assert person.submit() == (201, answer)
        time.sleep(max(0.0, away + REDIS_AWAY_S - time.monotonic()))
    finally:
        stage.yard.valve.open()
    passes(stage, sent_by(person))


def database_stopped(stage: Stage, chance: Chance) -> None:
    """PostgreSQL is away for 10 s while a check runs and somebody submits: refused then, and taken once it is back."""
    person = author(stage)
    sent, run = busy(stage)
    chance.moment(BUSY_MS / 1000)
    stage.yard.database.refuse()
    away = time.monotonic()
    try:
        status, answer = person.submit()
        assert status == 503, (status, answer)
        time.sleep(max(0.0, away + DATABASE_AWAY_S - time.monotonic()))
    finally:
        stage.yard.database.open()
    # The same request: the first that reaches the server is answered, none has to be sent twice.
    status, answer = person.submit()
    assert status == 201, answer
    # What the worker was told to write may be lost; then its lease has to run out.
    stage.let_the_lease_run_out(run)
    passes(stage, sent)
    passes(stage, sent_by(person))


def sent_by(person: Author) -> Submission:
    """The one submission that came of the person's request, remembered as answered."""
    sent = Submission.objects.get(assignment=person.seat)
    person.stage.remember(sent)
    assert IdempotencyKey.objects.get(key=person.key).status == 201
    return sent

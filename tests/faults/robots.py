"""What can happen to a worker or its browser, one function each: break it, repair it, say what must have come of it."""

from __future__ import annotations

import os
import resource
import signal
import uuid
from collections.abc import Callable

from django.db.models import F

from catalog.models import Project
from checks.models import CheckRun
from core.jobs import Job, ring_now
from core.models import Event
from tests.faults.chance import Chance
from tests.faults.slow import SLOW_S, await_slow, slow
from tests.pipeline.stage import Stage, refined
from tests.pipeline.yard import WORKERS
from work.models import Submission

CHROMIUM, LIGHT = "worker-chromium", "worker-light"
# How long the page under test keeps a browser busy, and within which a blow falls.
BUSY_MS = 3_000
# These find nothing in a project of their own: pages under test change their code, and are compared elsewhere.
WITHOUT = ("accessibility", "effort")
# The steps a submission goes through, and who does them.
STEPS = {
    "render": CHROMIUM, "plan": LIGHT, "static": LIGHT, "accessibility": CHROMIUM, "effort": CHROMIUM,
    "originality": LIGHT, "review": LIGHT,
}  # fmt: skip
IN_THE_BROWSER = ("render", "accessibility", "effort")


def busy(stage: Stage) -> tuple[Submission, CheckRun]:
    """A submission whose render check is being run now."""
    stage.yard.start(*WORKERS, "beat")
    sent = stage.send(refined(uuid.uuid4().hex, busy_ms=BUSY_MS))
    return sent, stage.running(sent)


def passes(stage: Stage, sent: Submission, *, losses: int | None = None) -> None:
    """It comes to wait for its reviewer, with nothing held against it."""
    assert stage.settled(sent).status == "awaiting_review", stage.results(sent)
    assert set(stage.results(sent).values()) <= {"passed", "warned"}, stage.results(sent)
    if losses is not None:
        assert sent.check_runs.get(check_name="render").losses == losses


def child_killed(stage: Stage, chance: Chance) -> None:
    """kill -9 of the process that does a step: its lease runs out, or the sweep rings, and another does it."""
    _killed(stage, chance, whole=False)


def worker_killed(stage: Stage, chance: Chance) -> None:
    """kill -9 of the whole worker in a step, and a new one: the same."""
    _killed(stage, chance, whole=True)


def _killed(stage: Stage, chance: Chance, *, whole: bool) -> None:
    step = chance.turn(list(STEPS))
    worker = STEPS[step]

    def blow() -> None:
        child = stage.yard.child(worker)
        if whole:
            stage.yard.hands[worker].kill()
        os.kill(child, signal.SIGKILL)

    if step == "render":
        sent, run = busy(stage)
        chance.moment(BUSY_MS / 1000)
        blow()
        hit = stage.let_the_lease_run_out(run)
        if whole:
            stage.yard.start(worker)
        passes(stage, sent, losses=int(hit))
    else:
        sent = _struck_while_writing(stage, chance, step, blow)
        if whole:
            stage.yard.start(worker)
        passes(stage, sent)


def _struck_while_writing(stage: Stage, chance: Chance, step: str, blow: Callable[[], None]) -> Submission:
    """Strike while a step's last write is under way and not committed: none of it may stay."""
    stage.yard.start(*WORKERS, "beat")
    project = Project.objects.filter(pk=stage.world.project.pk)
    if step in WITHOUT:
        project.update(check_policy={})
    try:
        with slow(*_last_write(step)):
            sent = stage.send(refined(uuid.uuid4().hex))
            await_slow(stage)
            chance.moment(SLOW_S / 2)
            blow()
    finally:
        project.update(check_policy=dict.fromkeys(WITHOUT, "off"))
    CheckRun.objects.filter(submission=sent, check_name=step, status="running").update(
        lease_until=F("started_at")
    )
    return sent


def _last_write(step: str) -> tuple[str, str, str]:
    """Table, event and condition of the write with which a step ends."""
    if step == "plan":
        return "checks_checkrun", "INSERT", "NEW.check_name = 'static'"
    if step == "review":
        return "work_task", "INSERT", "NEW.kind = 'review'"
    return "checks_checkrun", "UPDATE", f"NEW.finished_at IS NOT NULL AND NEW.check_name = '{step}'"


def chromium_killed(stage: Stage, chance: Chance) -> None:
    """kill -9 of Chromium: not the page's fault, so the check is run again at once, by the same worker."""
    step = chance.turn(IN_THE_BROWSER)
    stage.yard.start(*WORKERS, "beat")
    child = stage.yard.child(CHROMIUM)
    if step == "render":
        sent, _ = busy(stage)
        browser = stage.yard.browser_of(child)
        chance.moment(BUSY_MS / 1000)
        os.kill(browser, signal.SIGKILL)
    else:
        sent = _struck_while_writing(
            stage, chance, step, lambda: os.kill(stage.yard.browser_of(child), signal.SIGKILL)
        )
    passes(stage, sent)
    assert stage.yard.child(CHROMIUM) == child


def workers_down(stage: Stage, chance: Chance) -> None:
    """Work is sent while no worker runs, and even the rings are lost: it waits, and is checked later."""
    stage.yard.start(*WORKERS, "beat")
    stage.yard.stop(*(name for name in WORKERS if name in stage.yard.hands))
    sent = [stage.send(refined(uuid.uuid4().hex)) for _ in range(2)]
    if chance.random() < 0.5:
        stage.yard.empty_broker()
    assert {each.status for each in sent} == {"checking"}
    stage.yard.start(*WORKERS)
    for each in sent:
        passes(stage, each)


def frozen_past_its_lease(stage: Stage, chance: Chance) -> None:
    """SIGSTOP past the lease, another worker takes the run, CONT: the late verdict is refused."""
    sent, run = busy(stage)
    frozen = stage.yard.hands[CHROMIUM]
    child = stage.yard.child(CHROMIUM)
    chance.moment(BUSY_MS / 1000)
    for pid in (frozen.pid, child):
        os.kill(pid, signal.SIGSTOP)
    try:
        if not stage.let_the_lease_run_out(run):
            # The blow came late, after the verdict: nothing was frozen.
            return
        stage.yard.start(f"{CHROMIUM}+second")
        stage.running(sent, epoch=run.epoch + 1)
    finally:
        for pid in (frozen.pid, child):
            os.kill(pid, signal.SIGCONT)
    passes(stage, sent, losses=1)
    assert _ends(run) == 1
    run.refresh_from_db()
    assert run.epoch == 2
    # Both are at work again: the one that was late goes on with the next run as if nothing had been.
    stage.yard.stop(f"{CHROMIUM}+second")


def _ends(run: CheckRun) -> int:
    return Event.objects.filter(
        machine="checks.checkrun", object_id=run.pk, verb__in=["pass", "warn", "fail"]
    ).count()


def two_workers_on_one_step(stage: Stage, chance: Chance) -> None:
    """Two workers of each kind are rung for the same steps many times over: each step is done once."""
    second = tuple(f"{name}+second" for name in WORKERS)
    stage.yard.start(*WORKERS, *second, "beat")
    try:
        for name in second:
            stage.yard.child(name)
        sent = stage.send(refined(uuid.uuid4().hex, busy_ms=BUSY_MS))
        for _ in range(chance.randrange(5, 15)):
            ring_now(Job.PLAN_CHECKS, sent.pk)
        stage.running(sent)
        for run in sent.check_runs.all():
            for _ in range(chance.randrange(5, 15)):
                ring_now(Job.CHECK_CHROMIUM if run.queue == "chromium" else Job.CHECK_LIGHT, run.pk)
        passes(stage, sent, losses=0)
        for _ in range(10):
            ring_now(Job.OPEN_REVIEW, sent.pk)
        for run in sent.check_runs.all():
            assert (run.epoch, _ends(run)) == (1, 1), run
    finally:
        stage.yard.stop(*second)


def poison(stage: Stage, chance: Chance) -> None:
    """A page that takes its worker down each time: three losses end the run, and the contributor is not blamed."""
    sent, run = busy(stage)
    for epoch in (1, 2, 3):
        run = stage.running(sent, epoch=epoch)
        os.kill(stage.yard.child(CHROMIUM), signal.SIGKILL)
        assert stage.let_the_lease_run_out(run)
    assert stage.settled(sent).status == "awaiting_review"
    assert stage.results(sent)["render"] == "infra_error"
    # The queue goes on.
    passes(stage, stage.send(refined(uuid.uuid4().hex)))


def disk_full(stage: Stage, chance: Chance) -> None:
    """A worker can write no byte to a file, as on a full disk: its run is given back, and passes once there is room."""
    sent, run = busy(stage)
    child = stage.yard.child(CHROMIUM)
    _, most = resource.prlimit(child, resource.RLIMIT_FSIZE)
    resource.prlimit(child, resource.RLIMIT_FSIZE, (0, most))
    try:
        # Its evidence finds no room, and no half of it stays.
        stage.yard.wait(
            lambda: CheckRun.objects.filter(pk=run.pk, losses__gte=1).exists(), "the run to be given back"
        )
        chance.moment(0.5)
    finally:
        resource.prlimit(child, resource.RLIMIT_FSIZE, (most, most))
    assert stage.settled(sent).status == "awaiting_review", stage.results(sent)
    # Room may have come too late for a third attempt: then nobody is blamed.
    assert set(stage.results(sent).values()) <= {"passed", "warned", "infra_error"}, stage.results(sent)
    passes(stage, stage.send(refined(uuid.uuid4().hex)))

"""Running one check: take its row, look, write the verdict. No transaction stays open while a check looks."""

from __future__ import annotations

import structlog

from catalog import telling
from checks import actions, names, originality, registry, robot, sights, signatures
from checks.browser import BrowserLost
from checks.chromium import ChromiumMissing
from checks.models import CheckRun
from checks.signatures import Asked, Sought
from checks.verdict import Subject, Verdict
from core.errors import WrongState

log = structlog.get_logger(__name__)


def run(run_id: int) -> None:
    """Run a queued check to its verdict. A run that is over, or held by another worker, is left alone."""
    taken = actions.take(run_id=run_id)
    if taken is None:
        return
    verdict = _look(taken)
    if verdict is not None:
        try:
            actions.finish(run=taken, verdict=verdict)
        except WrongState:
            log.warning("late verdict dropped", run=taken.pk, epoch=taken.epoch)
        except (
            Exception
        ) as error:  # no room for evidence, say: given back now, not when the lease has run out
            log.exception("verdict not kept", check=taken.check_name, run=taken.pk)
            _lose(taken, f"{type(error).__name__}: {error}")
    # Whatever waits although it was rung: so a worker once awake empties its queue, however many rings were lost.
    actions.ring_overdue(queue=taken.queue, limit=1)


def _look(taken: CheckRun) -> Verdict | None:
    """The verdict, or None when the run was given back because something of ours failed."""
    check = registry.CHECKS[taken.check_name]
    try:
        subject = subject_of(taken)
        if check.queue != "chromium":
            return check.run(subject, None)
        return check.run(subject, sights.remembering(robot.browser(), subject, _set_of(taken)))
    except BrowserLost as error:
        why = f"browser lost: {error}"
    except ChromiumMissing as error:
        log.error("no browser: checks that need one cannot be run", error=str(error))
        why = f"no browser: {error}"
    except Exception as error:  # a fault of ours must cost a retry, never a contributor's work
        log.exception("check crashed", check=taken.check_name, run=taken.pk)
        why = f"{type(error).__name__}: {error}"
    if check.queue == "chromium":
        # It may be in the middle of a page (a time limit interrupts anywhere): the next check gets a fresh one.
        robot.discard()
    _lose(taken, why)
    return None


def _set_of(taken: CheckRun) -> str:
    if taken.retrial is not None:
        return f"submission {taken.retrial.submission_id}"
    return f"draft {taken.draft_id}" if taken.submission_id is None else f"submission {taken.submission_id}"


def _lose(taken: CheckRun, why: str) -> None:
    try:
        actions.lose(run=taken, why=why)
    except WrongState:
        log.warning("late loss dropped", run=taken.pk, epoch=taken.epoch)


def subject_of(taken: CheckRun) -> Subject:
    """What the check looks at: the refinement, its base and rival; originality also at what others handed in before."""
    own: int | None
    submission = taken.submission or (taken.retrial.submission if taken.retrial else None)
    if submission is not None:
        task, fileset, own = submission.task, submission.fileset, submission.author_id
    else:
        assert taken.draft is not None
        assignment = taken.draft.assignment
        task, fileset, own = assignment.task, taken.draft.fileset, assignment.assignee_id
    assert fileset is not None
    files, base = fileset.files, task.base.fileset.files if task.base else None
    sought = Sought([], {})
    if taken.check_name == originality.NAME:
        # What came later cannot have been copied.
        before = submission.pk if submission is not None else None
        added = originality.added(files, base)
        sought = signatures.search(Asked(added, task.project_id, task.prompt_id, own, before))
    return Subject(
        framework=task.prompt.framework,
        refined=files,
        base=base,
        rival=task.rival.fileset.files if task.rival else None,
        siblings=sought.siblings,
        sought=sought.told,
        prompt=task.prompt.text,
        names=telling.own_of(task.project),
        let_stand=names.let_stand(task.base, task.rival),
    )

"""What can go wrong while work is checked, one function each: break it, repair it, wait, say what must have come of it.

`chance` sets the moment and whatever else a scenario leaves open. The invariants are asked afterwards, by the caller.
"""

from __future__ import annotations

import json
import os
import signal
import time
import urllib.request
import uuid
from collections.abc import Callable
from http.client import HTTPResponse
from random import Random

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from checks.models import CheckRun
from core.models import Event, IdempotencyKey
from people.models import User
from tests.pipeline.stage import Stage, refined
from tests.pipeline.yard import WORKERS
from work.models import Submission

CHROMIUM = "worker-chromium"
# How long the page under test keeps a browser busy, and within which a blow falls.
BUSY_MS = 3_000
# A person who submits waits for one attempt to reach the broker (3 s) and for a crowded machine.
SUBMIT_S = 6.0


def _busy(stage: Stage) -> tuple[Submission, CheckRun]:
    """A submission whose render check is being run now."""
    stage.yard.start(*WORKERS, "beat")
    sent = stage.send(refined(uuid.uuid4().hex, busy_ms=BUSY_MS))
    return sent, stage.running(sent)


def _moment(chance: Random) -> None:
    time.sleep(chance.uniform(0.0, BUSY_MS / 1000))


def _passes(stage: Stage, sent: Submission, *, losses: int | None = None) -> None:
    assert stage.settled(sent).status == "awaiting_review", stage.results(sent)
    assert set(stage.results(sent).values()) <= {"passed", "warned"}, stage.results(sent)
    if losses is not None:
        assert sent.check_runs.get(check_name="render").losses == losses


def child_killed(stage: Stage, chance: Random) -> None:
    """kill -9 of the process that runs the check: its lease runs out, another runs it."""
    sent, run = _busy(stage)
    child = stage.yard.child(CHROMIUM)
    _moment(chance)
    os.kill(child, signal.SIGKILL)
    hit = stage.let_the_lease_run_out(run)
    _passes(stage, sent, losses=int(hit))


def worker_killed(stage: Stage, chance: Random) -> None:
    """kill -9 of the whole worker, and a new one: the same."""
    sent, run = _busy(stage)
    child = stage.yard.child(CHROMIUM)
    _moment(chance)
    stage.yard.hands[CHROMIUM].kill()
    os.kill(child, signal.SIGKILL)
    hit = stage.let_the_lease_run_out(run)
    stage.yard.start(CHROMIUM)
    _passes(stage, sent, losses=int(hit))


def chromium_killed(stage: Stage, chance: Random) -> None:
    """kill -9 of Chromium: not the page's fault, so the check is run again at once."""
    sent, _ = _busy(stage)
    child = stage.yard.child(CHROMIUM)
    browser = stage.yard.browser_of(child)
    _moment(chance)
    os.kill(browser, signal.SIGKILL)
    _passes(stage, sent)
    assert stage.yard.child(CHROMIUM) == child


def broker_emptied(stage: Stage, chance: Random) -> None:
    """Everything in Redis is gone while a check runs and others wait: the sweep rings for them."""
    sent, _ = _busy(stage)
    other = stage.send(refined(uuid.uuid4().hex))
    stage.yard.empty_broker()
    _moment(chance)
    stage.yard.empty_broker()
    _passes(stage, sent)
    _passes(stage, other)


def workers_down(stage: Stage, chance: Random) -> None:
    """Work is sent while no worker runs, and even the rings are lost: it waits, and is checked later."""
    stage.yard.start(*WORKERS, "beat")
    stage.yard.stop(*(name for name in WORKERS if name in stage.yard.hands))
    sent = [stage.send(refined(uuid.uuid4().hex)) for _ in range(2)]
    if chance.random() < 0.5:
        stage.yard.empty_broker()
    assert {each.status for each in sent} == {"checking"}
    stage.yard.start(*WORKERS)
    for each in sent:
        _passes(stage, each)


def frozen_past_its_lease(stage: Stage, chance: Random) -> None:
    """SIGSTOP past the lease, another worker takes the run, CONT: the late verdict is refused."""
    sent, run = _busy(stage)
    frozen = stage.yard.hands[CHROMIUM]
    child = stage.yard.child(CHROMIUM)
    _moment(chance)
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
    _passes(stage, sent, losses=1)
    ends = Event.objects.filter(
        machine="checks.checkrun", object_id=run.pk, verb__in=["pass", "warn", "fail"]
    )
    assert ends.count() == 1
    run.refresh_from_db()
    assert run.epoch == 2
    # Both are at work again: the one that was late goes on with the next run as if nothing had been.
    stage.yard.stop(f"{CHROMIUM}+second")


def poison(stage: Stage, chance: Random) -> None:
    """A page that takes its worker down each time: three losses end the run, and the contributor is not blamed."""
    sent, run = _busy(stage)
    for epoch in (1, 2, 3):
        run = stage.running(sent, epoch=epoch)
        os.kill(stage.yard.child(CHROMIUM), signal.SIGKILL)
        assert stage.let_the_lease_run_out(run)
    assert stage.settled(sent).status == "awaiting_review"
    assert stage.results(sent)["render"] == "infra_error"
    # The queue goes on.
    _passes(stage, stage.send(refined(uuid.uuid4().hex)))


def broker_refuses(stage: Stage, chance: Random) -> None:
    """Redis is down while somebody submits: the answer is 201, soon, and the work is checked once it is back."""
    _submit_without_broker(stage, stage.yard.valve.refuse, chance)


def broker_swallows(stage: Stage, chance: Random) -> None:
    """Redis takes connections and never answers: the same."""
    _submit_without_broker(stage, stage.yard.valve.swallow, chance)


def _submit_without_broker(stage: Stage, breaks: Callable[[], None], chance: Random) -> None:
    stage.yard.start(*WORKERS, "beat", "web")
    seat, author = stage.seat()
    rev = stage.save(seat, author, refined(uuid.uuid4().hex))
    cookie = _sign_in(author)
    stage.yard.wait(lambda: _get(stage, "/healthz", cookie), "the web server")
    body = {"rev": rev, "outcome": "refined", "reason": "Clearer type and order."}
    key = uuid.uuid4().hex
    breaks()
    try:
        began = time.monotonic()
        status, answer = _post(stage, f"/bench/{seat.pk}/submit", body, cookie, key)
        took = time.monotonic() - began
        assert status == 201, answer
        assert took < SUBMIT_S, f"submitting took {took:.1f} s"
        # Asked again, the same answer: one effect per key.
        assert _post(stage, f"/bench/{seat.pk}/submit", body, cookie, key) == (201, answer)
        time.sleep(chance.uniform(0, 3))
    finally:
        stage.yard.valve.open()
    sent = Submission.objects.get(assignment=seat)
    stage.remember(sent)
    assert IdempotencyKey.objects.get(key=key).status == 201
    _passes(stage, sent)


def _sign_in(user: User) -> str:
    """The cookies of a signed-in person."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"sessionid={session.session_key}; csrftoken={'c' * 32}"


def _get(stage: Stage, path: str, cookie: str) -> bool:
    try:
        return (
            _open(urllib.request.Request(stage.yard.origin + path, headers={"Cookie": cookie})).status == 200
        )
    except OSError:
        return False


def _post(stage: Stage, path: str, body: object, cookie: str, key: str) -> tuple[int, object]:
    headers = {
        "Cookie": cookie,
        "X-CSRFToken": "c" * 32,
        "Origin": stage.yard.origin,
        "Content-Type": "application/json",
        "Idempotency-Key": key,
    }
    request = urllib.request.Request(
        stage.yard.origin + path, data=json.dumps(body).encode(), headers=headers, method="POST"
    )
    try:
        with _open(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def _open(request: urllib.request.Request) -> HTTPResponse:
    return urllib.request.urlopen(request, timeout=30)  # type: ignore[no-any-return]  # http only


SCENARIOS: dict[str, Callable[[Stage, Random], None]] = {
    each.__name__: each
    for each in (
        child_killed,
        worker_killed,
        chromium_killed,
        broker_emptied,
        workers_down,
        frozen_past_its_lease,
        poison,
        broker_refuses,
        broker_swallows,
    )
}
# What `make test` tries; all of them take two minutes and a half.
SHORT = ("worker_killed", "broker_emptied", "frozen_past_its_lease")
# These find nothing in a project of their own: pages under test change their code, and are compared elsewhere.
WITHOUT = ("accessibility", "effort")

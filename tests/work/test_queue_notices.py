"""Being told that work has opened: once an opening, in the interface and by mail, to nobody it is closed to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from catalog import actions as catalog
from core.errors import NotAllowed
from desk.sweeping import PARTS
from people.models import User
from people.rules import Role
from tests.scenes import Scene
from tests.visitors import text_of, visitor
from tests.worlds import world
from work import actions, queue_notices
from work.models import Notice, Watch
from work.states import TaskKind

pytestmark = pytest.mark.django_db
REFINE = TaskKind.REFINE


@pytest.fixture
def scene() -> Scene:
    return Scene(world(prompts=1))


@pytest.fixture
def ana(scene: Scene) -> User:
    """A contributor who waits: the one refine task is held by ben."""
    waiting = scene.world.person("ana", Role.CONTRIBUTOR)
    queue_notices.watch(by=waiting, project_id=scene.world.project.pk, kind=REFINE)
    return waiting


@pytest.fixture
def seat(scene: Scene) -> Any:
    return scene.claim(scene.world.person("ben", Role.CONTRIBUTOR), REFINE)


def give_back(seat: Any) -> None:
    actions.release(by=seat.assignee, assignment=seat, reason="")


def told(user: User) -> int:
    return Notice.objects.filter(user=user).count()


def test_an_opening_is_told_once_on_every_page_until_put_away(scene: Scene, seat: Any, ana: User) -> None:
    assert (queue_notices.look(), told(ana)) == (0, 0)
    give_back(seat)
    assert (queue_notices.look(), queue_notices.look(), told(ana)) == (1, 0, 1)
    assert '<span class="count">1<span class="visually-hidden"> new' in text_of(visitor(ana).get("/account/"))
    page = text_of(visitor(ana).get("/queue/"))
    assert "<b>Refine</b> opened in Test project" in page
    assert "Stop telling me" in page
    visitor(ana).post(reverse("work:dismiss"))
    assert "opened in Test project" not in text_of(visitor(ana).get("/queue/"))


def test_the_next_opening_is_told_again_but_not_within_the_hour(scene: Scene, seat: Any, ana: User) -> None:
    give_back(seat)
    queue_notices.look()
    again = scene.claim(scene.world.person("ben"), REFINE)
    queue_notices.look()
    give_back(again)
    assert (queue_notices.look(), told(ana)) == (0, 1)
    last = scene.claim(scene.world.person("ben"), REFINE)
    Watch.objects.update(told_at=timezone.now() - queue_notices.REST - timedelta(minutes=1))
    queue_notices.look()
    give_back(last)
    assert (queue_notices.look(), told(ana)) == (1, 2)


def test_who_stopped_is_told_nothing(scene: Scene, seat: Any, ana: User) -> None:
    form = {"project": scene.world.project.pk, "kind": REFINE}
    assert "Stop telling me" in text_of(visitor(ana).get("/queue/"))
    visitor(ana).post(reverse("work:unwatch"), form)
    give_back(seat)
    assert (queue_notices.look(), told(ana)) == (0, 0)


def test_the_page_offers_it_where_one_can_wait(scene: Scene, seat: Any) -> None:
    cleo = scene.world.person("cleo", Role.CONTRIBUTOR)
    assert "Tell me<span" in text_of(visitor(cleo).get("/queue/"))
    answer = visitor(cleo).post(reverse("work:watch"), {"project": scene.world.project.pk, "kind": REFINE})
    assert answer["Location"] == "/queue/"
    assert Watch.objects.get(user=cleo).kind == REFINE


def test_who_is_barred_is_not_told_and_keeps_waiting(scene: Scene, ana: User) -> None:
    catalog.pause(project=scene.world.project, by=scene.world.lead)
    assert queue_notices.look() == 0
    catalog.resume(project=scene.world.project, by=scene.world.lead)
    assert queue_notices.look() == 1


def test_without_the_role_one_neither_asks_nor_is_told(scene: Scene, ana: User) -> None:
    catalog.remove_member(project=scene.world.project, user=ana, role=Role.CONTRIBUTOR, by=scene.world.lead)
    assert queue_notices.look() == 0
    assert not Watch.objects.exists()
    with pytest.raises(NotAllowed):
        queue_notices.watch(by=ana, project_id=scene.world.project.pk, kind=REFINE)


def test_mail_goes_once_where_there_is_a_mail_server(scene: Scene, ana: User, settings: Any) -> None:
    queue_notices.look()
    assert queue_notices.due() == []
    Watch.objects.update(told_at=None)
    settings.MAIL_NOTICES = True
    queue_notices.look()
    (pk,) = queue_notices.due()
    assert [queue_notices.mail(notice_id=pk), queue_notices.mail(notice_id=pk)] == [True, False]
    (sent,) = mail.outbox
    assert sent.to == ["ana@example.com"]
    assert "whoever claims first" in sent.body
    assert queue_notices.due() == []


def test_mail_that_cannot_be_sent_is_tried_three_times(scene: Scene, ana: User, settings: Any) -> None:
    settings.MAIL_NOTICES = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    queue_notices.look()
    (pk,) = queue_notices.due()
    for _ in range(queue_notices.MAX_TRIES):
        with pytest.raises(OSError, match="refused"):
            queue_notices.mail(notice_id=pk)
        assert queue_notices.due() == []
        Notice.objects.update(mail_lease_until=timezone.now() - timedelta(seconds=1))
    assert queue_notices.due() == []


def test_the_sweep_looks() -> None:
    assert queue_notices.look in PARTS

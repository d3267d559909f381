"""Projects, members and guidelines by their actions."""

from __future__ import annotations

import pytest

from catalog import actions
from catalog.models import Membership
from catalog.states import ProjectStatus
from core.errors import BadInput, Conflict, NotAllowed, WrongState
from core.models import Event
from people.rules import Role
from tests.factories import CodeModelFactory, ProjectFactory, UserFactory, member

pytestmark = pytest.mark.django_db


def test_whoever_creates_a_project_leads_it() -> None:
    lead = member(ProjectFactory(), Role.LEAD)
    target, rival = CodeModelFactory(), CodeModelFactory()
    made = actions.create_project(name="New", slug="new", target=target, rival=rival, by=lead, pay_refine=900)
    assert (made.status, made.pay_refine) == (ProjectStatus.DRAFT, 900)
    assert Membership.objects.filter(project=made, user=lead, role=Role.LEAD).exists()
    assert Event.objects.filter(machine="catalog.project", verb="create", object_id=made.pk).exists()
    with pytest.raises(Conflict):
        actions.create_project(name="New", slug="new", target=target, rival=rival, by=lead)
    with pytest.raises(BadInput):
        actions.create_project(name="Odd", slug="odd", target=target, rival=target, by=lead)
    with pytest.raises(NotAllowed):
        actions.create_project(name="No", slug="no", target=target, rival=rival, by=UserFactory())


def test_activation_says_all_that_is_missing() -> None:
    with pytest.raises(BadInput) as refused:
        actions.activate(project=ProjectFactory(), by=None)
    assert [problem.where for problem in refused.value.problems] == ["guideline", "rules", "criteria"]


def test_a_project_moves_by_its_table_and_its_leads() -> None:
    project = ProjectFactory(ready=True)
    lead, stranger = member(project, Role.LEAD), member(ProjectFactory(), Role.LEAD)
    with pytest.raises(NotAllowed):
        actions.activate(project=project, by=stranger)
    actions.activate(project=project, by=lead)
    with pytest.raises(WrongState):
        actions.activate(project=project, by=lead)
    actions.pause(project=project, by=lead)
    actions.resume(project=project, by=lead)
    actions.close(project=project, by=lead)
    with pytest.raises(WrongState):
        actions.resume(project=project, by=lead)


def test_leads_enter_the_admin_and_the_last_one_stays() -> None:
    project = ProjectFactory()
    first, second = member(project, Role.LEAD), UserFactory()
    with pytest.raises(Conflict):
        actions.remove_member(project=project, user=first, role=Role.LEAD, by=first)
    actions.add_member(project=project, user=second, role=Role.LEAD, by=first)
    actions.add_member(project=project, user=second, role=Role.LEAD, by=first)
    second.refresh_from_db()
    assert second.is_staff
    actions.remove_member(project=project, user=first, role=Role.LEAD, by=second)
    first.refresh_from_db()
    assert not first.is_staff
    with pytest.raises(BadInput):
        actions.add_member(project=project, user=first, role="king", by=second)


def test_a_changed_guideline_is_a_new_version() -> None:
    project = ProjectFactory()
    one = actions.publish_guideline(project=project, text="First.\r\n", by=None)
    assert actions.publish_guideline(project=project, text="First.", by=None) == one
    two = actions.publish_guideline(project=project, text="Second.", by=None)
    assert (one.version, two.version) == (1, 2)
    assert project.guidelines.get(version=1).text == "First."
    with pytest.raises(BadInput):
        actions.publish_guideline(project=project, text=" ", by=None)

"""Home by role, the navigation, the theme, and whether the site is well."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection
from pytest_django import DjangoAssertNumQueries

from catalog.models import Membership
from people.models import User
from people.rules import Role
from tests.factories import ProjectFactory
from tests.scenes import Scene
from tests.visitors import queries, text_of, visitor
from tests.worlds import person, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Scene:
    return Scene(world(prompts=4, pay_refine=1500))


def test_a_stranger_is_asked_to_sign_in() -> None:
    answer = visitor().get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/")


def test_a_contributor_sees_what_waits_what_pays_and_where_to_begin(scene: Scene) -> None:
    ana = scene.world.person("ana", Role.CONTRIBUTOR)
    judge = scene.world.person("judge", Role.REVIEWER)
    scene.accepted(ana, judge)
    scene.check(scene.send(ana))
    scene.changes_requested(ana, judge)
    page = text_of(visitor(ana).get("/"))
    assert "<dt>Earned this week</dt> <dd>€15.00</dd>" in page
    assert "<dt>Awaiting a decision</dt> <dd>€15.00</dd>" in page
    assert "Make the button larger." in page
    assert "queue-claim" in page
    assert "Projects you lead" not in page
    assert "Newest releases" not in page


def test_a_reviewer_is_paid_too(scene: Scene) -> None:
    judge = scene.world.person("judge", Role.REVIEWER)
    scene.accepted(scene.world.person("ana", Role.CONTRIBUTOR), judge)
    page = text_of(visitor(judge).get("/"))
    assert "<dt>Earned this week</dt> <dd>€4.00</dd>" in page


def test_a_lead_sees_projects_and_the_way_to_the_desk(scene: Scene) -> None:
    scene.check(scene.send(scene.world.person("ana", Role.CONTRIBUTOR)))
    page = text_of(visitor(scene.world.lead).get("/"))
    assert 'href="/admin/">Open the desk' in page
    assert '<td data-label="Await review" class="num">1</td>' in page
    assert "Earned this week" not in page


def test_an_ml_user_sees_releases_and_no_work(scene: Scene) -> None:
    page = text_of(visitor(scene.world.person("mel", Role.ML)).get("/"))
    assert "Nothing is published yet in your projects" in page
    assert 'href="/queue/"' not in page


def test_without_a_role_it_says_what_happens_next() -> None:
    page = text_of(visitor(person("newcomer")).get("/"))
    assert "You are not a member of any project yet" in page
    assert "<b>newcomer</b>" in page


def test_it_costs_the_same_queries_for_one_project_and_for_twenty(scene: Scene) -> None:
    everything = scene.world.person("all", Role.CONTRIBUTOR, Role.REVIEWER, Role.LEAD, Role.ML)
    scene.returned(everything)
    one = queries(visitor(everything), "/")
    for _ in range(19):
        project = ProjectFactory()
        for role in Role:
            Membership.objects.create(project=project, user=everything, role=role)
    assert queries(visitor(everything), "/") == one
    assert one <= 20


@pytest.mark.parametrize(
    ("role", "labels"),
    [
        (Role.CONTRIBUTOR, ["Home", "Queue", "My work", "Statement"]),
        (Role.REVIEWER, ["Home", "Queue", "My work", "Statement"]),
        (Role.LEAD, ["Home", "Releases", "Desk"]),
        (Role.ML, ["Home", "Releases"]),
        (None, ["Home"]),
    ],
)
def test_navigation_shows_what_the_roles_open(scene: Scene, role: Role | None, labels: list[str]) -> None:
    user = scene.world.person("somebody", *([role] if role else []))
    context = visitor(user).get("/account/").context
    assert [link.label for link in context["nav"]] == labels
    assert [link.label for link in context["user_nav"] if link.current] == ["Account"]


@pytest.mark.parametrize(
    ("own", "cookie", "shown"),
    [
        ("", None, ""),
        ("dark", None, "dark"),
        ("dark", "light", "light"),
        ("dark", "system", ""),
        ("", "<x>", ""),
    ],
)
def test_the_browsers_choice_of_theme_goes_before_the_persons(
    own: str, cookie: str | None, shown: str
) -> None:
    user = person("somebody", theme=own)
    browser = visitor(user)
    if cookie is not None:
        browser.cookies["theme"] = cookie
    page = text_of(browser.get("/account/"))
    assert (f'data-theme="{shown}"' in page) == bool(shown)
    assert ('data-theme="' in page.split(">", 2)[1]) == bool(shown)


def test_health_needs_one_query_and_no_session(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        answer = visitor().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_health_tells_a_lost_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise DatabaseError

    monkeypatch.setattr(connection, "cursor", broken)
    assert visitor().get("/healthz").status_code == 503


def test_a_hold_is_said_first(scene: Scene) -> None:
    from people.actions import hold

    ana = scene.world.person("ana", Role.CONTRIBUTOR)
    hold(user=ana, reason="We are checking a payment of yours.", by=person("root", is_superuser=True))
    assert "on hold: We are checking a payment of yours." in text_of(
        visitor(User.objects.get(pk=ana.pk)).get("/")
    )

"""The admin's lists: cut by key, counted by tallies, few queries, and only of one's own projects."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Membership, Project
from people.rules import Role
from tests.desk.scene import disputed, whole_loop
from tests.worlds import World, person, world
from work.admin import TaskAdmin
from work.models import Task

pytestmark = pytest.mark.django_db

TASKS = "/admin/work/task/"
FEWER_THAN = 10


def get(client: Client, url: str) -> str:
    """The page, having cost fewer than ten queries and no count of rows."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
    assert answer.status_code == 200, answer.headers
    sqls = [query["sql"] for query in queries]
    assert len(sqls) < FEWER_THAN, "\n".join(sqls)
    assert not [sql for sql in sqls if re.search(r"count\(", sql, re.IGNORECASE) or " OFFSET " in sql]
    return answer.content.decode()


def numbers(html: str) -> list[int]:
    """The numbers of the tasks listed, in their order."""
    return [int(pk) for pk in re.findall(r'<a href="/admin/work/task/(\d+)/change/', html)]


@pytest.fixture
def scene() -> World:
    return world(prompts=60, scratch=4)


@pytest.fixture
def lead(scene: World) -> Client:
    client = Client()
    client.force_login(scene.lead)
    return client


def test_paging_reaches_every_task_once_from_either_end(
    scene: World, lead: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TaskAdmin, "list_per_page", 25)
    every = sorted(Task.objects.values_list("pk", flat=True), reverse=True)
    seen: list[int] = []
    url: str | None = TASKS
    while url:
        html = get(lead, url)
        assert "64" in html
        assert "tasks" in html
        seen += numbers(html)
        older = re.search(r'href="([^"]+)" rel="next"', html)
        url = TASKS + older[1] if older else None
    assert seen == every

    last = get(lead, f"{TASKS}?p=last")
    assert numbers(last) == every[-25:]
    newer = re.search(r'href="([^"]+)" rel="prev"', last)
    assert newer is not None
    assert numbers(get(lead, TASKS + newer[1])) == every[-50:-25]
    assert 'rel="next"' not in last
    assert 'rel="prev"' not in get(lead, TASKS)


def test_filters_are_counted_and_paged(scene: World, lead: Client) -> None:
    html = get(lead, f"{TASKS}?project={scene.project.pk}&kind=write&status=open")
    assert len(numbers(html)) == 4
    assert re.search(r"\b4\s+tasks", html)
    assert numbers(get(lead, f"{TASKS}?status=withdrawn")) == []
    assert len(numbers(get(lead, f"{TASKS}?kind=refine&p=last"))) == 50


@pytest.mark.parametrize("token", ["b", "a0", "x9", "b-1", "b99999999999999999999999", "%00", "2", "last"])
def test_any_page_token_is_answered(lead: Client, token: str) -> None:
    assert lead.get(TASKS, {"p": token}).status_code == 200


def test_search_finds_by_number_and_by_key(scene: World, lead: Client) -> None:
    task = Task.objects.get(prompt__key="p7")
    assert numbers(get(lead, f"{TASKS}?q=%23{task.pk}")) == [task.pk]
    assert numbers(get(lead, f"{TASKS}?q=p7")) == [task.pk]
    assert numbers(get(lead, f"{TASKS}?q=no-such-key")) == []


def test_a_lead_sees_their_own_projects_only(scene: World) -> None:
    other = Project.objects.create(
        name="Other", slug="other", target=scene.project.target, rival=scene.project.rival
    )
    foreign = person("foreign-lead", is_staff=True)
    Membership.objects.create(project=other, user=foreign, role=Role.LEAD)
    client = Client()
    client.force_login(foreign)
    task = Task.objects.order_by("pk")[0]
    assert numbers(get(client, TASKS)) == []
    assert numbers(get(client, f"{TASKS}?project={scene.project.pk}")) == []
    assert numbers(get(client, f"{TASKS}?q=%23{task.pk}")) == []
    # The admin sends people on who ask for a row that is not there for them.
    assert client.get(f"{TASKS}{task.pk}/change/").status_code in (302, 404)
    assert (
        client.post(
            reverse("admin:work_task_do", args=[task.pk, "withdraw"]), {"reason": "not mine at all"}
        ).status_code
        == 404
    )
    task.refresh_from_db()
    assert task.status == "open"


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.REVIEWER, Role.ML])
def test_only_leads_and_operators_enter(scene: World, role: Role) -> None:
    client = Client()
    client.force_login(scene.person(f"a {role}", role))
    assert client.get(TASKS).status_code in (302, 403)


def test_signing_in_is_the_sites_own(scene: World) -> None:
    answer = Client().get(TASKS, follow=True)
    assert answer.redirect_chain[-1][0].startswith(f"/accounts/login/?next={TASKS.replace('/', '%2F')}")
    evil = Client().get("/admin/login/?next=https://elsewhere.example/")
    assert "elsewhere" not in evil["Location"]


def test_withdrawing_needs_a_reason_and_takes_the_seats_away(scene: World, lead: Client) -> None:
    task = Task.objects.order_by("pk")[0]
    do = reverse("admin:work_task_do", args=[task.pk, "withdraw"])
    lead.post(do, {"reason": ""})
    task.refresh_from_db()
    assert task.status == "open"
    said = lead.post(do, {"reason": "The prompt is a duplicate."}, follow=True).content.decode()
    task.refresh_from_db()
    assert task.status == "withdrawn"
    assert "Its open seats are gone" in said
    assert not task.assignments.filter(status="open").exists()


def test_a_dispute_is_answered_by_somebody_new(scene: World, lead: Client) -> None:
    dispute = disputed(scene)
    page = reverse("admin:review_dispute_change", args=[dispute.pk])
    assert "covers the heading" in get(lead, page)
    assert (
        "reviewer"
        not in re.sub(r"reviewed|reviewer[’']", "", get(lead, page))
        .split("The rejection")[-1]
        .split("Decided")[0]
    )
    do = reverse("admin:review_dispute_do", args=[dispute.pk, "uphold"])
    lead.post(do, {"reason": "The screenshot shows the menu below the heading."})
    dispute.refresh_from_db()
    assert dispute.status == "upheld"
    assert dispute.submission.status == "accepted"


def test_every_list_and_every_row_opens_for_an_operator_in_few_queries(scene: World) -> None:
    whole_loop(scene)
    client = Client()
    client.force_login(person("operator", is_staff=True, is_superuser=True))
    rooms = {"work", "checks", "review", "arena", "ledger", "core"}
    opened = 0
    for model in admin.site._registry:
        if model._meta.app_label not in rooms:
            continue
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        get(client, reverse(f"{name}_changelist"))
        row = model._default_manager.order_by("-pk").first()
        if row is not None:
            opened += 1
            page = reverse(f"{name}_change", args=[row.pk])
            client.get(page)  # Django looks a content type up once a process
            get(client, page)
    assert opened >= 8


def test_no_list_lets_anybody_write(scene: World) -> None:
    client = Client()
    client.force_login(person("operator", is_staff=True, is_superuser=True))
    for model in (
        "work_task",
        "work_assignment",
        "work_submission",
        "core_event",
        "ledger_entry",
        "arena_vote",
    ):
        assert client.get(reverse(f"admin:{model}_add")).status_code == 403

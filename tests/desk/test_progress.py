"""A project's progress page and the admin's home: right figures, kept and not counted, few queries, own projects."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from arena.models import Pair
from catalog.models import Generation, Membership, Project, Prompt
from core import tally
from desk import charts, figures, verdicts
from people.models import User
from people.rules import Role
from review import actions as review
from review.states import Decision
from tests.desk.scene import checked, disputed, reviewed, submitted, whole_loop
from tests.exports import judged
from tests.worlds import World, page, person, world
from work.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> World:
    return world(prompts=3, scratch=1)


@pytest.fixture
def lead(scene: World) -> Client:
    return signed_in(scene.lead)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def steps(project: Project) -> dict[str, int]:
    return {step.name: step.n for step in figures.of_project(project.pk).funnel()}


def test_the_funnel_follows_the_work(scene: World) -> None:
    assert steps(scene.project) == {
        "Prompts": 4, "Tasks": 4, "Claimed": 0, "Submitted": 0, "Passed checks": 0, "Accepted": 0, "Verdict": 0,
    }  # fmt: skip
    author = scene.person("author", Role.CONTRIBUTOR)
    sent = submitted(scene, author)
    assert steps(scene.project)["Submitted"] == 1
    assert steps(scene.project)["Passed checks"] == 0
    reviewed(scene, checked(sent), scene.person("reviewer", Role.REVIEWER), Decision.ACCEPT, notes="Good.")
    now = steps(scene.project)
    assert (now["Claimed"], now["Passed checks"], now["Accepted"], now["Verdict"]) == (1, 1, 1, 0)


def test_a_fix_counts_once(scene: World) -> None:
    author, reviewer = scene.person("author", Role.CONTRIBUTOR), scene.person("reviewer", Role.REVIEWER)
    sent = checked(submitted(scene, author))
    reviewed(scene, sent, reviewer, Decision.FIX_ACCEPT, files=page("Fixed", "by a reviewer"))  # type: ignore[arg-type]  # files, not text
    fix = checked(sent.superseded_by)
    review.open_review(submission_id=fix.pk)
    now = steps(scene.project)
    assert (now["Submitted"], now["Passed checks"], now["Accepted"]) == (1, 1, 1)


def test_what_is_kept_is_what_is_there(scene: World) -> None:
    whole_loop(scene, 2, 3, 1)
    disputed(scene)
    Prompt.objects.filter(key="p3").update(quarantine="Matches a protected set.")
    now = figures.of_project(scene.project.pk)
    assert (now.prompts, now.quarantined) == (3, 1)
    assert {status: n for status, _, n in now.reviews() if n} == {"accept": 1, "reject": 1}
    assert sum(sum(by_status.values()) for _, by_status in now.checks()) == 2 * len(now.checks())
    assert now.spend() == [("compare", "EUR", 3 * 80), ("refine", "EUR", 1500), ("review", "EUR", 2 * 400)]
    assert now.spent() == [("EUR", 2540)]
    assert now.votes == 3
    assert (now.won, now.lost, now.tied) == (1, 0, 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT (now() AT TIME ZONE 'UTC')::date")
        today: date = cursor.fetchone()[0]
    last = now.pace(today)[-1]
    assert (last.submitted, last.accepted, last.voted) == (2, 1, 3)
    assert len(now.pace(today)) == figures.PACE_DAYS


def test_folding_changes_no_figure(scene: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole_loop(scene)
    before = figures.of_project(scene.project.pk)
    monkeypatch.setattr(tally, "FOLD_AT", 1)
    tally.fold()
    after = figures.of_project(scene.project.pk)
    assert after.funnel() == before.funnel()
    assert after.spend() == before.spend()


def test_win_rate_with_both_intervals(scene: World) -> None:
    whole_loop(scene, 2, 3, 1)
    now = figures.of_project(scene.project.pk)
    pairs = verdicts.of_pairs(now)
    assert (pairs.rate, pairs.n) == (1.0, 1)
    assert pairs.low == pytest.approx(0.2065, abs=1e-3)  # Wilson's bound of 1 of 1
    climb = verdicts.of_votes(scene.project, now.votes)
    assert climb.votes == climb.train
    assert (climb.votes.rate, climb.votes.n, climb.votes.prompts, climb.votes.voters) == (1.0, 3, 1, 3)
    assert (climb.held_out.rate, climb.gap) == (None, None)
    with CaptureQueriesContext(connection) as queries:
        assert verdicts.of_votes(scene.project, now.votes) == climb
    assert len(queries) == 0


@pytest.mark.parametrize("most", [verdicts.MAX_VOTES, 3])
def test_the_headline_is_of_held_out_prompts_and_of_voters_of_no_other(
    monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    made = judged.scene(
        2, authors=2
    ).world  # voter0, 1 and 2 vote for the refined page of one pair, then of the other
    pair = Pair.objects.order_by("-pk")[0]
    Prompt.objects.filter(pk=pair.task.prompt_id).update(held_out=True)
    vote = pair.votes.order_by("pk")[0]
    vote.voter, vote.refined_is_a, vote.choice = made.person("stranger", Role.CONTRIBUTOR), True, 2
    vote.save()
    # Whoever voted on a train prompt stays a usual voter when that vote is too old to be counted.
    monkeypatch.setattr(verdicts, "MAX_VOTES", most)
    caches["memory"].clear()
    climb = verdicts.of_votes(made.project, 6)
    assert (climb.held_out.rate, climb.held_out.n, climb.held_out.voters) == (0.0, 1, 1)
    if most == 3:
        assert (climb.train.rate, climb.gap) == (None, None)
        return
    assert (climb.train.rate, climb.train.n, climb.gap) == (1.0, 3, 1.0)
    html = signed_in(made.lead).get(reverse("desk:project", args=["test"])).content.decode()
    assert "of 1 vote on held-out prompts, by people who voted on no other" in html
    assert "The gap (a) − (b) is +100.0 points" in html


def test_the_page_says_what_stands_in_few_queries(scene: World, lead: Client) -> None:
    whole_loop(scene, 2, 3, 1)
    with CaptureQueriesContext(connection) as queries:
        answer = lead.get(reverse("desk:project", args=["test"]))
    assert len(queries) < 10, [query["sql"] for query in queries]
    html = answer.content.decode()
    assert "of 1 blind verdict" in html
    assert "€25.40" not in html
    assert "€21.40" in html  # 15.00 refine, 4.00 review, 3 votes of 0.80
    assert "As a table" in html
    assert "'unsafe-eval'" in answer["Content-Security-Policy"]


def test_an_empty_project_says_so(scene: World, lead: Client) -> None:
    html = lead.get(reverse("desk:project", args=["test"])).content.decode()
    assert "No verdicts yet" in html
    assert "Nothing was reviewed yet." in html


def test_home_lists_the_leads_projects_in_few_queries(scene: World, lead: Client) -> None:
    disputed(scene)
    Project.objects.create(
        name="Hidden", slug="hidden", target=scene.project.target, rival=scene.project.rival
    )
    with CaptureQueriesContext(connection) as queries:
        html = lead.get("/admin/").content.decode()
    assert len(queries) < 10, [query["sql"] for query in queries]
    assert "Test project" in html
    assert "Hidden" not in html
    assert "Dispute #" in html


def test_opening_tasks_says_plainly_what_came_of_it(scene: World, lead: Client) -> None:
    for key, of_target, of_rival in (("n1", True, True), ("n2", False, True), ("n3", False, False)):
        prompt = Prompt.objects.create(
            project=scene.project, key=key, text="t", framework="html", source="s", licence="CC0", cluster=key
        )
        some = Generation.objects.all()[0].fileset
        for wanted, model in ((of_target, scene.project.target), (of_rival, scene.project.rival)):
            if wanted:
                Generation.objects.create(prompt=prompt, model=model, fileset=some, use="train")
    url = reverse("desk:open_tasks", args=["test"])
    assert lead.get(url).status_code == 405
    said = lead.post(url, follow=True).content.decode()
    assert "Opened 1 to refine and 1 to write from scratch. 1 prompt waits for the rival’s output." in said
    assert "No task was opened" in lead.post(url, follow=True).content.decode()
    assert Task.objects.count() == 6


@pytest.mark.parametrize("name", ["desk:project", "desk:open_tasks"])
def test_others_find_nothing(scene: World, name: str) -> None:
    other = Project.objects.create(
        name="Other", slug="other", target=scene.project.target, rival=scene.project.rival
    )
    foreign = person("foreign-lead", is_staff=True)
    Membership.objects.create(project=other, user=foreign, role=Role.LEAD)
    url = reverse(name, args=["test"])
    for user in (
        foreign,
        scene.person("c", Role.CONTRIBUTOR),
        scene.person("r", Role.REVIEWER),
        scene.person("m", Role.ML),
    ):
        client = Client()
        client.force_login(user)
        assert (client.post(url) if name.endswith("tasks") else client.get(url)).status_code == 404
    assert (Client().post(url) if name.endswith("tasks") else Client().get(url)).status_code == 302


def test_code_of_a_submission_is_for_leads_and_never_markup(scene: World, lead: Client) -> None:
    sent = submitted(scene, scene.person("author", Role.CONTRIBUTOR))
    url = reverse("desk:files", args=[sent.pk])
    html = lead.get(url).content.decode()
    assert "<h1>Refined</h1>" not in html
    assert "&lt;h1&gt;Refined&lt;/h1&gt;" in html
    for user in (sent.author, scene.person("r", Role.REVIEWER)):
        client = Client()
        client.force_login(user)
        assert client.get(url).status_code == 404


def test_a_submissions_page_shows_its_whole_story_in_few_queries(scene: World, lead: Client) -> None:
    done = whole_loop(scene, 2, 3, 1)
    url = reverse("admin:work_submission_change", args=[done.pk])
    lead.get(url)  # Django looks a content type up once a process
    with CaptureQueriesContext(connection) as queries:
        html = lead.get(url).content.decode()
    assert len(queries) < 10, [query["sql"] for query in queries]
    for expected in (
        "refined-375.png",
        "Refined won",
        "€15.00",
        "awaiting review → accepted",
        "Good.",
        "by reviewer",
    ):
        assert expected in html, expected


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 4), (4, 4), (5, 5), (7, 10), (10, 10), (11, 20), (99, 100), (201, 500)]
)
def test_axes_end_at_round_numbers(highest: int, top: int) -> None:
    assert charts.nice_top(highest) == top


def test_lines_stay_within_the_chart() -> None:
    drawn = charts.lines([("a", "a", [0, 3, 10])], ["x", "y", "z"], every=1)
    points = [tuple(map(float, pair.split(","))) for pair in drawn.lines[0].points.split()]
    assert points == [(36.0, 140.0), (334.0, 100.4), (632.0, 8.0)]
    assert [tick.label for tick in drawn.across] == ["x", "y", "z"]


def test_shares_of_nothing_are_nothing() -> None:
    assert charts.shares([0, 0]) == [0.0, 0.0]
    assert charts.shares([1, 3], of=4) == [25.0, 75.0]

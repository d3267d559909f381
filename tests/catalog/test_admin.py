"""The admin of the catalogue: each lead in their own projects, every write by its action, few queries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from catalog import import_actions
from catalog.models import CodeModel, Generation, Import, Membership, Project, Prompt
from core.models import Event
from people.models import User
from people.rules import Role
from tests.factories import ProjectFactory, PromptFactory, UserFactory, json_lines, line, member

pytestmark = pytest.mark.django_db

OWN_MODELS = ["project", "membership", "codemodel", "prompt", "generation", "import"]


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def project() -> Project:
    return ProjectFactory(ready=True)


@pytest.fixture
def lead(project: Project) -> User:
    return member(project, Role.LEAD)


@pytest.fixture
def desk(client: Client, lead: User) -> Client:
    client.force_login(lead)
    return client


def url(model: str, page: str, *args: object) -> str:
    return reverse(f"admin:catalog_{model}_{page}", args=args)


def setup_form(project: Project, **changes: object) -> dict[str, object]:
    """What the browser would send from a project's page without its inlines."""
    fields = ["name", "slug", "purpose", "currency", "pay_refine", "pay_write", "pay_review", "pay_compare",
              "pay_after_days", "lease_minutes", "daily_cap", "seats_refine", "max_bytes", "assist_requests",
              "assist_tokens"]  # fmt: skip
    empty = {
        f"{prefix}-{name}": 0
        for prefix in ("rules", "criteria", "memberships")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    newest = project.guidelines.first()
    text = {"guideline": newest.text} if newest else {}
    sent = {name: getattr(project, name) for name in fields}
    return {**empty, **text, **sent, "target": project.target_id, "rival": project.rival_id, **changes}


@pytest.mark.parametrize("model", OWN_MODELS)
def test_a_lead_opens_every_list(desk: Client, model: str) -> None:
    assert desk.get(url(model, "changelist")).status_code == 200


def test_others_rows_do_not_exist_for_a_lead(desk: Client, project: Project) -> None:
    other = ProjectFactory(name="Somebody else’s")
    theirs = PromptFactory(project=other, key="their-key")
    PromptFactory(project=project, key="my-key")
    listed = desk.get(url("prompt", "changelist")).content.decode()
    assert "my-key" in listed
    assert "their-key" not in listed
    assert "Somebody else" not in listed
    for page in [url("prompt", "change", theirs.pk), url("project", "change", other.pk)]:
        assert desk.get(page).status_code == 302, "Django sends unknown rows back to the start page"
    assert desk.post(reverse("admin:catalog_project_do", args=[other.pk, "activate"])).status_code == 404
    other.refresh_from_db()
    assert other.status == "draft"


@pytest.mark.parametrize("role", [Role.CONTRIBUTOR, Role.REVIEWER, Role.ML])
def test_nobody_else_enters(client: Client, project: Project, role: Role) -> None:
    client.force_login(member(project, role))
    for model in OWN_MODELS:
        assert client.get(url(model, "changelist")).status_code in (302, 403)


def test_staff_without_a_project_sees_no_project_rows(client: Client, project: Project) -> None:
    client.force_login(UserFactory(is_staff=True))
    assert client.get(url("prompt", "changelist")).status_code == 403
    assert client.get(url("project", "add")).status_code == 403


def test_an_operator_sees_all(client: Client, project: Project) -> None:
    client.force_login(UserFactory(operator=True))
    for model in OWN_MODELS:
        assert client.get(url(model, "changelist")).status_code == 200
    assert client.get(url("project", "change", project.pk)).status_code == 200


def test_a_button_moves_the_status_and_nothing_else_does(desk: Client, project: Project, lead: User) -> None:
    press = reverse("admin:catalog_project_do", args=[project.pk, "activate"])
    assert desk.get(press).status_code == 405
    desk.post(url("project", "change", project.pk), setup_form(project, status="closed"))
    project.refresh_from_db()
    assert project.status == "draft"
    desk.post(press)
    project.refresh_from_db()
    assert project.status == "active"
    assert Event.objects.get(machine="catalog.project", verb="activate").actor_id == lead.pk


def test_a_button_that_cannot_says_why(desk: Client, lead: User) -> None:
    bare = ProjectFactory()
    Membership.objects.create(project=bare, user=lead, role=Role.LEAD)
    answer = desk.post(reverse("admin:catalog_project_do", args=[bare.pk, "activate"]), follow=True)
    assert "a rejection must name a rule" in answer.content.decode()


def test_set_up_saves_guideline_checks_and_members_by_their_actions(desk: Client, project: Project) -> None:
    newcomer = UserFactory(username="newcomer")
    sent = setup_form(
        project, guideline="A better text.", check_render="warn",
        **{"memberships-TOTAL_FORMS": 1, "memberships-0-person": newcomer.email.upper(), "memberships-0-role": "reviewer"},
    )  # fmt: skip
    answer = desk.post(url("project", "change", project.pk), sent)
    assert answer.status_code == 302, answer.context["errors"]
    project.refresh_from_db()
    assert project.check_policy == {"render": "warn"}
    assert [g.version for g in project.guidelines.all()] == [2, 1]
    assert Membership.objects.filter(project=project, user=newcomer, role="reviewer").exists()
    verbs = set(Event.objects.filter(machine__startswith="catalog.").values_list("verb", flat=True))
    assert {"set_up", "publish", "add_member"} <= verbs


def test_an_unknown_member_is_a_form_error(desk: Client, project: Project) -> None:
    sent = setup_form(
        project,
        **{"memberships-TOTAL_FORMS": 1, "memberships-0-person": "ghost", "memberships-0-role": "lead"},
    )
    answer = desk.post(url("project", "change", project.pk), sent)
    assert "Nobody is known by this" in answer.content.decode()


def test_a_lead_sets_a_project_up_and_leads_it(desk: Client, project: Project, lead: User) -> None:
    draft = Project(name="Second", slug="second", target=project.target, rival=project.rival)
    sent = setup_form(project, name=draft.name, slug=draft.slug, guideline="Text.")
    answer = desk.post(url("project", "add"), sent)
    assert answer.status_code == 302
    made = Project.objects.get(slug="second")
    assert Membership.objects.filter(project=made, user=lead, role=Role.LEAD).exists()
    assert made.guidelines.get().text == "Text."
    same = desk.post(url("project", "add"), setup_form(project, slug="third", rival=project.target_id))
    assert "cannot be its own rival" in same.content.decode()


def test_members_are_added_and_removed_by_actions(desk: Client, project: Project) -> None:
    person = UserFactory()
    desk.post(
        url("membership", "add"), {"project": project.pk, "person": person.username, "role": "contributor"}
    )
    row = Membership.objects.get(user=person)
    desk.post(url("membership", "delete", row.pk), {"post": "yes"})
    assert not Membership.objects.filter(user=person).exists()
    other = ProjectFactory()
    desk.post(url("membership", "add"), {"project": other.pk, "person": person.username, "role": "lead"})
    assert not Membership.objects.filter(user=person).exists()


def test_an_import_is_uploaded_watched_and_read(desk: Client, project: Project) -> None:
    file = SimpleUploadedFile("bad.jsonl", json_lines([line("a", framework="vue")]))
    answer = desk.post(url("import", "add"), {"project": project.pk, "file": file})
    row = Import.objects.get()
    assert answer.headers["Location"] == url("import", "change", row.pk)
    waiting = desk.get(url("import", "change", row.pk)).content.decode()
    assert 'hx-trigger="every 1s"' in waiting
    import_actions.run(row.pk)
    part = desk.get(url("import", "progress", row.pk)).content.decode()
    assert "nothing was written" in part
    assert "line 1, framework" in part
    assert "hx-trigger" not in part


def test_a_lead_of_one_project_need_not_choose_it(desk: Client, project: Project, lead: User) -> None:
    def chosen() -> object:
        return desk.get(url("import", "add")).context["adminform"].form["project"].value()

    assert chosen() == project.pk
    Membership.objects.create(project=ProjectFactory(), user=lead, role=Role.LEAD)
    assert not chosen()


def test_an_import_into_anothers_project_is_refused(desk: Client) -> None:
    file = SimpleUploadedFile("x.jsonl", b"{}")
    desk.post(url("import", "add"), {"project": ProjectFactory().pk, "file": file})
    assert not Import.objects.exists()
    theirs = Import.objects.create(project=ProjectFactory(), file_name="x", path="x")
    assert desk.get(url("import", "progress", theirs.pk)).status_code == 404


def test_prompts_and_outputs_are_only_looked_at(desk: Client, project: Project) -> None:
    row = import_actions.request_import(
        project=project, chunks=[json_lines([line("a", rival="<script>alert(1)</script>")])], file_name="x",
        update=False, by=None,
    )  # fmt: skip
    import_actions.run(row.pk)
    prompt = Prompt.objects.get()
    desk.post(url("prompt", "change", prompt.pk), {"text": "Changed."})
    prompt.refresh_from_db()
    assert prompt.text == "Make the page a."
    assert desk.get(url("prompt", "add")).status_code == 403
    output = Generation.objects.order_by("-id")[0]
    page = desk.get(url("generation", "change", output.pk)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_leads_register_models_and_operators_change_them(desk: Client, project: Project) -> None:
    desk.post(url("codemodel", "add"), {"name": "new-model", "vendor": "V", "use": "train"})
    model = CodeModel.objects.get(name="new-model")
    desk.post(url("codemodel", "change", model.pk), {"name": "other", "vendor": "V", "use": "none"})
    model.refresh_from_db()
    assert model.name == "new-model"


def test_lists_take_few_queries_whatever_they_hold(
    desk: Client, project: Project, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    PromptFactory.create_batch(60, project=project)
    for page in ["", "?p=last", f"?project={project.pk}", "?q=prompt"]:
        with django_assert_max_num_queries(9):
            assert desk.get(url("prompt", "changelist") + page).status_code == 200
    with django_assert_max_num_queries(9):
        desk.get(url("project", "changelist"))


def test_people_are_the_operators_business(client: Client, lead: User) -> None:
    operator, person = UserFactory(operator=True), UserFactory()
    people = reverse("admin:people_user_changelist")
    page = reverse("admin:people_user_change", args=[person.pk])
    client.force_login(lead)
    assert client.get(people).status_code == 403
    assert client.get(page).status_code == 403
    client.force_login(operator)
    assert client.get(people).status_code == 200
    assert client.get(reverse("admin:people_user_add")).status_code == 200
    grants = {
        f"grants-{name}": 0 for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    sent = {
        "username": person.username,
        "email": person.email,
        "timezone": "UTC",
        "is_active": "on",
        **grants,
    }
    client.post(page, {**sent, "hold": "Call us."})
    person.refresh_from_db()
    assert (person.hold_reason, person.hold_by) == ("Call us.", operator)
    client.post(page, {**sent, "hold": ""})
    person.refresh_from_db()
    assert person.hold_at is None


def test_protected_sets_are_registered_by_operators_and_seen_by_leads(desk: Client) -> None:
    pages = [reverse("admin:protect_protectedset_changelist"), reverse("admin:protect_protectedset_add")]
    assert [desk.get(page).status_code for page in pages] == [200, 403]
    desk.force_login(UserFactory(operator=True))
    file = SimpleUploadedFile("bench.txt", b"Design a lighthouse.\n")
    sent = {"name": "Bench", "slug": "bench", "version": "1", "source": "s", "licence": "CC0", "file": file}
    assert desk.post(pages[1], sent).status_code == 302
    assert "Bench" in desk.get(pages[0]).content.decode()

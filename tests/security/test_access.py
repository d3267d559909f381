"""What the table of URLs does not ask: foreign rows smuggled through forms, and requests forged by other sites."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from catalog.models import CodeModel, Criterion, GuidelineRule, Import, Membership, Project
from exports.models import Recipe, Token
from people.models import User
from people.rules import Role
from tests import worlds
from tests.factories import CodeModelFactory, ProjectFactory, member
from tests.scenes import Scene
from tests.worlds import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return worlds.world()


@pytest.fixture
def stranger(world: World) -> Client:
    """The lead of another project."""
    other = ProjectFactory.create(
        slug="other", ready=True, target=CodeModelFactory.create(name="their-model")
    )
    client = Client()
    client.force_login(member(other, Role.LEAD, username="stranger"))
    return client


def other() -> Project:
    return Project.objects.get(slug="other")


def test_a_foreign_project_is_no_choice_of_any_form(world: World, stranger: Client) -> None:
    pk = world.project.pk
    stranger.post("/admin/catalog/membership/add/", {"project": pk, "person": "stranger", "role": "lead"})
    stranger.post("/admin/exports/recipe/add/", {
        "project": pk, "name": "theirs", "configs": "preference", "formats": "jsonl", "held_out_share": "0.1",
        "min_votes": "3", "seed": "1", "licence": "other",
    })  # fmt: skip
    stranger.post("/admin/catalog/import/add/", {"project": pk, "file": SimpleUploadedFile("a.jsonl", b"{}")})
    stranger.post("/releases/tokens/", {"project": pk, "name": "mine", "days": "7", "verbs": "read"})
    assert not Membership.objects.filter(project=pk, user__username="stranger").exists()
    assert not Recipe.objects.exists()
    assert not Import.objects.exists()
    assert not Token.objects.exists()


def inline(prefix: str, total: int, initial: int, **rows: object) -> dict[str, str]:
    """The fields of a formset; `rows` by number and field, such as `0_id`."""
    given = {f"{prefix}-{name.replace('_', '-', 1)}": str(value) for name, value in rows.items()}
    return {f"{prefix}-TOTAL_FORMS": str(total), f"{prefix}-INITIAL_FORMS": str(initial), **given}


def test_foreign_rows_are_not_changed_through_ones_own_projects_page(world: World, stranger: Client) -> None:
    mine, theirs = other(), GuidelineRule.objects.get(project=world.project)
    wanted = {
        name: getattr(mine, name) for name in (
            "name", "slug", "currency", "pay_refine", "pay_write", "pay_review", "pay_compare", "lease_minutes",
            "daily_cap", "seats_refine", "max_bytes", "pay_after_days", "assist_requests", "assist_tokens",
        )
    } | {"target": mine.target_id, "rival": mine.rival_id, "guideline": "Make it better.", "purpose": ""}  # fmt: skip
    page = f"/admin/catalog/project/{mine.pk}/change/"
    seat = Membership.objects.get(project=world.project, role=Role.LEAD)
    sent = wanted | inline(
        "rules", 1, 1, **{"0_id": theirs.pk, "0_project": mine.pk, "0_code": "X1", "0_text": "Stolen."}
    )
    sent |= inline("criteria", 0, 0)
    sent |= inline(
        "memberships", 1, 1, **{"0_id": seat.pk, "0_project": mine.pk, "0_DELETE": "on", "0_role": "lead"}
    )
    stranger.post(page, sent)
    theirs.refresh_from_db()
    assert (theirs.project_id, theirs.code) == (world.project.pk, "G1")
    assert Membership.objects.filter(pk=seat.pk).exists()
    # The same page does change one's own rows, or the above proves nothing.
    own = GuidelineRule.objects.get(project=mine)
    fields = inline(
        "rules", 1, 1, **{"0_id": own.pk, "0_project": mine.pk, "0_code": "X1", "0_text": "Mine."}
    )
    criterion = Criterion.objects.get(project=mine)
    fields |= inline("criteria", 1, 1, **{
        "0_id": criterion.pk, "0_project": mine.pk, "0_slug": "looks", "0_name": "Looks", "0_question": "Which?",
        "0_position": 0,
    })  # fmt: skip
    answer = stranger.post(page, wanted | fields | inline("memberships", 0, 0))
    told = (
        []
        if answer.status_code == 302
        else [answer.context["errors"], answer.context["adminform"].form.errors]
    )
    assert not told
    own.refresh_from_db()
    assert own.code == "X1"


def test_lists_and_lookups_tell_nothing_of_foreign_rows(world: World, stranger: Client) -> None:
    sent = Scene(world).accepted(
        world.person("author", Role.CONTRIBUTOR), world.person("reviewer", Role.REVIEWER)
    )
    pk = world.project.pk
    for path in (
        "/admin/", "/admin/catalog/project/", f"/admin/catalog/prompt/?project={pk}", "/admin/catalog/generation/",
        f"/admin/work/task/?project={pk}", "/admin/work/assignment/", f"/admin/work/submission/?project={pk}",
        f"/admin/work/submission/?task={sent.task_id}", "/admin/review/review/", "/admin/catalog/membership/",
        "/admin/work/task/?q=p0", f"/admin/work/submission/?q={sent.pk}", "/", "/releases/",
        "/admin/work/task/?status=settled", "/admin/catalog/import/add/", "/admin/exports/recipe/add/",
    ):  # fmt: skip
        text = stranger.get(path).content.decode()
        for told in ("Test project", "author", f"/admin/work/submission/{sent.pk}/change", "Make page 0"):
            assert told not in text, f"{path} tells {told}"
    for path in ("/admin/catalog/prompt/?project__slug=test", "/admin/catalog/membership/?user__password__startswith=p",
                 "/admin/work/submission/?author__email__startswith=a", "/admin/work/task/?prompt__text__contains=Make",
                 "/admin/catalog/project/?target__name__startswith=t"):  # fmt: skip
        assert stranger.get(path).status_code in (302, 400), path
    asked = {"app_label": "catalog", "model_name": "membership", "field_name": "user", "term": "a"}
    assert stranger.get("/admin/autocomplete/", asked).status_code in (403, 404)


def test_staff_without_a_project_learns_no_models_name(world: World) -> None:
    someone = worlds.person("someone", is_staff=True)
    Membership.objects.create(project=world.project, user=someone, role=Role.CONTRIBUTOR)
    client = Client()
    client.force_login(someone)
    for path in ("/admin/", "/admin/catalog/codemodel/", "/admin/catalog/codemodel/add/", "/admin/catalog/project/",
                 f"/admin/catalog/codemodel/{CodeModel.objects.all()[0].pk}/change/"):  # fmt: skip
        answer = client.get(path)
        for name in ("target-model", "rival-model", "Vendor R"):
            assert name not in answer.content.decode(), path
    client.post("/admin/catalog/codemodel/add/", {"name": "x", "vendor": "y", "use": "train"})
    assert not CodeModel.objects.filter(name="x").exists()


def routes(resolver: URLResolver | None = None, space: tuple[str, ...] = ()) -> list[tuple[str, URLPattern]]:
    """Every named URL of the site."""
    found = []
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLPattern):
            found += [(":".join((*space, each.name)), each)] if each.name else []
        else:
            found += routes(each, (*space, each.namespace) if each.namespace else space)
    return found


def test_no_url_takes_a_write_without_its_token(world: World) -> None:
    """A sound row stands behind each number, so nothing but the missing token can be what is refused."""
    User.objects.filter(pk=world.lead.pk).update(is_superuser=True)
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(pk=world.lead.pk))
    values: dict[str, Any] = {"slug": "test", "path": "README.md", "name": "a.png", "key": "a-b", "uidb36": "1",
                              "app_label": "catalog", "url": "x/", "content_type_id": 1}  # fmt: skip
    tried = 0
    for name, pattern in routes():
        parts = getattr(pattern.pattern, "converters", None) or pattern.pattern.regex.groupindex
        given = {part: values.get(part, 1) for part in parts}
        try:
            url = reverse(name, kwargs=given)
        except NoReverseMatch:
            continue
        for method in ("post", "put", "delete", "patch"):
            status = getattr(client, method)(
                url, {}, content_type="application/x-www-form-urlencoded"
            ).status_code
            tried += 1
            # 415: the API reads JSON only, and says so first.
            assert status in (403, 405) or (status == 415 and name.startswith("api:")), (
                f"{method} {name}: {status}"
            )
    assert tried > 200

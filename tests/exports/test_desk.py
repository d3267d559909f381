"""The lead's way on the desk: recipe, build, progress, withdrawal; and only for their own projects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Membership, Project
from exports import actions, building
from exports.models import Recipe, Release
from people.models import User
from people.rules import Role
from tests.exports import judged
from tests.exports.shelves import Shelf, bare


def desk(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


@pytest.mark.django_db(transaction=True)
def test_from_a_recipe_to_files(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"
    made = judged.scene(1)
    lead = desk(made.world.lead)
    form = {
        "project": made.world.project.pk, "name": "first", "configs": ["sft", "kto"], "formats": ["parquet"], "tags": "",
        "held_out_share": "0.1", "min_votes": "3", "seed": "1", "licence": "CC0-1.0",
    }  # fmt: skip
    added = lead.post(reverse("admin:exports_recipe_add"), {**form, "_continue": "1"})
    assert added.status_code == 302, added.context["adminform"].form.errors
    recipe = Recipe.objects.get()
    assert (recipe.created_by, recipe.configs) == (made.world.lead, ["sft", "kto"])
    page = lead.get(reverse("admin:exports_recipe_change", args=[recipe.pk])).content.decode()
    build = reverse("admin:exports_recipe_do", args=[recipe.pk, "build"])
    assert build in page

    pressed = lead.post(build)
    release = Release.objects.get()
    url = reverse("admin:exports_release_change", args=[release.pk])
    assert pressed["Location"] == url
    page = lead.get(url).content.decode()
    progress = reverse("admin:exports_release_progress", args=[release.pk])
    assert f'hx-get="{progress}"' in page
    assert "every 1s" in page
    assert "Waits for a worker" in lead.get(progress).content.decode()
    taken = actions.take(release_id=release.pk)
    assert taken is not None
    actions.progress(release=taken, phase="Writing files", done=1200, total=5000)
    assert "Writing files: 1,200 of 5,000 rows" in lead.get(progress).content.decode()

    Release.objects.filter(pk=release.pk).update(lease_until=None)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    over = lead.get(progress)
    assert over["HX-Refresh"] == "true"
    page = lead.get(url).content.decode()
    assert reverse("exports:detail", args=[release.pk]) in page
    assert "every 1s" not in page
    assert release.manifest_sha256 in page
    assert reverse("exports:detail", args=[release.pk]) in lead.get(reverse("exports:list")).content.decode()


def test_withdrawing(shelf: Shelf) -> None:
    lead = desk(shelf.world.lead)
    url = reverse("admin:exports_release_change", args=[shelf.release.pk])
    press = reverse("admin:exports_release_do", args=[shelf.release.pk, "withdraw"])
    assert press in lead.get(url).content.decode()
    said = lead.post(press, {"reason": "no"}, follow=True).content.decode()
    assert "Say why." in said
    lead.post(press, {"reason": "A licence was wrong."})
    shelf.release.refresh_from_db()
    assert shelf.release.status == "withdrawn"
    page = lead.get(url).content.decode()
    assert "A licence was wrong." in page
    assert press not in page


def test_revoking_somebodys_token(shelf: Shelf) -> None:
    token, secret = shelf.token()
    lead = desk(shelf.world.lead)
    page = lead.get(reverse("admin:exports_token_change", args=[token.pk])).content.decode()
    assert secret not in page
    assert token.digest not in page
    lead.post(reverse("admin:exports_token_do", args=[token.pk, "revoke"]))
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_a_recipe_that_makes_no_sense_is_refused_by_its_form(shelf: Shelf) -> None:
    lead = desk(shelf.world.lead)
    form = {
        "project": shelf.world.project.pk, "name": "next", "configs": ["video"], "formats": [], "tags": "",
        "held_out_share": "0.9", "min_votes": "1", "seed": "1", "licence": "x",
    }  # fmt: skip
    answer = lead.post(reverse("admin:exports_recipe_add"), form)
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) >= {"configs", "formats"}
    assert Recipe.objects.filter(name="next").count() == 0


def test_a_recipe_with_releases_stays_with_its_project(shelf: Shelf) -> None:
    """Else its releases would show in another project what its people may not see."""
    lead, recipe = shelf.world.lead, shelf.release.recipe
    own = shelf.world.project
    other = Project.objects.create(name="Other", slug="other", target=own.target, rival=own.rival)
    Membership.objects.create(project=other, user=lead, role=Role.LEAD)
    form = {
        "project": other.pk, "name": recipe.name, "configs": ["sft"], "formats": ["parquet"], "tags": "",
        "held_out_share": "0.1", "min_votes": "3", "seed": "1", "licence": "CC0-1.0",
    }  # fmt: skip
    answer = desk(lead).post(reverse("admin:exports_recipe_change", args=[recipe.pk]), form)
    assert "project" in answer.context["adminform"].form.errors
    recipe.refresh_from_db()
    assert recipe.project_id != other.pk


@pytest.mark.parametrize("model", ["recipe", "release", "token"])
def test_only_for_their_own_projects(shelf: Shelf, model: str) -> None:
    token, _ = shelf.token()
    row = {"recipe": shelf.release.recipe, "release": shelf.release, "token": token}[model]
    urls = [
        reverse(f"admin:exports_{model}_change", args=[row.pk]),
        *([reverse("admin:exports_release_progress", args=[row.pk])] if model == "release" else []),
    ]
    other = bare()
    Membership.objects.create(project=other.world.project, user=other.world.lead, role=Role.LEAD)
    User.objects.filter(pk=other.world.lead.pk).update(is_staff=True)
    other.world.lead.refresh_from_db()
    for url in urls:
        assert desk(shelf.world.lead).get(url).status_code == 200
        assert desk(other.world.lead).get(url).status_code in (302, 404)
    listed = reverse(f"admin:exports_{model}_changelist")
    assert str(row) in desk(shelf.world.lead).get(listed).content.decode() or model == "token"
    assert urls[0] not in desk(other.world.lead).get(listed).content.decode()
    for name in {"recipe": ["build"], "release": ["withdraw"], "token": ["revoke"]}[model]:
        press = reverse(f"admin:exports_{model}_do", args=[row.pk, name])
        assert desk(other.world.lead).post(press, {"reason": "Because I can."}).status_code == 404
    shelf.release.refresh_from_db()
    token.refresh_from_db()
    assert (shelf.release.status, token.revoked_at, Release.objects.count()) == ("published", None, 1)


def test_lists_cost_few_queries(shelf: Shelf, django_assert_max_num_queries: Any) -> None:
    for n in range(8):
        judged.published(shelf.world, name=f"more{n}")
    lead = desk(shelf.world.lead)
    for model in ("recipe", "release", "token"):
        with django_assert_max_num_queries(10):
            lead.get(reverse(f"admin:exports_{model}_changelist"))
    client = shelf.signed_in()
    for url in (reverse("exports:list"), reverse("exports:detail", args=[shelf.release.pk])):
        with django_assert_max_num_queries(10):
            client.get(url)

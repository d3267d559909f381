"""Rights: from a model's terms to a refusal that names the rows, and a lead's override that the card prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from catalog import terms_actions
from catalog.models import CodeModel, Generation, Use
from core.errors import BadInput, Conflict, NotAllowed
from core.models import Event
from exports import actions, building, rights_actions, verifying
from exports.models import Release, RightsOverride
from people.rules import Role
from tests.exports import judged
from tests.exports.test_desk import desk
from tests.exports.test_versions import card
from tests.factories import UserFactory
from tests.scenes import Scene
from work.models import Submission

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "Agreement of 3 May with the vendor, section 4, kept in the contracts folder."


@pytest.fixture(autouse=True)
def releases(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"


def built(made: Scene, **fields: object) -> Release:
    release = actions.start_release(recipe=judged.recipe(made.world, **fields), by=made.world.lead)
    building.build(release.pk)
    release.refresh_from_db()
    return release


def listed(release: Release) -> list[tuple[str, str, str, str]]:
    rows = pq.read_table(building.folder_of(release) / "LEFT_OUT.parquet").to_pylist()
    return [(row["id"], row["reason"], row["model"], row["use"]) for row in rows]


def tables(release: Release, config: str) -> list[dict[str, Any]]:
    path = building.folder_of(release) / f"data/{config}/train-00000-of-00001.parquet"
    return pq.read_table(path).to_pylist() if path.is_file() else []


def test_a_row_is_refused_by_name_and_the_others_are_released() -> None:
    made = judged.scene(3)
    target = made.world.project.target
    Generation.objects.filter(model=target, prompt__key="p1").update(use=Use.EVAL_ONLY)
    refused = Submission.objects.get(task__prompt__key="p1")
    release = built(made)
    assert (release.status, release.manifest["dropped"]) == (
        "published",
        {"rejected side may not be trained on": 1},
    )
    assert listed(release) == [
        (f"test-{refused.pk}", "rejected side may not be trained on", "target-model", "eval_only")
    ]
    assert {row["id"] for row in tables(release, "default")} == {
        f"test-{sent.pk}" for sent in Submission.objects.exclude(pk=refused.pk)
    }
    page = (
        desk(made.world.lead).get(reverse("admin:exports_release_change", args=[release.pk])).content.decode()
    )
    assert f"test-{refused.pk}" in page
    assert "target-model" in page


def test_when_nothing_is_left_the_refusal_names_rows_model_and_terms() -> None:
    made = judged.scene(2)
    Generation.objects.filter(model=made.world.project.target).update(use=Use.EVAL_ONLY)
    release = built(made)
    assert release.status == "failed"
    ids = ", ".join(f"test-{pk}" for pk in Submission.objects.order_by("id").values_list("pk", flat=True))
    assert release.error == (
        "Every pair was left out: 2 rejected side may not be trained on. "
        f"Refused: {ids}: the rejected side may not be trained on by the terms of target-model (evaluation only). "
        "A lead who holds other terms can override these, for the record."
    )


def test_what_a_model_helped_to_write_goes_by_its_terms() -> None:
    made = judged.scene(2)
    target = made.world.project.target
    CodeModel.objects.filter(pk=target.pk).update(
        use=Use.EVAL_ONLY
    )  # its outputs here are allowed each by itself
    helped = Submission.objects.get(task__prompt__key="p0")
    Submission.objects.filter(pk=helped.pk).update(model_share=0.4)
    release = built(made)
    assert listed(release) == [
        (f"test-{helped.pk}", "chosen side may not be trained on", "target-model", "eval_only")
    ]
    assert [row["id"] for row in tables(release, "hard_negatives")] == []
    assert {row["chosen_use"] for row in tables(release, "default")} == {"train"}


def test_no_training_config_shows_a_page_that_may_not_be_trained_on() -> None:
    made = judged.scene(3)
    target = made.world.project.target
    Generation.objects.filter(model=target, prompt__key="p0").update(use=Use.EVAL_ONLY)
    Generation.objects.filter(model=target, prompt__key="p1").update(use=Use.NONE)
    ids = {key: f"test-{Submission.objects.get(task__prompt__key=key).pk}" for key in ("p0", "p1", "p2")}
    release = built(made)
    for config in ("default", "edit", "feedback", "hard_negatives"):
        assert {row["id"] for row in tables(release, config)} <= {ids["p2"]}, config
    for config in ("preference", "kto", "sft"):
        assert {row["prompt"][0]["content"] for row in tables(release, config)} == {"Make page 2"}, config
    assert {row["question_id"] for row in tables(release, "arena")} == {ids["p0"], ids["p2"]}, (
        "evaluation only"
    )
    assert {row["id"] for row in tables(release, "raw_annotations")} == {ids["p0"], ids["p2"]}


def test_an_override_is_on_record_in_the_card_and_in_the_bytes() -> None:
    made = judged.scene(2, scratch=1)
    lead, target = made.world.lead, made.world.project.target
    Generation.objects.filter(model=target).update(use=Use.EVAL_ONLY)
    CodeModel.objects.filter(pk=target.pk).update(
        use=Use.EVAL_ONLY, terms="Outputs may be evaluated, section 2."
    )
    target.refresh_from_db()
    before = built(made)
    assert before.manifest["rows"]["default"] == {"train": 1}, "the page from scratch stands alone"
    over = rights_actions.override(project=made.world.project, model=target, reason=WHY, by=lead)
    said = Event.objects.get(machine="exports.rights", verb="override")
    assert (said.actor_id, said.data["model"], said.data["reason"]) == (lead.pk, "target-model", WHY)
    release = built(made, name="after")
    assert (release.status, release.manifest["dropped"]) == ("published", {}), release.error
    assert release.manifest["rows"]["preference"] == {"train": 2}
    text = card(release)
    assert "### Overrides" in text
    assert f"| target-model | for evaluation only | {WHY} | lead |" in text
    assert "Outputs may be evaluated, section 2." in text
    assert "### Overrides" not in card(before)
    # Ended, it counts no more for what comes, and for what is out it still does.
    rights_actions.end(made=over, by=lead)
    quiet: list[str] = verifying.rebuilt(release, say=lambda *_: None)
    assert quiet == []
    later = built(made, name="later")
    assert later.manifest["dropped"] == {"rejected side may not be trained on": 2}
    with pytest.raises(Conflict):
        rights_actions.end(made=over, by=lead)
    rights_actions.override(project=made.world.project, model=target, reason=WHY, by=lead)


def test_the_next_version_tells_that_terms_were_overridden() -> None:
    made = judged.scene(2)
    target = made.world.project.target
    Generation.objects.filter(model=target, prompt__key="p0").update(use=Use.EVAL_ONLY)
    recipe = judged.recipe(made.world)
    for _ in range(2):
        release = actions.start_release(recipe=recipe, by=made.world.lead)
        building.build(release.pk)
        if _ == 0:
            rights_actions.override(project=made.world.project, model=target, reason=WHY, by=made.world.lead)
    release.refresh_from_db()
    assert (release.version, release.status) == ("1.1.0", "published"), release.error
    assert "- a lead lets outputs of target-model be trained on" in card(release)
    assert "| added | left out before | 1 |" in card(release)


def test_who_may_override_and_when() -> None:
    made = judged.scene(1)
    project, lead = made.world.project, made.world.lead
    given = {"project": project, "model": project.rival, "reason": WHY}
    with pytest.raises(NotAllowed):
        rights_actions.override(**given, by=made.world.person("mila", Role.ML))
    with pytest.raises(BadInput):
        rights_actions.override(**{**given, "reason": "because"}, by=lead)
    with pytest.raises(BadInput, match="override was not made"):
        rights_actions.override(**{**given, "model": project.target}, by=lead)
    rights_actions.override(**given, by=lead)
    with pytest.raises(BadInput):
        rights_actions.override(**given, by=lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        RightsOverride.objects.create(project=project, model=project.rival, reason="x", made_by=lead)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE exports_rightsoverride SET reason = ''")


def test_the_desk_makes_and_ends_an_override() -> None:
    made = judged.scene(1)
    client, project = desk(made.world.lead), made.world.project
    add = reverse("admin:exports_rightsoverride_add")
    form = {"project": project.pk, "model": project.rival_id, "reason": "too short"}
    assert "is too short" in client.post(add, form).content.decode()
    assert client.post(add, {**form, "reason": WHY}).status_code == 302
    row = RightsOverride.objects.get()
    assert row.made_by == made.world.lead
    assert "in force in this project" in client.post(add, {**form, "reason": WHY}).content.decode()
    client.post(reverse("admin:exports_rightsoverride_do", args=[row.pk, "end"]))
    row.refresh_from_db()
    assert row.ended_by == made.world.lead


def test_stricter_terms_come_down_on_the_outputs_that_are_here() -> None:
    made = judged.scene(2)
    target = made.world.project.target
    operator = UserFactory(operator=True)
    client = Client()
    client.force_login(operator)
    url = reverse("admin:catalog_codemodel_change", args=[target.pk])
    form = {"name": target.name, "vendor": target.vendor, "use": "eval_only", "terms": "New terms of June."}
    said = client.post(url, form, follow=True).content.decode()
    assert "2 outputs of target-model allow no more than its terms now." in said
    assert set(target.generations.values_list("use", flat=True)) == {"eval_only"}
    event = Event.objects.get(machine="catalog.model", verb="set_terms")
    assert (event.actor_id, event.data["before"], event.data["use"], event.data["outputs"]) == (
        operator.pk,
        "train",
        "eval_only",
        2,
    )
    target.refresh_from_db()
    target.use = Use.TRAIN
    target.save()
    assert terms_actions.apply_terms(model=target, before=Use.EVAL_ONLY, by=operator) == 0
    assert set(target.generations.values_list("use", flat=True)) == {"eval_only"}, "wider terms widen nothing"

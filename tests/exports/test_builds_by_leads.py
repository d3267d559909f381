"""A lead builds: live counts that are those of the release, a preview, warnings, cancel and going on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse

from arena.models import Pair, Vote
from catalog.models import Generation, Prompt, Use
from core.errors import NotAllowed, WrongState
from core.models import Event
from exports import actions, build_actions, building, cautions, estimating
from exports.cautions import Caution
from exports.models import Recipe, Release
from people.rules import Role
from tests.exports import judged
from tests.exports.drawn import contents
from tests.exports.test_building import elsewhere
from tests.exports.test_desk import desk
from tests.scenes import Scene
from tests.worlds import world
from work.models import Submission, Task

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def releases(settings: Any, tmp_path: Path) -> None:
    settings.RELEASE_ROOT = tmp_path / "releases"


def built(recipe: Recipe) -> Release:
    release = actions.start_release(recipe=recipe, by=recipe.created_by)
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    return release


def test_what_is_counted_is_what_is_built() -> None:
    made = judged.scene(5, scratch=1, authors=3)
    Pair.objects.filter(task__prompt__key="p0").update(outcome="rival", wins=0, losses=3)
    Generation.objects.filter(prompt__key="p1", model=made.world.project.target).update(use=Use.EVAL_ONLY)
    Prompt.objects.filter(key="p2").update(tags=["menu"], framework="react", licence="MIT")
    recipe = judged.recipe(made.world, held_out_share=0.4)
    found = estimating.estimate(recipe)
    release = built(recipe)
    rows = {config: counts for config, counts in found.rows.items() if counts}
    assert rows == release.manifest["rows"]
    assert found.left_out == release.manifest["dropped"]
    assert found.judged == 6
    assert [row.model for row in found.refused] == ["target-model"]
    sizes = {"parquet": 0, "jsonl": 0}
    for file in release.files.filter(path__startswith="data/"):
        sizes[file.path.rpartition(".")[2]] += file.byte_size
    assert found.bytes["jsonl"] == pytest.approx(sizes["jsonl"], rel=0.5)
    # The next estimate knows how this project packs.
    again = estimating.estimate(recipe).bytes
    assert again["parquet"] / again["jsonl"] == pytest.approx(sizes["parquet"] / sizes["jsonl"], rel=0.1)


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ({"tags": ["menu"]}, ["p2"]),
        ({"frameworks": ["react"]}, ["p2"]),
        ({"frameworks": ["html", "react"]}, ["p0", "p1", "p2"]),
        ({"licences": ["MIT", "none"]}, ["p2"]),
        ({"frameworks": ["react"], "licences": ["CC0"]}, []),
    ],
)
def test_filters_hold_in_counts_preview_and_build(fields: dict[str, list[str]], keys: list[str]) -> None:
    made = judged.scene(3)
    Prompt.objects.filter(key="p2").update(tags=["menu"], framework="react", licence="MIT")
    recipe = judged.recipe(made.world, **fields)
    assert estimating.estimate(recipe).total == len(keys)
    assert sorted(row["prompt"] for row in estimating.preview(recipe)) == keys
    release = actions.start_release(recipe=recipe, by=made.world.lead)
    building.build(release.pk)
    release.refresh_from_db()
    if keys:
        assert release.manifest["rows"]["default"] == {"train": len(keys)}
    else:
        assert (
            release.error
            == "No pair with a verdict is of a prompt with the framework react and the licence CC0."
        )


def test_rows_are_counted_whichever_configs_are_asked_for() -> None:
    found = estimating.estimate(judged.recipe(judged.scene(2).world, configs=["sft"]))
    assert (found.total, found.rows) == (2, {"sft": {"train": 2}})


def test_an_estimate_leaves_nothing_and_says_when_it_looked_at_a_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = Scene(world(prompts=0))
    with transaction.atomic():
        judged.many(made.world, rows=400, clusters=200, authors=30)
    recipe = judged.recipe(made.world)
    whole = estimating.estimate(recipe)
    monkeypatch.setattr(estimating, "LOOKED_AT", 200)
    part = estimating.estimate(recipe)
    assert (whole.share, part.share) == (1.0, 0.5)
    assert part.total == pytest.approx(whole.total, rel=0.35)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relname LIKE 'release\\_%' AND relpersistence = 't'"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
    assert len(estimating.preview(recipe)) == estimating.PREVIEWED


def test_who_counts_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    made = judged.scene(1)
    recipe = judged.recipe(made.world)
    monkeypatch.setattr(estimating, "PATIENCE", "1ms")
    with pytest.raises(estimating.TooSlow, match="The build tells the numbers"):
        estimating.estimate(recipe)
    assert Recipe.objects.count() == 1, "the connection is whole again"


FINE: dict[str, Any] = {
    "rows": 400, "few": 0, "min_votes": 3, "largest_cluster": 4, "longer": 0.5, "largest_share": 0.05,
    "splits": {"train": 360, "test": 40}, "held_out_share": 0.1, "dropped": {}, "near": [],
    "offers": {"tags": [("a", 200), ("b", 200)], "frameworks": [("html", 300), ("react", 100)]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "subject", "said"),
    [
        ({"near": [("p1", "p7", "char-5-gram 0.81")]}, "Leakage", "1 train prompt is near to a test prompt of another cluster: p1 and p7"),
        ({"dropped": {"rejected side may not be trained on": 3}}, "Rights", "3 pairs are refused"),
        ({"splits": {"train": 400}}, "Test split", "is empty"),
        ({"splits": {"train": 390, "test": 10}}, "Test split", "has 10 rows"),
        ({"few": 300}, "Few votes", "75% of the rows rest on 3 votes or fewer"),
        ({"largest_share": 0.3}, "One contributor", "carries 30% of the weight"),
        ({"offers": {**FINE["offers"], "frameworks": [("html", 390), ("react", 10)]}}, "Imbalance", "98% of the rows are of the framework html"),
        ({"largest_cluster": 100}, "Imbalance", "One prompt cluster has 100 of 400 rows"),
        ({"longer": 0.9}, "Length", "longer in 90%"),
        ({"longer": 0.1}, "Length", "shorter in 90%"),
    ],
)  # fmt: skip
def test_each_warning_by_itself(change: dict[str, Any], subject: str, said: str) -> None:
    assert cautions.cautions(FINE) == []
    [one] = cautions.cautions({**FINE, **change})
    assert isinstance(one, Caution)
    assert one.subject == subject
    assert said in one.what
    assert one.todo


def test_near_prompts_across_the_splits_are_found() -> None:
    made = judged.scene(3)
    Prompt.objects.filter(key="p0").update(
        text="Build a calm weather board for a harbour master on duty at night"
    )
    Prompt.objects.filter(key="p1").update(
        text="Build a calm weather board for the harbour master on duty at night!", held_out=True
    )
    # Another author, or the row would be left out with the split of its contributor.
    author = made.world.person("other", Role.CONTRIBUTOR)
    Submission.objects.filter(task__prompt__key="p1").update(author=author)
    recipe = judged.recipe(made.world)
    [leak] = [each for each in estimating.estimate(recipe).cautions if each.subject == "Leakage"]
    assert "p0 and p1" in leak.what
    # Two people refined p0: it is one prompt still.
    Submission.objects.filter(task__prompt__key="p2").update(
        task=Task.objects.get(kind="refine", prompt__key="p0")
    )
    [leak] = [each for each in estimating.estimate(recipe).cautions if each.subject == "Leakage"]
    assert leak.what.startswith("1 train prompt is near")


def test_the_page_counts_what_is_typed_and_shows_a_preview() -> None:
    made = judged.scene(3)
    Prompt.objects.filter(key="p2").update(tags=["menu"])
    recipe = judged.recipe(made.world)
    lead = desk(made.world.lead)
    page = lead.get(reverse("admin:exports_recipe_change", args=[recipe.pk])).content.decode()
    count = reverse("admin:exports_recipe_estimate")
    assert f'hx-get="{count}"' in page
    assert reverse("exports:preview", args=[recipe.pk]) in page
    form = {
        "project": made.world.project.pk, "configs": ["sft"], "formats": ["parquet"], "tags": "menu", "held_out_share": "0",
        "min_votes": "3", "seed": "1",
    }  # fmt: skip
    said = lead.get(count, form).content.decode()
    assert "<dd>1</dd>" in said
    assert "menu" in said
    assert "test" not in [value for value, _ in estimating.estimate(recipe).offers["tags"][3:]]
    missing = lead.get(count, {**form, "configs": []}).content.decode()
    assert "Counts follow once the form is complete" in missing
    preview = lead.get(reverse("exports:preview", args=[recipe.pk]))
    assert [each["label"] for each in preview.context["sets"]] == ["Chosen", "Rejected"]
    assert len(preview.context["rows"]) == 3
    other = preview.context["rows"][2]
    chosen = lead.get(reverse("exports:preview", args=[recipe.pk]), {"row": other["submission"]})
    assert chosen.context["shown"] == other
    assert made.world.person("author0").username not in preview.content.decode(), "no name of a contributor"
    bare = judged.recipe(made.world, name="bare", tags=["absent"])
    assert "No row yet" in lead.get(reverse("exports:preview", args=[bare.pk])).content.decode()


def test_a_cancelled_build_stops_leaves_nothing_and_goes_on_to_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = judged.scene(2)
    lead = made.world.lead
    release = actions.start_release(recipe=judged.recipe(made.world), by=lead)
    real = building.write_data

    def cancelled(*args: Any, **options: Any) -> Any:
        elsewhere(lambda: build_actions.cancel(release=Release.objects.get(pk=release.pk), by=lead))
        return real(*args, **options)

    monkeypatch.setattr(building, "write_data", cancelled)
    building.build(release.pk)
    monkeypatch.setattr(building, "write_data", real)
    release.refresh_from_db()
    assert (release.status, release.error, release.files.count()) == ("cancelled", "", 0)
    assert not building.folder_of(release).exists()
    assert list(building.folder_of(release).parent.iterdir()) == []
    assert actions.due() == []
    with pytest.raises(WrongState):
        build_actions.cancel(release=release, by=lead)
    with pytest.raises(NotAllowed):
        build_actions.resume(release=release, by=made.world.person("mila", Role.ML))
    build_actions.resume(release=release, by=lead)
    # A vote that came meanwhile is of a later moment.
    Vote.objects.filter(pair=Pair.objects.latest("id")).latest("id")
    building.build(release.pk)
    release.refresh_from_db()
    assert release.status == "published", release.error
    verbs = Event.objects.filter(machine="exports.release", object_id=release.pk).order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "create",
        "take",
        "cancel",
        "resume",
        "take",
        "publish",
    ]
    folder = building.folder_of(release)
    building.write(release, folder.parent / "again", progress=lambda *_: None)
    assert contents(folder.parent / "again") == contents(folder)


def test_the_desk_cancels_goes_on_and_issues_again() -> None:
    made = judged.scene(1)
    lead = desk(made.world.lead)
    recipe = judged.recipe(made.world)
    release = actions.start_release(recipe=recipe, by=made.world.lead)
    url = reverse("admin:exports_release_change", args=[release.pk])

    def press(name: str, **given: str) -> str:
        return lead.post(
            reverse("admin:exports_release_do", args=[release.pk, name]), given, follow=True
        ).content.decode()

    assert "Cancel this build" in lead.get(url).content.decode()
    assert "Nothing of it was published" in press("cancel")
    assert "Go on with this build" in lead.get(url).content.decode()
    assert "goes on from the recipe" in press("resume")
    building.build(release.pk)
    assert "Issue it again" in lead.get(url).content.decode()
    assert "sample 1.0.1 is being built" in press("reissue", reason="A licence was mended.")
    again = Release.objects.get(version="1.0.1")
    assert (again.note, again.as_of) == ("A licence was mended.", release.as_of)


def test_a_tombstone_names_what_took_its_place() -> None:
    made = judged.scene(2)
    recipe = judged.recipe(made.world)
    first, second = built(recipe), built(recipe)
    actions.withdraw(release=first, by=made.world.lead, reason="A licence was wrong.")
    user = made.world.person("mila", Role.ML)
    page = desk(user).get(reverse("exports:detail", args=[first.pk]))
    assert page.status_code == 410
    assert reverse("exports:detail", args=[second.pk]) in page.content.decode()
    told = desk(user).get(reverse("api:release", args=[first.pk]))
    assert (told.status_code, told.json()["newer"]) == (410, {"id": second.pk, "version": "1.1.0"})
    assert second.newer() is None
    actions.withdraw(release=second, by=made.world.lead, reason="Another was wrong.")
    assert desk(user).get(reverse("api:release", args=[first.pk])).json()["newer"] is None

"""Selection in SQL does what the pure rules say, drops what must not be trained on, and says why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.db import connection, transaction
from django.utils import timezone

from arena.models import Pair
from catalog.models import Generation, Prompt, Use
from checks.models import CheckRun
from checks.states import RunStatus
from core import filesets
from exports import actions, building, selection
from exports.columns import CONFIGS, REASON_AT, SOURCE_COLUMNS, CanonicalRow
from exports.labels import Weighed, cap_weights, weight
from exports.models import Release
from exports.pseudonyms import pseudonym
from exports.selection import Choice, Selected
from exports.splits import Candidate, assign
from people.rules import Role
from protect.actions import register_set
from protect.set_files import Item
from review.models import Review
from review.states import Decision
from tests.exports import judged
from tests.scenes import Scene
from tests.worlds import page, world
from work.models import Submission

pytestmark = pytest.mark.django_db


def choice(made: Scene, **given: Any) -> Choice:
    fields: dict[str, Any] = {
        "project_id": made.world.project.pk, "as_of": timezone.now() + timedelta(seconds=1), "tags": (), "min_votes": 3,
        "held_out_share": 0.0, "seed": 1, "key": b"key", **given,
    }  # fmt: skip
    return Choice(**fields)


def rows(made: Scene, **given: Any) -> tuple[Selected, list[CanonicalRow]]:
    selected = selection.select(choice(made, **given))
    with selection.stream("test", as_of=timezone.now(), configs=CONFIGS) as batches:
        found = [
            CanonicalRow(*row[: len(SOURCE_COLUMNS)])
            for batch in batches
            for row in batch
            if not row[REASON_AT]
        ]
    assert len(found) == selected.rows
    return selected, found


def picked() -> dict[int, tuple[str, float, str]]:
    """Split, weight and reason by pair."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pick.pair_id, split, round((weight * factor)::numeric, 6)::float8, pick.reason FROM release_pick pick"
            " LEFT JOIN release_row kept USING (pair_id) LEFT JOIN release_who who ON who.author_id = kept.author_id"
        )
        return {pair: (split, weighed, reason) for pair, split, weighed, reason in cursor.fetchall()}


@pytest.mark.parametrize(
    ("count", "clusters", "authors", "seed", "draw"),
    [(700, 400, 90, 1, 0.1), (700, 60, 30, 2, 0.2), (400, 200, 8, 3, 0.3), (300, 300, 1, 4, 0.4)],
)
def test_splits_and_weights_are_those_of_the_pure_rules(
    count: int, clusters: int, authors: int, seed: int, draw: float
) -> None:
    made = Scene(world(prompts=0))
    judged.many(made.world, rows=count, clusters=clusters, authors=authors, draw=draw)
    selected = selection.select(choice(made, seed=seed, held_out_share=0.2))
    won = Pair.objects.filter(outcome="refined").select_related("submission", "task__prompt").order_by("id")
    marked = set(Prompt.objects.filter(held_out=True).values_list("cluster", flat=True))
    candidates = {
        pair.pk: Candidate(
            pair.pk, pair.task.prompt.cluster, pair.submission.author_id, pair.task.prompt.cluster in marked
        )
        for pair in won
    }
    expected = assign(candidates.values(), seed=seed, test_share=0.2)
    found = picked()
    assert {pair: split for pair, (split, _, reason) in found.items() if split and not reason} == expected.of
    apart = {pair for pair, (split, _, reason) in found.items() if not reason and not split}
    found = {pair: each for pair, each in found.items() if not each[2]}
    assert apart == set(expected.dropped)
    assert selected.dropped.get("contributor of the other split", 0) == len(apart)
    kept = [pair for pair in won if pair.pk in expected.of]
    weighed = [
        Weighed(float(weight(p.wins, p.losses, p.ties)), candidates[p.pk].cluster, p.submission.author_id)
        for p in kept
    ]
    capped = cap_weights(weighed)
    assert [found[pair.pk][1] for pair in kept] == pytest.approx(capped.weights, abs=1.1e-6)
    assert selected.largest_share == pytest.approx(capped.largest_share)
    assert selected.rows == len(kept)
    assert sum(selected.dropped.values()) == count - len(kept)


def test_neither_clusters_nor_contributors_cross_and_order_is_that_of_submissions() -> None:
    made = Scene(world(prompts=0))
    judged.many(made.world, rows=600, clusters=150, authors=40)
    _, found = rows(made, held_out_share=0.3)
    side: dict[str, set[str]] = {}
    for row in found:
        side.setdefault(row.cluster, set()).add(row.split)
        side.setdefault(row.contributor, set()).add(row.split)
    assert all(len(splits) == 1 for splits in side.values())
    assert {row.split for row in found} == {"train", "test"}
    numbers = [int(row.id.removeprefix("test-")) for row in found]
    assert numbers == sorted(numbers)


def test_a_row_holds_all_that_is_known_of_its_pair() -> None:
    made = Scene(world(prompts=1))
    author, reviewer = made.world.person("ada", Role.CONTRIBUTOR), made.world.person("rex", Role.REVIEWER)
    sent = made.check(made.send(author, text="a <b>bold</b> “page” \\ end"))
    made.decide(sent, reviewer, Decision.ACCEPT, notes="Good contrast.")
    pair = made.open_pair(sent)
    for n in range(3):
        made.vote(pair, made.world.person(f"v{n}", Role.CONTRIBUTOR))
    sent.refresh_from_db()
    selected, [row] = rows(made)
    assert selected.dropped == {}
    assert row == CanonicalRow(
        id=f"test-{sent.pk}", split="train", prompt_id="p0", prompt="Make page 0", tags=["test"], framework="html",
        source="test", license="CC0", cluster="p0", pair_type="refined_over_base", chosen_by="refined",
        rejected_by="target-model", chosen_files=filesets.canonical(page("Refined", "a <b>bold</b> “page” \\ end")),
        rejected_files=filesets.canonical(page("Base 0", "plain")), chosen_use="train", rejected_use="train",
        rationale=sent.rationale, review_notes="Good contrast.", votes_from="refined_vs_rival", votes_chosen=3,
        votes_rejected=0, votes_tied=0, weight=0.45, contributor=pseudonym(b"key", author.pk), round=1,
        checks=row.checks, accepted_at=f"{sent.decided_at:%Y-%m-%dT%H:%M:%SZ}",
    )  # fmt: skip
    assert json.loads(row.checks) == dict(CheckRun.objects.values_list("check_name", "status"))
    assert len(row.__slots__) == len(SOURCE_COLUMNS)


def test_pseudonyms_differ_between_releases_and_hide_names() -> None:
    made = judged.scene(2, authors=2)
    _, first = rows(made)
    _, again = rows(made)
    _, other = rows(made, key=b"another release")
    names = [row.contributor for row in first]
    assert len(set(names)) == 2
    assert [row.contributor for row in again] == names
    assert not set(names) & {row.contributor for row in other}
    assert all(name.startswith("c-") and len(name) == 18 for name in names)


def test_a_page_from_scratch_stands_alone_unless_the_rival_may_be_trained_on() -> None:
    made = judged.scene(0, scratch=1)
    _, [row] = rows(made)
    assert (row.pair_type, row.rejected_by, row.rejected_files, row.rejected_use) == ("written", "", "", "")
    Generation.objects.filter(model=made.world.project.rival).update(use=Use.TRAIN)
    _, [row] = rows(made)
    assert (row.pair_type, row.rejected_by, row.rejected_use) == (
        "refined_over_rival",
        "rival-model",
        "train",
    )
    assert json.loads(row.rejected_files) == page("Rival 0", "rather good")


def reasons(made: Scene, **given: Any) -> Mapping[str, int]:
    selected = selection.select(choice(made, **given))
    return selected.dropped if not selected.rows else {"": selected.rows, **selected.dropped}


def test_what_is_left_out_and_why() -> None:
    made = judged.scene(1)
    pair = Pair.objects.get()
    sent = pair.submission
    assert reasons(made) == {"": 1}
    assert reasons(made, min_votes=4) == {"too few independent votes": 1}
    assert reasons(made, tags=("absent",)) == {}
    assert reasons(made, tags=("absent", "test")) == {"": 1}
    assert pair.decided_at is not None
    assert reasons(made, as_of=pair.decided_at) == {}

    for use in (Use.EVAL_ONLY, Use.NONE):
        Generation.objects.filter(model=made.world.project.target).update(use=use)
        assert reasons(made) == {"rejected side may not be trained on": 1}
    Generation.objects.filter(model=made.world.project.target).update(use=Use.TRAIN)

    Prompt.objects.update(quarantine="Matches an item of a benchmark.")
    assert reasons(made) == {"prompt is in quarantine": 1}
    Prompt.objects.update(quarantine="")

    for status, outcome, reason in (
        ("decided", "rival", "lost to the rival"),
        ("decided", "tie", "tied with the rival"),
        ("undecided", "", "undecided"),
    ):
        Pair.objects.update(status=status, outcome=outcome)
        assert reasons(made) == {reason: 1}
    Pair.objects.update(status="open", outcome="", decided_at=None)
    assert reasons(made) == {}
    Pair.objects.update(status="decided", outcome="refined", decided_at=pair.decided_at)

    Submission.objects.filter(pk=sent.pk).update(status="rejected")
    assert reasons(made) == {}
    Submission.objects.filter(pk=sent.pk).update(status="accepted")

    Review.objects.update(reviewer=sent.author)
    assert reasons(made) == {"reviewed by its author": 1}


def test_the_newest_version_of_a_check_counts() -> None:
    made = judged.scene(1)
    runs = CheckRun.objects.filter(submission=Pair.objects.get().submission)
    for name, fields, reason in (
        ("render", {"status": RunStatus.FAILED}, "has a render error"),
        ("effort", {"status": RunStatus.FAILED}, "changes next to nothing"),
        (
            "originality",
            {"status": RunStatus.WARNED, "metrics": {"copied_from_rival": True}},
            "copied from the rival",
        ),
    ):
        run = runs.get(check_name=name)
        before = {"status": run.status, "metrics": run.metrics}
        runs.filter(pk=run.pk).update(**fields)
        assert reasons(made) == {reason: 1}
        newer = CheckRun.objects.create(
            submission=run.submission, check_name=name, version=run.version + 1, queue=run.queue, policy=run.policy,
            status=RunStatus.PASSED,
        )  # fmt: skip
        assert reasons(made) == {"": 1}
        newer.delete()
        runs.filter(pk=run.pk).update(**before)
    runs.filter(check_name="accessibility").update(status=RunStatus.FAILED)
    assert reasons(made) == {"": 1}


def test_no_row_matches_a_protected_prompt_or_protected_code() -> None:
    made = judged.scene(3)
    listing = " ".join(f"const value{n} = compute({n}, 'alpha{n}') + other{n};" for n in range(40))
    files = filesets.store({"index.html": f"<!doctype html><title>x</title><script>{listing}</script>"})
    Submission.objects.filter(task__prompt__key="p1").update(fileset=files)
    Prompt.objects.filter(key="p0").update(
        text="Build a calm weather board for a harbour master on duty at night"
    )

    def register(slug: str, *items: Item) -> None:
        register_set(
            slug=slug, version="1", name=slug, source="here", licence="CC0", items=items, by=made.world.lead
        )

    assert reasons(made) == {"": 3}
    register("prompts", Item("1", text="build a calm  weather board for a harbour master on duty at NIGHT"))
    assert reasons(made) == {"": 2, "matches a protected set": 1}
    register("code", Item("1", files={"main.html": f"<script>{listing}</script>"}))
    selected, left = rows(made)
    assert selected.dropped == {"matches a protected set": 2}
    assert [row.prompt_id for row in left] == ["p2"]
    assert [(each["set"], each["version"], each["items"]) for each in selected.scan.registry.sets] == [
        ("code", "1", 1),
        ("prompts", "1", 1),
    ]
    assert selected.scan.left_out == {("code", "1"): 1, ("prompts", "1"): 1}


def test_a_reviewers_fix_is_the_chosen_side_with_the_notes_of_its_review() -> None:
    made = Scene(world(prompts=1))
    author, reviewer = made.world.person("ada", Role.CONTRIBUTOR), made.world.person("rex", Role.REVIEWER)
    sent = made.check(made.send(author))
    made.decide(
        sent,
        reviewer,
        Decision.FIX_ACCEPT,
        files=page("Refined", "with the typo mended"),
        notes="Mended a typo.",
    )
    fix = made.check(Submission.objects.get(supersedes=sent))
    from review import actions as review

    review.open_review(submission_id=fix.pk)
    pair = made.open_pair(fix)
    for n in range(3):
        made.vote(pair, made.world.person(f"v{n}", Role.CONTRIBUTOR))
    _, [row] = rows(made)
    assert row.id == f"test-{fix.pk}"
    assert json.loads(row.chosen_files) == page("Refined", "with the typo mended")
    assert row.review_notes == "Mended a typo."
    assert row.contributor == pseudonym(b"key", author.pk)


@pytest.mark.django_db(transaction=True)
def test_no_config_has_a_cluster_or_a_contributor_on_both_sides(settings: Any, tmp_path: Path) -> None:
    """Read from the files of every config, the rows of no pair among them: who wrote a page is on one side alone."""
    made = Scene(world(prompts=0))
    with transaction.atomic():
        judged.many(made.world, rows=700, clusters=150, authors=25)
    recipe = judged.recipe(made.world, held_out_share=0.3, formats=["parquet"])
    release = Release.objects.create(
        recipe=recipe, project=made.world.project, version="1.0.0", frozen=actions.frozen(recipe),
        as_of=timezone.now() + timedelta(seconds=1), created_by=made.world.lead,
    )  # fmt: skip
    author = dict(Submission.objects.values_list("id", "author_id"))
    by_prompt = dict(Submission.objects.values_list("task__prompt__text", "id"))
    cluster = dict(Submission.objects.values_list("id", "task__prompt__cluster"))
    found: dict[str, dict[str, set[int]]] = {}
    _, files, _ = building.write(release, tmp_path / "release", progress=lambda *_: None)
    for file in files:
        if file.config:
            rows_ = pq.read_table(tmp_path / "release" / file.path).to_pylist()
            numbers = {_submission(row, by_prompt) for row in rows_}
            found.setdefault(file.config, {}).setdefault(file.split, set()).update(numbers)
    assert set(found) == {*judged.CONFIGS} - {"feedback", "arena", "raw_annotations"}, (
        "nobody voted or reviewed here"
    )
    everywhere: dict[str, set[int]] = {
        split: set().union(*(splits.get(split, set()) for splits in found.values()))
        for split in ("train", "test")
    }
    for each in [*found.values(), everywhere]:
        train, test = each["train"], each["test"]
        assert train
        assert test
        assert not {author[n] for n in train} & {author[n] for n in test}
        assert not {cluster[n] for n in train} & {cluster[n] for n in test}


def _submission(row: dict[str, Any], by_prompt: dict[str, int]) -> int:
    """Which submission a row of any config is of: by its id, or by its prompt, which is unique here."""
    if "id" in row:
        return int(row["id"].removeprefix("test-"))
    asked = row["prompt"] if "prompt" in row else row["chosen"]
    return by_prompt[asked[0]["content"]]

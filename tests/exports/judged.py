"""Judged pairs for the tests of releases: few by real actions, many by one statement."""

from __future__ import annotations

from dataclasses import replace

from django.db import connection

from arena.models import Pair
from exports import actions, columns
from exports.building import folder_of
from exports.manifest import file_entry, write_manifest
from exports.models import Recipe, Release
from exports.proof import digest
from people.models import User
from people.rules import Role
from tests.scenes import Scene
from tests.worlds import World, world

CONFIGS = list(columns.CONFIGS)


def scene(pairs: int = 1, *, scratch: int = 0, authors: int = 1, **project: object) -> Scene:
    """A project whose every prompt has an accepted refinement (or page from scratch) that won its comparison.

    Author n is named `author<n>`; they take turns.
    """
    made = Scene(world(prompts=pairs, scratch=scratch, **project))
    reviewer = made.world.person("reviewer", Role.REVIEWER)
    for n in range(pairs):
        made.decided(made.world.person(f"author{n % authors}", Role.CONTRIBUTOR), reviewer)
    for n in range(scratch):
        win(made, made.world.person(f"author{n % authors}", Role.CONTRIBUTOR), reviewer, kind="write")
    return made


def win(made: Scene, author: User, reviewer: User, *, kind: str) -> Pair:
    """One task of `kind`, sent, accepted and won."""
    from review.states import Decision
    from work.states import TaskKind

    sent = made.check(made.send(author, kind=TaskKind(kind)))
    made.decide(sent, reviewer, Decision.ACCEPT)
    pair = made.open_pair(sent)
    for n in range(3):
        made.vote(pair, made.world.person(f"voter{n}", Role.CONTRIBUTOR))
    pair.refresh_from_db()
    return pair


def recipe(made: World, **fields: object) -> Recipe:
    """A recipe of everything there is."""
    given: dict[str, object] = {
        "name": "sample", "configs": CONFIGS, "formats": ["parquet", "jsonl"], "licence": "CC0-1.0",
        "held_out_share": 0.0, "created_by": made.lead, **fields,
    }  # fmt: skip
    return Recipe.objects.create(project=made.project, **given)


# Analysed as it grows: else a plan of when these tables were empty makes it quadratic.
MANY = """
SELECT setseed(%(draw)s);
CREATE TEMP TABLE draft ON COMMIT DROP AS
SELECT n, 'cluster' || (random() * %(clusters)s)::int AS cluster, 1 + (random() * random() * %(authors)s)::int AS who,
       random() < 0.03 AS held_out, (3 * random())::int AS losses, (2 * random())::int AS ties, random() AS luck
FROM generate_series(1, %(rows)s) n;
ANALYZE draft;
INSERT INTO core_fileset (digest, body, file_count, byte_size)
SELECT side || n, json_build_object('index.html', '<p>' || side || n || '</p>')::text, 1, 20
FROM draft, unnest(array['base', 'rival', 'refined']) side;
ANALYZE core_fileset;
INSERT INTO catalog_prompt (project_id, key, text, tags, framework, source, licence, cluster, held_out, quarantine)
SELECT %(project)s, 'many' || n, 'Make page ' || n, array[CASE WHEN n %% 2 = 0 THEN 'even' ELSE 'odd' END], 'html',
       'test', 'CC0', cluster, held_out, '' FROM draft;
ANALYZE catalog_prompt;
INSERT INTO catalog_generation (prompt_id, model_id, fileset_id, params, use)
SELECT p.id, m.id, f.id, '{}', CASE m.side WHEN 'base' THEN 'train' ELSE 'eval_only' END
FROM draft JOIN catalog_prompt p ON p.key = 'many' || n AND p.project_id = %(project)s
CROSS JOIN (VALUES ('base', %(target)s), ('rival', %(rival)s)) m(side, id)
JOIN core_fileset f ON f.digest = m.side || n;
ANALYZE catalog_generation;
INSERT INTO work_task (project_id, kind, prompt_id, base_id, rival_id, status, seats, priority, created_at)
SELECT p.project_id, 'refine', p.id, b.id, r.id, 'settled', 1, 0, now()
FROM catalog_prompt p JOIN catalog_generation b ON b.prompt_id = p.id AND b.model_id = %(target)s
JOIN catalog_generation r ON r.prompt_id = p.id AND r.model_id = %(rival)s WHERE p.key LIKE 'many%%';
ANALYZE work_task;
INSERT INTO work_assignment (task_id, project_id, kind, lineage, priority, status, assignee_id, quote, currency, round,
                             claimed_at, ended_at, release_reason)
SELECT t.id, t.project_id, 'refine', 0, 0, 'submitted', u.id, 0, 'EUR', 1, now(), now(), ''
FROM work_task t JOIN catalog_prompt p ON p.id = t.prompt_id JOIN draft ON p.key = 'many' || n
JOIN people_user u ON u.username = 'many' || who WHERE t.kind = 'refine';
ANALYZE work_assignment;
INSERT INTO work_submission (project_id, task_id, assignment_id, author_id, outcome, fileset_id, rationale, ratings,
                             round, status, decided_at)
SELECT a.project_id, a.task_id, a.id, a.assignee_id, 'refined', f.id, 'Better.', '{}', 1, 'accepted', now()
FROM work_assignment a JOIN work_task t ON t.id = a.task_id JOIN catalog_prompt p ON p.id = t.prompt_id
JOIN draft ON p.key = 'many' || n JOIN core_fileset f ON f.digest = 'refined' || n WHERE a.kind = 'refine';
ANALYZE work_submission;
INSERT INTO work_task (project_id, kind, prompt_id, submission_id, status, seats, priority, created_at)
SELECT s.project_id, 'compare', t.prompt_id, s.id, 'settled', 3, 0, now()
FROM work_submission s JOIN work_task t ON t.id = s.task_id;
INSERT INTO arena_pair (project_id, task_id, submission_id, kind, status, outcome, wins, losses, ties, decided_at)
SELECT t.project_id, t.id, t.submission_id, 'refined_rival', CASE WHEN luck < 0.05 THEN 'undecided' ELSE 'decided' END,
       CASE WHEN luck < 0.05 THEN '' WHEN luck < 0.15 THEN 'rival' WHEN luck < 0.2 THEN 'tie' ELSE 'refined' END,
       losses + 3, losses, ties, now()
FROM work_task t JOIN catalog_prompt p ON p.id = t.prompt_id JOIN draft ON p.key = 'many' || n WHERE t.kind = 'compare'
ORDER BY t.submission_id DESC;
"""


def many(made: World, *, rows: int, clusters: int, authors: int, draw: float = 0.5) -> None:
    """`rows` judged pairs, drawn by `draw`, without events or seats of voters: selection reads neither."""
    project = made.project
    User.objects.bulk_create(
        User(username=f"many{n + 1}", email=f"many{n + 1}@example.com") for n in range(authors + 1)
    )
    values = {
        "rows": rows, "clusters": clusters, "authors": authors, "draw": draw,
        "project": project.pk, "target": project.target_id, "rival": project.rival_id,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(MANY, values)


PAGE = bytes(range(256)) * 40


def published(
    made: World, *, page: bytes = PAGE, of: Recipe | None = None, version: str = "", **fields: object
) -> Release:
    """A published release with two small files, without a build: for the tests of what is done with it."""
    release = actions.start_release(recipe=of or recipe(made, **fields), by=made.lead, version=version)
    taken = actions.take(release_id=release.pk)
    assert taken is not None
    folder = folder_of(taken)
    (folder / "data/sft").mkdir(parents=True)
    (folder / "data/sft/train-00000-of-00001.parquet").write_bytes(page)
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    files = [
        replace(
            file_entry(folder, "data/sft/train-00000-of-00001.parquet"), config="sft", split="train", rows=4
        ),
        file_entry(folder, "README.md"),
    ]
    written = write_manifest(
        folder, files, name=taken.recipe.name, version=taken.version, recipe=taken.frozen, code_version="1", seed=1,
        protected={}, dropped={"undecided": 2},
    )  # fmt: skip
    files += [file_entry(folder, name) for name in ("MANIFEST.json", "SHA256SUMS")]
    sha256 = digest(folder / "MANIFEST.json")
    actions.publish(release=taken, manifest=written, manifest_sha256=sha256, files=files)
    taken.refresh_from_db()
    return taken


CARD = """---
license: mit
---

# sample 1.0.0

Pairs & <script>alert(1)</script> of [pages](javascript:alert(1)).

## Contents

| config | train |
|---|---:|
| `sft` | 4 |
"""

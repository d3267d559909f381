"""What a recipe would give, before anything is built: rows by config and split, what is left out, size, what to be cautious of.

The same selection as the build's, rolled back. On a large project it looks at a share of the prompt clusters, drawn by
their hash, and multiplies; it says so. Protected sets are asked by the build alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import OperationalError, connection, transaction

from arena.models import Pair
from arena.states import PairStatus
from core.errors import HillclimbError
from exports import actions, left_out, selection
from exports.building import choice_of
from exports.cautions import Caution, cautions
from exports.columns import CONFIGS
from exports.left_out import LeftOut
from exports.models import Recipe, Release, ReleaseFile
from exports.queries import one
from exports.selection import Choice, Selected
from exports.states import ReleaseStatus
from protect.fingerprints import Fingerprinter
from protect.matching import PromptIndex

LOOKED_AT = 20_000  # judged pairs that are looked at; more are estimated from a share of the clusters
PATIENCE = "12s"
NEAR_TEXTS = 1_500  # prompts of a split that are compared with the other split's
PREVIEWED = 20
# How often the texts of a row are in each config: prompt, chosen, rejected.
_TEXTS = {
    "default": (1, 1, 1), "preference": (1, 1, 1), "preference_implicit": (2, 1, 1), "kto": (2, 1, 1), "sft": (1, 1, 0),
    "edit": (2, 1, 1), "feedback": (1, 1, 0), "arena": (1, 1, 1), "raw_annotations": (0, 0, 0), "hard_negatives": (1, 1, 0),
}  # fmt: skip
_PER_ROW = {"raw_annotations": 250}
_PACKED = 0.3  # Parquet beside JSON lines, until a release of the project tells better


class TooSlow(HillclimbError):
    """Counting takes longer than anybody waits."""

    code = "too_slow"
    title = "This takes too long to count"


@dataclass(slots=True)
class Estimate:
    """What was counted. `share`: of the clusters that were looked at; below 1 all numbers are estimates."""

    share: float = 1.0
    judged: int = 0
    total: int = 0  # rows of the canonical table
    rows: Mapping[str, Mapping[str, int]] = field(
        default_factory=dict
    )  # config -> split -> rows, of those asked for
    left_out: Mapping[str, int] = field(default_factory=dict)
    contributors: int = 0
    clusters: int = 0
    bytes: Mapping[str, int] = field(default_factory=dict)  # format -> bytes
    refused: Sequence[LeftOut] = ()
    offers: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)  # filter -> (value, pairs)
    cautions: Sequence[Caution] = ()


def estimate(recipe: Recipe) -> Estimate:
    """Count what a recipe gives now; it need not be saved. Raises TooSlow."""
    with _selected(recipe) as found:
        choice, selected = found
        scale = 1 / choice.sample
        rows, offers = _rows(scale), _offers()
        return Estimate(
            share=choice.sample,
            judged=round(one("SELECT count(*) FROM release_pick") * scale),
            total=sum(rows["default"].values()),
            rows={config: rows[config] for config in CONFIGS if config in recipe.configs},
            left_out={why: round(n * scale) for why, n in selected.dropped.items()},
            contributors=one("SELECT count(DISTINCT author_id) FROM release_row WHERE reason = ''"),
            clusters=round(one("SELECT count(DISTINCT cluster) FROM release_row WHERE reason = ''") * scale),
            bytes=_bytes(recipe, rows, scale),
            refused=left_out.refused(recipe.project.slug),
            offers=offers,
            cautions=cautions({**_facts(recipe, selected, rows), "offers": offers}),
        )


def preview(recipe: Recipe, limit: int = PREVIEWED) -> list[dict[str, Any]]:
    """Some rows as the release would have them, drawn by hash so that they stand for all. Raises TooSlow."""
    names = (
        "submission", "prompt", "text", "framework", "tags", "split", "pair_type", "wins", "losses", "ties", "weight", "rationale",
        "chosen", "rejected",
    )  # fmt: skip
    with _selected(recipe), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pick.submission_id, prompt.key, prompt.text, prompt.framework, prompt.tags, split, pair_type, wins, losses,"
            " ties, round((weight * factor)::numeric, 3)::float8, submission.rationale, chosen.body,"
            " CASE WHEN pair_type <> 'written' THEN rejected.body END"
            " FROM (SELECT * FROM release_row WHERE reason = '' ORDER BY md5(%s || '|' || submission_id) LIMIT %s) pick"
            " JOIN release_who USING (author_id) JOIN catalog_prompt prompt ON prompt.id = prompt_id"
            " JOIN work_submission submission ON submission.id = pick.submission_id"
            " JOIN core_fileset chosen ON chosen.id = chosen_id JOIN core_fileset rejected ON rejected.id = rejected_id"
            " ORDER BY pick.submission_id",
            [str(recipe.seed), limit],
        )
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def _selected(recipe: Recipe) -> Iterator[tuple[Choice, Selected]]:
    """The selection of a recipe in a transaction that is rolled back at the end."""
    pairs = Pair.objects.filter(project=recipe.project_id).exclude(status=PairStatus.OPEN).count()
    share = min(1.0, LOOKED_AT / max(pairs, 1))
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = '{PATIENCE}'")
                cursor.execute("SELECT clock_timestamp()")
                [moment] = cursor.fetchone()
            release = Release(
                recipe=recipe, project_id=recipe.project_id, frozen=actions.frozen(recipe), as_of=moment
            )
            choice = replace(choice_of(release), only=frozenset(), sample=share, evidence=True)
            yield choice, selection.select(choice)
            transaction.set_rollback(True)
    except OperationalError as error:
        raise TooSlow("Counting takes longer than anybody waits. The build tells the numbers.") from error


def _rows(scale: float) -> dict[str, dict[str, int]]:
    """Rows by config and split."""
    counts = {
        "default": "count(*) FILTER (WHERE kept)",
        "preference": "count(*) FILTER (WHERE kept AND pair)",
        "preference_implicit": "count(*) FILTER (WHERE kept AND pair)",
        "kto": "count(*) FILTER (WHERE kept) + count(*) FILTER (WHERE kept AND pair)",
        "sft": "count(*) FILTER (WHERE kept)",
        "edit": "count(*) FILTER (WHERE kept AND pair_type = 'refined_over_base')",
        "feedback": "coalesce(sum(said) FILTER (WHERE chosen_use = 'train'), 0)",
        "arena": "coalesce(sum(cast_votes) FILTER (WHERE rival_shown), 0)",
        "raw_annotations": "coalesce(sum(cast_votes + given), 0)",
        "hard_negatives": "count(*) FILTER (WHERE NOT kept AND losing)",
    }
    found: dict[str, dict[str, int]] = {config: {} for config in counts}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT split, {', '.join(counts.values())} FROM (SELECT pick.*, reason = '' AS kept, pair_type <> 'written' AS pair,"
            " coalesce(rival.use, 'none') <> 'none' AS rival_shown,"
            " (SELECT count(*) FROM arena_vote vote WHERE vote.pair_id = pick.pair_id) AS cast_votes,"
            " coalesce(review.given, 0) AS given, coalesce(review.said, 0) AS said"
            " FROM release_row pick LEFT JOIN catalog_generation rival ON rival.id = pick.rival_id LEFT JOIN ("
            " SELECT listed.pair_id, count(*) AS given, count(*) FILTER (WHERE r.notes <> '' OR r.evidence <> '') AS said"
            " FROM release_given listed JOIN review_review r ON r.id = listed.review_id GROUP BY 1) review USING (pair_id)) each"
            " GROUP BY split"
        )
        for split, *numbers in cursor.fetchall():
            for config, n in zip(counts, numbers, strict=True):
                if n:
                    found[config][split] = round(int(n) * scale)
    return found


def _bytes(recipe: Recipe, rows: Mapping[str, Mapping[str, int]], scale: float) -> dict[str, int]:
    """About how large the data files become, by format."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(avg(octet_length(prompt.text)), 0)::float8, coalesce(avg(chosen.byte_size), 0)::float8,"
            " coalesce(avg(rejected.byte_size), 0)::float8 FROM release_row JOIN catalog_prompt prompt ON prompt.id = prompt_id"
            " JOIN core_fileset chosen ON chosen.id = chosen_id JOIN core_fileset rejected ON rejected.id = rejected_id"
        )
        mean = cursor.fetchone()
    plain = 0.0
    for config in recipe.configs:
        own = _PER_ROW.get(config, 120) + sum(
            times * size for times, size in zip(_TEXTS[config], mean, strict=True)
        )
        n = sum(rows.get(config, {}).values())
        plain += own * (n / 2 if config == "kto" else n)
    found = {"jsonl": plain * 1.06, "parquet": plain * _packed(recipe)}
    return {format_: round(found[format_]) for format_ in recipe.formats}


def _packed(recipe: Recipe) -> float:
    """How large Parquet is beside JSON lines in the newest release of the project that has both."""
    newest = (
        Release.objects.filter(project=recipe.project_id, status=ReleaseStatus.PUBLISHED, frozen__formats__contains=["parquet", "jsonl"])
        .order_by("-id")
        .values_list("pk", flat=True)
        .first()
    )  # fmt: skip
    if newest is None:
        return _PACKED
    sizes = Counter[str]()
    for path, size in ReleaseFile.objects.filter(release=newest, path__startswith="data/").values_list(
        "path", "byte_size"
    ):
        sizes[path.rpartition(".")[2]] += size
    return sizes["parquet"] / sizes["jsonl"] if sizes["jsonl"] else _PACKED


def _offers() -> dict[str, list[tuple[str, int]]]:
    """What the selected pairs could be narrowed to: tags, frameworks, licences, with the number of pairs."""
    found = {}
    with connection.cursor() as cursor:
        for name, source in (
            (
                "tags",
                "unnest(prompt.tags) AS value, count(*) FROM release_row JOIN catalog_prompt prompt ON prompt.id = prompt_id",
            ),
            ("frameworks", "framework AS value, count(*) FROM release_row"),
            ("licences", "licence AS value, count(*) FROM release_row"),
        ):
            cursor.execute(f"SELECT {source} WHERE reason = '' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12")
            found[name] = list(cursor.fetchall())
    return found


def _facts(recipe: Recipe, selected: Selected, rows: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """What cautions are judged by, but for the offers."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), count(*) FILTER (WHERE wins + losses + ties <= %s), coalesce(max(n), 0),"
            " avg((chosen.byte_size > rejected.byte_size)::int) FILTER (WHERE pair_type <> 'written')"
            " FROM (SELECT *, count(*) OVER (PARTITION BY cluster) AS n FROM release_row WHERE reason = '') pick"
            " JOIN core_fileset chosen ON chosen.id = chosen_id JOIN core_fileset rejected ON rejected.id = rejected_id",
            [recipe.min_votes],
        )
        total, few, largest_cluster, longer = cursor.fetchone()
    return {
        "rows": total, "few": few, "min_votes": recipe.min_votes, "largest_cluster": largest_cluster, "longer": longer,
        "largest_share": selected.largest_share, "splits": rows.get("default", {}), "held_out_share": recipe.held_out_share,
        "dropped": selected.dropped, "near": _near(),
    }  # fmt: skip


def _near() -> list[tuple[str, str, str]]:
    """Prompts of train that match one of test by the rules of protected sets although their clusters differ."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT split, key, text FROM (SELECT split, key, text, row_number() OVER (PARTITION BY split ORDER BY md5(key)) AS n"
            " FROM (SELECT DISTINCT split, prompt.key, prompt.text FROM release_row JOIN catalog_prompt prompt"
            " ON prompt.id = prompt_id WHERE reason = '') prompt) each WHERE n <= %s ORDER BY split, key",
            [NEAR_TEXTS],
        )
        texts = cursor.fetchall()
    make = Fingerprinter()
    index = PromptIndex((key, make.prompt(text)) for split, key, text in texts if split == "test")
    if not len(index):
        return []
    found = []
    for split, key, text in texts:
        if split == "train" and (match := index.match(make.prompt(text))) is not None:
            found.append((key, str(match.item), f"{match.rule.value} {match.score:.2f}"))
    return found

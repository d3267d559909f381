"""Which pairs a release has, in which split, at which weight: chosen by SQL into temporary tables, then streamed.

Python only ever holds one number per contributor, so memory does not grow with rows. The rules themselves are those
of `exports.splits` and `exports.labels`, whose pure forms serve as the oracle in tests.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from exports import labels, splits
from protect.gate import Gate, registry

FETCH = 2_000


@dataclass(frozen=True, slots=True)
class Choice:
    """What a recipe asks for. `as_of`: only verdicts reached before it; `key`: of the pseudonyms, per release."""

    project_id: int
    as_of: datetime
    tags: tuple[str, ...]
    min_votes: int
    held_out_share: float
    seed: int
    key: bytes


@dataclass(slots=True)
class Selected:
    """What was selected: rows kept, rows left out by reason, and how far one contributor reaches."""

    rows: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    largest_share: float = 0.0
    scanned: list[dict[str, Any]] = field(default_factory=list)


# exports.splits._draw in SQL: the first 52 bits of SHA-256, as a share of 2^52.
_DRAW = (
    "('x' || left(encode(sha256(convert_to(%(seed)s::text || '|cluster|' || prompt.cluster, 'UTF8')), 'hex'), 13))"
    "::bit(52)::bigint / 4503599627370496::float8"
)

# One candidate for every pair with a verdict. A refinement of a base is preferred to that base. A page written from
# scratch has only the rival to be preferred to: where that may not be trained on, the page stands alone.
_CANDIDATES = f"""
CREATE TEMP TABLE release_pick ON COMMIT DROP AS
SELECT pair.id AS pair_id, submission.id AS submission_id, submission.author_id AS author_id, prompt.id AS prompt_id,
       prompt.cluster, prompt.held_out, prompt.framework, prompt.licence, other.id AS other_id, submission.fileset_id AS chosen_id,
       other.fileset_id AS rejected_id,
       CASE WHEN task.base_id IS NOT NULL THEN 'refined_over_base'
            WHEN other.use = 'train' THEN 'refined_over_rival' ELSE 'written' END AS pair_type,
       other.use AS rejected_use, pair.wins, pair.losses, pair.ties, {_DRAW} < %(share)s::float8 AS drawn,
       abs(2 * (wins + ties / 2.0::float8 + 0.5) / (wins + losses + ties + 1) - 1)
           * least(wins + losses + ties, 5) / 5 AS strength, -- labels.weight
       CASE WHEN pair.status <> 'decided' THEN 'undecided'
            WHEN pair.outcome = 'rival' THEN 'lost to the rival'
            WHEN pair.outcome = 'tie' THEN 'tied with the rival'
            WHEN pair.wins + pair.losses + pair.ties < %(min_votes)s THEN 'too few votes'
            WHEN task.base_id IS NOT NULL AND other.use <> 'train' THEN 'rejected side may not be trained on'
            WHEN prompt.quarantine <> '' THEN 'prompt is in quarantine'
            WHEN EXISTS (SELECT 1 FROM review_review r WHERE r.reviewer_id = submission.author_id
                         AND r.submission_id IN (submission.id, submission.supersedes_id)) THEN 'reviewed by its author'
            ELSE coalesce(flaw.reason, '') END AS reason
FROM arena_pair pair
JOIN work_submission submission ON submission.id = pair.submission_id
JOIN work_task task ON task.id = submission.task_id
JOIN catalog_prompt prompt ON prompt.id = task.prompt_id
JOIN catalog_generation other ON other.id = coalesce(task.base_id, task.rival_id)
LEFT JOIN LATERAL (
    SELECT max(CASE run.check_name WHEN 'render' THEN 'has a render error' WHEN 'effort' THEN 'changes next to nothing'
               ELSE 'copied from the rival' END) AS reason
    FROM checks_checkrun run
    WHERE run.submission_id = submission.id
      AND (run.check_name IN ('render', 'effort') AND run.status = 'failed'
           OR run.check_name = 'originality' AND run.metrics ->> 'copied_from_rival' = 'true')
      AND NOT EXISTS (SELECT 1 FROM checks_checkrun later WHERE later.submission_id = run.submission_id
                      AND later.check_name = run.check_name AND later.version > run.version)
) flaw ON true
WHERE pair.project_id = %(project)s AND pair.kind = 'refined_rival' AND pair.status <> 'open'
  AND pair.decided_at < %(as_of)s AND submission.status = 'accepted'
  AND (%(tags)s::varchar[] = '{{}}' OR prompt.tags && %(tags)s::varchar[])
"""

# A cluster is held out whole, once one of its prompts is marked or its draw falls below the share.
_HELD = """
CREATE TEMP TABLE release_held ON COMMIT DROP AS
SELECT DISTINCT cluster FROM release_pick WHERE reason = '' AND (drawn OR held_out)
"""

# The rows that stay, with the weight that keeps their cluster under its cap. Sums are taken over whole trillionths:
# exact, so that no order of rows shows.
_KEPT = """
CREATE TEMP TABLE release_row ON COMMIT DROP AS
WITH kept AS MATERIALIZED (
    SELECT pick.*, CASE WHEN held.cluster IS NULL THEN 'train' ELSE 'test' END AS split
    FROM release_pick pick LEFT JOIN release_held held ON held.cluster = pick.cluster
    WHERE reason = '' AND (held.cluster IS NOT NULL) = (author_id = ANY(%(testers)s::bigint[]))
), total AS (
    SELECT cluster, sum(round(strength * 1e12)::bigint)::float8 / 1e12 AS sum FROM kept GROUP BY cluster
)
SELECT kept.*, strength / greatest(1, total.sum) AS weight FROM kept JOIN total ON total.cluster = kept.cluster
ORDER BY pair_id;
CREATE UNIQUE INDEX ON release_row (pair_id);
ANALYZE release_row;
"""

# The columns of columns.CanonicalRow, in its order.
ROWS = """
SELECT %(name)s::text || '-' || pick.submission_id, pick.split, prompt.key, prompt.text, prompt.tags, prompt.framework,
       prompt.source, prompt.licence, prompt.cluster, pick.pair_type, 'refined', coalesce(model.name, ''), chosen.body,
       coalesce(rejected.body, ''), 'train', coalesce(other.use, ''), submission.rationale, coalesce(review.notes, ''),
       'refined_vs_rival', pick.wins, pick.losses, pick.ties,
       round((pick.weight * who.factor)::numeric, 6)::float8, who.pseudonym, submission.round,
       coalesce(checked.outcomes, '{}'),
       to_char(submission.decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM release_row pick
JOIN work_submission submission ON submission.id = pick.submission_id
JOIN catalog_prompt prompt ON prompt.id = pick.prompt_id
LEFT JOIN catalog_generation other ON other.id = pick.other_id AND pick.pair_type <> 'written'
LEFT JOIN catalog_codemodel model ON model.id = other.model_id
JOIN core_fileset chosen ON chosen.id = pick.chosen_id
LEFT JOIN core_fileset rejected ON rejected.id = pick.rejected_id AND pick.pair_type <> 'written'
JOIN release_who who ON who.author_id = pick.author_id
LEFT JOIN LATERAL (SELECT notes FROM review_review
                   WHERE submission_id IN (submission.id, submission.supersedes_id)
                   ORDER BY id DESC LIMIT 1) review ON true
LEFT JOIN LATERAL (SELECT jsonb_object_agg(check_name, status ORDER BY check_name, version)::text AS outcomes
                   FROM checks_checkrun WHERE submission_id = submission.id) checked ON true
ORDER BY pick.pair_id
"""


def select(choice: Choice, *, on_scan: Callable[[int], None] | None = None) -> Selected:
    """Fill the temporary tables `release_row` and `release_who`; call inside one transaction, then `stream`.

    Rows that match a protected set are dropped here, by every registered set, and counted. Raises DatabaseError
    outside a transaction, where the tables would vanish at once.
    """
    params: dict[str, Any] = {
        "project": choice.project_id,
        "as_of": choice.as_of,
        "tags": list(choice.tags),
        "min_votes": choice.min_votes,
        "seed": str(choice.seed),
        "share": choice.held_out_share,
    }
    selected = Selected()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS release_pick, release_held, release_row, release_who")
        cursor.execute(_CANDIDATES, params)
        _scan(selected, on_scan)
        cursor.execute(_HELD)
        cursor.execute(_KEPT, {"testers": _held_out_contributors(choice)})
        selected.largest_share = _weigh_contributors(choice)
        cursor.execute("SELECT reason, count(*) FROM release_pick GROUP BY reason")
        counts = dict(cursor.fetchall())
    candidates = counts.pop("", 0)
    selected.rows = _one("SELECT count(*) FROM release_row")
    if apart := candidates - selected.rows:
        counts["contributor of the other split"] = apart
    selected.dropped = dict(sorted(counts.items()))
    return selected


def _scan(selected: Selected, on_scan: Callable[[int], None] | None) -> None:
    """Drop every row whose prompt or chosen code matches a protected item. Without protected sets, nothing is read."""
    gate = Gate()
    selected.scanned = registry()
    if not gate.is_set:
        return
    hits: list[int] = []
    code = "chosen.body" if gate.guards_code else "NULL"
    query = (
        f"SELECT pick.pair_id, prompt.text, {code} FROM release_pick pick JOIN catalog_prompt prompt ON"
        " prompt.id = pick.prompt_id JOIN core_fileset chosen ON chosen.id = pick.chosen_id WHERE reason = ''"
    )
    done = 0
    with _named_cursor("release_scan") as cursor:
        cursor.execute(query)
        while rows := cursor.fetchmany(FETCH):
            for pair_id, text, body in rows:
                if gate.prompt(text) or (body is not None and gate.code(json.loads(body))):
                    hits.append(pair_id)
            done += len(rows)
            if on_scan is not None:
                on_scan(done)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE release_pick SET reason = 'matches a protected set' WHERE pair_id = ANY(%s)", [hits]
        )


def _held_out_contributors(choice: Choice) -> list[int]:
    """Who keeps their test rows, by rule 2 of exports.splits, from one count per contributor and split."""
    count: dict[str, Counter[Any]] = {splits.TRAIN: Counter(), splits.TEST: Counter()}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN held.cluster IS NULL THEN 'train' ELSE 'test' END, author_id, count(*) FROM release_pick pick"
            " LEFT JOIN release_held held ON held.cluster = pick.cluster WHERE reason = '' GROUP BY 1, 2"
        )
        for split, author, n in cursor.fetchall():
            count[split][author] = n
    testers = splits.held_out_contributors(count[splits.TRAIN], count[splits.TEST], seed=choice.seed)
    return sorted(int(str(who)) for who in testers)


def _weigh_contributors(choice: Choice) -> float:
    """Pseudonyms and the factor that holds each contributor under their share; returns the largest share left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT author_id, sum(round(weight * 1e12)::bigint)::float8 / 1e12 FROM release_row"
            " GROUP BY author_id ORDER BY author_id"
        )
        totals: dict[int, float] = dict(cursor.fetchall())
        factors, largest = labels.contributor_factors(totals)
        names = [pseudonym(choice.key, author) for author in totals]
        cursor.execute(
            "CREATE TEMP TABLE release_who ON COMMIT DROP AS SELECT * FROM"
            " unnest(%s::bigint[], %s::text[], %s::float8[]) who(author_id, pseudonym, factor); ANALYZE release_who",
            [list(totals), names, [factors[author] for author in totals]],
        )
    return largest


def pseudonym(key: bytes, person_id: int) -> str:
    """A person's name in one release: HMAC-SHA-256 under the release's key, 64 bits of it."""
    return "c-" + hmac.digest(key, b"%d" % person_id, hashlib.sha256).hex()[:16]


def stream(name: str) -> Iterator[list[tuple[Any, ...]]]:
    """Batches of source tuples (columns.CanonicalRow) in release order, by a server-side cursor."""
    with _named_cursor("release_rows") as cursor:
        cursor.execute(ROWS, {"name": name})
        while rows := cursor.fetchmany(FETCH):
            yield rows


@contextmanager
def _named_cursor(name: str) -> Iterator[Any]:
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.connection.cursor(name=name) as cursor:
        cursor.itersize = FETCH
        yield cursor


def facts() -> Mapping[str, Any]:
    """Counts over the selected rows for the card; call after `select`, in the same transaction."""
    return {
        "prompts": _distinct("prompt_id"),
        "clusters": _distinct("cluster"),
        "contributors": _distinct("author_id"),
        "votes": _one("SELECT coalesce(sum(wins + losses + ties), 0) FROM release_row"),
        "voters": _one(
            "SELECT count(*) FROM (SELECT DISTINCT voter_id FROM arena_vote JOIN release_row USING (pair_id)) voter"
        ),
        "frameworks": _grouped("framework"),
        "licences": _grouped("licence"),
        "rights": _grouped(
            "'refined: train, ' || CASE pair_type WHEN 'written' THEN 'no rejected side' ELSE 'rejected: ' || rejected_use END"
        ),
        "checks": _checks(),
    }


def _distinct(column: str) -> int:
    return _one(f"SELECT count(*) FROM (SELECT DISTINCT {column} FROM release_row) one")


def _one(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


def _grouped(expression: str) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}, count(*) FROM release_row GROUP BY 1 ORDER BY 1")
        return dict(cursor.fetchall())


def _checks() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT check_name, status, count(*) FROM (SELECT DISTINCT ON (r.submission_id, check_name) check_name, status"
            " FROM release_row JOIN checks_checkrun r USING (submission_id)"
            " ORDER BY r.submission_id, check_name, version DESC) newest GROUP BY 1, 2 ORDER BY 1, 2"
        )
        for name, status, n in cursor.fetchall():
            found.setdefault(name, {})[status] = n
    return found

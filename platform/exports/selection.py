"""Which pairs a release has, in which split, at which weight: chosen by SQL into temporary tables, then streamed.

Python only ever holds one number per contributor, so memory does not grow with rows. The rules themselves are those
of `exports.splits` and `exports.labels`, whose pure forms serve as the oracle in tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from exports import candidates, columns, labels, scanning, splits
from exports.pseudonyms import judge_pseudonym, pseudonym
from exports.queries import one, streamed
from exports.scanning import Scan, Shown
from protect.gate import Only, Registry, registry

KEPT = "(SELECT * FROM release_row WHERE reason = '') kept"


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
    evidence: bool = True  # whether a config asks for votes, reviews or rows that were kept out of pairs
    rivals: bool = True  # whether one shows the rival's pages
    only: Only = None  # the protected sets that are asked; None: all
    frameworks: tuple[str, ...] = ()  # empty: all; as with tags
    licences: tuple[str, ...] = ()  # of prompts
    allowed: tuple[int, ...] = ()  # models whose outputs may be trained on by a lead's override
    sample: float = 1.0  # share of prompt clusters that are looked at, for estimates

    def shown(self, table: str = "release_pick") -> Shown:
        """What of the rows in `table` is shown, and so is to be scanned."""
        return Shown(self.evidence, self.evidence and self.rivals, self.evidence, table)


@dataclass(slots=True)
class Selected:
    """What was selected: rows kept, rows left out by reason, and how far one contributor reaches.

    `aside`: rows that are in no pair and still seen by the configs of exports.evidence.
    """

    rows: int = 0
    aside: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    largest_share: float = 0.0
    scan: Scan = field(default_factory=lambda: Scan(Registry(())))


# The columns of columns.CanonicalRow, in its order.
_ROWS = """
SELECT %(name)s::text || '-' || pick.submission_id, pick.split, prompt.key, prompt.text, prompt.tags, prompt.framework,
       prompt.source, prompt.licence, prompt.cluster, pick.pair_type, 'refined', coalesce(model.name, ''), chosen.body,
       {rejected}, pick.chosen_use, CASE pick.pair_type WHEN 'written' THEN '' ELSE pick.rejected_use END, submission.rationale, coalesce(review.notes, ''),
       'refined_vs_rival', pick.wins, pick.losses, pick.ties,
       round((pick.weight * who.factor)::numeric, 6)::float8, who.pseudonym, submission.round,
       coalesce(checked.outcomes, '{}'),
       to_char(submission.decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
       {more}{keys}
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
{sources}
ORDER BY pick.submission_id
"""

# The columns of columns.Keys, in its order.
_KEYS = """,
       pick.submission_id, encode(sha256(convert_to(prompt.text, 'UTF8')), 'hex'), chosen.digest, coalesce(rejected.digest, '')
"""

# Every review in the history of a row. A table of its own, since the planner takes its joins for far fewer than they
# are; what is joined to these few numbers it then plans well.
_GIVEN = """
CREATE TEMP TABLE release_given ON COMMIT DROP AS
SELECT pick.pair_id, pick.chosen_id, round_of.id AS round_id, given.id AS review_id
FROM release_row pick JOIN work_submission own ON own.id = pick.submission_id
JOIN work_submission round_of ON round_of.task_id = own.task_id AND round_of.author_id = own.author_id AND round_of.id <= own.id
JOIN review_review given ON given.submission_id = round_of.id;
ANALYZE release_given;
"""

# The columns of columns.Evidence, in its order. Those that no config asks for are empty: their tables are not read.
_EVIDENCE = """,
       pick.reason, pick.losing, {rival_by}, {rival_files}, {votes}, {reviews}
"""
_RIVALS = """
LEFT JOIN catalog_generation rival ON rival.id = pick.rival_id AND rival.use <> 'none'
LEFT JOIN catalog_codemodel rival_model ON rival_model.id = rival.model_id
LEFT JOIN core_fileset rival_files ON rival_files.id = rival.fileset_id
"""
_VOTES = """
LEFT JOIN (
    SELECT vote.pair_id, json_agg(json_build_array(judge.pseudonym, vote.refined_is_a, vote.choice, vote.both_bad,
           vote.criteria::text, vote.seconds, to_char(vote.cast_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
           ORDER BY vote.id)::text AS listed
    FROM release_row judged JOIN arena_vote vote ON vote.pair_id = judged.pair_id
    JOIN release_judge judge ON judge.role = 'voter' AND judge.person_id = vote.voter_id
    WHERE vote.cast_at < %(as_of)s GROUP BY vote.pair_id) cast_votes ON cast_votes.pair_id = pick.pair_id
"""
_REVIEWS = """
LEFT JOIN (
    SELECT judged.pair_id, json_agg(json_build_array(judge.pseudonym, given.decision, given.notes, coalesce(rule.code, ''),
           given.evidence, given.scores::text, to_char(given.decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           round_of.round, CASE WHEN round_of.fileset_id <> judged.chosen_id THEN reviewed.body END)
           ORDER BY given.id)::text AS listed
    FROM release_given judged JOIN work_submission round_of ON round_of.id = judged.round_id
    JOIN review_review given ON given.id = judged.review_id
    JOIN release_judge judge ON judge.role = 'reviewer' AND judge.person_id = given.reviewer_id
    JOIN core_fileset reviewed ON reviewed.id = round_of.fileset_id
    LEFT JOIN catalog_guidelinerule rule ON rule.id = given.rule_id
    WHERE given.decided_at < %(as_of)s GROUP BY judged.pair_id) given_reviews ON given_reviews.pair_id = pick.pair_id
"""


def rows_query(configs: Collection[str], *, keys: bool = False) -> str:
    """The query of the canonical rows by submission, as these configs want them; its parameters: `name`, `as_of`.

    With `keys` the columns of columns.Keys follow.
    """
    asked = set(configs)
    votes, reviews, rivals = (
        not asked.isdisjoint(of) for of in (columns.OF_VOTES, columns.OF_REVIEWS, columns.OF_RIVALS)
    )
    aside = not asked.isdisjoint(columns.OF_EVIDENCE)
    more = _EVIDENCE if aside else ""
    parts = {
        "{more}": more,
        "{keys}": _KEYS if keys else "",
        # No config shows the rejected side of a row that is in no pair: its text is not fetched.
        "{rejected}": "CASE WHEN pick.reason = '' THEN coalesce(rejected.body, '') ELSE '' END"
        if aside
        else "coalesce(rejected.body, '')",
        "{sources}": f"{_RIVALS if rivals else ''}{_VOTES if votes else ''}{_REVIEWS if reviews else ''}",
        "{rival_by}": "coalesce(rival_model.name, '')" if rivals else "''",
        "{rival_files}": "CASE WHEN cast_votes.listed IS NOT NULL THEN coalesce(rival_files.body, '') ELSE '' END"
        if rivals
        else "''",
        "{votes}": "coalesce(cast_votes.listed, '[]')" if votes else "'[]'",
        "{reviews}": "coalesce(given_reviews.listed, '[]')" if reviews else "'[]'",
    }
    query = _ROWS
    for place, part in parts.items():
        query = query.replace(place, part)
    return query


def select(choice: Choice, *, on_scan: Callable[[int], None] | None = None) -> Selected:
    """Fill the temporary tables `release_row` and `release_who`; call inside one transaction, then `stream`.

    Rows that match a protected set are dropped here, by every registered set, and counted. Raises DatabaseError
    outside a transaction, where the tables would vanish at once.
    """
    params: dict[str, Any] = {
        "project": choice.project_id,
        "as_of": choice.as_of,
        "tags": list(choice.tags),
        "frameworks": list(choice.frameworks),
        "licences": list(choice.licences),
        "allowed": list(choice.allowed),
        "sample": choice.sample,
        "min_votes": choice.min_votes,
        "seed": str(choice.seed),
        "share": choice.held_out_share,
    }
    selected = Selected()
    with connection.cursor() as cursor:
        cursor.execute(
            "DROP TABLE IF EXISTS release_drawn, release_sample, release_pick, release_held, release_row, release_who, release_given, release_judge"
        )
        cursor.execute(candidates.WITHDRAWN)
        params["gone"] = gone = [user for (user,) in cursor.fetchall()]
        if sampled := choice.sample < 1:
            cursor.execute(candidates.SAMPLE, params)
        cursor.execute(candidates.candidates(sampled=sampled), params)
        selected.scan = scanning.scan(registry(), choice.shown(), on_scan, choice.only)
        cursor.execute(candidates.HELD)
        cursor.execute(
            candidates.KEPT, {"testers": _held_out_contributors(choice), "evidence": choice.evidence}
        )
        selected.largest_share = _weigh_contributors(choice)
        if choice.evidence:
            _name_judges(choice, gone)
        cursor.execute("SELECT reason, count(*) FROM release_pick GROUP BY reason")
        counts = dict(cursor.fetchall())
    fitting = counts.pop("", 0)
    selected.rows = one(f"SELECT count(*) FROM {KEPT}")
    selected.aside = one("SELECT count(*) FROM release_row") - selected.rows
    if apart := fitting - selected.rows:
        counts["contributor of the other split"] = apart
    selected.dropped = dict(sorted(counts.items()))
    return selected


def _held_out_contributors(choice: Choice) -> list[int]:
    """Who keeps their test rows, by rule 2 of exports.splits, from one count per contributor and split.

    Pairs decide. Who has rows outside of pairs only is told by those, so that nobody is on both sides in any config.
    """
    found: dict[str, dict[str, Counter[Any]]] = {
        kind: {splits.TRAIN: Counter(), splits.TEST: Counter()} for kind in ("pair", "aside")
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN reason = '' THEN 'pair' ELSE 'aside' END, CASE WHEN held.cluster IS NULL THEN 'train'"
            " ELSE 'test' END, author_id, count(*) FROM release_pick pick"
            " LEFT JOIN release_held held ON held.cluster = pick.cluster WHERE NOT barred GROUP BY 1, 2, 3"
        )
        for kind, split, author, n in cursor.fetchall():
            found[kind][split][author] = n
    pairs, aside = found["pair"], found["aside"]
    for author in {*pairs[splits.TRAIN], *pairs[splits.TEST]}:
        aside[splits.TRAIN].pop(author, None)
        aside[splits.TEST].pop(author, None)
    testers = {
        who
        for counts in (pairs, aside)
        for who in splits.held_out_contributors(counts[splits.TRAIN], counts[splits.TEST], seed=choice.seed)
    }
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


def _name_judges(choice: Choice, gone: list[int]) -> None:
    """Pseudonyms of voters and reviewers. Who withdrew consent has none, so their judgements join to nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN)
        cursor.execute(
            "SELECT DISTINCT 'voter', voter_id FROM arena_vote JOIN release_row USING (pair_id)"
            " UNION SELECT DISTINCT 'reviewer', reviewer_id FROM release_given JOIN review_review given ON given.id = review_id"
        )
        people = sorted((role, person) for role, person in cursor.fetchall() if person not in gone)
        names = [judge_pseudonym(choice.key, role, person) for role, person in people]
        cursor.execute(
            "CREATE TEMP TABLE release_judge ON COMMIT DROP AS SELECT * FROM"
            " unnest(%s::text[], %s::bigint[], %s::text[]) judge(role, person_id, pseudonym);"
            " CREATE INDEX ON release_judge (person_id, role); ANALYZE release_judge",
            [[role for role, _ in people], [person for _, person in people], names],
        )


def stream(
    name: str, *, as_of: datetime, configs: Collection[str]
) -> AbstractContextManager[Iterator[list[tuple[Any, ...]]]]:
    """Batches of source tuples (columns.CanonicalRow) by submission, as they come; see queries.streamed.

    Where a config of columns.OF_EVIDENCE is among `configs`, the columns of columns.Evidence follow, from judgements
    before `as_of`, as far as these configs have use for them. Without one `select` took no row that is in no pair.
    The columns of columns.Keys end each tuple: `changes.listed` takes them off.
    """
    return streamed(rows_query(configs, keys=True), {"name": name, "as_of": as_of})

"""What a release's card says in numbers, measured on the selected rows; nothing here grows with their number.

Every query reads the temporary tables of `exports.selection`: call inside its transaction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from arena import win_rate
from arena.win_rate import Outcome
from exports import length
from exports.length import Bin, LengthReport
from exports.queries import one
from exports.selection import KEPT
from review import agreement

MAX_VOTES = 4_000  # the bootstrap resamples every vote many times; the newest stand for all
DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate with its interval and what it was measured on."""

    label: str
    rate: float
    low: float
    high: float
    n: int
    method: str


@dataclass(frozen=True, slots=True)
class Climb:
    """The honest climb: (a) usual voters on train prompts, (b) voters of held-out prompts alone, (c) rubric and checks.

    `held_out` is None where nobody voted on held-out prompts alone: then there is no headline and no gap.
    """

    train: Interval | None
    held_out: Interval | None
    rubric: Mapping[str, tuple[float, int]]  # criterion -> mean score for the refined page (-3..3), votes
    checks_passed: tuple[int, int]  # submissions with every newest check passed, of all

    @property
    def gap(self) -> float | None:
        """(a) - (b)."""
        return None if self.train is None or self.held_out is None else self.train.rate - self.held_out.rate


@dataclass(frozen=True, slots=True)
class Agreement:
    """Krippendorff's alpha over the votes of all judged pairs; None where it is undefined."""

    nominal: float | None  # refined, rival, tie
    interval: float | None  # the scale -3..3
    pairs: int  # with two votes or more


def facts() -> Mapping[str, Any]:
    """Counts over the rows in pairs and written pages for the card; call after `select`, in the same transaction."""
    rows = _all(
        "SELECT author_id, framework, licence, 'refined: train, ' || CASE pair_type WHEN 'written' THEN 'no rejected side'"
        f" ELSE 'rejected: ' || rejected_use END, sum(wins + losses + ties)::int, count(*)::int FROM {KEPT} GROUP BY 1, 2, 3, 4"
    )
    authors, frameworks, licences, rights, votes, counts = list(zip(*rows, strict=True)) or [()] * 6
    return {
        "prompts": _distinct("prompt_id"),
        "clusters": _distinct("cluster"),
        "contributors": len(set(authors)),
        "votes": sum(votes),
        "voters": one(
            "SELECT count(*) FROM (SELECT DISTINCT voter_id FROM arena_vote"
            f" JOIN {KEPT} USING (pair_id)) voter"
        ),
        "frameworks": _summed(frameworks, counts),
        "licences": _summed(licences, counts),
        "rights": _summed(rights, counts),
        "checks": _checks(),
    }


def _distinct(column: str) -> int:
    return one(f"SELECT count(*) FROM (SELECT DISTINCT {column} FROM {KEPT}) one")


def _summed(names: Iterable[str], counts: Iterable[int]) -> Mapping[str, int]:
    found = Counter[str]()
    for name, count in zip(names, counts, strict=True):
        found[name] += count
    return found


def _checks() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT check_name, status, count(*) FROM (SELECT DISTINCT ON (r.submission_id, check_name) check_name, status"
            f" FROM {KEPT} JOIN checks_checkrun r USING (submission_id)"
            " ORDER BY r.submission_id, check_name, version DESC) newest GROUP BY 1, 2 ORDER BY 1, 2"
        )
        for name, status, n in cursor.fetchall():
            found.setdefault(name, {})[status] = n
    return found


# Every judged pair's votes as scores for the refined page. Gold and repeats are no pairs of their own here.
_SCORES = """
DROP TABLE IF EXISTS release_score;
CREATE TEMP TABLE release_score ON COMMIT DROP AS
SELECT vote.pair_id, vote.voter_id, CASE WHEN vote.refined_is_a THEN -vote.choice ELSE vote.choice END AS score,
       vote.criteria, vote.refined_is_a, vote.id, pick.cluster, held.cluster IS NOT NULL AS held
FROM arena_vote vote JOIN release_pick pick USING (pair_id) LEFT JOIN release_held held ON held.cluster = pick.cluster
WHERE vote.cast_at < %(as_of)s;
ANALYZE release_score;
"""


def score(as_of: datetime) -> None:
    """List the scores that `by_vote`, `climb` and `agreed` read, once for all of them."""
    with connection.cursor() as cursor:
        cursor.execute(_SCORES, {"as_of": as_of})


def by_pair(project_id: int, as_of: datetime) -> Interval | None:
    """The refined pages' win rate against the rival over every pair with a verdict, undecided ones as ties."""
    [(wins, ties, n)] = _all(
        "SELECT count(*) FILTER (WHERE outcome = 'refined'), count(*) FILTER (WHERE outcome <> 'refined'"
        " AND outcome <> 'rival'), count(*) FROM arena_pair"
        " WHERE project_id = %(project)s AND kind = 'refined_rival' AND status <> 'open' AND decided_at < %(as_of)s",
        {"project": project_id, "as_of": as_of},
    )
    if n == 0:
        return None
    score = wins + ties / 2
    low, high = win_rate.wilson(score, n)
    label = "Refined pages against the rival, by pair; ties and undecided pairs count half"
    return Interval(label, score / n, low, high, n, "Wilson, 95%")


def by_vote(seed: int) -> Interval | None:
    """The share of single votes that preferred the refined page, clustered by prompt and voter."""
    return _bootstrapped("true", "Refined pages against the rival, by vote; ties count half", seed)


def _bootstrapped(where: str, label: str, seed: int) -> Interval | None:
    """Over the newest MAX_VOTES votes that meet `where`; the label says when older ones were left out."""
    total = one(f"SELECT count(*) FROM release_score WHERE {where}")
    if total == 0:
        return None
    rows = _all(
        f"SELECT sign(score), cluster, voter_id FROM release_score WHERE {where} ORDER BY id DESC LIMIT {MAX_VOTES}"
    )
    outcomes = [Outcome((int(sign) + 1) / 2, cluster, voter) for sign, cluster, voter in rows]
    rate = win_rate.bootstrap_rate(outcomes, seed=seed, draws=DRAWS)
    note = f" (the newest {MAX_VOTES:,} of {total:,} votes)" if total > MAX_VOTES else ""
    assert rate.rate is not None
    if (
        rate.low == rate.high
    ):  # all votes alike: resampling cannot vary them, so clusters are taken as the trials
        trials = min(rate.prompts, rate.voters)
        low, high = win_rate.wilson(rate.rate * trials, trials)
        return Interval(label + note, rate.rate, low, high, rate.n, f"Wilson over {trials:,} clusters, 95%")
    return Interval(label + note, rate.rate, rate.low, rate.high, rate.n, "cluster bootstrap, 95%")


def climb(seed: int) -> Climb:
    """Win rates on train and on held-out prompts by voters who share nothing, what the rubric and the checks say."""
    rubric = _all(
        "SELECT criterion, avg(CASE WHEN refined_is_a THEN -value::int ELSE value::int END)::float8, count(*)"
        " FROM release_score, jsonb_each_text(criteria) each(criterion, value) GROUP BY 1 ORDER BY 1"
    )
    [(passed, checked)] = _all(
        "SELECT count(*) FILTER (WHERE whole), count(*) FROM (SELECT submission_id, bool_and(status = 'passed') AS whole"
        " FROM (SELECT DISTINCT ON (r.submission_id, check_name) r.submission_id, status FROM"
        f" {KEPT} JOIN checks_checkrun r USING (submission_id) ORDER BY r.submission_id, check_name, version DESC) newest"
        " GROUP BY submission_id) each"
    )
    return Climb(
        _bootstrapped("NOT held", "(a) train prompts, usual voters", seed),
        _bootstrapped(
            "held AND voter_id NOT IN (SELECT voter_id FROM release_score WHERE NOT held)",
            "(b) held-out prompts, voters of no train prompt",
            seed,
        ),
        {criterion: (mean, n) for criterion, mean, n in rubric},
        (passed, checked),
    )


def agreed() -> Agreement:
    """Krippendorff's alpha, from how often each combination of votes came."""
    combinations = _all(
        "SELECT scores, count(*) FROM (SELECT array_agg(score ORDER BY score) AS scores"
        " FROM release_score GROUP BY pair_id) pair GROUP BY 1 ORDER BY 1"
    )
    units = [(scores, times) for scores, times in combinations if len(scores) > 1]
    times = [n for _, n in units]
    signs = [[(score > 0) - (score < 0) for score in scores] for scores, _ in units]
    return Agreement(
        agreement.alpha(signs, "nominal", times=times),
        agreement.alpha([scores for scores, _ in units], "interval", times=times),
        sum(times),
    )


def lengths() -> LengthReport:
    """Lengths in bytes of the files: of the released pairs, and of the pages that voters saw."""
    [(pairs, longer, median)] = _all(
        "SELECT count(*), avg((sign(ratio) + 1) / 2)::float8, percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio) FROM ("
        "SELECT ln(greatest(chosen.byte_size, 1)::float8 / greatest(rejected.byte_size, 1)) AS ratio"
        f" FROM {KEPT} JOIN core_fileset chosen ON chosen.id = chosen_id JOIN core_fileset rejected ON rejected.id = rejected_id"
        " WHERE pair_type <> 'written') pair"
    )
    rows = _all(
        # Halves and their squares add up exactly, in whatever order.
        "SELECT ratio, sum(n), sum(w), sum(w * w), sum(w * n), sum(n * n) FROM ("
        "SELECT round(100 * ln(greatest(chosen.byte_size, 1)::float8 / greatest(shown.byte_size, 1))) / 100 AS ratio,"
        " (wins + losses + ties)::float8 AS n, wins + ties / 2.0::float8 AS w FROM release_pick"
        " JOIN catalog_generation rival ON rival.id = rival_id JOIN core_fileset shown ON shown.id = rival.fileset_id"
        " JOIN core_fileset chosen ON chosen.id = chosen_id WHERE wins + losses + ties > 0) judged GROUP BY 1 ORDER BY 1"
    )
    bins = [Bin(*row) for row in rows]
    return LengthReport(pairs, longer, median, length.baseline(bins), length.slope(bins))


def _all(query: str, params: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())

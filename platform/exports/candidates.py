"""The SQL that decides which judged pairs a release may have, and why the others are left out.

Parameters: project, as_of, tags, frameworks, licences, min_votes, seed, share, gone (people), allowed (models whose
outputs a lead lets be trained on), sample. The reasons are worded as cards and manifests print them.
"""

from __future__ import annotations

from arena import gold, stopping

CHOSEN = "chosen side may not be trained on"
REJECTED = "rejected side may not be trained on"
GOLD = "gold failure in the window"

# exports.splits._draw in SQL: the first 52 bits of SHA-256, as a share of 2^52.
_DRAW = (
    "('x' || left(encode(sha256(convert_to(%(seed)s::text || '|cluster|' || prompt.cluster, 'UTF8')), 'hex'), 13))"
    "::bit(52)::bigint / 4503599627370496::float8"
)

# Who withdrew a consent and gave it for no later version of the document: nothing of theirs is released.
WITHDRAWN = """
SELECT DISTINCT gone.user_id FROM people_consent gone WHERE gone.withdrawn_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM people_consent later WHERE later.user_id = gone.user_id AND later.document = gone.document
    AND later.withdrawn_at IS NULL AND later.given_at > gone.withdrawn_at)
"""

# For estimates: the pairs of a share of the prompt clusters, drawn by PostgreSQL's own hash, which costs next to nothing. What
# follows then looks at no others. Prompts come first: the planner takes the draw for a third of them. Tables are read from
# end to end, since 20,000 look-ups in tables that are not in memory took longer than estimating.PATIENCE.
SAMPLE = """
CREATE TEMP TABLE release_drawn ON COMMIT DROP AS
SELECT id AS prompt_id FROM catalog_prompt
WHERE project_id = %(project)s AND hashtextextended(cluster, 0) & 4294967295 < %(sample)s::float8 * 4294967296;
ANALYZE release_drawn;
SET LOCAL enable_nestloop = off;
CREATE TEMP TABLE release_sample ON COMMIT DROP AS
SELECT pair.id AS pair_id FROM release_drawn JOIN work_task task ON task.prompt_id = release_drawn.prompt_id
JOIN work_submission submission ON submission.task_id = task.id JOIN arena_pair pair ON pair.submission_id = submission.id
WHERE pair.project_id = %(project)s AND pair.kind = 'refined_rival' AND pair.status <> 'open';
SET LOCAL enable_nestloop TO DEFAULT;
ANALYZE release_sample;
"""
_SAMPLED = "JOIN release_sample ON release_sample.pair_id = {of}"

# One candidate for every pair with a verdict. A refinement of a base is preferred to that base. A page written from
# scratch has only the rival to be preferred to: where that may not be trained on, the page stands alone.
_CANDIDATES = f"""
CREATE TEMP TABLE release_pick ON COMMIT DROP AS
WITH dependent AS MATERIALIZED ( -- votes of people who wrote or reviewed what they voted on
    SELECT vote.pair_id, count(*) AS n FROM arena_vote vote JOIN arena_pair judged ON judged.id = vote.pair_id
    JOIN work_submission own ON own.id = judged.submission_id {{of vote}}
    WHERE judged.project_id = %(project)s
      AND (vote.voter_id = own.author_id OR EXISTS (
           SELECT 1 FROM review_review r WHERE r.reviewer_id = vote.voter_id
           AND r.submission_id IN (own.id, own.supersedes_id)))
    GROUP BY vote.pair_id
), known AS MATERIALIZED ( -- votes on pairs whose answer is known; arena.gold.right
    SELECT vote.voter_id, vote.cast_at, CASE vote.refined_is_a WHEN true THEN -sign(vote.choice) ELSE sign(vote.choice) END
           = CASE judged.gold WHEN 'refined' THEN 1 WHEN 'rival' THEN -1 ELSE 0 END AS correct
    FROM arena_pair judged JOIN arena_vote vote ON vote.pair_id = judged.id
    WHERE judged.gold <> '' AND judged.gold_at < %(as_of)s AND vote.cast_at < %(as_of)s
), unsound AS MATERIALIZED ( -- votes of people who failed gold pairs around the time they cast them; arena.gold.fails
    SELECT vote.pair_id, count(*) AS n, count(*) FILTER (WHERE vote.choice <> 0 AND (vote.choice < 0) = vote.refined_is_a) AS wins,
           count(*) FILTER (WHERE vote.choice <> 0 AND (vote.choice < 0) <> vote.refined_is_a) AS losses,
           count(*) FILTER (WHERE vote.choice = 0) AS ties
    FROM (SELECT DISTINCT voter_id FROM known WHERE NOT correct) slipped JOIN arena_vote vote USING (voter_id)
    JOIN arena_pair judged ON judged.id = vote.pair_id JOIN work_submission own ON own.id = judged.submission_id {{of vote}}
    WHERE judged.project_id = %(project)s AND vote.voter_id <> own.author_id AND NOT EXISTS (
          SELECT 1 FROM review_review r WHERE r.reviewer_id = vote.voter_id AND r.submission_id IN (own.id, own.supersedes_id))
      AND (SELECT avg(correct::int) FROM known WHERE known.voter_id = vote.voter_id AND known.cast_at
           BETWEEN vote.cast_at - interval '{gold.WINDOW_DAYS} days' AND vote.cast_at + interval '{gold.WINDOW_DAYS} days') < {gold.LEAST_RIGHT}
    GROUP BY vote.pair_id
), allowed AS ( -- a lead's override of a model's terms
    SELECT unnest(%(allowed)s::bigint[]) AS model_id
), judged AS (
SELECT pair.id AS pair_id, submission.id AS submission_id, submission.author_id AS author_id, prompt.id AS prompt_id,
       prompt.cluster, prompt.held_out, prompt.framework, prompt.licence, other.id AS other_id, task.rival_id, submission.fileset_id AS chosen_id,
       other.fileset_id AS rejected_id, task.base_id, pair.status, pair.outcome, prompt.quarantine, submission.supersedes_id,
       CASE WHEN other.use <> 'train' AND other.model_id IN (SELECT model_id FROM allowed) THEN 'train' ELSE other.use END AS rejected_use,
       -- What was refined hangs on the terms of what it was made of: the base, and the in-task model where it wrote a part.
       CASE WHEN submission.model_share > 0 AND project.target_id NOT IN (SELECT model_id FROM allowed) THEN target.use ELSE 'train' END AS helper_use,
       pair.wins, pair.losses, pair.ties, {_DRAW} < %(share)s::float8 AS drawn,
       abs(2 * (wins + ties / 2.0::float8 + 0.5) / (wins + losses + ties + 1) - 1)
           * least(wins + losses + ties, 5) / 5 AS strength, -- labels.weight
       submission.author_id = ANY(%(gone)s) OR coalesce(submission.fixed_by_id = ANY(%(gone)s), false) AS withdrawn
FROM arena_pair pair {{of pair}}
JOIN work_submission submission ON submission.id = pair.submission_id
JOIN work_task task ON task.id = submission.task_id
JOIN catalog_prompt prompt ON prompt.id = task.prompt_id
JOIN catalog_generation other ON other.id = coalesce(task.base_id, task.rival_id)
JOIN catalog_project project ON project.id = pair.project_id JOIN catalog_codemodel target ON target.id = project.target_id
WHERE pair.project_id = %(project)s AND pair.kind = 'refined_rival' AND pair.status <> 'open'
  AND pair.decided_at < %(as_of)s AND submission.status = 'accepted'
  AND (%(tags)s::varchar[] = '{{}}' OR prompt.tags && %(tags)s::varchar[])
  AND (%(frameworks)s::varchar[] = '{{}}' OR prompt.framework = ANY(%(frameworks)s::varchar[]))
  AND (%(licences)s::varchar[] = '{{}}' OR prompt.licence = ANY(%(licences)s::varchar[]))
)
SELECT judged.pair_id, submission_id, author_id, prompt_id, cluster, held_out, framework, licence, other_id, rival_id, chosen_id,
       rejected_id, judged.wins, judged.losses, judged.ties, drawn, strength, rejected_use, own.chosen_use,
       CASE WHEN base_id IS NOT NULL THEN 'refined_over_base'
            WHEN rejected_use = 'train' THEN 'refined_over_rival' ELSE 'written' END AS pair_type,
       -- In no config at all.
       quarantine <> '' OR withdrawn OR own.chosen_use = 'none' AS barred,
       -- A negative example: a sound verdict against a page that is the author's own and may be trained on.
       judged.status = 'decided' AND outcome IN ('rival', 'tie') AND own.chosen_use = 'train' AND sound.votes >= %(min_votes)s
           AND coalesce(flaw.reason, '') <> 'copied from the rival' AS losing,
       CASE WHEN withdrawn THEN 'consent was withdrawn'
            WHEN judged.status <> 'decided' THEN 'undecided'
            WHEN outcome = 'rival' THEN 'lost to the rival'
            WHEN outcome = 'tie' THEN 'tied with the rival'
            WHEN judged.wins + judged.losses + judged.ties - coalesce(dependent.n, 0) < %(min_votes)s THEN 'too few independent votes'
            WHEN unsound.n > 0 AND (sound.votes < %(min_votes)s
                 OR judged.wins - unsound.wins - greatest(judged.losses - unsound.losses, judged.ties - unsound.ties) < {stopping.LEAD}) THEN '{GOLD}'
            WHEN base_id IS NOT NULL AND rejected_use <> 'train' THEN '{REJECTED}'
            WHEN own.chosen_use <> 'train' THEN '{CHOSEN}'
            WHEN quarantine <> '' THEN 'prompt is in quarantine'
            WHEN EXISTS (SELECT 1 FROM review_review r WHERE r.reviewer_id = judged.author_id
                         AND r.submission_id IN (judged.submission_id, judged.supersedes_id)) THEN 'reviewed by its author'
            ELSE coalesce(flaw.reason, '') END AS reason
FROM judged
LEFT JOIN dependent ON dependent.pair_id = judged.pair_id
LEFT JOIN unsound ON unsound.pair_id = judged.pair_id
CROSS JOIN LATERAL (SELECT judged.wins + judged.losses + judged.ties - coalesce(dependent.n, 0) - coalesce(unsound.n, 0) AS votes) sound
CROSS JOIN LATERAL (SELECT CASE WHEN 'none' IN (helper_use, made_of) THEN 'none' WHEN 'eval_only' IN (helper_use, made_of) THEN 'eval_only'
                                ELSE 'train' END AS chosen_use
                    FROM (SELECT CASE WHEN base_id IS NULL THEN 'train' ELSE rejected_use END AS made_of) base) own
LEFT JOIN LATERAL (
    SELECT max(CASE run.check_name WHEN 'render' THEN 'has a render error' WHEN 'effort' THEN 'changes next to nothing'
               ELSE 'copied from the rival' END) AS reason
    FROM checks_checkrun run
    WHERE run.submission_id = judged.submission_id
      AND (run.check_name IN ('render', 'effort') AND run.status = 'failed'
           OR run.check_name = 'originality' AND run.metrics ->> 'copied_from_rival' = 'true')
      AND NOT EXISTS (SELECT 1 FROM checks_checkrun later WHERE later.submission_id = run.submission_id
                      AND later.check_name = run.check_name AND later.version > run.version)
) flaw ON true;
ANALYZE release_pick;
"""


def candidates(*, sampled: bool) -> str:
    """The query of all candidates, or of those in `release_sample`."""
    query = _CANDIDATES
    for place, of in (("{of vote}", "vote.pair_id"), ("{of pair}", "pair.id")):
        query = query.replace(place, _SAMPLED.format(of=of) if sampled else "")
    return query


# A cluster is held out whole, once one of its prompts is marked or its draw falls below the share.
HELD = """
CREATE TEMP TABLE release_held ON COMMIT DROP AS
SELECT DISTINCT cluster FROM release_pick WHERE NOT barred AND (drawn OR held_out);
ANALYZE release_held;
"""

# The rows that stay, with the weight that keeps their cluster under its cap; rows of no pair weigh nothing. Sums are
# taken over whole trillionths: exact, so that no order of rows shows. Only the clusters above their cap are listed.
KEPT = """
CREATE TEMP TABLE release_row ON COMMIT DROP AS
WITH sided AS NOT MATERIALIZED (
    SELECT pick.*, CASE WHEN held.cluster IS NULL THEN 'train' ELSE 'test' END AS split
    FROM release_pick pick LEFT JOIN release_held held ON held.cluster = pick.cluster
    WHERE NOT barred AND (reason = '' OR %(evidence)s)
      AND (held.cluster IS NOT NULL) = (author_id = ANY(%(testers)s::bigint[]))
), total AS (
    SELECT cluster, sum(round(strength * 1e12)::bigint)::float8 / 1e12 AS sum FROM sided WHERE reason = '' GROUP BY cluster
    HAVING sum(round(strength * 1e12)::bigint) > 1e12
)
SELECT sided.*, CASE WHEN reason = '' THEN strength / coalesce(total.sum, 1) ELSE 0 END AS weight
FROM sided LEFT JOIN total ON total.cluster = sided.cluster
ORDER BY submission_id;
CREATE UNIQUE INDEX ON release_row (submission_id);
ANALYZE release_row;
"""

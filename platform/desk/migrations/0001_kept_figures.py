"""What the desk shows is kept as it happens, so that its pages never count rows.

Each trigger appends a delta to core_tally (project, subject, kind, status, n), as the work room's triggers do:

    prompt  framework    open | quarantined
    check   check name   final status of a run over a submission
    review  ''           decision
    pair    kind         open | refined | rival | tie | undecided
    spend   what for     currency; n is minor units owed to people
    day     2026-11-23   submitted | accepted | voted; days of UTC
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION desk_keep(project bigint, subject text, kind text, status text, n bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO core_tally (project_id, subject, kind, status, n) VALUES (project, subject, kind, status, n)
$$;
CREATE FUNCTION desk_today() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')
$$;

CREATE FUNCTION desk_prompts_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_tally (project_id, subject, kind, status, n)
    SELECT project_id, 'prompt', framework, CASE quarantine WHEN '' THEN 'open' ELSE 'quarantined' END, count(*)
    FROM fresh GROUP BY 1, 3, 4;
    RETURN NULL;
END $$;
CREATE TRIGGER desk_prompts_inserted AFTER INSERT ON catalog_prompt REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION desk_prompts_inserted();
CREATE FUNCTION desk_prompt_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM desk_keep(OLD.project_id, 'prompt', OLD.framework, CASE OLD.quarantine WHEN '' THEN 'open' ELSE 'quarantined' END, -1);
    PERFORM desk_keep(NEW.project_id, 'prompt', NEW.framework, CASE NEW.quarantine WHEN '' THEN 'open' ELSE 'quarantined' END, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER desk_prompt_changed AFTER UPDATE OF quarantine, framework ON catalog_prompt FOR EACH ROW
    WHEN ((OLD.quarantine = '') IS DISTINCT FROM (NEW.quarantine = '') OR OLD.framework <> NEW.framework)
    EXECUTE FUNCTION desk_prompt_changed();

CREATE FUNCTION desk_check_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM desk_keep(project_id, 'check', NEW.check_name, NEW.status, 1)
    FROM work_submission WHERE id = NEW.submission_id;
    RETURN NULL;
END $$;
CREATE TRIGGER desk_check_over AFTER UPDATE OF status ON checks_checkrun FOR EACH ROW
    WHEN (NEW.submission_id IS NOT NULL AND NEW.status IN ('passed', 'warned', 'failed', 'infra_error')
          AND OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION desk_check_over();

CREATE FUNCTION desk_reviewed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM desk_keep(project_id, 'review', '', NEW.decision, 1) FROM work_submission WHERE id = NEW.submission_id;
    RETURN NULL;
END $$;
CREATE TRIGGER desk_reviewed AFTER INSERT ON review_review FOR EACH ROW EXECUTE FUNCTION desk_reviewed();

CREATE FUNCTION desk_pair_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM desk_keep(OLD.project_id, 'pair', OLD.kind, CASE WHEN OLD.outcome <> '' THEN OLD.outcome ELSE OLD.status END, -1);
    END IF;
    PERFORM desk_keep(NEW.project_id, 'pair', NEW.kind, CASE WHEN NEW.outcome <> '' THEN NEW.outcome ELSE NEW.status END, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER desk_pair_opened AFTER INSERT ON arena_pair FOR EACH ROW EXECUTE FUNCTION desk_pair_moved();
CREATE TRIGGER desk_pair_moved AFTER UPDATE OF status ON arena_pair FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION desk_pair_moved();

CREATE FUNCTION desk_owed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM desk_keep(project_id, 'spend', left(kind, 16), NEW.currency, NEW.amount)
    FROM ledger_transaction WHERE id = NEW.transaction_id;
    RETURN NULL;
END $$;
CREATE TRIGGER desk_owed AFTER INSERT ON ledger_entry FOR EACH ROW
    WHEN (NEW.user_id IS NOT NULL) EXECUTE FUNCTION desk_owed();

CREATE FUNCTION desk_submitted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_tally (project_id, subject, kind, status, n)
    SELECT project_id, 'day', desk_today(), 'submitted', count(*) FROM fresh GROUP BY 1;
    RETURN NULL;
END $$;
CREATE TRIGGER desk_submitted AFTER INSERT ON work_submission REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION desk_submitted();
CREATE FUNCTION desk_accepted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM desk_keep(NEW.project_id, 'day', desk_today(), 'accepted', 1);
    RETURN NULL;
END $$;
CREATE TRIGGER desk_accepted AFTER UPDATE OF status ON work_submission FOR EACH ROW
    WHEN (NEW.status = 'accepted' AND OLD.status <> 'accepted') EXECUTE FUNCTION desk_accepted();
CREATE FUNCTION desk_voted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM desk_keep(project_id, 'day', desk_today(), 'voted', 1) FROM arena_pair WHERE id = NEW.pair_id;
    RETURN NULL;
END $$;
CREATE TRIGGER desk_voted AFTER INSERT ON arena_vote FOR EACH ROW EXECUTE FUNCTION desk_voted();

-- Whatever stood before these triggers did.
INSERT INTO core_tally (project_id, subject, kind, status, n)
    SELECT project_id, 'prompt', framework, CASE quarantine WHEN '' THEN 'open' ELSE 'quarantined' END, count(*)
    FROM catalog_prompt GROUP BY 1, 3, 4
    UNION ALL
    SELECT s.project_id, 'check', r.check_name, r.status, count(*)
    FROM checks_checkrun r JOIN work_submission s ON s.id = r.submission_id
    WHERE r.status IN ('passed', 'warned', 'failed', 'infra_error') GROUP BY 1, 3, 4
    UNION ALL
    SELECT s.project_id, 'review', '', r.decision, count(*)
    FROM review_review r JOIN work_submission s ON s.id = r.submission_id GROUP BY 1, 4
    UNION ALL
    SELECT project_id, 'pair', kind, CASE WHEN outcome <> '' THEN outcome ELSE status END, count(*)
    FROM arena_pair GROUP BY 1, 3, 4
    UNION ALL
    SELECT t.project_id, 'spend', left(t.kind, 16), e.currency, sum(e.amount)
    FROM ledger_entry e JOIN ledger_transaction t ON t.id = e.transaction_id
    WHERE e.user_id IS NOT NULL GROUP BY 1, 3, 4
    UNION ALL
    SELECT project_id, 'day', to_char(submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), 'submitted', count(*)
    FROM work_submission GROUP BY 1, 3
    UNION ALL
    SELECT project_id, 'day', to_char(decided_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), 'accepted', count(*)
    FROM work_submission WHERE status = 'accepted' AND decided_at IS NOT NULL GROUP BY 1, 3
    UNION ALL
    SELECT p.project_id, 'day', to_char(v.cast_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), 'voted', count(*)
    FROM arena_vote v JOIN arena_pair p ON p.id = v.pair_id GROUP BY 1, 3;
"""

BACKWARD = """
DROP TRIGGER desk_voted ON arena_vote;
DROP TRIGGER desk_accepted ON work_submission;
DROP TRIGGER desk_submitted ON work_submission;
DROP TRIGGER desk_owed ON ledger_entry;
DROP TRIGGER desk_pair_moved ON arena_pair;
DROP TRIGGER desk_pair_opened ON arena_pair;
DROP TRIGGER desk_reviewed ON review_review;
DROP TRIGGER desk_check_over ON checks_checkrun;
DROP TRIGGER desk_prompt_changed ON catalog_prompt;
DROP TRIGGER desk_prompts_inserted ON catalog_prompt;
DROP FUNCTION desk_voted, desk_accepted, desk_submitted, desk_owed, desk_pair_moved, desk_reviewed, desk_check_over,
    desk_prompt_changed, desk_prompts_inserted, desk_today, desk_keep;
DELETE FROM core_tally WHERE subject IN ('prompt', 'check', 'review', 'pair', 'spend', 'day');
"""


class Migration(migrations.Migration):
    """Triggers of the kept figures."""

    dependencies = [
        ("core", "0002_append_only"),
        ("catalog", "0001_initial"),
        ("work", "0002_tallies"),
        ("checks", "0001_initial"),
        ("review", "0001_initial"),
        ("arena", "0001_initial"),
        ("ledger", "0001_initial"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

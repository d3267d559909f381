"""Events cannot be changed or deleted, whoever asks."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION core_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: rows are never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER core_event_append_only BEFORE UPDATE OR DELETE ON core_event
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();

-- lz4 reads faster; a server built without it keeps its default compression.
DO $$ BEGIN
    ALTER TABLE core_fileset ALTER COLUMN body SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
CREATE TRIGGER core_fileset_immutable BEFORE UPDATE ON core_fileset
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();

-- Counters kept as deltas. The trigger's arguments: subject, then the expression of its kind.
CREATE FUNCTION core_tally_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'INSERT INTO core_tally (project_id, subject, kind, status, n)
         SELECT project_id, %L, %s, status, count(*) FROM fresh GROUP BY 1, 3, 4', TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END $$;
CREATE FUNCTION core_tally_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := coalesce(to_jsonb(NEW) ->> TG_ARGV[1], '');
BEGIN
    INSERT INTO core_tally (project_id, subject, kind, status, n)
    VALUES (NEW.project_id, TG_ARGV[0], kind, OLD.status, -1), (NEW.project_id, TG_ARGV[0], kind, NEW.status, 1);
    RETURN NULL;
END $$;
"""

BACKWARD = """
DROP TRIGGER core_fileset_immutable ON core_fileset;
DROP TRIGGER core_event_append_only ON core_event;
DROP FUNCTION core_tally_moved, core_tally_inserted, core_refuse_change;
"""


class Migration(migrations.Migration):
    """Triggers of the core room."""

    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

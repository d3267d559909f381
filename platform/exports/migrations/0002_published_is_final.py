"""A published release is not changed but by withdrawal, and never deleted; nor are its files."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION exports_release_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status IN ('published', 'withdrawn') THEN
            RAISE EXCEPTION 'a published release is never deleted' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status = 'withdrawn'
       OR (OLD.status = 'published' AND NOT (
            NEW.status = 'withdrawn'
            AND (to_jsonb(NEW) - '{status,withdrawn_at,withdrawn_reason}'::text[])
              = (to_jsonb(OLD) - '{status,withdrawn_at,withdrawn_reason}'::text[]))) THEN
        RAISE EXCEPTION 'a published release is final: it can only be withdrawn'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exports_release_final BEFORE UPDATE OR DELETE ON exports_release
    FOR EACH ROW EXECUTE FUNCTION exports_release_final();
CREATE TRIGGER exports_releasefile_final BEFORE UPDATE OR DELETE ON exports_releasefile
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

BACKWARD = """
DROP TRIGGER exports_releasefile_final ON exports_releasefile;
DROP TRIGGER exports_release_final ON exports_release;
DROP FUNCTION exports_release_final;
"""


class Migration(migrations.Migration):
    """Triggers of the exports room."""

    dependencies = [("exports", "0001_initial"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

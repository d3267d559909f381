"""News is made where the audit trail is written, in the same transaction: none is lost and none is told of what was undone."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION webhooks_tell() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text := CASE NEW.machine || ' ' || NEW.verb
        WHEN 'exports.release publish' THEN 'release.published'
        WHEN 'exports.release fail' THEN 'release.failed'
        WHEN 'exports.release deprecate' THEN 'release.deprecated'
        WHEN 'exports.release withdraw' THEN 'release.withdrawn'
        WHEN 'catalog.import finish' THEN 'import.finished'
        WHEN 'catalog.import refuse' THEN 'import.refused'
        WHEN 'arena.pair decide' THEN 'verdict.reached'
        WHEN 'arena.pair leave' THEN 'verdict.reached'
    END;
    of_project bigint;
BEGIN
    IF kind IS NULL OR NOT EXISTS (SELECT FROM webhooks_endpoint WHERE removed_at IS NULL AND paused_at IS NULL) THEN
        RETURN NULL;
    END IF;
    of_project := CASE NEW.machine
        WHEN 'exports.release' THEN (SELECT project_id FROM exports_release WHERE id = NEW.object_id)
        WHEN 'catalog.import' THEN (SELECT project_id FROM catalog_import WHERE id = NEW.object_id)
        WHEN 'arena.pair' THEN (SELECT project_id FROM arena_pair WHERE id = NEW.object_id)
    END;
    WITH told AS (
        INSERT INTO webhooks_delivery (endpoint_id, event, message, object_id, happened_at, body, status, tries)
        SELECT id, kind, gen_random_uuid(), NEW.object_id, NEW.at, '', 'pending', 0 FROM webhooks_endpoint
        WHERE project_id = of_project AND removed_at IS NULL AND paused_at IS NULL AND kind = ANY(events)
        RETURNING id
    )
    INSERT INTO core_event (machine, verb, object_id, source, target, actor_id, data, at)
    SELECT 'webhooks.delivery', 'create', id, '', 'pending', NULL, '{}', clock_timestamp() FROM told;
    RETURN NULL;
END $$;
CREATE TRIGGER webhooks_tell AFTER INSERT ON core_event FOR EACH ROW
    WHEN (NEW.machine IN ('exports.release', 'catalog.import', 'arena.pair')) EXECUTE FUNCTION webhooks_tell();
"""

BACKWARD = """
DROP TRIGGER webhooks_tell ON core_event;
DROP FUNCTION webhooks_tell;
"""


class Migration(migrations.Migration):
    """The trigger of the webhooks room."""

    dependencies = [
        ("webhooks", "0001_initial"),
        ("core", "0002_append_only"),
        ("exports", "0003_versions_and_people"),
        ("arena", "0001_initial"),
        ("catalog", "0006_assist"),
    ]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

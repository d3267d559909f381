"""The registry only grows: what a release was scanned against can always be asked again."""

from django.db import migrations

TABLES = ("protect_protectedset", "protect_protecteditem", "protect_protectedcanary")
FORWARD = "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
    " FOR EACH ROW EXECUTE FUNCTION core_refuse_change();"
    for table in TABLES
)
BACKWARD = "\n".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES)


class Migration(migrations.Migration):
    """Triggers of the protect room."""

    dependencies = [("protect", "0002_planted_items"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]

"""Tasks, seats and submissions keep their counts by project, kind and status."""

from django.db import migrations


def _tally(table: str, subject: str, kind: str) -> str:
    expression = kind or "''"
    return f"""
CREATE TRIGGER {table}_tally_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION core_tally_inserted('{subject}', '{expression.replace("'", "''")}');
CREATE TRIGGER {table}_tally_moved AFTER UPDATE OF status ON {table} FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION core_tally_moved('{subject}', '{kind}');
"""


def _drop(table: str) -> str:
    return f"DROP TRIGGER {table}_tally_inserted ON {table}; DROP TRIGGER {table}_tally_moved ON {table};"


COUNTED = [
    ("work_task", "task", "kind"),
    ("work_assignment", "assignment", "kind"),
    ("work_submission", "submission", ""),
]


class Migration(migrations.Migration):
    """Counting triggers."""

    dependencies = [("work", "0001_initial"), ("core", "0002_append_only")]
    operations = [migrations.RunSQL(_tally(*counted), _drop(counted[0])) for counted in COUNTED]

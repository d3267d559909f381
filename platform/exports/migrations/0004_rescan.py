"""What releases were asked again after the protected registry had grown."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER exports_rescan_append_only BEFORE UPDATE OR DELETE ON exports_rescan
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""


class Migration(migrations.Migration):
    """Rescans."""

    dependencies = [("exports", "0003_versions_and_people"), ("core", "0002_append_only")]

    operations = [
        migrations.CreateModel(
            name="Rescan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("registry_version", models.PositiveIntegerField()),
                ("registry_sha256", models.CharField(max_length=64)),
                ("row_count", models.PositiveIntegerField(default=0, help_text="Rows that were looked at.")),
                (
                    "match_count",
                    models.PositiveIntegerField(default=0, help_text="Rows that match a set registered since."),
                ),
                (
                    "found",
                    models.JSONField(
                        default=list, help_text="The first of them: row, set, version, key, rule, score."
                    ),
                ),
                (
                    "error",
                    models.TextField(
                        blank=True, default="", help_text="Why it could not be asked; empty: it was."
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rescans", to="exports.release"
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AddConstraint(
            model_name="rescan",
            constraint=models.UniqueConstraint(fields=("release", "registry_sha256"), name="rescan_once"),
        ),
        migrations.RunSQL(FORWARD, "DROP TRIGGER exports_rescan_append_only ON exports_rescan;"),
    ]

"""What a release follows, why it is there, whether it is still advised, and whose work is in it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A published release may be withdrawn, or once be marked as deprecated; nothing else changes.
FORWARD = """
CREATE OR REPLACE FUNCTION exports_release_final() RETURNS trigger LANGUAGE plpgsql AS $$
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
              = (to_jsonb(OLD) - '{status,withdrawn_at,withdrawn_reason}'::text[])
         OR OLD.deprecated_at IS NULL AND NEW.deprecated_at IS NOT NULL
            AND (to_jsonb(NEW) - '{deprecated_at,deprecated_reason}'::text[])
              = (to_jsonb(OLD) - '{deprecated_at,deprecated_reason}'::text[]))) THEN
        RAISE EXCEPTION 'a published release is final: it can only be deprecated or withdrawn'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exports_releaseperson_final BEFORE UPDATE OR DELETE ON exports_releaseperson
    FOR EACH ROW EXECUTE FUNCTION core_refuse_change();
"""

BACKWARD = """
DROP TRIGGER exports_releaseperson_final ON exports_releaseperson;
"""


class Migration(migrations.Migration):
    """Versions, deprecation, people of releases."""

    dependencies = [
        ("exports", "0002_published_is_final"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="release",
            name="previous",
            field=models.ForeignKey(
                help_text="The release that its changes are told against.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="exports.release",
            ),
        ),
        migrations.AddField(
            model_name="release",
            name="note",
            field=models.TextField(
                blank=True, default="", help_text="Why there is this release; shown in its changes."
            ),
        ),
        migrations.AddField(
            model_name="release", name="deprecated_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="release",
            name="deprecated_reason",
            field=models.TextField(blank=True, default="", help_text="Shown wherever it is served."),
        ),
        migrations.CreateModel(
            name="ReleasePerson",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("row_count", models.PositiveIntegerField(help_text="Rows and judgements.")),
                (
                    "release",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people",
                        to="exports.release",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name_plural": "release people"},
        ),
        migrations.AddConstraint(
            model_name="releaseperson",
            constraint=models.UniqueConstraint(fields=("release", "user"), name="release_person_once"),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]

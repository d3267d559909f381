"""Pairs whose answer is known."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Gold pairs."""

    dependencies = [("arena", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.AddField(
            model_name="pair",
            name="gold",
            field=models.CharField(
                blank=True,
                choices=[("refined", "Refined won"), ("rival", "Rival won"), ("tie", "Tie")],
                db_default="",
                default="",
                help_text="The known answer, by which votes on it are judged; empty: none is known.",
                max_length=8,
            ),
        ),
        migrations.AddField(model_name="pair", name="gold_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="pair",
            name="gold_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="pair",
            index=models.Index(condition=models.Q(("gold", ""), _negated=True), fields=["id"], name="pair_gold"),
        ),
        migrations.AddConstraint(
            model_name="pair",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("gold", ""), ("gold_at__isnull", True), ("gold_by__isnull", True)),
                    models.Q(
                        models.Q(("gold", ""), _negated=True), ("gold_at__isnull", False), ("gold_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="pair_gold_paired",
            ),
        ),
    ]

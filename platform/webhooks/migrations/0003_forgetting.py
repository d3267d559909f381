"""What ended long ago is found by its end, and may be forgotten although it was sent again."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """An index over ended deliveries; a replay outlives what it repeats."""

    dependencies = [("webhooks", "0002_news")]
    operations = [
        migrations.AlterField(
            "delivery",
            "object_id",
            models.BigIntegerField(help_text="The release, import or pair; of a test the webhook."),
        ),
        migrations.AlterField(
            "delivery",
            "replay_of",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replays",
                to="webhooks.delivery",
            ),
        ),
        migrations.AddIndex(
            "delivery",
            models.Index(fields=["ended_at"], condition=Q(("ended_at__isnull", False)), name="delivery_ended"),
        ),
    ]

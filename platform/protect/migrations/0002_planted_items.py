"""Digests of sets, the probe of their making, and planted items."""

import hashlib
import json

import django.db.models.deletion
from django.db import migrations, models


def fill(apps, schema_editor):
    """Sets that are registered already: their digest. They have no planted items, since their texts were not kept."""
    from protect.fingerprints import Fingerprinter

    protected, item = apps.get_model("protect", "ProtectedSet"), apps.get_model("protect", "ProtectedItem")
    for row in protected.objects.all():
        own = item.objects.filter(protected_set=row).values_list("kind", "key", "fingerprint")
        said = [list(each) for each in sorted(own, key=lambda each: each[:2])]
        row.digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        row.probe = Fingerprinter().probe()
        row.save(update_fields=["digest", "probe"])


class Migration(migrations.Migration):
    """Planted items."""

    dependencies = [("protect", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="protectedset",
            name="digest",
            field=models.CharField(default="", help_text="SHA-256 of the items' fingerprints.", max_length=64),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="protectedset",
            name="probe",
            field=models.CharField(
                default="",
                help_text="Digest of the fingerprints of a fixed text: shows when they are made otherwise.",
                max_length=64,
            ),
            preserve_default=False,
        ),
        migrations.CreateModel(
            name="ProtectedCanary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120)),
                ("kind", models.CharField(choices=[("prompt", "prompt"), ("code", "code")], max_length=8)),
                ("edit", models.CharField(help_text="One of protect.canaries.EDITS.", max_length=16)),
                ("fingerprint", models.JSONField(help_text="Hashes as made by protect.fingerprints.")),
                (
                    "protected_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="canaries", to="protect.protectedset"
                    ),
                ),
            ],
            options={"verbose_name": "planted item"},
        ),
        migrations.AddConstraint(
            model_name="protectedcanary",
            constraint=models.UniqueConstraint(
                fields=("protected_set", "kind", "key", "edit"), name="protected_canary_once"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]

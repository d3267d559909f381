"""The table of the cache that counts sign-ins: every worker sees it, and a restart forgets nothing."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    # The shape is that of django.core.cache.backends.db.
    operations = [
        migrations.RunSQL(
            "CREATE TABLE people_throttle (cache_key varchar(255) PRIMARY KEY, value text NOT NULL,"
            " expires timestamptz NOT NULL);"
            " CREATE INDEX people_throttle_expires ON people_throttle (expires)",
            "DROP TABLE people_throttle",
        )
    ]

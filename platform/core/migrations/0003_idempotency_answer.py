from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0002_append_only'),
    ]

    operations = [
        migrations.RunSQL("DELETE FROM core_idempotencykey WHERE status IS NULL OR body IS NULL", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='idempotencykey',
            name='body',
            field=models.JSONField(),
        ),
        migrations.AlterField(
            model_name='idempotencykey',
            name='status',
            field=models.PositiveSmallIntegerField(),
        ),
    ]

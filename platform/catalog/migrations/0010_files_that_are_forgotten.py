from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0009_prompt_scan'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='generation',
            index=models.Index(condition=models.Q(('imported__isnull', False)), fields=['imported'], name='generation_imported'),
        ),
    ]

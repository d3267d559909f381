from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0010_files_that_are_forgotten'),
        ('work', '0006_telling_names'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='assistturn',
            index=models.Index(fields=['fileset'], name='assist_files'),
        ),
        migrations.AddIndex(
            model_name='draftversion',
            index=models.Index(fields=['fileset'], name='draft_files'),
        ),
        migrations.AddIndex(
            model_name='submission',
            index=models.Index(condition=models.Q(('sent__isnull', False)), fields=['sent'], name='submission_sent'),
        ),
    ]

"""Work that nobody reviewed is paid after so many days."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One setting of a project."""

    dependencies = [("catalog", "0003_generations_by_prompt")]
    operations = [
        migrations.AddField(
            model_name="project",
            name="pay_after_days",
            field=models.PositiveSmallIntegerField(
                default=7, help_text="Work that nobody reviewed for so many days is paid all the same; 0: never."
            ),
        ),
    ]

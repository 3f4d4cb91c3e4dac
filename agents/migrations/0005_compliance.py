from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_transfers"),
    ]

    operations = [
        migrations.AddField(
            model_name="agentversion",
            name="compliance",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]

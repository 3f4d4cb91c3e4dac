from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("webhooks", "0005_due_deliveries_in_their_order"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["subject", "id"], name="delivery_by_subject"),
        ),
    ]

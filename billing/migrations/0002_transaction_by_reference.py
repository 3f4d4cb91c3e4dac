from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="transaction", name="transaction_by_reference"),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                fields=["account", "reference"],
                name="transaction_by_reference",
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
        ),
    ]

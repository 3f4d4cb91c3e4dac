"""Signing secrets are kept encrypted, which makes them longer."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_initial")]

    operations = [
        migrations.RenameField("endpoint", "secret", "sealed_secret"),
        migrations.RenameField("endpoint", "previous_secret", "sealed_previous_secret"),
        migrations.AlterField("endpoint", "sealed_secret", models.TextField(editable=False)),
        migrations.AlterField("endpoint", "sealed_previous_secret", models.TextField(blank=True, editable=False)),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                name="delivery_due_by_endpoint",
                condition=models.Q(status="pending"),
            ),
        ),
    ]

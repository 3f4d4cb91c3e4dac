"""The count of an endpoint's deliveries in flight gets an index."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_sealed_secrets")]

    operations = [
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["endpoint"], name="delivery_in_flight", condition=models.Q(leased_until__isnull=False)
            ),
        ),
    ]

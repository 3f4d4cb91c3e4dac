from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0005_number_earlier_calls")]

    operations = [
        migrations.AddConstraint(
            "call", models.UniqueConstraint(models.F("account"), models.F("number"), name="call_is_numbered_once")
        ),
        migrations.AddConstraint(
            "call", models.CheckConstraint(condition=models.Q(number__gt=0), name="call_is_numbered")
        ),
    ]

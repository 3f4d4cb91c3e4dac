import calls.models.dialing
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_impersonate_member"),
        ("agents", "0005_compliance"),
        ("calls", "0020_line_registrations"),
    ]

    operations = [
        migrations.AddField(
            model_name="call",
            name="time_zone",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="leg",
            name="is_off_record",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="DialingRules",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("calling_hours", models.JSONField(null=True)),
                (
                    "max_per_day",
                    models.PositiveIntegerField(
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                (
                    "max_per_week",
                    models.PositiveIntegerField(
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                ("pre_dial_url", models.CharField(blank=True, max_length=2000)),
                ("pre_dial_secret", models.TextField(blank=True)),
                (
                    "proof_days",
                    models.PositiveIntegerField(
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                    ),
                ),
                ("digest_key", models.TextField(blank=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="dialing_rules", to="accounts.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DialCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=calls.models.dialing._check_id, editable=False, max_length=40, unique=True
                    ),
                ),
                ("to_number", models.CharField(max_length=20)),
                ("is_allowed", models.BooleanField()),
                ("refused_by", models.CharField(blank=True, max_length=40)),
                ("results", models.JSONField(default=list)),
                ("answer_digest", models.CharField(blank=True, max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dial_checks",
                        to="accounts.account",
                    ),
                ),
                (
                    "agent_version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="agents.agentversion",
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dial_checks",
                        to="calls.call",
                    ),
                ),
            ],
            options={
                "verbose_name": "check",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="dial_check_by_account"),
                    models.Index(fields=["account", "to_number", "-id"], name="dial_check_by_number"),
                    models.Index(
                        condition=models.Q(("call__isnull", False)), fields=["call"], name="dial_check_by_call"
                    ),
                    models.Index(fields=["agent_version"], name="dial_check_by_version"),
                    models.Index(fields=["account", "at"], name="dial_check_by_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DoNotCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=calls.models.dialing._entry_id, editable=False, max_length=40, unique=True
                    ),
                ),
                ("number", models.CharField(max_length=20, null=True)),
                ("digest", models.CharField(editable=False, max_length=64, null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "Api"), ("page", "Page"), ("import", "Import"), ("call", "Call")],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="do_not_call",
                        to="accounts.account",
                    ),
                ),
                (
                    "call",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="calls.call",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry",
                "verbose_name_plural": "do-not-call entries",
                "indexes": [
                    models.Index(fields=["account", "-id"], name="do_not_call_by_account"),
                    models.Index(
                        condition=models.Q(("call__isnull", False)), fields=["call"], name="do_not_call_by_call"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(models.F("account"), models.F("number"), name="number_is_listed_once"),
                    models.UniqueConstraint(models.F("account"), models.F("digest"), name="digest_is_listed_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("digest__isnull", False), ("number", None)),
                            models.Q(("digest", None), ("number__isnull", False)),
                            _connector="OR",
                        ),
                        name="entry_has_a_number_or_its_digest",
                    ),
                ],
            },
        ),
    ]

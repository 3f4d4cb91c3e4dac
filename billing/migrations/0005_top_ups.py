
import billing.models
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('billing', '0004_low_balance_and_adjustments'),
    ]

    operations = [
        migrations.CreateModel(
            name='TopUp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=billing.models._top_up_id, editable=False, max_length=40, unique=True)),
                ('micro_credits', models.BigIntegerField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('processing', 'Processing'), ('paid', 'Paid'), ('failed', 'Failed'), ('expired', 'Expired')], default='open', max_length=20)),
                ('failure', models.CharField(blank=True, help_text='Why it came to nothing, for staff', max_length=200)),
                ('checkout_id', models.CharField(max_length=100, unique=True)),
                ('payment_id', models.CharField(blank=True, max_length=100)),
                ('url', models.TextField()),
                ('shortfall', models.BigIntegerField(default=0, help_text='Micro-credits that went back and could not be taken')),
                ('created_at', models.DateTimeField()),
                ('paid_at', models.DateTimeField(blank=True, null=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='top_ups', to='accounts.account')),
            ],
            options={
                'verbose_name': 'top-up',
            },
        ),
        migrations.CreateModel(
            name='Reversal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(help_text="The provider's name of the charge or the dispute", max_length=100)),
                ('micro_credits', models.BigIntegerField()),
                ('is_undone', models.BooleanField(default=False)),
                ('top_up', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reversals', to='billing.topup')),
            ],
        ),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.CheckConstraint(condition=models.Q(('micro_credits__gt', 0)), name='top_up_is_of_something'),
        ),
        migrations.AddConstraint(
            model_name='topup',
            constraint=models.UniqueConstraint(condition=models.Q(('payment_id', ''), _negated=True), fields=('payment_id',), name='payment_pays_one_top_up'),
        ),
        migrations.AddConstraint(
            model_name='reversal',
            constraint=models.UniqueConstraint(models.F('reference'), name='reversal_is_recorded_once'),
        ),
        migrations.AddConstraint(
            model_name='reversal',
            constraint=models.CheckConstraint(condition=models.Q(('micro_credits__gte', 0)), name='reversal_is_never_negative'),
        ),
    ]


from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('billing', '0003_ledger_guards'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='balance',
            options={'permissions': [('adjust_balance', 'Can adjust the balance')]},
        ),
        migrations.AddField(
            model_name='balance',
            name='is_low',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='balance',
            name='low_threshold',
            field=models.BigIntegerField(blank=True, help_text='Micro-credits; empty means LOW_BALANCE_CREDITS, 0 that nobody is told', null=True),
        ),
        migrations.AddField(
            model_name='transaction',
            name='posted_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=254),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='book',
            field=models.CharField(choices=[('customer', 'Customer'), ('held', 'Held'), ('revenue', 'Revenue'), ('adjustments', 'Adjustments'), ('payments', 'Payments')], max_length=20),
        ),
        migrations.AlterField(
            model_name='transaction',
            name='kind',
            field=models.CharField(choices=[('grant', 'Grant'), ('hold', 'Hold'), ('charge', 'Charge'), ('release', 'Release'), ('adjustment', 'Adjustment'), ('top_up', 'Top Up'), ('refund', 'Refund'), ('reinstatement', 'Reinstatement')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='transaction',
            index=models.Index(fields=['account', 'posted_at', 'id'], name='transaction_by_time'),
        ),
    ]

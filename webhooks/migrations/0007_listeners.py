import django.contrib.postgres.fields
import django.db.models.deletion
import webhooks.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_impersonate_member'),
        ('webhooks', '0006_delivery_by_subject'),
    ]

    operations = [
        migrations.CreateModel(
            name='Listener',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=webhooks.models._listener_id, editable=False, max_length=40, unique=True)),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), size=None)),
                ('sealed_secret', models.TextField(editable=False)),
                ('socket', models.CharField(max_length=200)),
                ('alive_until', models.DateTimeField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhook_listeners', to='accounts.account')),
            ],
        ),
        migrations.CreateModel(
            name='Forward',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.CharField(default=webhooks.models._delivery_id, editable=False, max_length=40, unique=True)),
                ('taken_by', models.CharField(blank=True, max_length=200)),
                ('event', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forwards', to='webhooks.event')),
                ('listener', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='forwards', to='webhooks.listener')),
            ],
        ),
        migrations.AddIndex(
            model_name='listener',
            index=models.Index(fields=['account', 'alive_until'], name='listener_by_account'),
        ),
        migrations.AddIndex(
            model_name='listener',
            index=models.Index(fields=['socket'], name='listener_by_socket'),
        ),
        migrations.AddIndex(
            model_name='forward',
            index=models.Index(fields=['listener', 'id'], name='forward_by_listener'),
        ),
    ]

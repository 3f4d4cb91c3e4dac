from __future__ import annotations

from typing import Any

from django.db import migrations, transaction

RENUMBER = """
UPDATE calls_call SET number = ranked.number
FROM (SELECT id, row_number() OVER (ORDER BY id) AS number FROM calls_call WHERE account_id = %s) ranked
WHERE calls_call.id = ranked.id AND calls_call.number <> ranked.number
"""


def number_calls(apps: Any, schema_editor: Any) -> None:
    """Account by account, each under the lock that new calls are numbered under."""
    accounts = apps.get_model("accounts", "Account").objects
    for pk in accounts.values_list("pk", flat=True):
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            accounts.select_for_update(no_key=True).filter(pk=pk).first()
            cursor.execute(RENUMBER, [pk])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("calls", "0004_call_number"), ("accounts", "0002_api_key_scopes")]

    operations = [migrations.RunPython(number_calls, migrations.RunPython.noop)]

from __future__ import annotations

from django.db import migrations, models

# Calls of one account are numbered one after the other: services.starting holds the lock already. The highest
# number is read under it, so that a call that was rolled back leaves no gap.
NUMBER = """
CREATE FUNCTION calls_number_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM accounts_account WHERE id = NEW.account_id FOR NO KEY UPDATE;
  SELECT coalesce(max(number), 0) + 1 INTO NEW.number FROM calls_call WHERE account_id = NEW.account_id;
  RETURN NEW;
END
$$;
CREATE TRIGGER call_is_numbered BEFORE INSERT ON calls_call FOR EACH ROW EXECUTE FUNCTION calls_number_call();
"""
FORGET = "DROP TRIGGER call_is_numbered ON calls_call; DROP FUNCTION calls_number_call();"


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_browser_talks")]

    operations = [
        migrations.AddField("call", "number", models.BigIntegerField(db_default=0, editable=False)),
        migrations.RunSQL(NUMBER, FORGET),
    ]

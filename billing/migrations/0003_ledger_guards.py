"""What the ledger promises, kept by the database: transactions sum to zero, and nothing posted is changed or deleted."""

from __future__ import annotations

from django.db import migrations

GUARDS = """
CREATE FUNCTION billing_transaction_sums_to_zero() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    posted bigint;
    entries integer;
    total numeric;
BEGIN
    IF TG_TABLE_NAME = 'billing_transaction' THEN
        posted := NEW.id;
    ELSE
        posted := NEW.transaction_id;
    END IF;

    SELECT count(*), coalesce(sum(micro_credits), 0) INTO entries, total
    FROM billing_ledgerentry WHERE transaction_id = posted;
    IF entries < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'transaction % has % entries that sum to %', posted, entries, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transaction_sums_to_zero';
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION billing_ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger only grows: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_only_grows';
END
$$;

CREATE CONSTRAINT TRIGGER transaction_has_entries AFTER INSERT ON billing_transaction
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_transaction_sums_to_zero();
CREATE CONSTRAINT TRIGGER transaction_sums_to_zero AFTER INSERT ON billing_ledgerentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_transaction_sums_to_zero();
CREATE TRIGGER transaction_only_grows BEFORE UPDATE OR DELETE ON billing_transaction
    FOR EACH ROW EXECUTE FUNCTION billing_ledger_only_grows();
CREATE TRIGGER ledger_entry_only_grows BEFORE UPDATE OR DELETE ON billing_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION billing_ledger_only_grows();
"""

WITHOUT_GUARDS = """
DROP TRIGGER ledger_entry_only_grows ON billing_ledgerentry;
DROP TRIGGER transaction_only_grows ON billing_transaction;
DROP TRIGGER transaction_sums_to_zero ON billing_ledgerentry;
DROP TRIGGER transaction_has_entries ON billing_transaction;
DROP FUNCTION billing_ledger_only_grows();
DROP FUNCTION billing_transaction_sums_to_zero();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_transaction_by_reference")]

    operations = [migrations.RunSQL(GUARDS, WITHOUT_GUARDS)]

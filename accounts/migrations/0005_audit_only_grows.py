"""What is in the audit log stays there as it is; the database sees to it."""

from __future__ import annotations

from django.db import migrations

GUARD = """
CREATE FUNCTION accounts_audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log only grows: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_only_grows';
END
$$;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_only_grows();
"""

WITHOUT_GUARD = """
DROP TRIGGER audit_only_grows ON accounts_auditentry;
DROP FUNCTION accounts_audit_only_grows();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit_and_invitations")]

    operations = [migrations.RunSQL(GUARD, WITHOUT_GUARD)]

"""What finished calls must not leave behind."""

from __future__ import annotations

import psycopg

from ops.stack import Stack

_CHECKS = {
    "calls still live": "SELECT count(*) FROM calls_call WHERE status IN ('initiated', 'in_progress')",
    "legs not ended": "SELECT count(*) FROM calls_leg WHERE status <> 'ended'",
    "micro-credits held": "SELECT coalesce(sum(held), 0) FROM billing_balance",
    "transactions that do not sum to zero": (
        "SELECT count(*) FROM (SELECT 1 FROM billing_ledgerentry GROUP BY transaction_id "
        "HAVING sum(micro_credits) <> 0) AS unbalanced"
    ),
    "calls completed twice": (
        "SELECT count(*) FROM (SELECT 1 FROM calls_callevent WHERE type IN ('call.completed', 'call.failed') "
        "GROUP BY call_id HAVING count(*) <> 1) AS doubled"
    ),
    "calls whose events have holes": (
        "SELECT count(*) FROM (SELECT 1 FROM calls_callevent GROUP BY call_id HAVING max(seq) <> count(*)) AS holed"
    ),
}


def left_over(stack: Stack) -> list[str]:
    """Whatever of it there is; an empty list is what should come."""
    faults = []
    with psycopg.connect(stack.told()["DATABASE_URL"]) as database:
        for what, query in _CHECKS.items():
            row = database.execute(query).fetchone()
            if row and row[0]:
                faults.append(f"{what}: {row[0]}")
    return faults

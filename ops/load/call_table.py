"""Accounts with many calls, written straight into a database of the bench's own."""

from __future__ import annotations

from typing import Any

import psycopg

Link = psycopg.Connection[Any]

# Limits out of the way.
NO_LIMITS = "requests_per_minute = 1000000, requests_per_hour = 10000000, max_live_calls = 1000000"

# Calls that ended, were analysed and recorded. Numbered here, because the triggers sleep.
CALLS = """
    INSERT INTO calls_call (public_id, account_id, agent_id, agent_version_id, number, direction, status, to_number,
      from_number, metadata, created_at, answered_at, completed_at, duration, ended_reason, ended_by, token, worker,
      hangup_by, last_seq, rate_per_minute, cost, sentiment, summary, heard_p50_ms, heard_p95_ms, heard_turns, analysed_at)
    SELECT 'call_bench' || %(account)s || 'x' || n, %(account)s, %(agent)s, %(version)s, n, 'outbound', 'completed',
      '+14155550100', '+14155550199', '{"customer_id": "cust_123", "campaign": "support_followup"}',
      at, at, at + interval '245 s', 245, 'user_hangup', 'user', 1, '', '', 9, 100000, 408334,
      'positive', 'They asked what a cleaning costs and booked one.', 900, 1800, 7, at + interval '250 s'
    FROM generate_series(1, %(count)s) n, LATERAL (SELECT now() - interval '1 s' * (%(count)s - n + 300) AS at) moment
"""
RECORDINGS = """
    INSERT INTO calls_recording (call_id, status, path, sample_rate, duration_ms, size_bytes, ready_at)
    SELECT id, 'ready', public_id || '.wav', 8000, 245000, 7840044, completed_at FROM calls_call WHERE account_id = %s
"""
TURNS = """
    INSERT INTO calls_turn (call_id, number, speaker, text, is_final, was_interrupted, created_at)
    SELECT call.id, n, CASE n %% 2 WHEN 0 THEN 'user' ELSE 'agent' END, 'A cleaning is ninety dollars; shall I book one?',
      true, false, call.created_at
    FROM calls_call call, generate_series(1, 6) n
    WHERE call.account_id = %s AND call.number > (SELECT max(number) - 100 FROM calls_call WHERE account_id = %s)
"""


def add_account(link: Link, name: str) -> int:
    """An account without anything; gives its key."""
    return _made(
        link,
        """
        INSERT INTO accounts_account (public_id, name, plan, status, created_at)
        VALUES (%s, %s, 'enterprise', 'active', now()) RETURNING id
        """,
        f"acct_{name}",
        name,
    )


def lift_limits(link: Link, account_id: str) -> int:
    """Let an account do what it likes; gives its key."""
    return _made(link, f"UPDATE accounts_account SET {NO_LIMITS} WHERE public_id = %s RETURNING id", account_id)  # noqa: S608  # a constant


def add_agent(link: Link, account: int) -> str:
    """An agent of the account; gives its public id."""
    name = f"agent_bench{account}"
    agent = _made(
        link,
        """
        INSERT INTO agents_agent (public_id, account_id, status, created_at, updated_at)
        VALUES (%s, %s, 'active', now(), now()) RETURNING id
        """,
        name,
        account,
    )
    version = _made(
        link,
        """
        INSERT INTO agents_agentversion (agent_id, number, name, voice, prompt, language, temperature, max_duration,
          voicemail_action, silence_timeout, created_at)
        VALUES (%s, 1, 'Ava', 'en-US-Neural2-F', 'You are Ava.', 'en-US', 0.7, 600, 'leave_message', 21, now())
        RETURNING id
        """,
        agent,
    )
    link.execute("UPDATE agents_agent SET current_id = %s WHERE id = %s", [version, agent])
    return name


def add_calls(link: Link, account: int, count: int) -> None:
    """So many calls of an account that has none; the newest hundred with their turns."""
    agent, version = link.execute(
        "SELECT id, current_id FROM agents_agent WHERE account_id = %s", [account]
    ).fetchone() or (0, 0)
    link.execute("SET session_replication_role = replica")
    link.execute(CALLS, {"account": account, "agent": agent, "version": version, "count": count})
    link.execute(RECORDINGS, [account])
    link.execute(TURNS, [account, account])
    link.execute("SET session_replication_role = origin")


def settle(link: Link) -> None:
    """What autovacuum does to tables in use."""
    for table in ("calls_call", "calls_recording", "calls_turn"):
        link.execute(f"VACUUM ANALYZE {table}")  # a literal of ours


def end_live_calls(link: Link) -> None:
    """What workers would have done with the calls that were placed."""
    link.execute(
        """
        UPDATE calls_call SET status = 'failed', ended_reason = 'busy', ended_by = 'user', completed_at = now(),
          duration = 0, cost = 0, analysed_at = now() WHERE completed_at IS NULL
        """
    )


def _made(link: Link, statement: str, *values: object) -> int:
    row = link.execute(statement.encode(), values).fetchone()
    if row is None:
        raise LookupError(statement)
    key: int = row[0]
    return key

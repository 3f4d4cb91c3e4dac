"""/v1/calls with nothing around it: ASGI, psycopg and orjson. The same rows by the same statements, and the same bodies.

Left out is what the product is for beside them: limits, headers, validation, idempotency, signed links, the queue, the
feed. Nothing is checked, and a fault is a traceback.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import orjson
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

Link = AsyncConnection[DictRow]
Send = Callable[[dict[str, Any]], Awaitable[None]]

KEY = """
    SELECT k.id AS key_id, k.scopes, k.expires_at, k.revoked_at, a.* FROM accounts_apikey k
    JOIN accounts_account a ON a.id = k.account_id WHERE k.digest = %s
"""
CALLS = """
    SELECT c.id AS pk, c.public_id AS id, g.public_id AS agent_id, v.number AS agent_version, c.status, c.direction,
      c.to_number, c.from_number, c.duration, c.ended_reason, c.ended_by, c.metadata, c.sentiment, c.cost,
      r.status AS recording_url, c.created_at, c.answered_at, c.completed_at, c.summary
    FROM calls_call c JOIN agents_agent g ON g.id = c.agent_id JOIN agents_agentversion v ON v.id = c.agent_version_id
    LEFT JOIN calls_recording r ON r.call_id = c.id WHERE c.account_id = %s
"""
COUNT = "SELECT count(*) AS total FROM calls_call WHERE account_id = %s"
TURNS = "SELECT speaker, text FROM calls_turn WHERE call_id = %s AND is_final ORDER BY number"

AGENT = """
    SELECT g.id, g.public_id, g.account_id, g.status, g.current_id FROM agents_agent g
    WHERE g.account_id = %s AND g.status = 'active' AND g.public_id = %s
"""
LOCK = "SELECT 1 FROM accounts_account WHERE id = %s FOR NO KEY UPDATE"
LIVE = "SELECT count(*) FROM calls_call WHERE account_id = %s AND status IN ('initiated', 'in_progress')"
INSERT_CALL = """
    INSERT INTO calls_call (public_id, account_id, agent_id, agent_version_id, api_key_id, direction, status, to_number,
      metadata, created_at, token, worker, queued_at, hangup_by, last_seq, rate_per_minute)
    VALUES (%s, %s, %s, %s, %s, 'outbound', 'initiated', %s, %s, %s, 0, '', %s, '', 0, 100000) RETURNING id
"""
INSERT_HOLD = """
    INSERT INTO billing_transaction (account_id, kind, reference, memo, posted_by, posted_at)
    VALUES (%s, 'hold', %s, '', '', %s) ON CONFLICT (reference, kind) DO NOTHING RETURNING id
"""
INSERT_ENTRIES = """
    INSERT INTO billing_ledgerentry (transaction_id, book, micro_credits)
    VALUES (%s, 'customer', -100000), (%s, 'held', 100000)
"""
MOVE = """
    UPDATE billing_balance SET available = available - 100000, held = held + 100000
    WHERE account_id = %s AND available >= 100000
"""
LOW = """
    UPDATE billing_balance SET is_low = true
    WHERE account_id = %s AND available < coalesce(low_threshold, 1000000) AND NOT is_low
"""
INSERT_LEG = """
    INSERT INTO calls_leg (public_id, call_id, kind, status, holder, ring_timeout, params, ended_detail)
    VALUES (%s, %s, 'sandbox', 'planned', '', 45, '{}', '')
"""
NEXT_SEQ = "UPDATE calls_call SET last_seq = last_seq + 1 WHERE id = %s RETURNING last_seq"
INSERT_EVENT = "INSERT INTO calls_callevent (call_id, seq, type, data, at) VALUES (%s, %s, 'call.started', '{}', %s)"
ENDPOINTS = """
    SELECT * FROM webhooks_endpoint WHERE account_id = %s AND deleted_at IS NULL AND status = 'enabled'
      AND events @> ARRAY['call.started']::varchar[]
"""

_pools: list[AsyncConnectionPool[Link]] = []


async def application(scope: Mapping[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send) -> None:
    body = (await receive()).get("body", b"")
    async with (await _pool()).connection() as link:
        link.prepare_threshold = 2
        account = await _account(link, dict(scope["headers"])[b"authorization"])
        if scope["method"] == "POST":
            shown, status = await _post(link, account, orjson.loads(body)), 201
        elif scope["path"] == "/v1/calls":
            shown, status = await _list(link, account, parse_qs(scope["query_string"].decode())), 200
        else:
            shown, status = await _one(link, account, scope["path"].rpartition("/")[2]), 200
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(shown)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": shown})


async def _pool() -> AsyncConnectionPool[Link]:
    if not _pools:
        options = {"row_factory": dict_row, "autocommit": True}
        pool = AsyncConnectionPool(os.environ["DATABASE_URL"], connection_class=Link, kwargs=options, open=False)
        _pools.append(pool)
        await pool.open(wait=True)
    return _pools[0]


async def _account(link: Link, header: bytes) -> DictRow:
    digest = hashlib.sha256(header.removeprefix(b"Bearer ")).hexdigest()
    account = await (await link.execute(KEY, [digest])).fetchone()
    if account is None or account["revoked_at"] is not None:
        raise LookupError("no such key")
    return account


async def _one(link: Link, account: DictRow, call_id: str) -> bytes:
    call = await (await link.execute(f"{CALLS} AND c.public_id = %s", [account["id"], call_id])).fetchone()
    if call is None:
        raise LookupError(call_id)
    return await _with_words(link, call)


async def _list(link: Link, account: DictRow, query: Mapping[str, list[str]]) -> bytes:
    limit, offset = int(query["limit"][0]), int(query.get("offset", ["0"])[0])
    counted = await (await link.execute(COUNT, [account["id"]])).fetchone()
    page = await link.execute(f"{CALLS} ORDER BY c.id DESC LIMIT %s OFFSET %s", [account["id"], limit, offset])
    shown = {"data": await page.fetchall(), "total": counted and counted["total"], "limit": limit, "offset": offset}
    return orjson.dumps(shown, option=orjson.OPT_UTC_Z)


async def _post(link: Link, account: DictRow, body: Mapping[str, Any]) -> bytes:
    now, call_id, account_id = datetime.now(UTC), f"call_{secrets.token_urlsafe(16)}", account["id"]
    hold = f"{call_id}/minute/1"
    agent = await (await link.execute(AGENT, [account_id, body["agent_id"]])).fetchone()
    if agent is None:
        raise LookupError(body["agent_id"])
    async with link.transaction():
        await link.execute(LOCK, [account_id])
        await link.execute(LIVE, [account_id])
        row = [call_id, account_id, agent["id"], agent["current_id"], account["key_id"], body["to_number"]]
        pk = await _returned(link, INSERT_CALL, [*row, Jsonb(body["metadata"]), now, now])
        transaction = await _returned(link, INSERT_HOLD, [account_id, hold, now])
        await link.execute(INSERT_ENTRIES, [transaction, transaction])
        await link.execute(MOVE, [account_id])
        await link.execute(LOW, [account_id])
        await link.execute(INSERT_LEG, [f"leg_{secrets.token_urlsafe(16)}", pk])
        seq = await _returned(link, NEXT_SEQ, [pk])
        await link.execute(INSERT_EVENT, [pk, seq, now])
        await link.execute(ENDPOINTS, [account_id])
    return await _one(link, account, call_id)


async def _returned(link: Link, statement: str, values: list[Any]) -> int:
    row = await (await link.execute(statement, values)).fetchone()
    if row is None:
        raise LookupError(statement)
    number: int = next(iter(row.values()))
    return number


async def _with_words(link: Link, call: DictRow) -> bytes:
    turns = await (await link.execute(TURNS, [call["pk"]])).fetchall()
    words = "\n".join(f"{turn['speaker']}: {turn['text']}" for turn in turns)
    return orjson.dumps({**call, "transcript": words or None}, option=orjson.OPT_UTC_Z)

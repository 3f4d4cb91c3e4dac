"""`vaniagent mcp`, asked by the official client."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.conftest import Program
from vaniagent.models import Agent

mcp = pytest.importorskip("mcp", reason="its SDK needs Python 3.10")

READING = {"get_account", "list_agents", "get_agent", "list_calls", "get_call", "get_transcript"}
WRITING = {"create_call", "hang_up_call", "create_agent", "update_agent"}


def served(program: Program, *options: str) -> Any:
    argv = program.argv("mcp", *options)
    return mcp.Client(
        mcp.stdio_client(mcp.StdioServerParameters(command=argv[0], args=argv[1:], env=program.environment))
    )


def text_of(result: Any) -> str:
    return str(result.content[0].text)


async def test_it_only_reads(program: Program, agent: Agent) -> None:
    async with served(program) as client:
        tools = (await client.list_tools()).tools
        found = json.loads(text_of(await client.call_tool("get_agent", {"agent_id": agent.id})))
        missing = await client.call_tool("get_call", {"call_id": "call_unknown"})
        refused = await client.call_tool("create_call", {"agent_id": agent.id, "to_number": "+15005550001"})

    assert {tool.name for tool in tools} == READING
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools)
    assert found["name"] == agent.name
    assert missing.is_error
    assert "There is no call with this id" in text_of(missing)
    assert refused.is_error


async def test_it_writes_where_it_may(program: Program, agent: Agent) -> None:
    async with served(program, "--allow-writes") as client:
        tools = (await client.list_tools()).tools
        placed = json.loads(
            text_of(await client.call_tool("create_call", {"agent_id": agent.id, "to_number": "+15005550001"}))
        )
        listed = json.loads(text_of(await client.call_tool("list_calls", {"agent_id": agent.id, "limit": 1})))

    assert {tool.name for tool in tools} == READING | WRITING
    assert listed["data"][0]["id"] == placed["id"]

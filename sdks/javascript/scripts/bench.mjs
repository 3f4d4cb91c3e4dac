// What a request costs beside bare fetch, and beside a fetch that would give up after 30 s as the SDK does, as JSON. Against VANIAGENT_BASE_URL, or a server of its own that only answers.
import { fork } from "node:child_process";
import http from "node:http";
import { VaniAgent } from "../dist/esm/index.js";

const ROUNDS = Number(process.env.ROUNDS ?? 80);
const PER_ROUND = Number(process.env.PER_ROUND ?? 25);

const CALL = {
  id: "call_xyz789", agent_id: "agent_abc123", agent_version: 1, status: "completed", direction: "outbound",
  to_number: "+1234567890", from_number: "+0987654321", phone_line_id: null, duration: 245, ended_reason: "user_hangup",
  ended_by: "user", metadata: { customer_id: "cust_123", campaign: "support_followup" }, sentiment: "positive", cost: "0.41",
  recording_url: "https://example.com/r", transcript_url: "https://example.com/t", created_at: "2024-01-15T10:35:00Z",
  answered_at: "2024-01-15T10:35:04Z", completed_at: "2024-01-15T10:39:05Z", transcript: "Agent: Hello\nUser: Hi\n".repeat(20),
  summary: "A talk.", latency: { heard_p50_ms: 700, heard_p95_ms: 900, turns: 12 },
};

if (process.argv[2] === "serve") {
  const body = JSON.stringify(CALL);
  const server = http.createServer((_, response) => response.setHeader("Content-Type", "application/json").end(body));
  server.listen(0, "127.0.0.1", () => process.send(server.address().port));
} else {
  await main();
}

async function main() {
  let server;
  let [baseURL, apiKey, path] = [process.env.VANIAGENT_BASE_URL, process.env.VANIAGENT_API_KEY, "/account"];
  if (!baseURL) {
    server = fork(new URL(import.meta.url), ["serve"]);
    const port = await new Promise((resolve) => server.once("message", resolve));
    [baseURL, apiKey, path] = [`http://127.0.0.1:${port}/v1`, "va_test_bench", "/calls/call_xyz789"];
  }
  const client = new VaniAgent({ apiKey, baseURL, maxRetries: 0 });
  const headers = { Authorization: `Bearer ${apiKey}`, Accept: "application/json" };
  const ways = {
    fetch: async () => {
      const response = await fetch(baseURL + path, { headers });
      return response.json();
    },
    fetch_with_timeout: async () => {
      const response = await fetch(baseURL + path, { headers, signal: AbortSignal.timeout(30_000) });
      return response.json();
    },
    sdk: () => (path === "/account" ? client.account.get() : client.calls.get("call_xyz789")),
  };
  const names = Object.keys(ways);
  const took = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -3; round < ROUNDS; round++) {
    // In turns, so that whatever else the machine does meets all.
    for (const way of round % 2 ? names : [...names].reverse()) {
      const began = performance.now();
      for (let n = 0; n < PER_ROUND; n++) {
        await ways[way]();
      }
      if (round >= 0) {
        took[way].push(((performance.now() - began) * 1000) / PER_ROUND);
      }
    }
  }
  server?.kill();
  // The tenth of the rounds that least else came between.
  const quick = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 10)];
  const us = Object.fromEntries(names.map((name) => [name, Math.round(quick(took[name]))]));
  console.log(JSON.stringify({ us, ratio: Number((us.sdk / us.fetch).toFixed(2)), requests: ROUNDS * PER_ROUND }));
}

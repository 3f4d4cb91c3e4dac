import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inspect } from "node:util";
import * as sdk from "../dist/esm/index.js";
import { fault, half, hangUp, json, KEY, scripted } from "./servers.mjs";

const CALL = { id: "call_1", agent_id: "agent_1", status: "initiated", metadata: { customer_id: "1", nested: { a_b: [{ c_d: 1 }] } } };

test("fields are in camelCase, and metadata is left alone", async (t) => {
  const { client, requests } = await scripted(t, json(201, { ...CALL, latency: { heard_p50_ms: 700 }, new_field: { of_it: 1 } }));
  const metadata = { customer_id: "1", camelCase: { innerKey: 2 } };

  const call = await client().calls.create({ agentId: "agent_1", toNumber: "+1234567890", metadata, sandbox: { lines: ["Hi"] } });

  assert.deepEqual(JSON.parse(requests[0].body), { agent_id: "agent_1", to_number: "+1234567890", metadata, sandbox: { lines: ["Hi"] } });
  assert.equal(call.agentId, "agent_1");
  assert.deepEqual(call.metadata, CALL.metadata);
  assert.equal(call.latency.heardP50Ms, 700);
  assert.deepEqual(call.newField, { ofIt: 1 });
  assert.equal(requests[0].headers.authorization, `Bearer ${KEY}`);
  assert.match(requests[0].headers["user-agent"], /^vaniagent-javascript\//);
});

test("a request that fails is sent again, a POST with the key of the first", async (t) => {
  const answers = [hangUp, half, fault(500, "api_error"), fault(429, "rate_limit_error", {}, { "Retry-After": "0" }), fault(409, "idempotency_error", {}, { "Retry-After": "0" }), json(201, CALL)];
  const { client, requests } = await scripted(t, ...answers);

  const call = await client({ maxRetries: 5 }).calls.create({ agentId: "agent_1", toNumber: "+1234567890" });

  assert.equal(call.id, "call_1");
  assert.equal(requests.length, 6);
  assert.equal(new Set(requests.map((request) => request.headers["idempotency-key"])).size, 1);
  assert.ok(requests[0].headers["idempotency-key"].length > 20);
});

test("an answer to another request is not taken for this one's", async (t) => {
  const strange = json(200, { ...CALL, id: "call_2" }, { "X-Client-Request-Id": "another" });
  const echo = (request, response) => json(200, CALL, { "X-Client-Request-Id": request.headers["x-client-request-id"] })(request, response);
  const { client } = await scripted(t, strange, echo);

  assert.equal((await client().calls.get("call_1")).id, "call_1");
});

test("the key of a POST may be given, and other requests have none", async (t) => {
  const { client, requests } = await scripted(t, json(200, CALL));

  await client().calls.hangup("call_1", { idempotencyKey: "mine" });
  await client().calls.get("call_1");

  assert.deepEqual(requests.map((request) => request.headers["idempotency-key"]), ["mine", undefined]);
});

const KINDS = [
  [400, "validation_error", sdk.InvalidRequestError],
  [401, "authentication_error", sdk.AuthenticationError],
  [402, "billing_error", sdk.InsufficientCreditsError],
  [403, "permission_error", sdk.PermissionDeniedError],
  [404, "not_found_error", sdk.NotFoundError],
  [409, "idempotency_error", sdk.ConflictError],
  [429, "rate_limit_error", sdk.RateLimitError],
  [500, "api_error", sdk.InternalServerError],
  [503, "api_error", sdk.InternalServerError],
];
for (const [status, type, kind] of KINDS) {
  test(`${status} is a ${kind.name}`, async (t) => {
    const { client } = await scripted(t, fault(status, type, { param: "to_number" }));

    await assert.rejects(client({ maxRetries: 0 }).calls.get("call_1"), (error) => {
      assert.ok(error instanceof kind && error instanceof sdk.APIStatusError && error instanceof sdk.VaniAgentError);
      assert.deepEqual([error.name, error.statusCode, error.type, error.param, error.requestId], [kind.name, status, type, "to_number", "req_1"]);
      assert.ok(!inspect(error, { depth: 9 }).includes(KEY));
      return true;
    });
  });
}

test("a key used for something else is not tried again, nor is what asks for too much patience", async (t) => {
  for (const answer of [fault(409, "idempotency_error"), fault(429, "rate_limit_error", {}, { "Retry-After": "3600" })]) {
    const { client, requests } = await scripted(t, answer);

    await assert.rejects(client().calls.get("call_1"), sdk.APIStatusError);
    assert.equal(requests.length, 1);
  }
});

test("what no API says is an error of its status all the same", async (t) => {
  const { client } = await scripted(t, (_, response) => response.writeHead(502).end("<h1>Bad gateway</h1>"));

  await assert.rejects(client({ maxRetries: 0 }).calls.get("call_1"), (error) => error instanceof sdk.InternalServerError && error.code === null);
});

test("an answer that does not come is a time-out, and one that is none a fault of the connection", async (t) => {
  const silent = await scripted(t, () => {});
  let sent = 0;
  const counted = (...request) => {
    sent++;
    return fetch(...request);
  };
  await assert.rejects(silent.client({ maxRetries: 1, timeout: 50, fetch: counted }).calls.get("call_1"), sdk.APITimeoutError);
  assert.equal(sent, 2);

  const page = await scripted(t, (_, response) => response.end("<h1>Log in</h1>"));
  await assert.rejects(page.client({ maxRetries: 0 }).calls.get("call_1"), sdk.APIConnectionError);
  await assert.rejects((await scripted(t, hangUp)).client({ maxRetries: 0 }).calls.get("call_1"), sdk.APIConnectionError);
});

test("a signal ends a request, and the pause before the next", async (t) => {
  const { client, requests } = await scripted(t, () => {});
  await assert.rejects(client().calls.get("call_1", { signal: AbortSignal.timeout(30) }), { name: "TimeoutError" });
  assert.ok(requests.length <= 1);

  const waiting = await scripted(t, fault(429, "rate_limit_error", {}, { "Retry-After": "50" }));
  await assert.rejects(waiting.client().calls.get("call_1", { signal: AbortSignal.timeout(50) }), { name: "TimeoutError" });
  await assert.rejects(waiting.client().calls.get("call_1", { signal: AbortSignal.abort() }), { name: "AbortError" });
});

test("a list is a page, and all of it", async (t) => {
  const rows = Array.from({ length: 5 }, (_, n) => ({ id: `call_${n}`, agent_id: "agent_1" }));
  const { client, requests } = await scripted(t, (request, response) => {
    const query = new URL(request.url, "http://x").searchParams;
    const [limit, offset] = [Number(query.get("limit")), Number(query.get("offset") ?? 0)];
    // Each page is asked for after a call was placed: what follows moves on by one.
    const from = offset ? offset - 1 : 0;
    json(200, { data: rows.slice(from, from + limit), total: 5, limit, offset })(request, response);
  });

  const page = await client().calls.list({ limit: 2, status: "completed", agentId: "agent_1" });
  const ids = [];
  for await (const call of client().calls.list({ limit: 2 })) {
    ids.push(call.id);
  }

  assert.deepEqual([page.data.length, page.total, page.limit, page.offset, page.hasMore], [2, 5, 2, 0, true]);
  assert.equal(page.data[0].agentId, "agent_1");
  assert.deepEqual(ids.slice(0, 4), ["call_0", "call_1", "call_2", "call_3"]);
  assert.equal(requests[0].url, "/v1/calls?limit=2&status=completed&agent_id=agent_1");
});

test("the answer itself may be asked for", async (t) => {
  const { client } = await scripted(t, json(200, CALL, { "X-RateLimit-Remaining": "59" }));

  const { data, response, requestId } = await client().calls.get("call_1").withResponse();

  assert.deepEqual([data.agentId, response.headers.get("x-ratelimit-remaining"), requestId], ["agent_1", "59", "req_1"]);
  assert.equal((await client().calls.get("call_1").asResponse()).status, 200);
});

test("what has no body, and what is text", async (t) => {
  const { client } = await scripted(t, (_, response) => response.writeHead(204).end(), (_, response) => response.end("time,kind\r\n"));

  assert.equal(await client().agents.delete("agent_1"), undefined);
  assert.equal(await client().account.statement({ month: "2026-11" }), "time,kind\r\n");
});

test("a call is waited for", async (t) => {
  const { client } = await scripted(t, json(200, CALL), json(200, { ...CALL, status: "completed" }), json(200, CALL));

  assert.equal((await client().calls.wait("call_1", { pollInterval: 10 })).status, "completed");
  await assert.rejects(client().calls.wait("call_1", { pollInterval: 10, timeout: 25 }), sdk.WaitTimeoutError);
});

test("a recording is fetched without the key", async (t) => {
  let address = "";
  const { client, requests, baseURL } = await scripted(
    t,
    json(200, { ...CALL, recording_url: null }),
    (request, response) => json(200, { ...CALL, recording_url: address })(request, response),
    (_, response) => response.end("RIFF"),
  );
  address = `${baseURL}/files/1.wav`;

  const answer = await client().calls.downloadRecording("call_1", { pollInterval: 10 });

  assert.equal(await answer.text(), "RIFF");
  assert.equal(requests.at(-1).headers.authorization, undefined);
});

test("an id leads nowhere else", async (t) => {
  const { client, requests } = await scripted(t, json(200, CALL));

  await client().calls.get("../agents?x=1#");

  assert.equal(requests[0].url, "/v1/calls/..%2Fagents%3Fx%3D1%23");
  for (const id of ["", ".", ".."]) {
    assert.throws(() => client().calls.get(id), TypeError);
  }
});

test("the key is in nothing that is printed", () => {
  const client = new sdk.VaniAgent({ apiKey: KEY });

  for (const text of [inspect(client, { depth: 9, showHidden: true }), String(client), JSON.stringify(client), inspect(client.calls.stream("call_1"), { depth: 9 })]) {
    assert.ok(!text.includes(KEY));
  }
});

test("a client is made from the environment too, and refuses what cannot work", () => {
  process.env.VANIAGENT_API_KEY = KEY;
  process.env.VANIAGENT_BASE_URL = "http://127.0.0.1:1/v1/";
  assert.equal(new sdk.VaniAgent().baseURL, "http://127.0.0.1:1/v1");
  delete process.env.VANIAGENT_API_KEY;
  delete process.env.VANIAGENT_BASE_URL;

  assert.equal(new sdk.VaniAgent({ apiKey: KEY }).baseURL, "https://api.vaniagent.com/v1");
  for (const options of [{}, { apiKey: "ключ" }, { apiKey: KEY, baseURL: "api" }, { apiKey: KEY, maxRetries: -1 }]) {
    assert.throws(() => new sdk.VaniAgent(options), (error) => error instanceof sdk.ConfigurationError && !error.message.includes("ключ"));
  }
});

test("a page takes test keys only", (t) => {
  Object.assign(globalThis, { window: {}, document: {} });
  t.after(() => {
    delete globalThis.window;
    delete globalThis.document;
  });

  assert.ok(new sdk.VaniAgent({ apiKey: KEY }));
  assert.throws(() => new sdk.VaniAgent({ apiKey: "va_live_1" }), sdk.ConfigurationError);
  assert.ok(new sdk.VaniAgent({ apiKey: "va_live_1", dangerouslyAllowBrowser: true }));
});

test("the version is that of the package", () => {
  assert.equal(sdk.VERSION, JSON.parse(readFileSync(new URL("../package.json", import.meta.url))).version);
});

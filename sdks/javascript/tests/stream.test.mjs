import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import * as sdk from "../dist/esm/index.js";
import { clientOf, json, KEY, listening } from "./servers.mjs";

const event = (seq, type = "call.silence", more = {}) => ({ type, call_id: "call_1", seq, timestamp: "2024-01-15T10:35:00Z", ...more });
const STARTED = event(1, "call.started");
const ENDED = event(4, "call.completed", { duration: 3, ended_reason: "user_hangup" });

/** `play(frame, send, socket, connection)` answers each frame but `auth`. */
async function feed(t, play, { status = "completed" } = {}) {
  const heard = [];
  const server = http.createServer(json(200, { id: "call_1", status, metadata: {} }));
  const sockets = new WebSocketServer({ server });
  let connections = 0;
  sockets.on("connection", (socket) => {
    const connection = ++connections;
    const send = (...frames) => frames.forEach((frame) => socket.send(JSON.stringify(frame)));
    socket.on("message", (data) => {
      const frame = JSON.parse(data);
      heard.push(frame);
      if (frame.type !== "auth") {
        play(frame, send, socket, connection);
      }
    });
  });
  const port = await listening(server);
  t.after(() => {
    sockets.clients.forEach((socket) => socket.terminate());
    server.closeAllConnections();
    server.close();
  });
  return { heard, client: clientOf(port) };
}

async function all(stream) {
  const events = [];
  for await (const one of stream) {
    events.push(one);
  }
  return events;
}

const SUBSCRIBED = { type: "subscribed", call_id: "call_1" };

test("events until the call's end, in camelCase", async (t) => {
  const interim = { ...event(undefined, "transcript.update"), is_final: false, speaker: "user", text: "He" };
  const { client, heard } = await feed(t, (_, send) => send({ type: "authenticated" }, SUBSCRIBED, STARTED, interim, event(2), event(3), ENDED));

  const events = await all(client.calls.stream("call_1"));

  assert.deepEqual(events.map(({ seq }) => seq), [1, undefined, 2, 3, 4]);
  assert.deepEqual([events[4].callId, events[4].endedReason, events[1].isFinal], ["call_1", "user_hangup", false]);
  assert.deepEqual(heard, [{ type: "auth", api_key: KEY }, { type: "subscribe", call_id: "call_1" }]);
});

test("a broken connection is made anew past what came, and repetitions are dropped", async (t) => {
  const { client, heard } = await feed(t, (frame, send, socket, connection) => {
    if (connection === 1) {
      send(SUBSCRIBED, STARTED, event(2));
      setTimeout(() => socket.terminate(), 30);
    } else {
      send(SUBSCRIBED, event(2), event(3), event(3), ENDED);
    }
  });

  const events = await all(client.calls.stream("call_1"));

  assert.deepEqual(events.map(({ seq }) => seq), [1, 2, 3, 4]);
  assert.equal(heard.at(-1).after, 2);
});

test("the key is refused, the call is not there, and the feed cannot be reached", async (t) => {
  const refused = (close, error) => (_, send, socket) => {
    if (error) {
      send({ type: "error", error });
    }
    if (close) {
      socket.close(close);
    }
  };
  const missing = { code: "resource_not_found", message: "There is no such call.", param: "call_id", type: "not_found_error" };
  const cases = [
    [refused(4401), sdk.AuthenticationError],
    [refused(4429), sdk.RateLimitError],
    [refused(0, missing), sdk.NotFoundError],
    [refused(1011), sdk.APIConnectionError],
  ];
  for (const [play, kind] of cases) {
    const { client } = await feed(t, play);
    await assert.rejects(all(client.calls.stream("call_1", { maxReconnects: 1 })), kind);
  }
});

test("what is said is confirmed, one after the other, and refused by itself", async (t) => {
  const refusal = { code: "invalid_request", message: "No such key.", param: "digits", type: "validation_error" };
  let seq = 1;
  const { client, heard } = await feed(t, (frame, send) => {
    const answers = {
      subscribe: () => send(SUBSCRIBED, STARTED),
      say: () => setTimeout(() => send(event(++seq, "call.say", { text: frame.text })), 20),
      note: () => send(event(++seq, "call.note", { text: frame.text })),
      dtmf: () => (frame.digits === "x" ? send({ type: "error", error: refusal }) : send(event(++seq, "call.digits_sent"))),
      hangup: () => send(event(++seq, "call.completed")),
    };
    answers[frame.type]();
  });
  const stream = client.calls.stream("call_1");
  const events = all(stream);

  const [said, refused, noted, pressed, ended] = await Promise.allSettled([stream.say("Hi"), stream.dtmf("x"), stream.note("Be kind"), stream.dtmf("1#"), stream.hangup()]);

  assert.ok(refused.reason instanceof sdk.InvalidRequestError && refused.reason.param === "digits");
  assert.deepEqual([said, noted, pressed, ended].map(({ status }) => status), Array(4).fill("fulfilled"));
  assert.deepEqual((await events).map(({ type }) => type), ["call.started", "call.say", "call.note", "call.digits_sent", "call.completed"]);
  assert.deepEqual(heard.slice(2).map(({ type }) => type), ["say", "dtmf", "note", "dtmf", "hangup"]);
  await stream.hangup();
  await assert.rejects(stream.say("Hello?"), sdk.VaniAgentError);
});

test("leaving the loop, and a signal, end it", async (t) => {
  const { client } = await feed(t, (_, send) => send(SUBSCRIBED, STARTED, event(2)));
  const stream = client.calls.stream("call_1");
  for await (const one of stream) {
    assert.equal(one.seq, 1);
    break;
  }
  await assert.rejects(stream.say("Hello?"), sdk.VaniAgentError);

  await assert.rejects(all(client.calls.stream("call_1", { signal: AbortSignal.timeout(100) })), { name: "TimeoutError" });
  await assert.rejects(all(client.calls.stream("call_1", { signal: AbortSignal.abort() })), { name: "AbortError" });
});

test("past the end of a call there is nothing to wait for", async (t) => {
  const { client } = await feed(t, (_, send) => send(SUBSCRIBED));

  assert.deepEqual(await all(client.calls.stream("call_1", { after: 4 })), []);
});

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { WebhookVerificationError, webhooks } from "../dist/esm/index.js";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const OLD = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;

function delivery({ at = Date.now(), secrets = [SECRET], text = null } = {}) {
  const timestamp = new Date(at).toISOString().replace(/\.\d+/, "");
  const data = { call_id: "call_1", agent_id: "agent_1", status: "completed", ended_reason: "user_hangup", metadata: { customer_id: "grüß", a_b: { c_d: 1 } } };
  const body = text ?? JSON.stringify({ event: "call.completed", timestamp, data });
  const seconds = String(Math.floor(at / 1000));
  const signatures = secrets.map((secret) => `v1,${createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`whd_1.${seconds}.${body}`).digest("base64")}`);
  return {
    body,
    standard: { "webhook-id": "whd_1", "webhook-timestamp": seconds, "webhook-signature": signatures.join(" "), "X-Vaniagent-Delivery": "whd_1" },
    documented: { "X-Vaniagent-Signature": createHmac("sha256", secrets[0]).update(body).digest("hex"), "X-Vaniagent-Delivery": ["whd_1"] },
  };
}

for (const kind of ["standard", "documented"]) {
  test(`the ${kind} signature`, async () => {
    const { body, [kind]: headers } = delivery();
    const bodies = [body, Buffer.from(body), new TextEncoder().encode(body).buffer, JSON.parse(body)];

    for (const given of bodies) {
      const event = await webhooks.unwrap(given, headers, SECRET);
      assert.deepEqual([event.event, event.data.callId, event.data.endedReason, event.deliveryId], ["call.completed", "call_1", "user_hangup", "whd_1"]);
      assert.deepEqual(event.data.metadata, { customer_id: "grüß", a_b: { c_d: 1 } });
    }
    await webhooks.verify(body, new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)])), [OLD, SECRET]);
    await assert.rejects(webhooks.unwrap(`${body} `, headers, SECRET), WebhookVerificationError);
    await assert.rejects(webhooks.unwrap(body, headers, OLD), WebhookVerificationError);
  });

  test(`the age, by the ${kind} signature`, async () => {
    for (const at of [Date.now() - 400_000, Date.now() + 400_000]) {
      const { body, [kind]: headers } = delivery({ at });
      await assert.rejects(webhooks.unwrap(body, headers, SECRET), /too old/);
      await webhooks.unwrap(body, headers, SECRET, { tolerance: 500 });
      await webhooks.unwrap(body, headers, SECRET, { tolerance: null });
    }
  });
}

test("either of two signatures will do while a secret is rotated", async () => {
  const { body, standard } = delivery({ secrets: [SECRET, OLD] });

  await webhooks.verify(body, standard, OLD);
  await webhooks.verify(body, standard, SECRET);
});

test("what is not signed, or has no secret, is refused", async () => {
  const { body, standard, documented } = delivery();
  const refused = [
    [body, {}, SECRET],
    [body, standard, ""],
    [body, standard, []],
    [body, standard, "whsec_"],
    [body, standard, "whsec_%%%"],
    [body, { ...standard, "webhook-signature": "v1,%%% v2,abc" }, SECRET],
    [body, { "X-Vaniagent-Signature": documented["X-Vaniagent-Signature"].toUpperCase() }, SECRET],
    [new Uint8Array([0xff]), standard, SECRET],
  ];
  for (const [content, headers, secret] of refused) {
    await assert.rejects(webhooks.unwrap(content, headers, secret), WebhookVerificationError);
  }
  for (const text of ["[]", "1", "no", '{"event":"x"}']) {
    const signed = delivery({ text });
    await assert.rejects(webhooks.unwrap(text, signed.documented, SECRET), WebhookVerificationError);
  }
});

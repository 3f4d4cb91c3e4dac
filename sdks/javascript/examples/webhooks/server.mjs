// Hears of calls by webhook, with Express.
//
//     npm install express @vaniagent/sdk
//     WEBHOOK_SECRET=whsec_… node server.mjs
import { webhooks, WebhookVerificationError } from "@vaniagent/sdk";
import express from "express";

const secret = process.env.WEBHOOK_SECRET;
if (!secret) {
  throw new Error("WEBHOOK_SECRET is the secret of the endpoint");
}
/** @type {Set<string | null>} */
const seen = new Set();
const app = express();

app.post("/webhooks", express.raw({ type: "application/json" }), async (request, response) => {
  let event;
  try {
    event = await webhooks.unwrap(request.body, request.headers, secret);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) {
      throw error;
    }
    response.status(400).send(error.message);
    return;
  }
  // Answer first and work later: what takes longer than ten seconds is sent again.
  response.sendStatus(204);
  if (seen.has(event.deliveryId)) {
    return;
  }
  seen.add(event.deliveryId);
  switch (event.event) {
    case "call.completed":
      console.log(`${event.data.callId}: ${event.data.duration} s, ${event.data.endedReason}`);
      break;
    case "call.failed":
      console.log(`${event.data.callId}: nobody to talk with, ${event.data.endedReason}`);
      break;
    default:
      console.log(event.event);
  }
});

const server = app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${port}/webhooks`);
});

/** Webhooks, on your server: is it ours, is it of now, and what does it say. */

import { fromWire } from "./casing.js";
import { webCrypto } from "./environment.js";
import { WebhookVerificationError } from "./errors.js";
import type { WebhookEvent } from "./models/webhook.js";

const TOLERANCE_SECONDS = 300;

/**
 * A request's body: best as it came, a text or bytes (`express.raw`). One that `express.json` has parsed will do, because
 * what we send is exactly what JSON.stringify makes of it.
 */
export type WebhookBody = string | Uint8Array | ArrayBuffer | { [key: string]: unknown };

/** A request's headers: of fetch, of Node, or of whatever framework. */
export type WebhookHeaders = Headers | { [name: string]: string | string[] | undefined };

export interface VerifyOptions {
  /** How many seconds old the request may be; 300. null: any age. */
  tolerance?: number | null;
}

export const webhooks = {
  /**
   * The event of a webhook, once it is verified. Rejects with WebhookVerificationError.
   * `secret` may be several, such as an endpoint's new one and its old one.
   */
  async unwrap(
    body: WebhookBody,
    headers: WebhookHeaders,
    secret: string | readonly string[],
    options: VerifyOptions = {},
  ): Promise<WebhookEvent> {
    await webhooks.verify(body, headers, secret, options);
    const event = fromWire<WebhookEvent>(parsed(textOf(body)));
    event.deliveryId = headerOf(headers, "x-vaniagent-delivery");
    return event;
  },

  /** Check signature and age, and nothing else. Rejects with WebhookVerificationError. */
  async verify(
    body: WebhookBody,
    headers: WebhookHeaders,
    secret: string | readonly string[],
    options: VerifyOptions = {},
  ): Promise<void> {
    const { tolerance = TOLERANCE_SECONDS } = options;
    const text = textOf(body);
    const secrets = typeof secret === "string" ? [secret] : secret;
    if (!secrets.length || !secrets.every(Boolean)) {
      throw new WebhookVerificationError("There is no secret to verify the webhook with");
    }
    const [id, time, signatures] = ["id", "timestamp", "signature"].map((name) => headerOf(headers, `webhook-${name}`));
    const documented = headerOf(headers, "x-vaniagent-signature");
    let sentAt: number;
    if (id && time && signatures) {
      await check(secrets.map(decoded), `${id}.${time}.${text}`, standard(signatures));
      sentAt = /^\d+$/.test(time) ? Number(time) : Number.NaN;
    } else if (documented) {
      await check(secrets.map(bytesOf), text, [fromHex(documented)]);
      // Without the signed time of the request the event's own counts: else a caught request would be good for ever.
      sentAt = Date.parse(String(parsed(text).timestamp)) / 1000;
    } else {
      throw new WebhookVerificationError("The webhook has no signature");
    }
    if (Number.isNaN(sentAt)) {
      throw new WebhookVerificationError("The webhook says no time");
    }
    if (tolerance !== null && Math.abs(Date.now() / 1000 - sentAt) > tolerance) {
      throw new WebhookVerificationError("The webhook is too old, or of a time to come");
    }
  },
};

type Bytes = Uint8Array<ArrayBuffer>;

/** Web Crypto compares in constant time. */
async function check(keys: Bytes[], text: string, signatures: Bytes[]): Promise<void> {
  const { subtle } = await webCrypto();
  const signed = bytesOf(text);
  let isOurs = false;
  for (const key of keys) {
    const imported = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    for (const signature of signatures) {
      isOurs = (await subtle.verify("HMAC", imported, signature, signed)) || isOurs;
    }
  }
  if (!isOurs) {
    throw new WebhookVerificationError("The webhook was not signed with this secret");
  }
}

function textOf(body: WebhookBody): string {
  if (typeof body === "string") {
    return body;
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    try {
      // A byte order mark is part of what was signed.
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body as BufferSource);
    } catch {
      throw new WebhookVerificationError("The webhook's body is not UTF-8");
    }
  }
  return JSON.stringify(body) ?? "";
}

function parsed(text: string): Record<string, unknown> {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new WebhookVerificationError("The webhook's body is not JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new WebhookVerificationError("The webhook's body is not a JSON object");
  }
  return body as Record<string, unknown>;
}

function headerOf(headers: WebhookHeaders, name: string): string | null {
  if (typeof (headers as Headers).get === "function") {
    return (headers as Headers).get(name);
  }
  for (const [key, value] of Object.entries(headers as Record<string, string | string[] | undefined>)) {
    if (key.toLowerCase() === name) {
      return (Array.isArray(value) ? value[0] : value) ?? null;
    }
  }
  return null;
}

function standard(signatures: string): Bytes[] {
  const ours = signatures.split(" ").filter((signature) => signature.startsWith("v1,"));
  return ours.map((signature) => fromBase64(signature.slice(3)) ?? new Uint8Array());
}

function decoded(secret: string): Bytes {
  const key = fromBase64(secret.replace(/^whsec_/, ""));
  if (!key?.length) {
    throw new WebhookVerificationError("The secret is not one of ours: whsec_ and base64");
  }
  return key;
}

function bytesOf(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes;
}

function fromHex(text: string): Bytes {
  return /^([0-9a-f]{2})+$/.test(text)
    ? Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
    : new Uint8Array();
}

function fromBase64(text: string): Bytes | null {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

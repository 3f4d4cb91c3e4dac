/** What differs between Node, Deno, Bun, edge workers and browsers. */

import { ConfigurationError } from "./errors.js";

interface Surroundings {
  process?: { env?: Record<string, string | undefined>; versions?: { node?: string } };
  document?: unknown;
  window?: unknown;
}

const around = globalThis as Surroundings;

/** The part of a WebSocket that this package uses: the standard one, and the one of `ws`. */
export interface SocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { code: number; reason: string }) => void): void;
  addEventListener(type: "error", listener: (event: unknown) => void): void;
}

export type SocketClass = new (url: string) => SocketLike;

/** A variable of the environment, where there is one and it may be read. */
export function variable(name: string): string | undefined {
  try {
    return around.process?.env?.[name]?.trim() || undefined;
  } catch {
    // Deno without --allow-env.
    return undefined;
  }
}

/** Whether whoever looks at the page can read the key. */
export function isBrowser(): boolean {
  return around.window !== undefined && around.document !== undefined;
}

/** Node 18 and 20 have no WebSocket of their own that is on by default: there it is the one of the package `ws`. */
export async function socketClass(own: SocketClass | undefined): Promise<SocketClass> {
  const found = own ?? (globalThis as { WebSocket?: SocketClass }).WebSocket;
  if (found) {
    return found;
  }
  try {
    const ws = (await load("ws")) as { WebSocket?: SocketClass; default?: SocketClass };
    return (ws.WebSocket ?? ws.default) as SocketClass;
  } catch {
    throw new ConfigurationError("There is no WebSocket here: `npm install ws`, or pass the option WebSocket");
  }
}

/** Web Crypto, which Node 18 has under another name. */
export async function webCrypto(): Promise<Crypto> {
  return globalThis.crypto ?? ((await load("node:crypto")) as { webcrypto: Crypto }).webcrypto;
}

/** A new value for `Idempotency-Key`. It has to be unlike all others, and need not be secret. */
export function newKey(): string {
  if (globalThis.crypto?.randomUUID) {
    return globalThis.crypto.randomUUID();
  }
  // Node 18, and pages without https.
  const random = () => Math.random().toString(36).slice(2, 12).padEnd(10, "0");
  return `${Date.now().toString(36)}-${random()}${random()}${random()}`;
}

/** By a name that bundlers do not follow: it is there where it is needed. */
function load(name: string): Promise<unknown> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}

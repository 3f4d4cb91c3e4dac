/** One request, however often it has to be sent. */

import { isBrowser, newKey } from "./environment.js";
import { APIConnectionError, APITimeoutError, fromAnswer } from "./errors.js";
import type { Answer } from "./promise.js";
import { isWorthRetrying, pause, sleep } from "./retries.js";
import { VERSION } from "./version.js";

/** The server gives it back: an answer that came twice is never taken for the next request's. */
const ECHOED = "X-Client-Request-Id";

/** What can be said of a single request. */
export interface RequestOptions {
  /** For a POST: the same value for the same thing to be done. One is made where it is left out. */
  idempotencyKey?: string;
  /** Milliseconds that each attempt may take. */
  timeout?: number;
  /** How often to try again. */
  maxRetries?: number;
  /** Ends the request, and whatever it waits for. */
  signal?: AbortSignal;
  /** More headers. */
  headers?: Record<string, string>;
}

/** What the whole of a client is told. */
export interface Settings {
  baseURL: string;
  timeout: number;
  maxRetries: number;
  headers: Record<string, string>;
  fetch: typeof fetch;
}

export interface Asked {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** With its query. */
  path: string;
  /** As the wire has it. */
  body?: unknown;
  /** A text is taken as it is. */
  expects?: "json" | "text";
}

interface Sent extends RequestInit {
  headers: Record<string, string>;
}

/** An attempt that came to nothing, which may be made again. */
class Failed {
  constructor(
    readonly error: Error,
    readonly headers?: Headers,
  ) {}
}

/** Ask until there is an answer, or no sense in asking. Rejects with an APIError. */
export async function ask(settings: Settings, apiKey: string, asked: Asked, options: RequestOptions): Promise<Answer> {
  const { signal, maxRetries = settings.maxRetries } = options;
  const url = settings.baseURL + asked.path;
  const body = asked.body === undefined ? undefined : JSON.stringify(asked.body);
  const key = asked.method === "POST" ? (options.idempotencyKey ?? newKey()) : undefined;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    const headers = headersOf(settings, apiKey, asked, options, key);
    // Made anew each time: whoever passed a fetch of their own may have kept the last.
    const init: Sent = { method: asked.method, headers };
    if (body !== undefined) {
      init.body = body;
    }
    const came = await attemptOnce(settings, url, init, asked, options);
    if (!(came instanceof Failed)) {
      return came;
    }
    const wait = attempt < maxRetries ? pause(attempt, came.headers) : null;
    if (wait === null) {
      throw came.error;
    }
    await sleep(wait, signal);
  }
}

async function attemptOnce(
  settings: Settings,
  url: string,
  init: Sent,
  asked: Asked,
  options: RequestOptions,
): Promise<Answer | Failed> {
  const { signal, timeout = settings.timeout } = options;
  const ended = new AbortController();
  init.signal = ended.signal;
  // Pages would have to ask beforehand whether they may send it.
  const name = isBrowser() ? null : newKey();
  if (name) {
    init.headers[ECHOED] = name;
  }
  const onAbort = () => ended.abort();
  signal?.addEventListener("abort", onAbort, { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    ended.abort();
  }, timeout);

  let response: Response;
  let text: string;
  try {
    response = await settings.fetch(url, init);
    // The time holds for the whole answer: one that stops in its middle is none.
    text = await response.text();
  } catch (cause) {
    signal?.throwIfAborted();
    if (isLate) {
      return new Failed(new APITimeoutError(`No answer within ${timeout} ms`, { cause }));
    }
    return new Failed(new APIConnectionError(`No whole answer came: ${reasonOf(cause)}`, { cause }));
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }

  const echoed = response.headers.get(ECHOED);
  if (name && echoed && echoed !== name) {
    return new Failed(new APIConnectionError("The answer is another request's"));
  }
  const { status } = response;
  if (!response.ok) {
    const error = fromAnswer(status, text, response.headers);
    if (isWorthRetrying(status, response.headers)) {
      return new Failed(error, response.headers);
    }
    throw error;
  }
  if (asked.expects === "text" || status === 204) {
    return { response, body: status === 204 ? undefined : text };
  }
  try {
    return { response, body: JSON.parse(text) };
  } catch (cause) {
    return new Failed(new APIConnectionError("The answer broke off, or is not the API's", { cause }));
  }
}

function headersOf(
  settings: Settings,
  apiKey: string,
  asked: Asked,
  options: RequestOptions,
  key: string | undefined,
): Record<string, string> {
  const headers: Record<string, string> = { Accept: asked.expects === "text" ? "*/*" : "application/json" };
  if (!isBrowser()) {
    headers["User-Agent"] = `vaniagent-javascript/${VERSION}`;
  }
  Object.assign(headers, settings.headers, options.headers);
  headers.Authorization = `Bearer ${apiKey}`;
  if (asked.body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  if (key !== undefined) {
    headers["Idempotency-Key"] = key;
  }
  return headers;
}

/** Node's fetch only says "fetch failed", and why in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message || "unknown";
}

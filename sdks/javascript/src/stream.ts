/** The live feed of one call. */

import { fromWire } from "./casing.js";
import { type SocketLike, socketClass } from "./environment.js";
import { APIConnectionError, APITimeoutError, fromFeed, VaniAgentError } from "./errors.js";
import type { FeedEvent } from "./models/feed.js";
import type { Channel } from "./resources/resource.js";
import { pause, sleep } from "./retries.js";

const CONNECT_WITHIN_MS = 10_000;
/** After so long without a word the server is asked whether it is still there. */
const QUIET_MS = 30_000;
const CONFIRMED_WITHIN_MS = 10_000;
/** How long the end may take to come of a call that has ended before. */
const END_WITHIN_MS = 3000;
const MAX_RECONNECTS = 10;

/** Closed so, and trying again cannot help. */
const REFUSALS: Readonly<Record<number, { type: string; code: string; message: string }>> = {
  4401: { type: "authentication_error", code: "authentication_failed", message: "The API key is not valid" },
  4429: { type: "rate_limit_error", code: "rate_limit_exceeded", message: "Too much in too short a time" },
};

export interface StreamOptions {
  /** Leave out events up to this `seq`. */
  after?: number;
  /** How many vain attempts to connect in a row are borne; 10. */
  maxReconnects?: number;
  signal?: AbortSignal;
}

interface Frame {
  type: string;
  call_id?: string | null;
  seq?: number;
  error?: { code: string; message: string; param: string | null; type: string };
}

interface Command {
  frame: { type: string; [field: string]: string };
  /** The event that says that it was done. */
  told: string;
  isSent: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The events of a call: `for await (const event of stream)`. It ends with the call's end, and when you leave the loop.
 * `say`, `note`, `dtmf` and `hangup` may be used meanwhile; each resolves once the server has done it.
 */
export class CallStream implements AsyncIterable<FeedEvent> {
  readonly callId: string;
  readonly #api: Channel;
  readonly #options: StreamOptions;
  readonly #askEnded: () => Promise<boolean>;
  #lastSeq: number;
  #waiting: FeedEvent[] = [];
  #wake: () => void = () => {};
  #run: Promise<void> | null = null;
  #socket: SocketLike | null = null;
  #drop: (cause?: unknown) => void = () => {};
  #isSubscribed = false;
  #isOver = false;
  #hasEnded = false;
  #fault: { error: unknown } | null = null;
  #command: Command | null = null;
  #lastCommand: Promise<unknown> = Promise.resolve();

  /** @internal */
  constructor(api: Channel, callId: string, askEnded: () => Promise<boolean>, options: StreamOptions) {
    this.callId = callId;
    this.#api = api;
    this.#askEnded = askEnded;
    this.#options = options;
    this.#lastSeq = options.after ?? 0;
  }

  /** The `seq` of the last event that came: give it as `after` to go on from there in another program. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<FeedEvent, void, undefined> {
    this.#start();
    try {
      for (;;) {
        for (let event = this.#waiting.shift(); event; event = this.#waiting.shift()) {
          yield event;
        }
        if (this.#fault) {
          throw this.#fault.error;
        }
        if (this.#isOver) {
          return;
        }
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.close();
    }
  }

  /** Have the agent say this now. */
  say(text: string): Promise<void> {
    return this.#tell({ type: "say", text }, "call.say");
  }

  /** Have the agent heed this from its next turn on. */
  note(text: string): Promise<void> {
    return this.#tell({ type: "note", text }, "call.note");
  }

  /** Press keys. */
  dtmf(digits: string): Promise<void> {
    return this.#tell({ type: "dtmf", digits }, "call.digits_sent");
  }

  /** End the call. Resolves with its end. */
  async hangup(): Promise<void> {
    if (!this.#hasEnded) {
      await this.#tell({ type: "hangup" }, "");
    }
  }

  /** Follow no more. The call goes on. */
  close(): void {
    this.#finish();
  }

  // --- The connection ---

  #start(): void {
    this.#run ??= this.#follow().catch((error: unknown) => this.#finish({ error }));
  }

  async #follow(): Promise<void> {
    const { signal, maxReconnects = MAX_RECONNECTS } = this.#options;
    const onAbort = () => this.#finish({ error: signal?.reason });
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      for (let inVain = 0; !this.#isOver; ) {
        const before = { seq: this.#lastSeq, at: Date.now() };
        const cause = await this.#connect();
        if (this.#isOver) {
          return;
        }
        const wasOfUse = this.#lastSeq > before.seq || Date.now() - before.at > CONNECT_WITHIN_MS;
        inVain = wasOfUse ? 0 : inVain + 1;
        if (inVain > maxReconnects) {
          throw new APIConnectionError("The live feed cannot be reached", { cause });
        }
        await sleep(inVain ? (pause(inVain - 1) ?? 0) : Math.random() * 250, signal);
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** One connection, as long as it lasts. Gives why it broke; rejects where trying again cannot help. */
  async #connect(): Promise<unknown> {
    const { url, apiKey, socket: own } = this.#api.feed();
    const Socket = await socketClass(own);
    if (this.#isOver) {
      return undefined;
    }
    const socket = new Socket(url);
    this.#socket = socket;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = (milliseconds: number, then: () => void) => {
      clearTimeout(timer);
      timer = setTimeout(then, milliseconds);
    };
    try {
      return await new Promise((resolve, reject) => {
        const late = () => resolve(new APITimeoutError("The live feed does not answer"));
        const subscribe = () =>
          this.#send({ type: "subscribe", call_id: this.callId, ...(this.#lastSeq && { after: this.#lastSeq }) });
        const quiet = () => {
          subscribe();
          patience(CONNECT_WITHIN_MS, late);
        };
        this.#drop = resolve;
        patience(CONNECT_WITHIN_MS, late);
        let cause: unknown;
        socket.addEventListener("error", (error) => {
          cause = error;
        });
        socket.addEventListener("close", ({ code, reason }) => {
          const refusal = REFUSALS[code];
          if (refusal) {
            reject(fromFeed({ ...refusal, param: null }));
          }
          resolve(cause ?? new Error(`Closed with ${code} ${reason}`));
        });
        socket.addEventListener("open", () => {
          if (this.#socket === socket) {
            this.#send({ type: "auth", api_key: apiKey });
            subscribe();
          }
        });
        socket.addEventListener("message", ({ data }) => {
          if (this.#socket !== socket) {
            return;
          }
          patience(QUIET_MS, quiet);
          try {
            this.#heed(JSON.parse(String(data)) as Frame);
          } catch (error) {
            reject(error);
          }
        });
      });
    } finally {
      clearTimeout(timer);
      this.#socket = null;
      this.#isSubscribed = false;
      socket.close();
    }
  }

  #send(frame: object): void {
    try {
      this.#socket?.send(JSON.stringify(frame));
    } catch {
      // It is closing, which its own event tells.
    }
  }

  // --- What is heard ---

  /** Throws what ends all following. */
  #heed(frame: Frame): void {
    if (frame.type === "error") {
      this.#heedError(frame.error ?? {});
    } else if (frame.type === "subscribed" && frame.call_id === this.callId) {
      this.#heedSubscribed();
    } else if (frame.call_id === this.callId && frame.type !== "unsubscribed") {
      this.#heedEvent(frame);
    }
  }

  #heedSubscribed(): void {
    const isFirst = !this.#isSubscribed;
    this.#isSubscribed = true;
    if (isFirst && this.#options.after && this.#lastSeq === this.#options.after) {
      this.#lookForEnd().catch(() => this.#drop());
    }
    this.#flush();
  }

  /** Past the end of a call there is no event to wait for. */
  async #lookForEnd(): Promise<void> {
    if (await this.#askEnded()) {
      await sleep(END_WITHIN_MS, this.#options.signal);
      this.#hasEnded = true;
      this.#finish();
    }
  }

  #heedEvent(frame: Frame): void {
    if (frame.seq !== undefined) {
      if (frame.seq <= this.#lastSeq) {
        return;
      }
      this.#lastSeq = frame.seq;
    }
    this.#waiting.push(fromWire<FeedEvent>(frame));
    this.#wake();
    if (frame.type === this.#command?.told) {
      this.#command.resolve();
    }
    if (frame.type === "call.completed" || frame.type === "call.failed") {
      this.#hasEnded = true;
      this.#finish();
    }
  }

  #heedError(body: Partial<NonNullable<Frame["error"]>>): void {
    const error = fromFeed(body);
    if (body.type === "authentication_error") {
      throw error;
    }
    if (this.#isSubscribed && this.#command?.isSent) {
      this.#command.reject(error);
    } else if (this.#isSubscribed || error.statusCode >= 500) {
      this.#drop(error);
    } else {
      throw error;
    }
  }

  #finish(fault: { error: unknown } | null = null): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#fault = fault;
    this.#command?.reject(fault?.error ?? new VaniAgentError(`The call ${this.callId} has ended, or is not followed`));
    this.#drop();
    this.#wake();
  }

  // --- What is said ---

  /** One at a time: an error of the feed does not say which of them it is about. */
  #tell(frame: Command["frame"], told: string): Promise<void> {
    const done = this.#lastCommand.then(() => this.#tellNow(frame, told));
    this.#lastCommand = done.catch(() => {});
    return done;
  }

  async #tellNow(frame: Command["frame"], told: string): Promise<void> {
    if (this.#isOver) {
      throw new VaniAgentError(`The call ${this.callId} has ended, or is not followed`);
    }
    this.#start();
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        // Not sent twice: it may have been done, and then its event is among those that come again.
        timer = setTimeout(
          () => reject(new APITimeoutError(`'${frame.type}' was not confirmed within ${CONFIRMED_WITHIN_MS} ms`)),
          CONFIRMED_WITHIN_MS,
        );
        this.#command = { frame, told, isSent: false, resolve, reject };
        this.#flush();
      });
    } catch (error) {
      if (frame.type !== "hangup" || !this.#hasEnded) {
        throw error;
      }
    } finally {
      clearTimeout(timer);
      this.#command = null;
    }
  }

  #flush(): void {
    const command = this.#command;
    if (command && this.#isSubscribed && (!command.isSent || command.frame.type === "hangup")) {
      command.isSent = true;
      this.#send({ ...command.frame, call_id: this.callId });
    }
  }
}

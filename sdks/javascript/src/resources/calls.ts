import { VaniAgentError, WaitTimeoutError } from "../errors.js";
import type { Call, CallBody, CallStatus, CallSummary, RecordingBody, SipTrace, Transcript, TransferBody } from "../models/call.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import { sleep } from "../retries.js";
import { CallStream, type StreamOptions } from "../stream.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

export type CallFilter = Range & { agentId?: string; status?: CallStatus };

export interface WaitOptions {
  /** Milliseconds to wait at most; left out: as long as it takes. */
  timeout?: number;
  /** Milliseconds between two looks; 2,000. */
  pollInterval?: number;
  signal?: AbortSignal;
}

/** Calls: conversations of an agent with a person on the phone. */
export class Calls extends Resource {
  /** Place a call, now or at a later time. It is placed once, however often the request has to be sent. */
  create(body: CallBody, options?: RequestOptions): APIPromise<Call> {
    return this.api.request("POST", "/calls", body, options);
  }

  /** List calls, newest first. */
  list(filter?: CallFilter, options?: RequestOptions): PagePromise<CallSummary> {
    return this.api.page("/calls", filter, options);
  }

  /** Get a call, with what was said so far. */
  get(callId: string, options?: RequestOptions): APIPromise<Call> {
    return this.api.request("GET", `/calls/${segment(callId)}`, undefined, options);
  }

  /** End a call, or cancel a scheduled one. */
  hangup(callId: string, options?: RequestOptions): APIPromise<Call> {
    return this.api.request("POST", `/calls/${segment(callId)}/hangup`, {}, options);
  }

  /** Have the caller given to one of the agent's `transfers`, by name or address. Events tell what becomes of it. */
  transfer(callId: string, body: TransferBody, options?: RequestOptions): APIPromise<Call> {
    return this.api.request("POST", `/calls/${segment(callId)}/transfer`, body, options);
  }

  /** Pause the recording, or go on with it. */
  setRecording(callId: string, body: RecordingBody, options?: RequestOptions): APIPromise<Call> {
    return this.api.request("POST", `/calls/${segment(callId)}/recording`, body, options);
  }

  /** Get what was said, turn by turn. */
  transcript(callId: string, options?: RequestOptions): APIPromise<Transcript> {
    return this.api.request("GET", `/calls/${segment(callId)}/transcript`, undefined, options);
  }

  /** Get the SIP messages of a call; none where it took no SIP line. */
  sipTrace(callId: string, options?: RequestOptions): APIPromise<SipTrace> {
    return this.api.request("GET", `/calls/${segment(callId)}/sip_trace`, undefined, options);
  }

  /**
   * Follow a call live: `for await` gives its events, from its first on (or past `after`) until its end.
   * A broken connection is made anew, and nothing is lost or told twice.
   */
  stream(callId: string, options: StreamOptions = {}): CallStream {
    segment(callId);
    return new CallStream(this.api, callId, async () => hasEnded(await this.get(callId)), options);
  }

  /** Wait until a call has ended, and get it. Rejects with WaitTimeoutError. */
  async wait(callId: string, options: WaitOptions = {}): Promise<Call> {
    return this.#poll(callId, options, `The call ${callId} has not ended`, (call) => hasEnded(call));
  }

  /**
   * Get the recording, a stereo WAV, as an answer whose body can be streamed. Waits for it two minutes unless told otherwise.
   * Rejects with WaitTimeoutError, and with VaniAgentError where there will be none.
   */
  async downloadRecording(callId: string, options: WaitOptions = {}): Promise<Response> {
    const patience = { timeout: 120_000, ...options };
    const call = await this.#poll(callId, patience, `The recording of ${callId} is not ready`, (call) => {
      if (call.recordingUrl === null && hasEnded(call) && !call.duration) {
        throw new VaniAgentError(`The call ${callId} has no recording: nobody answered`);
      }
      return call.recordingUrl !== null;
    });
    const { signal } = options;
    const answer = await this.api.fetch(call.recordingUrl as string, signal ? { signal } : {});
    if (!answer.ok) {
      throw new VaniAgentError(`The recording's address answered ${answer.status}`);
    }
    return answer;
  }

  async #poll(callId: string, options: WaitOptions, missed: string, isDone: (call: Call) => boolean): Promise<Call> {
    const { timeout = Number.POSITIVE_INFINITY, pollInterval = 2000, signal } = options;
    const giveUpAt = Date.now() + timeout;
    for (;;) {
      const call = await this.get(callId, signal && { signal });
      if (isDone(call)) {
        return call;
      }
      if (Date.now() + pollInterval > giveUpAt) {
        throw new WaitTimeoutError(`${missed} after ${timeout} ms`);
      }
      await sleep(pollInterval, signal);
    }
  }
}

function hasEnded(call: Call): boolean {
  return call.status === "completed" || call.status === "failed";
}

import type { Speaker } from "./call.js";

interface Heard<T extends string> {
  type: T;
  callId: string;
  timestamp: string;
  /** Rises by one within a call. Interim transcripts alone have none. */
  seq: number;
}

/** The call has been initiated. `direction` is there where it came in. */
export type CallStarted = Heard<"call.started"> & { direction?: "inbound" };

/** The call will begin at this time. `retryOf` is the first attempt's id, where it is another one. */
export type CallScheduled = Heard<"call.scheduled"> & { scheduledAt: string; attempt: number; retryOf?: string };

/** Something happened that needs no more words. */
export type CallMoved = Heard<
  | "call.answered"
  | "call.voicemail_detected"
  | "call.opted_out"
  | "call.recording_paused"
  | "call.recording_resumed"
  | "call.taken_over"
  | "call.resumed"
  | "transcript.ready"
>;

interface Said {
  speaker: Speaker;
  text: string;
}

/** Something was said. Where `isFinal` is false the next one of the same speaker replaces it. */
export type TranscriptUpdate = Said &
  (
    | (Heard<"transcript.update"> & { isFinal: true; wasInterrupted?: true; byOperator?: true; aside?: true })
    | (Omit<Heard<"transcript.update">, "seq"> & { isFinal: false; seq?: undefined })
  );

/** The agent was told to say or to heed this. */
export type CallInstructed = Heard<"call.say" | "call.note"> & { text: string };

/** These keys were pressed on your word. */
export type DigitsSent = Heard<"call.digits_sent"> & { digits: string };

/** The person pressed this key. */
export type DigitPressed = Heard<"call.digit"> & { digit: string };

/** Silence, a provider that was replaced, an answer to the question for consent, the agent's return: `detail` says more. */
export type CallTrouble = Heard<"call.silence" | "call.provider_failed" | "call.consent" | "call.handed_back"> & {
  detail?: string;
};

/** The call is being transferred to somebody, or was: then the caller talks with them. */
export type CallTransferred = Heard<"call.transferring" | "call.transferred"> & { name: string; to: string; mode: string };

/** Nobody took the call: the agent has the caller again. */
export type TransferFailed = Heard<"call.transfer_failed"> & { name: string; reason: string };

/** The end. */
export type CallEnded = Heard<"call.completed" | "call.failed"> & { duration: number; endedReason: string };

export type RecordingReady = Heard<"recording.ready"> & { duration: number };

/** What the live feed tells of a call: `type` says which event it is. Pass over those that you do not know. */
export type FeedEvent =
  | CallScheduled
  | CallStarted
  | CallMoved
  | TranscriptUpdate
  | CallInstructed
  | DigitsSent
  | DigitPressed
  | CallTrouble
  | CallTransferred
  | TransferFailed
  | CallEnded
  | RecordingReady;

import type { Open, TransferMode } from "./agent.js";

export type CallStatus = Open<"initiated" | "in_progress" | "completed" | "failed">;
export type CallDirection = Open<"outbound" | "inbound">;
export type Sentiment = Open<"positive" | "neutral" | "negative">;
export type Speaker = Open<"agent" | "user">;

export type MetadataValue = string | number | boolean | null | MetadataValue[] | { [key: string]: MetadataValue };

/** Yours: keys and values come back as they were given. */
export type Metadata = { [key: string]: MetadataValue };

/** Times are UTC texts such as `2024-01-15T10:35:00Z`. */
export interface CallSummary {
  id: string;
  agentId: string;
  agentVersion: number;
  status: CallStatus;
  direction: CallDirection;
  toNumber: string;
  fromNumber: string | null;
  phoneLineId: string | null;
  /** Seconds of conversation; null until the end. */
  duration: number | null;
  endedReason: string | null;
  endedBy: string | null;
  metadata: Metadata;
  sentiment: Sentiment | null;
  cost: string | null;
  recordingUrl: string | null;
  transcriptUrl: string | null;
  /** When it begins; null: at once. */
  scheduledAt: string | null;
  /** From 1. */
  attempt: number;
  retry: Retry | null;
  /** The first attempt's id, on every later one. */
  retryOf: string | null;
  batchId: string | null;
  createdAt: string;
  answeredAt: string | null;
  completedAt: string | null;
}

export interface Call extends CallSummary {
  transcript: string | null;
  summary: string | null;
  latency: Latency | null;
}

/** From the caller's last sound to the agent's first, measured on the recording. */
export interface Latency {
  heardP50Ms: number | null;
  heardP95Ms: number | null;
  turns: number;
}

export interface CallBody {
  agentId: string;
  toNumber: string;
  fromNumber?: string | null;
  metadata?: Metadata;
  sandbox?: SandboxBody;
  /** Seconds, 5 to 120. */
  ringTimeout?: number;
  /** At most 90 days ahead; the past is now. */
  scheduledAt?: string | null;
  retry?: RetryBody | null;
  /** Where the person is, such as `Europe/Berlin`; without it, what the number says. */
  timezone?: string | null;
}

/** When a number is called again. */
export interface Retry {
  /** After which ended reasons. */
  outcomes: string[];
  /** Further calls at most. */
  attempts: number;
  /** Seconds from one attempt's end to the next; a list has one for each. */
  every: number | number[];
}

export interface RetryBody {
  outcomes?: string[];
  attempts?: number;
  every: number | number[];
}

export interface RecordingBody {
  state: "paused" | "recording";
}

/** One of the call's agent's `transfers`: either `name` or `to`. */
export interface TransferBody {
  name?: string;
  to?: string;
  mode?: TransferMode;
}

export interface SandboxBody {
  /** What the person called will say, a line a turn, where the call runs on the sandbox line. */
  lines?: string[];
}

/** What went between the trunk and the platform, without credentials. */
export interface SipTrace {
  callId: string;
  messages: SipMessage[];
  /** There were more. */
  isCut: boolean;
}

export interface SipMessage {
  at: string;
  /** As the platform sees it. */
  direction: Open<"sent" | "received">;
  transport: Open<"udp" | "tcp" | "tls">;
  /** Address and port of the other side. */
  peer: string;
  /** `INVITE`, `180 Ringing`. */
  title: string;
  text: string;
}

export interface Transcript {
  callId: string;
  turns: Turn[];
}

export interface Turn {
  number: number;
  speaker: Speaker;
  /** Who said it: `operator` is a person in the agent's place. */
  source: Open<"user" | "agent" | "operator">;
  text: string;
  startMs: number | null;
  endMs: number | null;
  wasInterrupted: boolean;
  /** Milliseconds of each stage of an answer. */
  latency: { [stage: string]: number | null };
  createdAt: string;
}

import type { CallingHours, CallingHoursBody, Open } from "./agent.js";
import type { CallStatus, Metadata, Retry, RetryBody } from "./call.js";

export type BatchStatus = Open<"draft" | "scheduled" | "running" | "paused" | "canceled" | "done">;
export type BatchRowStatus = Open<"skipped" | "waiting" | "placed" | "refused" | "canceled">;

/** Its rows by what became of them, and the calls that were placed for them. */
export interface BatchProgress {
  rows: number;
  waiting: number;
  placed: number;
  skipped: number;
  refused: number;
  canceled: number;
  calls: number;
  live: number;
  answered: number;
  ended: number;
  /** Seconds of conversation. */
  duration: number;
  cost: string;
}

/** Many calls of one agent, placed as there is room. Times are UTC texts such as `2024-01-15T10:30:00Z`. */
export interface Batch {
  id: string;
  agentId: string;
  name: string;
  status: BatchStatus;
  /** Why it does not go on, where nobody paused it. */
  pausedBecause: string;
  fromNumber: string | null;
  atOnce: number;
  perMinute: number | null;
  hours: CallingHours | null;
  retry: Retry | null;
  scheduledAt: string | null;
  progress: BatchProgress;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

/** Whom a batch calls, with the last of its calls. */
export interface BatchRow {
  line: number;
  toNumber: string;
  metadata: Metadata;
  status: BatchRowStatus;
  /** Why it was not called, or not yet. */
  problem: string;
  attempts: number;
  notBefore: string | null;
  callId: string | null;
  callStatus: CallStatus | null;
  endedReason: string | null;
  duration: number | null;
}

export interface BatchBody {
  agentId: string;
  /** Whom to call, at most 10,000; or `csv`. */
  rows?: { toNumber: string; metadata?: Metadata }[];
  /** The text of a file with a heading. */
  csv?: string;
  /** What becomes of `rows` whose number came before; "skip". */
  duplicates?: "skip" | "call";
  name?: string;
  fromNumber?: string | null;
  atOnce?: number | null;
  perMinute?: number | null;
  hours?: CallingHoursBody | null;
  retry?: RetryBody | null;
  /** At most 90 days ahead; the past is now. */
  scheduledAt?: string | null;
  /** True; false leaves a draft, which is kept for a day. */
  start?: boolean;
}

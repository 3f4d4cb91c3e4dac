import type { Open } from "./agent.js";
import type { CallStatus, Metadata } from "./call.js";

export type EventType = Open<
  | "call.started"
  | "call.transferring"
  | "call.transferred"
  | "call.transfer_failed"
  | "call.completed"
  | "call.failed"
  | "transcript.ready"
  | "recording.ready"
  | "account.balance_low"
>;
export type EndpointStatus = Open<"enabled" | "disabled">;
export type DeliveryStatus = Open<"pending" | "succeeded" | "failed">;

export interface Endpoint {
  id: string;
  url: string;
  events: EventType[];
  description: string;
  status: EndpointStatus;
  createdAt: string;
}

export interface EndpointWithSecret extends Endpoint {
  /** `whsec_…`, told here only. */
  secret: string;
}

export interface EndpointBody {
  url: string;
  events: EventType[];
  description?: string;
}

/** @schema PatchedEndpointChanges */
export interface EndpointChanges {
  url?: string;
  events?: EventType[];
  description?: string;
  status?: EndpointStatus;
}

export interface SampleBody {
  event?: EventType;
}

export interface ReplayBody {
  from: string;
  to: string;
  status?: "succeeded" | "failed";
}

export interface Replay {
  replayed: number;
}

export interface Delivery {
  id: string;
  endpointId: string;
  event: EventType;
  callId: string | null;
  status: DeliveryStatus;
  attempts: Attempt[];
  nextAttemptAt: string | null;
  createdAt: string;
}

export interface Attempt {
  number: number;
  at: string;
  statusCode: number | null;
  durationMs: number;
  response: string;
  error: string;
}

/** What every event about a call has. */
export interface CallData {
  callId: string;
  agentId: string;
  status: CallStatus;
  metadata: Metadata;
}

/** `direction` is there where the call came in. */
export interface CallStartedData extends CallData {
  direction?: "inbound";
}

export interface TransferData extends CallData {
  name: string;
  to: string;
  mode: string;
}

export interface TransferFailedData extends CallData {
  name: string;
  reason: string;
}

/** Both links are null where nobody answered. */
export interface CallEndedData extends CallData {
  duration: number;
  endedReason: string;
  transcriptUrl: string | null;
  recordingUrl: string | null;
}

export interface TranscriptData extends CallData {
  transcriptUrl: string;
}

export interface RecordingData extends CallData {
  duration: number;
  recordingUrl: string;
}

export interface BalanceData {
  accountId: string;
  credits: string;
  threshold: string;
}

interface Told<E extends string, D> {
  event: E;
  timestamp: string;
  data: D;
  /** `whd_…`, the same whenever the delivery is tried again: to see a repetition by. */
  deliveryId: string | null;
}

/** What a webhook tells: `event` says which one it is, and so what `data` has. Pass over those that you do not know. */
export type WebhookEvent =
  | Told<"call.started", CallStartedData>
  | Told<"call.transferring", TransferData>
  | Told<"call.transferred", TransferData>
  | Told<"call.transfer_failed", TransferFailedData>
  | Told<"call.completed", CallEndedData>
  | Told<"call.failed", CallEndedData>
  | Told<"transcript.ready", TranscriptData>
  | Told<"recording.ready", RecordingData>
  | Told<"account.balance_low", BalanceData>;

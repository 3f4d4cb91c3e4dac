import type { Open } from "./agent.js";

export type LineKind = Open<"sip" | "twilio">;
export type LineStatus = Open<"ready" | "unreachable" | "unauthorized">;

/** A line without its secret. What its kind does not have is null. */
export interface Line {
  id: string;
  kind: LineKind;
  name: string;
  domain: string | null;
  port: number | null;
  transport: string | null;
  username: string | null;
  srtp: string | null;
  register: boolean | null;
  accountSid: string | null;
  numbers: string[];
  inboundAgentId: string | null;
  maxLiveCalls: number;
  callsPerSecond: number;
  isDefault: boolean;
  inboundLimits: InboundLimits;
  status: LineStatus;
  statusDetail: string;
  checkedAt: string | null;
  createdAt: string;
}

/** What callers may do on a line; null: no such limit. */
export interface InboundLimits {
  callsPerHour: number | null;
  callsPerDay: number | null;
  /** Credits as text, such as "2.50". */
  costPerDay: string | null;
  /** Seconds until somebody who has not said a word is hung up on. */
  silentAfter: number;
  blocksHidden: boolean;
  /** Numbers, or beginnings of numbers with a `*` at the end. */
  blocked: string[];
}

/** What is left out stays as it is. */
export type InboundLimitsBody = Partial<InboundLimits>;

/** @schema PatchedLineChanges */
export interface LineChanges {
  name?: string;
  numbers?: string[];
  domain?: string;
  port?: number | null;
  transport?: "udp" | "tcp" | "tls";
  username?: string | null;
  password?: string | null;
  srtp?: "off" | "required";
  register?: boolean;
  accountSid?: string;
  authToken?: string;
  inboundAgentId?: string | null;
  maxLiveCalls?: number;
  callsPerSecond?: number;
  isDefault?: boolean;
  inboundLimits?: InboundLimitsBody;
}

/** A line of kind `sip` has a domain, one of kind `twilio` an account and its token. */
export interface LineBody extends LineChanges {
  kind: LineKind;
  name: string;
  numbers: string[];
}

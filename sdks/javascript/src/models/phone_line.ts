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
  status: LineStatus;
  statusDetail: string;
  checkedAt: string | null;
  createdAt: string;
}

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
}

/** A line of kind `sip` has a domain, one of kind `twilio` an account and its token. */
export interface LineBody extends LineChanges {
  kind: LineKind;
  name: string;
  numbers: string[];
}

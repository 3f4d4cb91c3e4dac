import type { CallingHours, CallingHoursBody, Open } from "./agent.js";

/** A number that must not be called; null where its caller's data were erased, and it is still not called. */
export interface DoNotCallEntry {
  id: string;
  number: string | null;
  reason: string;
  source: Open<"api" | "page" | "import" | "call">;
  callId: string | null;
  createdAt: string;
}

export interface DoNotCallBody {
  number: string;
  reason?: string;
}

/** A line of a file that names no number. */
export interface ImportProblem {
  line: number;
  message: string;
}

/** What became of a file's lines, with the first hundred problems. */
export interface DoNotCallImport {
  added: number;
  alreadyListed: number;
  refused: number;
  problems: ImportProblem[];
}

/** What is asked of all outbound calls. `preDialSecret` is told once, when it is made. */
export interface DialingRules {
  callingHours: CallingHours | null;
  maxCallsPerDay: number | null;
  maxCallsPerWeek: number | null;
  preDialUrl: string | null;
  preDialSecret: string | null;
  proofDays: number | null;
}

/**
 * What is given changes; null: no such rule.
 * @schema PatchedDialingRulesBody
 */
export interface DialingRulesChanges {
  callingHours?: CallingHoursBody | null;
  maxCallsPerDay?: number | null;
  maxCallsPerWeek?: number | null;
  preDialUrl?: string | null;
  rotateSecret?: boolean;
  proofDays?: number | null;
}

/** What one rule said, in words that may change. */
export interface DialCheckResult {
  rule: string;
  passed: boolean;
  detail: string;
}

/** What was asked before a call, and what each rule said; where `callId` is null there was none. */
export interface DialCheck {
  id: string;
  callId: string | null;
  agentId: string;
  agentVersion: number;
  toNumber: string;
  allowed: boolean;
  refusedBy: string | null;
  results: DialCheckResult[];
  answerSha256: string | null;
  createdAt: string;
}

/** Numbers to list: a number a line, or CSV with a heading, of which the columns `number` and `reason` are read. */
export interface DoNotCallImportBody {
  csv: string;
}

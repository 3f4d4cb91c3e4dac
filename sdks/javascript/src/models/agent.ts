import type { Metadata } from "./call.js";

/** Newer values may come, here and wherever a text has a few. */
export type Open<T extends string> = T | (string & {});

export type AgentStatus = Open<"active" | "archived">;
export type VoicemailAction = Open<"leave_message" | "hang_up" | "off">;

/** What speaks on the phone. */
export interface Agent {
  id: string;
  name: string;
  voice: string;
  prompt: string;
  language: string;
  temperature: number;
  maxDuration: number;
  firstMessage: string | null;
  voicemailAction: VoicemailAction;
  voicemailMessage: string | null;
  screeningMessage: string | null;
  silenceTimeout: number;
  speech: Speech;
  callingHours: CallingHours | null;
  transfers: Destination[];
  compliance: Compliance;
  keypad: Keypad;
  status: AgentStatus;
  version: number;
  createdAt: string;
  updatedAt: string;
}

export interface AgentBody {
  name: string;
  /** The id of a voice. */
  voice: string;
  prompt?: string;
  language?: string;
  temperature?: number;
  /** Seconds. */
  maxDuration?: number;
  firstMessage?: string | null;
  voicemailAction?: VoicemailAction;
  voicemailMessage?: string | null;
  screeningMessage?: string | null;
  /** Seconds. */
  silenceTimeout?: number;
  speech?: SpeechBody;
  callingHours?: CallingHoursBody | null;
  transfers?: DestinationBody[];
  compliance?: ComplianceBody;
  keypad?: KeypadBody;
}

export type Patience = Open<"quick" | "normal" | "patient">;

/** How the agent takes turns, and how fast it talks. */
export interface Speech {
  interruptible: boolean;
  patience: Patience;
  speed: number;
}

export type SpeechBody = Partial<Speech>;

export type TransferMode = Open<"cold" | "warm">;

/** One key, and what it means to the agent. */
export interface KeypadChoice {
  digit: string;
  meaning: string;
}

/** What an agent makes of a telephone's keys. */
export interface Keypad {
  menu: KeypadChoice[];
  terminator: Open<"#" | "*" | "">;
  digitTimeout: number;
  mayPress: boolean;
  wanted: string;
}

export interface KeypadChoiceBody extends KeypadChoice {}

export type KeypadBody = Partial<Keypad>;

export interface Consent {
  ask: string;
  ifNo: Open<"hang_up" | "go_on_unrecorded">;
  recordFrom: Open<"answer" | "consent">;
}

/** What an agent owes whom it calls; null: there is none of it. */
export interface Compliance {
  recordingAnnouncement: string | null;
  consent: Consent | null;
  maxCallsPerDay: number | null;
  maxCallsPerWeek: number | null;
}

export interface ConsentBody {
  ask: string;
  ifNo?: Consent["ifNo"];
  recordFrom?: Consent["recordFrom"];
}

/** What is left out is null. */
export interface ComplianceBody {
  recordingAnnouncement?: string | null;
  consent?: ConsentBody | null;
  maxCallsPerDay?: number | null;
  maxCallsPerWeek?: number | null;
}

/** Somebody whom the agent may transfer a call to: `to` is a number or a SIP address, `when` tells it in which case. */
export interface Destination {
  name: string;
  to: string;
  mode: TransferMode;
  via: Open<"bridge" | "refer">;
  when: string;
  announcement: string | null;
  record: boolean;
}

export interface DestinationBody extends Partial<Destination> {
  name: string;
  to: string;
}

/** Windows of a day, such as `["09:00", "17:00"]`. */
export type Windows = string[][];

/** When the agent may call somebody. `timezone` is `callee` where the clock is that of whoever is called. */
export interface CallingHours {
  timezone: string;
  days: { [day: string]: Windows };
}

export interface CallingHoursBody {
  timezone?: string;
  days: DaysBody;
}

/** A day that is left out is closed. */
export interface DaysBody {
  mon?: Windows;
  tue?: Windows;
  wed?: Windows;
  thu?: Windows;
  fri?: Windows;
  sat?: Windows;
  sun?: Windows;
}

/** @schema PatchedAgentBody */
export type AgentChanges = Partial<AgentBody>;

/** A call whose microphone and speaker are the WebSocket at `mediaUrl`, which is good for one minute and one socket. */
export interface Talk {
  callId: string;
  agentId: string;
  mediaUrl: string;
  expiresAt: string;
}

export interface TalkBody {
  metadata?: Metadata;
}

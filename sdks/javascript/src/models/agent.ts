import type { Metadata } from "./call.js";

/** Newer values may come, here and wherever a text has a few. */
export type Open<T extends string> = T | (string & {});

export type AgentStatus = Open<"active" | "archived">;
export type VoicemailAction = Open<"leave_message" | "hang_up">;

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
  silenceTimeout: number;
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
  /** Seconds. */
  silenceTimeout?: number;
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

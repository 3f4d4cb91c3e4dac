import type { Agent, AgentBody, AgentChanges, AgentStatus, Talk, TalkBody } from "../models/agent.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

export type AgentFilter = Range & { status?: AgentStatus };

/** Agents: what speaks on the phone, its voice, instructions and manners. */
export class Agents extends Resource {
  /** Make an agent. */
  create(body: AgentBody, options?: RequestOptions): APIPromise<Agent> {
    return this.api.request("POST", "/agents", body, options);
  }

  /** List agents, newest first. */
  list(filter?: AgentFilter, options?: RequestOptions): PagePromise<Agent> {
    return this.api.page("/agents", filter, options);
  }

  /** Get an agent, archived or not. */
  get(agentId: string, options?: RequestOptions): APIPromise<Agent> {
    return this.api.request("GET", `/agents/${segment(agentId)}`, undefined, options);
  }

  /** Change an agent: what is given changes, in new calls. */
  update(agentId: string, changes: AgentChanges, options?: RequestOptions): APIPromise<Agent> {
    return this.api.request("PATCH", `/agents/${segment(agentId)}`, changes, options);
  }

  /** Archive an agent. Its calls stay. */
  delete(agentId: string, options?: RequestOptions): APIPromise<void> {
    return this.api.request("DELETE", `/agents/${segment(agentId)}`, undefined, options);
  }

  /** Begin a talk over a microphone and a speaker: the answer has the address of its socket. */
  talk(agentId: string, body: TalkBody = {}, options?: RequestOptions): APIPromise<Talk> {
    return this.api.request("POST", `/agents/${segment(agentId)}/talks`, body, options);
  }
}

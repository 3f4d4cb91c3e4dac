import type { DialCheck } from "../models/dialing.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

export type DialCheckFilter = Range & { callId?: string; toNumber?: string };

/** The proof of what was asked before each call. */
export class DialChecks extends Resource {
  /** List checks, newest first, of a call or a number. */
  list(filter?: DialCheckFilter, options?: RequestOptions): PagePromise<DialCheck> {
    return this.api.page("/dial_checks", filter, options);
  }

  /** Get a check. */
  get(checkId: string, options?: RequestOptions): APIPromise<DialCheck> {
    return this.api.request("GET", `/dial_checks/${segment(checkId)}`, undefined, options);
  }
}

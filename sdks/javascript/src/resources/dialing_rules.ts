import type { DialingRules, DialingRulesChanges } from "../models/dialing.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { Resource } from "./resource.js";

/** What the account asks of all its outbound calls. */
export class DialingRulesResource extends Resource {
  /** Get the rules. */
  get(options?: RequestOptions): APIPromise<DialingRules> {
    return this.api.request("GET", "/dialing_rules", undefined, options);
  }

  /** Change some of the rules. A new `preDialSecret` is in the answer, this once. */
  update(changes: DialingRulesChanges, options?: RequestOptions): APIPromise<DialingRules> {
    return this.api.request("PATCH", "/dialing_rules", changes, options);
  }
}

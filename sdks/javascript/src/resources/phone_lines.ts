import type { Line, LineBody, LineChanges } from "../models/phone_line.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

/** Phone lines: what carries calls to real telephones. */
export class PhoneLines extends Resource {
  /** Make a line. */
  create(body: LineBody, options?: RequestOptions): APIPromise<Line> {
    return this.api.request("POST", "/phone_lines", body, options);
  }

  /** List lines, newest first. */
  list(filter?: Range, options?: RequestOptions): PagePromise<Line> {
    return this.api.page("/phone_lines", filter, options);
  }

  /** Get a line. */
  get(lineId: string, options?: RequestOptions): APIPromise<Line> {
    return this.api.request("GET", `/phone_lines/${segment(lineId)}`, undefined, options);
  }

  /** Change a line: what is given changes. */
  update(lineId: string, changes: LineChanges, options?: RequestOptions): APIPromise<Line> {
    return this.api.request("PATCH", `/phone_lines/${segment(lineId)}`, changes, options);
  }

  /** Delete a line. */
  delete(lineId: string, options?: RequestOptions): APIPromise<void> {
    return this.api.request("DELETE", `/phone_lines/${segment(lineId)}`, undefined, options);
  }

  /** Try a line now. */
  check(lineId: string, options?: RequestOptions): APIPromise<Line> {
    return this.api.request("POST", `/phone_lines/${segment(lineId)}/check`, {}, options);
  }
}

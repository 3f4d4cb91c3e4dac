import type { DoNotCallBody, DoNotCallEntry, DoNotCallImport, DoNotCallImportBody } from "../models/dialing.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

export type DoNotCallFilter = Range & { search?: string };

/** The do-not-call list: numbers that are never dialled. */
export class DoNotCall extends Resource {
  /** Put a number on the list; one that is there stays as it is. */
  create(body: DoNotCallBody, options?: RequestOptions): APIPromise<DoNotCallEntry> {
    return this.api.request("POST", "/do_not_call", body, options);
  }

  /** List entries, newest first; `search` is a number, or a part of one. */
  list(filter?: DoNotCallFilter, options?: RequestOptions): PagePromise<DoNotCallEntry> {
    return this.api.page("/do_not_call", filter, options);
  }

  /** Get an entry. */
  get(entryId: string, options?: RequestOptions): APIPromise<DoNotCallEntry> {
    return this.api.request("GET", `/do_not_call/${segment(entryId)}`, undefined, options);
  }

  /** Take a number off the list: it may be called again. */
  delete(entryId: string, options?: RequestOptions): APIPromise<void> {
    return this.api.request("DELETE", `/do_not_call/${segment(entryId)}`, undefined, options);
  }

  /** Put the numbers of the text of a CSV file on the list. The same file again changes nothing. */
  importCsv(body: DoNotCallImportBody, options?: RequestOptions): APIPromise<DoNotCallImport> {
    return this.api.request("POST", "/do_not_call/import", body, options);
  }

  /** Get the list as CSV. */
  exportCsv(options?: RequestOptions): APIPromise<string> {
    return this.api.text("/do_not_call/export.csv", undefined, options);
  }
}

import type { Batch, BatchBody, BatchRow, BatchRowStatus, BatchStatus } from "../models/batch.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

export type BatchFilter = Range & { status?: BatchStatus };
export type BatchRowFilter = Range & { status?: BatchRowStatus; endedReason?: string };

/** Batches: many calls of one agent, placed as there is room. */
export class Batches extends Resource {
  /** Make a batch, and start it. */
  create(body: BatchBody, options?: RequestOptions): APIPromise<Batch> {
    return this.api.request("POST", "/batches", body, options);
  }

  /** List batches, newest first. */
  list(filter?: BatchFilter, options?: RequestOptions): PagePromise<Batch> {
    return this.api.page("/batches", filter, options);
  }

  /** Get a batch, with how far it is. */
  get(batchId: string, options?: RequestOptions): APIPromise<Batch> {
    return this.api.request("GET", `/batches/${segment(batchId)}`, undefined, options);
  }

  /** Start a draft. */
  start(batchId: string, options?: RequestOptions): APIPromise<Batch> {
    return this.api.request("POST", `/batches/${segment(batchId)}/start`, {}, options);
  }

  /** Place no more calls for now; those in progress go on. */
  pause(batchId: string, options?: RequestOptions): APIPromise<Batch> {
    return this.api.request("POST", `/batches/${segment(batchId)}/pause`, {}, options);
  }

  /** Go on with a batch that was paused. */
  resume(batchId: string, options?: RequestOptions): APIPromise<Batch> {
    return this.api.request("POST", `/batches/${segment(batchId)}/resume`, {}, options);
  }

  /** Place no more calls at all; those in progress go on. */
  cancel(batchId: string, options?: RequestOptions): APIPromise<Batch> {
    return this.api.request("POST", `/batches/${segment(batchId)}/cancel`, {}, options);
  }

  /** List a batch's rows, in their order. */
  listRows(batchId: string, filter?: BatchRowFilter, options?: RequestOptions): PagePromise<BatchRow> {
    return this.api.page(`/batches/${segment(batchId)}/rows`, filter, options);
  }

  /** Get what came of each row, as CSV. */
  results(batchId: string, options?: RequestOptions): APIPromise<string> {
    return this.api.text(`/batches/${segment(batchId)}/results.csv`, undefined, options);
  }
}

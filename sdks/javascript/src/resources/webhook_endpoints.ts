import type {
  Delivery,
  DeliveryStatus,
  Endpoint,
  EndpointBody,
  EndpointChanges,
  EndpointWithSecret,
  Replay,
  ReplayBody,
  SampleBody,
} from "../models/webhook.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource, segment } from "./resource.js";

export type DeliveryFilter = Range & { status?: DeliveryStatus };

/** Webhook endpoints: addresses of yours that are told what happens. */
export class WebhookEndpoints extends Resource {
  /** Make an endpoint. The answer alone has its secret. */
  create(body: EndpointBody, options?: RequestOptions): APIPromise<EndpointWithSecret> {
    return this.api.request("POST", "/webhook_endpoints", body, options);
  }

  /** List endpoints, newest first. */
  list(filter?: Range, options?: RequestOptions): PagePromise<Endpoint> {
    return this.api.page("/webhook_endpoints", filter, options);
  }

  /** Get an endpoint. */
  get(endpointId: string, options?: RequestOptions): APIPromise<Endpoint> {
    return this.api.request("GET", `/webhook_endpoints/${segment(endpointId)}`, undefined, options);
  }

  /** Change an endpoint. */
  update(endpointId: string, changes: EndpointChanges, options?: RequestOptions): APIPromise<Endpoint> {
    return this.api.request("PATCH", `/webhook_endpoints/${segment(endpointId)}`, changes, options);
  }

  /** Delete an endpoint. */
  delete(endpointId: string, options?: RequestOptions): APIPromise<void> {
    return this.api.request("DELETE", `/webhook_endpoints/${segment(endpointId)}`, undefined, options);
  }

  /** Make a new secret. The old one stays valid for 24 hours. */
  rotateSecret(endpointId: string, options?: RequestOptions): APIPromise<EndpointWithSecret> {
    return this.api.request("POST", `/webhook_endpoints/${segment(endpointId)}/rotate_secret`, {}, options);
  }

  /** Send a sample. */
  test(endpointId: string, body: SampleBody = {}, options?: RequestOptions): APIPromise<Delivery> {
    return this.api.request("POST", `/webhook_endpoints/${segment(endpointId)}/test`, body, options);
  }

  /** Send once more what was recorded in a time. */
  replay(endpointId: string, body: ReplayBody, options?: RequestOptions): APIPromise<Replay> {
    return this.api.request("POST", `/webhook_endpoints/${segment(endpointId)}/replay`, body, options);
  }

  /** List what was sent to an endpoint, newest first. */
  listDeliveries(endpointId: string, filter?: DeliveryFilter, options?: RequestOptions): PagePromise<Delivery> {
    return this.api.page(`/webhook_endpoints/${segment(endpointId)}/deliveries`, filter, options);
  }
}

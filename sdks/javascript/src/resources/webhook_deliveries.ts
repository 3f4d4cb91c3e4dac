import type { Delivery } from "../models/webhook.js";
import type { APIPromise } from "../promise.js";
import type { RequestOptions } from "../transport.js";
import { Resource, segment } from "./resource.js";

/** Webhook deliveries: what was sent, and what was answered. */
export class WebhookDeliveries extends Resource {
  /** Get a delivery. */
  get(deliveryId: string, options?: RequestOptions): APIPromise<Delivery> {
    return this.api.request("GET", `/webhook_deliveries/${segment(deliveryId)}`, undefined, options);
  }

  /** Send a delivery once more. */
  replay(deliveryId: string, options?: RequestOptions): APIPromise<Delivery> {
    return this.api.request("POST", `/webhook_deliveries/${segment(deliveryId)}/replay`, {}, options);
  }
}

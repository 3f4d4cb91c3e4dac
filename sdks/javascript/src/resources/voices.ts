import type { Voice } from "../models/voice.js";
import type { PagePromise } from "../pages.js";
import type { RequestOptions } from "../transport.js";
import { type Range, Resource } from "./resource.js";

export type VoiceFilter = Range & { language?: string };

/** Voices that an agent may have. */
export class Voices extends Resource {
  /** List voices. */
  list(filter?: VoiceFilter, options?: RequestOptions): PagePromise<Voice> {
    return this.api.page("/voices", filter, options);
  }
}

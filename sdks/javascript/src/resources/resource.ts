import type { SocketClass } from "../environment.js";
import type { PagePromise } from "../pages.js";
import type { APIPromise } from "../promise.js";
import type { Asked, RequestOptions } from "../transport.js";

// A type, not an interface: whatever has only such fields is one.
export type Query = { [name: string]: string | number | undefined };

/** How resources reach the API. */
export interface Channel {
  request<T>(method: Asked["method"], path: string, body?: object, options?: RequestOptions): APIPromise<T>;
  page<T>(path: string, query?: Query, options?: RequestOptions): PagePromise<T>;
  text(path: string, query?: Query, options?: RequestOptions): APIPromise<string>;
  /** A function, so that the key is in no property. */
  feed(): { url: string; apiKey: string; socket: SocketClass | undefined };
  fetch: typeof fetch;
}

/** Which part of a list is wanted. */
export type Range = {
  /** How many a page has: 1 to 100. */
  limit?: number;
  /** How many to leave out at the beginning. */
  offset?: number;
};

export abstract class Resource {
  // Not enumerable, so that a log of the client is a short one.
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  protected get api(): Channel {
    return this.#channel;
  }
}

/** An id as part of an address: whatever it holds, it leads nowhere else. */
export function segment(id: string): string {
  // An empty one, or dots, would be the address of something else.
  if (!/[^.]/.test(id)) {
    throw new TypeError("An id is a text such as call_xyz789");
  }
  return encodeURIComponent(id);
}

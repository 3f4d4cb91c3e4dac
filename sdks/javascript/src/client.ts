import { fromWire, toWire } from "./casing.js";
import { isBrowser, type SocketClass, variable } from "./environment.js";
import { ConfigurationError } from "./errors.js";
import { PagePromise } from "./pages.js";
import { APIPromise } from "./promise.js";
import { AccountResource } from "./resources/account.js";
import { Agents } from "./resources/agents.js";
import { Batches } from "./resources/batches.js";
import { Calls } from "./resources/calls.js";
import { DialChecks } from "./resources/dial_checks.js";
import { DialingRulesResource } from "./resources/dialing_rules.js";
import { DoNotCall } from "./resources/do_not_call.js";
import { PhoneLines } from "./resources/phone_lines.js";
import type { Channel, Query } from "./resources/resource.js";
import { Voices } from "./resources/voices.js";
import { WebhookDeliveries } from "./resources/webhook_deliveries.js";
import { WebhookEndpoints } from "./resources/webhook_endpoints.js";
import { type Asked, ask, type RequestOptions, type Settings } from "./transport.js";
import { webhooks } from "./webhooks.js";

const BASE_URL = "https://api.vaniagent.com/v1";
const TIMEOUT_MS = 30_000;
const MAX_RETRIES = 3;

export interface VaniAgentOptions {
  /** Left out: VANIAGENT_API_KEY of the environment. */
  apiKey?: string;
  /** With `/v1`. Left out: VANIAGENT_BASE_URL of the environment, or the public API. */
  baseURL?: string;
  /** Milliseconds that each attempt of a request may take; 30,000. */
  timeout?: number;
  /** How often a request is tried again; 3. */
  maxRetries?: number;
  /** Headers of every request. */
  headers?: Record<string, string>;
  /** In place of the global `fetch`: for proxies, logs and tests. */
  fetch?: typeof fetch;
  /** In place of the global `WebSocket`, or of that of the package `ws`. */
  WebSocket?: SocketClass;
  /** A live key in a page is everybody's who opens it. Set this where only people who may have it do. */
  dangerouslyAllowBrowser?: boolean;
}

/** A client of the API. It holds no connection of its own, and may be used by all of a program at once. */
export class VaniAgent {
  readonly baseURL: string;
  readonly agents: Agents;
  readonly calls: Calls;
  readonly batches: Batches;
  readonly dialChecks: DialChecks;
  readonly dialingRules: DialingRulesResource;
  readonly doNotCall: DoNotCall;
  readonly voices: Voices;
  readonly phoneLines: PhoneLines;
  readonly account: AccountResource;
  readonly webhookEndpoints: WebhookEndpoints;
  readonly webhookDeliveries: WebhookDeliveries;
  readonly webhooks = webhooks;

  constructor(options: VaniAgentOptions = {}) {
    const apiKey = checkedKey(options.apiKey ?? variable("VANIAGENT_API_KEY") ?? "");
    if (isBrowser() && !apiKey.startsWith("va_test_") && !options.dangerouslyAllowBrowser) {
      throw new ConfigurationError("In a browser use a key that begins with va_test_: who sees the page has the key");
    }
    const settings: Settings = {
      baseURL: checkedURL(options.baseURL ?? variable("VANIAGENT_BASE_URL") ?? BASE_URL),
      timeout: positive("timeout", options.timeout ?? TIMEOUT_MS),
      maxRetries: positive("maxRetries", options.maxRetries ?? MAX_RETRIES),
      headers: { ...options.headers },
      // Not a method: browsers refuse a fetch that is called on another object.
      fetch: options.fetch ?? ((...request) => fetch(...request)),
    };
    this.baseURL = settings.baseURL;
    const channel = channelOf(settings, apiKey, options.WebSocket);
    this.agents = new Agents(channel);
    this.calls = new Calls(channel);
    this.batches = new Batches(channel);
    this.dialChecks = new DialChecks(channel);
    this.dialingRules = new DialingRulesResource(channel);
    this.doNotCall = new DoNotCall(channel);
    this.voices = new Voices(channel);
    this.phoneLines = new PhoneLines(channel);
    this.account = new AccountResource(channel);
    this.webhookEndpoints = new WebhookEndpoints(channel);
    this.webhookDeliveries = new WebhookDeliveries(channel);
  }
}

/** What resources ask through. The key is in no property of anything, so that no log shows it. */
function channelOf(settings: Settings, apiKey: string, socket: SocketClass | undefined): Channel {
  const send = (asked: Asked, options: RequestOptions = {}) => ask(settings, apiKey, asked, options);
  const channel: Channel = {
    request<T>(method: Asked["method"], path: string, body?: object, options?: RequestOptions): APIPromise<T> {
      return new APIPromise<T>(send({ method, path, body: body && toWire(body) }, options), (came) => fromWire<T>(came));
    },
    page<T>(path: string, query: Query = {}, options?: RequestOptions): PagePromise<T> {
      const turn = (offset: number) => channel.page<T>(path, { ...query, offset }, options);
      return new PagePromise<T>(send({ method: "GET", path: path + asQuery(query) }, options), turn);
    },
    text(path: string, query: Query = {}, options?: RequestOptions): APIPromise<string> {
      return new APIPromise(send({ method: "GET", path: path + asQuery(query), expects: "text" }, options), String);
    },
    feed: () => ({ url: `ws${settings.baseURL.slice("http".length)}/ws`, apiKey, socket }),
    fetch: settings.fetch,
  };
  return channel;
}

function asQuery(query: Query): string {
  const given = Object.entries(toWire(query) as Query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text && `?${text}`;
}

function checkedKey(apiKey: string): string {
  apiKey = apiKey.trim();
  if (!apiKey) {
    throw new ConfigurationError("There is no API key: pass apiKey, or set VANIAGENT_API_KEY");
  }
  // The words of whatever would refuse it later may hold the key.
  if (!/^[!-~]+$/.test(apiKey)) {
    throw new ConfigurationError("The API key holds characters that no API key has");
  }
  return apiKey;
}

function checkedURL(baseURL: string): string {
  baseURL = baseURL.trim().replace(/\/+$/, "");
  if (!/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/.test(baseURL)) {
    throw new ConfigurationError("baseURL is not an address such as https://api.vaniagent.com/v1");
  }
  return baseURL;
}

function positive(name: string, value: number): number {
  if (!(value >= 0)) {
    throw new ConfigurationError(`${name} cannot be negative`);
  }
  return value;
}

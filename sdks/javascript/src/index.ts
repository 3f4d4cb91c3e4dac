export { VaniAgent, type VaniAgentOptions, VaniAgent as default } from "./client.js";
export type { SocketClass, SocketLike } from "./environment.js";
export {
  APIConnectionError,
  APIError,
  APIStatusError,
  APITimeoutError,
  AuthenticationError,
  ConfigurationError,
  ConflictError,
  type ErrorCode,
  type ErrorType,
  InsufficientCreditsError,
  InternalServerError,
  InvalidRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  VaniAgentError,
  WaitTimeoutError,
  WebhookVerificationError,
} from "./errors.js";
export type * from "./models/account.js";
export type * from "./models/agent.js";
export type * from "./models/batch.js";
export type * from "./models/dialing.js";
export type * from "./models/call.js";
export type * from "./models/feed.js";
export type * from "./models/phone_line.js";
export type * from "./models/voice.js";
export type * from "./models/webhook.js";
export { Page, PagePromise } from "./pages.js";
export { APIPromise, type WithResponse } from "./promise.js";
export type { AccountResource, TransactionFilter } from "./resources/account.js";
export type { AgentFilter, Agents } from "./resources/agents.js";
export type { Batches, BatchFilter, BatchRowFilter } from "./resources/batches.js";
export type { CallFilter, Calls, WaitOptions } from "./resources/calls.js";
export type { DialCheckFilter, DialChecks } from "./resources/dial_checks.js";
export type { DialingRulesResource } from "./resources/dialing_rules.js";
export type { DoNotCall, DoNotCallFilter } from "./resources/do_not_call.js";
export type { PhoneLines } from "./resources/phone_lines.js";
export type { Range } from "./resources/resource.js";
export type { VoiceFilter, Voices } from "./resources/voices.js";
export type { WebhookDeliveries } from "./resources/webhook_deliveries.js";
export type { DeliveryFilter, WebhookEndpoints } from "./resources/webhook_endpoints.js";
export { CallStream, type StreamOptions } from "./stream.js";
export type { RequestOptions } from "./transport.js";
export { VERSION } from "./version.js";
export { type VerifyOptions, type WebhookBody, type WebhookHeaders, webhooks } from "./webhooks.js";

/**
 * What can go wrong, one class for each thing that a program may want to treat by itself.
 *
 *     VaniAgentError
 *         ConfigurationError            the client was made wrongly
 *         WaitTimeoutError              `calls.wait` waited long enough
 *         WebhookVerificationError      a webhook that is not ours, or not of now
 *         APIError                      a request did not succeed
 *             APIConnectionError        no whole answer came
 *                 APITimeoutError       not in time
 *             APIStatusError            the server refused, or failed
 *                 InvalidRequestError   400, 405, 413, 415, 431
 *                 AuthenticationError   401
 *                 InsufficientCreditsError  402
 *                 PermissionDeniedError 403
 *                 NotFoundError         404
 *                 ConflictError         409
 *                 RateLimitError        429
 *                 InternalServerError   500 and above
 *
 * What is aborted by a signal of yours is rejected with the signal's reason.
 */

import { retryAfter } from "./retries.js";

/** The codes of errors of the API. Newer ones may come. */
export type ErrorCode =
  | "invalid_request"
  | "authentication_failed"
  | "insufficient_credits"
  | "resource_not_found"
  | "rate_limit_exceeded"
  | "internal_error"
  | (string & {});

export type ErrorType =
  | "validation_error"
  | "authentication_error"
  | "billing_error"
  | "permission_error"
  | "not_found_error"
  | "idempotency_error"
  | "rate_limit_error"
  | "api_error"
  | (string & {});

/** The base of all errors of this package. */
export class VaniAgentError extends Error {}

/** The client cannot work as it was made, such as without an API key. */
export class ConfigurationError extends VaniAgentError {}

/** What was waited for did not happen in time. It may still happen. */
export class WaitTimeoutError extends VaniAgentError {}

/** The body was not signed with this secret, or not within the tolerance. Do not trust it. */
export class WebhookVerificationError extends VaniAgentError {}

/** A request did not succeed. */
export class APIError extends VaniAgentError {}

/** No whole answer came. Whether the request was done is not known; a POST is safe to repeat with its key. */
export class APIConnectionError extends APIError {}

/** No answer came in time. */
export class APITimeoutError extends APIConnectionError {}

/** The server's word that it did not do what was asked. */
export class APIStatusError extends APIError {
  readonly statusCode: number;
  readonly code: ErrorCode | null;
  readonly type: ErrorType | null;
  readonly param: string | null;
  readonly requestId: string | null;
  readonly headers: Headers;

  constructor(message: string, about: { statusCode: number; error?: Partial<ErrorBody>; headers?: Headers }) {
    const { statusCode, error = {}, headers = new Headers() } = about;
    const requestId = headers.get("x-request-id");
    const facts = [
      `status ${statusCode}`,
      error.code ? `code ${error.code}` : "",
      error.param ? `param ${error.param}` : "",
      requestId ? `request id ${requestId}` : "",
    ];
    super(`${message} (${facts.filter(Boolean).join(", ")})`);
    this.statusCode = statusCode;
    this.code = error.code ?? null;
    this.type = error.type ?? null;
    this.param = error.param ?? null;
    this.requestId = requestId;
    this.headers = headers;
  }

  /** How many seconds to wait before trying again, where the server said so. */
  get retryAfter(): number | null {
    return retryAfter(this.headers);
  }
}

/** Something in the request is not valid; `param` says what. */
export class InvalidRequestError extends APIStatusError {}

/** The API key is missing, mistyped, revoked or expired. */
export class AuthenticationError extends APIStatusError {}

/** The credits do not cover this. */
export class InsufficientCreditsError extends APIStatusError {}

/** The API key is valid and may not do this. */
export class PermissionDeniedError extends APIStatusError {}

/** There is no such thing, or it is another account's. */
export class NotFoundError extends APIStatusError {}

/** An idempotency key was used for another request, or its first request is still running. */
export class ConflictError extends APIStatusError {}

/** Past a limit: of requests, or of live calls. */
export class RateLimitError extends APIStatusError {}

/** A fault of ours. If it stays, tell support the request id. */
export class InternalServerError extends APIStatusError {}

/** The four keys of every error. */
export interface ErrorBody {
  code: string;
  message: string;
  param: string | null;
  type: string;
}

const BY_STATUS: Readonly<Record<number, typeof APIStatusError>> = {
  400: InvalidRequestError,
  401: AuthenticationError,
  402: InsufficientCreditsError,
  403: PermissionDeniedError,
  404: NotFoundError,
  405: InvalidRequestError,
  409: ConflictError,
  413: InvalidRequestError,
  415: InvalidRequestError,
  429: RateLimitError,
  431: InvalidRequestError,
};

// The live feed tells errors without a status.
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
  validation_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  idempotency_error: 409,
  rate_limit_error: 429,
  api_error: 500,
};

/** The error that an answer stands for, whoever gave it: the API, or something on the way to it. */
export function fromAnswer(statusCode: number, text: string, headers: Headers): APIStatusError {
  let error: Partial<ErrorBody> = {};
  try {
    const body = JSON.parse(text) as { error?: unknown } | null;
    if (body && typeof body.error === "object" && body.error !== null) {
      error = body.error as Partial<ErrorBody>;
    }
  } catch {
    // Something on the way answered, in words of its own.
  }
  return made(error.message ?? `The server answered ${statusCode}`, statusCode, error, headers);
}

/** The error that a frame of the live feed stands for. */
export function fromFeed(error: Partial<ErrorBody>): APIStatusError {
  return made(error.message ?? "The feed reported an error", STATUS_OF_TYPE[error.type ?? ""] ?? 400, error);
}

function made(message: string, statusCode: number, error: Partial<ErrorBody>, headers?: Headers): APIStatusError {
  const kind = BY_STATUS[statusCode] ?? (statusCode >= 500 ? InternalServerError : APIStatusError);
  return new kind(message, { statusCode, error, ...(headers && { headers }) });
}

// Whoever bundles a program may rename its classes; logs shall tell them all the same.
const NAMES = {
  VaniAgentError,
  ConfigurationError,
  WaitTimeoutError,
  WebhookVerificationError,
  APIError,
  APIConnectionError,
  APITimeoutError,
  APIStatusError,
  InvalidRequestError,
  AuthenticationError,
  InsufficientCreditsError,
  PermissionDeniedError,
  NotFoundError,
  ConflictError,
  RateLimitError,
  InternalServerError,
};
for (const [name, kind] of Object.entries(NAMES)) {
  kind.prototype.name = name;
}

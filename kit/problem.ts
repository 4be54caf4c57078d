/**
 * The refusals a client can meet, as RFC 9457 problem documents.
 *
 * A problem is thrown anywhere between the edge and the domain and becomes an answer in one place only, the error
 * handler of `problem-answer.ts`. The slug is part of the API: adding one means adding its page
 * `docs/problems/<slug>.md`; renaming one breaks clients.
 */
import type { FieldError } from "@cofferdam/openapi/validate.ts";

/** Every problem type: slug, HTTP status and the title that never varies between occurrences (RFC 9457 §3.1.3). */
export const problemTypes = {
  "malformed-request": { status: 400, title: "The request is not well formed" },
  "invalid-json": { status: 400, title: "The body is not a JSON object we accept" },
  "duplicate-key": { status: 400, title: "A key appears twice in the body" },
  "unknown-field": { status: 400, title: "The request has a field we do not know" },
  "invalid-field": { status: 400, title: "A field does not have the form we accept" },
  "pan-invalid": { status: 400, title: "The card number is not valid" },
  "sensitive-authentication-data": { status: 400, title: "Security codes, tracks and PINs are not accepted here" },
  "card-number-in-wrong-place": { status: 400, title: "A card number appears where none may be" },
  "idempotency-key-invalid": { status: 400, title: "The idempotency key is missing or malformed" },
  "access-token-missing": { status: 401, title: "An access token is required" },
  "access-token-invalid": { status: 401, title: "The access token is not accepted" },
  "peer-certificate-invalid": { status: 401, title: "The client certificate is not accepted" },
  "access-denied": { status: 403, title: "The caller may not do this" },
  "approval-refused": { status: 403, title: "The custodian or the statement does not count" },
  "not-found": { status: 404, title: "There is nothing here" },
  "method-not-allowed": { status: 405, title: "The method is not supported here" },
  "request-timeout": { status: 408, title: "The request took too long to arrive" },
  "idempotency-in-flight": { status: 409, title: "A request with this idempotency key is still running" },
  "operation-refused": { status: 409, title: "The operation cannot be done as things stand" },
  "proposal-conflict": { status: 409, title: "The proposal is not in a state for this" },
  "share-refused": { status: 409, title: "The share does not count" },
  "token-suspended": { status: 409, title: "The token is suspended" },
  "token-deleted": { status: 410, title: "The token was deleted" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "unsupported-media-type": { status: 415, title: "The body is not in a media type we accept" },
  "content-encoding-refused": { status: 415, title: "Encoded bodies are not accepted" },
  "idempotency-key-reused": { status: 422, title: "The idempotency key was used for another request" },
  "token-format-unavailable": { status: 422, title: "The token format is not available for this card" },
  "rate-limited": { status: 429, title: "Too many requests" },
  "headers-too-large": { status: 431, title: "The headers are too large" },
  internal: { status: 500, title: "Something went wrong on our side" },
  "integrity-failure": { status: 500, title: "A stored record failed its integrity check" },
  overloaded: { status: 503, title: "The service is overloaded" },
  unavailable: { status: 503, title: "The service is temporarily unavailable" },
  "shutting-down": { status: 503, title: "The service is shutting down" },
  "key-unavailable": { status: 503, title: "A key is not available" },
  "vault-sealed": { status: 503, title: "The vault is sealed" },
  "outcome-unknown": { status: 504, title: "The outcome of the request is not known" },
  "http-version-refused": { status: 505, title: "The HTTP version is not supported" },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemType = keyof typeof problemTypes;

/** The body of an error answer, sent as `application/problem+json`. */
export interface ProblemDocument {
  /** Relative reference that the answering service resolves itself, for example `/problems/not-found`. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly request_id: string;
}

export interface ProblemOptions {
  /** How the client can mend the request. Written by us; it never quotes input. Not sent with a 5xx status. */
  readonly detail?: string;
  /** The fields that were refused: where and by which rule, never what was sent. */
  readonly errors?: readonly FieldError[];
  /** Whole seconds, sent as the `retry-after` header. */
  readonly retryAfterSeconds?: number;
  /** For our log only; it never reaches the client. */
  readonly cause?: unknown;
}

/** A refusal on its way to the client. The request has had no effect, unless the type says otherwise. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly type: ProblemType;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfterSeconds?: number;

  constructor(type: ProblemType, options: ProblemOptions = {}) {
    const { detail, errors, retryAfterSeconds, ...rest } = options;
    super(type, rest);
    this.type = type;
    this.status = problemTypes[type].status;
    if (detail !== undefined) this.detail = detail;
    if (errors !== undefined) this.errors = errors;
    if (retryAfterSeconds !== undefined) this.retryAfterSeconds = retryAfterSeconds;
  }

  /** The document for the client. A 5xx says what it is and nothing about why. */
  toDocument(requestId: string): ProblemDocument {
    const { title, status } = problemTypes[this.type];
    const explained = status < 500;
    return {
      type: `/problems/${this.type}`,
      title,
      status,
      ...(explained && this.detail !== undefined && { detail: this.detail }),
      ...(explained && this.errors !== undefined && { errors: this.errors }),
      request_id: requestId,
    };
  }
}

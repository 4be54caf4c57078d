// Generated from vault.yaml by openapi/generate.ts. Do not edit.
export interface paths {
    readonly "/v1/tokens": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Swap a card for a token
         * @description Stores the card and answers with a token.
         *
         *     With `reuse: multi` (the default) the same card number under the same tenant and the same `format` always has
         *     the same token, so you can tell a returning card without seeing it. A newer `expiry` or `cardholder_name`
         *     refreshes the stored card. `retention_class`, `metadata` and `expires_at` of a token that exists stay as they
         *     are; change them with `PATCH`. A suspended token stays suspended. Once a token was deleted, its card gets a
         *     new one.
         *
         *     With `reuse: single` every call makes a fresh token, also for a card seen before. (It does not mean that
         *     the token works only once.)
         *
         *     The answer is 201 and looks the same whether or not the card was known, so that this operation cannot be used to
         *     find out which cards the vault holds.
         *
         *     The security code is not part of a card here. Do not send it.
         */
        readonly post: operations["createToken"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tokens/batch": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Swap up to 1,000 cards for tokens
         * @description Every item is what `POST /v1/tokens` takes and is judged alone: a card that is refused does not hold up the
         *     others. The answer has one item per request item, in order, with the status of the single call and its token or
         *     its problem (whose pointers lead into the batch). Check `summary.failed`: the call itself is 200 even when every
         *     item was refused.
         *
         *     The whole call is refused only for what cannot be told apart by item: credentials, JSON that cannot be read,
         *     an empty or too long list, limits. An `Idempotency-Key` covers the batch as a whole.
         *
         *     The same card twice in one batch (`reuse: multi`) gives the same token twice.
         */
        readonly post: operations["createTokenBatch"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tokens/{token}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                readonly token: components["parameters"]["Token"];
            };
            readonly cookie?: never;
        };
        /**
         * Look at a token
         * @description What may be shown about the card without opening it: brand, first six and last four digits, expiry, and your own metadata. Enough for "Visa ending 4242, expires 12/30" on a screen.
         */
        readonly get: operations["readToken"];
        readonly put?: never;
        readonly post?: never;
        /**
         * Forget a card
         * @description Destroys the stored card and what would recognise it, in the same transaction as the audit event. It cannot
         *     be undone. The token stays as a tombstone and is never given out again: afterwards GET, PATCH and detokenise
         *     answer 410 `token-deleted`, and DELETE answers 204 again, so that it can be repeated safely.
         */
        readonly delete: operations["deleteToken"];
        readonly options?: never;
        readonly head?: never;
        /**
         * Suspend, resume or change a token
         * @description Send only what should change; at least one field. `metadata` replaces the whole object. The card number behind a
         *     token never changes.
         *
         *     `status: suspended` is the brake for a suspected fraud: the token can be read, updated and deleted, and
         *     detokenising it is 409 `token-suspended` until `status: active` is set. Setting what is already set is not an
         *     error.
         */
        readonly patch: operations["updateToken"];
        readonly trace?: never;
    };
    readonly "/v1/tokens/{token}/detokenize": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                readonly token: components["parameters"]["Token"];
            };
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Get the card behind a token
         * @description Answers with the full card number. By default only the acquirer relay (`cde/egress`) may. Another workload of
         *     the card-data environment needs a policy that names it and its purposes; a workload outside cannot be given one.
         *     Most integrations never call this: hand the token to the relay and let it send the card.
         *
         *     The purpose is part of the decision and of the audit event, which is committed before the card is
         *     sent. Whoever receives this answer is in PCI DSS scope.
         */
        readonly post: operations["detokenizeToken"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/detokenize/batch": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /**
         * Get the cards behind up to 1,000 tokens
         * @description One purpose for all tokens, one outcome and one audit event for each. The answer has one item per token, in
         *     order; the call is 200 even when every token was refused, so check `summary.failed`.
         *
         *     A string in the list that does not have the form of a token refuses the whole call, and is not repeated in the
         *     answer: it may be a card number.
         */
        readonly post: operations["detokenizeBatch"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/audit/checkpoint": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * The signed head of the audit log
         * @description A C2SP tlog-checkpoint: the name of the log, its size, its root hash in base64, an empty line, and Ed25519 signatures (C2SP signed-note). Keep what you fetch: a later checkpoint that is not consistent with one you kept proves that the log was rewritten.
         */
        readonly get: operations["readCheckpoint"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/audit/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Read the audit log
         * @description Events in order, from a sequence number on. Follow `next` until it is null. Sequence numbers start at 0 and have no gaps; a `from` beyond the end is an empty page. The log never holds a card number.
         */
        readonly get: operations["listAuditEvents"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/audit/proofs/inclusion": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Prove that an event is in the log
         * @description The RFC 9162 §2.1.3 path from the leaf `sequence` to the root of the tree of `size` leaves. Compare the root with a checkpoint of that size. A `sequence` that is not below `size`, or a `size` that the log has not reached, is 400.
         */
        readonly get: operations["readInclusionProof"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/audit/proofs/consistency": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Prove that the log only grew
         * @description The RFC 9162 §2.1.4 proof that the first `from` events are the same in the trees of both sizes. Compare the roots with checkpoints that you kept. A `from` above `to`, or a `to` that the log has not reached, is 400.
         */
        readonly get: operations["readConsistencyProof"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/healthz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Is the process alive
         * @description Restart the process when this fails. It checks nothing outside the process. Needs no access token.
         */
        readonly get: operations["readHealth"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/readyz": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * Can the process do its work
         * @description Send no traffic while this fails. It checks what a request needs: the database, the keys (by sealing and opening a record), and that the process is not shutting down. Needs no access token.
         */
        readonly get: operations["readReadiness"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/problems/{slug}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /**
         * What a problem type means and what to do
         * @description The page that `type` of a problem document points to, as Markdown. Needs no access token.
         */
        readonly get: operations["readProblemPage"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description `tok_` and 36 characters of lower-case Crockford base32 (format `opaque`), or 12 to 19 digits that fail the Luhn check (formats `preserve_last4` and `preserve_bin_last4`). Store it as text of up to 40 characters; do not take it apart.
         * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
         */
        readonly Token: string;
        /**
         * @description What the token looks like.
         *
         *     - `opaque`: `tok_…`. Choose this unless something insists on digits.
         *     - `preserve_last4`: digits, as many as the card has, ending in the card's last four.
         *     - `preserve_bin_last4`: the same, and starting with the card's first six. Not for cards of 12 or 13 digits:
         *       422 `token-format-unavailable`.
         *
         *     Tokens of digits fail the Luhn check, so that nothing takes one for a card.
         * @enum {string}
         */
        readonly TokenFormat: "opaque" | "preserve_last4" | "preserve_bin_last4";
        /**
         * @description `multi`: the same card has the same token. `single`: every create makes a fresh token.
         * @enum {string}
         */
        readonly TokenReuse: "multi" | "single";
        /**
         * @description A suspended token can be read, changed and deleted, but not detokenised.
         * @enum {string}
         */
        readonly TokenStatus: "active" | "suspended";
        /**
         * @description Names why the card is kept and for how long at most (PCI DSS 3.2.1). The classes are configured for each tenant; a class that the tenant does not have is 400 `invalid-field`.
         * @example standard
         * @example card-on-file
         */
        readonly RetentionClass: string;
        /**
         * Format: date-time
         * @description RFC 3339 date and time in UTC, written with `Z`, at most three decimals of a second. Answers always have three.
         * @example 2026-11-21T09:30:00.000Z
         */
        readonly Instant: string;
        /** @description The month the card is good through. A past month is accepted: refunds and disputes outlive cards. */
        readonly Expiry: {
            readonly month: number;
            readonly year: number;
        };
        /** @description Your own names and values, up to 16. Kept and returned as they are, readable to everybody who may read the token, so keep personal data out. A value that contains a card number, also one with spaces or dashes in it, is refused with `card-number-in-wrong-place`. Lengths count UTF-16 code units; all of it may take up to 8,192 bytes as JSON. */
        readonly Metadata: {
            readonly [key: string]: string;
        };
        /** @description A card to keep. There is no field for a security code, and there never will be. */
        readonly Card: {
            /**
             * @description The card number: 12 to 19 ASCII digits without spaces, beginning like a payment card and passing the Luhn check. Anything else is 400 `pan-invalid`, and `errors` says which rule.
             * @example 4242424242424242
             */
            readonly pan: string;
            readonly expiry?: components["schemas"]["Expiry"];
            /**
             * @description The name as it is on the card: no control characters, at most 11 digits, at most 128 bytes as UTF-8.
             * @example Jo Chan
             */
            readonly cardholder_name?: string;
        };
        /** @description The card as it was stored. What was not stored is null. */
        readonly RevealedCard: {
            /**
             * @description The full card number.
             * @example 4242424242424242
             */
            readonly pan: string;
            readonly expiry: components["schemas"]["Expiry"] | null;
            readonly cardholder_name: string | null;
        };
        readonly CreateToken: {
            readonly card: components["schemas"]["Card"];
            /** @default opaque */
            readonly format?: components["schemas"]["TokenFormat"];
            /** @default multi */
            readonly reuse?: components["schemas"]["TokenReuse"];
            /** @default standard */
            readonly retention_class?: components["schemas"]["RetentionClass"];
            /** @description When to forget the card. In the future, and not later than the retention class allows; left out, it is as late as the class allows. */
            readonly expires_at?: components["schemas"]["Instant"];
            readonly metadata?: components["schemas"]["Metadata"];
        };
        readonly CreateTokenBatch: {
            readonly items: readonly components["schemas"]["CreateToken"][];
        };
        /** @description What to change. At least one field. */
        readonly UpdateToken: {
            readonly status?: components["schemas"]["TokenStatus"];
            readonly expiry?: components["schemas"]["Expiry"];
            /** @description When to forget the card. In the future, and not later than the retention class allows. */
            readonly expires_at?: components["schemas"]["Instant"];
            readonly metadata?: components["schemas"]["Metadata"];
        };
        /** @description A token and what may be shown about its card. Every field is always there. */
        readonly TokenView: {
            readonly token: components["schemas"]["Token"];
            readonly status: components["schemas"]["TokenStatus"];
            /**
             * @description The scheme that the number seems to belong to, such as `visa`, `mastercard`, `amex`, `discover`, `diners`, `jcb`, `unionpay`, `maestro`; `unknown` when no range we know contains it. More may be added. A hint for people, not a routing table.
             * @example visa
             */
            readonly brand: string;
            /**
             * @description The first six digits of the card. Null for cards of 12 or 13 digits, where too little would stay hidden.
             * @example 424242
             */
            readonly bin: string | null;
            /**
             * @description The last four digits of the card.
             * @example 4242
             */
            readonly last4: string;
            /**
             * @description About how many digits the card has.
             * @enum {string}
             */
            readonly length_class: "12-13" | "14" | "15" | "16" | "17-19";
            /** @description The month the card is good through; null when it was not given. */
            readonly expiry: components["schemas"]["Expiry"] | null;
            readonly format: components["schemas"]["TokenFormat"];
            readonly reuse: components["schemas"]["TokenReuse"];
            readonly retention_class: components["schemas"]["RetentionClass"];
            readonly metadata: components["schemas"]["Metadata"];
            /** @description When the token was made. */
            readonly created_at: components["schemas"]["Instant"];
            /** @description When the token or its card last changed. */
            readonly updated_at: components["schemas"]["Instant"];
            /** @description When the card will be forgotten. From then on the token answers 410 `token-deleted`. */
            readonly expires_at: components["schemas"]["Instant"];
        };
        readonly BatchSummary: {
            readonly total: number;
            readonly succeeded: number;
            readonly failed: number;
        };
        /** @description Position in the request, from 0. */
        readonly ItemIndex: number;
        /** @description The HTTP status that the single call would have had; the same as in `problem`. */
        readonly ItemRefusalStatus: number;
        readonly TokenBatch: {
            readonly summary: components["schemas"]["BatchSummary"];
            readonly items: readonly (components["schemas"]["CreatedItem"] | components["schemas"]["RefusedItem"])[];
        };
        readonly CreatedItem: {
            readonly index: components["schemas"]["ItemIndex"];
            /** @constant */
            readonly status: 201;
            readonly token: components["schemas"]["TokenView"];
        };
        readonly RefusedItem: {
            readonly index: components["schemas"]["ItemIndex"];
            readonly status: components["schemas"]["ItemRefusalStatus"];
            readonly problem: components["schemas"]["Problem"];
        };
        /**
         * @description Why the card is needed. Policies decide on it and the audit log keeps it.
         *
         *     - `authorization`: to charge the card, or to capture or void a charge.
         *     - `refund`: to send money back.
         *     - `dispute`: to answer a chargeback or a retrieval request.
         *     - `account-verification`: a zero-amount or similar check that the card is good.
         *     - `card-lifecycle`: account updater, network tokenisation, moving to another vault.
         * @enum {string}
         */
        readonly DetokenizePurpose: "authorization" | "refund" | "dispute" | "account-verification" | "card-lifecycle";
        readonly DetokenizeRequest: {
            readonly purpose: components["schemas"]["DetokenizePurpose"];
        };
        readonly DetokenizeResponse: {
            readonly token: components["schemas"]["Token"];
            readonly card: components["schemas"]["RevealedCard"];
        };
        readonly DetokenizeBatchRequest: {
            readonly purpose: components["schemas"]["DetokenizePurpose"];
            readonly tokens: readonly components["schemas"]["Token"][];
        };
        readonly DetokenizeBatchResponse: {
            readonly summary: components["schemas"]["BatchSummary"];
            readonly items: readonly (components["schemas"]["DetokenizedItem"] | components["schemas"]["RefusedTokenItem"])[];
        };
        readonly DetokenizedItem: {
            readonly index: components["schemas"]["ItemIndex"];
            /** @constant */
            readonly status: 200;
            readonly token: components["schemas"]["Token"];
            readonly card: components["schemas"]["RevealedCard"];
        };
        readonly RefusedTokenItem: {
            readonly index: components["schemas"]["ItemIndex"];
            readonly status: components["schemas"]["ItemRefusalStatus"];
            readonly token: components["schemas"]["Token"];
            readonly problem: components["schemas"]["Problem"];
        };
        /** @description Position in the tenant's log, from 0, without gaps. */
        readonly Sequence: number;
        /** @description How many events the tree covers. */
        readonly TreeSize: number;
        /**
         * @description SHA-256, 32 bytes in base64 with padding.
         * @example 0EYeivJT8krufVSobyh/5KbPQY69nMQohlxxXzIAKKQ=
         */
        readonly Hash: string;
        readonly AuditEvent: {
            readonly sequence: components["schemas"]["Sequence"];
            /** @description The event as canonical JSON, in a string because its exact bytes are what was hashed: who, what, on which token, with which outcome and purpose, from where, when, under which build. */
            readonly entry: string;
            /** @description SHA-256 of a zero byte followed by the UTF-8 bytes of `entry` (RFC 9162 §2.1.1). */
            readonly leaf_hash: components["schemas"]["Hash"];
        };
        readonly AuditEventPage: {
            readonly events: readonly components["schemas"]["AuditEvent"][];
            /** @description The `from` of the next page; null at the end of the log. */
            readonly next: number | null;
        };
        readonly InclusionProof: {
            readonly sequence: components["schemas"]["Sequence"];
            readonly size: components["schemas"]["TreeSize"];
            readonly leaf_hash: components["schemas"]["Hash"];
            /** @description Hashes of the siblings, from the leaf up. */
            readonly proof: readonly components["schemas"]["Hash"][];
            /** @description Root of the tree of `size` leaves. */
            readonly root: components["schemas"]["Hash"];
        };
        readonly ConsistencyProof: {
            readonly from: components["schemas"]["TreeSize"];
            readonly to: components["schemas"]["TreeSize"];
            /** @description Root of the tree of `from` leaves. */
            readonly from_root: components["schemas"]["Hash"];
            /** @description Root of the tree of `to` leaves. */
            readonly to_root: components["schemas"]["Hash"];
            /** @description In the order of RFC 9162 §2.1.4.1. */
            readonly proof: readonly components["schemas"]["Hash"][];
        };
        readonly Health: {
            /**
             * @description `ok` when every check is.
             * @enum {string}
             */
            readonly status: "ok" | "unavailable";
            readonly checks: readonly {
                readonly name: string;
                readonly ok: boolean;
            }[];
        };
        /** @description An RFC 9457 problem document. */
        readonly Problem: {
            /**
             * Format: uri-reference
             * @description What went wrong, as a path on this server that opens a page about it. It identifies the problem and does not change. Treat a type you do not know by its status.
             * @example /problems/pan-invalid
             */
            readonly type: string;
            /** @description The same in one line, for people. The same for every occurrence. */
            readonly title: string;
            /** @description The HTTP status of the answer, or of the item in a batch. */
            readonly status: number;
            /** @description What to change in this request. Never repeats anything you sent. Not given with a 5xx. */
            readonly detail?: string;
            /**
             * @description Quote this when you ask for help; logs and audit events carry it.
             * @example 5b8b8ac4-6a5e-4f43-9d5b-0c1df0c2f1a1
             */
            readonly request_id: string;
            /** @description The fields that were refused; up to 16. */
            readonly errors?: readonly components["schemas"]["FieldError"][];
        };
        readonly FieldError: {
            /**
             * @description JSON Pointer (RFC 6901) into the body, such as `/card/expiry/month`; the empty string is the whole body. For a path or query parameter, `/` and its name. A field that we do not know is not named: the pointer is the object that contains it.
             * @example /card/expiry/month
             */
            readonly pointer: string;
            /**
             * @description The rule that was broken: a keyword of JSON Schema such as `required` or `maximum`, or a rule about cards such as `pan-length` or `pan-check-digit`.
             * @example maximum
             */
            readonly keyword: string;
            /** @description The rule in words. Never the value. */
            readonly detail: string;
        };
    };
    responses: {
        /** @description Path, query or headers are not as described here, or contain a card number. */
        readonly MalformedRequest: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is not as described here, or contains a card number. */
        readonly InvalidBody: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is not as described here, or the card cannot be one. */
        readonly InvalidCardBody: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The client certificate or the access token is missing or not accepted. */
        readonly Unauthenticated: {
            headers: {
                readonly "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The client certificate is not accepted. */
        readonly PeerRefused: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The scope is missing, or policy does not allow this caller to do this, for this purpose. */
        readonly AccessDenied: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing, or it belongs to another tenant. The two look the same. */
        readonly NotFound: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The `Accept` header leaves no media type that this operation has. */
        readonly NotAcceptable: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this `Idempotency-Key` is still running. Try again shortly. */
        readonly IdempotencyInFlight: {
            headers: {
                readonly "Retry-After": components["headers"]["Retry-After"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Another request changed the token at the same time. Read it and decide again. */
        readonly TokenStateConflict: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The token is suspended, or another request changed it at the same time. */
        readonly TokenSuspended: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The token was deleted, or its time ran out. The card is gone. */
        readonly TokenDeleted: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is larger than this operation reads. */
        readonly BodyTooLarge: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not `application/json`, or it has a `Content-Encoding`. */
        readonly UnsupportedBody: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The idempotency key was used for something else, or this card cannot have a token of this format. */
        readonly NotProcessable: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description More requests than this caller may make. Nothing was done. */
        readonly RateLimited: {
            headers: {
                readonly "Retry-After": components["headers"]["Retry-After"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The headers, or the request line, are larger than we read. */
        readonly HeadersTooLarge: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Our fault. Nothing was changed. */
        readonly InternalError: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not now. Nothing was done; try again after `Retry-After`. */
        readonly Unavailable: {
            headers: {
                readonly "Retry-After": components["headers"]["Retry-After"];
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The database did not say whether the change was committed. It may have been. */
        readonly OutcomeUnknown: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request was not HTTP/1.1. */
        readonly HttpVersionRefused: {
            headers: {
                readonly [name: string]: unknown;
            };
            content: {
                readonly "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /**
         * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
         * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
         */
        readonly Token: components["schemas"]["Token"];
        /**
         * @description Makes a create safe to repeat (IETF draft-ietf-httpapi-idempotency-key-header-07). Choose a fresh random key,
         *     such as a UUID, for each thing you want done, and send the same key with every attempt at it. 1 to 255 visible
         *     ASCII characters without `"` and `\`, in double quotes as the draft writes it, or bare.
         *
         *     The first attempt runs. A repeat gets the same status and body, with `Idempotency-Replayed: true`. A repeat
         *     while the first is running is 409 `idempotency-in-flight`. The same key with another body is 422
         *     `idempotency-key-reused`. Keys belong to your tenant, client and operation, and are remembered for at least 24
         *     hours. A request that was refused before any work began is not remembered.
         */
        readonly IdempotencyKey: string;
    };
    requestBodies: never;
    headers: {
        /**
         * @description Present when this answer repeats an earlier one with the same `Idempotency-Key`; nothing happened this time.
         * @example true
         */
        readonly "Idempotency-Replayed": "true";
        /**
         * @description Whole seconds to wait before you try again.
         * @example 2
         */
        readonly "Retry-After": number;
        /**
         * @description Which credential is asked for (RFC 6750 §3).
         * @example Bearer error="invalid_token"
         */
        readonly "WWW-Authenticate": string;
    };
    pathItems: never;
}
export type Token = components['schemas']['Token'];
export type TokenFormat = components['schemas']['TokenFormat'];
export type TokenReuse = components['schemas']['TokenReuse'];
export type TokenStatus = components['schemas']['TokenStatus'];
export type RetentionClass = components['schemas']['RetentionClass'];
export type Instant = components['schemas']['Instant'];
export type Expiry = components['schemas']['Expiry'];
export type Metadata = components['schemas']['Metadata'];
export type Card = components['schemas']['Card'];
export type RevealedCard = components['schemas']['RevealedCard'];
export type CreateToken = components['schemas']['CreateToken'];
export type CreateTokenBatch = components['schemas']['CreateTokenBatch'];
export type UpdateToken = components['schemas']['UpdateToken'];
export type TokenView = components['schemas']['TokenView'];
export type BatchSummary = components['schemas']['BatchSummary'];
export type ItemIndex = components['schemas']['ItemIndex'];
export type ItemRefusalStatus = components['schemas']['ItemRefusalStatus'];
export type TokenBatch = components['schemas']['TokenBatch'];
export type CreatedItem = components['schemas']['CreatedItem'];
export type RefusedItem = components['schemas']['RefusedItem'];
export type DetokenizePurpose = components['schemas']['DetokenizePurpose'];
export type DetokenizeRequest = components['schemas']['DetokenizeRequest'];
export type DetokenizeResponse = components['schemas']['DetokenizeResponse'];
export type DetokenizeBatchRequest = components['schemas']['DetokenizeBatchRequest'];
export type DetokenizeBatchResponse = components['schemas']['DetokenizeBatchResponse'];
export type DetokenizedItem = components['schemas']['DetokenizedItem'];
export type RefusedTokenItem = components['schemas']['RefusedTokenItem'];
export type Sequence = components['schemas']['Sequence'];
export type TreeSize = components['schemas']['TreeSize'];
export type Hash = components['schemas']['Hash'];
export type AuditEvent = components['schemas']['AuditEvent'];
export type AuditEventPage = components['schemas']['AuditEventPage'];
export type InclusionProof = components['schemas']['InclusionProof'];
export type ConsistencyProof = components['schemas']['ConsistencyProof'];
export type Health = components['schemas']['Health'];
export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];
export type ResponseMalformedRequest = components['responses']['MalformedRequest'];
export type ResponseInvalidBody = components['responses']['InvalidBody'];
export type ResponseInvalidCardBody = components['responses']['InvalidCardBody'];
export type ResponseUnauthenticated = components['responses']['Unauthenticated'];
export type ResponsePeerRefused = components['responses']['PeerRefused'];
export type ResponseAccessDenied = components['responses']['AccessDenied'];
export type ResponseNotFound = components['responses']['NotFound'];
export type ResponseNotAcceptable = components['responses']['NotAcceptable'];
export type ResponseIdempotencyInFlight = components['responses']['IdempotencyInFlight'];
export type ResponseTokenStateConflict = components['responses']['TokenStateConflict'];
export type ResponseTokenSuspended = components['responses']['TokenSuspended'];
export type ResponseTokenDeleted = components['responses']['TokenDeleted'];
export type ResponseBodyTooLarge = components['responses']['BodyTooLarge'];
export type ResponseUnsupportedBody = components['responses']['UnsupportedBody'];
export type ResponseNotProcessable = components['responses']['NotProcessable'];
export type ResponseRateLimited = components['responses']['RateLimited'];
export type ResponseHeadersTooLarge = components['responses']['HeadersTooLarge'];
export type ResponseInternalError = components['responses']['InternalError'];
export type ResponseUnavailable = components['responses']['Unavailable'];
export type ResponseOutcomeUnknown = components['responses']['OutcomeUnknown'];
export type ResponseHttpVersionRefused = components['responses']['HttpVersionRefused'];
export type ParameterToken = components['parameters']['Token'];
export type ParameterIdempotencyKey = components['parameters']['IdempotencyKey'];
export type HeaderIdempotencyReplayed = components['headers']['Idempotency-Replayed'];
export type HeaderRetryAfter = components['headers']['Retry-After'];
export type HeaderWwwAuthenticate = components['headers']['WWW-Authenticate'];
export type $defs = Record<string, never>;
export interface operations {
    readonly createToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /**
                 * @description Makes a create safe to repeat (IETF draft-ietf-httpapi-idempotency-key-header-07). Choose a fresh random key,
                 *     such as a UUID, for each thing you want done, and send the same key with every attempt at it. 1 to 255 visible
                 *     ASCII characters without `"` and `\`, in double quotes as the draft writes it, or bare.
                 *
                 *     The first attempt runs. A repeat gets the same status and body, with `Idempotency-Replayed: true`. A repeat
                 *     while the first is running is 409 `idempotency-in-flight`. The same key with another body is 422
                 *     `idempotency-key-reused`. Keys belong to your tenant, client and operation, and are remembered for at least 24
                 *     hours. A request that was refused before any work began is not remembered.
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CreateToken"];
            };
        };
        readonly responses: {
            /** @description The token of this card. */
            readonly 201: {
                headers: {
                    readonly "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TokenView"];
                };
            };
            readonly 400: components["responses"]["InvalidCardBody"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 409: components["responses"]["IdempotencyInFlight"];
            readonly 413: components["responses"]["BodyTooLarge"];
            readonly 415: components["responses"]["UnsupportedBody"];
            readonly 422: components["responses"]["NotProcessable"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly createTokenBatch: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /**
                 * @description Makes a create safe to repeat (IETF draft-ietf-httpapi-idempotency-key-header-07). Choose a fresh random key,
                 *     such as a UUID, for each thing you want done, and send the same key with every attempt at it. 1 to 255 visible
                 *     ASCII characters without `"` and `\`, in double quotes as the draft writes it, or bare.
                 *
                 *     The first attempt runs. A repeat gets the same status and body, with `Idempotency-Replayed: true`. A repeat
                 *     while the first is running is 409 `idempotency-in-flight`. The same key with another body is 422
                 *     `idempotency-key-reused`. Keys belong to your tenant, client and operation, and are remembered for at least 24
                 *     hours. A request that was refused before any work began is not remembered.
                 */
                readonly "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["CreateTokenBatch"];
            };
        };
        readonly responses: {
            /** @description One outcome per item, in the order of the request. */
            readonly 200: {
                headers: {
                    readonly "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TokenBatch"];
                };
            };
            readonly 400: components["responses"]["InvalidCardBody"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 409: components["responses"]["IdempotencyInFlight"];
            readonly 413: components["responses"]["BodyTooLarge"];
            readonly 415: components["responses"]["UnsupportedBody"];
            readonly 422: components["responses"]["NotProcessable"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly readToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                readonly token: components["parameters"]["Token"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The token as it stands. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TokenView"];
                };
            };
            readonly 400: components["responses"]["MalformedRequest"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 404: components["responses"]["NotFound"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 410: components["responses"]["TokenDeleted"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly deleteToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                readonly token: components["parameters"]["Token"];
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The card is gone, now or before. */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            readonly 400: components["responses"]["MalformedRequest"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 404: components["responses"]["NotFound"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 409: components["responses"]["TokenStateConflict"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly updateToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                readonly token: components["parameters"]["Token"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["UpdateToken"];
            };
        };
        readonly responses: {
            /** @description The token after the change. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["TokenView"];
                };
            };
            readonly 400: components["responses"]["InvalidBody"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 404: components["responses"]["NotFound"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 409: components["responses"]["TokenStateConflict"];
            readonly 410: components["responses"]["TokenDeleted"];
            readonly 413: components["responses"]["BodyTooLarge"];
            readonly 415: components["responses"]["UnsupportedBody"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly detokenizeToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                readonly token: components["parameters"]["Token"];
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DetokenizeRequest"];
            };
        };
        readonly responses: {
            /** @description The card. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DetokenizeResponse"];
                };
            };
            readonly 400: components["responses"]["InvalidBody"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 404: components["responses"]["NotFound"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 409: components["responses"]["TokenSuspended"];
            readonly 410: components["responses"]["TokenDeleted"];
            readonly 413: components["responses"]["BodyTooLarge"];
            readonly 415: components["responses"]["UnsupportedBody"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly detokenizeBatch: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": components["schemas"]["DetokenizeBatchRequest"];
            };
        };
        readonly responses: {
            /** @description One outcome per token, in the order of the request. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["DetokenizeBatchResponse"];
                };
            };
            readonly 400: components["responses"]["InvalidBody"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 413: components["responses"]["BodyTooLarge"];
            readonly 415: components["responses"]["UnsupportedBody"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly readCheckpoint: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The newest checkpoint. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/plain": string;
                };
            };
            readonly 400: components["responses"]["MalformedRequest"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly listAuditEvents: {
        readonly parameters: {
            readonly query?: {
                /**
                 * @description The first sequence number to read.
                 * @example 0
                 */
                readonly from?: number;
                /**
                 * @description How many events at most.
                 * @example 100
                 */
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description A page of the log. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["AuditEventPage"];
                };
            };
            readonly 400: components["responses"]["MalformedRequest"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly readInclusionProof: {
        readonly parameters: {
            readonly query: {
                /**
                 * @description The event to prove.
                 * @example 1
                 */
                readonly sequence: number;
                /**
                 * @description The size of the tree, as a checkpoint states it.
                 * @example 3
                 */
                readonly size: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The proof. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["InclusionProof"];
                };
            };
            readonly 400: components["responses"]["MalformedRequest"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly readConsistencyProof: {
        readonly parameters: {
            readonly query: {
                /**
                 * @description The smaller size.
                 * @example 2
                 */
                readonly from: number;
                /**
                 * @description The larger size.
                 * @example 3
                 */
                readonly to: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The proof. Empty when both sizes are the same. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["ConsistencyProof"];
                };
            };
            readonly 400: components["responses"]["MalformedRequest"];
            readonly 401: components["responses"]["Unauthenticated"];
            readonly 403: components["responses"]["AccessDenied"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 429: components["responses"]["RateLimited"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 504: components["responses"]["OutcomeUnknown"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly readHealth: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Alive. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
            readonly 401: components["responses"]["PeerRefused"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            /** @description Not well; restart it. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly readReadiness: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Ready. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
            readonly 401: components["responses"]["PeerRefused"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            /** @description Not ready; `checks` says why. */
            readonly 503: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": components["schemas"]["Health"];
                };
            };
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
    readonly readProblemPage: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                /**
                 * @description The last part of `type`.
                 * @example pan-invalid
                 */
                readonly slug: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The page. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/markdown": string;
                };
            };
            readonly 400: components["responses"]["MalformedRequest"];
            readonly 401: components["responses"]["PeerRefused"];
            readonly 404: components["responses"]["NotFound"];
            readonly 406: components["responses"]["NotAcceptable"];
            readonly 431: components["responses"]["HeadersTooLarge"];
            readonly 500: components["responses"]["InternalError"];
            readonly 503: components["responses"]["Unavailable"];
            readonly 505: components["responses"]["HttpVersionRefused"];
        };
    };
}

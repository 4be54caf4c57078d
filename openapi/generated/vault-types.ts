// Generated from vault.yaml by openapi/generate.ts. Do not edit.
export interface paths {
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
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
         *     The answer is 201 with the same headers and fields whether or not the card was known. With `reuse: multi` its
         *     values tell all the same: `created_at`, `metadata`, and the creation time with which an opaque token begins, are
         *     those of the token that exists. So a caller that may create tokens can find out whether its own tenant holds a
         *     card. Other tenants learn nothing. Use `reuse: single` for callers that must not learn it.
         *
         *     The security code is not part of a card here. Do not send it.
         */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Swap up to 1,000 cards for tokens
         * @description Every item is what `POST /v1/tokens` takes and is judged alone: a card that is refused does not hold up the
         *     others. The answer has one item per request item, in order, with the status of the single call and its token or
         *     its problem (whose pointers lead into the batch). Check `summary.failed`: the call itself is 200 even when every
         *     item was refused.
         *
         *     The whole call is refused only for what cannot be told apart by item: credentials, JSON that cannot be read,
         *     an empty or too long list, limits. An `Idempotency-Key` covers the batch as a whole: a repeat answers refused
         *     items as they were answered, so send corrected ones under a new key.
         *
         *     The same card twice in one batch (`reuse: multi`) gives the same token twice.
         */
        post: operations["createTokenBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{token}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                token: components["parameters"]["Token"];
            };
            cookie?: never;
        };
        /**
         * Look at a token
         * @description What may be shown about the card without opening it: brand, first six and last four digits, expiry, and your own metadata. Enough for "Visa ending 4242, expires 12/30" on a screen. The audit log has the reads that were refused, not those that were answered.
         */
        get: operations["readToken"];
        put?: never;
        post?: never;
        /**
         * Forget a card
         * @description Destroys the stored card and what would recognise it, in the same transaction as the audit event. It cannot
         *     be undone. The token stays as a tombstone and is never given out again: afterwards GET, PATCH and detokenise
         *     answer 410 `token-deleted`, and DELETE answers 204 again, so that it can be repeated safely.
         */
        delete: operations["deleteToken"];
        options?: never;
        head?: never;
        /**
         * Suspend, resume or change a token
         * @description Send only what should change; at least one field. `metadata` replaces the whole object. The card number behind a
         *     token never changes.
         *
         *     `status: suspended` is the brake for a suspected fraud: the token can be read, updated and deleted, and
         *     detokenising it is 409 `token-suspended` until `status: active` is set. Setting what is already set is not an
         *     error.
         */
        patch: operations["updateToken"];
        trace?: never;
    };
    "/v1/tokens/{token}/detokenize": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                token: components["parameters"]["Token"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the card behind a token
         * @description Answers with the full card number. By default only the acquirer relay (`cde/egress`) may. Another workload of
         *     the card-data environment needs a policy that names it and its purposes; a workload outside cannot be given one.
         *     Most integrations never call this: hand the token to the relay and let it send the card.
         *
         *     The purpose is part of the decision and of the audit event, which is committed before the card is
         *     sent. Whoever receives this answer is in PCI DSS scope.
         */
        post: operations["detokenizeToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/detokenize/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Get the cards behind up to 1,000 tokens
         * @description One purpose for all tokens, one outcome and one audit event for each. The answer has one item per token, in
         *     order; the call is 200 even when every token was refused, so check `summary.failed`.
         *
         *     A string in the list that does not have the form of a token refuses the whole call, and is not repeated in the
         *     answer: it may be a card number.
         */
        post: operations["detokenizeBatch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The signed head of the audit log
         * @description A C2SP tlog-checkpoint: the name of the log, its size, its root hash in base64, an empty line, and Ed25519 signatures (C2SP signed-note). Keep what you fetch: a later checkpoint that is not consistent with one you kept proves that the log was rewritten. Reading it leaves no event; a refusal does.
         */
        get: operations["readCheckpoint"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log
         * @description Events in order, from a sequence number on. Follow `next` until it is null. Sequence numbers start at 0 and have no gaps; a `from` beyond the end is an empty page. The log never holds a card number. Each page that is read is itself an event, `audit.read`, and the last page already has its own.
         */
        get: operations["listAuditEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/proofs/inclusion": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prove that an event is in the log
         * @description The RFC 9162 §2.1.3 path from the leaf `sequence` to the root of the tree of `size` leaves. Compare the root with a checkpoint of that size. A `sequence` that is not below `size`, or a `size` that the log has not reached, is 400. Reading a proof leaves no event; a refusal does.
         */
        get: operations["readInclusionProof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit/proofs/consistency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Prove that the log only grew
         * @description The RFC 9162 §2.1.4 proof that the first `from` events are the same in the trees of both sizes. Compare the roots with checkpoints that you kept. A `from` above `to`, or a `to` that the log has not reached, is 400. Reading a proof leaves no event; a refusal does.
         */
        get: operations["readConsistencyProof"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the process alive
         * @description Restart the process when this fails. It checks nothing outside the process. Needs no access token.
         */
        get: operations["readHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Can the process do its work
         * @description Send no traffic while this fails. It checks the database, the keys (by sealing and opening a record under each live data key), that no audit log contradicts its published checkpoints, and that the process is not shutting down. A data key past its cryptoperiod does not fail it: only its own tenant waits. Needs no access token.
         */
        get: operations["readReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/problems/{slug}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a problem type means and what to do
         * @description The page that `type` of a problem document points to, as Markdown. Needs no access token.
         */
        get: operations["readProblemPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description `tok_` and 36 characters of lower-case Crockford base32 (format `opaque`), or 12 to 19 digits that fail the Luhn check (formats `preserve_last4` and `preserve_bin_last4`). Store it as text of up to 40 characters; do not take it apart.
         * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
         */
        Token: string;
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
        TokenFormat: "opaque" | "preserve_last4" | "preserve_bin_last4";
        /**
         * @description `multi`: the same card has the same token. `single`: every create makes a fresh token.
         * @enum {string}
         */
        TokenReuse: "multi" | "single";
        /**
         * @description A suspended token can be read, changed and deleted, but not detokenised.
         * @enum {string}
         */
        TokenStatus: "active" | "suspended";
        /**
         * @description Names why the card is kept and for how long at most (PCI DSS 3.2.1). The classes are configured for each tenant; a class that the tenant does not have is 400 `invalid-field`.
         * @example standard
         * @example card-on-file
         */
        RetentionClass: string;
        /**
         * Format: date-time
         * @description RFC 3339 date and time in UTC, written with `Z`, at most three decimals of a second. Answers always have three.
         * @example 2026-11-21T09:30:00.000Z
         */
        Instant: string;
        /** @description The month the card is good through. A past month is accepted: refunds and disputes outlive cards. */
        Expiry: {
            month: number;
            year: number;
        };
        /** @description Your own names and values, up to 16. Kept and returned as they are, readable to everybody who may read the token, so keep personal data out. A value that contains a card number, also one with spaces or dashes in it, is refused with `card-number-in-wrong-place`. Lengths count UTF-16 code units; all of it may take up to 8,192 bytes as JSON. */
        Metadata: {
            [key: string]: string;
        };
        /** @description A card to keep. There is no field for a security code, and there never will be. */
        Card: {
            /**
             * @description The card number: 12 to 19 ASCII digits without spaces, beginning like a payment card and passing the Luhn check. Anything else is 400 `pan-invalid`, and `errors` says which rule.
             * @example 4242424242424242
             */
            pan: string;
            expiry?: components["schemas"]["Expiry"];
            /**
             * @description The name as it is on the card: no control characters, at most 11 digits, at most 128 bytes as UTF-8.
             * @example Jo Chan
             */
            cardholder_name?: string;
        };
        /** @description The card as it was stored. What was not stored is null. */
        RevealedCard: {
            /**
             * @description The full card number.
             * @example 4242424242424242
             */
            pan: string;
            expiry: components["schemas"]["Expiry"] | null;
            cardholder_name: string | null;
        };
        CreateToken: {
            card: components["schemas"]["Card"];
            /** @default opaque */
            format?: components["schemas"]["TokenFormat"];
            /** @default multi */
            reuse?: components["schemas"]["TokenReuse"];
            /** @default standard */
            retention_class?: components["schemas"]["RetentionClass"];
            /** @description When to forget the card. In the future, and not later than the retention class allows; left out, it is as late as the class allows. */
            expires_at?: components["schemas"]["Instant"];
            metadata?: components["schemas"]["Metadata"];
        };
        CreateTokenBatch: {
            items: components["schemas"]["CreateToken"][];
        };
        /** @description What to change. At least one field. */
        UpdateToken: {
            status?: components["schemas"]["TokenStatus"];
            expiry?: components["schemas"]["Expiry"];
            /** @description When to forget the card. In the future, and not later than the retention class allows. */
            expires_at?: components["schemas"]["Instant"];
            metadata?: components["schemas"]["Metadata"];
        };
        /** @description A token and what may be shown about its card. Every field is always there. */
        TokenView: {
            token: components["schemas"]["Token"];
            status: components["schemas"]["TokenStatus"];
            /**
             * @description The scheme that the number seems to belong to, such as `visa`, `mastercard`, `amex`, `discover`, `diners`, `jcb`, `unionpay`, `maestro`; `unknown` when no range we know contains it. More may be added. A hint for people, not a routing table.
             * @example visa
             */
            brand: string;
            /**
             * @description The first six digits of the card. Null for cards of 12 or 13 digits, where too little would stay hidden.
             * @example 424242
             */
            bin: string | null;
            /**
             * @description The last four digits of the card.
             * @example 4242
             */
            last4: string;
            /**
             * @description About how many digits the card has.
             * @enum {string}
             */
            length_class: "12-13" | "14" | "15" | "16" | "17-19";
            /** @description The month the card is good through; null when it was not given. */
            expiry: components["schemas"]["Expiry"] | null;
            format: components["schemas"]["TokenFormat"];
            reuse: components["schemas"]["TokenReuse"];
            retention_class: components["schemas"]["RetentionClass"];
            metadata: components["schemas"]["Metadata"];
            /** @description When the token was made. */
            created_at: components["schemas"]["Instant"];
            /** @description When the token or its card last changed. */
            updated_at: components["schemas"]["Instant"];
            /** @description When the card will be forgotten. From then on the token answers 410 `token-deleted`. */
            expires_at: components["schemas"]["Instant"];
        };
        BatchSummary: {
            total: number;
            succeeded: number;
            failed: number;
        };
        /** @description Position in the request, from 0. */
        ItemIndex: number;
        /** @description The HTTP status that the single call would have had; the same as in `problem`. */
        ItemRefusalStatus: number;
        TokenBatch: {
            summary: components["schemas"]["BatchSummary"];
            items: (components["schemas"]["CreatedItem"] | components["schemas"]["RefusedItem"])[];
        };
        CreatedItem: {
            index: components["schemas"]["ItemIndex"];
            /** @constant */
            status: 201;
            token: components["schemas"]["TokenView"];
        };
        RefusedItem: {
            index: components["schemas"]["ItemIndex"];
            status: components["schemas"]["ItemRefusalStatus"];
            problem: components["schemas"]["Problem"];
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
        DetokenizePurpose: "authorization" | "refund" | "dispute" | "account-verification" | "card-lifecycle";
        DetokenizeRequest: {
            purpose: components["schemas"]["DetokenizePurpose"];
        };
        DetokenizeResponse: {
            token: components["schemas"]["Token"];
            card: components["schemas"]["RevealedCard"];
        };
        DetokenizeBatchRequest: {
            purpose: components["schemas"]["DetokenizePurpose"];
            tokens: components["schemas"]["Token"][];
        };
        DetokenizeBatchResponse: {
            summary: components["schemas"]["BatchSummary"];
            items: (components["schemas"]["DetokenizedItem"] | components["schemas"]["RefusedTokenItem"])[];
        };
        DetokenizedItem: {
            index: components["schemas"]["ItemIndex"];
            /** @constant */
            status: 200;
            token: components["schemas"]["Token"];
            card: components["schemas"]["RevealedCard"];
        };
        RefusedTokenItem: {
            index: components["schemas"]["ItemIndex"];
            status: components["schemas"]["ItemRefusalStatus"];
            token: components["schemas"]["Token"];
            problem: components["schemas"]["Problem"];
        };
        /** @description Position in the tenant's log, from 0, without gaps. */
        Sequence: number;
        /** @description How many events the tree covers. */
        TreeSize: number;
        /**
         * @description SHA-256, 32 bytes in base64 with padding.
         * @example 0EYeivJT8krufVSobyh/5KbPQY69nMQohlxxXzIAKKQ=
         */
        Hash: string;
        AuditEvent: {
            sequence: components["schemas"]["Sequence"];
            /** @description The event as canonical JSON, in a string because its exact bytes are what was hashed: who, what, on which token, with which outcome and purpose, from where, when, under which build. */
            entry: string;
            /** @description SHA-256 of a zero byte followed by the UTF-8 bytes of `entry` (RFC 9162 §2.1.1). */
            leaf_hash: components["schemas"]["Hash"];
        };
        AuditEventPage: {
            events: components["schemas"]["AuditEvent"][];
            /** @description The `from` of the next page; null at the end of the log. */
            next: number | null;
        };
        InclusionProof: {
            sequence: components["schemas"]["Sequence"];
            size: components["schemas"]["TreeSize"];
            leaf_hash: components["schemas"]["Hash"];
            /** @description Hashes of the siblings, from the leaf up. */
            proof: components["schemas"]["Hash"][];
            /** @description Root of the tree of `size` leaves. */
            root: components["schemas"]["Hash"];
        };
        ConsistencyProof: {
            from: components["schemas"]["TreeSize"];
            to: components["schemas"]["TreeSize"];
            /** @description Root of the tree of `from` leaves. */
            from_root: components["schemas"]["Hash"];
            /** @description Root of the tree of `to` leaves. */
            to_root: components["schemas"]["Hash"];
            /** @description In the order of RFC 9162 §2.1.4.1. */
            proof: components["schemas"]["Hash"][];
        };
        Health: {
            /**
             * @description `ok` when every check is.
             * @enum {string}
             */
            status: "ok" | "unavailable";
            checks: {
                name: string;
                ok: boolean;
            }[];
        };
        /** @description An RFC 9457 problem document. */
        Problem: {
            /**
             * Format: uri-reference
             * @description What went wrong, as a path on this server that opens a page about it. It identifies the problem and does not change. Treat a type you do not know by its status.
             * @example /problems/pan-invalid
             */
            type: string;
            /** @description The same in one line, for people. The same for every occurrence. */
            title: string;
            /** @description The HTTP status of the answer, or of the item in a batch. */
            status: number;
            /** @description What to change in this request. Never repeats anything you sent. Not given with a 5xx. */
            detail?: string;
            /**
             * @description Quote this when you ask for help; logs and audit events carry it.
             * @example 5b8b8ac4-6a5e-4f43-9d5b-0c1df0c2f1a1
             */
            request_id: string;
            /** @description The fields that were refused; up to 16. */
            errors?: components["schemas"]["FieldError"][];
        };
        FieldError: {
            /**
             * @description JSON Pointer (RFC 6901) into the body, such as `/card/expiry/month`; the empty string is the whole body. For a path or query parameter, `/` and its name. A field that we do not know is not named: the pointer is the object that contains it.
             * @example /card/expiry/month
             */
            pointer: string;
            /**
             * @description The rule that was broken: a keyword of JSON Schema such as `required` or `maximum`, or a rule about cards such as `pan-length` or `pan-check-digit`.
             * @example maximum
             */
            keyword: string;
            /** @description The rule in words. Never the value. */
            detail: string;
        };
    };
    responses: {
        /** @description Path, query or headers are not as described here, or contain a card number. */
        MalformedRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is not as described here, or contains a card number. */
        InvalidBody: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request is not as described here, or the card cannot be one. */
        InvalidCardBody: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The client certificate or the access token is missing or not accepted. */
        Unauthenticated: {
            headers: {
                "WWW-Authenticate": components["headers"]["WWW-Authenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The client certificate is not accepted. */
        PeerRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The scope is missing, or policy does not allow this caller to do this, for this purpose. */
        AccessDenied: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing, or it belongs to another tenant. The two look the same. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The first request with this `Idempotency-Key` is still running. Try again shortly. */
        IdempotencyInFlight: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The token is suspended, or another request changed it at the same time. */
        TokenSuspended: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The token was deleted, or its time ran out. The card is gone. */
        TokenDeleted: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body took too long to arrive. Nothing was done; send it again. */
        RequestTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is larger than this operation reads. */
        BodyTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The body is not `application/json`, or it has a `Content-Encoding`. */
        UnsupportedBody: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The idempotency key was used for something else, or this card cannot have a token of this format. */
        NotProcessable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description More requests than this caller may make. Nothing was done. */
        RateLimited: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The headers, or the request line, are larger than we read. */
        HeadersTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Our fault. Nothing was changed. */
        InternalError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not now. Nothing was done; try again after `Retry-After`. */
        Unavailable: {
            headers: {
                "Retry-After": components["headers"]["Retry-After"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The database did not say whether the change was committed. It may have been. */
        OutcomeUnknown: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The request was not HTTP/1.1. */
        HttpVersionRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /**
         * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
         * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
         */
        Token: components["schemas"]["Token"];
        /**
         * @description Makes a create safe to repeat (IETF draft-ietf-httpapi-idempotency-key-header-07). Choose a fresh random key,
         *     such as a UUID, for each thing you want done, and send the same key with every attempt at it. 1 to 255 visible
         *     ASCII characters without `"` and `\`, in double quotes as the draft writes it, or bare.
         *
         *     The first attempt runs. A repeat gets the same status and body, with `Idempotency-Replayed: true`. A repeat
         *     while the first is running is 409 `idempotency-in-flight`. The same key with another body is 422
         *     `idempotency-key-reused`. Keys belong to your tenant, client and operation, and are remembered for 24 hours.
         *
         *     Only an answer that did something is remembered: a 201, or a batch with at least one token. A refused request, or
         *     a batch in which every item was refused, leaves the key free for the corrected one.
         */
        IdempotencyKey: string;
    };
    requestBodies: never;
    headers: {
        /**
         * @description Present when this answer repeats an earlier one with the same `Idempotency-Key`; nothing happened this time.
         * @example true
         */
        "Idempotency-Replayed": "true";
        /**
         * @description Whole seconds to wait before you try again.
         * @example 2
         */
        "Retry-After": number;
        /**
         * @description Which credential is asked for (RFC 6750 §3).
         * @example Bearer error="invalid_token"
         */
        "WWW-Authenticate": string;
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
export type ResponseIdempotencyInFlight = components['responses']['IdempotencyInFlight'];
export type ResponseTokenSuspended = components['responses']['TokenSuspended'];
export type ResponseTokenDeleted = components['responses']['TokenDeleted'];
export type ResponseRequestTimeout = components['responses']['RequestTimeout'];
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
    createToken: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes a create safe to repeat (IETF draft-ietf-httpapi-idempotency-key-header-07). Choose a fresh random key,
                 *     such as a UUID, for each thing you want done, and send the same key with every attempt at it. 1 to 255 visible
                 *     ASCII characters without `"` and `\`, in double quotes as the draft writes it, or bare.
                 *
                 *     The first attempt runs. A repeat gets the same status and body, with `Idempotency-Replayed: true`. A repeat
                 *     while the first is running is 409 `idempotency-in-flight`. The same key with another body is 422
                 *     `idempotency-key-reused`. Keys belong to your tenant, client and operation, and are remembered for 24 hours.
                 *
                 *     Only an answer that did something is remembered: a 201, or a batch with at least one token. A refused request, or
                 *     a batch in which every item was refused, leaves the key free for the corrected one.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateToken"];
            };
        };
        responses: {
            /** @description The token of this card. */
            201: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenView"];
                };
            };
            400: components["responses"]["InvalidCardBody"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IdempotencyInFlight"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedBody"];
            422: components["responses"]["NotProcessable"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    createTokenBatch: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Makes a create safe to repeat (IETF draft-ietf-httpapi-idempotency-key-header-07). Choose a fresh random key,
                 *     such as a UUID, for each thing you want done, and send the same key with every attempt at it. 1 to 255 visible
                 *     ASCII characters without `"` and `\`, in double quotes as the draft writes it, or bare.
                 *
                 *     The first attempt runs. A repeat gets the same status and body, with `Idempotency-Replayed: true`. A repeat
                 *     while the first is running is 409 `idempotency-in-flight`. The same key with another body is 422
                 *     `idempotency-key-reused`. Keys belong to your tenant, client and operation, and are remembered for 24 hours.
                 *
                 *     Only an answer that did something is remembered: a 201, or a batch with at least one token. A refused request, or
                 *     a batch in which every item was refused, leaves the key free for the corrected one.
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTokenBatch"];
            };
        };
        responses: {
            /** @description One outcome per item, in the order of the request. */
            200: {
                headers: {
                    "Idempotency-Replayed": components["headers"]["Idempotency-Replayed"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenBatch"];
                };
            };
            400: components["responses"]["InvalidCardBody"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IdempotencyInFlight"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedBody"];
            422: components["responses"]["NotProcessable"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                token: components["parameters"]["Token"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The token as it stands. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenView"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            404: components["responses"]["NotFound"];
            410: components["responses"]["TokenDeleted"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    deleteToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                token: components["parameters"]["Token"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The card is gone, now or before. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    updateToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                token: components["parameters"]["Token"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateToken"];
            };
        };
        responses: {
            /** @description The token after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            410: components["responses"]["TokenDeleted"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedBody"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    detokenizeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The token. Opaque tokens start with `tok_`; tokens of the digit formats have 12 to 19 digits and fail the Luhn check, so a card number here is recognised and refused.
                 * @example tok_06gztw7hr359f08js8dvvjqtr8rv76h3vh6g
                 */
                token: components["parameters"]["Token"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DetokenizeRequest"];
            };
        };
        responses: {
            /** @description The card. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DetokenizeResponse"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["TokenSuspended"];
            410: components["responses"]["TokenDeleted"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedBody"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    detokenizeBatch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DetokenizeBatchRequest"];
            };
        };
        responses: {
            /** @description One outcome per token, in the order of the request. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DetokenizeBatchResponse"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["BodyTooLarge"];
            415: components["responses"]["UnsupportedBody"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readCheckpoint: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest checkpoint. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    listAuditEvents: {
        parameters: {
            query?: {
                /**
                 * @description The first sequence number to read.
                 * @example 0
                 */
                from?: number;
                /**
                 * @description How many events at most.
                 * @example 100
                 */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the log. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEventPage"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readInclusionProof: {
        parameters: {
            query: {
                /**
                 * @description The event to prove.
                 * @example 1
                 */
                sequence: number;
                /**
                 * @description The size of the tree, as a checkpoint states it.
                 * @example 3
                 */
                size: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The proof. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InclusionProof"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readConsistencyProof: {
        parameters: {
            query: {
                /**
                 * @description The smaller size.
                 * @example 2
                 */
                from: number;
                /**
                 * @description The larger size.
                 * @example 3
                 */
                to: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The proof. Empty when both sizes are the same. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsistencyProof"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["Unauthenticated"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            401: components["responses"]["PeerRefused"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description Not well; restart it. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            401: components["responses"]["PeerRefused"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description Not ready; `checks` says why. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readProblemPage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The last part of `type`.
                 * @example pan-invalid
                 */
                slug: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/markdown": string;
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            404: components["responses"]["NotFound"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
}

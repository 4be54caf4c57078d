// Generated from vault-admin.yaml by openapi/generate.ts. Do not edit.
export interface paths {
    "/v1/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How the vault's keys stand
         * @description Root keys and their stores, what is due, what is under way, and who the custodians are. A store that does not answer within its deadline is told as not reachable; the answer is 200 all the same.
         */
        get: operations["readStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/inventory": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The inventory of keys
         * @description Every key with its purpose, algorithm, location, state and period (PCI DSS 3.6.1.1, 12.3.3). `json` has the form of `compliance-evidence/crypto/key-inventory.schema.json`; `cbom` is a CycloneDX 1.6 bill of materials. It counts rows, so it takes seconds on a large vault.
         */
        get: operations["readInventory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/census": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Rows under each key version of a tenant
         * @description Counts what is under each version: cards of a data key, fingerprints of an index key, kept answers of a request key. A version that is not primary and has 0 rows can be certified, and then destroyed.
         */
        get: operations["readCensus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Proposals, newest first
         * @description The newest 100, with progress while they run. What came of one, its `result`, is in its own view and null here.
         */
        get: operations["listProposals"];
        put?: never;
        /**
         * Propose an operation on keys
         * @description Puts a ceremony file before the other custodians. The statement proposes it: its proposal id is the one in the
         *     body, its digest that of the file, its custodian the caller, signed within the last five minutes, to expire at
         *     most seven days later.
         *
         *     The operation's parameters are checked, and nothing is done yet. An id that was ever used is 409.
         *
         *     Refusals by keyword. 403 `approval-refused`: `acknowledgement-over`, `statement-malformed`, `signature-invalid`,
         *     `certificate-unreadable`, `other-custodian`, `other-key`, `other-trust-domain`, `other-act`, `other-proposal`,
         *     `other-digest`, `other-expiry`, `statement-stale`, `window-invalid`. 409 `proposal-conflict`: `proposal-id-used`. 409 `operation-refused`:
         *     `unknown-operation`.
         */
        post: operations["propose"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{proposal_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        /**
         * One proposal
         * @description Ask every second or so while it runs.
         */
        get: operations["readProposal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{proposal_id}/approval": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve what another custodian proposed
         * @description The statement approves: the proposal's id, digest and expiry, the caller's name, signed within the last five
         *     minutes. Read the ceremony file, not this API's word for it, before you sign.
         *
         *     Refusals by keyword. 403 `approval-refused`: `same-custodian`, `same-key`, and those of a statement as in
         *     `propose`. 409 `proposal-conflict`: `not-proposed`, `approval-not-needed`, `expired`.
         */
        post: operations["approveProposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{proposal_id}/withdrawal": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Withdraw a proposal
         * @description Any custodian may, as long as it has not been started. The statement withdraws: the proposal's id, digest and expiry, the caller's name. It cannot be approved or started any more. Refusals as in `approveProposal`.
         */
        post: operations["withdrawProposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{proposal_id}/execution": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Start an approved operation, or see what it would do
         * @description With `dry_run` the answer says what the operation would do now; nothing is changed, and the proposal need not be
         *     approved yet. Without it the operation begins, once, and goes on in the background: read the proposal until its
         *     state is `done` or `failed`. Should the process die in the middle, the operation goes on when it starts again.
         *     What a dry run would refuse is refused here too, before it begins: the approval is not lost, and the operation
         *     can be started when its obstacle is gone.
         *
         *     `operation` must be the proposal's, so that a command that means one thing cannot start another.
         *     `import-keys` takes its bundle here: the ceremony file names its SHA-256.
         *
         *     Refusals by keyword. 409 `proposal-conflict`: `not-approved`, `already-started`, `withdrawn`, `expired`,
         *     `custodian-left`, `other-operation`. 409 `operation-refused`: what is in the way, such as `records-remain`.
         */
        post: operations["executeProposal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{proposal_id}/transcript": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        /**
         * The signed transcript of a ceremony
         * @description A C2SP signed note over the ceremony file, both statements, the custodians of that day, and what came of it. `keyops verify-transcript` checks it offline. 404 until the operation is over.
         */
        get: operations["readTranscript"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/proposals/{proposal_id}/artifact": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        /**
         * The file that an operation made
         * @description Of `export-keys`: a signed bundle of all wrapped keys. No key in it is in the clear; it opens with the root keys alone. For its proposer and its approver, for 24 hours after the end; 404 otherwise. Each time it is fetched is an event.
         */
        get: operations["readArtifact"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs, newest first
         * @description Those of one tenant or of all; at most 200.
         */
        get: operations["listJobs"];
        put?: never;
        /**
         * Move rows from a former key to the primary
         * @description Re-encrypts cards of a data key, or computes fingerprints of an index key anew. A job that is open for the key already is answered as it is. With `dry_run` the answer counts the rows; nothing is changed. Refusals (409) by keyword: `unknown-tenant`, `unknown-key`, `still-needed` for a primary, `not-possible`.
         */
        post: operations["startJob"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{tenant_id}/{job_id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Whose rows are moved.
                 * @example 11111111-1111-4111-8111-111111111111
                 */
                tenant_id: components["schemas"]["Uuid"];
                /**
                 * @description The job.
                 * @example 5b8b8ac4-6a5e-4f43-9d5b-0c1df0c2f1a1
                 */
                job_id: components["schemas"]["Uuid"];
            };
            cookie?: never;
        };
        /**
         * One job
         * @description How far it is, how fast it goes, and when it will be over at that pace.
         */
        get: operations["readJob"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Pause, resume or throttle a job
         * @description What is left out stays as it is. A paused job keeps its place. A job that is over does not change: 409 `operation-refused`, keyword `not-possible`.
         */
        patch: operations["changeJob"];
        trace?: never;
    };
    "/v1/certificates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Certificates of a tenant's keys, newest first
         * @description Signed notes that say that no row was under a key version. `keyops verify-transcript` checks them offline.
         */
        get: operations["listCertificates"];
        put?: never;
        /**
         * Certify that nothing is under a key version
         * @description Takes the census behind the lock of the tenant's log. With 0 rows the answer is the certificate, without which the version cannot be destroyed; one that exists already is answered again. Refusals (409) by keyword: `records-remain` with the count, `still-needed` for a key that protects new data, `unknown-tenant`, `unknown-key`.
         */
        post: operations["certifyKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/custody": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who holds which share
         * @description The sharings of the root keys that custodians unseal, with who holds which share since when, and how far the journal of shares has got. No share. `custody` is null in a vault whose root keys have no custodians, or whose key agent does not answer.
         */
        get: operations["readCustody"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/unseal": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin to unseal, or join an attempt
         * @description Answers the ticket of the attempt under way, or of a new one. Encrypt your share to `agent_key` and sign it: it is good for this attempt alone, for 15 minutes. Takes no body. Refusals (409 `share-refused`) by keyword: `not-sealed`, `not-initialised`, `no-custodians`.
         */
        post: operations["beginUnseal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/unseal/shares": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring a share
         * @description A line about it is written to the journal before the key agent sees the share, and into the audit log after. The share must be the caller's own. Refusals (409 `share-refused`) by keyword: `no-attempt`, `other-attempt`, `unknown-share`, `wrong-custodian`, `bad-signature`, `stale-signature`, `already-received`, `too-many-tries`, `wrong-share`, `not-opened`, `other-custodian`, `no-custodians`.
         */
        post: operations["bringShare"];
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
         * @description The page that `type` of a problem document points to, as Markdown.
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
         * @description A UUID in lower case (RFC 9562).
         * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
         */
        Uuid: string;
        /**
         * Format: date-time
         * @description RFC 3339, UTC, milliseconds.
         * @example 2026-11-24T15:04:05.000Z
         */
        Time: string;
        /**
         * @description The store's scheme and its name there, such as `pkcs11:0190…`.
         * @example file:0f6b6e1c-2f3e-4a86-9d3e-2b1a7a5f1c11
         */
        RootKeyId: string;
        /**
         * @description Where root keys live.
         * @enum {string}
         */
        Scheme: "file" | "custodians" | "pkcs11" | "awskms" | "azurekeyvault";
        /**
         * @description Name of an operation on keys, as in ceremony files.
         * @example rotate-root-key
         */
        Operation: string;
        /**
         * @description Path of a SPIFFE id.
         * @example management/custodian-mei
         */
        Workload: string;
        Count: number;
        /** @description What an operation says of what it did or would do: ids, counts, signed notes. Its fields are the operation's own. Never a key or a share in the clear. */
        Facts: {
            [key: string]: unknown;
        };
        /** @description The vault's keys at one moment. */
        Status: {
            /** @description Version of the running build. */
            build: string;
            now: components["schemas"]["Time"];
            /** @description True while no store can open a key, because custodians have not brought their shares. */
            is_sealed: boolean;
            root_keys: components["schemas"]["RootKeyView"][];
            stores: components["schemas"]["StoreView"][];
            tenants: components["schemas"]["Count"];
            /** @description Root keys and tenants' primaries that are due to be replaced, or over. */
            keys_due: number;
            jobs_open: components["schemas"]["Count"];
            /** @description Proposals that wait for an approval or a start and have not expired, and those that run. */
            proposals_open: number;
            /** @description The roster. */
            custodians: {
                name: components["schemas"]["CustodianName"];
                workload: components["schemas"]["Workload"];
                /**
                 * @description Last day on which the acknowledgement of their duties counts (PCI DSS 3.7.8). After it they can read and nothing else.
                 * @example 2027-06-30
                 */
                acknowledged_until: string;
            }[];
        };
        /**
         * @description A custodian's short name.
         * @example mei
         */
        CustodianName: string;
        /** @description A root key. */
        RootKeyView: {
            id: components["schemas"]["RootKeyId"];
            scheme: components["schemas"]["Scheme"];
            /**
             * @description `active` wraps new keys; `unwrap-only` is being replaced; `retired` wraps nothing any more.
             * @enum {string}
             */
            state: "active" | "unwrap-only" | "retired" | "destroyed";
            activated_at: components["schemas"]["Time"];
            /**
             * Format: date-time
             * @description End of its cryptoperiod; null for one that wraps nothing new.
             */
            ends_at: string | null;
            /** @description Keys that it wraps. */
            wraps: number;
        };
        /** @description A store of root keys. */
        StoreView: {
            scheme: components["schemas"]["Scheme"];
            /** @description True while custodians have not brought enough shares. */
            is_sealed: boolean;
            /** @description False when it gave no answer within its deadline. */
            is_reachable: boolean;
            /** @description The kind of device or service and where it is; null when it gave no answer. */
            location: string | null;
        };
        /** @description The form is key-inventory.schema.json; here is its frame. */
        KeyInventory: {
            /** @constant */
            format: "cofferdam-key-inventory/1";
            /** @description Name of the deployment. */
            deployment: string;
            taken_at: components["schemas"]["Time"];
            keys: {
                [key: string]: unknown;
            }[];
            cryptoperiods: {
                [key: string]: unknown;
            }[];
            suites: {
                [key: string]: unknown;
            }[];
            suites_reviewed_on: string;
            suites_review_by: string;
        };
        /** @description CycloneDX 1.6; here is its frame. */
        BillOfMaterials: {
            $schema: string;
            /** @constant */
            bomFormat: "CycloneDX";
            /** @constant */
            specVersion: "1.6";
            serialNumber: string;
            version: number;
            metadata: {
                [key: string]: unknown;
            };
            components: {
                [key: string]: unknown;
            }[];
            dependencies: {
                [key: string]: unknown;
            }[];
        };
        /** @description What is under each key version of a tenant. */
        Census: {
            tenant_id: components["schemas"]["Uuid"];
            versions: components["schemas"]["KeyVersionView"][];
        };
        /** @description A key version of a tenant. */
        KeyVersionView: {
            key_id: components["schemas"]["Uuid"];
            /**
             * @description `data` seals cards, `index` makes fingerprints, `request` authenticates kept answers.
             * @enum {string}
             */
            purpose: "data" | "index" | "request";
            version: number;
            /** @enum {string} */
            state: "pre-active" | "active" | "decrypt-only" | "suspended" | "compromised" | "destroyed";
            /** @description The one version of its purpose that protects new data. */
            is_primary: boolean;
            /** @description Rows that are under it now. */
            rows: number;
            /** @description Records that it has ever protected. */
            uses: number;
            /** Format: date-time */
            activated_at: string | null;
            /**
             * Format: date-time
             * @description End of its cryptoperiod; null for a version that protects nothing new.
             */
            ends_at: string | null;
            /**
             * Format: date-time
             * @description When the newest certificate said 0 rows.
             */
            certified_at: string | null;
            wrapped_by: components["schemas"]["RootKeyId"][];
        };
        /** @description What a custodian signed. */
        SignedStatement: {
            /** @description The text, as the introduction describes it. */
            statement: string;
            /** @description Base64, by the key of the certificate: RSA-PSS with SHA-256 and a salt of 32 bytes, ECDSA with SHA-256 (P-256) or SHA-384 (P-384), or Ed25519. */
            signature: string;
            /** @description The custodian's certificate, PEM, without its issuers. */
            certificate: string;
        };
        /** @description A ceremony file and the statement that proposes it. */
        Propose: {
            proposal_id: components["schemas"]["Uuid"];
            /** @description The ceremony file, byte for byte; at most 16 KiB. */
            ceremony: string;
            statement: components["schemas"]["SignedStatement"];
        };
        /** @description A statement about a proposal. */
        StatementRequest: {
            statement: components["schemas"]["SignedStatement"];
        };
        /** @description A proposal as it stands. */
        ProposalView: {
            proposal_id: components["schemas"]["Uuid"];
            operation: components["schemas"]["Operation"];
            /** @description The ceremony file's own. */
            reason: string;
            /** @description The ceremony file as it was signed for. */
            ceremony: string;
            /** @description SHA-256 of the ceremony file, hex. */
            digest: string;
            /** @enum {integer} */
            approvals_needed: 0 | 1;
            /**
             * @description A proposal that has expired keeps its state; nothing can be done with it any more. `failed` says that the operation ended with an error; `result.error` has its code.
             * @enum {string}
             */
            state: "proposed" | "approved" | "withdrawn" | "running" | "done" | "failed";
            proposed_by: components["schemas"]["Workload"];
            proposed_at: components["schemas"]["Time"];
            expires_at: components["schemas"]["Time"];
            approved_by: string | null;
            /** Format: date-time */
            approved_at: string | null;
            started_by: string | null;
            /** Format: date-time */
            started_at: string | null;
            /** Format: date-time */
            ended_at: string | null;
            progress: components["schemas"]["Progress"] | null;
            result: components["schemas"]["Facts"] | null;
            has_transcript: boolean;
            has_artifact: boolean;
            proposal: components["schemas"]["SignedStatement"];
            approval: components["schemas"]["SignedStatement"] | null;
        };
        /** @description How far a running operation is, in steps of its own. */
        Progress: {
            done: components["schemas"]["Count"];
            total: components["schemas"]["Count"];
        };
        ProposalList: {
            proposals: components["schemas"]["ProposalView"][];
        };
        ExecuteProposal: {
            operation: components["schemas"]["Operation"];
            /** @description Only say what would be done. */
            dry_run: boolean;
            /** @description For `import-keys`, the file that an export made; up to 16 MB. */
            bundle?: string;
        };
        ExecutionPreview: {
            proposal_id: components["schemas"]["Uuid"];
            operation: components["schemas"]["Operation"];
            /** @constant */
            dry_run: true;
            preview: components["schemas"]["Facts"];
        };
        /** @description No more rows than this are moved in a second. */
        RowsPerSecond: number;
        StartJob: {
            tenant_id: components["schemas"]["Uuid"];
            key_id: components["schemas"]["Uuid"];
            max_rows_per_second?: components["schemas"]["RowsPerSecond"];
            /** @description Only count. */
            dry_run: boolean;
        };
        JobPreview: {
            tenant_id: components["schemas"]["Uuid"];
            key_id: components["schemas"]["Uuid"];
            /** @constant */
            dry_run: true;
            rows_total: components["schemas"]["Count"];
        };
        /** @description A job as it stands. */
        JobView: {
            job_id: components["schemas"]["Uuid"];
            tenant_id: components["schemas"]["Uuid"];
            /**
             * @description `reencrypt` moves cards, `reindex` fingerprints.
             * @enum {string}
             */
            kind: "reencrypt" | "reindex";
            from_key_id: components["schemas"]["Uuid"];
            /** @enum {string} */
            state: "running" | "paused" | "done" | "failed";
            /** @description Goes before the others. */
            is_urgent: boolean;
            max_rows_per_second: components["schemas"]["RowsPerSecond"];
            rows_total: components["schemas"]["Count"];
            rows_done: components["schemas"]["Count"];
            /** @description The pace of the last step; null for a job that is not at work in this process. */
            rows_per_second: number | null;
            /** @description When it will be over at that pace. */
            eta_seconds: number | null;
            /** @description Why it failed, as a code and counts. */
            reason: string | null;
            created_at: components["schemas"]["Time"];
            updated_at: components["schemas"]["Time"];
            /** Format: date-time */
            ended_at: string | null;
        };
        JobList: {
            jobs: components["schemas"]["JobView"][];
        };
        ChangeJob: {
            /** @enum {string} */
            state?: "running" | "paused";
            max_rows_per_second?: components["schemas"]["RowsPerSecond"];
        };
        CertifyKey: {
            tenant_id: components["schemas"]["Uuid"];
            key_id: components["schemas"]["Uuid"];
            /** @description Only count. */
            dry_run: boolean;
        };
        CertificatePreview: {
            tenant_id: components["schemas"]["Uuid"];
            key_id: components["schemas"]["Uuid"];
            /** @constant */
            dry_run: true;
            /** @constant */
            rows: 0;
        };
        CertificateView: {
            tenant_id: components["schemas"]["Uuid"];
            key_id: components["schemas"]["Uuid"];
            issued_at: components["schemas"]["Time"];
            /** @description C2SP signed note. */
            note: string;
        };
        CertificateList: {
            certificates: components["schemas"]["CertificateView"][];
        };
        Custody: {
            custody: components["schemas"]["CustodyReport"] | null;
            /** @description The journal of shares, in a file that is written before a share is used. */
            journal: {
                lines: components["schemas"]["Count"];
                /** @description SHA-256 of the last line, hex. */
                last_hash: string | null;
                /** @description Lines that are in the database and in the audit log as well. */
                chained: number;
                /** @description False when the file was cut or edited since it was copied. */
                is_intact: boolean;
            };
        };
        /** @description Who holds what, and who ever did. While sealed, nobody has authenticated it. */
        CustodyReport: {
            is_initialised: boolean;
            is_sealed: boolean;
            /** @description Oldest first; the last is the present one. */
            sharings: {
                id: components["schemas"]["Uuid"];
                created_at: components["schemas"]["Time"];
                /** Format: date-time */
                ended_at: string | null;
                threshold: number;
                ceremony_digest: string;
                shares: {
                    index: number;
                    /** @description Oldest first; the last is the present holder. */
                    held_by: {
                        custodian: components["schemas"]["CustodianName"];
                        since: components["schemas"]["Time"];
                    }[];
                }[];
            }[];
        };
        UnsealTicket: {
            sharing_id: components["schemas"]["Uuid"];
            /** @description Names the attempt; 32 random bytes, base64url. */
            nonce: string;
            /** @description X25519 public key of the attempt, raw, base64url. */
            agent_key: string;
            threshold: number;
            /** @description Custodians whose shares are here. */
            received: components["schemas"]["CustodianName"][];
            expires_at: components["schemas"]["Time"];
        };
        /** @description A share, encrypted for one attempt and signed. */
        ShareSubmission: {
            custodian: components["schemas"]["CustodianName"];
            index: number;
            /** @description Compact JWE to the ticket's `agent_key`. */
            envelope: string;
            /** @description Base64, by the key of the custodian's certificate. */
            signature: string;
            /** @description RFC 3339, UTC, milliseconds. */
            signed_at: string;
        };
        UnsealProgress: {
            received: components["schemas"]["CustodianName"][];
            threshold: number;
            /** @description False once enough shares came and the root keys are open. */
            is_sealed: boolean;
        };
        /** @description An RFC 9457 problem document. */
        Problem: {
            /**
             * Format: uri-reference
             * @description What went wrong, as a path on this server that opens a page about it. It identifies the problem and does not change. Treat a type you do not know by its status.
             * @example /problems/approval-refused
             */
            type: string;
            /** @description The same in one line, for people. The same for every occurrence. */
            title: string;
            /** @description The HTTP status of the answer. */
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
             * @description JSON Pointer (RFC 6901) into the body, such as `/statement/signature`; the empty string is the whole body. For a path or query parameter, `/` and its name. A field that we do not know is not named: the pointer is the object that contains it.
             * @example /statement
             */
            pointer: string;
            /**
             * @description The rule that was broken: a keyword of JSON Schema such as `required` or `maximum`, or a rule of dual control or of key operations such as `same-custodian` or `records-remain`.
             * @example same-custodian
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
        /** @description The client certificate is not accepted. */
        PeerRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Policy does not allow this caller to do this. A custodian must be in the roster, with the key of this certificate. */
        AccessDenied: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description There is no such thing. */
        NotFound: {
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
        /** @description Policy does not allow it, or the custodian or the statement does not count. The keyword says which rule. */
        Refused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The proposal is not in the state for this, or the vault does not know the operation. The keyword says which rule. */
        ProposalConflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The proposal cannot be started, or the operation would be refused. The keyword says which rule. */
        NotExecutable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description It cannot be done as things stand. The keyword says which rule. */
        OperationRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description The share does not count, or there is nothing to unseal. The keyword says which rule. */
        ShareRefused: {
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
         * @description The tenant.
         * @example 11111111-1111-4111-8111-111111111111
         */
        TenantId: components["schemas"]["Uuid"];
        /**
         * @description The proposal.
         * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
         */
        ProposalId: components["schemas"]["Uuid"];
    };
    requestBodies: never;
    headers: {
        /**
         * @description Whole seconds to wait before you try again.
         * @example 2
         */
        "Retry-After": number;
    };
    pathItems: never;
}
export type Uuid = components['schemas']['Uuid'];
export type Time = components['schemas']['Time'];
export type RootKeyId = components['schemas']['RootKeyId'];
export type Scheme = components['schemas']['Scheme'];
export type Operation = components['schemas']['Operation'];
export type Workload = components['schemas']['Workload'];
export type Count = components['schemas']['Count'];
export type Facts = components['schemas']['Facts'];
export type Status = components['schemas']['Status'];
export type CustodianName = components['schemas']['CustodianName'];
export type RootKeyView = components['schemas']['RootKeyView'];
export type StoreView = components['schemas']['StoreView'];
export type KeyInventory = components['schemas']['KeyInventory'];
export type BillOfMaterials = components['schemas']['BillOfMaterials'];
export type Census = components['schemas']['Census'];
export type KeyVersionView = components['schemas']['KeyVersionView'];
export type SignedStatement = components['schemas']['SignedStatement'];
export type Propose = components['schemas']['Propose'];
export type StatementRequest = components['schemas']['StatementRequest'];
export type ProposalView = components['schemas']['ProposalView'];
export type Progress = components['schemas']['Progress'];
export type ProposalList = components['schemas']['ProposalList'];
export type ExecuteProposal = components['schemas']['ExecuteProposal'];
export type ExecutionPreview = components['schemas']['ExecutionPreview'];
export type RowsPerSecond = components['schemas']['RowsPerSecond'];
export type StartJob = components['schemas']['StartJob'];
export type JobPreview = components['schemas']['JobPreview'];
export type JobView = components['schemas']['JobView'];
export type JobList = components['schemas']['JobList'];
export type ChangeJob = components['schemas']['ChangeJob'];
export type CertifyKey = components['schemas']['CertifyKey'];
export type CertificatePreview = components['schemas']['CertificatePreview'];
export type CertificateView = components['schemas']['CertificateView'];
export type CertificateList = components['schemas']['CertificateList'];
export type Custody = components['schemas']['Custody'];
export type CustodyReport = components['schemas']['CustodyReport'];
export type UnsealTicket = components['schemas']['UnsealTicket'];
export type ShareSubmission = components['schemas']['ShareSubmission'];
export type UnsealProgress = components['schemas']['UnsealProgress'];
export type Problem = components['schemas']['Problem'];
export type FieldError = components['schemas']['FieldError'];
export type ResponseMalformedRequest = components['responses']['MalformedRequest'];
export type ResponseInvalidBody = components['responses']['InvalidBody'];
export type ResponsePeerRefused = components['responses']['PeerRefused'];
export type ResponseAccessDenied = components['responses']['AccessDenied'];
export type ResponseNotFound = components['responses']['NotFound'];
export type ResponseRequestTimeout = components['responses']['RequestTimeout'];
export type ResponseBodyTooLarge = components['responses']['BodyTooLarge'];
export type ResponseUnsupportedBody = components['responses']['UnsupportedBody'];
export type ResponseRateLimited = components['responses']['RateLimited'];
export type ResponseHeadersTooLarge = components['responses']['HeadersTooLarge'];
export type ResponseInternalError = components['responses']['InternalError'];
export type ResponseUnavailable = components['responses']['Unavailable'];
export type ResponseOutcomeUnknown = components['responses']['OutcomeUnknown'];
export type ResponseHttpVersionRefused = components['responses']['HttpVersionRefused'];
export type ResponseRefused = components['responses']['Refused'];
export type ResponseProposalConflict = components['responses']['ProposalConflict'];
export type ResponseNotExecutable = components['responses']['NotExecutable'];
export type ResponseOperationRefused = components['responses']['OperationRefused'];
export type ResponseShareRefused = components['responses']['ShareRefused'];
export type ParameterTenantId = components['parameters']['TenantId'];
export type ParameterProposalId = components['parameters']['ProposalId'];
export type HeaderRetryAfter = components['headers']['Retry-After'];
export type $defs = Record<string, never>;
export interface operations {
    readStatus: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of this moment. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Status"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readInventory: {
        parameters: {
            query?: {
                /**
                 * @description In which form.
                 * @example cbom
                 */
                format?: "json" | "cbom";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The inventory of this moment. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyInventory"];
                    "application/vnd.cyclonedx+json": components["schemas"]["BillOfMaterials"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    readCensus: {
        parameters: {
            query: {
                /**
                 * @description The tenant.
                 * @example 11111111-1111-4111-8111-111111111111
                 */
                tenant_id: components["parameters"]["TenantId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The count of this moment. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Census"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
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
    listProposals: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Proposals, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalList"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    propose: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Propose"];
            };
        };
        responses: {
            /** @description It waits for another custodian, or can be started. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["Refused"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ProposalConflict"];
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
    readProposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The proposal as it stands. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
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
    approveProposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StatementRequest"];
            };
        };
        responses: {
            /** @description It can be started now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["Refused"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ProposalConflict"];
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
    withdrawProposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StatementRequest"];
            };
        };
        responses: {
            /** @description It is withdrawn. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["Refused"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ProposalConflict"];
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
    executeProposal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExecuteProposal"];
            };
        };
        responses: {
            /** @description What it would do. Nothing was changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExecutionPreview"];
                };
            };
            /** @description It has begun. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProposalView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["Refused"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["NotExecutable"];
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
    readTranscript: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The note. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
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
    readArtifact: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The proposal.
                 * @example 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52
                 */
                proposal_id: components["parameters"]["ProposalId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
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
    listJobs: {
        parameters: {
            query?: {
                /**
                 * @description Whose rows are moved.
                 * @example 11111111-1111-4111-8111-111111111111
                 */
                tenant_id?: components["schemas"]["Uuid"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Jobs, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobList"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    startJob: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartJob"];
            };
        };
        responses: {
            /** @description What would be moved. Nothing was changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobPreview"];
                };
            };
            /** @description The job. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["OperationRefused"];
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
    readJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Whose rows are moved.
                 * @example 11111111-1111-4111-8111-111111111111
                 */
                tenant_id: components["schemas"]["Uuid"];
                /**
                 * @description The job.
                 * @example 5b8b8ac4-6a5e-4f43-9d5b-0c1df0c2f1a1
                 */
                job_id: components["schemas"]["Uuid"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job as it stands. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
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
    changeJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description Whose rows are moved.
                 * @example 11111111-1111-4111-8111-111111111111
                 */
                tenant_id: components["schemas"]["Uuid"];
                /**
                 * @description The job.
                 * @example 5b8b8ac4-6a5e-4f43-9d5b-0c1df0c2f1a1
                 */
                job_id: components["schemas"]["Uuid"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeJob"];
            };
        };
        responses: {
            /** @description The job as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JobView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["OperationRefused"];
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
    listCertificates: {
        parameters: {
            query: {
                /**
                 * @description The tenant.
                 * @example 11111111-1111-4111-8111-111111111111
                 */
                tenant_id: components["parameters"]["TenantId"];
                /**
                 * @description Of this key version alone.
                 * @example 0190f7a1-5c4e-7b00-8a2d-1c3d5e7f9a0b
                 */
                key_id?: components["schemas"]["Uuid"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Certificates, newest first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificateList"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    certifyKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CertifyKey"];
            };
        };
        responses: {
            /** @description A certificate would be issued. Nothing was changed. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificatePreview"];
                };
            };
            /** @description The certificate. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CertificateView"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["OperationRefused"];
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
    readCustody: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The custody of this moment. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Custody"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["AccessDenied"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    beginUnseal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The ticket. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnsealTicket"];
                };
            };
            400: components["responses"]["MalformedRequest"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["Refused"];
            409: components["responses"]["ShareRefused"];
            429: components["responses"]["RateLimited"];
            431: components["responses"]["HeadersTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
            504: components["responses"]["OutcomeUnknown"];
            505: components["responses"]["HttpVersionRefused"];
        };
    };
    bringShare: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ShareSubmission"];
            };
        };
        responses: {
            /** @description The share counts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UnsealProgress"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["PeerRefused"];
            403: components["responses"]["Refused"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ShareRefused"];
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
    readProblemPage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The last part of `type`.
                 * @example approval-refused
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

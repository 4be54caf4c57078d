// The admin API as a table: one line an operation. What a line does not say, the operation does not do.
import type { Reply } from "../http/reply.ts";
import type { AdminCall } from "./admin-plane.ts";
import type { KeyAction } from "./authorize.ts";
import {
  approveProposal,
  executeProposal,
  listAllProposals,
  proposeOperation,
  readOneProposal,
  readProposalArtifact,
  readProposalTranscript,
  withdrawProposal,
} from "./ceremony-calls.ts";
import {
  certifyKeyVersion,
  changeKeyJob,
  listKeyCertificates,
  listKeyJobs,
  readKeyJob,
  startKeyJob,
} from "./job-calls.ts";
import { readKeyCensus, readKeyInventory, readKeyStatus } from "./key-state-calls.ts";
import { beginUnsealing, bringOneShare, readShareCustody } from "./share-calls.ts";

/** How a body is read: as strict JSON within limits, or not at all. */
export type Handler =
  | {
      readonly body: "json";
      readonly limitBytes: number;
      readonly deadlineMs: number;
      readonly handle: (call: AdminCall, body: unknown) => Promise<Reply>;
    }
  | { readonly body: "none"; readonly handle: (call: AdminCall) => Promise<Reply> };

/** One operation of `openapi/vault-admin.yaml`. */
export interface AdminRoute {
  readonly method: "get" | "post" | "patch";
  readonly path: string;
  readonly action: KeyAction;
  readonly handler: Handler;
}

type Row = readonly [AdminRoute["method"], string, KeyAction, Handler];

const KB = 1_024;
const MB = 1_024 * KB;
const json = (limitBytes: number, handle: (call: AdminCall, body: unknown) => Promise<Reply>): Handler => ({
  body: "json",
  limitBytes,
  deadlineMs: limitBytes > MB ? 30_000 : 5_000,
  handle,
});
const none = (handle: (call: AdminCall) => Promise<Reply>): Handler => ({ body: "none", handle });

// A bundle of 16 MB has many quotes, and each takes two characters in JSON.
// prettier-ignore
const table: readonly Row[] = [
  ["get",   "/v1/status",                              "readKeys",            none(readKeyStatus)],
  ["get",   "/v1/inventory",                           "readKeys",            none(readKeyInventory)],
  ["get",   "/v1/census",                              "readKeys",            none(readKeyCensus)],
  ["get",   "/v1/proposals",                           "readKeys",            none(listAllProposals)],
  ["post",  "/v1/proposals",                           "proposeKeyOperation", json(64 * KB, proposeOperation)],
  ["get",   "/v1/proposals/:proposal_id",              "readKeys",            none(readOneProposal)],
  ["post",  "/v1/proposals/:proposal_id/approval",     "approveKeyOperation", json(16 * KB, approveProposal)],
  ["post",  "/v1/proposals/:proposal_id/withdrawal",   "proposeKeyOperation", json(16 * KB, withdrawProposal)],
  ["post",  "/v1/proposals/:proposal_id/execution",    "executeKeyOperation", json(24 * MB, executeProposal)],
  ["get",   "/v1/proposals/:proposal_id/transcript",   "readKeys",            none(readProposalTranscript)],
  ["get",   "/v1/proposals/:proposal_id/artifact",     "executeKeyOperation", none(readProposalArtifact)],
  ["get",   "/v1/jobs",                                "readKeys",            none(listKeyJobs)],
  ["post",  "/v1/jobs",                                "manageKeyJobs",       json(4 * KB, startKeyJob)],
  ["get",   "/v1/jobs/:tenant_id/:job_id",             "readKeys",            none(readKeyJob)],
  ["patch", "/v1/jobs/:tenant_id/:job_id",             "manageKeyJobs",       json(4 * KB, changeKeyJob)],
  ["get",   "/v1/certificates",                        "readKeys",            none(listKeyCertificates)],
  ["post",  "/v1/certificates",                        "manageKeyJobs",       json(4 * KB, certifyKeyVersion)],
  ["get",   "/v1/custody",                             "readKeys",            none(readShareCustody)],
  ["post",  "/v1/unseal",                              "bringShare",          none(beginUnsealing)],
  ["post",  "/v1/unseal/shares",                       "bringShare",          json(16 * KB, bringOneShare)],
];

export const adminRoutes: readonly AdminRoute[] = table.map(([method, path, action, handler]) => ({
  method,
  path,
  action,
  handler,
}));

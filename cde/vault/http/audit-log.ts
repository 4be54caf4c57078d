// GET /v1/audit/…: a tenant's own log, and the proofs that nobody has rewritten it.
import {
  validateAuditEventsQuery,
  validateConsistencyProofQuery,
  validateInclusionProofQuery,
} from "@cofferdam/openapi/validate.ts";
import { Problem } from "@cofferdam/kit/problem.ts";
import { readEvents, readHead, readLeafHashes } from "../audit/audit-store.ts";
import { consistencyProof, inclusionProof, rootAt } from "../audit/proofs.ts";
import { fieldProblem, validQuery } from "./field-problem.ts";
import type { Reply } from "./reply.ts";
import type { Call } from "./vault-context.ts";

/** The latest signed checkpoint, as it was published outside the database. */
export function readCheckpoint(call: Call): Promise<Reply> {
  const note = call.vault.checkpoints.latest(call.tenant.id);
  if (note === null)
    throw new Problem("unavailable", { detail: "No checkpoint has been published yet.", retryAfterSeconds: 5 });
  return Promise.resolve({ kind: "text", contentType: "text/plain; charset=utf-8", body: note });
}

/** A page of the log. Reading it is itself an entry (PCI DSS 10.2.1.3). */
export async function listAuditEvents(call: Call): Promise<Reply> {
  const { from, limit } = validQuery(validateAuditEventsQuery(call.request.query));
  const { attribution, tenant, vault } = call;
  await vault.submit(tenant.id, {
    kind: "record",
    attribution,
    action: "audit.read",
    object: null,
    outcome: "allowed",
    reason: null,
  });
  const entries = await vault.database.asTenant(tenant.id, (tx) => readEvents(tx, from, limit));
  const last = entries.at(-1);
  return json({
    events: entries.map(({ sequence, entry, leafHash }) => ({
      sequence,
      entry,
      leaf_hash: leafHash.toString("base64"),
    })),
    next: last !== undefined && entries.length === limit ? last.sequence + 1 : null,
  });
}

/** Proves that an entry stands in the log of a given size. */
export async function readInclusionProof(call: Call): Promise<Reply> {
  const { sequence, size } = validQuery(validateInclusionProofQuery(call.request.query));
  if (sequence >= size) throw fieldProblem("/sequence", "range", "Must be smaller than size.");
  return call.vault.database.asTenant(call.tenant.id, async (tx) => {
    const head = await readHead(tx);
    if (head === null || size > head.size) throw fieldProblem("/size", "range", "The log is not that long.");
    const leaves = await readLeafHashes(tx, [{ start: sequence, end: sequence + 1 }]);
    const [proof, root] = [await inclusionProof(tx, sequence, size), await rootAt(tx, size)];
    const leafHash = leaves.get(sequence)?.toString("base64");
    return json({ sequence, size, leaf_hash: leafHash, root: root.toString("base64"), proof: base64(proof) });
  });
}

/** Proves that a longer log begins with a shorter one. */
export async function readConsistencyProof(call: Call): Promise<Reply> {
  const { from, to } = validQuery(validateConsistencyProofQuery(call.request.query));
  if (from > to) throw fieldProblem("/from", "range", "Must not be larger than to.");
  return call.vault.database.asTenant(call.tenant.id, async (tx) => {
    const head = await readHead(tx);
    if (head === null || to > head.size) throw fieldProblem("/to", "range", "The log is not that long.");
    const [fromRoot, toRoot] = [await rootAt(tx, from), await rootAt(tx, to)];
    const proof = await consistencyProof(tx, from, to);
    return json({
      from,
      to,
      from_root: fromRoot.toString("base64"),
      to_root: toRoot.toString("base64"),
      proof: base64(proof),
    });
  });
}

function json(value: object): Reply {
  return { kind: "json", status: 200, body: JSON.stringify(value) };
}

function base64(hashes: readonly Buffer[]): readonly string[] {
  return hashes.map((hash) => hash.toString("base64"));
}

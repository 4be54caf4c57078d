// The SQL of answers kept for retries. Rows are visible for the transaction's tenant alone.
import type { Statement, Transaction } from "@cofferdam/kit/database.ts";

/** An answer, found by the MAC of its idempotency key and guarded by the MAC of the request body. */
export interface IdempotentRequest {
  readonly keyMac: Buffer;
  readonly requestMac: Buffer;
  readonly status: number;
  /** The response body: JSON, never with a card number. */
  readonly response: string;
  /** MAC over all of the above: an answer that was edited in the database is not given out. */
  readonly answerMac: Buffer;
}

const selectIdempotentRequests: Statement = {
  name: "select_idempotent_requests",
  text: `
    select key_mac, request_mac, status, response, answer_mac
    from vault.idempotent_request
    where tenant_id = $1 and key_mac = any($2) and created_at > $3`,
};

// A key that is seen again after its day has passed starts anew.
const insertIdempotentRequests: Statement = {
  name: "insert_idempotent_requests",
  text: `
    insert into vault.idempotent_request (tenant_id, key_mac, request_mac, status, response, answer_mac, created_at)
    select $1, key_mac, request_mac, status, response, answer_mac, $7
    from unnest($2::bytea[], $3::bytea[], $4::smallint[], $5::text[], $6::bytea[])
      as new (key_mac, request_mac, status, response, answer_mac)
    on conflict (tenant_id, key_mac) do update
    set request_mac = excluded.request_mac, status = excluded.status, response = excluded.response,
      answer_mac = excluded.answer_mac,
      created_at = excluded.created_at`,
};

const deleteIdempotentRequests: Statement = {
  name: "delete_idempotent_requests",
  text: `
    delete from vault.idempotent_request
    where tenant_id = $1 and created_at <= $2`,
};

/** Answers given since `sinceMs` to the given idempotency keys, by base64 of the key's MAC. */
export async function readIdempotentRequests(
  tx: Transaction,
  tenantId: string,
  keyMacs: readonly Buffer[],
  sinceMs: number,
): Promise<ReadonlyMap<string, IdempotentRequest>> {
  if (keyMacs.length === 0) return new Map();
  const rows = await tx.rows<{
    key_mac: Buffer;
    request_mac: Buffer;
    status: number;
    response: string;
    answer_mac: Buffer;
  }>(selectIdempotentRequests, [tenantId, keyMacs, new Date(sinceMs)]);
  return new Map(
    rows.map(({ key_mac: keyMac, request_mac: requestMac, status, response, answer_mac: answerMac }) => [
      keyMac.toString("base64"),
      { keyMac, requestMac, status, response, answerMac },
    ]),
  );
}

/** Keeps answers, so that a retry with the same key gets the same bytes. */
export async function storeIdempotentRequests(
  tx: Transaction,
  tenantId: string,
  requests: readonly IdempotentRequest[],
  nowMs: number,
): Promise<void> {
  if (requests.length === 0) return;
  await tx.rows(insertIdempotentRequests, [
    tenantId,
    requests.map((request) => request.keyMac),
    requests.map((request) => request.requestMac),
    requests.map((request) => request.status),
    requests.map((request) => request.response),
    requests.map((request) => request.answerMac),
    new Date(nowMs),
  ]);
}

/** Forgets answers older than `beforeMs`. */
export async function forgetIdempotentRequests(tx: Transaction, tenantId: string, beforeMs: number): Promise<void> {
  await tx.rows(deleteIdempotentRequests, [tenantId, new Date(beforeMs)]);
}

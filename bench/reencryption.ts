// How fast rows move from one data key to another, while the worker is killed three times, beside what PostgreSQL alone
// needs to read and write the same rows.
import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { openKeyCertificate } from "@cofferdam/cde/vault/keys/ceremony/key-certificate.ts";
import { verifierKey } from "@cofferdam/cde/vault/audit/signed-note.ts";
import { sandboxTenants } from "@cofferdam/sandbox/callers.ts";
import { carryOut } from "@cofferdam/sandbox/ceremony.ts";
import { trustDomain } from "@cofferdam/sandbox/pki.ts";
import type { StandingAdmin } from "@cofferdam/sandbox/standing-admin.ts";
import type { StandingVault } from "@cofferdam/sandbox/standing-vault.ts";
import { vaultClient } from "@cofferdam/sandbox/vault-client.ts";
import { testCards } from "./test-cards.ts";

export interface ReencryptionOptions {
  readonly standing: StandingVault;
  readonly admin: StandingAdmin;
  readonly adminUrl: string;
  readonly rows: number;
  readonly say: (line: string) => void;
}

const { tenantId } = sandboxTenants.harbourCoffee;
const BATCH = 1_000;
const STEP = 200;
const KILLS = 3;

/** Prints the figures; false unless every row moved and the certificate is good. */
export async function measureReencryption(options: ReencryptionOptions): Promise<boolean> {
  const { standing, admin, rows, say } = options;
  const database = new pg.Client({ connectionString: options.adminUrl });
  await database.connect();
  try {
    say(`filling ${rows} rows`);
    await fill(standing, rows);
    const total = await rowsUnder(database, "true");
    await jobsAreOver(database);
    say("read, modify and write by SQL alone");
    const sqlPerSecond = await readModifyWrite(database);
    say("re-encryption, the worker killed three times");
    const { former_key_id: formerKeyId } = await carryOut(admin, "rotate-data-key", { tenant_id: tenantId });
    const former = String(formerKeyId);
    const moved = await reencrypt(options, database, former, total);
    const left = await rowsUnder(database, `key_id = '${former}'`);
    const isCertified = await certified(admin, database, former);
    process.stdout.write(
      [
        `${total} rows re-encrypted in ${moved.seconds.toFixed(1)} s with ${moved.kills} kills of the worker: ${Math.round(total / moved.seconds)} rows/s`,
        `while it worked: ${Math.round(moved.perSecond)} rows/s; SQL alone: ${Math.round(sqlPerSecond)} rows/s; ratio ${(moved.perSecond / sqlPerSecond).toFixed(2)}`,
        `left under the former key: ${left}; certificate ${isCertified ? "verified" : "MISSING OR NOT BELIEVED"}`,
        "",
      ].join("\n"),
    );
    return left === 0 && isCertified && moved.kills === KILLS;
  } finally {
    await database.end();
  }
}

async function fill(standing: StandingVault, rows: number): Promise<void> {
  const capture = await vaultClient(standing, "capture", sandboxTenants.harbourCoffee);
  const nextCard = testCards(50_000_000);
  for (let filled = 0; filled < rows; filled += BATCH) {
    const items = Array.from({ length: Math.min(BATCH, rows - filled) }, () => ({ card: { pan: nextCard() } }));
    const { response } = await capture.POST("/v1/tokens/batch", { body: { items } });
    if (response.status !== 200) throw new Error(`a batch was answered with ${response.status}`);
  }
}

/** What an earlier measurement set to move must not be in the way, nor be overwritten. */
async function jobsAreOver(database: pg.Client): Promise<void> {
  for (;;) {
    const { rowCount } = await database.query("select from vault.key_job where ended_at is null");
    if (rowCount === 0) return;
    await sleep(500);
  }
}

async function rowsUnder(database: pg.Client, condition: string): Promise<number> {
  const { rows } = await database.query<{ count: string }>(
    `select count(*) from vault.token where tenant_id = $1 and key_id is not null and ${condition}`,
    [tenantId],
  );
  return Number(rows[0]?.count);
}

/** The same rows in the same steps, without a cipher, an audit entry or anything else: a transaction a step. */
async function readModifyWrite(database: pg.Client): Promise<number> {
  const startedAtMs = performance.now();
  let [after, done] = ["", 0];
  for (;;) {
    const { rows } = await database.query<{ token: string; sealed: Buffer }>(
      "select * from vault.token where tenant_id = $1 and key_id is not null and token > $2 order by token limit $3",
      [tenantId, after, STEP],
    );
    if (rows.length === 0) break;
    await database.query(
      `update vault.token t set sealed = moved.sealed from unnest($2::text[], $3::bytea[]) as moved (token, sealed)
       where t.tenant_id = $1 and t.token = any($2) and t.token = moved.token`,
      [tenantId, rows.map(({ token }) => token), rows.map(({ sealed }) => sealed)],
    );
    after = rows.at(-1)?.token ?? after;
    done += rows.length;
  }
  return done / ((performance.now() - startedAtMs) / 1_000);
}

async function reencrypt(
  { admin, rows: planned, say }: ReencryptionOptions,
  database: pg.Client,
  former: string,
  total: number,
): Promise<{ readonly seconds: number; readonly perSecond: number; readonly kills: number }> {
  const { rows } = await database.query<{ job_id: string }>(
    "select job_id from vault.key_job where from_key_id = $1 and ended_at is null",
    [former],
  );
  const jobId = rows[0]?.job_id ?? "";
  const path = { tenant_id: tenantId, job_id: jobId };
  const client = (): ReturnType<StandingAdmin["client"]> => admin.client(admin.custodians.ade);
  await client().PATCH("/v1/jobs/{tenant_id}/{job_id}", {
    params: { path },
    body: { max_rows_per_second: 1_000_000 },
  });
  const startedAtMs = performance.now();
  let [kills, idleMs] = [0, 0];
  for (;;) {
    const left = await rowsUnder(database, `key_id = '${former}'`);
    const { rows: ended } = await database.query(
      "select from vault.key_job where job_id = $1 and ended_at is not null",
      [jobId],
    );
    if (ended.length > 0) break;
    if (kills < KILLS && left < total - ((kills + 1) * planned) / (KILLS + 1)) {
      const killedAtMs = performance.now();
      await admin.admin.kill();
      kills += 1;
      say(`killed with ${left} of ${total} rows left`);
      await admin.restart();
      idleMs += performance.now() - killedAtMs;
    }
    await sleep(50);
  }
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return { seconds, perSecond: total / (seconds - idleMs / 1_000), kills };
}

async function certified(admin: StandingAdmin, database: pg.Client, former: string): Promise<boolean> {
  const { rows } = await database.query<{ note: string }>("select note from vault.key_certificate where key_id = $1", [
    former,
  ]);
  const publicKey = createPublicKey(await readFile(admin.transcriptPublicKeyFile));
  const [note] = rows;
  if (note === undefined) return false;
  return openKeyCertificate(note.note, [verifierKey(`${trustDomain}/key-ceremonies`, publicKey)]).keyId === former;
}

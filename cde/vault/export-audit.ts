// The command `export-audit`: joins the log with what is known of tenants and of token rows.
import { exportAudit } from "./audit/export-audit.ts";
import type { TokenLine } from "./audit/export-format.ts";
import { readTenantIds } from "./tenants/tenant-store.ts";
import { rowDigest, type TokenRow } from "./tokens/token-row.ts";
import { readTokenPage } from "./tokens/token-store.ts";

/** A row as an export shows it: what the log has committed to, and nothing of the card. */
function tokenLineOf(row: TokenRow): TokenLine {
  const digest = rowDigest(row)?.toString("base64") ?? null;
  return { token: row.token, rowVersion: row.rowVersion, rowDigest: digest, status: row.status };
}

process.exitCode = await exportAudit(
  process.argv.slice(2),
  { stdout: process.stdout, stderr: process.stderr, now: () => performance.now() },
  { readTenantIds, readTokens: async (tx, after, limit) => (await readTokenPage(tx, after, limit)).map(tokenLineOf) },
);

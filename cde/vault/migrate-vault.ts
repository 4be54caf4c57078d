import { join } from "node:path";
import type { Logger } from "@cofferdam/kit/log.ts";
import { migrate } from "@cofferdam/kit/migrate.ts";

/** Brings the vault's schema up to date, as cofferdam_owner. Forward only; safe to run at any time. */
export async function migrateVault(ownerUrl: string, log: Logger): Promise<void> {
  await migrate({ url: ownerUrl, directory: join(import.meta.dirname, "migrations"), log });
}

// The table of commands, in the order in which they are needed.
import type { Command } from "./command.ts";
import { approve, withdraw } from "./commands/approve.ts";
import { exportKeys, importKeys } from "./commands/carry.ts";
import { ceremony } from "./commands/ceremony.ts";
import { init } from "./commands/custodians.ts";
import { custody } from "./commands/custody.ts";
import { inventory } from "./commands/inventory.ts";
import { jobs, reencrypt } from "./commands/jobs.ts";
import { proposals } from "./commands/proposals.ts";
import { propose } from "./commands/propose.ts";
import { retire } from "./commands/retire.ts";
import { revoke } from "./commands/revoke.ts";
import { destroy, rotate, wraps } from "./commands/start.ts";
import { census, status } from "./commands/state.ts";
import { transcript } from "./commands/transcript.ts";
import { shareKey, unseal } from "./commands/unseal.ts";
import { verifyAudit } from "./commands/verify-audit.ts";
import { verifyTranscript } from "./commands/verify-transcript.ts";

/** Every command of `keyops`. */
export const commands: readonly Command[] = [
  status,
  census,
  inventory,
  ceremony,
  propose,
  approve,
  withdraw,
  proposals,
  rotate,
  reencrypt,
  jobs,
  retire,
  destroy,
  revoke,
  wraps,
  exportKeys,
  importKeys,
  shareKey,
  init,
  unseal,
  custody,
  transcript,
  verifyTranscript,
  verifyAudit,
];

// `keyops revoke`: the emergency. One custodian is enough, for it only ever makes things safer: the key protects nothing new,
// and its rows move away from it as fast as they can.
import { formatCeremonyFile, readCeremonyFile } from "../../vault/keys/ceremony/ceremony-file.ts";
import type { Call, Command, Outcome } from "../command.ts";
import { writeNew } from "../files.ts";
import { endedOutcome, nextCommand } from "../proposal-text.ts";
import { count, factLines } from "../text.ts";
import { findVersion, tenantOptions } from "./key-version.ts";
import { proposed } from "./propose.ts";
import { started, startExitCodes, startOptions } from "./start.ts";

export const revoke: Command = {
  name: "revoke",
  summary: "revoke a compromised key version at once; needs no second custodian",
  description:
    "Writes the ceremony, proposes it and starts it in one go. A successor takes over, and what is under the key moves to it with priority. Other custodians see it in the log, and can read the transcript.",
  words: [],
  options: {
    ...tenantOptions,
    reason: { value: "<text>", help: "why: one line of 10 to 500 characters" },
    "ceremony-out": { value: "<file>", help: "keep the ceremony file too" },
    "no-wait": startOptions["no-wait"],
    "dry-run": { help: "only show the key and how many rows would move" },
  },
  isOnline: true,
  examples: [
    "revoke --tenant <id> --purpose data --version 3 --reason 'Key seen outside the vault, incident 2026-7.'",
    "revoke --tenant <id> --purpose index --version 1 --reason 'Exercise of the incident plan.' --dry-run",
  ],
  exitCodes: startExitCodes,
  run: async (call) => {
    const { options } = call;
    const file = readCeremonyFile(
      Buffer.from(
        formatCeremonyFile({
          operation: "revoke-key",
          reason: options.text("reason"),
          parameters: {
            tenant_id: options.id("tenant"),
            purpose: options.choice("purpose", ["data", "index"]),
            version: options.integer("version", { min: 1, max: 999_999_999 }),
          },
        }),
      ),
    );
    if (options.flag("dry-run")) return previewRevocation(call);
    if (options.has("ceremony-out")) await writeNew(options.text("ceremony-out"), file.text);
    const connection = await call.connect();
    const view = await proposed(call, connection, file, hourMs);
    const ended = await started(call, connection, view, {});
    return endedOutcome(ended, nextCommand(ended));
  },
};

/** Long enough for the start that follows, and for a second try. */
const hourMs = 3_600_000;

async function previewRevocation(call: Call): Promise<Outcome> {
  const key = await findVersion(call, (await call.connect()).admin);
  const facts = factLines([
    ["key", key.key_id],
    ["state", key.state],
    ["rows", `${count(key.rows)} to move`],
  ]);
  return { text: `${facts}Nothing was revoked: --dry-run.\n`, json: { dry_run: true, key } };
}

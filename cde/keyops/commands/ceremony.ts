// `keyops ceremony`: writes a ceremony file, so that nobody has to remember its form.
import {
  formatCeremonyFile,
  readCeremonyFile,
  type CeremonyFile,
  type CeremonyValue,
} from "../../vault/keys/ceremony/ceremony-file.ts";
import type { Call, Command, Outcome } from "../command.ts";
import { UsageError } from "../errors.ts";
import { writeNew } from "../files.ts";
import { sharedOperations } from "../operations.ts";
import { factLines } from "../text.ts";

export const ceremony: Command = {
  name: "ceremony",
  summary: "write a ceremony file, to be reviewed before anybody signs",
  description:
    "Writes the file that says what is to be done and why. Give it to the other custodians: whoever approves compares their own copy with what was proposed.",
  words: [{ name: "operation", choices: sharedOperations }],
  options: {
    reason: { value: "<text>", help: "why: one line of 10 to 500 characters" },
    param: { value: "<name>=<value>", help: "a parameter of the operation; once more for each", isRepeated: true },
    out: { value: "<file>", help: "the file to make; otherwise it goes to standard output" },
  },
  isOnline: false,
  examples: [
    "ceremony rotate-root-key --param scheme=pkcs11 --reason 'Yearly rotation, change 2026-114.' --out rotation.yaml",
    "ceremony destroy-key --param tenant_id=<id> --param purpose=data --param version=3 --reason 'Retired in January.'",
  ],
  exitCodes: { 1: "it failed, and no file was made" },
  run: async (call) => {
    const { options } = call;
    const text = formatCeremonyFile({
      operation: call.word("operation"),
      reason: options.text("reason"),
      parameters: Object.fromEntries(options.texts("param").map(parameterOf)),
    });
    return written(call, readCeremonyFile(Buffer.from(text)));
  },
};

/** Writes a ceremony file where `--out` says, and tells its digest and what comes next. */
export async function written({ options }: Call, file: CeremonyFile): Promise<Outcome> {
  const digest = file.digest.toString("hex");
  if (!options.has("out")) return { text: file.text, json: { ceremony: file.text, digest } };
  const out = options.text("out");
  await writeNew(out, file.text);
  const next = `keyops propose --ceremony ${out}`;
  return {
    text: factLines([
      ["written", out],
      ["digest", digest],
      ["next", next],
    ]),
    json: { written: out, digest, next },
  };
}

/** Whole numbers become integers: what only looks like one, such as a digest of digits, is longer. */
function parameterOf(given: string): readonly [string, CeremonyValue] {
  const [, name, value] = /^([a-z][a-z0-9_]*)=([^]*)$/.exec(given) ?? [];
  if (name === undefined || value === undefined) throw new UsageError("--param must be <name>=<value>");
  return [name, /^\d{1,9}$/.test(value) ? Number(value) : value];
}

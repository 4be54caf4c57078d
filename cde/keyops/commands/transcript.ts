// `keyops transcript`: the signed record of a ceremony, to be kept where the vault cannot reach it.
import type { Command } from "../command.ts";
import { mustBeNew, writeNew } from "../files.ts";
import { factLines } from "../text.ts";
import { proposalWord } from "./proposals.ts";

export const transcript: Command = {
  name: "transcript",
  summary: "fetch the signed transcript of a ceremony that is over",
  description:
    "It holds the ceremony file, both custodians' signed statements, the roster of that day and what came of it, signed by the vault. Keep it; keyops verify-transcript checks it offline, years later.",
  words: [proposalWord],
  options: { out: { value: "<file>", help: "the file to make; it must not be there" } },
  isOnline: true,
  examples: [
    "transcript 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --out rotation.transcript",
    "transcript 7d0f5a56-5d7a-4c06-9d0a-1f5c1d7d3c52 --out rotation.transcript --json",
  ],
  exitCodes: { 1: "there is none: the operation is not over", 3: "the vault is not available" },
  run: async (call) => {
    const out = call.options.text("out");
    await mustBeNew(out);
    const { admin } = await call.connect();
    await writeNew(out, await admin.transcript(call.word("proposal")));
    const next = `keyops verify-transcript --file ${out} --public-key <file>`;
    return {
      text: factLines([
        ["written", out],
        ["next", next],
      ]),
      json: { written: out, next },
    };
  },
};

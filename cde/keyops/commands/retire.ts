// `keyops retire`: the certificate that no row is under a key version, without which it cannot be destroyed.
import { writeNew, mustBeNew } from "../files.ts";
import type { Command } from "../command.ts";
import { factLines } from "../text.ts";
import { findVersion, tenantOptions } from "./key-version.ts";

export const retire: Command = {
  name: "retire",
  summary: "certify that no row is left under a key version",
  description:
    "The vault counts behind the lock of the tenant's log and signs a certificate that stands at one place in it. With rows left it refuses and says how many. One that exists already is given again.",
  words: [],
  options: {
    ...tenantOptions,
    out: { value: "<file>", help: "keep the certificate; it must not be there" },
    "dry-run": { help: "only count" },
  },
  isOnline: true,
  examples: [
    "retire --tenant <id> --purpose data --version 3 --out data-3.certificate",
    "retire --tenant <id> --purpose data --version 3 --dry-run",
  ],
  exitCodes: { 1: "rows are left, or the key is in use; there is no certificate", 3: "the vault is not available" },
  run: async (call) => {
    const { options } = call;
    if (options.has("out")) await mustBeNew(options.text("out"));
    const { admin } = await call.connect();
    const key = await findVersion(call, admin);
    const { key_id } = key;
    const request = { tenant_id: options.id("tenant"), key_id };
    if (options.flag("dry-run")) {
      const answer = await admin.previewCertificate(request);
      return { text: "0 rows: it would be certified.\n", json: { ...answer } };
    }
    const certificate = await admin.certify(request);
    if (options.has("out")) await writeNew(options.text("out"), certificate.note);
    const { version, purpose } = key;
    const named = [`tenant_id=${request.tenant_id}`, `purpose=${purpose}`, `version=${version}`];
    const written = options.has("out") ? options.text("out") : null;
    const text = factLines([
      ["certified", `0 rows under ${key_id}`],
      ["issued", certificate.issued_at],
      ["written", written],
      ["next", `keyops ceremony destroy-key ${named.map((param) => `--param ${param}`).join(" ")} --reason <text>`],
    ]);
    return { text, json: { certificate, written } };
  },
};

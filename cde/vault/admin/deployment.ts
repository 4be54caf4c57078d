// What the inventory says that neither the database nor a store of root keys knows.
import { createPublicKey, hash, type KeyObject } from "node:crypto";
import type { CryptoperiodFile } from "../keys/cryptoperiods.ts";
import type { InventoryFacts } from "../keys/inventory/inventory.ts";
import type { Deployment } from "../rotation/inventory-facts.ts";
import type { Roster } from "./custodians.ts";

/** Of the admin process's parts, what the inventory names. */
export interface DeploymentParts {
  readonly inventory: Pick<InventoryFacts, "deployment" | "owner">;
  readonly cryptoperiods: CryptoperiodFile;
  readonly roster: Roster;
  readonly transcriptKey: KeyObject;
  /** Public keys that signed transcripts and certificates before. */
  readonly earlierTranscriptKeys: readonly KeyObject[];
  /** Public keys of the vault's checkpoints: the first signs now. */
  readonly checkpointKeys: readonly KeyObject[];
}

/** The facts of this moment: the custodians are those of the roster as it stands. */
export function deploymentOf(parts: DeploymentParts): Deployment {
  const { cryptoperiods, roster, inventory, transcriptKey, earlierTranscriptKeys, checkpointKeys } = parts;
  const transcriptKeys = [createPublicKey(transcriptKey), ...earlierTranscriptKeys];
  return {
    ...inventory,
    cryptoperiods,
    custodians: roster.current().map(({ name }) => name),
    signingKeys: [
      ...signingKeysOf("transcript", transcriptKeys, "file of the admin process"),
      ...signingKeysOf("checkpoint", checkpointKeys, "file of the vault"),
    ],
  };
}

/** The first signs now; the others did before it. */
function signingKeysOf(
  kind: InventoryFacts["signingKeys"][number]["kind"],
  publicKeys: readonly KeyObject[],
  location: string,
): InventoryFacts["signingKeys"] {
  return publicKeys.map((key, index) => ({
    kind,
    fingerprint: hash("sha256", key.export({ type: "spki", format: "der" }), "hex"),
    state: index === 0 ? "active" : "retired",
    createdAtMs: null,
    location,
  }));
}

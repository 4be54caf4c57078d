// Devices count wrong PINs and lock. A PIN that was refused is not tried again while its file is the same.
import { statSync } from "node:fs";
import { RootKeyError } from "../vault/keys/root/root-key.ts";

export interface PinGate {
  /**
   * What tells the PIN file of this moment from any other, for `shut`. Throws RootKeyError `pin_refused` while the file is
   * the one that was refused.
   */
  readonly pass: () => string;
  readonly shut: (stamp: string) => void;
}

/** A gate for one agent's life: a new start is a decision of somebody who may have corrected the device. */
export function createPinGate(pinFile: string): PinGate {
  let refused: string | null = null;
  return {
    pass: () => {
      const stamp = stampOf(pinFile);
      if (stamp === refused) {
        throw new RootKeyError("pin_refused", "the HSM refused the PIN; it is not tried again until its file changes");
      }
      return stamp;
    },
    shut: (stamp) => void (refused = stamp),
  };
}

function stampOf(file: string): string {
  const { ino, size, mtimeNs } = statSync(file, { bigint: true, throwIfNoEntry: false }) ?? {};
  return `${ino} ${size} ${mtimeNs}`;
}

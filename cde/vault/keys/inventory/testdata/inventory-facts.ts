// A small deployment, for the inventory's tests and the example under compliance-evidence/crypto/testdata.
import { join } from "node:path";
import { readCryptoperiodFile } from "../../cryptoperiods.ts";
import type { InventoryFacts } from "../inventory.ts";

const day = 86_400_000;
const takenAtMs = Date.parse("2026-11-24T12:00:00Z");

export const exampleFacts: InventoryFacts = {
  takenAtMs,
  deployment: "example",
  owner: "key management",
  custodians: ["alice", "bob", "carol"],
  rootKeys: [
    {
      id: "pkcs11:00000000-0000-4000-8000-00000000a001",
      scheme: "pkcs11",
      location: "PKCS#11 token cofferdam, slot 0",
      state: "active",
      createdAtMs: takenAtMs - 340 * day,
      activatedAtMs: takenAtMs - 340 * day,
    },
    {
      id: "custodians:00000000-0000-4000-8000-00000000a002",
      scheme: "custodians",
      location: "file under shares of custodians, 2 of 3",
      state: "unwrap-only",
      createdAtMs: takenAtMs - 400 * day,
      activatedAtMs: takenAtMs - 400 * day,
    },
  ],
  tenants: [
    {
      tenantId: "11111111-1111-4111-8111-111111111111",
      keys: [
        {
          id: "00000000-0000-4000-8000-00000000b001",
          purpose: "data",
          version: 1,
          state: "decrypt-only",
          isPrimary: false,
          uses: 4_000,
          activatedAtMs: takenAtMs - 100 * day,
          rows: 1_234,
          wrappedBy: ["pkcs11:00000000-0000-4000-8000-00000000a001"],
        },
        {
          id: "00000000-0000-4000-8000-00000000b002",
          purpose: "data",
          version: 2,
          state: "active",
          isPrimary: true,
          uses: 2 ** 20,
          activatedAtMs: takenAtMs - 10 * day,
          rows: 1_000_000,
          wrappedBy: ["pkcs11:00000000-0000-4000-8000-00000000a001", "custodians:00000000-0000-4000-8000-00000000a002"],
        },
        {
          id: "00000000-0000-4000-8000-00000000b003",
          purpose: "index",
          version: 1,
          state: "active",
          isPrimary: true,
          uses: 0,
          activatedAtMs: takenAtMs - 100 * day,
          rows: 1_001_234,
          wrappedBy: ["pkcs11:00000000-0000-4000-8000-00000000a001"],
        },
        {
          id: "00000000-0000-4000-8000-00000000b004",
          purpose: "request",
          version: 1,
          state: "destroyed",
          isPrimary: false,
          uses: 0,
          activatedAtMs: takenAtMs - 800 * day,
          rows: 0,
          wrappedBy: [],
        },
      ],
    },
  ],
  signingKeys: [
    {
      kind: "checkpoint",
      fingerprint: "c0".repeat(32),
      state: "active",
      createdAtMs: takenAtMs - 366 * day,
      location: "vault process",
    },
    { kind: "transcript", fingerprint: "70".repeat(32), state: "retired", createdAtMs: null, location: "archive" },
  ],
  cryptoperiods: await readCryptoperiodFile(join(import.meta.dirname, "../../../../../policies/cryptoperiods.yaml")),
};

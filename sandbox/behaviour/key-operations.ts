// Key operations of a standing vault without its admin process: what that process would do, called directly.
import { createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from "node:crypto";
import { openNote, signNote, verifierKey } from "@cofferdam/cde/vault/audit/signed-note.ts";
import { readCryptoperiods } from "@cofferdam/cde/vault/keys/cryptoperiods.ts";
import { openRootKeys } from "@cofferdam/cde/vault/keys/root/open-root-keys.ts";
import type { DestructibleRootKeyStore } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { schemeOf } from "@cofferdam/cde/vault/keys/root/root-key.ts";
import { createJobWorker, type JobWorker } from "@cofferdam/cde/vault/rotation/job-worker.ts";
import { OperationError, type OperationContext } from "@cofferdam/cde/vault/rotation/operation.ts";
import { createOperations } from "@cofferdam/cde/vault/rotation/operations.ts";
import { createTenantRegistry } from "@cofferdam/cde/vault/tenants/tenant-registry.ts";
import { createLogger } from "@cofferdam/kit/log.ts";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { TestBed } from "../test-bed.ts";

const cryptoperiodFile = path.resolve(import.meta.dirname, "../../policies/cryptoperiods.yaml");

/** An operation context over a test bed, and what verifies its certificates. */
export interface KeyOperations {
  readonly context: OperationContext;
  readonly publicKey: KeyObject;
  /** The name of its signatures. */
  readonly signer: string;
  /** Runs an operation as its ceremony file would name it. */
  readonly run: (name: string, parameters: Readonly<Record<string, unknown>>) => Promise<Record<string, unknown>>;
  /** Starts a worker that moves rows; the test stops it. */
  readonly startWorker: () => JobWorker;
}

/** Opens the bed's root keys once more, as the admin process does. `rootKeys` may name more stores than the vault has. */
export async function keyOperations(bed: TestBed, rootKeys = bed.standing.rootKeys): Promise<KeyOperations> {
  const passphrase = (await readFile(bed.standing.rootKeyPassphraseFile, "utf8")).trim();
  const opened = await openRootKeys(rootKeys, { passphrase, production: true, now: Date.now });
  const { privateKey } = generateKeyPairSync("ed25519");
  const publicKey = createPublicKey(privateKey);
  const signer = "cofferdam.test/key-ceremonies";
  const context: OperationContext = {
    database: bed.databaseAs("rotator"),
    rootKeys: opened,
    attribution: {
      actor: { workload: "management/custodian-mei", clientId: "keyops" },
      origin: "local",
      requestId: randomUUID(),
    },
    now: Date.now,
    build: "test",
    sign: (text) => signNote(text, signer, privateKey),
    verify: (note) => openNote(note, [verifierKey(signer, publicKey)]),
    destroyRootKey: (id) => {
      const store = opened.store(schemeOf(id) ?? "");
      if (!("destroy" in store)) throw new OperationError("not_possible", "that store destroys nothing");
      return (store as DestructibleRootKeyStore).destroy(id);
    },
    onProgress: () => undefined,
  };
  const operations = createOperations(1_000);
  const cryptoperiods = await readCryptoperiods(cryptoperiodFile);
  return {
    context,
    publicKey,
    signer,
    run: async (name, parameters) => {
      const operation = operations.get(name);
      if (operation === undefined) throw new Error(`no operation ${name}`);
      operation.check(parameters);
      await operation.preview(context, parameters);
      return { ...(await operation.run(context, parameters)) };
    },
    startWorker: () => {
      const { database } = context;
      const actor = { workload: "cde/vault-admin", clientId: "key-jobs" };
      return createJobWorker({
        context: { ...context, attribution: { ...context.attribution, actor } },
        tenants: createTenantRegistry({ database, rootKeys: opened, cryptoperiods, now: Date.now }),
        log: createLogger({ service: "test", level: "error" }),
        idleMs: 50,
        onMoved: () => undefined,
        onEnded: () => undefined,
      });
    },
  };
}

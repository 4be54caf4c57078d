// Root keys in a file that custodians open together. It runs inside the key agent; custodians reach it through the admin
// process, which sees envelopes and signatures and never a share.
import {
  LOCATION,
  begin,
  initialise,
  readSharedFile,
  recordHandOver,
  redistribute,
  report,
  submit,
  type Custody,
  type CustodyReport,
  type NewlyShared,
  type UnsealProgress,
} from "./custody-calls.ts";
import type { HandOverRequest, ShareSubmission, SharingRequest } from "./custody-request.ts";
import { RootKeyError, type DestructibleRootKeyStore } from "../root/root-key.ts";
import { createTurns } from "./turns.ts";
import type { UnsealTicket } from "./unseal-attempt.ts";

/**
 * A root key store that starts sealed, with the custody calls. Those take and give JSON, run one after another, and throw
 * CustodyError as well as RootKeyError; what they take is checked, whatever its type says.
 */
export interface CustodianStore extends DestructibleRootKeyStore {
  /**
   * Makes file, unseal key, shares and the first root key. The store stays sealed: the first unsealing shows that enough
   * custodians can open their envelopes, before anything is wrapped under a key that only they can bring.
   */
  initialise(request: SharingRequest): Promise<NewlyShared>;
  /** The ticket of the attempt that is on, or of a new one. */
  begin(): Promise<UnsealTicket>;
  /** Takes a share; the one that completes the threshold opens the store, or ends the attempt with `not_opened`. */
  submit(submission: ShareSubmission): Promise<UnsealProgress>;
  /** Forgets keys and attempt. */
  seal(): Promise<{ readonly is_sealed: true }>;
  /**
   * Seals every root key anew under a new unseal key with new shares; what the old shares open is gone. Until the
   * envelopes are with the custodians, what is in memory is the only way to the keys: repeat the call if the answer was lost.
   */
  redistribute(request: SharingRequest): Promise<NewlyShared>;
  /** Records that a share was handed over. Throws CustodyError `too_many_shares` as `mayReceive` says. */
  handOver(request: HandOverRequest): Promise<CustodyReport>;
  custody(): Promise<CustodyReport>;
}

/**
 * Opens the store over a file, which need not be there yet.
 *
 * @param options `now` is the clock, in milliseconds since 1970
 * @throws RootKeyError `malformed_file`
 */
export async function openCustodianStore(
  path: string,
  options: { readonly now: () => number },
): Promise<CustodianStore> {
  const custody: Custody = { path, now: options.now, attempt: null, opened: null };
  await readSharedFile(path);
  // Two shares never meet in the middle of each other.
  const inTurn = createTurns();
  const opened = (): DestructibleRootKeyStore => {
    if (custody.opened === null) throw new RootKeyError("sealed", "the custodians have not opened the root key file");
    return custody.opened.store;
  };
  return {
    scheme: "custodians",
    // async, so that a sealed store rejects
    wrap: async (...wrap) => await opened().wrap(...wrap),
    unwrap: async (...wrap) => await opened().unwrap(...wrap),
    generate: async () => await opened().generate(),
    destroy: async (rootKeyId) => {
      await opened().destroy(rootKeyId);
    },
    status: async () => (await custody.opened?.store.status()) ?? { isSealed: true, keys: [], location: LOCATION },
    initialise: (request) => inTurn(() => initialise(custody, request)),
    begin: () => inTurn(() => begin(custody)),
    submit: (submission) => inTurn(() => submit(custody, submission)),
    seal: () =>
      inTurn(() => {
        custody.attempt = null;
        custody.opened = null;
        return Promise.resolve({ is_sealed: true });
      }),
    redistribute: (request) => inTurn(() => redistribute(custody, request)),
    handOver: (request) => inTurn(() => recordHandOver(custody, request)),
    custody: () => inTurn(() => report(custody)),
  };
}

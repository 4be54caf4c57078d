// The two ceremonies about custodians themselves, over the key agent: the first sharing, and a new one when custodians
// change. What comes of them are envelopes, each encrypted to one custodian; nobody else can open one.
import { createPublicKey, hash } from "node:crypto";
import type { NewlyShared } from "../keys/custody/custody-calls.ts";
import type { CustodyClient } from "../keys/custody/custody-client.ts";
import { CustodyError } from "../keys/custody/custody-error.ts";
import { readSharingRequest, type SharingRequest } from "../keys/custody/custody-request.ts";
import { OperationError, type Operation } from "../rotation/operation.ts";
import { malformed, only, type Parameters } from "../rotation/parameters.ts";
import type { Custodian } from "./custodians.ts";

/**
 * Makes the operations `initialise-custodians` and `redistribute-shares`. Custodians are named as in the roster, with both
 * keys of the roster: a share is signed for by nobody else, and encrypted to nobody else.
 *
 * A run whose answer was lost is not repeated by itself: `initialise-custodians` is refused then, and its file, which
 * nothing is wrapped under yet, must be removed; `redistribute-shares` makes a new sharing.
 */
export function custodyOperations(
  client: CustodyClient | null,
  custodians: () => readonly Custodian[],
): readonly Operation[] {
  return [
    custodyOperation("initialise-custodians", (agent, request) => agent.initialise(request), client, custodians),
    custodyOperation("redistribute-shares", (agent, request) => agent.redistribute(request), client, custodians),
  ];
}

// Any digest, for a check of everything else: the real one is that of the file in which the parameters stand.
const NO_DIGEST = "0".repeat(64);

function custodyOperation(
  name: string,
  share: (agent: CustodyClient, request: SharingRequest) => Promise<NewlyShared>,
  client: CustodyClient | null,
  custodians: () => readonly Custodian[],
): Operation {
  const agent = (): CustodyClient => {
    if (client === null) throw new OperationError("unknown_store", "no root key here is opened by custodians");
    return client;
  };
  const check = (parameters: Parameters): void => {
    demandRequest({ ...parameters, ceremony_digest: NO_DIGEST });
    demandListed(parameters, custodians());
  };
  return {
    name,
    approvalsNeeded: 1,
    check: (parameters) => {
      only(parameters, "threshold", "custodians");
      check(parameters);
    },
    preview: async (_context, parameters) => {
      check(parameters);
      const { custodians: named } = readSharingRequest(parameters);
      const report = await agent().custody();
      return { threshold: parameters["threshold"], custodians: named.map((each) => each.name), custody: report };
    },
    run: async (_context, parameters) => {
      check(parameters);
      // Checked above, and by the agent again.
      const { threshold, custodians: named, ceremony_digest } = parameters as unknown as SharingRequest;
      const shared = await share(agent(), { threshold, custodians: named, ceremony_digest });
      return { sharing_id: shared.sharing_id, threshold, envelopes: shared.envelopes };
    },
  };
}

function demandRequest(request: Parameters): void {
  try {
    readSharingRequest(request);
  } catch (error) {
    if (error instanceof CustodyError) throw new OperationError("malformed", error.message, "/parameters");
    throw error;
  }
}

function demandListed({ custodians: named }: Parameters, roster: readonly Custodian[]): void {
  for (const { name, share_key: shareKey, signing_key: pem } of named as SharingRequest["custodians"]) {
    const publicKey = hash("sha256", createPublicKey(pem).export({ type: "spki", format: "der" }), "hex");
    const listed = roster.find((custodian) => custodian.name === name && custodian.publicKey === publicKey);
    // Null is nobody's share key: `shareKey` was read as one.
    if (listed?.shareKey !== shareKey) {
      throw malformed("custodians", "custodians of the roster, with the signing keys and share keys that it lists");
    }
  }
}

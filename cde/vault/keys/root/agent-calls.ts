// A root-key store over frames: what stands at both ends of the wire, between vault and agent as between agent and HSM.
import { ProtocolError, type CallName, type Frame } from "./agent-protocol.ts";
import type { Field } from "../fields.ts";
import { RootKeyError, rootKeySchemes } from "./root-key.ts";
import type {
  DestructibleRootKeyStore,
  RootKeyErrorCode,
  RootKeyFacts,
  RootKeyScheme,
  RootKeyStatus,
} from "./root-key.ts";

/**
 * Sends a call and gives what `read` makes of its answer's fields; their bytes are wiped when `read` returns. Rejects
 * with RootKeyError.
 */
export type Exchange = <Value>(
  call: CallName,
  fields: readonly Field[],
  read: (fields: readonly Field[]) => Value,
) => Promise<Value>;

/** The calls' end: a store whose root keys are behind `exchange`. */
export function storeBehind(scheme: RootKeyScheme, exchange: Exchange): DestructibleRootKeyStore {
  return {
    scheme,
    wrap: (id, secret, context) => exchange("wrap", [id, secret, context], bytesOf),
    unwrap: (id, wrapped, context) => exchange("unwrap", [id, wrapped, context], bytesOf),
    generate: () => exchange("generate", [], ([id, createdAtMs]) => factsOf(id, createdAtMs)),
    status: () => exchange("status", ["store"], (fields) => statusOf(scheme, fields)),
    destroy: (id) => exchange("destroy", [id], () => undefined),
  };
}

/**
 * The answers' end: does one call and gives the fields to answer with; byte fields are the caller's to wipe. Rejects with
 * what the store rejects with, and with ProtocolError when the fields are not those of the call.
 */
export async function answerCall(
  store: DestructibleRootKeyStore,
  call: CallName,
  fields: readonly Field[],
): Promise<readonly Field[]> {
  switch (call) {
    case "wrap":
      return [await store.wrap(textAt(fields, 0), bytesAt(fields, 1), bytesAt(fields, 2))];
    case "unwrap":
      return [await store.unwrap(textAt(fields, 0), bytesAt(fields, 1), bytesAt(fields, 2))];
    case "generate": {
      const { id, createdAtMs } = await store.generate();
      return [id, createdAtMs];
    }
    case "status": {
      const { isSealed, location, keys } = await store.status();
      return [store.scheme, isSealed ? 1 : 0, location, ...keys.flatMap(({ id, createdAtMs }) => [id, createdAtMs])];
    }
    case "destroy":
      await store.destroy(textAt(fields, 0));
      return [];
  }
}

// The codes that a store may answer with. A code of opening a file means nothing to a caller of the agent.
const refusalCodes: readonly RootKeyErrorCode[] = [
  "refused",
  "unknown_key",
  "unavailable",
  "sealed",
  "unsupported",
  "pin_refused",
];

/** The frame that refuses a call. Only sentences of ours go along; any other error is an outage to the caller. */
export function refusalOf(call: number, error: unknown): Frame {
  const isKnown = error instanceof RootKeyError && refusalCodes.includes(error.code);
  const fields = isKnown ? [error.code, error.message] : ["unavailable", "the root-key store failed"];
  return { kind: "refusal", call, fields };
}

/** The error that a refusal stands for. */
export function errorOf({ fields: [code, sentence] }: Frame): RootKeyError {
  const known = refusalCodes.find((each) => each === code);
  if (known === undefined || typeof sentence !== "string") return unintelligible();
  return new RootKeyError(known, sentence);
}

function statusOf(scheme: RootKeyScheme, fields: readonly Field[]): RootKeyStatus {
  const [told, isSealed, location, ...keys] = fields;
  if (rootKeySchemes.find((each) => each === told) !== scheme) {
    throw new RootKeyError("unavailable", "what answers holds root keys of another scheme");
  }
  if (typeof location !== "string" || keys.length % 2 !== 0) throw unintelligible();
  const facts = keys.flatMap((id, index) => (index % 2 === 0 ? [factsOf(id, keys[index + 1])] : []));
  return { isSealed: isSealed !== 0, location, keys: facts };
}

function factsOf(id: Field | undefined, createdAtMs: Field | undefined): RootKeyFacts {
  if (typeof id !== "string" || (typeof createdAtMs !== "number" && createdAtMs !== null)) throw unintelligible();
  return { id, createdAtMs };
}

/** A copy, outside Node's shared pool of small buffers: the frame is wiped. */
function bytesOf([bytes]: readonly Field[]): Buffer {
  if (!Buffer.isBuffer(bytes)) throw unintelligible();
  const copy = Buffer.alloc(bytes.length);
  bytes.copy(copy);
  return copy;
}

/** The error for an answer that is none. */
export function unintelligible(): RootKeyError {
  return new RootKeyError("unavailable", "the root-key store gave no answer that can be understood");
}

function textAt(fields: readonly Field[], index: number): string {
  const field = fields[index];
  if (typeof field !== "string") throw new ProtocolError("a call lacks a text");
  return field;
}

function bytesAt(fields: readonly Field[], index: number): Buffer {
  const field = fields[index];
  if (!Buffer.isBuffer(field)) throw new ProtocolError("a call lacks bytes");
  return field;
}

// What holds the root keys of one agent, with what custodians may do there.
import type { Config } from "@cofferdam/kit/config.ts";
import { openCustodianStore, type CustodianStore } from "../vault/keys/custody/custodian-store.ts";
import { storeBehind } from "../vault/keys/root/agent-calls.ts";
import { RootKeyError, type DestructibleRootKeyStore } from "../vault/keys/root/root-key.ts";
import type { CustodyCalls } from "./answer-custody.ts";
import { hsmAccess, type keyAgentSettings } from "./config.ts";
import { createHsmSupervisor, type HsmSupervisorOptions } from "./hsm-supervisor.ts";
import { createPinGate } from "./pin-gate.ts";

export interface Backend {
  readonly store: DestructibleRootKeyStore;
  readonly custodyCalls: CustodyCalls;
  /** The process that has the HSM's library loaded, if there is one at this moment. */
  readonly hsmProcessId: () => number | null;
  readonly stop: () => Promise<void>;
}

/** Opens the backend that the settings name. An HSM is not spoken to yet. Throws ConfigError, RootKeyError. */
export async function openBackend(
  settings: Config<typeof keyAgentSettings>,
  hsm: Omit<HsmSupervisorOptions, "pinGate">,
  now: () => number,
): Promise<Backend> {
  if (settings.KEYAGENT_BACKEND.kind === "file") {
    const store = await openCustodianStore(settings.KEYAGENT_BACKEND.path, { now });
    const custodyCalls = new Map([...destruction(store), ...custodianCalls(store)]);
    return { store, custodyCalls, hsmProcessId: () => null, stop: () => Promise.resolve() };
  }
  const supervisor = createHsmSupervisor({ ...hsm, pinGate: createPinGate(hsmAccess(settings).pinFile) });
  const store = storeBehind("pkcs11", supervisor.exchange);
  return {
    store,
    custodyCalls: new Map(destruction(store)),
    hsmProcessId: supervisor.processId,
    stop: supervisor.stop,
  };
}

type NamedCall = readonly [name: string, call: (argument: unknown) => Promise<unknown>];

function destruction(store: DestructibleRootKeyStore): readonly NamedCall[] {
  const destroy = async (argument: unknown): Promise<void> => {
    const { root_key_id: id } = (argument ?? {}) as { readonly root_key_id?: unknown };
    if (typeof id !== "string") throw new RootKeyError("unknown_key", "a root key to destroy is named by its id");
    await store.destroy(id);
  };
  return [["destroy", destroy]];
}

/** What these take is checked by the store, whatever its type says. */
function custodianCalls(store: CustodianStore): readonly NamedCall[] {
  return [
    ["initialise", (argument) => store.initialise(argument as Parameters<CustodianStore["initialise"]>[0])],
    ["begin", () => store.begin()],
    ["submit", (argument) => store.submit(argument as Parameters<CustodianStore["submit"]>[0])],
    ["seal", () => store.seal()],
    ["redistribute", (argument) => store.redistribute(argument as Parameters<CustodianStore["redistribute"]>[0])],
    ["hand_over", (argument) => store.handOver(argument as Parameters<CustodianStore["handOver"]>[0])],
    ["custody", () => store.custody()],
  ];
}

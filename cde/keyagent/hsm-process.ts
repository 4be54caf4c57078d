// The process that has the HSM's library loaded, a child of the key agent: foreign native code, alone with the PIN and the
// HSM, without network, without files to write. It answers frames on descriptor 3 and ends with that connection.
import { Socket } from "node:net";
import { readConfig } from "@cofferdam/kit/config.ts";
import { answerCall } from "../vault/keys/root/agent-calls.ts";
import { encodeFrame } from "../vault/keys/root/agent-protocol.ts";
import { RootKeyError, type DestructibleRootKeyStore } from "../vault/keys/root/root-key.ts";
import { answerFrames } from "./answer-frames.ts";
import { hsmAccess, keyAgentSettings } from "./config.ts";

const AGENT_DESCRIPTOR = 3;

/** The token as a store, and how to leave it. */
interface OpenedLibrary {
  readonly store: DestructibleRootKeyStore;
  readonly close: () => void;
}

/** Loads add-on and library, which are there or not: nothing of them is imported before. */
async function openLibrary(onReset: (cause: string) => void): Promise<OpenedLibrary> {
  const { library, ...access } = hsmAccess(readConfig(keyAgentSettings, process.env));
  const { createHsmStore } = await import("./hsm-store.ts");
  const { closeToken, loadDevice } = await import("./token-session.ts");
  const device = loadDevice(library);
  return {
    store: createHsmStore({ device, ...access, onReset }),
    close: () => {
      closeToken(device);
    },
  };
}

const agent = new Socket({ fd: AGENT_DESCRIPTOR, readable: true, writable: true });
const opened = await openLibrary((cause) => {
  agent.write(encodeFrame({ kind: "notice", call: 0, fields: [cause] }));
}).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : "the add-on failed"}\n`);
  return null;
});
answerFrames(agent, {
  calls: ["wrap", "unwrap", "generate", "status", "destroy"],
  answer: (call, fields) => {
    if (opened !== null) return answerCall(opened.store, call, fields);
    throw new RootKeyError("unsupported", "the PKCS#11 library, or the add-on that loads it, is not there");
  },
});
agent.once("close", () => {
  opened?.close();
  process.exit(0);
});

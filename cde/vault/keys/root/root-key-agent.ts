// Root keys in the key agent, a process of its own behind a Unix socket: an HSM that hangs, or shares that are missing,
// never hold up the vault's event loop. Nothing of PKCS#11 is loaded here.
import { connect } from "node:net";
import { openChannel, type AgentChannel } from "./agent-channel.ts";
import { storeBehind, unintelligible, type Exchange } from "./agent-calls.ts";
import type { Field } from "../fields.ts";
import { RootKeyError, type RootKeyScheme, type RootKeyStore } from "./root-key.ts";

/** What the agent tells of itself, at once, whatever its device does. Times are milliseconds. */
export interface AgentStatus {
  readonly scheme: RootKeyScheme;
  readonly processId: number;
  /** The process that has the HSM's library loaded; null when there is none at this moment. */
  readonly hsmProcessId: number | null;
  /** Calls since the start, by call and outcome (`ok` or a code). */
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly sessionResets: number;
  readonly hsmProcessStarts: number;
  /** Of the last calls, 1,000 at most; null while there was none. */
  readonly lastMs: number | null;
  readonly p99Ms: number | null;
}

export interface RootKeyAgent extends RootKeyStore {
  /** Rejects with RootKeyError `unavailable` when the agent itself does not answer. */
  readonly agentStatus: () => Promise<AgentStatus>;
}

// Above the agent's own 2 s, so that its answer is what the caller hears.
const DEADLINE_MS = 2_500;
// Below the agent's own 60 s: a call that meets the end of its connection would be an outage to its caller.
const IDLE_MS = 30_000;

/**
 * The store of the agent that listens on a Unix socket. Connects with the first call and again after every loss; calls
 * are never sent twice. Whatever is no answer is RootKeyError `unavailable`, and so is an agent of another scheme.
 */
export function openRootKeyAgent(scheme: "pkcs11" | "custodians", socketPath: string): RootKeyAgent {
  let current: { readonly channel: AgentChannel; readonly checked: Promise<AgentStatus> } | null = null;
  const connected = (): NonNullable<typeof current> => {
    if (current?.channel.isOpen() === true) return current;
    const channel = openChannel(connect(socketPath), { deadlineMs: DEADLINE_MS, idleMs: IDLE_MS });
    return (current = { channel, checked: checkScheme(scheme, channel) });
  };
  // The check travels ahead of the call on the same connection and is answered first: no second wait.
  const exchange: Exchange = async (call, fields, read) => {
    const { channel, checked } = connected();
    const [value] = await Promise.all([channel.exchange(call, fields, read), checked]);
    return value;
  };
  const store = storeBehind(scheme, exchange);
  return {
    scheme,
    wrap: (id, secret, context) => store.wrap(id, secret, context),
    unwrap: (id, wrapped, context) => store.unwrap(id, wrapped, context),
    generate: () => store.generate(),
    status: () => store.status(),
    agentStatus: () => exchange("status", ["agent"], readAgentStatus),
  };
}

/** Closes a connection over which it failed, for whatever reason: the next call makes another, and asks again. */
async function checkScheme(scheme: RootKeyScheme, channel: AgentChannel): Promise<AgentStatus> {
  try {
    const status = await channel.exchange("status", ["agent"], readAgentStatus);
    if (status.scheme === scheme) return status;
    throw new RootKeyError("unavailable", "the key agent holds root keys of another scheme");
  } catch (error) {
    channel.close();
    throw error;
  }
}

/** The agent is a process of ours and of the same build; its words are trusted as far as their form. */
function readAgentStatus([text]: readonly Field[]): AgentStatus {
  if (typeof text !== "string") throw unintelligible();
  return JSON.parse(text) as AgentStatus;
}

// The key agent: a backend that holds root keys, the socket for the vault's four calls, and the socket for custody.
import type { Config } from "@cofferdam/kit/config.ts";
import type { Logger } from "@cofferdam/kit/log.ts";
import { answerCall } from "../vault/keys/root/agent-calls.ts";
import { ProtocolError, type CallName } from "../vault/keys/root/agent-protocol.ts";
import type { Field } from "../vault/keys/fields.ts";
import type { AgentStatus } from "../vault/keys/root/root-key-agent.ts";
import { RootKeyError, type DestructibleRootKeyStore } from "../vault/keys/root/root-key.ts";
import { createAgentCounters, type AgentCounters } from "./agent-counters.ts";
import { answerCustody } from "./answer-custody.ts";
import { answerFrames, wipeBytes } from "./answer-frames.ts";
import { openBackend, type Backend } from "./backend.ts";
import type { keyAgentSettings } from "./config.ts";
import { HSM_DEADLINE_MS } from "./hsm-supervisor.ts";
import { listenPrivately } from "./private-socket.ts";

export interface KeyAgentParts {
  readonly settings: Config<typeof keyAgentSettings>;
  /** Program and arguments of the process that loads the HSM's library; asked for when one is started. */
  readonly hsmCommand: () => readonly string[];
  /** The environment of that process: the agent's own settings, and what the library reads. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

export interface KeyAgent {
  /** Ends sockets and child; calls in flight get no answer. */
  readonly stop: () => Promise<void>;
}

// For each user. A process of the vault has one or two.
const MAX_SERVICE_CONNECTIONS = 16;
const MAX_CUSTODY_CONNECTIONS = 4;
// The vault's end leaves a connection sooner, so that no call meets its end.
const IDLE_CONNECTION_MS = 60_000;

/** Opens the backend and both sockets. Throws ConfigError, RootKeyError, and the system's errors; the process then ends. */
export async function startKeyAgent(parts: KeyAgentParts): Promise<KeyAgent> {
  const { settings, hsmCommand, environment, log, now } = parts;
  const counters = createAgentCounters();
  const onSessionReset = (cause: string): void => {
    counters.countSessionReset();
    log.warn({ reason: cause }, "HSM session given up");
  };
  const hsm = { command: hsmCommand, environment, onStart: counters.countHsmProcessStart, onSessionReset };
  const backend = await openBackend(settings, hsm, now);
  const answer = serviceAnswers(backend, counters, log);
  const service = await listenPrivately({
    path: settings.KEYAGENT_SERVICE_SOCKET,
    allowedUserIds: settings.KEYAGENT_SERVICE_UIDS,
    maxConnectionsPerUser: MAX_SERVICE_CONNECTIONS,
    onConnection: (socket) => {
      answerFrames(socket, { calls: ["wrap", "unwrap", "generate", "status"], answer, idleMs: IDLE_CONNECTION_MS });
    },
    log,
  });
  const custody = await listenPrivately({
    path: settings.KEYAGENT_CUSTODY_SOCKET,
    allowedUserIds: settings.KEYAGENT_CUSTODY_UIDS,
    maxConnectionsPerUser: MAX_CUSTODY_CONNECTIONS,
    onConnection: (socket) => void answerCustody(socket, backend.custodyCalls, log),
    log,
  });
  // Probes the device before anybody needs it; what is missing or refused is in the log from the start.
  answer("status", ["store"]).then(
    () => {
      log.info("root keys answer");
    },
    () => undefined,
  );
  return {
    stop: async () => {
      await Promise.all([service.close(), custody.close()]);
      await backend.stop();
    },
  };
}

type Answer = (call: CallName, fields: readonly Field[]) => Promise<readonly Field[]>;

/** The four calls, counted, logged when they fail, and answered in time. */
function serviceAnswers(backend: Backend, counters: AgentCounters, log: Logger): Answer {
  const status = (): AgentStatus => ({
    scheme: backend.store.scheme,
    processId: process.pid,
    hsmProcessId: backend.hsmProcessId(),
    ...counters.read(),
  });
  return async (call, fields) => {
    if (call === "status" && fields[0] === "agent") return [JSON.stringify(status())];
    const startedMs = performance.now();
    const count = (outcome: string): void => {
      counters.countCall(call, outcome, performance.now() - startedMs);
    };
    try {
      const answer = await answerInTime(backend.store, call, fields);
      count("ok");
      return answer;
    } catch (error) {
      const outcome = error instanceof RootKeyError ? error.code : "failed";
      count(outcome);
      const isOurs = error instanceof RootKeyError || error instanceof ProtocolError;
      log.warn({ route: call, outcome, ...(isOurs ? { reason: error.message } : { err: error }) }, "call failed");
      throw error;
    }
  };
}

/** What comes after the deadline is wiped, for nobody waits for it. */
async function answerInTime(
  store: DestructibleRootKeyStore,
  call: CallName,
  fields: readonly Field[],
): Promise<readonly Field[]> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  let isOverdue = false;
  const deadline = setTimeout(() => {
    isOverdue = true;
    reject(new RootKeyError("unavailable", "the root keys' device did not answer in time"));
  }, HSM_DEADLINE_MS);
  const answer = answerCall(store, call, fields).finally(() => {
    clearTimeout(deadline);
  });
  answer.then(
    (late) => {
      if (isOverdue) wipeBytes(late);
    },
    () => undefined,
  );
  return await Promise.race([answer, tooLate]);
}

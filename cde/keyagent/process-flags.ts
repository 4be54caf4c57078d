// What the key agent's two processes may do, and what they may not: the flags of Node that they run with, each with its
// reason. The agent has the sockets and no foreign code; its child has the HSM's library and no network.
import path from "node:path";
import type { Config } from "@cofferdam/kit/config.ts";
import { hsmAccess, type keyAgentSettings } from "./config.ts";

type Settings = Config<typeof keyAgentSettings>;

/** A flag of `node`, and why the process has it. */
export interface ProcessFlag {
  readonly flag: string;
  readonly reason: string;
}

const repository = path.resolve(import.meta.dirname, "../..");

/** The program that `keyAgentFlags` are for. */
export const keyAgentMain = path.join(repository, "cde/keyagent/main.ts");

/** Program and arguments of the child that has the HSM's library; `moreFlags` come before its own program. */
export function hsmCommand(settings: Settings, moreFlags: readonly string[] = []): readonly string[] {
  const flags = hsmFlags(settings).map(({ flag }) => flag);
  return [process.execPath, ...flags, ...moreFlags, path.join(repository, "cde/keyagent/hsm-process.ts")];
}

// Of the vault, only what keeps keys: no card code, no policies, no other workload's files.
const codePaths = ["package.json", "node_modules", "kit", "cde/package.json", "cde/keyagent", "cde/vault/keys"];

/** The flags of the agent. Paths are made absolute from the working directory. Throws ConfigError like `hsmAccess`. */
export function keyAgentFlags(settings: Settings): readonly ProcessFlag[] {
  const { KEYAGENT_BACKEND: backend } = settings;
  const sockets = new Set([settings.KEYAGENT_SERVICE_SOCKET, settings.KEYAGENT_CUSTODY_SOCKET].map(folderOf));
  return [
    { flag: "--permission", reason: "no file, worker, add-on or inspector but by the flags below" },
    {
      flag: "--allow-net",
      reason:
        "Node asks it for Unix sockets too. The agent opens no other: let its unit say RestrictAddressFamilies=AF_UNIX",
    },
    { flag: "--allow-ffi", reason: "getsockopt of libc, for the user at the other end of a socket" },
    // Folders first. Node 26.10 loses a folder itself, though not what is in it, when a path that was allowed before lies
    // in it, or any path goes on where its name ends (/run/agent and /run/agent-pin): the agent then refuses to start.
    ...[...sockets].flatMap((folder) => [
      allowRead(folder, "the folder of its sockets"),
      allowWrite(folder, "the folder of its sockets"),
    ]),
    ...(backend.kind === "pkcs11"
      ? [
          { flag: "--allow-child-process", reason: "the process that has the HSM's library loaded" },
          allowRead(hsmAccess(settings).pinFile, "KEYAGENT_PIN_FILE: whether it changed; the child reads it"),
        ]
      : [
          allowRead(folderOf(backend.path), "KEYAGENT_BACKEND"),
          allowWrite(folderOf(backend.path), "KEYAGENT_BACKEND, replaced by renaming"),
        ]),
    ...restrictions(),
  ];
}

/** The flags of the child that has the HSM's library. Native code heeds none of them: only its process confines it. */
export function hsmFlags(settings: Settings): readonly ProcessFlag[] {
  return [
    {
      flag: "--permission",
      reason: "no file, network, child process, worker, FFI or inspector but by the flags below",
    },
    { flag: "--allow-addons", reason: "pkcs11js, the one native add-on of the house" },
    allowRead(hsmAccess(settings).pinFile, "KEYAGENT_PIN_FILE"),
    ...restrictions(),
  ];
}

function restrictions(): readonly ProcessFlag[] {
  return [
    ...codePaths.map((name) => allowRead(path.join(repository, name), "its own code")),
    { flag: "--disable-warning=ExperimentalWarning", reason: "Node 26 warns of --allow-net and FFI on every start" },
    { flag: "--disable-warning=SecurityWarning", reason: "and of each permission that is given here with its reason" },
    { flag: "--disallow-code-generation-from-strings", reason: "no eval: text never becomes code" },
    { flag: "--disable-proto=delete", reason: "no __proto__: a parsed object cannot change its own kind" },
    { flag: "--disable-sigusr1", reason: "the signal that would open the inspector" },
  ];
}

function folderOf(file: string): string {
  return path.dirname(path.resolve(file));
}

function allowRead(file: string, reason: string): ProcessFlag {
  return { flag: `--allow-fs-read=${path.resolve(file)}`, reason };
}

function allowWrite(file: string, reason: string): ProcessFlag {
  return { flag: `--allow-fs-write=${path.resolve(file)}`, reason };
}

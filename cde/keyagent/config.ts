// Every setting of the key agent, in one place. `--help` prints this table.
import { ConfigError, choice, optional, text, type Config, type Setting } from "@cofferdam/kit/config.ts";

export const keyAgentSettings = {
  KEYAGENT_BACKEND: backendReference(),
  KEYAGENT_TOKEN_LABEL: optional(text("Label of the HSM's token; for pkcs11")),
  KEYAGENT_PIN_FILE: optional(text("Path of the file with the PIN of the token's user; for pkcs11")),
  KEYAGENT_SERVICE_SOCKET: text("Path of the Unix socket for wrap, unwrap, generate and status"),
  KEYAGENT_SERVICE_UIDS: userIds("Users whose processes may use the service socket"),
  KEYAGENT_CUSTODY_SOCKET: text("Path of the Unix socket for destroying root keys and for custodians' calls"),
  KEYAGENT_CUSTODY_UIDS: userIds("Users whose processes may use the custody socket"),
  KEYAGENT_LOG_LEVEL: choice("Least severe log lines", ["debug", "info", "warn", "error"], "info"),
} as const;

/** What holds the root keys: an HSM by its PKCS#11 library, or a file that custodians open. */
export interface BackendReference {
  readonly kind: "pkcs11" | "file";
  /** Path of the library, or of the file. */
  readonly path: string;
}

/** The settings of an HSM. Throws ConfigError when the backend is one and they are not all there. */
export function hsmAccess(settings: Config<typeof keyAgentSettings>): {
  readonly library: string;
  readonly tokenLabel: string;
  readonly pinFile: string;
} {
  const { KEYAGENT_BACKEND: backend, KEYAGENT_TOKEN_LABEL: tokenLabel, KEYAGENT_PIN_FILE: pinFile } = settings;
  if (tokenLabel === undefined || pinFile === undefined) {
    throw new ConfigError(["KEYAGENT_TOKEN_LABEL and KEYAGENT_PIN_FILE must be set for a PKCS#11 library"]);
  }
  return { library: backend.path, tokenLabel, pinFile };
}

function backendReference(): Setting<BackendReference> {
  return {
    description: "What holds the root keys",
    form: "pkcs11:<path of the library> or file:<path of a root key file of custodians>",
    read: (value) => {
      const [, kind, path] = /^(pkcs11|file):(\/.+)$/.exec(value) ?? [];
      return path === undefined ? undefined : { kind: kind === "file" ? "file" : "pkcs11", path };
    },
  };
}

function userIds(description: string): Setting<readonly number[]> {
  return {
    description,
    form: "numbers of users with commas between them",
    read: (value) => (/^\d{1,9}(,\d{1,9}){0,15}$/.test(value) ? value.split(",").map(Number) : undefined),
  };
}

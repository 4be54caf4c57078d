// The settings of every PostgreSQL that the sandbox starts. They are given on the command line, which wins over every
// configuration file of the cluster.

/** What differs from cluster to cluster. */
export interface SettingChoices {
  readonly port: number;
  /** Folder of the Unix socket; null when its path would be longer than a socket address holds. */
  readonly socketDirectory: string | null;
  /** False gives up crash safety for speed: only for clusters that are thrown away. */
  readonly durable: boolean;
}

/** The arguments of `postgres` for these choices. */
export function settingArguments(choices: SettingChoices): string[] {
  const settings = { ...placement(choices), ...silence, ...(choices.durable ? durability : haste) };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function placement({ port, socketDirectory }: SettingChoices): Record<string, string> {
  return {
    listen_addresses: "127.0.0.1",
    port: String(port),
    // The setting is a list: quotes keep a comma in the path from splitting it.
    unix_socket_directories: socketDirectory === null ? "" : `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: "0700",
    password_encryption: "scram-sha-256",
    max_connections: "100",
    shared_buffers: "128MB",
    timezone: "UTC",
    log_timezone: "UTC",
    lc_messages: "C",
  };
}

// The log must never hold what a statement carries: no statement text, no parameters, and no DETAIL lines, which
// quote the offending row ("Key (token)=(…) already exists").
const silence = {
  log_statement: "none",
  log_min_duration_statement: "-1",
  log_min_duration_sample: "-1",
  log_transaction_sample_rate: "0",
  log_parameter_max_length: "0",
  log_parameter_max_length_on_error: "0",
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
  log_connections: "off",
  log_disconnections: "off",
};

const durability = { fsync: "on", full_page_writes: "on", synchronous_commit: "on" };

const haste = { fsync: "off", full_page_writes: "off", synchronous_commit: "off" };

/** The answer to `--help`: one screen. */
export const help = `Sets up what the vault needs. Secrets are read from files, never from arguments, and never printed.

Usage: node cde/vault/setup.ts <command> [options]      Runbook: docs/runbooks/first-deployment.md

  roles --print [--database <name>]
      prints SQL for psql: the four logins and the database (default cofferdam). A superuser runs it.
  migrate --database-url-file <file>
      applies migrations, as cofferdam_owner
  root-key --out <file> --passphrase-file <file>
      makes a root key sealed under a passphrase of at least 15 bytes
  checkpoint-key --out <file> --public-out <file>
      makes the Ed25519 key that signs audit checkpoints; verifiers get the public half
  transcript-key --out <file> --public-out <file>
      makes the Ed25519 key that signs ceremony transcripts and key certificates; auditors get the public half
  tenant --database-url-file <file> --root-keys <store>[,<store>]… [--passphrase-file <file>] --id <uuid> --name <text>
      creates a tenant with its keys, retention classes and audit log, as cofferdam_rotator. A store is
      file:<path>, pkcs11:<socket>, custodians:<socket>, awskms:… or azurekeyvault:…; the passphrase is for a file
  flags [--program vault|admin] [--print-command]
      checks the settings of the program in the environment (vault unless given: VAULT_*, admin: VAULT_ADMIN_*) and
      prints the flags of node for them, with reasons; or the whole command that starts it

Options:
  --json     one JSON object on standard output, {"ok": true, "done": …} or {"ok": false, "error": …}
  --help     this text

No command overwrites a file. Exit codes: 0 done, or done before; 1 failed, nothing half-written; 2 wrong usage or
settings

Examples:
  node cde/vault/setup.ts roles --print > roles.sql
  node cde/vault/setup.ts root-key --out /etc/cofferdam/root-key.json --passphrase-file /run/secrets/passphrase
  node --env-file=/etc/cofferdam/vault.env cde/vault/setup.ts flags
  node --env-file=/etc/cofferdam/vault-admin.env cde/vault/setup.ts flags --program admin --print-command
`;

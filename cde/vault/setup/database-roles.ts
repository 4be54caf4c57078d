// The database logins of the vault, and a database that only they may enter: the SQL that an administrator runs once,
// and the sandbox each time. What each login may do with which table is for the migrations to say.

/** The logins: `owner` owns the schema and runs migrations, nothing else; the others are processes. */
export const roleNames = {
  owner: "cofferdam_owner",
  api: "cofferdam_api",
  auditor: "cofferdam_auditor",
  rotator: "cofferdam_rotator",
} as const;

/** A login, by its short name. */
export type Role = keyof typeof roleNames;

/** The logins in the order in which they are made. */
export const roles = Object.keys(roleNames) as readonly Role[];

const ATTRIBUTES = "login nosuperuser nobypassrls nocreatedb nocreaterole noreplication noinherit";

/**
 * Makes a login, or brings one that exists back to what it should be. For a superuser: nobody else may take the
 * attributes of superusers away.
 *
 * @param password a SQL literal, quotes included, or a variable of psql
 */
export function loginStatements(role: Role, password: string): readonly string[] {
  const name = roleNames[role];
  return [
    `do $$ begin if to_regrole('${name}') is null then create role ${name}; end if; end $$`,
    `alter role ${name} with ${ATTRIBUTES} password ${password}`,
  ];
}

/** Makes the database, owned by `owner`. Not for a transaction; fails when there is one. */
export function databaseStatement(database: string): string {
  return `create database ${quoted(database)} owner ${roleNames.owner}`;
}

/** Run in the database: takes from everybody what PostgreSQL gives to everybody, then lets the logins in. */
export function closingStatements(database: string): readonly string[] {
  return [
    `revoke all on database ${quoted(database)} from public`,
    `grant connect on database ${quoted(database)} to ${Object.values(roleNames).join(", ")}`,
    "revoke all on schema public from public",
  ];
}

// For the session of the script alone: a statement that sets a password must not get into the server's log.
const SILENCE = [
  "set log_statement = 'none'",
  "set log_min_duration_statement = -1",
  "set log_min_error_statement = 'panic'",
  "set password_encryption = 'scram-sha-256'",
];

/**
 * All of it as a script for psql, which may be run again. Passwords are the variables `owner_password`, `api_password`,
 * `auditor_password` and `rotator_password`; without them it stops.
 *
 * @param database its name: letters, digits and underscores in lower case
 */
export function rolesScript(database: string): string {
  return `-- The logins and the database of a Cofferdam vault. For psql, as a superuser; may be run again.
-- Passwords are the psql variables ${roles.map((role) => `${role}_password`).join(", ")}.
\\set ON_ERROR_STOP on
${terminated(SILENCE)}
begin;
${terminated(roles.flatMap((role) => loginStatements(role, `:'${role}_password'`)))}commit;

select '${databaseStatement(database)}'
where not exists (select from pg_database where datname = '${database}')
\\gexec
\\connect ${database}
${terminated(closingStatements(database))}`;
}

function terminated(statements: readonly string[]): string {
  return statements.map((statement) => `${statement};\n`).join("");
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

// Where the admin process is and who we are to it: from options, or from a profile, so that nobody types paths all day.
//
//   admin_url: https://vault-admin.internal:8444
//   cert: mei/cert.pem            relative to the profile's own folder
//   key: mei/key.pem
//   ca: ca.pem
import { X509Certificate, createPrivateKey } from "node:crypto";
import path from "node:path";
import { createMtlsFetch } from "@cofferdam/kit/mtls-fetch.ts";
import { parse } from "yaml";
import { adminClient } from "./admin-client.ts";
import type { CommandOption, Connection, Terminal } from "./command.ts";
import { FileError, UsageError } from "./errors.ts";
import { readText } from "./files.ts";
import type { Options } from "./options.ts";

/** The options of every command that talks to the vault. */
export const connectionOptions: Readonly<Record<string, CommandOption>> = {
  "admin-url": { value: "<url>", help: "the admin process, https://<host>:<port>" },
  cert: { value: "<file>", help: "your certificate and those that issued it, PEM" },
  key: { value: "<file>", help: "its private key, PEM" },
  ca: { value: "<file>", help: "the authority of the admin process's certificate, PEM" },
  profile: { value: "<file>", help: "YAML with admin_url, cert, key and ca; or in KEYOPS_PROFILE" },
};

/** Counting rows takes seconds on a large vault; nothing that is asked takes longer than this. */
const timeoutMs = 60_000;
/** What the database takes for an export at most. */
const maxAnswerBytes = 64 * 1_024 * 1_024;

/** Reads the files that options and profile name. Throws UsageError, FileError. Connects when it is first used. */
export async function connect(options: Options, environment: Terminal["environment"]): Promise<Connection> {
  const profile = await profileOf(options.has("profile") ? options.text("profile") : environment["KEYOPS_PROFILE"]);
  const setting = (option: string, field: string): string => {
    const value = options.has(option) ? options.text(option) : profile[field];
    if (value !== undefined) return value;
    throw new UsageError(`--${option} is needed, or ${field} in a profile (--profile, KEYOPS_PROFILE)`);
  };
  const baseUrl = addressOf(setting("admin-url", "admin_url"));
  const [cert, key, ca] = await Promise.all([
    readText(setting("cert", "cert")),
    readText(setting("key", "key")),
    readText(setting("ca", "ca")),
  ]);
  if (!isPair(cert, key)) throw new FileError("--key is not the private key of the certificate in --cert");
  const send = createMtlsFetch({ cert, key, ca, timeoutMs, maxAnswerBytes });
  return { admin: adminClient(baseUrl, send), keys: { certificatePem: cert, keyPem: key } };
}

function isPair(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function addressOf(text: string): string {
  const url = URL.parse(text);
  const isBare = url?.protocol === "https:" && url.username === "" && url.pathname === "/" && url.search === "";
  if (!isBare) throw new UsageError("the address of the admin process is https://<host>:<port>");
  return url.origin;
}

const fields = ["admin_url", "cert", "key", "ca"];

async function profileOf(file: string | undefined): Promise<Readonly<Record<string, string | undefined>>> {
  if (file === undefined || file === "") return {};
  const profile = parsed(await readText(file));
  const isProfile =
    typeof profile === "object" &&
    profile !== null &&
    Object.entries(profile).every(([name, value]) => fields.includes(name) && typeof value === "string");
  if (!isProfile) throw new FileError(`${file} is no profile: its fields are ${fields.join(", ")}`);
  const { admin_url, ...files } = profile as Readonly<Record<string, string>>;
  const folder = path.dirname(file);
  const resolved = Object.entries(files).map(([name, value]) => [name, path.resolve(folder, value)] as const);
  return { ...Object.fromEntries(resolved), ...(admin_url !== undefined && { admin_url }) };
}

function parsed(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

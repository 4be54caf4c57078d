// SoftHSM2 of Debian as a token in a folder of its own: nothing of the machine's configuration is read or changed.
import { execFile } from "node:child_process";
import { access, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { makePrivateDirectory } from "./private-file.ts";

/** A token with its user's PIN in a file. */
export interface SoftHsm {
  /** Path of the PKCS#11 library. */
  readonly library: string;
  readonly tokenLabel: string;
  readonly pinFile: string;
  /** What the library reads: the path of its own configuration. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder that holds the token's objects. */
  readonly tokenDirectory: string;
}

const libraries = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"];
const tokenMaker = "/usr/bin/softhsm2-util";
const addOn = path.resolve(import.meta.dirname, "../node_modules/pkcs11js/build/Release/pkcs11.node");

/** Why suites with an HSM cannot run here; false when they can. In continuous integration that is a failure: throws. */
export async function whyNoSoftHsm(): Promise<string | false> {
  const isInstalled = (await softHsmLibrary()) !== null && (await isThere(tokenMaker));
  const missing = isInstalled ? await whyNoAddOn() : "package softhsm2 is not installed";
  if (missing !== false && process.env["CI"] === "true") throw new Error(`suites with an HSM cannot run: ${missing}`);
  return missing;
}

/** Makes a token. `mechanisms` is SoftHSM's own list of what the token tells that it can do, all when absent. */
export async function makeSoftHsm(directory: string, mechanisms = "ALL"): Promise<SoftHsm> {
  const library = await softHsmLibrary();
  if (library === null) throw new Error("SoftHSM2 is not installed");
  const tokenDirectory = await makePrivateDirectory(path.join(directory, "tokens"));
  const configuration = path.join(directory, "softhsm2.conf");
  const lines = [`directories.tokendir = ${tokenDirectory}`, "log.level = ERROR", `slots.mechanisms = ${mechanisms}`];
  await writeFile(configuration, `${lines.join("\n")}\n`, { mode: 0o600 });
  const pinFile = path.join(directory, "pin");
  await writeFile(pinFile, `${RIGHT_PIN}\n`, { mode: 0o600 });
  const environment = { SOFTHSM2_CONF: configuration };
  const tokenLabel = "cofferdam-test";
  const pins = ["--pin", RIGHT_PIN, "--so-pin", "87654321"];
  const args = ["--init-token", "--free", "--label", tokenLabel, ...pins];
  await promisify(execFile)(tokenMaker, args, { env: { ...process.env, ...environment }, timeout: 10_000 });
  return { library, tokenLabel, pinFile, environment, tokenDirectory };
}

/** A PIN for tokens that live as long as a test. */
export const RIGHT_PIN = "314159";

async function softHsmLibrary(): Promise<string | null> {
  for (const library of libraries) if (await isThere(library)) return library;
  return null;
}

async function whyNoAddOn(): Promise<string | false> {
  return (await isThere(addOn)) ? false : "the add-on pkcs11js is not built (make setup says why)";
}

async function isThere(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

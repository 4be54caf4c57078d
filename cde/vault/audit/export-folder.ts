// Reads an export from disk, one folder for each tenant, without holding a file in memory.

import { closeSync, existsSync, openSync, readFileSync, readSync, readdirSync } from "node:fs";
import path from "node:path";
import { uuid } from "@cofferdam/kit/uuid.ts";
import { checkpointFile, historyFile } from "./checkpoint-folder.ts";
import { entriesFile, tokensFile } from "./export-format.ts";

/** What lies in the folder of one tenant. The lines are read from disk as they are asked for, and can be read again. */
export interface ExportedFiles {
  readonly entries: Iterable<string>;
  readonly tokens: Iterable<string>;
  readonly history: Iterable<string>;
  readonly checkpoint: string | null;
}

/** The tenants of an export, sorted. Throws the file system's error when there is no such folder. */
export function exportedTenants(exportFolder: string): readonly string[] {
  return readdirSync(exportFolder)
    .filter((name) => uuid.test(name))
    .sort();
}

/** Opens the export of one tenant. A file that is not there reads as empty: then the log lacks what it held. */
export function openExport(exportFolder: string, tenant: string): ExportedFiles {
  const file = (name: string): string => path.join(exportFolder, tenant, name);
  const note = file(checkpointFile);
  return {
    entries: { [Symbol.iterator]: () => linesOf(file(entriesFile), "latin1") },
    tokens: { [Symbol.iterator]: () => linesOf(file(tokensFile), "latin1") },
    history: { [Symbol.iterator]: () => linesOf(file(historyFile), "utf8") },
    checkpoint: existsSync(note) ? readFileSync(note, "utf8") : null,
  };
}

/**
 * The lines of a file, without line breaks; nothing when the file is not there. Reading is synchronous: a verifier has
 * nothing else to do, and a promise for each line would cost more than the hashing. Latin-1 maps each byte to a character
 * of its own, so a file that should be ASCII and is not stays different.
 */
function* linesOf(file: string, encoding: "latin1" | "utf8"): Generator<string> {
  if (!existsSync(file)) return;
  const descriptor = openSync(file, "r");
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let unfinished = "";
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      const lines = (unfinished + chunk.toString("latin1", 0, read)).split("\n");
      unfinished = lines.pop() ?? "";
      for (const line of lines) yield decoded(line, encoding);
      // A file without line breaks is no export: its beginning is as wrong as its whole.
      if (unfinished.length > longestLine) break;
    }
    if (unfinished !== "") yield decoded(unfinished, encoding);
  } finally {
    closeSync(descriptor);
  }
}

function decoded(line: string, encoding: "latin1" | "utf8"): string {
  return encoding === "latin1" ? line : Buffer.from(line, "latin1").toString("utf8");
}

const chunkBytes = 128 * 1_024;
const longestLine = 64 * 1_024;

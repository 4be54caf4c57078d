// The memory of a live process, as a core image of it would hold it, for the leak hunt.
import { open, readFile, type FileHandle } from "node:fs/promises";
import type { Finding, PanSearch } from "./pan-search.ts";

/** Why a process could not be read. */
export type ProcessMemoryErrorCode = "no-such-process" | "refused";

/** Nothing, or not all, of a process was read: what was found until then proves nothing. */
export class ProcessMemoryError extends Error {
  override readonly name = "ProcessMemoryError";
  readonly code: ProcessMemoryErrorCode;

  constructor(code: ProcessMemoryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A part of a process's memory. */
export interface MemoryChunk {
  readonly address: bigint;
  /** At most 1 MiB. */
  readonly bytes: Buffer;
}

/**
 * Reads the heap, the stacks and all other memory that a process may have written to: anonymous, shared, and private
 * copies of files. Leaves out devices, read-only pages of files, which hold what the files hold, and chunks of zeros:
 * V8 reserves half a gibibyte for code and uses little of it.
 *
 * Chunks that lie together overlap by 4 KiB, so that whatever is shorter is whole in one of them. The process goes on
 * meanwhile and its garbage collector may move things: stop it (SIGSTOP) first when one picture in time is needed.
 *
 * Throws ProcessMemoryError `no-such-process` when it is not there or ends meanwhile, `refused` when the kernel does
 * not let us: that takes the same user and a process that may be traced, or CAP_SYS_PTRACE (ptrace(2)).
 */
export async function* readProcessMemory(pid: number): AsyncGenerator<MemoryChunk> {
  const regions = writtenRegions(await explained(pid, readFile(`/proc/${pid}/maps`, "latin1")));
  // What has ended but was not waited for has an entry and no memory.
  if (regions.length === 0) throw gone(pid);
  await using memory = await explained(pid, open(`/proc/${pid}/mem`));
  for (const region of regions) yield* readRegion(pid, memory, region);
}

/**
 * Hunts for card numbers in a process's memory. Offsets of findings are addresses. Throws like `readProcessMemory`.
 */
export async function huntProcess(pid: number, search: PanSearch): Promise<readonly Finding[]> {
  const found = new Map<string, Finding>();
  for await (const { address, bytes } of readProcessMemory(pid)) {
    for (const finding of search.searchBytes(bytes, `memory of process ${pid}`)) {
      const offset = Number(address) + finding.offset;
      // What lies where chunks overlap is found twice. The later chunk sees further, so its reading of it stays.
      found.set(`${offset} ${finding.pan}`, { ...finding, offset });
    }
  }
  return [...found.values()];
}

const chunkBytes = 1024 * 1024;
const zeros = Buffer.alloc(chunkBytes);
const overlapBytes = 4096;
const pageBytes = 4096;

/** Addresses of processes have 47 bits (x86-64) or 48 (arm64): they are exact as numbers. */
interface Region {
  readonly start: number;
  readonly end: number;
}

/** Lines are `start-end permissions offset device inode [path]`, proc_pid_maps(5). */
const mapsLine = /^([0-9a-f]+)-([0-9a-f]+) ([r-])([w-])[x-]([ps]) \S+ \S+ \S+ *(.*)$/;

/** Neighbours are joined: a number may lie across a change of permissions. */
function writtenRegions(maps: string): readonly Region[] {
  const regions: Region[] = [];
  for (const line of maps.split("\n")) {
    const [, start = "", end = "", read, write, sharing, name = ""] = mapsLine.exec(line) ?? [];
    if (read !== "r" || isDevice(name)) continue;
    if (isFile(name) && write !== "w" && sharing === "p") continue;
    const region = { start: parseInt(start, 16), end: parseInt(end, 16) };
    const previous = regions.at(-1);
    if (previous?.end === region.start) regions.splice(-1, 1, { start: previous.start, end: region.end });
    else regions.push(region);
  }
  return regions;
}

const isFile = (name: string): boolean => name.startsWith("/");

/** Shared anonymous memory is called `/dev/zero (deleted)`, and PostgreSQL's lies there and in `/dev/shm`. */
const isDevice = (name: string): boolean =>
  /^\/dev\/(?!shm\/|zero )/.test(name) || /^\[(vvar|vvar_vclock|vdso|vsyscall)\]$/.test(name);

async function* readRegion(pid: number, memory: FileHandle, region: Region): AsyncGenerator<MemoryChunk> {
  let address = region.start;
  while (address < region.end) {
    const bytes = await readAt(pid, memory, address, Math.min(chunkBytes, region.end - address));
    if (!bytes.equals(zeros.subarray(0, bytes.length))) yield { address: BigInt(address), bytes };
    // A page that is not there (any more) is passed over; a whole chunk but its last bytes is done with.
    if (bytes.length === 0) address += pageBytes;
    else if (address + bytes.length < region.end && bytes.length > overlapBytes) address += bytes.length - overlapBytes;
    else address += bytes.length;
  }
}

/** What can be read at an address, which may be less than asked for, or nothing. */
async function readAt(pid: number, memory: FileHandle, address: number, length: number): Promise<Buffer> {
  try {
    const { bytesRead, buffer } = await memory.read(Buffer.allocUnsafeSlow(length), 0, length, address);
    // The kernel answers "end of file" when the process is gone, and EIO for a page that cannot be read.
    if (bytesRead === 0) throw gone(pid);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    if (codeOf(error) === "EIO") return Buffer.alloc(0);
    throw error;
  }
}

async function explained<Value>(pid: number, attempt: Promise<Value>): Promise<Value> {
  try {
    return await attempt;
  } catch (cause) {
    if (["ENOENT", "ESRCH"].includes(codeOf(cause))) throw gone(pid, cause);
    if (!["EACCES", "EPERM"].includes(codeOf(cause))) throw cause;
    const remedy = "run as its user, on a process that may be traced, or with CAP_SYS_PTRACE";
    throw new ProcessMemoryError("refused", `the kernel does not let us read process ${pid}: ${remedy}`, { cause });
  }
}

const gone = (pid: number, cause?: unknown): ProcessMemoryError =>
  new ProcessMemoryError("no-such-process", `process ${pid} is not there or has ended`, { cause });

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

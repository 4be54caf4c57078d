/** Memory that holds card data in the clear, and the one door to it. */

import { timingSafeEqual } from "node:crypto";

/** Why clear text is read. A new reason is a change of this union, so that it meets a reviewer. */
export type ClearTextReason = "seal" | "fingerprint" | "release" | "compare";

const brand: unique symbol = Symbol("clear text access");

/** The right to read clear text for one reason. Only this file can make one. */
export interface ClearTextAccess {
  readonly reason: ClearTextReason;
  readonly [brand]: true;
}

const accesses: Readonly<Record<ClearTextReason, ClearTextAccess>> = {
  seal: issue("seal"),
  fingerprint: issue("fingerprint"),
  release: issue("release"),
  compare: issue("compare"),
};

/**
 * Gives the capability that `reveal` asks for. Search for this name to find every place that sees card data:
 * `seal` before encryption, `fingerprint` for the keyed hash, `release` to an allowed caller, `compare` where two
 * values must be equal byte for byte. Auditing is the caller's duty; this folder does no I/O.
 */
export function clearTextAccess(reason: ClearTextReason): ClearTextAccess {
  return accesses[reason];
}

function issue(reason: ClearTextReason): ClearTextAccess {
  return Object.freeze({ reason, [brand]: true as const });
}

/** Broken invariants, not refusals: `wiped` = read after wipe, `access-not-issued` = a forged capability. */
export class ClearTextError extends Error {
  override readonly name = "ClearTextError";
  readonly code: "wiped" | "access-not-issued";

  constructor(code: "wiped" | "access-not-issued") {
    super(code === "wiped" ? "clear text was read after it was wiped" : "clear text was asked for without access");
    this.code = code;
  }
}

/**
 * A private copy of some bytes in off-heap memory of a fixed size, zero-filled behind the bytes.
 *
 * The bytes are in a private field: `JSON.stringify`, `util.inspect` and spreading see an empty object.
 */
export class ClearText {
  readonly #memory: Buffer<ArrayBuffer>;
  readonly #lengthBytes: number;
  #wiped = false;

  /** Copies `bytes`, which stay the caller's to wipe. Capacity in bytes: above 64, and at least their length. */
  constructor(bytes: Uint8Array, capacityBytes: number) {
    this.#memory = offHeapMemory(capacityBytes);
    this.#memory.set(bytes);
    this.#lengthBytes = bytes.length;
  }

  get lengthBytes(): number {
    return this.#lengthBytes;
  }

  /**
   * A live view of the bytes: it reads zeros after `wipe`, so use it at once and never keep or write it.
   * It is a plain Uint8Array because a Buffer in a template string would write its content into the heap.
   * Throws `ClearTextError` (`wiped`, `access-not-issued`).
   */
  reveal(access: ClearTextAccess): Uint8Array<ArrayBuffer> {
    if (accesses[access.reason] !== access) throw new ClearTextError("access-not-issued");
    const memory = this.#readable();
    return new Uint8Array(memory.buffer, memory.byteOffset, this.#lengthBytes);
  }

  /** Compares whole memories of equal capacity, so the time taken tells neither content nor length. */
  equals(other: ClearText): boolean {
    return timingSafeEqual(this.#readable(), other.#readable());
  }

  /** Zeroes the memory. Idempotent. */
  wipe(): void {
    this.#memory.fill(0);
    this.#wiped = true;
  }

  #readable(): Buffer<ArrayBuffer> {
    if (this.#wiped) throw new ClearTextError("wiped");
    return this.#memory;
  }
}

/** V8 keeps typed arrays of up to this many bytes on its own heap (`typed_array_max_size_in_heap`). */
const largestOnHeapBytes = 64;

/**
 * Zero-filled memory outside V8's heap, in no pool. V8 moves what is on its heap and leaves the old copies behind,
 * where `fill(0)` cannot reach them; so every buffer that may hold card data comes from here and is above 64 bytes.
 */
export function offHeapMemory(sizeBytes: number): Buffer<ArrayBuffer> {
  if (sizeBytes <= largestOnHeapBytes) throw new RangeError("card data needs a buffer above 64 bytes");
  return Buffer.allocUnsafeSlow(sizeBytes).fill(0);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MAX_FRAME_BYTES, ProtocolError, createFrameReader, encodeFrame, type Frame } from "./agent-protocol.ts";

const frames: readonly Frame[] = [
  { kind: "wrap", call: 1, fields: ["pkcs11:one", Buffer.alloc(32, 7), Buffer.alloc(60, 8)] },
  { kind: "generate", call: 0xffff_ffff, fields: [] },
  { kind: "refusal", call: 3, fields: ["refused", "no"] },
];

/** What a reader gives for chunks, as copies, and the chunks' bytes afterwards. */
function read(chunks: readonly Buffer[]): readonly Frame[] {
  const found: Frame[] = [];
  const reader = createFrameReader(({ kind, call, fields, wipe }) => {
    found.push({ kind, call, fields: fields.map((field) => (Buffer.isBuffer(field) ? Buffer.from(field) : field)) });
    wipe();
  });
  for (const chunk of chunks) reader.push(chunk);
  assert.equal(reader.isMidFrame(), false);
  return found;
}

test("a generate call is these bytes", () => {
  assert.equal(encodeFrame({ kind: "generate", call: 258, fields: [] }).toString("hex"), "00000006010300000102");
});

test("frames come out whole wherever their stream is cut, and the chunks are wiped", () => {
  const stream = Buffer.concat(frames.map(encodeFrame));
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
      const edges = [0, ...cuts.toSorted((one, other) => one - other), stream.length];
      const chunks = edges.slice(1).map((end, index) => Buffer.from(stream.subarray(edges[index], end)));
      assert.deepEqual(read(chunks), frames);
      assert.ok(chunks.every((chunk) => chunk.every((byte) => byte === 0)));
    }),
  );
});

test("a frame that is too long is neither made nor read", () => {
  const fields = [Buffer.alloc(MAX_FRAME_BYTES)];
  assert.throws(() => encodeFrame({ kind: "wrap", call: 1, fields }), ProtocolError);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(MAX_FRAME_BYTES + 1);
  assert.throws(() => read([length]), ProtocolError);
});

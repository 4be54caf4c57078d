// A root key in a real token, before somebody who has the PIN and wants the key.
import assert from "node:assert/strict";
import { randomUUIDv7 } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, suite, test } from "node:test";
import type { TokenRootKey } from "@cofferdam/cde/keyagent/token-root-key.ts";
import type { TokenSession } from "@cofferdam/cde/keyagent/token-session.ts";
import { makeSoftHsm, whyNoSoftHsm } from "../soft-hsm.ts";

// PKCS #11 v2.40, pkcs11t.h
const CKA_CLASS = 0x0;
const CKA_TOKEN = 0x1;
const CKA_LABEL = 0x3;
const CKA_VALUE = 0x11;
const CKA_KEY_TYPE = 0x100;
const CKA_ID = 0x102;
const CKA_SENSITIVE = 0x103;
const CKA_VALUE_LEN = 0x161;
const CKA_EXTRACTABLE = 0x162;
const CKM_AES_KEY_GEN = 0x1080;
const CKM_AES_KEY_WRAP = 0x2109;

// The add-on is loaded when the suite runs, for it need not be there.
suite("a root key in a token", { skip: await whyNoSoftHsm() }, async () => {
  const { findRootKey, isStill, makeRootKey } = await import("@cofferdam/cde/keyagent/token-root-key.ts");
  const { closeToken, loadDevice, openToken } = await import("@cofferdam/cde/keyagent/token-session.ts");
  const uuid = randomUUIDv7();
  let directory = "";
  let token: TokenSession;
  let key: TokenRootKey;

  before(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "cofferdam-token-"));
    const { library, environment, ...access } = await makeSoftHsm(directory);
    Object.assign(process.env, environment);
    token = openToken(loadDevice(library), access);
    key = makeRootKey(token, uuid);
  });
  after(async () => {
    closeToken(token.device);
    await rm(directory, { recursive: true, force: true });
  });

  test("does not leave the token in any form, and cannot be made to", () => {
    const { device, session } = token;
    assert.throws(
      () => device.C_GetAttributeValue(session, key.handle, [{ type: CKA_VALUE }]),
      /CKR_ATTRIBUTE_SENSITIVE/,
    );
    const wrapped = Buffer.alloc(64);
    const wrapping = { mechanism: CKM_AES_KEY_WRAP };
    assert.throws(() => device.C_WrapKey(session, wrapping, key.handle, key.handle, wrapped), /CKR_/);
    for (const type of [CKA_EXTRACTABLE, CKA_SENSITIVE]) {
      const value = type === CKA_EXTRACTABLE;
      assert.throws(() => {
        device.C_SetAttributeValue(session, key.handle, [{ type, value }]);
      }, /CKR_/);
    }
  });

  test("is found again by label and id, and known by its check value", () => {
    const found = findRootKey(token, uuid) ?? assert.fail("not found");
    assert.equal(found.id, key.id);
    assert.match(found.id, /^pkcs11:[0-9a-f-]{36}-[0-9a-f]{32}$/);
    const other = makeRootKey(token, randomUUIDv7());
    assert.equal(isStill(token, found), true);
    assert.equal(isStill(token, { ...found, handle: other.handle }), false);
  });

  test("is not taken when it could leave the token, whatever its name", () => {
    const name = randomUUIDv7();
    token.device.C_GenerateKey(token.session, { mechanism: CKM_AES_KEY_GEN }, [
      { type: CKA_CLASS, value: 4 },
      { type: CKA_KEY_TYPE, value: 0x1f },
      { type: CKA_VALUE_LEN, value: 32 },
      { type: CKA_TOKEN, value: true },
      { type: CKA_EXTRACTABLE, value: true },
      { type: CKA_LABEL, value: `cofferdam-root-key ${name}` },
      { type: CKA_ID, value: Buffer.from(name.replaceAll("-", ""), "hex") },
    ]);
    assert.throws(() => findRootKey(token, name), { code: "unsupported" });
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import * as config from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "config-"));
const secret = join(folder, "secret");
writeFileSync(secret, "  s3cret \n");
writeFileSync(join(folder, "empty"), "\n");
after(() => {
  rmSync(folder, { recursive: true });
});

const spec = {
  PORT: config.port("port of the API", 8443),
  MODE: config.choice("how to run", ["fast", "safe"], "safe"),
  DEADLINE: config.durationMs("of a request", 5_000),
  SIZE: config.integer("of a batch", { min: 1, max: 100 }),
  ISSUER: config.url("of access tokens", ["https:"]),
  CA: config.file("of clients"),
  DATABASE_URL_FILE: config.secretFile("login to the database"),
  NOTE: config.optional(config.text("shown to operators")),
};

const complete = {
  DEADLINE: "2m",
  SIZE: "7",
  ISSUER: "https://identity.test",
  CA: secret,
  DATABASE_URL_FILE: secret,
};

test("reads every variable in its own type", () => {
  assert.deepEqual(config.readConfig(spec, complete), {
    PORT: 8443,
    MODE: "safe",
    DEADLINE: 120_000,
    SIZE: 7,
    ISSUER: "https://identity.test",
    CA: secret,
    DATABASE_URL_FILE: "s3cret",
    NOTE: undefined,
  });
});

test("complains about every variable at once and quotes none", () => {
  const environment = {
    PORT: "99999",
    MODE: "leaked",
    DEADLINE: "5",
    SIZE: "0x7",
    ISSUER: "http://u:leaked@h",
  };
  assert.throws(
    () => config.readConfig(spec, environment),
    (error: config.ConfigError) => {
      const names = error.problems.map((problem) => problem.split(" ")[0]);
      assert.deepEqual(names, ["PORT", "MODE", "DEADLINE", "SIZE", "ISSUER", "CA", "DATABASE_URL_FILE"]);
      assert.doesNotMatch(error.message, /leaked/);
      return true;
    },
  );
});

const malformed: readonly (readonly [config.Setting<unknown>, readonly string[]])[] = [
  [spec.PORT, ["-1", "65536", "80.5", "8e1", " 80", "0x50", "٨٠"]],
  [spec.MODE, ["Fast", "safe ", "constructor"]],
  [spec.DEADLINE, ["5", "s", "-5s", "5 s", "1.5s", "5y", "5S"]],
  [spec.ISSUER, ["http://a", "//a", "a", "https://u:p@a"]],
  [spec.CA, [join(folder, "absent")]],
  [spec.DATABASE_URL_FILE, [join(folder, "absent"), join(folder, "empty"), folder]],
];

test("accepts no value that is nearly right", () => {
  for (const [{ read, form }, values] of malformed) {
    for (const value of values) assert.equal(read(value), undefined, `${value} is not ${form}`);
  }
});

test("describes itself", () => {
  assert.equal(
    config.describeConfig({ PORT: spec.PORT, SIZE: spec.SIZE, NOTE: spec.NOTE }),
    [
      "PORT  port of the API (a whole number from 0 to 65535; default: 8443)",
      "SIZE  of a batch (a whole number from 1 to 100; required)",
      "NOTE  shown to operators (text; default: none)",
      "",
    ].join("\n"),
  );
});

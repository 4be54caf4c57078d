import assert from "node:assert/strict";
import { test } from "node:test";
import { routes } from "@cofferdam/cde/vault/http/routes.ts";
import { readOperations } from "./behaviour/api-operations.ts";

test("the table of routes and the API's document are the same list", async () => {
  const documented = (await readOperations()).filter((operation) => operation.action !== null);
  const served = routes.map(({ method, path, action }) => `${method} ${path.replace(":token", "{token}")} ${action}`);
  assert.deepEqual(
    served.toSorted(),
    documented.map(({ method, path, action }) => `${method.toLowerCase()} ${path} ${action ?? ""}`).toSorted(),
  );
});

test("what a refused call leaves in the audit log is what the document says of its operation", async () => {
  const documented = await readOperations();
  for (const { method, path, audit } of routes) {
    const operation = documented.find(
      (candidate) => candidate.method.toLowerCase() === method && candidate.path === path.replace(":token", "{token}"),
    );
    assert.ok(operation?.audit.includes(audit), `${method} ${path}`);
  }
});

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parse } from "yaml";
import { operationsOf, resolve, schemasWithin } from "./api-document.ts";
import type { ApiDocument, Body, Example, MediaType, Operation, Parameter, Response, Schema } from "./api-document.ts";
import * as requestValidators from "./generated/vault-validators.ts";

const folder = import.meta.dirname;
const [vault, admin] = [await readDocument("vault"), await readDocument("vault-admin")];
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const compiled = new Map<string, ReturnType<typeof ajv.compile>>();

for (const api of [vault, admin]) {
  const { document, operations, name, text } = api;
  suite(`the API document ${name}.yaml`, () => {
    for (const operation of operations)
      suite(operation.operationId, () => {
        testOperation(api, operation);
      });

    test("has no field for a security code, a track or a PIN", () => {
      const names = Object.values(document.components.schemas).flatMap((schema) =>
        Object.keys(schema.properties ?? {}),
      );
      assert.deepEqual(
        names.filter((field) => /cv[cvn]|cid|csc|security_code|track|(?:^|_)pin(?:$|_)/.test(field)),
        [],
      );
    });

    test("shows no card number but published test numbers", () => {
      const published = ["4242424242424242", "5555555555554444", "378282246310005"];
      const numbers = text.match(/\b[0-9]{12,19}\b/g) ?? [];
      const shown = [...new Set(numbers.filter(passesLuhn))];
      assert.deepEqual(shown.sort(), name === "vault" ? published.sort() : []);
    });
  });
}

function testOperation({ document, name }: Api, operation: Operation): void {
  test("says which scope it needs, which action policies decide on, and what it records", () => {
    const asked = operation.security.flatMap((requirement) => requirement["accessToken"] ?? []);
    const { "x-cofferdam-scope": scope, "x-cofferdam-action": action, "x-cofferdam-audit": audit } = operation;
    assert.deepEqual(asked, scope === null ? [] : [scope]);
    // Keys are looked after by certificate alone: no operation of that plane asks for an access token.
    if (name === "vault-admin") assert.equal(scope, null);
    else assert.equal(action === null, scope === null);
    assert.equal(audit.length === 0, action === null);
  });

  test("lists the problems that any request of its kind can meet", () => {
    const listed = Object.keys(operation.responses).filter((status) => Number(status) >= 400);
    assert.deepEqual(
      expectedProblemStatuses(document, operation).filter((status) => !listed.includes(status)),
      [],
    );
  });

  test("gives examples that fit their schemas, and schemas that refuse one field more", () => {
    for (const { schema, examples } of mediaTypesOf(document, operation)) {
      for (const example of examples) {
        assert.deepEqual(faults(document, schema, example), []);
        if (isObject(example)) assert.notDeepEqual(faults(document, schema, { ...example, surprise: true }), []);
      }
    }
  });

  test("gives parameters as examples that fit their schemas", () => {
    for (const parameter of parametersOf(document, operation)) {
      for (const example of examplesOf(document, parameter))
        assert.deepEqual(faults(document, parameter.schema, example), []);
    }
  });

  test("answers a refusal with a problem document of a type that the response lists", () => {
    for (const [status, response] of problemResponsesOf(document, operation)) {
      const types = (response["x-cofferdam-problems"] ?? []).map((slug) => `/problems/${slug}`);
      const examples = Object.values(response.content ?? {}).flatMap((body) =>
        examplesOf(document, body),
      ) as ProblemExample[];
      assert.deepEqual(Object.keys(response.content ?? {}), ["application/problem+json"]);
      assert.ok(examples.length > 0 && types.length > 0);
      for (const example of examples) {
        assert.ok(types.includes(example.type), example.type);
        assert.equal(String(example.status), status);
      }
      if (["429", "503"].includes(status)) assert.ok(response.headers?.["Retry-After"]);
    }
  });
}

suite("cards in the API documents", () => {
  test("takes a card number in only to create a token, and lets it out only to detokenise", () => {
    const { document, operations } = vault;
    const takes = operations.filter((operation) => holdsCard(document, operation.requestBody ?? {}));
    const gives = operations.filter((operation) =>
      responsesOf(document, operation).some(([, response]) => holdsCard(document, response)),
    );
    assert.deepEqual(
      takes.map((operation) => operation.operationId),
      ["createToken", "createTokenBatch"],
    );
    assert.deepEqual(
      gives.map((operation) => operation.operationId),
      ["detokenizeToken", "detokenizeBatch"],
    );
  });

  test("classifies every card number and cardholder name", () => {
    const schemas = Object.values(vault.document.components.schemas);
    const properties = schemas.flatMap((schema) => Object.entries(schema.properties ?? {}));
    const classesOf = (name: string): unknown[] =>
      properties.filter(([property]) => property === name).map(([, schema]) => schema["x-data-classification"]);
    assert.deepEqual(classesOf("pan"), ["pan", "pan"]);
    assert.deepEqual(classesOf("cardholder_name"), ["personal", "personal"]);
  });

  test("no card goes in or out of the admin plane", () => {
    const holding = admin.operations.filter(
      (operation) =>
        holdsCard(admin.document, operation.requestBody ?? {}) ||
        responsesOf(admin.document, operation).some(([, response]) => holdsCard(admin.document, response)),
    );
    assert.deepEqual(holding, []);
  });
});

suite("generated files", () => {
  test("are what their document makes of them", async () => {
    assert.deepEqual(await check(folder), { exitCode: 0, stderr: "" });
  });

  test("are found stale when the document changed", async () => {
    const copy = await mkdtemp(join(tmpdir(), "cofferdam-openapi-"));
    try {
      await cp(join(folder, "generated"), join(copy, "generated"), { recursive: true });
      await writeFile(join(copy, "generated/forgotten-types.ts"), "");
      await writeFile(join(copy, "vault-admin.yaml"), admin.text);
      await writeFile(
        join(copy, "vault.yaml"),
        vault.text.replace("enum: [active, suspended]", "enum: [active, stopped]"),
      );
      const { exitCode, stderr } = await check(copy);
      assert.equal(exitCode, 1);
      assert.match(stderr, /vault-types\.ts: differs from line \d+ on/);
      assert.match(stderr, /vault-validators\.ts: differs/);
      assert.match(stderr, /document: .*"stopped"/);
      assert.match(stderr, /forgotten-types\.ts: has no document/);
      assert.match(stderr, /Run: node openapi\/generate\.ts/);
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  test("hold no validator for a body that carries a card", () => {
    const names = Object.keys(requestValidators);
    assert.ok(names.includes("UpdateToken"));
    assert.deepEqual(
      names.filter((name) => name.startsWith("CreateToken")),
      [],
    );
  });
});

interface ProblemExample {
  readonly type: string;
  readonly status: number;
}

interface Api {
  readonly name: "vault" | "vault-admin";
  readonly text: string;
  readonly document: ApiDocument;
  readonly operations: readonly Operation[];
}

async function readDocument(name: Api["name"]): Promise<Api> {
  const text = await readFile(join(folder, `${name}.yaml`), "utf8");
  const document = parse(text) as ApiDocument;
  return { name, text, document, operations: operationsOf(document) };
}

/** Every request can meet these; one that policies decide on, with a body or with parameters can meet more. */
function expectedProblemStatuses(document: ApiDocument, operation: Operation): string[] {
  const always = ["401", "431", "500", "503", "505"];
  const decidedOn = operation["x-cofferdam-action"] === null ? [] : ["403", "429", "504"];
  const withBody = operation.requestBody ? ["400", "408", "413", "415"] : [];
  const parameters = parametersOf(document, operation);
  const withParameters = parameters.length > 0 ? ["400"] : [];
  const withPath = parameters.some((parameter) => parameter.in === "path") ? ["404"] : [];
  return [...always, ...decidedOn, ...withBody, ...withParameters, ...withPath];
}

function responsesOf(document: ApiDocument, operation: Operation): (readonly [string, Response])[] {
  const responses = Object.entries(operation.responses);
  return responses.map(([status, response]) => [status, resolve<Response>(document, response)]);
}

/** All refusals but those of the health checks, which answer 503 with what they found. */
function problemResponsesOf(document: ApiDocument, operation: Operation): (readonly [string, Response])[] {
  const isHealth = (response: Response): boolean => response.content?.["application/json"] !== undefined;
  return responsesOf(document, operation).filter(([status, response]) => Number(status) >= 400 && !isHealth(response));
}

function parametersOf(document: ApiDocument, operation: Operation): Parameter[] {
  return (operation.parameters ?? []).map((parameter) => resolve<Parameter>(document, parameter));
}

function mediaTypesOf(document: ApiDocument, operation: Operation): { schema: Schema; examples: unknown[] }[] {
  const bodies: Body[] = [
    operation.requestBody ?? {},
    ...responsesOf(document, operation).map(([, response]) => response),
  ];
  const mediaTypes = bodies.flatMap((body) => Object.values(body.content ?? {}));
  return mediaTypes.map((mediaType) => ({ schema: mediaType.schema, examples: examplesOf(document, mediaType) }));
}

function examplesOf(
  document: ApiDocument,
  { example, examples = {} }: Partial<Parameter> | (MediaType & { example?: never }),
): unknown[] {
  const named = Object.values(examples).map((entry) => resolve<Example>(document, entry).value);
  return example === undefined ? named : [example, ...named];
}

function holdsCard(document: ApiDocument, body: Body): boolean {
  return Object.values(body.content ?? {}).some(({ schema }) =>
    [...schemasWithin(document, schema)].some((part) => part["x-data-classification"] === "pan"),
  );
}

/** What ajv has against a value. References find the document's components beside the schema. */
function faults(document: ApiDocument, schema: Schema, value: unknown): unknown[] {
  const key = `${document === vault.document ? vault.name : admin.name} ${JSON.stringify(schema)}`;
  const validate = compiled.get(key) ?? ajv.compile({ ...schema, components: document.components });
  compiled.set(key, validate);
  return validate(value) ? [] : (validate.errors ?? []);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function passesLuhn(digits: string): boolean {
  const sum = Array.from(digits, Number)
    .reverse()
    .reduce((total, digit, place) => {
      const weighted = digit * (place % 2 === 0 ? 1 : 2);
      return total + (weighted > 9 ? weighted - 9 : weighted);
    }, 0);
  return sum % 10 === 0;
}

async function check(documents: string): Promise<{ exitCode: number; stderr: string }> {
  const command = [join(folder, "generate.ts"), "--check", documents];
  try {
    const { stderr } = await promisify(execFile)(process.execPath, command);
    return { exitCode: 0, stderr };
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return { exitCode: code, stderr };
  }
}

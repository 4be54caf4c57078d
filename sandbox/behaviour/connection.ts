// The vault's API as bytes and headers, for tests that look at what a typed client would hide.
import assert from "node:assert/strict";
import { Agent, request } from "node:https";
import type { IncomingMessage } from "node:http";
import type { Problem } from "@cofferdam/openapi/generated/vault-types.ts";
import { validateProblem } from "@cofferdam/openapi/validate-response.ts";
import type { StandingVault } from "../standing-vault.ts";
import type { ApiRequest } from "./api-operations.ts";

/** A certificate with its key, and whom to trust. */
export type Certificate = Pick<StandingVault["identities"]["capture"], "certificatePem" | "keyPem">;

export interface Answer {
  readonly status: number;
  /** By name in lower case, in the order they came. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Connections of one caller that stay open between requests. Disposing of it closes them. */
export interface Connection extends Disposable {
  /** Sends a request. Rejects when there is no answer, or when `signal` aborts it. */
  send(request: ApiRequest, signal?: AbortSignal): Promise<Answer>;
}

/** Opens no connection until the first request. `null` shows no certificate. */
export function openConnection(standing: StandingVault, certificate: Certificate | null, maxSockets = 4): Connection {
  const identity = certificate === null ? {} : { cert: certificate.certificatePem, key: certificate.keyPem };
  const agent = new Agent({ keepAlive: true, maxSockets, ca: standing.pki.caPem, ...identity });
  return {
    send: ({ method, path, headers, body }, signal) =>
      exchange(new URL(standing.vault.url), body, {
        agent,
        method,
        path,
        headers: { ...(body !== undefined && json(body)), ...headers },
        ...(signal !== undefined && { signal }),
      }),
    [Symbol.dispose]: () => {
      agent.destroy();
    },
  };
}

/** The problem document of an answer, once its form and its agreement with the answer's head have been checked. */
export function problemOf({ status, headers, body }: Answer): Problem {
  assert.equal(headers.get("content-type"), "application/problem+json", body);
  const validation = validateProblem(JSON.parse(body));
  assert.ok(validation.ok, `not a problem document: ${body}`);
  assert.equal(validation.value.status, status);
  assert.equal(validation.value.request_id, headers.get("request-id"));
  return validation.value;
}

function json(body: string): Record<string, string> {
  return { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
}

async function exchange(url: URL, body: string | undefined, options: object): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(url, options, resolve).on("error", reject).end(body);
  const response = await promise;
  const chunks = (await response.toArray()) as readonly Buffer[];
  return {
    status: response.statusCode ?? 0,
    headers: headersOf(response),
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function headersOf({ rawHeaders }: IncomingMessage): ReadonlyMap<string, string> {
  const pairs = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1] ?? ""] as const] : [],
  );
  return new Map(pairs);
}

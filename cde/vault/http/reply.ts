import { finished } from "node:stream";
import type { Response } from "express";
import type { Problem } from "@cofferdam/kit/problem.ts";

/** What a handler answers. A `problem` here has been audited already; a thrown one has not. */
export type Reply =
  | { readonly kind: "json"; readonly status: number; readonly body: string; readonly isReplay?: boolean }
  | { readonly kind: "text"; readonly contentType: string; readonly body: string }
  | { readonly kind: "card"; readonly bytes: Buffer }
  | { readonly kind: "empty" }
  | { readonly kind: "problem"; readonly problem: Problem };

/** Sends a reply that is no problem. The bytes of a card are zeroed once the socket has taken or dropped them. */
export function send(response: Response, reply: Exclude<Reply, { readonly kind: "problem" }>): void {
  if (reply.kind === "empty") response.status(204).end();
  else if (reply.kind === "text") response.status(200).set("content-type", reply.contentType).end(reply.body);
  else if (reply.kind === "json") sendJson(response, reply);
  else sendCard(response, reply.bytes);
}

function sendJson(response: Response, reply: Extract<Reply, { readonly kind: "json" }>): void {
  if (reply.isReplay === true) response.set("idempotency-replayed", "true");
  response.status(reply.status).set("content-type", "application/json").end(reply.body);
}

function sendCard(response: Response, bytes: Buffer): void {
  finished(response, () => bytes.fill(0));
  response.status(200).set("content-type", "application/json").set("content-length", String(bytes.length));
  // Headers go first and alone: sent together, Node would copy them and the card into a buffer that nobody can zero.
  response.flushHeaders();
  response.end(bytes);
}

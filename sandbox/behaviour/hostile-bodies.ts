// JSON bodies that parsers read differently, for the two readers of the vault: that of cards, and that of everything else.
import type { ProblemType } from "@cofferdam/kit/problem.ts";

export type HostileBody = readonly [name: string, body: string | Buffer, problem: ProblemType];

const pan = '"pan":"4242424242424242"'; // Published by Stripe for testing.
const card = `"card":{${pan}}`;

/** `POST /v1/tokens` */
export const hostileCards: readonly HostileBody[] = [
  ["nothing", "", "invalid-json"],
  ["white space", " \n", "invalid-json"],
  ["half an object", `{${card}`, "invalid-json"],
  ["a list", `[{${card}}]`, "invalid-json"],
  ["null", "null", "invalid-json"],
  ["two objects", `{${card}}{${card}}`, "invalid-json"],
  ["a byte order mark", `\u00ef\u00bb\u00bf{${card}}`, "invalid-json"],
  ["UTF-16", Buffer.from(`\ufeff{${card}}`, "utf16le"), "invalid-json"],
  ["overlong UTF-8", `{${card},"metadata":{"a":"\u00c0\u00af"}}`, "invalid-json"],
  ["half a surrogate pair", `{${card},"metadata":{"a":"\\ud800"}}`, "invalid-json"],
  ["a comment", `{/* */${card}}`, "invalid-json"],
  ["a comma too many", `{${card},}`, "invalid-json"],
  ["single quotes", `{${card}}`.replaceAll('"', "'"), "invalid-json"],
  ["a line break in a string", `{${card},"metadata":{"a":"x\ny"}}`, "invalid-json"],
  ["a thousand lists within one another", `{"card":${"[".repeat(1_000)}${"]".repeat(1_000)}}`, "invalid-json"],
  [
    "a thousand objects within one another",
    `{"card":{"expiry":${'{"a":'.repeat(1_000)}1${"}".repeat(1_000)}}}`,
    "unknown-field",
  ],
  ["the same field twice", `{${card},"format":"opaque","format":"opaque"}`, "duplicate-key"],
  ["two cards", `{${card},${card}}`, "duplicate-key"],
  ["two card numbers", `{"card":{${pan},${pan}}}`, "duplicate-key"],
  ["the same field in an escape", `{${card},"form\\u0061t":"opaque","format":"opaque"}`, "duplicate-key"],
  ["the same metadata twice", `{${card},"metadata":{"a":"1","a":"2"}}`, "duplicate-key"],
  ["__proto__", `{${card},"__proto__":{"polluted":true}}`, "unknown-field"],
  ["constructor", `{${card},"constructor":{"prototype":{"polluted":true}}}`, "unknown-field"],
  ["__proto__ within the card", `{"card":{${pan},"__proto__":{"polluted":true}}}`, "unknown-field"],
  ["__proto__ as metadata", `{${card},"metadata":{"__proto__":"polluted"}}`, "invalid-field"],
  ["a card number as the name of a field", `{${card},"4242424242424242":1}`, "unknown-field"],
  [
    "a card number as the name of metadata",
    `{${card},"metadata":{"a4242424242424242":"x"}}`,
    "card-number-in-wrong-place",
  ],
  ["a card number in metadata", `{${card},"metadata":{"note":"4242 4242 4242 4242"}}`, "card-number-in-wrong-place"],
  [
    "a card number as a cardholder's name",
    `{"card":{${pan},"cardholder_name":"4242424242424242"}}`,
    "card-number-in-wrong-place",
  ],
  ["a card number that is a number", `{"card":{"pan":4242424242424242}}`, "invalid-field"],
  ["a year beyond all numbers", `{"card":{${pan},"expiry":{"month":1,"year":1e999}}}`, "invalid-field"],
  ["a year of a hundred digits", `{"card":{${pan},"expiry":{"month":1,"year":${"9".repeat(100)}}}}`, "invalid-field"],
  ["a month with a fraction", `{"card":{${pan},"expiry":{"month":1.0,"year":2030}}}`, "invalid-field"],
  ["NaN", `{"card":{${pan},"expiry":{"month":NaN,"year":2030}}}`, "invalid-field"],
  ["a text of 4 kB for a class", `{${card},"retention_class":"${"a".repeat(4_096)}"}`, "invalid-field"],
];

/** Sensitive authentication data, by the names that forms and gateways give it. PCI DSS 3.3.1. */
export const sensitiveFields: readonly string[] = [
  "cvc",
  "cvv",
  "cvv2",
  "cvc2",
  "cid",
  "csc",
  "CVV",
  "card_cvc",
  "security_code",
  "securityCode",
  "verification_value",
  "track1",
  "track2",
  "track_data",
  "magstripe",
  "pin",
  "PIN",
  "pin_block",
  "pvv",
];

/** `PATCH /v1/tokens/{token}` */
export const hostileChanges: readonly HostileBody[] = [
  ["a list", "[]", "invalid-json"],
  ["a byte order mark", '\u00ef\u00bb\u00bf{"status":"active"}', "invalid-json"],
  ["UTF-16", Buffer.from('{"status":"active"}', "utf16le"), "invalid-json"],
  ["seven thousand lists within one another", `{"metadata":${"[".repeat(7_000)}${"]".repeat(7_000)}}`, "invalid-json"],
  ["the same field twice", '{"status":"active","status":"suspended"}', "duplicate-key"],
  ["the same metadata in an escape", '{"metadata":{"a":"1","\\u0061":"2"}}', "duplicate-key"],
  ["__proto__", '{"__proto__":{"polluted":true},"status":"active"}', "invalid-json"],
  ["constructor", '{"constructor":{"prototype":{"polluted":true}},"status":"active"}', "unknown-field"],
  ["prototype as metadata of another type", '{"metadata":{"prototype":{"polluted":true}}}', "invalid-field"],
  ["a number beyond all numbers", '{"expiry":{"month":1e999,"year":2030}}', "invalid-json"],
  ["a number that is not what it says", '{"expiry":{"month":1,"year":9007199254740993}}', "invalid-json"],
  ["NUL in a text", '{"metadata":{"a":"\\u0000"}}', "invalid-json"],
  ["a card number in metadata", '{"metadata":{"note":"4242-4242-4242-4242"}}', "card-number-in-wrong-place"],
  ["a card number as the name of a field", '{"4242424242424242":"active"}', "unknown-field"],
  ["a card number as a status", '{"status":"4242424242424242"}', "invalid-field"],
  ["a security code", '{"status":"active","cvc":"123"}', "unknown-field"],
];

// What one person alone may try against dual control, each with the answer that it must get.
import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Ceremony } from "@cofferdam/cde/vault/keys/ceremony/ceremony-file.ts";
import type { SignedStatement } from "@cofferdam/cde/vault/keys/ceremony/ceremony-statement.ts";
import { sandboxTenants } from "../callers.ts";
import { makeCertificate } from "../certificate.ts";
import { rosterOf, writeRoster } from "../custodians.ts";
import { trustDomain, type Identity } from "../pki.ts";
import type { StandingAdmin } from "../standing-admin.ts";
import type { StandingVault } from "../standing-vault.ts";
import { answerOf, decide, draftOf, execute, propose, statementBy, type Answer, type Draft } from "../ceremony.ts";

/** The operations that it is tried with, and parameters that are well formed. */
export const triedOperations: Readonly<Record<string, Ceremony["parameters"]>> = {
  "rotate-root-key": { scheme: "file" },
  "destroy-key": { tenant_id: sandboxTenants.harbourCoffee.tenantId, purpose: "data", version: 1 },
  "add-wrap": { scheme: "pkcs11" },
  "export-keys": {},
};

/** One thing to try at a proposal of Mei's. */
export interface Attempt {
  readonly name: string;
  readonly expected: string;
  readonly act: (draft: Draft) => Promise<Answer>;
  /** Whether Ade has approved it before. */
  readonly isApproved?: true;
  /** State of the proposal afterwards; `proposed` or `approved` as before unless given. */
  readonly leaves?: string;
}

/** The attempts, for a vault with its admin process. They issue certificates, and change the roster while they run. */
export async function loneAttempts(standing: StandingVault, admin: StandingAdmin): Promise<readonly Attempt[]> {
  return [
    ...(await underOtherNames(standing, admin)),
    ...withOtherStatements(admin),
    ...onceMore(admin),
    ...(await inOtherRoles(standing, admin)),
  ];
}

async function underOtherNames(standing: StandingVault, admin: StandingAdmin): Promise<readonly Attempt[]> {
  const { mei } = admin.custodians;
  const { start, approveAs, withRoster } = movesOf(admin);
  const secondMei = await standing.pki.issue("management/custodian-mei");
  const meiAsAde = await certifiedAs(standing, mei, "ade");
  const { meiLine, adeLine, linLine } = linesOf(admin);
  return [
    { name: "starts without an approval", act: start(mei), expected: "409 proposal-conflict not-approved" },
    { name: "approves her own proposal", act: approveAs(mei), expected: "403 approval-refused same-custodian" },
    {
      name: "approves with a second certificate in her name",
      act: approveAs(secondMei),
      expected: "403 access-denied",
    },
    {
      name: "approves with a second certificate, put on the roster in place of her first",
      act: withRoster([{ ...meiLine, certificatePem: secondMei.certificatePem }, adeLine], approveAs(secondMei)),
      expected: "403 approval-refused same-custodian",
    },
    { name: "approves in Ade's name with her own key", act: approveAs(meiAsAde), expected: "403 access-denied" },
    {
      name: "approves in Ade's name with her own key, put on the roster as Ade's",
      act: withRoster([{ ...adeLine, certificatePem: mei.certificatePem }, linLine], approveAs(meiAsAde)),
      expected: "403 approval-refused same-key",
    },
    {
      name: "has both names on the roster with one key",
      act: withRoster([meiLine, { ...adeLine, certificatePem: mei.certificatePem }], approveAs(meiAsAde)),
      expected: "403 access-denied",
    },
  ];
}

function withOtherStatements(admin: StandingAdmin): readonly Attempt[] {
  const { mei, ade } = admin.custodians;
  const { approve, approveAs } = movesOf(admin);
  return [
    {
      name: "sends a statement that Ade signed, as herself",
      act: (draft) => approve(mei, statementBy(ade, "approve", draft), draft),
      expected: "403 approval-refused other-custodian",
    },
    {
      name: "changes a statement that Ade signed for another file",
      act: (draft) => {
        const signed = statementBy(ade, "approve", draft, { digest: Buffer.alloc(32, 7) });
        const statement = signed.statement.replace(/^0707.*$/m, draft.digest.toString("hex"));
        return approve(ade, { ...signed, statement }, draft);
      },
      expected: "403 approval-refused signature-invalid",
    },
    {
      name: "has Ade approve another file",
      act: approveAs(ade, { digest: Buffer.alloc(32, 7) }),
      expected: "403 approval-refused other-digest",
    },
    {
      name: "has Ade approve another proposal",
      act: (draft) => approve(ade, statementBy(ade, "approve", { ...draft, id: draftOf("export-keys", {}).id }), draft),
      expected: "403 approval-refused other-proposal",
    },
    {
      name: "has Ade sign a withdrawal and sends it as an approval",
      act: (draft) => approve(ade, statementBy(ade, "withdraw", draft), draft),
      expected: "403 approval-refused other-act",
    },
    {
      name: "keeps Ade's approval of ten minutes ago",
      act: approveAs(ade, { signedAt: new Date(Date.now() - 600_000) }),
      expected: "403 approval-refused statement-stale",
    },
    {
      name: "has Ade approve it until another day",
      act: approveAs(ade, { expiresAt: new Date(Date.now() + 7_200_000) }),
      expected: "403 approval-refused other-expiry",
    },
  ];
}

function onceMore(admin: StandingAdmin): readonly Attempt[] {
  const { mei, ade } = admin.custodians;
  const { approveAs } = movesOf(admin);
  return [
    {
      name: "proposes it again under the same id",
      act: (draft) => answerOf(propose(admin.client(mei), draft, statementBy(mei, "propose", draft))),
      expected: "409 proposal-conflict proposal-id-used",
    },
    {
      name: "proposes it for longer than seven days",
      act: (draft) => {
        const longer = draftOf(
          draft.operation,
          triedOperations[draft.operation] ?? {},
          new Date(Date.now() + 8 * 86_400_000),
        );
        return answerOf(propose(admin.client(mei), longer, statementBy(mei, "propose", longer)));
      },
      expected: "403 approval-refused window-invalid",
    },
    {
      name: "has Ade approve it twice",
      act: approveAs(ade),
      isApproved: true,
      expected: "409 proposal-conflict not-proposed",
    },
  ];
}

async function inOtherRoles(standing: StandingVault, admin: StandingAdmin): Promise<readonly Attempt[]> {
  const { mei, ade, lin } = admin.custodians;
  const { auditor, payment, egress } = standing.identities;
  const vaultItself = await standing.pki.issue("cde/vault");
  const { start, approveAs, withRoster } = movesOf(admin);
  const { meiLine, adeLine, linLine } = linesOf(admin);
  const over = [meiLine, adeLine, linLine].map((line) => ({ ...line, acknowledgedUntil: "2026-01-31" }));
  return [
    {
      name: "starts an approved one as another operation",
      act: (draft) => answerOf(execute(admin.client(mei), { ...draft, operation: "rotate-data-key" })),
      isApproved: true,
      expected: "409 proposal-conflict other-operation",
    },
    {
      name: "starts what Ade approved before she left",
      act: withRoster([meiLine, linLine], start(mei)),
      isApproved: true,
      expected: "409 proposal-conflict custodian-left",
    },
    {
      name: "is Ade, who left, and approves",
      act: withRoster([meiLine, linLine], approveAs(ade)),
      expected: "403 access-denied",
    },
    {
      name: "is Ade, whose acknowledgement is over, and approves",
      act: withRoster(over, approveAs(ade)),
      expected: "403 approval-refused acknowledgement-over",
    },
    {
      name: "starts an approved one when her acknowledgement is over",
      act: withRoster(over, start(mei)),
      isApproved: true,
      expected: "403 approval-refused acknowledgement-over",
    },
    { name: "is an auditor and approves", act: approveAs(auditor), expected: "403 access-denied" },
    {
      name: "is an auditor and starts an approved one",
      act: start(auditor),
      isApproved: true,
      expected: "403 access-denied",
    },
    { name: "is the payment service", act: start(payment), isApproved: true, expected: "403 access-denied" },
    { name: "is the egress relay", act: start(egress), isApproved: true, expected: "403 access-denied" },
    { name: "is the vault itself", act: start(vaultItself), isApproved: true, expected: "403 access-denied" },
    {
      name: "starts what Lin withdrew",
      act: async (draft) => {
        await decide(admin.client(lin), "withdrawal", draft, statementBy(lin, "withdraw", draft));
        return start(mei)(draft);
      },
      isApproved: true,
      expected: "409 proposal-conflict withdrawn",
      leaves: "withdrawn",
    },
  ];
}

function linesOf(admin: StandingAdmin) {
  const [meiLine, adeLine, linLine] = rosterOf(admin.custodians);
  assert.ok(meiLine && adeLine && linLine);
  return { meiLine, adeLine, linLine };
}

type Act = Attempt["act"];

/** What people do at the admin plane, as functions of a proposal. */
interface Moves {
  readonly start: (identity: Identity) => Act;
  readonly approve: (caller: Identity, statement: SignedStatement, draft: Draft) => Promise<Answer>;
  readonly approveAs: (identity: Identity, changes?: Parameters<typeof statementBy>[3]) => Act;
  /** Does something with another roster in force. */
  readonly withRoster: (lines: Parameters<typeof writeRoster>[1], act: Act) => Act;
}

/** Makes them, for one admin process. */
export function movesOf(admin: StandingAdmin): Moves {
  const approve: Moves["approve"] = (caller, statement, draft) =>
    answerOf(decide(admin.client(caller), "approval", draft, statement));
  return {
    start: (identity) => (draft) => answerOf(execute(admin.client(identity), draft)),
    approve,
    approveAs:
      (identity, changes = {}) =>
      (draft) =>
        approve(identity, statementBy(identity, "approve", draft, changes), draft),
    withRoster: (lines, act) => async (draft) => {
      await writeRoster(admin.rosterFile, lines);
      try {
        return await act(draft);
      } finally {
        await writeRoster(admin.rosterFile, rosterOf(admin.custodians));
      }
    },
  };
}

/** A certificate that the management authority issued for another custodian's name over somebody's key. */
async function certifiedAs(standing: StandingVault, holder: Identity, name: string): Promise<Identity> {
  const read = (file: string): Promise<string> =>
    readFile(path.join(standing.directory, "pki/authorities/management", file), "utf8");
  const issuer = { certificatePem: await read("cert.pem"), privateKeyPem: await read("key.pem") };
  const workload = `management/custodian-${name}` as const;
  const content = {
    commonName: workload,
    publicKeyPem: createPublicKey(holder.keyPem).export({ type: "spki", format: "pem" }),
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    use: { kind: "leaf", spiffeId: `spiffe://${trustDomain}/${workload}`, server: false },
  } as const;
  return { ...holder, workload, certificatePem: makeCertificate(content, issuer) + issuer.certificatePem };
}

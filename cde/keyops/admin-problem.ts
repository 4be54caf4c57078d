// A refusal of the vault's admin process, and what to do next. Pure.
import type { components } from "@cofferdam/openapi/generated/vault-admin-types.ts";

/** RFC 9457, as the vault sends it. */
export type ProblemView = components["schemas"]["Problem"];

/** The vault refused, or could not do it now. */
export class AdminProblem extends Error {
  override readonly name = "AdminProblem";
  readonly problem: ProblemView;

  constructor(problem: ProblemView) {
    super(problem.title);
    this.problem = problem;
  }

  /** The rule that was broken, such as `same-custodian`; empty when it named none. */
  get keyword(): string {
    return this.problem.errors?.[0]?.keyword ?? "";
  }
}

/** Whether the same command may succeed a little later. */
export function isPassing({ problem }: AdminProblem): boolean {
  return problem.status === 429 || problem.status === 503 || problem.status === 504;
}

/** What to do next: by the rule that was broken, else by the type of the problem, else by its status. */
export function hintFor({ problem, keyword }: AdminProblem): string {
  const type = problem.type.slice(problem.type.lastIndexOf("/") + 1);
  const otherwise = problem.status >= 500 ? "Try again; if it stays so, tell the operators the request id." : "";
  return hints.get(keyword) ?? hints.get(type) ?? otherwise;
}

const hints: ReadonlyMap<string, string> = new Map([
  // Rules.
  ["same-custodian", "Another custodian must approve: two people."],
  ["same-key", "Another custodian must approve, with a certificate of their own: two people, two keys."],
  ["other-digest", "Your ceremony file is not the one that was proposed. Compare the two before you sign."],
  ["statement-stale", "The clock of this machine and the vault's differ. Set yours, and sign again."],
  ["statement-used", "This statement was used before. Run the command again: it signs a new one."],
  ["acknowledgement-over", "Your acknowledgement as a custodian has run out. Renew it; the roster has its date."],
  ["not-approved", "Another custodian approves first: keyops approve <proposal> --ceremony <file>."],
  ["already-started", "It runs, or has run: keyops proposals <proposal>."],
  ["expired", "Propose it again: keyops propose --ceremony <file>."],
  ["custodian-left", "Somebody who signed is not a custodian any more. Propose it again: keyops propose."],
  ["withdrawn", "Propose it again: keyops propose --ceremony <file>."],
  ["records-remain", "Rows are still under the key. Move them, and try again: keyops reencrypt, then keyops census."],
  ["uncertified", "Take the certificate first: keyops retire --tenant <id> --purpose <purpose> --version <n>."],
  ["still-needed", "It still protects new data. Rotate first: keyops census and keyops status show what is in use."],
  ["too-many-tries", "Start the attempt again, then once: keyops unseal."],
  ["already-received", "Your share is there. Other custodians bring theirs: keyops unseal."],
  ["not-sealed", "Nothing is to be done: the root keys are open. keyops status shows it."],
  ["not-initialised", "There are no shares yet: keyops init."],
  ["no-attempt", "The attempt has ended. Run keyops unseal again, all of you within 15 minutes."],
  ["other-attempt", "The attempt has ended, or the share is of an earlier sharing. Run keyops unseal again."],
  [
    "not-opened",
    "A share is wrong, and all of this attempt are forgotten. Compare your envelope files, and begin again.",
  ],
  // Types.
  ["access-denied", "Your certificate may not do this. Custodians propose, approve and start; auditors read."],
  ["approval-refused", "Nothing was recorded but the refusal. Look at the fields above."],
  ["proposal-conflict", "See how it stands: keyops proposals <proposal>."],
  ["operation-refused", "Nothing was changed. See how things stand: keyops status, keyops census --tenant <id>."],
  ["share-refused", "The share does not count; the attempt goes on. Look at the fields above."],
  ["vault-sealed", "Custodians bring their shares first: keyops unseal."],
  ["key-unavailable", "A store of root keys does not answer: keyops status."],
  ["peer-certificate-invalid", "Look at --cert: is it your own, of this house's authority, and not over?"],
  ["not-found", "Compare the id: keyops proposals, keyops jobs."],
  ["rate-limited", "Wait a little, and try again."],
  ["outcome-unknown", "It may have been done. Look before you try again: keyops proposals, keyops jobs."],
]);

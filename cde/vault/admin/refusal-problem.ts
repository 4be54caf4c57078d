// Errors of the inside as problem documents: one map each, and a code that is new does not compile until it has a place.
import { Problem, type ProblemType } from "@cofferdam/kit/problem.ts";
import { CeremonyFileError } from "../keys/ceremony/ceremony-file.ts";
import { StatementError } from "../keys/ceremony/ceremony-statement.ts";
import { CustodyRefusal } from "../keys/custody/custody-client.ts";
import { KeyringError } from "../keys/keyring.ts";
import { RootKeyError, isRootKeyOutage } from "../keys/root/root-key.ts";
import { OperationError } from "../rotation/operation.ts";
import { UnknownOperationError } from "./ceremonies.ts";
import { DualControlError } from "./dual-control.ts";

/** The problem of an error; an error that is nobody's answer is given back as it is. */
export function problemOf(error: unknown): unknown {
  if (error instanceof DualControlError) return dualControlProblem(error.code);
  if (error instanceof StatementError) return statementProblem(error);
  if (error instanceof CeremonyFileError) return refused("invalid-field", "/ceremony", "ceremony-file", error.message);
  if (error instanceof UnknownOperationError)
    return refused("operation-refused", "/ceremony", "unknown-operation", "There is no such operation.");
  if (error instanceof OperationError) return operationProblem(error);
  if (error instanceof KeyringError) return refused("operation-refused", "", error.code, error.message);
  if (error instanceof RootKeyError) return rootKeyProblem(error);
  if (error instanceof CustodyRefusal) return custodyProblem(error);
  return error;
}

/** A refusal with a keyword for programs and a sentence for people. Neither holds input. */
export function refused(type: ProblemType, pointer: string, code: string, detail: string): Problem {
  return new Problem(type, { errors: [{ pointer, keyword: code.replaceAll("_", "-"), detail }] });
}

const sentences: Readonly<Record<DualControlError["code"], readonly [ProblemType, string]>> = {
  acknowledgement_over: ["approval-refused", "The custodian's acknowledgement of their duties is over."],
  statement_malformed: ["approval-refused", "The statement is not in its one form."],
  certificate_unreadable: ["approval-refused", "The certificate is not one certificate with one SPIFFE id."],
  signature_invalid: ["approval-refused", "The statement is not signed with the key of its certificate."],
  other_custodian: ["approval-refused", "The statement is not in the name of the caller."],
  other_key: ["approval-refused", "The statement is not signed with the key of the caller's certificate."],
  other_trust_domain: ["approval-refused", "The certificate is of another deployment."],
  other_act: ["approval-refused", "The statement says something else than this request."],
  other_proposal: ["approval-refused", "The statement is about another proposal."],
  other_digest: ["approval-refused", "The statement is about another ceremony file."],
  other_expiry: ["approval-refused", "The statement has another end than the proposal."],
  statement_stale: ["approval-refused", "The statement was not signed within the last five minutes."],
  window_invalid: ["approval-refused", "The proposal must end in the future, and within seven days."],
  same_custodian: ["approval-refused", "Another custodian must approve."],
  same_key: ["approval-refused", "Another key than the proposer's must approve."],
  proposal_id_used: ["proposal-conflict", "A proposal with this id exists; choose another id."],
  approval_not_needed: ["proposal-conflict", "This operation is started without an approval."],
  not_proposed: ["proposal-conflict", "The proposal does not wait for this any more."],
  not_approved: ["proposal-conflict", "Another custodian must approve it first."],
  already_started: ["proposal-conflict", "It was started before; an operation is started once."],
  withdrawn: ["proposal-conflict", "The proposal was withdrawn."],
  expired: ["proposal-conflict", "The proposal has expired; propose it anew."],
  custodian_left: ["proposal-conflict", "A custodian who signed for it is not on the roster any more."],
  not_signed: ["proposal-conflict", "The proposal is not what custodians of the roster signed for."],
  other_operation: ["proposal-conflict", "The proposal is of another operation."],
};

function dualControlProblem(code: DualControlError["code"]): Problem {
  const [type, sentence] = sentences[code];
  return refused(type, type === "approval-refused" ? "/statement" : "", code, sentence);
}

function statementProblem({ code }: StatementError): Problem {
  // `key_unsuitable` is for whoever signs; here it would be a certificate whose key does not sign.
  if (code === "malformed" || code === "key_unsuitable") return dualControlProblem("statement_malformed");
  return dualControlProblem(code);
}

function operationProblem({ code, message, pointer }: OperationError): Problem {
  if (code !== "malformed") return refused("operation-refused", "", code, sentence(message));
  return refused(
    "invalid-field",
    pointer === "/bundle" ? pointer : `/ceremony${pointer}`,
    "parameters",
    sentence(message),
  );
}

function rootKeyProblem(error: RootKeyError): Problem {
  if (!isRootKeyOutage(error)) return refused("operation-refused", "", error.code, sentence(error.message));
  const type = error.code === "sealed" ? "vault-sealed" : "key-unavailable";
  return new Problem(type, { retryAfterSeconds: 60, cause: error });
}

function custodyProblem(error: CustodyRefusal): Problem {
  if (error.code === "unavailable") return new Problem("key-unavailable", { retryAfterSeconds: 60, cause: error });
  return refused("share-refused", "", error.code, sentence(error.message));
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
}

/**
 * What tests check answers with. These validators read card numbers as strings: no service imports this file.
 */
import * as generated from "./generated/vault-response-validators.ts";
import type {
  AuditEventPage,
  ConsistencyProof,
  DetokenizeBatchResponse,
  DetokenizeResponse,
  Health,
  InclusionProof,
  Problem,
  TokenBatch,
  TokenView,
} from "./generated/vault-types.ts";
import { validator } from "./validate.ts";
import type { Validation } from "./validate.ts";

export const validateTokenView = response<TokenView>(generated.TokenView);
export const validateTokenBatch = response<TokenBatch>(generated.TokenBatch);
export const validateDetokenizeResponse = response<DetokenizeResponse>(generated.DetokenizeResponse);
export const validateDetokenizeBatchResponse = response<DetokenizeBatchResponse>(generated.DetokenizeBatchResponse);
export const validateAuditEventPage = response<AuditEventPage>(generated.AuditEventPage);
export const validateInclusionProof = response<InclusionProof>(generated.InclusionProof);
export const validateConsistencyProof = response<ConsistencyProof>(generated.ConsistencyProof);
export const validateHealth = response<Health>(generated.Health);
export const validateProblem = response<Problem>(generated.Problem);

function response<Value>(generatedValidator: unknown): (value: unknown) => Validation<Value> {
  return validator<Value>(generatedValidator, generated.declaredNames);
}

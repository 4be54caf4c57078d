/**
 * What tests check answers of the admin plane with.
 */
import * as generated from "./generated/vault-admin-response-validators.ts";
import type {
  BillOfMaterials,
  Census,
  CertificateList,
  CertificatePreview,
  CertificateView,
  Custody,
  ExecutionPreview,
  JobList,
  JobPreview,
  JobView,
  KeyInventory,
  Problem,
  ProposalList,
  ProposalView,
  Status,
  UnsealProgress,
  UnsealTicket,
} from "./generated/vault-admin-types.ts";
import { validator, type Validation } from "./validate.ts";

export const validateStatus = response<Status>(generated.Status);
export const validateKeyInventory = response<KeyInventory>(generated.KeyInventory);
export const validateBillOfMaterials = response<BillOfMaterials>(generated.BillOfMaterials);
export const validateCensus = response<Census>(generated.Census);
export const validateProposalList = response<ProposalList>(generated.ProposalList);
export const validateProposalView = response<ProposalView>(generated.ProposalView);
export const validateExecutionPreview = response<ExecutionPreview>(generated.ExecutionPreview);
export const validateJobList = response<JobList>(generated.JobList);
export const validateJobPreview = response<JobPreview>(generated.JobPreview);
export const validateJobView = response<JobView>(generated.JobView);
export const validateCertificateList = response<CertificateList>(generated.CertificateList);
export const validateCertificatePreview = response<CertificatePreview>(generated.CertificatePreview);
export const validateCertificateView = response<CertificateView>(generated.CertificateView);
export const validateCustody = response<Custody>(generated.Custody);
export const validateUnsealTicket = response<UnsealTicket>(generated.UnsealTicket);
export const validateUnsealProgress = response<UnsealProgress>(generated.UnsealProgress);
export const validateAdminProblem = response<Problem>(generated.Problem);

function response<Value>(generatedValidator: unknown): (value: unknown) => Validation<Value> {
  return validator<Value>(generatedValidator, generated.declaredNames);
}

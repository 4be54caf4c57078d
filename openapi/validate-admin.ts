/**
 * What the admin plane checks requests with: see `validate.ts`.
 */
import type {
  CertifyKey,
  ChangeJob,
  ExecuteProposal,
  Propose,
  ShareSubmission,
  StartJob,
  StatementRequest,
  operations,
} from "./generated/vault-admin-types.ts";
import * as generated from "./generated/vault-admin-validators.ts";
import { validator, type Validation } from "./validate.ts";

/** Bodies, as parsed from JSON. The value is the one that was given. */
export const validatePropose = request<Propose>(generated.Propose);
export const validateStatementRequest = request<StatementRequest>(generated.StatementRequest);
export const validateExecuteProposal = request<ExecuteProposal>(generated.ExecuteProposal);
export const validateStartJob = request<StartJob>(generated.StartJob);
export const validateChangeJob = request<ChangeJob>(generated.ChangeJob);
export const validateCertifyKey = request<CertifyKey>(generated.CertifyKey);
export const validateShareSubmission = request<ShareSubmission>(generated.ShareSubmission);

/** Path parameters as strings by name. */
export const validateProposalPath = request<PathOf<"readProposal">>(generated.readProposalPath);
export const validateJobPath = request<PathOf<"readJob">>(generated.readJobPath);

/** Query parameters as strings by name. Those with a default get it. */
export const validateInventoryQuery = query<Required<QueryOf<"readInventory">>>(generated.readInventoryQuery);
export const validateCensusQuery = query<QueryOf<"readCensus">>(generated.readCensusQuery);
export const validateJobsQuery = query<QueryOf<"listJobs">>(generated.listJobsQuery);
export const validateCertificatesQuery = query<QueryOf<"listCertificates">>(generated.listCertificatesQuery);

type PathOf<Id extends keyof operations> = Exclude<operations[Id]["parameters"]["path"], undefined>;
type QueryOf<Id extends keyof operations> = Exclude<operations[Id]["parameters"]["query"], undefined>;

function request<Value>(generatedValidator: unknown): (value: unknown) => Validation<Value> {
  return validator<Value>(generatedValidator, generated.declaredNames);
}

/** The value is a new object: the validator writes defaults into what it is given. */
function query<Value>(generatedValidator: unknown): (given: object) => Validation<Value> {
  const validate = request<Value>(generatedValidator);
  return (given) => validate({ ...given });
}

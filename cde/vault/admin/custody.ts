// Where custodians bring their shares: journaled before the key agent sees one, chained into the audit log after, as soon
// as the database answers. The share itself is encrypted to the agent and passes through.
import type { CustodyReport, UnsealProgress } from "../keys/custody/custody-calls.ts";
import { CustodyRefusal, type CustodyClient } from "../keys/custody/custody-client.ts";
import type { ShareSubmission } from "../keys/custody/custody-request.ts";
import { createTurns } from "../keys/custody/turns.ts";
import type { UnsealTicket } from "../keys/custody/unseal-attempt.ts";
import type { Attribution } from "../rotation/operation.ts";
import { createAttemptGuard } from "./custody-attempt.ts";
import { createJournalChain, type JournalChainOptions, type JournalReport } from "./custody-chain.ts";
import type { ShareEvent } from "./custody-journal.ts";
import type { Custodian } from "./custodians.ts";

export interface ShareDeskOptions extends JournalChainOptions {
  /** Null in a vault whose root keys no custodians open. */
  readonly client: CustodyClient | null;
  /** Told of every share, with `ok` or the code that it was refused with. */
  readonly onShare: (outcome: string) => void;
  /** Told when enough shares came. */
  readonly onUnsealed: () => Promise<void>;
}

/** Who brings a share. */
export interface Bringer {
  readonly custodian: Custodian;
  readonly attribution: Attribution;
}

export interface ShareDesk {
  /** Throws CustodyRefusal, `no_custodians` when there is no key agent. */
  readonly begin: () => Promise<UnsealTicket>;
  /** Throws CustodyRefusal, also as `AttemptGuard.admit` says. What was journaled stays journaled. */
  readonly bring: (bringer: Bringer, submission: ShareSubmission) => Promise<UnsealProgress>;
  /** Copies what was journaled and not chained; tells of a journal that was cut or edited. Throws DatabaseError. */
  readonly chain: () => Promise<JournalReport>;
  /** Null when there are no custodians' shares here, or nobody can say. */
  readonly report: () => Promise<CustodyReport | null>;
}

/** Makes the desk. */
export function createShareDesk(options: ShareDeskOptions): ShareDesk {
  // Lines of the journal follow one another, and so do shares.
  const inTurn = createTurns();
  const chain = createJournalChain(options);
  const attempt = createAttemptGuard();
  const agent = (): CustodyClient => {
    if (options.client === null) throw new CustodyRefusal("no_custodians", "no root key here is opened by custodians");
    return options.client;
  };
  return {
    begin: async () => {
      const ticket = await agent().begin();
      attempt.begin(ticket);
      return ticket;
    },
    bring: (bringer, submission) =>
      inTurn(async () => {
        const client = agent();
        const sharingId = attempt.admit(bringer.custodian.name, submission);
        await chain.journal(shareEventOf(options, bringer, sharingId, submission.index));
        const progress = await submitted(options, client, submission);
        await chain.copy().catch((error: unknown) => {
          options.log.error({ err: error }, "the journal of shares waits for the database");
        });
        if (!progress.is_sealed) {
          attempt.end();
          await options.onUnsealed();
        }
        return progress;
      }),
    chain: () => inTurn(chain.check),
    report: async () => {
      if (options.client === null) return null;
      return options.client.custody().catch(() => null);
    },
  };
}

function shareEventOf(
  { now }: ShareDeskOptions,
  { attribution: { actor, origin, requestId } }: Bringer,
  sharingId: string,
  index: number,
): ShareEvent {
  return {
    at: new Date(now()).toISOString(),
    workload: actor.workload,
    key: actor.clientId,
    origin,
    request_id: requestId,
    sharing_id: sharingId,
    index,
  };
}

async function submitted(
  { onShare }: ShareDeskOptions,
  client: CustodyClient,
  submission: ShareSubmission,
): Promise<UnsealProgress> {
  try {
    const progress = await client.submit(submission);
    onShare("ok");
    return progress;
  } catch (error) {
    onShare(error instanceof CustodyRefusal ? error.code : "failed");
    throw error;
  }
}

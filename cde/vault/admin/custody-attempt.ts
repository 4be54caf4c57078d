// Which shares may be brought at all: those of the attempt that custodians were given a ticket of, a few of each custodian.
// Every one is a line in the journal before anybody can tell whether it is a share.
import { uuid } from "@cofferdam/kit/uuid.ts";
import { CustodyRefusal } from "../keys/custody/custody-client.ts";
import type { ShareSubmission } from "../keys/custody/custody-request.ts";
import { readShareLabel } from "../keys/custody/share-envelope.ts";
import type { UnsealTicket } from "../keys/custody/unseal-attempt.ts";

/** For somebody who takes the wrong medium, and again; not for a program. */
const TRIES = 10;

export interface AttemptGuard {
  /** Takes note of a ticket that is given out. The same attempt goes on counting. */
  readonly begin: (ticket: UnsealTicket) => void;
  /**
   * Counts a try of a custodian, and gives the sharing that the share says it is of. Throws CustodyRefusal:
   * `other_custodian` for somebody else's share, `malformed_request`, `other_attempt`, `too_many_tries`.
   */
  readonly admit: (custodian: string, submission: ShareSubmission) => string;
  /** Forgets the attempt: its shares have opened the root keys, or were dropped. */
  readonly end: () => void;
}

/** Makes the guard; no attempt is under way. */
export function createAttemptGuard(): AttemptGuard {
  let attempt: { readonly nonce: string; readonly tries: Map<string, number> } | null = null;
  return {
    begin: ({ nonce }) => {
      if (attempt?.nonce !== nonce) attempt = { nonce, tries: new Map() };
    },
    admit: (custodian, { custodian: name, envelope }) => {
      if (name !== custodian) throw new CustodyRefusal("other_custodian", "the share is not the caller's");
      const label = readShareLabel(envelope);
      if (label?.kind !== "unsealing" || !uuid.test(label.sharingId)) {
        throw new CustodyRefusal("malformed_request", "the envelope does not say which share it holds");
      }
      if (attempt === null || label.nonce !== attempt.nonce) {
        throw new CustodyRefusal("other_attempt", "the share was sealed for another attempt");
      }
      const tries = attempt.tries.get(custodian) ?? 0;
      if (tries >= TRIES) throw new CustodyRefusal("too_many_tries", `one attempt takes ${TRIES} tries of a custodian`);
      attempt.tries.set(custodian, tries + 1);
      return label.sharingId;
    },
    end: () => {
      attempt = null;
    },
  };
}

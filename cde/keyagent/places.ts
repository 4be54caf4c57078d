/** Places at a socket, so many for each user: whoever takes all of theirs shuts out nobody else. */
export interface Places {
  /** Whether the user had one left, which is taken now. */
  readonly take: (userId: number) => boolean;
  /** Gives back one that was taken. */
  readonly giveBack: (userId: number) => void;
}

/** There are as many in all as this, times the users who are let in. */
export function createPlaces(perUser: number): Places {
  const taken = new Map<number, number>();
  const takenBy = (userId: number): number => taken.get(userId) ?? 0;
  return {
    take: (userId) => {
      if (takenBy(userId) >= perUser) return false;
      taken.set(userId, takenBy(userId) + 1);
      return true;
    },
    giveBack: (userId) => void taken.set(userId, takenBy(userId) - 1),
  };
}

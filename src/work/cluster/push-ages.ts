/**
 * From when the pushes of a cluster age. While the cluster does not answer, nothing can be tried for them. When it is
 * back, each wait of theirs starts over.
 */
export type PushAges = {
  /** The cluster did not answer at this time, in ms since the epoch. */
  readonly unanswered: (at: number) => void;
  /** When it last did not answer, in ms since the epoch; 0 if never, as far as this process knows. */
  readonly lastUnanswered: () => number;
};

export const createPushAges = (): PushAges => {
  let last = 0;
  return {
    unanswered: (at) => {
      last = at;
    },
    lastUnanswered: () => last,
  };
};

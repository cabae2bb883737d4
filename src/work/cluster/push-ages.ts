/**
 * From when the pushes of a cluster age. While the cluster gives no answer, nothing can be tried for them: what they
 * wait for then has its whole time again when it is back.
 */
export type PushAges = {
  /** The cluster gave no answer at this time, ms since the epoch. */
  readonly unanswered: (at: number) => void;
  /** When it last gave none, ms since the epoch; 0 for never, as far as this process knows. */
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

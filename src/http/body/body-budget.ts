/** A body that is being read. */
export type BudgetedBody = {
  /** Counts bytes in addition to those that were announced. */
  readonly grow: (bytes: number) => void;
  /** The body was read, or given up: its bytes are free again. */
  readonly release: () => void;
};

export type BodyBudget = (announced: number, breakOff: () => void) => BudgetedBody;

type Body = { readonly breakOff: () => void; bytes: number };

/**
 * Shares `most` bytes among all bodies of unproven senders. If they would hold more, the largest is aborted, of equal
 * ones the newest: a webhook is small, so a client that fills the budget loses first. A body counts with its announced
 * length from the start, so it can lose before it is read.
 */
export const createBodyBudget = (most: number): BodyBudget => {
  /** Oldest first. */
  const bodies = new Set<Body>();
  let inAll = 0;

  const remove = (body: Body): void => {
    if (bodies.delete(body)) inAll -= body.bytes;
  };

  const largestOfAll = (): Body | null => {
    let largest: Body | null = null;
    for (const body of bodies) {
      if (largest === null || body.bytes >= largest.bytes) largest = body;
    }
    return largest;
  };

  const fit = (): void => {
    for (let excess = inAll - most; excess > 0; excess = inAll - most) {
      const largest = largestOfAll();
      if (largest === null) return;
      remove(largest);
      largest.breakOff();
    }
  };

  return (announced, breakOff) => {
    const body: Body = { breakOff, bytes: announced };
    bodies.add(body);
    inAll += announced;
    fit();
    return {
      grow: (bytes) => {
        if (!bodies.has(body)) return;
        body.bytes += bytes;
        inAll += bytes;
        fit();
      },
      release: () => remove(body),
    };
  };
};

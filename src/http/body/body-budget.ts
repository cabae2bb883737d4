/** A body that is being read. */
export type BudgetedBody = {
  /** Counts bytes beyond those that were announced. */
  readonly grow: (bytes: number) => void;
  /** It is read, or given up: what it held is free again. */
  readonly release: () => void;
};

export type BodyBudget = (announced: number, breakOff: () => void) => BudgetedBody;

type Body = { readonly breakOff: () => void; bytes: number };

/**
 * Shares `most` bytes among all bodies that nothing has proven yet. When they would hold more, the largest is
 * broken off, the newest of several: a webhook is small, so whoever fills the budget loses first. A body counts
 * with its announced length from the beginning, so one that loses is broken off before it is read.
 */
export const createBodyBudget = (most: number): BodyBudget => {
  /** The oldest first. */
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

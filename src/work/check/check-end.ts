import {
  clusterFailed,
  concludeCheck,
  type Conclusion,
  NEVER,
} from '../../core/check/conclude-check.ts';
import type { Lookup } from '../../core/image/published.ts';
import type { ClaimedCheck, CheckEnd, WaitingPush } from '../../store/check-queue/check-queue.ts';
import type { Planned } from './plan-services.ts';
import type { PlannedWith } from './plan-services.ts';

/** What a check saw. */
export type Seen = {
  /** All services that its pushes affect. */
  readonly planned: readonly PlannedWith[];
  /** Why no service takes a tag, in one line for a person; null if there is nothing to say. */
  readonly whyNone: (tag: string) => string | null;
};

/** The end of a check that saw these services. */
export const endOf = (
  work: ClaimedCheck,
  { planned, whyNone }: Seen,
  now: number,
  random: () => number,
): CheckEnd =>
  summarise(work, (push) => {
    const affected = planned.filter(({ tags }) => tags.includes(push.tag));
    const lookups = affected.flatMap((one) =>
      one.image?.tag === push.tag && one.lookup !== null ? [one.lookup] : [],
    );
    // One service that could not be compared keeps the push open, however well the others stand.
    const lookup = lookups.find(({ kind }) => kind === 'failed') ?? lookups[0] ?? null;
    const conclusion = concludeCheck(asSeen(push, work, lookup), affected, lookup, {
      at: now,
      attempts: work.attempts,
      random: random(),
    });
    return conclusion.outcome === 'no-service'
      ? { ...conclusion, detail: whyNone(push.tag) }
      : conclusion;
  });

/** The end of a check whose cluster stopped answering. `planned` is what the check had queued before. */
export const endUnanswered = (
  work: ClaimedCheck,
  { planned, detail }: { readonly planned: readonly Planned[]; readonly detail: string },
  now: number,
  random: () => number,
): CheckEnd => {
  const deployed = new Set(
    planned.flatMap(({ step, tags }) => (step.kind === 'deploy' ? tags : [])),
  );
  return summarise(work, (push) =>
    clusterFailed(deployed.has(push.tag) ? { ...push, outcome: 'deployed' } : push, detail, {
      at: now,
      attempts: work.attempts,
      random: random(),
    }),
  );
};

/**
 * A push has been overtaken if its tag shows the digest of a newer push. The digest that it named was published
 * earlier, so the check does not wait for it.
 */
const asSeen = (push: WaitingPush, work: ClaimedCheck, lookup: Lookup | null): WaitingPush => {
  if (lookup?.kind !== 'published') return push;
  const { digest } = lookup;
  const isOvertaken = work.pushes.some(
    ({ id, tag, named }) => tag === push.tag && named === digest && id > push.id,
  );
  return isOvertaken ? { ...push, named: digest } : push;
};

/** One end for all pushes of a check: each has its own result, and the soonest retry wins. */
const summarise = (work: ClaimedCheck, conclude: (push: WaitingPush) => Conclusion): CheckEnd => {
  const concluded = work.pushes.map((push) => ({ push: push.id, ...conclude(push) }));
  const again = concluded.flatMap(({ againAt }) =>
    againAt === null || againAt === NEVER ? [] : [againAt],
  );
  const failure = concluded.find(({ failed }) => failed);
  return {
    results: concluded.map(({ push, outcome, detail, againAt }) => ({
      push,
      ended: againAt === null,
      outcome,
      detail,
    })),
    againAt: again.length === 0 ? null : Math.min(...again),
    attempts: failure === undefined ? 0 : work.attempts + 1,
    error: failure?.detail ?? null,
  };
};

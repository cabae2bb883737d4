import { type Backoff, backoffMs } from '../backoff.ts';
import { type AwaitedPush, nextFollowUp } from './check-timing.ts';
import type { Step } from '../verdict/plan.ts';
import type { Lookup } from '../image/published.ts';
import { type Hold, OCI_ADVICE, type Verdict } from '../verdict/verdict.ts';

/** The outcome of a push on a cluster, in one word. */
export const PUSH_OUTCOMES = [
  /** No service of the cluster uses the tag. */
  'no-service',
  /** Every service that uses the tag runs the published digest, or must not be touched. */
  'nothing-to-do',
  'deployed',
  /** A freeze is active. The push is kept and checked again when it ends. */
  'frozen',
  /** A gate is closed. Its due time triggers the check that deploys once it opens. */
  'waiting',
  /** The registry never showed the digest that the webhook named. */
  'digest-not-seen',
  /** The outcome could not be determined in time. The detail says why. */
  'given-up',
] as const;
export type PushOutcome = (typeof PUSH_OUTCOMES)[number];

export type CheckedPush = AwaitedPush & {
  /**
   * From when its age counts, ms since the epoch: its arrival, or if later, the end of a freeze that may have kept it
   * or the last time that its cluster did not answer.
   */
  readonly agesFrom: number;
  /** A newer push of the same tag waits too, and covers this one after a freeze. */
  readonly outdated: boolean;
  /** From the earlier checks. */
  readonly outcome: PushOutcome | null;
};

/** The state of one service of the push's tag, and the decision. */
export type PushedService = {
  readonly verdict: Verdict;
  readonly step: Step;
  /** A deployment in progress already brings what was pushed. */
  readonly joins?: boolean;
};

/** The push waits, but not for a certain time. */
export const NEVER = Number.POSITIVE_INFINITY;

export type Conclusion = {
  readonly outcome: PushOutcome;
  /** One line for a person. */
  readonly detail: string | null;
  /** When to check again, ms since the epoch; null if the push is done, and {@link NEVER} if it waits for a person. */
  readonly againAt: number | null;
  /** Whether this check failed for outside reasons, which lengthens the next wait. */
  readonly failed: boolean;
};

const CLUSTER_BACKOFF: Backoff = { firstMs: 1_000, longestMs: 15_000 };
/** A cluster that is unreachable for this long does not recover on its own. Its pushes are given up and say so. */
export const CLUSTER_GIVE_UP_MS = 24 * 3_600_000;
const REGISTRY_BACKOFF: Backoff = { firstMs: 2_000, longestMs: 120_000 };
const REGISTRY_GIVE_UP_MS = 3_600_000;
/**
 * A push that is old because the helper or its cluster was unreachable for long is given up only after this many
 * failures in a row: some minutes of trying.
 */
const LEAST_REGISTRY_TRIES = 8;
const LEAST_CLUSTER_TRIES = 40;
const OTHERS_UPDATE_AGAIN_MS = 5_000;
/** Somebody else's update that lasts longer than this is checked less often. */
const OTHERS_UPDATE_LONG_MS = 10 * 60_000;
const OTHERS_UPDATE_LONG_AGAIN_MS = 30_000;
const MOVED_ON_AGAIN_MS = 5_000;
const MOVED_ON_GIVE_UP_MS = 30 * 60_000;
/** A push whose tag keeps moving is checked this often in a row, whatever its age: some minutes. */
const LEAST_MOVED_ON_TRIES = 40;

export type Now = {
  readonly at: number;
  /** Checks of this repository that failed in a row before this one. */
  readonly attempts: number;
  /** 0 to 1; spreads waits. */
  readonly random: number;
};

/** Whether a push is done after a check, and if not, when to check again. */
export const concludeCheck = (
  push: CheckedPush,
  services: readonly PushedService[],
  lookup: Lookup | null,
  now: Now,
): Conclusion => {
  const age = now.at - push.agesFrom;
  if (services.length === 0) return ended(push.outcome ?? 'no-service', null);
  const outcome: PushOutcome =
    push.outcome === 'deployed' ||
    services.some(({ step, joins }) => step.kind === 'deploy' || joins === true)
      ? 'deployed'
      : services.some(({ verdict }) => verdict.verdict === 'waiting')
        ? 'waiting'
        : 'nothing-to-do';
  const again = services.filter(({ step }) => step.kind === 'check-again');
  if (again.length > 0) {
    // It waits as long as that update lasts. The helper does not end it.
    if (again.some(({ verdict }) => verdict.verdict === 'updating')) {
      const wait =
        age > OTHERS_UPDATE_LONG_MS ? OTHERS_UPDATE_LONG_AGAIN_MS : OTHERS_UPDATE_AGAIN_MS;
      const detail = 'another update is in progress: the push waits until it ends';
      return { outcome, detail, againAt: now.at + wait, failed: false };
    }
    const detail = 'the tag has shown another digest since';
    if (age > MOVED_ON_GIVE_UP_MS && now.attempts >= LEAST_MOVED_ON_TRIES) {
      return ended('given-up', detail);
    }
    return { outcome, detail, againAt: now.at + MOVED_ON_AGAIN_MS, failed: true };
  }
  const frozen = services.flatMap(({ verdict }) =>
    verdict.verdict === 'held' && verdict.hold.kind === 'frozen' ? [verdict.hold] : [],
  );
  if (frozen.length > 0) return frozenUntil(push, outcome, frozen);
  if (lookup === null) return ended(outcome, leftAlone(services));
  if (lookup.kind === 'failed') return registryFailed(push, outcome, lookup, now);
  const againAt = nextFollowUp(push, lookup.digest, now.at);
  if (againAt !== null) return { outcome, detail: leftAlone(services), againAt, failed: false };
  return push.named === null || push.named === lookup.digest
    ? ended(outcome, leftAlone(services))
    : ended(
        outcome === 'deployed' ? outcome : 'digest-not-seen',
        `the registry shows ${lookup.digest} and never showed the digest that the hook named`,
      );
};

/** When a freeze without an end stops, its removal triggers the next check. */
const frozenUntil = (
  push: CheckedPush,
  sofar: PushOutcome,
  freezes: readonly Extract<Hold, { kind: 'frozen' }>[],
): Conclusion => {
  const detail = `frozen: ${freezes[0]?.reason ?? ''}`;
  if (push.outdated)
    return ended(sofar, 'a newer push of the tag waits until the freeze is lifted');
  const ends = freezes.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
  const againAt = ends.length === 0 ? NEVER : Math.min(...ends);
  return { outcome: 'frozen', detail, againAt, failed: false };
};

const ended = (outcome: PushOutcome, detail: string | null): Conclusion => ({
  outcome,
  detail,
  againAt: null,
  failed: false,
});

const registryFailed = (
  push: CheckedPush,
  outcome: PushOutcome,
  lookup: Extract<Lookup, { kind: 'failed' }>,
  now: Now,
): Conclusion => {
  // After a push, a missing tag contradicts it: the registry lags, or a proxy has trouble.
  const contradicts =
    outcome !== 'deployed' &&
    (lookup.reason === 'tag-gone' || lookup.reason === 'malformed' || lookup.isDenied === true);
  const mayPass =
    lookup.reason === 'unreachable' || lookup.reason === 'rate-limited' || contradicts;
  const wait = Math.max(
    backoffMs(REGISTRY_BACKOFF, now.attempts + 1, now.random),
    lookup.retryAfterMs ?? 0,
  );
  const againAt = mayPass ? now.at + wait : nextFollowUp(push, null, now.at);
  const isTried = now.attempts >= LEAST_REGISTRY_TRIES;
  if (againAt === null || (isTried && againAt - push.agesFrom > REGISTRY_GIVE_UP_MS)) {
    return ended(outcome === 'deployed' ? outcome : 'given-up', lookup.detail);
  }
  return { outcome, detail: lookup.detail, againAt, failed: true };
};

/** Why services of the tag were not touched, if that needs saying. */
const leftAlone = (services: readonly PushedService[]): string | null => {
  const reasons = services.flatMap(({ verdict }) => {
    if (verdict.verdict === 'held') return [`held (${verdict.hold.kind})`];
    if (verdict.verdict === 'waiting') {
      return verdict.at.gates.map(({ gate }) => `waiting (${gate})`);
    }
    if (verdict.verdict === 'excluded') return [`excluded (${verdict.reason})`];
    if (verdict.verdict === 'unknown' && verdict.reason === 'unpinned' && verdict.detail !== null) {
      return [
        verdict.detail === OCI_ADVICE ? 'held (swarmpit-cannot-pull)' : 'held (unsupported-label)',
      ];
    }
    return [];
  });
  return reasons.length === 0 ? null : [...new Set(reasons)].join(', ');
};

/** The same for a check that got no answer from the cluster. */
export const clusterFailed = (push: CheckedPush, detail: string, now: Now): Conclusion =>
  now.attempts >= LEAST_CLUSTER_TRIES && now.at - push.receivedAt > CLUSTER_GIVE_UP_MS
    ? ended(push.outcome === 'deployed' ? 'deployed' : 'given-up', detail)
    : {
        outcome: push.outcome ?? 'nothing-to-do',
        detail,
        againAt: now.at + backoffMs(CLUSTER_BACKOFF, now.attempts + 1, now.random),
        failed: true,
      };

import { type Digest, shortDigest } from '../image/digest.ts';
import { type Observation, specDigest } from '../swarm/service.ts';
import { monitorOf, settledDigest, settledFor } from './settled.ts';
import { condemnsDigest } from './failure-reason.ts';
import { troubleOf } from './task-trouble.ts';

/** After its monitor period, an image must run well for at least this long before it counts as good. */
const LEAST_GOOD_MS = 20_000;
/** A task that failed longer ago than this says nothing about how the image runs now. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/** Why an image that a service ran is not good to go back to. */
export type NotGood =
  /** It had not run for long enough. */
  | 'young'
  /** Like `young`, for what ran before the helper first updated the service: then the monitor period is enough. */
  | 'young-at-first'
  /** Tasks of it had failed recently. */
  | 'failing'
  /** Some of its tasks were not running. */
  | 'unsettled';

/** An image that a service was seen running. */
export type KnownImage = {
  readonly digest: Digest;
  /** The tag that the service had with it; null or missing if unknown. */
  readonly tag?: string | null;
  /** When the helper last saw it converge, ms since the epoch by our clock; null if the helper did not. */
  readonly convergedAt: number | null;
  /** When it was found good; null if it is not good, or no longer. */
  readonly goodAt: number | null;
  /** Null if it is good. */
  readonly why: NotGood | null;
  /** A hold applies to it for the service with its present spec. */
  readonly isHeld: boolean;
};

export type Standing =
  | { readonly kind: 'good' }
  | { readonly kind: 'failing' | 'unsettled' }
  /** It becomes good if nothing changes for another `afterMs`. */
  | { readonly kind: 'young'; readonly afterMs: number };

/** How long the tasks of a service must have run before their image counts as good, ms. */
const goodAfter = ({ service }: Observation): number => {
  const monitorMs = monitorOf(service);
  // When the engine calls an update completed, it has watched the tasks for the monitor period.
  return monitorMs + Math.max(monitorMs, LEAST_GOOD_MS);
};

/**
 * Whether a task of an image has failed recently and through its own fault, as far as the cluster remembers.
 *
 * @param since only failures after this count, ms since the epoch by our clock; null for any
 */
export const hasFailedLately = (
  seen: Observation,
  digest: Digest,
  since: number | null,
  now: number,
): boolean => {
  const at = seen.at ?? now;
  const from = Math.max(at - FORGOTTEN_AFTER_MS, since === null ? 0 : at - (now - since));
  // Judged as if there had been no update: the engine's opinion of another image does not count against this one.
  const trouble = troubleOf(
    { ...seen, service: { ...seen.service, update: null } },
    (task) => task.digest === digest && Date.parse(task.since) > from,
    { intentVersion: -1, madeAfter: 0 },
  );
  return trouble !== null && condemnsDigest(trouble.reason);
};

/**
 * Whether the image that a service names is good to go back to. It is good once all desired tasks have run it for the
 * monitor period and then for as long again, or 20 s, without a failure since.
 *
 * @param convergedAt when the helper saw it converge, ms since the epoch by our clock; null if it did not
 * @param now ms since the epoch, by our clock
 */
export const standingOf = (
  seen: Observation,
  convergedAt: number | null,
  now: number,
): Standing => {
  const digest = specDigest(seen.service);
  if (digest === null) return { kind: 'unsettled' };
  if (hasFailedLately(seen, digest, convergedAt, now)) return { kind: 'failing' };
  const forMs = seen.tasks === null ? countedFor(seen, convergedAt, now) : settledFor(seen, now);
  if (forMs === null) return { kind: 'unsettled' };
  const afterMs = goodAfter(seen) - forMs;
  return afterMs <= 0 ? { kind: 'good' } : { kind: 'young', afterMs };
};

/** The same for a cluster that reports only counts and no tasks: the time since the helper saw it converge. */
const countedFor = (
  { service }: Observation,
  convergedAt: number | null,
  now: number,
): number | null => {
  const { running, desired } = service.replicas ?? { running: 0, desired: 0 };
  if (convergedAt === null || running === 0 || running < desired) return null;
  return now - convergedAt + monitorOf(service);
};

/** How long to keep checking an image whose quality could not be determined. */
const CHECKED_FOR_MS = 3_600_000;
const CHECKED_EVERY_MS = 60_000;
/** Clusters report times in whole seconds. */
const ROUNDED_MS = 1_000;

/** The result of checking whether a converged image is good. */
export type Checked =
  | { readonly kind: 'good' | 'failing' }
  /** It no longer runs, or was not seen: what was known about it stays. */
  | { readonly kind: 'untold' }
  | { readonly kind: 'again'; readonly at: number };

/** When to check an image that has just converged for the first time, ms since the epoch. */
export const firstCheckAt = (seen: Observation, now: number): number => {
  const standing = standingOf(seen, now, now);
  const afterMs = standing.kind === 'young' ? standing.afterMs : LEAST_GOOD_MS;
  return Math.ceil(now + afterMs + ROUNDED_MS);
};

/** @param seen null if the cluster did not answer */
export const checkGood = (
  { digest, convergedAt }: { readonly digest: Digest; readonly convergedAt: number },
  seen: Observation | 'removed' | null,
  now: number,
): Checked => {
  const isTooLate = now - convergedAt > CHECKED_FOR_MS + goodAfterMost(seen);
  const again = (afterMs: number): Checked =>
    isTooLate ? { kind: 'untold' } : { kind: 'again', at: Math.ceil(now + afterMs + ROUNDED_MS) };
  if (seen === null) return again(CHECKED_EVERY_MS);
  if (seen === 'removed' || specDigest(seen.service) !== digest) return { kind: 'untold' };
  const standing = standingOf(seen, convergedAt, now);
  switch (standing.kind) {
    case 'good':
    case 'failing':
      return { kind: standing.kind };
    case 'young':
      return again(standing.afterMs);
    case 'unsettled':
      return again(CHECKED_EVERY_MS);
    default:
      return standing satisfies never;
  }
};

const goodAfterMost = (seen: Observation | 'removed' | null): number =>
  seen === null || seen === 'removed' ? 0 : goodAfter(seen);

/** What to remember of the image that a service runs, just before the helper replaces it. */
export type Left = Pick<KnownImage, 'digest' | 'convergedAt' | 'why'>;

/**
 * @param known what is known of the service's images, newest first
 * @param isFirst the helper has never updated the service: what ran converged until now counts as good
 */
export const leftBehind = (
  seen: Observation,
  known: readonly KnownImage[],
  isFirst: boolean,
  now: number,
): Left | null => {
  const digest = specDigest(seen.service);
  if (digest === null) return null;
  if (isFirst && settledDigest(seen, now) !== null) return { digest, convergedAt: now, why: null };
  const [newest] = known;
  // It ran earlier, and somebody else brought it back: it is unknown since when it runs.
  const convergedAt = newest?.digest === digest ? newest.convergedAt : null;
  const { kind } = standingOf(seen, convergedAt, now);
  // An image that was good loses that only if it has failed since.
  const isGood =
    kind === 'good' ||
    (kind !== 'failing' && known.some((one) => one.digest === digest && one.goodAt !== null));
  const why = isFirst && kind === 'young' ? 'young-at-first' : kind;
  return { digest, convergedAt, why: isGood || why === 'good' ? null : why };
};

/** An image that a revert skips although it ran later than the chosen one. */
export type PassedOver = { readonly digest: Digest; readonly why: NotGood | 'held' };

export type Choice = {
  readonly good: Digest | null;
  /** It has not run long enough to count as good, and nothing better is known. */
  readonly isYoung: boolean;
  readonly passedOver: readonly PassedOver[];
};

/**
 * The image to go back to: the newest good one that is not held, checked again against the present observation. If
 * there is none, an image that the helper saw converge and that has not failed since is better than the failed one.
 *
 * @param known newest first
 * @param seen null if the service is not seen
 */
export const chooseGood = (
  known: readonly KnownImage[],
  seen: Observation | null,
  now: number,
): Choice => {
  const passedOver: PassedOver[] = [];
  for (const one of known) {
    const why = whyNot(one, seen, now);
    if (why === null) return { good: one.digest, isYoung: false, passedOver };
    passedOver.push({ digest: one.digest, why });
  }
  const young = known.find(
    (one) =>
      one.why === 'young' &&
      one.convergedAt !== null &&
      whyNot({ ...one, goodAt: one.convergedAt }, seen, now) === null,
  );
  if (young === undefined) return { good: null, isYoung: false, passedOver };
  const newer = passedOver.findIndex(({ digest }) => digest === young.digest);
  return { good: young.digest, isYoung: true, passedOver: passedOver.slice(0, newer) };
};

const whyNot = (
  { digest, isHeld, goodAt, why, convergedAt }: KnownImage,
  seen: Observation | null,
  now: number,
): PassedOver['why'] | null => {
  if (isHeld) return 'held';
  if (goodAt === null) return why ?? 'young';
  return seen !== null && hasFailedLately(seen, digest, convergedAt, now) ? 'failing' : null;
};

/**
 * Where a person's rollback may go, newest first: good images that ran before the present one and are not held.
 *
 * @param known newest first
 */
export const goodBefore = (
  known: readonly KnownImage[],
  present: Digest | null,
): readonly KnownImage[] => {
  // Images newer than the present one are those that somebody went back from.
  const before = known.slice(known.findIndex(({ digest }) => digest === present) + 1);
  return before.filter(
    ({ goodAt, isHeld, digest }) => goodAt !== null && !isHeld && digest !== present,
  );
};

const WORDS: Readonly<Record<PassedOver['why'], string>> = {
  young: 'had not run long enough to count as good',
  'young-at-first': 'was younger than its monitor period when the helper first updated the service',
  failing: 'had failed tasks shortly before',
  unsettled: 'did not run in all of its tasks',
  held: 'is held',
};

const passedOverWords = (passedOver: readonly PassedOver[]): string =>
  passedOver.map(({ digest, why }) => `${shortDigest(digest)} ${WORDS[why]}`).join('; ');

/**
 * What a person should know about the choice, in one line: which newer images were passed over, and why. Empty if there
 * is nothing to say.
 */
export const choiceNote = ({ good, isYoung, passedOver }: Choice): string => {
  const best =
    good !== null && isYoung
      ? `${shortDigest(good)} ${WORDS.young}, and no other image is known to revert to`
      : '';
  return [passedOverWords(passedOver), best].filter(Boolean).join('; ');
};

/** Why no image is known to go back to, in one line for a person. */
export const noGoodWords = (from: Digest | null, passedOver: readonly PassedOver[]): string => {
  const before = passedOver.find(({ digest }) => digest === from) ?? passedOver[0];
  const why =
    before === undefined
      ? from === null
        ? 'the service had no digest before'
        : 'the helper has not seen the service run an image well'
      : before.why === 'young-at-first'
        ? 'the service was younger than its monitor period when the helper first updated it'
        : passedOverWords([before]);
  return `no good image known: ${why}`;
};

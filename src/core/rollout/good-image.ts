import { type Digest, shortDigest } from '../image/digest.ts';
import { type Observation, specDigest } from '../swarm/service.ts';
import { monitorOf, settledDigest, settledFor } from './settled.ts';
import { condemnsDigest } from './failure-reason.ts';
import { troubleOf } from './task-trouble.ts';

/** An image runs well for its monitor period, and then so long at least, before it counts as good. */
const LEAST_GOOD_MS = 20_000;
/** A task that failed longer ago than this says nothing of how the image runs now. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/** Why an image that a service ran is not one to go back to. */
export type NotGood =
  /** It had not run for long enough. */
  | 'young'
  /** The same, when the helper first updated the service: then the monitor period is enough. */
  | 'young-at-first'
  /** Tasks of it had failed shortly before. */
  | 'failing'
  /** Some of its tasks did not run. */
  | 'unsettled';

/** An image that a service was seen running. */
export type KnownImage = {
  readonly digest: Digest;
  /** That the service had with it; null or missing where that is not known. */
  readonly tag?: string | null;
  /** When the helper last saw it converge, ms since the epoch by our clock; null where others brought it. */
  readonly convergedAt: number | null;
  /** When it was found good; null where it is not, or not any more. */
  readonly goodAt: number | null;
  /** Null where it is good. */
  readonly why: NotGood | null;
  /** A hold stands on it for the service as its spec is now. */
  readonly isHeld: boolean;
};

export type Standing =
  | { readonly kind: 'good' }
  | { readonly kind: 'failing' | 'unsettled' }
  /** It is good if it still stands so after `afterMs`. */
  | { readonly kind: 'young'; readonly afterMs: number };

/** How long the tasks of a service must have run before their image counts as good, ms. */
const goodAfter = ({ service }: Observation): number => {
  const monitorMs = monitorOf(service);
  // The engine has watched them for the monitor period when it calls an update completed.
  return monitorMs + Math.max(monitorMs, LEAST_GOOD_MS);
};

/**
 * Whether a task of an image has failed lately and through its own fault, as far as the cluster remembers.
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
  // Judged as if no update had been: what the engine thought of another image is not this one's fault.
  const trouble = troubleOf(
    { ...seen, service: { ...seen.service, update: null } },
    (task) => task.digest === digest && Date.parse(task.since) > from,
    { intentVersion: -1, madeAfter: 0 },
  );
  return trouble !== null && condemnsDigest(trouble.reason);
};

/**
 * How the image that a service names stands, as something to go back to: it is good once all desired tasks have run
 * it for the monitor period and then for as long again, or 20 s, without a failure since.
 *
 * @param convergedAt when the helper saw it converge, ms since the epoch by our clock; null where it did not
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

/** The same where a cluster tells no tasks but how many run: since the helper saw it converge. */
const countedFor = (
  { service }: Observation,
  convergedAt: number | null,
  now: number,
): number | null => {
  const { running, desired } = service.replicas ?? { running: 0, desired: 0 };
  if (convergedAt === null || running === 0 || running < desired) return null;
  return now - convergedAt + monitorOf(service);
};

/** An image of which nobody could find out whether it is good is looked at again for so long. */
const CHECKED_FOR_MS = 3_600_000;
const CHECKED_EVERY_MS = 60_000;
/** Clusters tell the time in whole seconds. */
const ROUNDED_MS = 1_000;

/** What came of looking whether an image that converged is good. */
export type Checked =
  | { readonly kind: 'good' | 'failing' }
  /** It runs no longer, or was not seen: whatever was known of it stays. */
  | { readonly kind: 'untold' }
  | { readonly kind: 'again'; readonly at: number };

/** When an image that has just converged is to be looked at for the first time, ms since the epoch. */
export const firstCheckAt = (seen: Observation, now: number): number => {
  const standing = standingOf(seen, now, now);
  const afterMs = standing.kind === 'young' ? standing.afterMs : LEAST_GOOD_MS;
  return Math.ceil(now + afterMs + ROUNDED_MS);
};

/** @param seen null where the cluster gave no answer */
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

/** What is to be remembered of the image that a service runs, just before the helper replaces it. */
export type Left = Pick<KnownImage, 'digest' | 'convergedAt' | 'why'>;

/**
 * @param known what is known of the service's images, the newest first
 * @param isFirst the helper has never updated the service: what ran converged until then is good
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
  // One that ran earlier, and was brought back by others: nobody knows since when.
  const convergedAt = newest?.digest === digest ? newest.convergedAt : null;
  const { kind } = standingOf(seen, convergedAt, now);
  // What earned it before has lost it only if it has failed since.
  const isGood =
    kind === 'good' ||
    (kind !== 'failing' && known.some((one) => one.digest === digest && one.goodAt !== null));
  const why = isFirst && kind === 'young' ? 'young-at-first' : kind;
  return { digest, convergedAt, why: isGood || why === 'good' ? null : why };
};

/** One that a revert does not go back to although it ran later than the one that it goes to. */
export type PassedOver = { readonly digest: Digest; readonly why: NotGood | 'held' };

export type Choice = {
  readonly good: Digest | null;
  /** It has not run long enough to count as good, and nothing better is known. */
  readonly isYoung: boolean;
  readonly passedOver: readonly PassedOver[];
};

/**
 * The image to go back to: the newest good one that is not held, checked once more by what is seen now. Where there
 * is none, one that the helper saw converge, and that has not failed since, is better than one that has failed.
 *
 * @param known the newest first
 * @param seen null where the service is not seen
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
 * What a person's rollback may go to, the newest first: good images that ran before the present one and are not held.
 *
 * @param known the newest first
 */
export const goodBefore = (
  known: readonly KnownImage[],
  present: Digest | null,
): readonly KnownImage[] => {
  // Newer than the present one are those that somebody went back from.
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

/** What a person should know of the choice, in one line: which newer images were passed over, and why; empty for nothing. */
export const choiceNote = ({ good, isYoung, passedOver }: Choice): string => {
  const best =
    good !== null && isYoung
      ? `${shortDigest(good)} ${WORDS.young}, and there is no other way back`
      : '';
  return [passedOverWords(passedOver), best].filter(Boolean).join('; ');
};

/** Why nothing is known to go back to, in one line for a person. */
export const noGoodWords = (from: Digest | null, passedOver: readonly PassedOver[]): string => {
  const before = passedOver.find(({ digest }) => digest === from) ?? passedOver[0];
  const why =
    before === undefined
      ? from === null
        ? 'the service named no digest before'
        : 'the helper has not seen the service run an image well'
      : before.why === 'young-at-first'
        ? 'the service was younger than its monitor period when the helper first updated it'
        : passedOverWords([before]);
  return `no good image known: ${why}`;
};

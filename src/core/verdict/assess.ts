import type { Digest } from '../image/digest.ts';
import { isJob } from '../swarm/job-progress.ts';
import { exclusionOf, type Selection, unsupportedLabel } from '../policy/labels.ts';
import { isOci, type Lookup } from '../image/published.ts';
import type { Service, Task } from '../swarm/service.ts';
import { type Hold, OCI_ADVICE, unsupportedWords, type Verdict } from './verdict.ts';

export type Assessed = {
  readonly service: Service;
  /** Tasks whose desired state is `running`; null if the cluster does not report tasks or they were not read. */
  readonly tasks: readonly Task[] | null;
  /** What the registry answered for the service's tag; null if it was not asked. */
  readonly lookup: Lookup | null;
  /** Platform manifests that belong to the published index; null if they were not read. */
  readonly members: readonly Digest[] | null;
  readonly select: Selection;
  /** The hold on the published digest for this service. */
  readonly hold: Hold | null;
  /** Whether the cluster can deploy images with OCI's media types. */
  readonly deploysOci: boolean;
  /**
   * The digest that an unpinned service runs, known because we deployed it and nothing changed since; null if unknown.
   */
  readonly knownDigest: Digest | null;
  /** The update in progress, if any, is ours, so a newer digest supersedes it. */
  readonly updateIsOurs: boolean;
  /** The update in progress is somebody else's and stuck, so a newer digest may replace it. */
  readonly isStuck: boolean;
  /**
   * The digest that our own update deploys and that the service may not show yet; null if none is in progress, or if
   * the cluster chooses the digest.
   */
  readonly ownTarget: Digest | null;
};

const isUnderWay = (service: Service): boolean =>
  service.update?.state === 'updating' || service.update?.state === 'rollback_started';

const unknown = (
  reason: Extract<Verdict, { verdict: 'unknown' }>['reason'],
  detail: string | null = null,
): Verdict => ({ verdict: 'unknown', reason, detail });

/**
 * Compares a service with the published digest. Two laws hold for every input: differing digests are never `current` (a
 * platform digest of the published index does not differ), and a failed lookup is always `unknown`.
 */
export const assess = (input: Assessed): Verdict => {
  const { service, lookup, tasks } = input;
  if (!service.image.ok) return unknown('malformed', service.image.problem);
  const exclusion = exclusionOf(service, input.select);
  if (exclusion !== null) return { verdict: 'excluded', reason: exclusion };
  if (service.image.image.tag === null) return { verdict: 'pinned' };
  if (lookup === null) return unknown('not-checked');
  if (lookup.kind === 'failed') return unknown(lookup.reason, lookup.detail);
  const isOthers = isUnderWay(service) && !input.updateIsOurs;
  if (isOthers && !input.isStuck) return { verdict: 'updating' };

  const from = service.image.image.digest ?? input.knownDigest;
  if (from === null) {
    const label = unsupportedLabel(service);
    if (label !== null) return unknown('unpinned', unsupportedWords(label));
    return unknown('unpinned', cannotPull(input) === null ? null : OCI_ADVICE);
  }
  const isPublished = (digest: Digest | null): boolean =>
    digest !== null && (digest === lookup.digest || (input.members ?? []).includes(digest));
  if (!isPublished(from)) return differing(input, from, lookup.digest);
  // The stuck update deploys the published digest itself: there is nothing newer to replace it with.
  if (isOthers) return { verdict: 'updating' };
  // Our update deploys a digest that the tag has left, and the service still shows the published one. The published
  // digest supersedes the update once the service shows its target.
  if (input.ownTarget !== null && !isPublished(input.ownTarget)) return { verdict: 'updating' };

  if (tasks === null) {
    const isKnownEmpty = service.replicas?.running === 0 && service.replicas.desired > 0;
    const isStarting = isUnderWay(service) || input.updateIsOurs;
    if (isKnownEmpty && !isStarting && !isJob(service)) return NOTHING_RUNS;
    return { verdict: 'current' };
  }
  // Tasks of an unpinned spec report no digest. That does not contradict the known one.
  const mayBeUntold = service.image.image.digest === null;
  const stray = tasks.filter(
    ({ state, digest }) =>
      state === 'running' && !isPublished(digest) && !(digest === null && mayBeUntold),
  );
  const isEmpty = !isJob(service) && runsNothing(service, tasks);
  if (stray.length === 0 && !isEmpty) return { verdict: 'current' };
  // Our update to the published digest is still in progress: nothing has diverged yet.
  if (isUnderWay(service) || input.updateIsOurs) return { verdict: 'updating' };
  return isEmpty
    ? NOTHING_RUNS
    : { verdict: 'diverged', running: [...new Set(stray.map((task) => task.digest))] };
};

const NOTHING_RUNS: Verdict = { verdict: 'diverged', running: [] };

/** Whether tasks are desired and none runs. A global service desires one task for each of its existing tasks. */
const runsNothing = ({ specReplicas }: Service, tasks: readonly Task[]): boolean =>
  (specReplicas ?? tasks.length) > 0 && tasks.every(({ state }) => state !== 'running');

/** The hold on an image whose digest the cluster looks up itself and would not find. */
export const cannotPull = ({
  lookup,
  deploysOci,
}: Pick<Assessed, 'lookup' | 'deploysOci'>): Hold | null =>
  lookup?.kind === 'published' && isOci(lookup.mediaType) && !deploysOci
    ? { kind: 'swarmpit-cannot-pull' }
    : null;

const differing = (input: Assessed, from: Digest, to: Digest): Verdict => {
  const label = unsupportedLabel(input.service);
  const hold =
    label === null
      ? (input.hold ?? cannotPull(input))
      : { kind: 'unsupported-label' as const, label };
  return hold === null ? { verdict: 'obsolete', from, to } : { verdict: 'held', hold, from, to };
};

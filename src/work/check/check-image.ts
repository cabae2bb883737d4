import { ClusterError } from '../../core/swarm/cluster.ts';
import { imageName } from '../../core/image/image-reference.ts';
import type { Log } from '../../core/log.ts';
import type { Service } from '../../core/swarm/service.ts';
import { verdictReason } from '../../core/verdict/verdict.ts';
import {
  type Checked,
  concludeChecked,
  endUnchecked,
  queueChecked,
} from '../../store/checks/commit-checks.ts';
import type { ClaimedCheck, CheckEnd } from '../../store/check-queue/check-queue.ts';
import type { RememberedLookup } from '../../store/published/published.ts';
import type { Trigger } from '../../store/deployments/triggers.ts';
import { createAnswers } from '../lookups/answers.ts';
import type { CheckDeps } from './check-deps.ts';
import { endOf, endUnanswered } from './check-end.ts';
import { type Looking, type Planned, type PlannedWith, planServices } from './plan-services.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import { whyNoService } from '../track/why-no-service.ts';

/**
 * A check that takes longer counts as failed and is retried. Each of its requests has its own limit; for a registry
 * that is up to three times the longest `timeout`.
 */
const CHECK_TIMEOUT_MS = 10 * 60_000;
/** Head start for updates of known services, before a list of all services keeps the manager busy. */
const UPDATES_FIRST_MS = 25;

/**
 * Checks one repository on one cluster for the pushes that wait for it, and queues deployments. Services that had the
 * image last time come first and are read one by one. All others follow, in one commit with the end of the check.
 * Throws the signal's reason when it is aborted; the next start then takes the work up again.
 */
export const checkImage = async (
  deps: CheckDeps,
  work: ClaimedCheck,
  signal: AbortSignal,
): Promise<void> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(CHECK_TIMEOUT_MS)]);
  const answers = createAnswers({
    registries: deps.registries,
    now: deps.clock.now,
    known: seenFor(deps, work),
    onAnswer: ({ lookup, askedAt }, image) => deps.seen.keep(image, lookup, askedAt),
  });
  const looking: Looking = {
    work,
    pushesOf: Map.groupBy(work.pushes, (push) => push.tag),
    since: work.pushes.at(-1)?.receivedAt ?? 0,
    answers,
    signal: limited,
  };
  let first: readonly PlannedWith[] = [];
  try {
    first = await lookAtKnown(deps, looking);
    await lookAtAll(deps, looking, first);
  } catch (error) {
    if (signal.aborted || !isOutside(error)) throw error;
    const detail = error instanceof ClusterError ? error.message : TIMED_OUT;
    await failCheck(deps, work, detail, first);
  }
};

/** The registry's answer of a moment ago, if all pushes of the tag name the digest that it showed. */
const seenFor =
  ({ seen }: CheckDeps, { pushes }: ClaimedCheck) =>
  (image: TaggedImage, now: number): RememberedLookup | null => {
    const named = new Set(pushes.flatMap((push) => (push.tag === image.tag ? [push.named] : [])));
    const [only = null, ...others] = named;
    const found = others.length > 0 ? null : seen.find(image, only, now);
    return found === null ? null : { lookup: found.lookup, members: null, askedAt: found.at };
  };

const TIMED_OUT = `no answer within ${CHECK_TIMEOUT_MS / 1000} s`;
const isOutside = (error: unknown): boolean =>
  error instanceof ClusterError || (error instanceof Error && error.name === 'TimeoutError');

const isOf = ({ image }: Service, name: string): boolean =>
  image.ok && imageName(image.image) === name;

const isDeployed = ({ step }: Planned): boolean => step.kind === 'deploy';

/**
 * Queues what the known services need, before the list of all services is read. Does not change how the check ends.
 */
const lookAtKnown = async (deps: CheckDeps, looking: Looking): Promise<readonly PlannedWith[]> => {
  const { work, signal } = looking;
  // Skip our own service here: it is updated last, once the full list is known.
  const ids = deps.known.of(work.name).filter((id) => id !== deps.ownServiceId());
  const seen = await Promise.all(
    // Ignored: the list of all services covers a service that could not be read.
    ids.map((id) => deps.cluster.observe(id, signal).catch(() => null)),
  );
  const services = seen.flatMap((one) => (one === null ? [] : [one.service]));
  const planned = await planServices(deps, looking, services);
  if (!planned.some(isDeployed)) return planned.map(alone);
  const now = deps.clock.now();
  const known = await queueChecked(deps.db, checkedOf(deps, looking, planned), now);
  if (known.some(isDeployed)) deps.onQueued();
  await deps.clock.wait(UPDATES_FIRST_MS, signal);
  return known;
};

const lookAtAll = async (
  deps: CheckDeps,
  looking: Looking,
  first: readonly PlannedWith[],
): Promise<void> => {
  const { work } = looking;
  const { listed, isRecent } = await listFor(deps, looking);
  deps.known.learn(
    work.name,
    listed.flatMap((service) => (isOf(service, work.name) ? [service.id] : [])),
  );
  const isDone = new Set(first.map(({ service }) => service.id));
  const others = listed.filter(({ id }) => !isDone.has(id));
  const planned = await planServices(deps, looking, others);
  const now = deps.clock.now();
  const { queued: rest, end } = await concludeChecked(
    deps.db,
    work,
    {
      ...checkedOf(deps, looking, planned, first),
      before: first,
      conclude: (all) =>
        endOf(
          aged(work, deps.ages.lastUnanswered()),
          { planned: all, whyNone: (tag) => whyNoService(work.name, listed, tag) },
          now,
          deps.random,
        ),
    },
    now,
  );
  if (rest.some(isDeployed)) deps.onQueued();
  // A sender that names images nobody runs must not fill the log.
  const level = isRecent ? 'debug' : 'info';
  tell(deps.log[level], work, [...first, ...rest], end);
};

/** At least the services that run the repository. See `createRecentList` for repositories that no service runs. */
const listFor = async (
  { cluster, clock, recent }: CheckDeps,
  { work, since, signal }: Looking,
): Promise<{ readonly listed: readonly Service[]; readonly isRecent: boolean }> => {
  const at = { now: clock.now(), monotonic: clock.monotonic() };
  if (recent.lacks(work.name, since, at)) {
    recent.missed(at, work.secret);
    return { listed: [], isRecent: true };
  }
  const isOfAll = recent.isWanted(at);
  const listed = await cluster.listServices(signal, isOfAll ? undefined : work.name);
  if (isOfAll) recent.keep(listed, at);
  if (!listed.some((service) => isOf(service, work.name))) recent.missed(at, work.secret);
  return { listed, isRecent: false };
};

/** The same work, but its pushes age only from the last time that the cluster did not answer. */
const aged = (work: ClaimedCheck, since: number): ClaimedCheck => ({
  ...work,
  pushes: work.pushes.map((push) => ({ ...push, agesFrom: Math.max(push.agesFrom, since) })),
});

/** What the store records of these services; `before` was queued already. */
const checkedOf = (
  deps: CheckDeps,
  { answers }: Looking,
  planned: readonly Planned[],
  before: readonly Planned[] = [],
): Checked<Planned> => ({
  // An answer from a registry that lags is not recorded.
  answers: answers.of([...before, ...planned].filter(({ isLag }) => !isLag)),
  planned,
  by: { cluster: deps.cluster.name, newId: deps.newId, triggersOf: hooksOf },
});

const hooksOf = ({ pushes }: Planned): readonly Trigger[] =>
  pushes.map((push) => ({ kind: 'hook', source: push.delivery }));

const alone = (planned: Planned): PlannedWith => ({ ...planned, deployment: null, joins: false });

/**
 * Records that a check got no answer, and when it is retried. `detail` is one line for a person; `planned` is what
 * was queued before.
 */
export const failCheck = async (
  deps: CheckDeps,
  work: ClaimedCheck,
  detail: string,
  planned: readonly Planned[] = [],
): Promise<void> => {
  const now = deps.clock.now();
  deps.ages.unanswered(now);
  const end = endUnanswered(work, { planned, detail }, now, deps.random);
  await endUnchecked(deps.db, work, end, now);
  deps.log.warn('check failed', {
    cluster: work.cluster,
    image: work.name,
    deliveries: deliveriesOf(work),
    attempts: end.attempts,
    problem: detail,
  });
};

const deliveriesOf = (work: ClaimedCheck): string[] => [
  ...new Set(work.pushes.map((push) => push.delivery)),
];

const tell = (
  write: Log['info'],
  work: ClaimedCheck,
  planned: readonly Planned[],
  end: CheckEnd,
): void => {
  const services = planned.map(({ service, verdict, step }) => ({
    service: service.name,
    verdict: verdict.verdict,
    reason: verdictReason(verdict) ?? undefined,
    step: step.kind,
  }));
  write('checked', {
    cluster: work.cluster,
    image: work.name,
    tags: [...new Set(work.pushes.map((push) => push.tag))],
    deliveries: deliveriesOf(work),
    services,
    again: end.againAt === null ? undefined : new Date(end.againAt).toISOString(),
  });
};

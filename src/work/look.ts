import { type Cluster, ClusterError } from '../core/cluster.ts';
import { clusterFailed, concludeLook, type Conclusion, NEVER } from '../core/conclude-look.ts';
import { imageName } from '../core/image-reference.ts';
import type { Selection } from '../core/labels.ts';
import type { Log } from '../core/log.ts';
import { plan, type Step } from '../core/plan.ts';
import type { LookUp } from '../core/published.ts';
import type { Service } from '../core/service.ts';
import { verdictReason } from '../core/verdict.ts';
import { lastSentAt } from '../store/deployments.ts';
import { queueDeployment } from '../store/queue-deployment.ts';
import { type ClaimedLook, endLook, type LookEnd, type WaitingPush } from '../store/looks.ts';
import type { Db, Query } from '../store/open-store.ts';
import { relaxed } from '../store/relaxed.ts';
import { type CheckedService, checkServices, taggedImage } from './check-services.ts';
import { askOnce, lookAhead, type LookAhead } from './look-ahead.ts';
import { readMemory } from './memory.ts';
import { recordChecked } from './record-checked.ts';
import type { Clock, Registries } from './ports.ts';

export type LookDeps = {
  readonly cluster: Cluster;
  readonly select: Selection;
  readonly registries: Registries;
  readonly db: Db;
  readonly clock: Clock;
  readonly ahead: LookAhead;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
};

/** A look has to answer in this time, or counts as failed and is tried again. */
const LOOK_TIMEOUT_MS = 60_000;
/** Where we cannot tell, a cluster that looks by itself is asked to, this long after the hook. */
const HAND_OVER_AFTER_MS = 4_000;

type Planned = CheckedService & { readonly step: Step; readonly pushes: readonly WaitingPush[] };

/**
 * Looks at one repository on one cluster for the pushes that wait for it, and queues what must be
 * deployed, in one commit with the end of the look. Returns how many deployments it queued or joined.
 * Throws the signal's reason when it is aborted; the work is then taken up again by the next start.
 */
export const look = async (
  deps: LookDeps,
  work: ClaimedLook,
  signal: AbortSignal,
): Promise<number> => {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
  try {
    return await commit(deps, work, await observeAndPlan(deps, work, limited));
  } catch (error) {
    if (signal.aborted || !isOutside(error)) throw error;
    await failLook(deps, work, error instanceof ClusterError ? error.message : TIMED_OUT);
    return 0;
  }
};

const TIMED_OUT = `no answer within ${LOOK_TIMEOUT_MS / 1000} s`;
const isOutside = (error: unknown): boolean =>
  error instanceof ClusterError || (error instanceof Error && error.name === 'TimeoutError');

const observeAndPlan = async (
  deps: LookDeps,
  work: ClaimedLook,
  signal: AbortSignal,
): Promise<Planned[]> => {
  const pushesOf = Map.groupBy(work.pushes, (push) => push.tag);
  const isAffected = (service: Service): boolean => {
    const image = taggedImage(service);
    return image !== null && imageName(image) === work.name && pushesOf.has(image.tag);
  };
  const listed = await deps.cluster.listServices(signal, work.name);
  const services = listed.filter(isAffected);
  if (services.length === 0) return [];
  const lookUp = askOnce((image) => deps.registries.findDigest(image, signal));
  lookAhead(deps, services, pushesOf, lookUp, signal);
  const memory = await readMemory(deps.db, work.cluster, deps.clock.now());
  const checked = await checkServices(
    deps.registries,
    { services, tasks: null, select: deps.select, memory, lookUp },
    signal,
  );
  return Promise.all(
    checked.map(async (one) => {
      const pushes = pushesOf.get(one.image?.tag ?? '') ?? [];
      return { ...one, pushes, step: await planFor(deps, one, pushes) };
    }),
  );
};

const planFor = async (
  deps: LookDeps,
  checked: CheckedService,
  pushes: readonly WaitingPush[],
): Promise<Step> => {
  const { verdict, lookUp, service } = checked;
  const { capabilities, name } = deps.cluster;
  if (verdict.verdict !== 'unknown') {
    return plan(verdict, lookUp, { pin: false, handOver: false }, capabilities);
  }
  // What cannot be compared is deployed once a push: one that came before the last update was sent
  // is covered by it.
  const sentAt = await lastSentAt(deps.db, name, service.id);
  const oldest = pushes.find((push) => sentAt === null || push.receivedAt > sentAt);
  const age = oldest === undefined ? 0 : deps.clock.now() - oldest.receivedAt;
  const policy = { pin: oldest !== undefined, handOver: age >= HAND_OVER_AFTER_MS };
  return plan(verdict, lookUp, policy, capabilities);
};

const commit = async (
  deps: LookDeps,
  work: ClaimedLook,
  planned: readonly Planned[],
): Promise<number> => {
  const now = deps.clock.now();
  const end = summarise(work, (push) => {
    const affected = planned.filter((one) => one.image?.tag === push.tag);
    const lookUps = affected.flatMap((one) => one.lookUp ?? []);
    // One service that could not be compared keeps the push from its end, however well others stand.
    const lookUp = lookUps.find(({ kind }) => kind === 'failed') ?? lookUps[0] ?? null;
    return concludeLook(asSeen(push, work, lookUp), affected, lookUp, {
      at: now,
      attempts: work.attempts,
      random: deps.random(),
    });
  });
  // What is lost of it is found again by the same look: the pushes wait still.
  const queued = await relaxed(deps.db, async (query) => {
    await recordChecked(query, planned, now);
    let count = 0;
    for (const one of planned) count += (await queue(query, deps, one, now)) ? 1 : 0;
    await endLook(query, work, end, now);
    return count;
  });
  tell(deps.log, work, planned, end);
  return queued;
};

/**
 * A push whose tag shows what a newer one named already has been overtaken: the digest that it named
 * itself was there before, and is not waited for.
 */
const asSeen = (push: WaitingPush, work: ClaimedLook, lookUp: LookUp | null): WaitingPush => {
  if (lookUp?.kind !== 'published') return push;
  const { digest } = lookUp;
  const isOvertaken = work.pushes.some(
    ({ id, tag, named }) => tag === push.tag && named === digest && id > push.id,
  );
  return isOvertaken ? { ...push, named: digest } : push;
};

const queue = async (query: Query, deps: LookDeps, one: Planned, now: number): Promise<boolean> => {
  if (one.step.kind !== 'deploy' || one.image === null) return false;
  await queueDeployment(
    query,
    {
      id: deps.newId(),
      cluster: deps.cluster.name,
      service: one.service,
      image: one.image,
      from: one.step.from,
      to: one.step.to,
      cause: one.step.cause,
      triggers: one.pushes.map((push) => ({ kind: 'hook', source: push.delivery })),
    },
    now,
  );
  return true;
};

/** One end for all pushes of a look: each with its own result, and the soonest time to look again. */
const summarise = (work: ClaimedLook, conclude: (push: WaitingPush) => Conclusion): LookEnd => {
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

/** Records that a look got no answer, and when it is tried again. `detail` is one line for a person. */
export const failLook = async (
  deps: LookDeps,
  work: ClaimedLook,
  detail: string,
): Promise<void> => {
  const now = deps.clock.now();
  const end = summarise(work, (push) =>
    clusterFailed(push, detail, { at: now, attempts: work.attempts, random: deps.random() }),
  );
  await relaxed(deps.db, (query) => endLook(query, work, end, now));
  deps.log.warn('look failed', {
    cluster: work.cluster,
    image: work.name,
    deliveries: deliveriesOf(work),
    attempts: end.attempts,
    problem: detail,
  });
};

const deliveriesOf = (work: ClaimedLook): string[] => [
  ...new Set(work.pushes.map((push) => push.delivery)),
];

const tell = (log: Log, work: ClaimedLook, planned: readonly Planned[], end: LookEnd): void => {
  const services = planned.map(({ service, verdict, step }) => ({
    service: service.name,
    verdict: verdict.verdict,
    reason: verdictReason(verdict) ?? undefined,
    step: step.kind,
  }));
  log.info('looked', {
    cluster: work.cluster,
    image: work.name,
    tags: [...new Set(work.pushes.map((push) => push.tag))],
    deliveries: deliveriesOf(work),
    services,
    again: end.againAt === null ? undefined : new Date(end.againAt).toISOString(),
  });
};

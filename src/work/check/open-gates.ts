import { setImmediate as nextTurn } from 'node:timers/promises';
import { backoffMs } from '../../core/backoff.ts';
import type { Digest } from '../../core/image/digest.ts';
import { imageName, imageWithTag } from '../../core/image/image-reference.ts';
import { plan } from '../../core/verdict/plan.ts';
import type { Service } from '../../core/swarm/service.ts';
import { queueChecked } from '../../store/checks/commit-checks.ts';
import {
  dropWaiting,
  endInTime,
  postponeWaiting,
  type Waiting,
} from '../../store/gates/waiting.ts';
import { readLookups } from '../../store/published/published.ts';
import type { PlannedStep } from '../../store/gates/planned-step.ts';
import { type CheckedService, checkServices, taggedImage } from '../assess/check-services.ts';
import { readMemory } from '../assess/memory.ts';
import type { TaggedImage } from '../../core/contract/registries.ts';
import { createHasImage, type HasImage } from '../gates/has-image.ts';
import type { GateKeeperDeps } from './gate-keeper-deps.ts';
import { withGates } from './with-gates.ts';

/** Delay before a service that somebody is updating is checked again. */
const AGAIN_MS = 5_000;
const AGAIN = { firstMs: 2_000, longestMs: 5 * 60_000 };
/** Services recorded in one commit. */
const AT_ONCE = 200;

type Due = { readonly row: Waiting; readonly service: Service; readonly image: TaggedImage };

/**
 * Judges waiting services by what the store knows of their images, and deploys what may be deployed now. A registry
 * is asked only whether it still has the image.
 */
export const openGates = async (
  deps: GateKeeperDeps,
  due: readonly Waiting[],
  services: readonly Service[],
  signal: AbortSignal,
): Promise<void> => {
  const { db, clock } = deps;
  const byId = new Map(services.map((service) => [service.id, service]));
  const found: Due[] = [];
  for (const row of due) {
    const service = byId.get(row.serviceId);
    const image = service === undefined ? null : taggedImage(service);
    // The service is gone or has another image by now. The check of that image takes over.
    if (service === undefined || image === null || imageName(image) !== row.name) {
      await dropWaiting(db, row);
    } else {
      found.push({ row, service, image: { ...image, tag: row.tag } });
    }
  }
  const hasImage = onceForEach(createHasImage({ ...deps, now: clock.now }));
  for (let from = 0; from < found.length; from += AT_ONCE) {
    const some = found.slice(from, from + AT_ONCE);
    const judged = await judge({ ...deps, hasImage }, some, signal);
    await settle(deps, some, judged, clock.now());
    // Lets other work run, so that a webhook waits for at most one of these commits.
    await nextTurn();
  }
};

const judge = async (
  deps: GateKeeperDeps & { readonly hasImage: Ask },
  due: readonly Due[],
  signal: AbortSignal,
): Promise<readonly PlannedStep[]> => {
  const { db, clock, cluster, select, registries } = deps;
  const [memory, lookups] = await Promise.all([
    readMemory(db, deps, clock.now(), signal),
    readLookups(db),
  ]);
  const last = (image: TaggedImage) => lookups.get(`${imageName(image)}:${image.tag}`);
  const checked = await checkServices(
    {
      readManifest: async (image) => {
        const members = last({ ...image, tag: image.tag ?? '' })?.members ?? [];
        return { kind: 'manifest', manifest: { members, platforms: [], artifact: null } };
      },
    },
    {
      services: due.map(({ service }) => service),
      targets: new Map(due.map(({ service, image }) => [service.id, image])),
      tasks: null,
      select,
      memory,
      deploysOci: cluster.capabilities.deploysOci,
      pins: true,
      followsIndex: registries.followsIndex,
      hasImage: deps.hasImage,
      confirmsAll: true,
      lookup: async (image) => {
        // Newer answers do not matter: the registry may still have what it showed before.
        const { digest = null, mediaType = '' } = last(image) ?? {};
        return digest === null ? null : { kind: 'published', digest, mediaType };
      },
    },
    signal,
  );
  const rows = new Map(due.map(({ row }) => [row.serviceId, row]));
  return checked.map((one: CheckedService) => {
    const pin = rows.get(one.service.id)?.from === null;
    const step = plan(one.verdict, one.lookup, { pin, handOver: false }, deps.cluster.capabilities);
    return { ...one, ...withGates(memory.gates, one, step) };
  });
};

type Ask = (image: TaggedImage, digest: Digest, signal: AbortSignal) => Promise<HasImage>;

/** Thousands of services may wait for one image. The registry is asked once, however many commits they take. */
const onceForEach = (ask: Ask): Ask => {
  const asked = new Map<string, Promise<HasImage>>();
  return (image, digest, signal) => {
    const key = `${imageWithTag(image)} ${digest}`;
    const answer = asked.get(key) ?? ask(image, digest, signal);
    asked.set(key, answer);
    return answer;
  };
};

/** Records the result. Services that could not be judged yet are checked again. */
const settle = async (
  deps: GateKeeperDeps,
  due: readonly Due[],
  judged: readonly PlannedStep[],
  now: number,
): Promise<void> => {
  const { db, newId, cluster, log } = deps;
  const by = { cluster: cluster.name, newId, triggersOf: () => [] };
  const rows = new Map(due.map(({ row }) => [row.serviceId, row]));
  const queued = await queueChecked(db, { answers: [], planned: judged, by }, now);
  if (queued.some(({ deployment }) => deployment !== null)) deps.onQueued();
  for (const { service, verdict, deployment } of queued) {
    const row = rows.get(service.id);
    if (row === undefined) continue;
    const about = { cluster: cluster.name, service: service.name };
    if (deployment !== null) log.info('gates opened', { ...about, deployment });
    if (verdict.verdict === 'waiting' && verdict.at.dueAt <= now) {
      const ids = { hold: newId(), news: newId() };
      const detail = await endInTime(db, { row, ids }, now);
      if (detail !== null) log.info('an approval expired', { ...about, detail });
    } else if (verdict.verdict === 'updating') {
      const problem = 'another update is in progress';
      await postponeWaiting(db, row, { dueAt: now + AGAIN_MS, problem }, now);
    } else if (verdict.verdict === 'unknown') {
      const problem = verdict.detail ?? verdict.reason;
      const dueAt = now + backoffMs(AGAIN, row.attempts + 1, deps.random());
      await postponeWaiting(db, row, { dueAt, problem }, now);
    }
  }
};

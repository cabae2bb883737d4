import { cannotPull } from '../core/assess.ts';
import { imageName } from '../core/image-reference.ts';
import { unsupportedLabel } from '../core/labels.ts';
import { plan, type Step } from '../core/plan.ts';
import type { LookUp } from '../core/published.ts';
import type { Service } from '../core/service.ts';
import type { Joined } from '../store/checks/join-deployments.ts';
import { lastSent } from '../store/deployments.ts';
import type { ClaimedLook, WaitingPush } from '../store/looks.ts';
import { type CheckedService, checkServices, FOLLOWS_NONE, taggedImage } from './check-services.ts';
import type { LookDeps } from './look-deps.ts';
import { readMemory } from './memory.ts';
import type { TaggedImage } from './ports.ts';

/** A look that is under way. */
export type Looking = {
  readonly work: ClaimedLook;
  readonly pushesOf: ReadonlyMap<string | null, readonly WaitingPush[]>;
  /** When the newest of its pushes came, ms since the epoch: what was seen before may not show it. */
  readonly since: number;
  /** Asks the registry once for each tag, if at all. */
  readonly lookUp: (image: TaggedImage) => Promise<LookUp>;
  /** When the registry was asked for each tag, ms since the epoch. */
  readonly askedAt: ReadonlyMap<string, number>;
  readonly signal: AbortSignal;
};

export type Planned = CheckedService & {
  readonly step: Step;
  /** The registry showed once more just what these pushes replaced: it lags, and that is no news. */
  readonly isLag: boolean;
  readonly pushes: readonly WaitingPush[];
};

/** With the deployment that will do it, that it joined, or that decides what became of it. */
export type PlannedWith = Planned & Joined;

/** Where we cannot tell, a cluster that looks by itself is asked to, this long after the hook. */
const HAND_OVER_AFTER_MS = 4_000;

const isAffected =
  ({ work, pushesOf }: Looking) =>
  (service: Service): boolean => {
    const image = taggedImage(service);
    return image !== null && imageName(image) === work.name && pushesOf.has(image.tag);
  };

/** Decides about those of the services whose tag was pushed; where there is none, nothing is asked of a registry. */
export const planServices = async (
  deps: LookDeps,
  looking: Looking,
  all: readonly Service[],
): Promise<readonly Planned[]> => {
  const { pushesOf, lookUp, signal } = looking;
  const services = all.filter(isAffected(looking));
  if (services.length === 0) return [];
  const remembered = await readMemory(deps.db, deps.cluster.name, deps.clock.now());
  const stuck = await findStuck(
    deps,
    services.filter((service) => isBeingUpdated(service) && !remembered.updateIsOurs(service)),
    signal,
  );
  const memory = { ...remembered, isStuck: ({ id }: Service) => stuck.has(id) };
  const { followsIndex = FOLLOWS_NONE } = deps.registries;
  const checked = await checkServices(
    deps.registries,
    {
      services,
      tasks: null,
      select: deps.select,
      memory,
      lookUp,
      deploysOci: deps.cluster.capabilities.deploysOci,
      pins: true,
      followsIndex,
    },
    signal,
  );
  return Promise.all(
    checked.map(async (one) => {
      const pushes = pushesOf.get(one.image?.tag ?? '') ?? [];
      const isLag = await lags(deps, one, pushes);
      const step = isLag ? LEAVE : await planFor(deps, one, pushes);
      return { ...one, pushes, isLag, step };
    }),
  );
};

const LEAVE: Step = { kind: 'leave' };

/**
 * Whether a follow-up look shows just the digest that these pushes replaced: replicas of a registry, or a cache
 * before it, may answer by turns. A push that came after the update was sent is news whatever it shows.
 */
const lags = async (
  deps: LookDeps,
  { verdict, service }: CheckedService,
  pushes: readonly WaitingPush[],
): Promise<boolean> => {
  if (verdict.verdict !== 'obsolete' || pushes.length === 0) return false;
  if (pushes.some(({ outcome }) => outcome !== 'deployed')) return false;
  const sent = await lastSent(deps.db, deps.cluster.name, service.id);
  return (
    sent !== null &&
    sent.from === verdict.to &&
    sent.digest === verdict.from &&
    pushes.every(({ receivedAt }) => receivedAt <= sent.at)
  );
};

const isBeingUpdated = ({ update }: Service): boolean =>
  update?.state === 'updating' || update?.state === 'rollback_started';

/** Looks at services that somebody else is updating, as their tasks tell whether that gets on; gives the ids of those that are stuck. */
const findStuck = async (
  { cluster, stuck }: LookDeps,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> => {
  const found = await Promise.all(
    services.map(async ({ id }) => {
      const seen = await cluster.observe(id, signal);
      return seen !== null && stuck.see(seen) ? [id] : [];
    }),
  );
  return new Set(found.flat());
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
  // is covered by it, unless that was of another digest, as one that was tried again is.
  const sent = await lastSent(deps.db, name, service.id);
  const published = lookUp?.kind === 'published' ? lookUp.digest : null;
  const wasSent = sent?.digest ?? null;
  const isOther = wasSent !== null && published !== null && wasSent !== published;
  const oldest = pushes.find((push) => sent === null || isOther || push.receivedAt > sent.at);
  const age = oldest === undefined ? 0 : deps.clock.now() - oldest.receivedAt;
  // What could not be compared is no less held than what is obsolete.
  const isHeld =
    unsupportedLabel(service) !== null ||
    cannotPull({ lookUp, deploysOci: capabilities.deploysOci }) !== null;
  const policy = {
    pin: oldest !== undefined && !isHeld,
    handOver: age >= HAND_OVER_AFTER_MS && !isHeld,
  };
  return plan(verdict, lookUp, policy, capabilities);
};

import { cannotPull } from '../../core/verdict/assess.ts';
import { imageName } from '../../core/image/image-reference.ts';
import { unsupportedLabel } from '../../core/policy/labels.ts';
import { plan, type Step } from '../../core/verdict/plan.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import type { Joined } from '../../store/checks/join-deployments.ts';
import { hasLedTo } from '../../store/deployments/deployments-of-delivery.ts';
import { lastSent } from '../../store/deployments/deployments.ts';
import type { ClaimedCheck, WaitingPush } from '../../store/check-queue/check-queue.ts';
import type { Answers } from '../lookups/answers.ts';
import { type CheckedService, checkServices, type Memory } from '../assess/check-services.ts';
import { findStuck } from '../cluster/find-stuck.ts';
import type { CheckDeps } from './check-deps.ts';
import { createHasImage } from '../gates/has-image.ts';
import { withGates } from './with-gates.ts';
import { readMemory } from '../assess/memory.ts';
import { type Target, targetOf } from '../track/choose-targets.ts';
import { readTracking, type Tracking } from '../track/read-tracking.ts';

/** A check in progress. */
export type Looking = {
  readonly work: ClaimedCheck;
  readonly pushesOf: ReadonlyMap<string, readonly WaitingPush[]>;
  /** When its newest push arrived, in ms since the epoch. A list from before then may not show it. */
  readonly since: number;
  readonly answers: Answers;
  readonly signal: AbortSignal;
};

export type Planned = CheckedService & {
  readonly step: Step;
  /** The registry showed again exactly what these pushes replaced: it lags, and that is not news. */
  readonly isLag: boolean;
  readonly pushes: readonly WaitingPush[];
  /** The pushed tags that apply to this service. */
  readonly tags: readonly string[];
};

/** With the deployment that it queued or joined, or the one that decides its outcome. */
export type PlannedWith = Planned & Joined;

/** If we cannot compare, a cluster that checks images itself is asked to do so, this long after the webhook. */
const HAND_OVER_AFTER_MS = 4_000;

/** Decides about the services that the pushes affect. If there are none, no registry is asked. */
export const planServices = async (
  deps: CheckDeps,
  looking: Looking,
  all: readonly Service[],
): Promise<readonly Planned[]> => {
  const { work, pushesOf } = looking;
  const own = all.filter(({ image }) => image.ok && imageName(image.image) === work.name);
  const tags = [...pushesOf.keys()];
  const tracking = await readTracking(deps.db, work, own, tags);
  const targets = own.flatMap((service) => targetOf(work, tracking, service) ?? []);
  if (targets.length === 0) return [];
  const services = targets.map(({ service }) => service);
  const remembered = await readMemory(deps.db, deps, deps.clock.now(), looking.signal);
  const stuck = await findStuck(deps, remembered, services, looking.signal);
  const memory: Memory = {
    ...remembered,
    isStuck: ({ id }: Service) => stuck.has(id),
    hold: (service, digest, image) =>
      remembered.hold(service, digest, image) ?? tracking.putBack(service, digest, image),
    digestHold: (service, digest, image) =>
      remembered.digestHold(service, digest, image) ?? tracking.putBack(service, digest, image),
  };
  const planned = await compare(deps, looking, targets, memory);
  return insteadOfHeld(deps, { looking, tracking, memory }, planned);
};

type Remembered = {
  readonly looking: Looking;
  readonly tracking: Tracking;
  readonly memory: Memory;
};

/**
 * If the newest pushed tag is held for a service because it failed there or a person left it, take the next lower
 * tag, if that may be deployed.
 */
const insteadOfHeld = async (
  deps: CheckDeps,
  remembered: Remembered,
  planned: readonly Planned[],
): Promise<readonly Planned[]> => {
  const { looking, tracking, memory } = remembered;
  const found = new Map(planned.map((one) => [one.service.id, one]));
  const except = new Map<string, readonly string[]>();
  let held = planned.filter(isTagHeld);
  while (held.length > 0) {
    const targets = held.flatMap(({ service, image }) => {
      const left = [...(except.get(service.id) ?? []), ...(image === null ? [] : [image.tag])];
      except.set(service.id, left);
      const next = targetOf(looking.work, tracking, service, left);
      return next === null || next.isOlder || left.includes(next.image.tag) ? [] : [next];
    });
    const next = targets.length === 0 ? [] : await compare(deps, looking, targets, memory);
    for (const one of next) if (one.step.kind === 'deploy') found.set(one.service.id, one);
    held = next.filter(isTagHeld);
  }
  return [...found.values()];
};

const isTagHeld = ({ verdict, service, image }: Planned): boolean =>
  verdict.verdict === 'held' &&
  (verdict.hold.kind === 'known-bad' || verdict.hold.kind === 'left-by-person') &&
  image?.tag !== presentTag(service);

const compare = async (
  deps: CheckDeps,
  { pushesOf, answers, signal }: Looking,
  targets: readonly Target[],
  memory: Memory,
): Promise<readonly Planned[]> => {
  const { registries } = answers;
  const isCompared = targets.filter(({ isOlder }) => !isOlder);
  const checked = await checkServices(
    registries,
    {
      services: isCompared.map(({ service }) => service),
      targets: new Map(isCompared.map(({ service, image }) => [service.id, image])),
      tasks: null,
      select: deps.select,
      memory,
      lookup: (image) => registries.findDigest(image, signal),
      deploysOci: deps.cluster.capabilities.deploysOci,
      pins: true,
      followsIndex: registries.followsIndex,
      hasImage: createHasImage({ ...deps, now: deps.clock.now }),
    },
    signal,
  );
  const older = targets.filter(({ isOlder }) => isOlder).map(asOlder);
  const tagsOf = new Map(targets.map(({ service, tags }) => [service.id, tags]));
  return Promise.all(
    [...checked, ...older].map(async (one) => {
      const tags = tagsOf.get(one.service.id) ?? [];
      const pushes = tags.flatMap((tag) => pushesOf.get(tag) ?? []);
      const isLag = await lags(deps, one, pushes);
      const step = isLag ? LEAVE : await planFor(deps, memory, one, pushes);
      return { ...one, pushes, tags, isLag, ...withGates(memory.gates, one, step) };
    }),
  );
};

/** The service already has something newer than what was pushed. */
const asOlder = ({ service, image }: Target): CheckedService => ({
  service,
  image,
  tasks: null,
  knownDigest: null,
  lookup: null,
  members: null,
  verdict: { verdict: 'current' },
});

const LEAVE: Step = { kind: 'leave' };

/**
 * Whether a follow-up check shows exactly the digest that these pushes replaced: replicas of a registry, or a cache
 * in front of it, may answer in turn. It is not lag if a push came after the update was sent, if the newest push
 * names the digest shown, or if that push updated only other services.
 */
const lags = async (
  deps: CheckDeps,
  { verdict, service }: CheckedService,
  pushes: readonly WaitingPush[],
): Promise<boolean> => {
  if (verdict.verdict !== 'obsolete' || pushes.length === 0) return false;
  if (pushes.some(({ outcome }) => outcome !== 'deployed')) return false;
  const newest = pushes.reduce((one, other) => (other.id > one.id ? other : one));
  if (newest.named === verdict.to) return false;
  const sent = await lastSent(deps.db, deps.cluster.name, service.id);
  return (
    sent !== null &&
    sent.from === verdict.to &&
    sent.digest === verdict.from &&
    pushes.every(({ receivedAt }) => receivedAt <= sent.at) &&
    (await hasLedTo(deps.db, { push: newest.id, cluster: deps.cluster.name }, sent.id))
  );
};

const planFor = async (
  deps: CheckDeps,
  { fitHold }: Pick<Memory, 'fitHold'>,
  checked: CheckedService,
  pushes: readonly WaitingPush[],
): Promise<Step> => {
  const { verdict, lookup, service } = checked;
  const { capabilities, name } = deps.cluster;
  if (verdict.verdict !== 'unknown') {
    return plan(verdict, lookup, { pin: false, handOver: false }, capabilities);
  }
  // A service that cannot be compared is deployed once per push. The last update covers every push that came before
  // it was sent, unless that update had another digest, as after a retry.
  const sent = await lastSent(deps.db, name, service.id);
  const published = lookup?.kind === 'published' ? lookup.digest : null;
  const wasSent = sent?.digest ?? null;
  const isOther = wasSent !== null && published !== null && wasSent !== published;
  const oldest = pushes.find((push) => sent === null || isOther || push.receivedAt > sent.at);
  const age = oldest === undefined ? 0 : deps.clock.now() - oldest.receivedAt;
  // What cannot be compared is held by the same rules as what is obsolete.
  const isHeld =
    unsupportedLabel(service) !== null ||
    cannotPull({ lookup, deploysOci: capabilities.deploysOci }) !== null ||
    (published !== null && fitHold(service, published) !== null);
  const policy = {
    pin: oldest !== undefined && !isHeld,
    handOver: age >= HAND_OVER_AFTER_MS && !isHeld,
  };
  return plan(verdict, lookup, policy, capabilities);
};

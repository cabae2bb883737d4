import type { DeploymentView, ServiceView } from '../../../src/core/contract/views.ts';
import { brief, type Change, type Story } from './story.ts';

/** A digest that is or was held for a service, from the store. */
export type Held = { readonly service: string; readonly digest: string; readonly kind: string };

export type Record = {
  readonly deployments: readonly DeploymentView[];
  readonly held: readonly Held[];
  /** The services when all is quiet. */
  readonly services: readonly ServiceView[];
};

export type Judged = {
  /** Violations, one line each. */
  readonly broken: readonly string[];
  readonly figures: Readonly<{ [name: string]: number }>;
  /** The healthy push that waited longest. */
  readonly slowest: string | null;
};

type Seen = Pick<Story, 'published' | 'changes' | 'theirs'>;

const key = (service: string, digest: string | null): string => `${service} ${digest}`;

/** How often the record says that each image was sent to each service, by an update or a revert. */
const recorded = (deployments: readonly DeploymentView[]): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const { service, steps, to } of deployments) {
    let onItsWay = to;
    for (const { step, detail } of steps) {
      if (step === 'taking-back') onItsWay = String(detail['to']);
      // A newer push may replace a deployment that is just being sent. The record then says that it may have been sent.
      const isSent = step === 'update-sent' || step === 'no-answer';
      if (!isSent && detail['mayHaveBeenSent'] !== true) continue;
      const digest = typeof detail['digest'] === 'string' ? detail['digest'] : onItsWay;
      const at = key(service.name, digest);
      counts.set(at, (counts.get(at) ?? 0) + 1);
    }
  }
  return counts;
};

/** Changes that neither the engine nor another actor made. The helper made them, so it must have recorded them. */
const unexplained = ({ changes, theirs }: Seen, deployments: readonly DeploymentView[]) => {
  const left = new Map(recorded(deployments));
  const others = new Map<string, number>();
  for (const { service, digest } of theirs) {
    others.set(key(service, digest), (others.get(key(service, digest)) ?? 0) + 1);
  }
  const take = (from: Map<string, number>, change: Change): boolean => {
    const at = key(change.service, change.to);
    const count = from.get(at) ?? 0;
    if (count > 0) from.set(at, count - 1);
    return count > 0;
  };
  const ours = changes.filter((change) => !change.byEngine);
  return {
    unrecorded: ours.filter((change) => !take(others, change) && !take(left, change)),
    count: ours.length,
  };
};

/** Updates that were recorded as sent, but whose image never appeared in the service. */
const unseen = ({ changes }: Seen, deployments: readonly DeploymentView[]): readonly string[] => {
  const seen = new Set(changes.map(({ service, to }) => key(service, to)));
  return deployments
    .filter(({ state, cause }) => state === 'succeeded' && cause !== 'forced')
    .filter(({ service, to }) => !seen.has(key(service.name, to)))
    .map(({ service, to }) => `recorded, but never seen: ${service.name} → ${brief(to)}`);
};

/** Forward updates to a version that was published before the one it replaced. */
const downgrades = (
  { published, changes, theirs }: Seen,
  deployments: readonly DeploymentView[],
): readonly string[] => {
  const order = new Map(published.map(({ service, digest }, at) => [key(service, digest), at]));
  const isForward = ({ service, to, from }: Change): boolean =>
    deployments.some((one) => one.service.name === service && one.to === to && one.from === from) &&
    !theirs.some((other) => other.service === service && other.digest === to);
  return changes
    .filter((change) => !change.byEngine && isForward(change))
    .filter(({ service, from, to }) => {
      const before = order.get(key(service, from));
      const now = order.get(key(service, to));
      return before !== undefined && now !== undefined && now < before;
    })
    .map(({ service, from, to }) => `downgrade: ${service} ${brief(from)} → ${brief(to)}`);
};

type Wait = { readonly service: string; readonly digest: string; readonly ms: number | null };

/**
 * Ms from the webhook's answer until the service had the image or a later one; null if that never happened because
 * nothing good was published after it.
 */
const waits = ({ published, changes }: Seen): readonly Wait[] => {
  const order = new Map(published.map(({ service, digest }, at) => [key(service, digest), at]));
  return published.flatMap(({ service, digest, isGood, toldAt }, at) => {
    if (!isGood || toldAt === null) return [];
    const done = changes.find((change) => {
      const there = order.get(key(service, change.to)) ?? -1;
      return change.service === service && there >= at;
    });
    return [{ service, digest, ms: done === undefined ? null : Math.max(0, done.at - toldAt) }];
  });
};

/** If the last published image is good, it must run when all is quiet. */
const notThere = ({ published, theirs }: Seen, { services }: Record): readonly string[] => {
  const newest = new Map(published.map((one) => [one.service, one]));
  return [...newest.values()].flatMap(({ service, digest, isGood }) => {
    const view = services.find(({ name }) => name === service);
    if (!isGood || theirs.some((one) => one.service === service && one.digest === digest))
      return [];
    if (view?.verdict === 'current') return [];
    return [`${service} does not run its newest good version: ${view?.verdict} ${view?.reason}`];
  });
};

/** The result of a soak. */
export const judge = (seen: Seen, record: Record): Judged => {
  const isGood = new Map(
    seen.published.map(({ service, digest, isGood: good }) => [key(service, digest), good]),
  );
  const condemned = record.held.filter(
    ({ service, digest, kind }) =>
      kind === 'known-bad' && isGood.get(key(service, digest)) === true,
  );
  const { unrecorded, count } = unexplained(seen, record.deployments);
  const lost = downgrades(seen, record.deployments);
  const all = waits(seen);
  const [longest, ...shorter] = all
    .flatMap(({ ms, ...one }) => (ms === null ? [] : [{ ...one, ms }]))
    .toSorted((one, other) => other.ms - one.ms);
  const alarms = record.deployments.flatMap(({ id, steps }) =>
    steps.filter(({ step }) => step === 'settings-changed').map(() => `settings changed: ${id}`),
  );
  return {
    broken: [
      ...unrecorded.map(
        ({ service, from, to }) =>
          `seen, but not recorded: ${service} ${brief(from)} → ${brief(to)}`,
      ),
      ...unseen(seen, record.deployments),
      ...condemned.map(({ service, digest }) => `good, but held: ${service} ${brief(digest)}`),
      ...lost,
      ...alarms,
      ...notThere(seen, record),
    ],
    figures: {
      'versions published': seen.published.length,
      'of them good': seen.published.filter(({ isGood: good }) => good).length,
      deployments: record.deployments.length,
      'changes of an image seen': seen.changes.length,
      'of them by the engine': seen.changes.filter(({ byEngine }) => byEngine).length,
      'of them by the helper or others': count,
      'good images condemned': condemned.length,
      downgrades: lost.length,
      'longest wait of a healthy push, ms': longest?.ms ?? 0,
      'half of them waited at most, ms': shorter[Math.floor(shorter.length / 2)]?.ms ?? 0,
      'healthy pushes that never arrived': all.filter(({ ms }) => ms === null).length,
    },
    slowest: longest === undefined ? null : `${longest.service} ${brief(longest.digest)}`,
  };
};

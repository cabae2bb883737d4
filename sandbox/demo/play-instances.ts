import type { InstanceView } from '../../src/core/contract/instance-view.ts';
import type { DeploymentView, Page } from '../../src/core/contract/views.ts';
import { waitUntil } from '../machine/wait-until.ts';
import type { Account } from './account.ts';
import { type Helper, newKeys, startHelper } from './helper.ts';
import { deployFirst, type Play, pushAndFollow, type Started } from './play.ts';
import type { Stage } from './stage.ts';

const NAMES = ['A', 'B', 'C'] as const;
/** The lease for the work on the demo's cluster. */
const LEASE = 'cluster:default';
/** An update was sent and has not ended. */
const IN_PROGRESS = new Set(['updating', 'verifying']);
const WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 100;

type Instance = { readonly name: string; readonly helper: Helper; readonly id: string };

const instancesSeenBy = async ({ ask }: Helper): Promise<readonly InstanceView[]> =>
  (await ask<Page<InstanceView>>('GET', '/api/v1/instances'))?.items ?? [];

const holds = ({ state, leases }: InstanceView): boolean =>
  state === 'alive' && leases.some(({ name }) => name === LEASE);

/** Starts helpers that share a store, one after another. */
const startAll = async (
  stage: Stage,
  store: string,
  signal: AbortSignal,
  started: Started,
): Promise<readonly Instance[]> => {
  const keys = newKeys();
  const instances: Instance[] = [];
  for (const name of NAMES) {
    const helper = await startHelper(stage, signal, { name: `helper-${name}`, store, keys });
    started(helper);
    // The helper is ready a moment before the store shows it.
    const { id } = await waitUntil(
      async () => (await instancesSeenBy(helper)).find(({ isSelf }) => isSelf) ?? null,
      { what: `instance ${name} is known`, withinMs: WITHIN_MS, everyMs: LOOK_EVERY_MS, signal },
    );
    instances.push({ name, helper, id });
  }
  return instances;
};

/** The working instance, as `asked` sees it; null while there is none. */
const workerSeenBy = async (
  asked: Helper,
  instances: readonly Instance[],
): Promise<Instance | null> => {
  const holder = (await instancesSeenBy(asked)).find(holds);
  return instances.find(({ id }) => id === holder?.id) ?? null;
};

const tellWho = (account: Account, instances: readonly Instance[], worker: Instance): void => {
  for (const one of instances) {
    account.note(
      `instance ${one.name}`,
      `${one.helper.url}, ${one === worker ? 'works on the cluster' : 'ready to take over'}`,
    );
  }
};

/** Kills the working instance as soon as a rollout is in progress, and reports which one takes over. */
const killInRollout = async (
  watcher: Instance,
  instances: readonly Instance[],
  account: Account,
  signal: AbortSignal,
): Promise<void> => {
  const wait = { withinMs: WITHIN_MS, everyMs: LOOK_EVERY_MS, signal };
  const pushedAt = Date.now();
  const worker = await waitUntil(
    async () => {
      const path = '/api/v1/deployments?limit=50';
      const page = await watcher.helper.ask<Page<DeploymentView>>('GET', path);
      const isBusy = page?.items.some(({ state }) => IN_PROGRESS.has(state)) ?? false;
      return isBusy ? workerSeenBy(watcher.helper, instances) : null;
    },
    { ...wait, what: 'a rollout is in progress' },
  );
  await worker.helper.kill();
  const killedAt = Date.now();
  account.event(killedAt - pushedAt, 'killed', `instance ${worker.name}, in the middle`, 'badly');
  const next = await waitUntil(
    async () => {
      const found = await workerSeenBy(watcher.helper, instances);
      return found === worker ? null : found;
    },
    { ...wait, what: 'another instance works' },
  );
  const seconds = ((Date.now() - killedAt) / 1000).toFixed(1);
  account.event(
    Date.now() - pushedAt,
    'taken over',
    `by instance ${next.name}, after ${seconds} s`,
    'well',
  );
};

/**
 * Plays the demo with several helpers on one PostgreSQL: a push, and a kill of the working instance in the middle of
 * its rollout. Throws if the others did not finish the rollout.
 */
export const playInstances = async (
  { stage, store }: { readonly stage: Stage; readonly store: string },
  account: Account,
  signal: AbortSignal,
  started: Started,
): Promise<Play> => {
  await deployFirst(stage, account);
  const instances = await startAll(stage, store, signal, started);
  const [first] = instances;
  if (first === undefined) throw new Error('no instance was started');
  const worker = await waitUntil(async () => workerSeenBy(first.helper, instances), {
    what: 'an instance works',
    withinMs: WITHIN_MS,
    signal,
  });
  tellWho(account, instances, worker);
  // This instance receives the webhooks and survives.
  const watcher = instances.find((one) => one !== worker) ?? worker;
  const { helper } = watcher;
  await stage.notify(helper.hookUrl);
  account.note('notifications', `of the registry go to instance ${watcher.name}`);
  const push: Play['push'] = (version) => pushAndFollow(stage, helper, account, version, signal);
  await Promise.all([
    push({ name: 'v2', crashes: false }),
    killInRollout(watcher, instances, account, signal),
  ]);
  const living = instances.filter((one) => one !== worker);
  const next = await workerSeenBy(helper, living);
  account.title('Who works now?');
  tellWho(account, living, next ?? watcher);
  return { helper, push };
};

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import { manifestRequests, readAccessLog } from '../../../sandbox/registry/access-log.ts';
import { type AttachedSandbox, attachSandbox } from '../../../sandbox/sandbox.ts';
import type { SandboxAddresses } from '../../../sandbox/sandbox.ts';
import type { EngineTask, Services } from '../../../sandbox/swarm/services.ts';
import type { DeliveryView, PushView } from '../../../src/core/contract/delivery-views.ts';
import type { DeploymentView, RollbackView } from '../../../src/core/contract/views.ts';
import { type HelperOptions, type RunningHelper, startHelper } from '../program/start-helper.ts';

const ENDED: readonly string[] = ['succeeded', 'failed', 'rolled-back', 'superseded', 'skipped'];
/** Rollouts take seconds, and many seconds on a busy machine with two cores. */
const PATIENCE_MS = 90_000;

/** A running sandbox with a helper that manages the first engine. */
export type Stage = {
  readonly sandbox: AttachedSandbox;
  readonly services: Services;
  readonly helper: RunningHelper;
  /** For files of the test. Removed at the end. */
  readonly folder: string;
  /** Prints the output of the helper, or its lines with `about`, for a failed test. */
  readonly tell: (about?: string) => void;
  /** SIGTERM, then a start of the same helper. From then on, `helper` is the new one. */
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export const openStage = async (
  addresses: SandboxAddresses,
  options: Partial<HelperOptions> = {},
): Promise<Stage> => {
  const sandbox = attachSandbox(addresses);
  const folder = mkdtempSync(join(tmpdir(), 'stage-'));
  const insecure = [sandbox.registry.host, options.env?.['CD_HELPER_REGISTRY_INSECURE']];
  const cluster =
    options.config?.['clusters'] === undefined
      ? { CD_HELPER_ENGINE_URL: sandbox.engines[0].url }
      : {};
  const start = (): Promise<RunningHelper> =>
    startHelper({
      store: join(folder, 'store.db'),
      ...options,
      env: {
        ...cluster,
        ...options.env,
        CD_HELPER_REGISTRY_INSECURE: insecure.filter(Boolean).join(','),
      },
    });
  let helper = await start();
  let said = '';
  return {
    sandbox,
    services: sandbox.engines[0].services,
    get helper() {
      return helper;
    },
    folder,
    tell: (about) => {
      const lines = (said + helper.output()).split('\n');
      const told = about === undefined ? lines : lines.filter((line) => line.includes(about));
      process.stderr.write(`${told.join('\n')}\n`);
    },
    restart: async () => {
      await helper.stop();
      said += helper.output();
      helper = await start();
    },
    close: async () => {
      await helper.stop();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** Waits until the service has had `count` deployments and all have ended. Returns them, oldest first. */
export const endedDeployments = async (
  helper: RunningHelper,
  service: string,
  count = 1,
  query = '',
): Promise<readonly DeploymentView[]> =>
  waitUntil(
    async () => {
      const found = await helper.deployments(`?service=${service}${query}`);
      const open = found.filter(({ state }) => !ENDED.includes(state));
      if (found.length >= count && open.length === 0) return found.toReversed();
      throw new Error(JSON.stringify(found, null, 1));
    },
    { what: `${count} deployments of ${service} have ended`, withinMs: PATIENCE_MS, everyMs: 100 },
  );

/** Waits until the service has run the digest long enough that a failure reverts to it. */
export const untilGood = (
  helper: RunningHelper,
  service: string,
  digest: string,
  cluster = 'default',
): Promise<boolean> =>
  waitUntil(
    async () => {
      const path = `/clusters/${cluster}/services/${service}/rollback`;
      const past = await helper.get<RollbackView>(path);
      if (past.present === digest && past.presentGoodAt !== null) return true;
      throw new Error(JSON.stringify(past));
    },
    { what: `${digest} is good on ${service}`, withinMs: PATIENCE_MS, everyMs: 500 },
  );

/** Waits until every push of the delivery is done. */
export const endedDelivery = async (
  helper: RunningHelper,
  answer: Response,
  withinMs = PATIENCE_MS,
): Promise<DeliveryView> => {
  const { delivery } = (await answer.json()) as { delivery: string };
  return waitUntil(
    async () => {
      const found = await helper.delivery(delivery);
      const results = found.pushes.flatMap((push) => push.results);
      if (results.every(({ state }) => state === 'done')) return found;
      throw new Error(JSON.stringify(found.pushes, null, 1));
    },
    { what: `delivery ${delivery} has ended`, withinMs, everyMs: 100 },
  );
};

/** Waits until `count` pushes of the image are done. Returns them, oldest first. */
export const endedPushes = async (
  helper: RunningHelper,
  image: string,
  count: number,
): Promise<readonly PushView[]> =>
  waitUntil(
    async () => {
      const all = (await helper.deliveries()).flatMap(({ pushes }) => pushes);
      const found = all.filter((push) => push.image === image);
      const isDone = found.every(({ results }) => results.every(({ state }) => state === 'done'));
      if (found.length >= count && isDone) return found.toReversed();
      throw new Error(JSON.stringify(found, null, 1));
    },
    { what: `${count} pushes of ${image} have ended`, withinMs: PATIENCE_MS, everyMs: 100 },
  );

/** Digests of a service's tasks by slot, in order of creation. */
export const digestsBySlot = (tasks: readonly EngineTask[]): ReadonlyMap<string, string[]> => {
  const bySlot = new Map<string, string[]>();
  for (const { Slot, NodeID, Spec } of tasks) {
    const slot = String(Slot ?? NodeID);
    const image = Spec.ContainerSpec.Image;
    const digests = bySlot.get(slot) ?? [];
    bySlot.set(slot, [...digests, image.slice(image.indexOf('@') + 1)]);
  }
  return bySlot;
};

/** How often a registry was asked for the digest of a tag: the cost of each check. */
export const countChecks = async (
  accessLog: string,
  repository: string,
  tag: string,
): Promise<number> =>
  manifestRequests(await readAccessLog(accessLog), repository).filter(
    ({ method, path }) => method === 'HEAD' && path.endsWith(`/manifests/${tag}`),
  ).length;

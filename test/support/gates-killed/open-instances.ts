import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { InstanceView } from '../../../src/core/contract/instance-view.ts';
import type { DeploymentView } from '../../../src/core/contract/views.ts';
import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import { startFakeEngine } from '../fake-engine/fake-engine.ts';
import { startFakeRegistry } from '../fake-registry/fake-registry.ts';
import { HOOK_SECRET, type RunningHelper, startHelper } from '../program/start-helper.ts';
import { gateConfig, PEOPLE, type Person } from './open-world.ts';

const CLUSTER_LEASE = 'cluster:default';
/** Longer than a takeover and the rollouts after it on a busy machine. */
const WITHIN_MS = 120_000;
const MONITOR_NS = 100_000_000;

/** Several helpers with one store, in front of a fake engine and a fake registry. A number selects one of them. */
export type GateInstances = {
  /** The holder of the cluster's lease, as soon as a living helper has it. */
  readonly holder: () => Promise<number>;
  /** SIGKILL. Another helper takes its number at once. */
  readonly kill: (which: number) => Promise<void>;
  readonly addService: (name: string, labels: Readonly<Record<string, string>>) => void;
  /** Publishes an image, and returns its digest when `which` has accepted the webhook. */
  readonly push: (which: number, name: string, content: string) => Promise<Digest>;
  readonly approve: (which: number, name: string, by: Person) => Promise<number>;
  /** What waits, by service name. */
  readonly waiting: (which: number) => Promise<ReadonlyMap<string, WaitingView>>;
  readonly deployments: (name: string) => Promise<readonly DeploymentView[]>;
  /** Digests of the updates that the engine accepted, in order. */
  readonly updates: (name: string) => readonly string[];
  readonly until: <T>(what: string, check: () => Promise<T | null>) => Promise<T>;
  readonly close: () => Promise<void>;
};

/** @param store address of an empty PostgreSQL database */
export const openGateInstances = async (store: string, count: number): Promise<GateInstances> => {
  const engine = await startFakeEngine({ pace: 'real', speed: 20 });
  const registry = await startFakeRegistry();
  const folder = mkdtempSync(join(tmpdir(), 'gate-instances-'));
  let started = 0;
  const start = (): Promise<RunningHelper> => {
    started += 1;
    return startHelper({
      store: join(folder, `helper-${started}`),
      secrets: Object.values(PEOPLE),
      env: { CD_HELPER_REGISTRY_INSECURE: registry.host, CD_HELPER_STORE: store },
      config: gateConfig(engine.url),
    });
  };
  const helpers = await Promise.all(Array.from({ length: count }, start));
  const helperOf = (which: number): RunningHelper => {
    const helper = helpers[which];
    if (helper === undefined) throw new Error(`there is no instance ${which}`);
    return helper;
  };
  const ask = async <T>(which: number, path: string, by: Person = 'ana'): Promise<T> => {
    const answer = await fetch(`${helperOf(which).url}/api/v1${path}`, {
      headers: { authorization: `Bearer ${PEOPLE[by]}` },
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const imageOf = (name: string): string => `${registry.host}/gates/${name}:v1`;
  const publish = (name: string, content: string): Digest =>
    registry.setTag(`gates/${name}`, 'v1', `${name} ${content}`);
  const until: GateInstances['until'] = (what, check) =>
    waitUntil(check, { what, withinMs: WITHIN_MS, everyMs: 50 });

  return {
    until,
    holder: () =>
      until('somebody holds the lease of the cluster', async () => {
        for (const which of helpers.keys()) {
          const { items } = await ask<{ items: readonly InstanceView[] }>(which, '/instances');
          const own = items.find(({ isSelf }) => isSelf);
          if (own?.leases.some(({ name }) => name === CLUSTER_LEASE) === true) return which;
        }
        return null;
      }),
    kill: async (which) => {
      await helperOf(which).kill();
      helpers[which] = await start();
    },
    addService: (name, labels) => {
      const image = `${imageOf(name)}@${publish(name, 'start')}`;
      engine.addService({ name, image, labels, update: { Monitor: MONITOR_NS } });
    },
    push: async (which, name, content) => {
      const digest = publish(name, content);
      const answer = await fetch(`${helperOf(which).url}/hooks/${HOOK_SECRET}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ image: imageOf(name), digest }),
        signal: AbortSignal.timeout(WITHIN_MS),
      });
      if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
      return digest;
    },
    approve: async (which, name, by) => {
      const path = `/api/v1/clusters/default/services/${name}/approve`;
      const answer = await fetch(`${helperOf(which).url}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${PEOPLE[by]}`, 'content-type': 'application/json' },
        body: '{}',
        signal: AbortSignal.timeout(WITHIN_MS),
      });
      await answer.text();
      return answer.status;
    },
    waiting: async (which) => {
      const { items } = await ask<{ items: readonly WaitingView[] }>(which, '/waiting');
      return new Map(items.map((one) => [one.name, one]));
    },
    deployments: async (name) =>
      (await ask<{ items: DeploymentView[] }>(0, `/deployments?service=${name}`)).items,
    updates: (name) =>
      engine.updates
        .filter((update) => update.name === name)
        .map(({ image }) => image.split('@')[1] ?? ''),
    close: async () => {
      await Promise.all(helpers.map((helper) => helper.kill()));
      await Promise.all([engine.close(), registry.close()]);
      rmSync(folder, { recursive: true });
    },
  };
};

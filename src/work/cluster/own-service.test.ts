import { describe, expect, test } from 'vitest';
import { makeService, makeTask } from '../../../test/support/work/make-service.ts';
import { type Cluster, ClusterError } from '../../core/swarm/cluster.ts';
import { silentLog } from '../../core/log.ts';
import type { Task } from '../../core/swarm/service.ts';
import type { Deployment, Intent } from '../../store/deployments/deployments.ts';
import { createOwnService, isItsTurn, refusesOwnUpdate } from './own-service.ts';

const NOW = 1_000_000;
const OWN = 'own';

const intent = (change: Partial<Intent> = {}): Intent => ({
  phase: 'forward',
  target: null,
  version: 1,
  forceUpdate: 0,
  at: NOW,
  failed: null,
  refuted: false,
  ...change,
});

const deployment = (serviceId: string, change: Partial<Deployment> = {}): Deployment => ({
  id: `deployment of ${serviceId}`,
  cluster: 'default',
  serviceId,
  serviceName: serviceId,
  name: 'docker.io/acme/web',
  tag: 'v1',
  fromTag: 'v1',
  from: null,
  to: null,
  cause: 'digest-differs',
  state: 'queued',
  queuedAt: NOW,
  startedAt: null,
  endedAt: null,
  runAt: NOW,
  deadlineAt: null,
  attempts: 0,
  stack: null,
  hasBuild: false,
  gates: null,
  intent: null,
  ...change,
});

const queued = deployment;
const sent = (serviceId: string): Deployment =>
  deployment(serviceId, { state: 'verifying', intent: intent() });
const refuted = (serviceId: string): Deployment =>
  deployment(serviceId, { state: 'updating', intent: intent({ refuted: true }) });
const later = (serviceId: string): Deployment => deployment(serviceId, { runAt: NOW + 1 });

describe('whose turn it is', () => {
  test.each<[string, Deployment, readonly Deployment[], readonly string[], boolean]>([
    ['another goes on beside others', queued('a'), [sent('b'), queued('c')], ['b'], true],
    ['another goes before our own', queued('a'), [queued(OWN)], [], true],
    ['another waits while our own is sent', queued('a'), [sent(OWN)], [], false],
    ['another waits while our own is decided', queued('a'), [queued(OWN)], [OWN], false],
    ['another that was sent goes on in any case', sent('a'), [sent(OWN)], [OWN], true],
    ['another goes on where our own was refused', queued('a'), [refuted(OWN)], [], true],
    ['our own goes alone', queued(OWN), [], [], true],
    ['our own waits for one that is due', queued(OWN), [queued('a')], [], false],
    ['our own waits for one that is sent', queued(OWN), [sent('a')], [], false],
    ['our own waits for one that has just ended', queued(OWN), [], ['a'], false],
    ['our own waits for none that waits itself', queued(OWN), [later('a')], [], true],
    ['our own goes on once it is sent', sent(OWN), [queued('a'), sent('b')], ['b'], true],
    ['our own waits again where it was refused', refuted(OWN), [queued('a')], [], false],
  ])('%s', (_name, one, others, active, turn) => {
    expect(isItsTurn(one, { open: [one, ...others], own: OWN, active: new Set(active) }, NOW)).toBe(
      turn,
    );
  });

  test('somebody always has a turn', () => {
    const kinds = [queued, sent, refuted];
    for (const own of kinds) {
      for (const other of kinds) {
        const open = [own(OWN), other('a')];
        expect(open.some((one) => isItsTurn(one, { open, own: OWN, active: new Set() }, NOW))).toBe(
          true,
        );
      }
    }
  });

  test('nobody waits where no service is our own', () => {
    const open = [queued('a'), sent('b')];
    expect(
      open.map((one) => isItsTurn(one, { open, own: null, active: new Set(['b']) }, NOW)),
    ).toEqual([true, true]);
  });
});

test.each([
  ['rollback', 'stop-first', null],
  ['pause', 'stop-first', 'own-service-needs-rollback'],
  ['continue', 'stop-first', 'own-service-needs-rollback'],
  ['rollback', 'start-first', 'own-service-needs-stop-first'],
] as const)('with %s and %s our own update is refused for %s', (failureAction, order, reason) => {
  const updatePolicy = { parallelism: 1, delayMs: 0, monitorMs: 5_000, failureAction, order };
  expect(refusesOwnUpdate(makeService({ updatePolicy }))).toBe(reason);
});

test('our own update is refused where nobody tells how it is done', () => {
  expect(refusesOwnUpdate(makeService({ updatePolicy: null }))).toBe('own-service-needs-rollback');
});

describe('which service we are', () => {
  const container = '4e6f'.repeat(16);
  const own = makeTask({ serviceId: OWN, containerId: container });
  const others = [
    makeTask({ serviceId: 'a', containerId: null }),
    makeTask({ serviceId: 'b', containerId: `5${container.slice(1)}` }),
  ];

  const start = (answer: () => readonly Task[] | null, containerIds = [container.slice(0, 12)]) => {
    let asked = 0;
    let now = NOW;
    const cluster: Cluster = {
      name: 'default',
      type: 'engine',
      capabilities: {
        setsDigest: true,
        goesBackTo: 'any-digest',
        deploysOci: true,
        tellsTasks: true,
        tellsContainers: true,
        givesLogs: true,
      },
      identify: () => Promise.reject(new Error('not asked')),
      probe: () => Promise.reject(new Error('not asked')),
      listServices: () => Promise.reject(new Error('not asked')),
      listRunningTasks: async () => {
        asked += 1;
        return answer();
      },
      countServices: () => Promise.reject(new Error('not asked')),
      listTasks: () => Promise.reject(new Error('not asked')),
      listNodes: () => Promise.reject(new Error('not asked')),
      observe: () => Promise.reject(new Error('not asked')),
      updateImage: () => Promise.reject(new Error('not asked')),
      readTaskLog: () => Promise.reject(new Error('not asked')),
      close: () => Promise.resolve(),
    };
    const clock = { now: () => now, monotonic: () => now, wait: () => Promise.resolve() };
    return {
      service: createOwnService({ cluster, containerIds, clock, log: silentLog }),
      asked: () => asked,
      pass: (ms: number) => {
        now += ms;
      },
    };
  };
  const { signal } = new AbortController();

  test('the one with a task in our container, asked once', async () => {
    const { service, asked } = start(() => [...others, own]);
    expect(service.id()).toBeNull();
    expect(await service.learn(signal)).toBe('told');
    expect(await service.learn(signal)).toBe('told');
    expect(service.id()).toBe(OWN);
    expect(asked()).toBe(1);
  });

  test('none outside of a container, and nobody is asked', async () => {
    const { service, asked } = start(() => [own], []);
    expect(await service.learn(signal)).toBe('told');
    expect(service.id()).toBeNull();
    expect(asked()).toBe(0);
  });

  test('asked again while the manager may not know our container yet, and no longer', async () => {
    const known: Task[] = [...others];
    const { service, asked, pass } = start(() => known);
    await service.learn(signal);
    await service.learn(signal);
    expect(asked()).toBe(2);
    pass(60_000);
    await service.learn(signal);
    known.push(own);
    await service.learn(signal);
    expect(asked()).toBe(3);
    expect(service.id()).toBeNull();
  });

  test('untold while the cluster does not answer', async () => {
    let isAway = true;
    const { service } = start(() => {
      if (isAway) throw new ClusterError('default', 'unreachable', 'away', { retryable: true });
      return [own];
    });
    expect(await service.learn(signal)).toBe('untold');
    isAway = false;
    expect(await service.learn(signal)).toBe('told');
    expect(service.id()).toBe(OWN);
  });
});

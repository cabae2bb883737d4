import { describe, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { Service, Task } from '../../core/swarm/service.ts';
import { runningDigest, toServiceView } from './service-view.ts';

const TOLD = {
  cluster: 'one',
  running: null,
  published: null,
  checkedAt: null,
  deployment: null,
  build: null,
};
const view = (service: Partial<Service>, tasks: readonly Task[] | null) =>
  toServiceView({ service: makeService(service), tasks, verdict: { verdict: 'current' } }, TOLD);
const starting = makeTask({ state: 'starting' });

describe('the replicas of a service', () => {
  it.each<[string, Partial<Service>, readonly Task[] | null, unknown]>([
    ['of its spec', { specReplicas: 3 }, [makeTask(), starting], { running: 1, desired: 3 }],
    ['without tasks', { specReplicas: 0 }, [], { running: 0, desired: 0 }],
    ['on each node', { specReplicas: null }, [makeTask(), starting], { running: 1, desired: 2 }],
    ['of a job on each node', { mode: 'global-job', specReplicas: null }, [], null],
    ['that are told without tasks', {}, null, { running: 2, desired: 2 }],
    ['that are not told', { replicas: null }, null, null],
  ])('%s', (_name, service, tasks, replicas) => {
    expect(view(service, tasks).replicas).toEqual(replicas);
  });
});

it('what runs is what most of its tasks run', () => {
  const other = digestOfChar('b');
  const tasks = [makeTask(), makeTask({ digest: other }), makeTask({ digest: other })];
  const service = makeService();
  expect(runningDigest({ service, tasks, knownDigest: null })).toBe(other);
  expect(runningDigest({ service, tasks: [], knownDigest: null })).toBe(digestOfChar('a'));
});

import { beforeEach, expect, it } from 'vitest';
import { makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { Service, Task } from '../../core/swarm/service.ts';
import { createStuckUpdates, type StuckUpdates } from './stuck-updates.ts';

const MINUTE = 60_000;
const preparing = makeTask({ state: 'preparing' });
const running = makeTask();

let time: number;
let updates: StuckUpdates;
beforeEach(() => {
  time = 0;
  updates = createStuckUpdates(() => time);
});

const see = (tasks: readonly Task[] | null, change: Partial<Service> = {}): boolean =>
  updates.see({ service: makeService(change), tasks, nodes: null, at: null });

it('is stuck when nothing has run for two minutes', () => {
  expect(see([preparing])).toBe(false);
  time = 2 * MINUTE - 1;
  expect(see([preparing])).toBe(false);
  time = 2 * MINUTE;
  expect(see([preparing])).toBe(true);
});

it.each<[string, readonly Task[] | null, Partial<Service>]>([
  ['a task that runs', [running], {}],
  ['a change of the service', [preparing], { version: 12 }],
  ['no task to run', [], { replicas: { running: 0, desired: 0 } }],
  ['a count of running tasks', null, { replicas: { running: 1, desired: 2 } }],
])('begins anew after %s', (_what, tasks, change) => {
  see([preparing]);
  time = MINUTE;
  see(tasks, change);
  time = 2.5 * MINUTE;
  expect(see([preparing])).toBe(false);
});

it('goes by the counts where the cluster tells no tasks', () => {
  const change = { replicas: { running: 0, desired: 2 } };
  see(null, change);
  time = 2 * MINUTE;
  expect(see(null, change)).toBe(true);
});

import { beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService, makeTask } from '../../../test/support/work/make-service.ts';
import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Observation, Task } from '../../core/swarm/service.ts';
import { createPlaces, type Places } from './places.ts';

const NEW = digestOfChar('b');
const old = makeTask({ id: 'old', slot: 1 });
const stopping = { ...old, desired: 'shutdown' } as const;
const next = makeTask({ id: 'next', slot: 1, digest: NEW });
const preparing = { ...next, state: 'preparing' } as const;
const pending = { ...next, state: 'pending', nodeId: null } as const;
const other = makeTask({ id: 'other', slot: 2 });

let time: number;
let places: Places;
let heard: number;
let shown: Observation | null;
beforeEach(() => {
  time = 0;
  heard = 0;
  places = createPlaces(
    1,
    () => time,
    () => {
      heard += 1;
    },
  );
});

const cluster = {
  name: 'one',
  observe: async () => shown,
  updateImage: async () => ({ kind: 'accepted', warnings: [], changes: null }),
} as unknown as Cluster;
const signal = new AbortController().signal;

const see = async (watched: Cluster, tasks: readonly Task[] | null): Promise<void> => {
  const service = makeService({ imageText: `acme/web:v1@${NEW}` });
  shown = { service, tasks, nodes: null, at: null };
  await watched.observe('web', signal);
};
/** A rollout whose update has just been sent. */
const send = async (): Promise<Cluster> => {
  places.take('web', false);
  const watched = places.watch('web', cluster);
  await see(watched, [old, other]);
  await watched.updateImage({} as never, signal);
  return watched;
};

describe('a rollout holds its place', () => {
  it('from before its update is sent, whatever was seen until then', async () => {
    places.take('web', false);
    await see(places.watch('web', cluster), [old, other]);
    time += 30_000;
    expect(places.areFree()).toBe(false);
    expect(heard).toBe(0);
  });

  it('until the engine begins, for some seconds', async () => {
    const watched = await send();
    time += 4_000;
    await see(watched, [old, other]);
    expect(places.areFree()).toBe(false);
    time += 1_000;
    expect(places.areFree()).toBe(true);
  });

  it.each([
    ['a task is stopped', [stopping, other]],
    ['a node pulls the image', [preparing, other]],
  ])('while %s', async (_what, tasks) => {
    const watched = await send();
    await see(watched, tasks);
    time += 50_000;
    await see(watched, tasks);
    expect(places.areFree()).toBe(false);
  });
});

describe('a rollout gives its place back', () => {
  it('between two tasks', async () => {
    const watched = await send();
    await see(watched, [preparing, other]);
    await see(watched, [next, other]);
    expect(places.areFree()).toBe(false);
    time += 2_000;
    expect(places.areFree()).toBe(true);
    await see(watched, [next, { ...other, desired: 'shutdown' }]);
    expect(places.areFree()).toBe(false);
  });

  it('while no node can run its task', async () => {
    const watched = await send();
    await see(watched, [pending, other]);
    time += 2_000;
    await see(watched, [pending, other]);
    expect(places.areFree()).toBe(true);
  });

  it('when no further task came up for a minute, however many are tried', async () => {
    const watched = await send();
    for (let second = 0; second < 60; second += 1) {
      await see(watched, [{ ...preparing, id: `try-${second}` }, other]);
      expect(places.areFree()).toBe(false);
      time += 1_000;
    }
    expect(places.areFree()).toBe(true);
  });

  it('when it has ended', async () => {
    await send();
    places.leave('web');
    expect(places.areFree()).toBe(true);
  });
});

it('where a cluster tells no tasks, the counts tell', async () => {
  const watched = await send();
  await see(watched, null);
  time += 5_000;
  expect(places.areFree()).toBe(true);
});

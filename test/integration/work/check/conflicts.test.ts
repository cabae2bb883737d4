import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Cluster,
  ClusterError,
  type UpdateAnswer,
} from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let first: Digest;
let second: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  second = bench.registry.setTag('acme/web', 'v1', 'two');
  bench.engine.addService({
    name: 'web',
    image: bench.image('acme/web:v1', first),
    replicas: 2,
    update: { Monitor: 1e9 },
  });
  bench.settle();
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = (): string => bench.image('acme/web:v1');
const started = (digest: Digest): number =>
  bench.engine.tasksMade('web').filter(({ image }) => image.endsWith(digest)).length;
const UPDATE = { method: 'POST', path: /\/update$/ };
/** A cluster whose updates go through `around`. */
const around =
  (act: (send: () => Promise<UpdateAnswer>, call: number) => Promise<UpdateAnswer>) =>
  (cluster: Cluster): Cluster => {
    let calls = 0;
    return {
      ...cluster,
      updateImage: (update, signal) => {
        calls += 1;
        return act(() => cluster.updateImage(update, signal), calls);
      },
    };
  };

describe('an update whose answer is lost', () => {
  it.each([
    ['before it was carried out', 'drop-before'],
    ['after it was carried out', 'drop-after'],
  ] as const)('%s is carried out once', async (_name, kind) => {
    bench.engine.inject({ kind, on: UPDATE, times: 1 });
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    const deployment = await bench.ended('web');
    expect(deployment).toMatchObject({ state: 'succeeded', to: second });
    expect(deployment.steps.map(({ step }) => step)).toContain('no-answer');
    expect(bench.engine.updates.length).toBe(1);
    expect(started(second)).toBe(2);
    expect(bench.engine.running('web')).toEqual([second, second]);
  });

  it('and that is carried out only after it was looked for is followed all the same', async () => {
    bench.engine.setOutcome(second, { kind: 'crash', afterMs: 300 });
    let late: Promise<UpdateAnswer> | null = null;
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send, call) => {
          if (call === 1) {
            late = Promise.resolve().then(() => held.then(send));
            throw new ClusterError('one', 'timed-out', 'no answer', {
              retryable: true,
              mayHaveHappened: true,
            });
          }
          if (call === 2) {
            arrive();
            await late;
          }
          return send();
        }),
      },
    );
    const { promise: held, resolve: arrive } = Promise.withResolvers<void>();
    await bench.hook(work, IMAGE(), second);
    // Its version crashes: who does not follow it does not see that.
    expect(await bench.ended('web')).toMatchObject({ state: 'rolled-back', reason: 'task-failed' });
    expect(bench.engine.updates.map(({ image }) => image.split('@')[1])).toEqual([second, first]);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });

  it('and that the engine took back before it was looked for is not tried again', async () => {
    bench.engine.setOutcome(second, { kind: 'crash', afterMs: 300 });
    bench.engine.changeSpec('web', (spec) => {
      spec.UpdateConfig = { ...spec.UpdateConfig, FailureAction: 'rollback' };
    });
    bench.settle();
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send) => {
          await send();
          await bench.until(
            'the engine took it back',
            () => bench.engine.service('web').UpdateStatus?.State === 'rollback_completed',
          );
          throw new ClusterError('one', 'timed-out', 'no answer', {
            retryable: true,
            mayHaveHappened: true,
          });
        }),
      },
    );
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'rolled-back', reason: 'task-failed' });
    expect(bench.engine.updates.length).toBe(1);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });

  it('of a forced restart restarts once', async () => {
    bench.registry.setTag('acme/web', 'v1', first);
    bench.engine.inject({ kind: 'drop-after', on: UPDATE, times: 1 });
    const { work } = bench.start();
    const by = { actor: 'oncall', signal: AbortSignal.timeout(10_000) };
    await work.acts.redeploy({ cluster: 'one', service: 'web' }, { force: true }, by);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', cause: 'forced' });
    expect(bench.engine.updates.length).toBe(1);
    expect(started(first)).toBe(4);
  });

  it('on the way back is taken back once', async () => {
    bench.engine.setOutcome(second, { kind: 'crash', afterMs: 300 });
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send, call) => {
          if (call === 2) bench.engine.inject({ kind: 'drop-after', on: UPDATE, times: 1 });
          return send();
        }),
      },
    );
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'rolled-back' });
    expect(bench.engine.updates.length).toBe(2);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });
});

describe('an update that is refused', () => {
  it('for good fails with the engine’s words and is not repeated', async () => {
    bench.engine.inject({ kind: 'status', status: 400, message: 'invalid mount', on: UPDATE });
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({
      state: 'failed',
      reason: 'refused',
      failure: { message: expect.stringContaining('invalid mount') },
    });
    expect(
      bench.engine.requests.get(`POST /services/${bench.engine.service('web').ID}/update`),
    ).toBe(1);
  });

  it('for now is tried again', async () => {
    bench.engine.inject({
      kind: 'status',
      status: 503,
      message: 'no leader',
      on: UPDATE,
      times: 3,
    });
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded' });
    expect(bench.engine.updates.length).toBe(1);
  });
});

describe('somebody else', () => {
  it('who changes the service all the time loses nothing, and neither do we', async () => {
    let theirs = 0;
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send) => {
          if (theirs < 25) {
            theirs += 1;
            bench.engine.changeSpec('web', (spec) => {
              spec.Labels = { ...spec.Labels, [`theirs-${theirs}`]: 'x' };
            });
          }
          return send();
        }),
      },
    );
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(theirs).toBe(25);
    expect(Object.keys(bench.engine.service('web').Spec.Labels ?? {})).toHaveLength(25);
    expect(bench.engine.running('web')).toEqual([second, second]);
    expect(bench.engine.updates.length).toBe(1);
  });

  it('who updates it now is not disturbed: it is looked at again afterwards', async () => {
    bench.engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Env = ['THEIRS=1'];
    });
    expect(bench.engine.service('web').UpdateStatus?.State).toBe('updating');
    const { work } = bench.start();
    const { id } = await bench.hook(work, IMAGE(), second);
    await bench.until(
      'it was looked at',
      async () => (await bench.delivery(id)).pushes[0]?.results[0]?.detail,
    );
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
      { state: 'waiting', detail: 'another update is in progress: the push waits until it ends' },
    ]);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Env).toEqual(['THEIRS=1']);
  });

  it('who deploys the same first leaves nothing to do', async () => {
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send, call) => {
          if (call === 1) {
            bench.engine.changeSpec('web', (spec) => {
              spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1', second);
            });
          }
          return send();
        }),
      },
    );
    await bench.hook(work, IMAGE(), second);
    const deployment = await bench.ended('web');
    expect(['succeeded', 'skipped']).toContain(deployment.state);
    expect(bench.engine.updates).toEqual([]);
    await bench.until('it runs', () =>
      bench.engine.running('web').every((digest) => digest === second),
    );
    expect(started(second)).toBe(2);
  });

  it('who gives it another tag before our update is left alone', async () => {
    const { work } = bench.start(
      {},
      {
        cluster: around(async (send, call) => {
          if (call === 1) {
            bench.engine.changeSpec('web', (spec) => {
              spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v2', first);
            });
          }
          return send();
        }),
      },
    );
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'skipped', reason: 'image-changed' });
    expect(bench.engine.updates).toEqual([]);
  });
});

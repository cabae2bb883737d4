import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Cluster, UpdateAnswer } from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import type { Observation } from '../../../../src/core/swarm/service.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

// What the simulation found: a service comes to the digest that an update was to bring by another way.

let bench: WorkBench;
let a: Digest;
let b: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  a = bench.registry.setTag('acme/web', 'v1', 'a');
  b = bench.registry.setTag('acme/web', 'built-b', 'b');
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = (): string => bench.image('acme/web:v1');
const publish = (digest: Digest): void => {
  bench.registry.setTag('acme/web', 'v1', digest);
};
const addService = (failureAction: 'pause' | 'rollback', monitorMs = 1_000): void => {
  bench.engine.addService({
    name: 'web',
    image: bench.image('acme/web:v1', a),
    update: { Monitor: monitorMs * 1e6, FailureAction: failureAction },
  });
  bench.settle();
};
const sentSteps = async (): Promise<number> =>
  (await bench.deployments('web'))
    .flatMap(({ steps }) => steps)
    .filter(({ step }) => step === 'update-sent').length;

type Send = () => Promise<UpdateAnswer>;

/** A cluster whose updates and observations go through these. */
const around =
  (
    onUpdate: (send: Send, digest: Digest | null) => Promise<UpdateAnswer>,
    onObserve: (look: () => Promise<Observation | null>) => Promise<Observation | null>,
  ) =>
  (cluster: Cluster): Cluster => ({
    ...cluster,
    updateImage: (update, signal) =>
      onUpdate(() => cluster.updateImage(update, signal), update.digest),
    observe: (id, signal) => onObserve(() => cluster.observe(id, signal)),
  });

it('an update that was refused as out of sequence is none that was sent, where a revert brings the same', async () => {
  addService('pause');
  bench.engine.setOutcome(b, { kind: 'crash', afterMs: 300 });
  let last: Observation | null = null;
  let stale: Observation | null = null;
  let isReverting = false;
  const { work } = bench.start(
    {},
    {
      cluster: around(
        async (send, digest) => {
          if (digest !== a || isReverting) return send();
          isReverting = true;
          // The tag goes back while the revert is on its way, and the new deployment sees what was before it.
          publish(a);
          await bench.hook(work, IMAGE(), a);
          await bench.until(
            'it is queued',
            async () => (await bench.deployments('web')).length === 2,
          );
          stale = last;
          return send();
        },
        async (look) => {
          if (stale !== null) {
            const before = stale;
            stale = null;
            return before;
          }
          last = await look();
          return last;
        },
      ),
    },
  );
  publish(b);
  await bench.hook(work, IMAGE(), b);
  await bench.ended('web', 2);
  const [first, second] = await bench.deployments('web');
  expect(first).toMatchObject({ to: b, state: 'superseded' });
  expect(second).toMatchObject({ to: a, state: 'skipped', reason: 'already-current' });
  expect(second?.steps.map(({ step }) => step)).not.toContain('update-sent');
  // The revert was superseded before its answer came.
  expect(first?.steps.at(-1)?.detail).toMatchObject({ mayHaveBeenSent: true });
  expect([await sentSteps(), bench.engine.updates.length]).toEqual([1, 2]);
});

it('an update that was answered with an error is none that was sent, where the engine rolls back to the same', async () => {
  addService('rollback', 200_000);
  // Long enough that the tag goes back, and that update is refused, before the engine does.
  bench.engine.setOutcome(b, { kind: 'crash', afterMs: 100_000 });
  const { work } = bench.start();
  publish(b);
  await bench.hook(work, IMAGE(), b);
  await bench.until('it is sent', async () => (await sentSteps()) === 1);
  bench.engine.inject({
    kind: 'status',
    status: 500,
    message: 'boom',
    on: { method: 'POST', path: /\/update$/ },
  });
  publish(a);
  await bench.hook(work, IMAGE(), a);
  await bench.ended('web', 2);
  expect(await sentSteps()).toBe(1);
  expect(bench.engine.updates.length).toBe(1);
  expect((await bench.deployments('web')).at(-1)).toMatchObject({
    state: 'skipped',
    reason: 'already-current',
  });
});

it('a revert that died on its way is not sent again over what somebody deployed, after a restart', async () => {
  addService('pause');
  bench.engine.setOutcome(b, { kind: 'crash', afterMs: 300 });
  const c = bench.registry.setTag('acme/web', 'built-c', 'c');
  const first = bench.start();
  publish(b);
  await bench.hook(first.work, IMAGE(), b);
  await bench.until('b is sent', () => bench.engine.updates.length === 1);
  // The revert is carried out, and its answer is lost with the process.
  bench.engine.inject({ kind: 'drop-after', on: { method: 'POST', path: /\/update$/ }, times: 1 });
  await bench.until('the revert is carried out', () => bench.engine.updates.length === 2);
  await first.stop();
  bench.engine.changeSpec('web', (spec) => {
    spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1', c);
  });
  publish(c);
  bench.start();
  expect(await bench.ended('web')).toMatchObject({ state: 'failed', to: b });
  const { Spec } = bench.engine.service('web');
  expect(Spec.TaskTemplate.ContainerSpec.Image.split('@')[1]).toBe(c);
  expect(bench.engine.updates.length).toBe(2);
  const last = (await bench.deployments('web')).at(-1)?.steps.at(-1);
  expect(last?.detail).toMatchObject({ mayHaveBeenSent: true });
});

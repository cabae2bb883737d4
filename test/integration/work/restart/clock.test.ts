import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const HOUR = 3_600_000;

let bench: WorkBench;
let first: Digest;
let second: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  second = bench.registry.setTag('acme/web', 'v1', 'two');
  bench.engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 2 });
  bench.settle();
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const IMAGE = (): string => bench.image('acme/web:v1');
/** Resolves to how much time passes until the deployments of the service have ended. */
const timeUntilEnded = async (count = 1): Promise<number> => {
  const from = bench.clock.monotonic();
  expect(await bench.ended('web', count)).toMatchObject({ state: 'succeeded' });
  return bench.clock.monotonic() - from;
};

describe('a clock that is set back by an hour while the helper runs', () => {
  it('does not keep an update that is being verified', async () => {
    const { work } = bench.start();
    await bench.hook(work, IMAGE(), second);
    await bench.until('it is being verified', async () => {
      const [deployment] = await bench.deployments();
      return deployment?.state === 'verifying';
    });
    bench.clock.jump(-HOUR);
    expect(await timeUntilEnded()).toBeLessThan(HOUR / 10);
  });

  it('nor one that the next start takes up', async () => {
    const running = bench.start();
    await bench.hook(running.work, IMAGE(), second);
    await bench.until('it is being verified', async () => {
      const [deployment] = await bench.deployments();
      return deployment?.state === 'verifying';
    });
    await running.stop();
    bench.clock.jump(-HOUR);
    bench.start();
    expect(await timeUntilEnded()).toBeLessThan(HOUR / 10);
  });

  it('does not keep a deployment that was put off', async () => {
    const { work } = bench.start();
    const heal = bench.registry.fault({ kind: 'hang' });
    await bench.hook(work, IMAGE(), second);
    await bench.until('the registry is asked', () => bench.heads() > 0);
    // The check ends; the deployment finds no engine.
    bench.engine.inject({
      kind: 'status',
      status: 503,
      message: 'away',
      on: { path: /services.[^/]+$/ },
    });
    heal();
    await bench.until('it is put off', async () => {
      const rows = await bench.store.db.selectFrom('deployments').select('attempts').execute();
      return rows.some(({ attempts }) => attempts > 0);
    });
    bench.clock.jump(-HOUR);
    bench.engine.clearFaults();
    expect(await timeUntilEnded()).toBeLessThan(HOUR / 10);
  });

  it('does not keep the follow-ups of a push', async () => {
    bench.registry.setTag('acme/web', 'v1', first);
    const { work } = bench.start();
    const { id } = await bench.hook(work, IMAGE(), second);
    await bench.until('the registry does not show it yet', async () => {
      const [push] = (await bench.delivery(id)).pushes;
      return push?.results[0]?.outcome === 'nothing-to-do';
    });
    bench.clock.jump(-HOUR);
    bench.registry.setTag('acme/web', 'v1', second);
    expect(await timeUntilEnded()).toBeLessThan(HOUR / 10);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { ALL_SHORTCUTS } from '../../../../src/work/shortcuts/shortcuts.ts';
import type { Work } from '../../../../src/work/work.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let work: Work;
let second: Digest;
/** A helper that has looked at acme/web before, and a push of it that it has not heard of. */
beforeEach(async () => {
  bench = await openWorkBench({ timeouts: { readMs: 500 } });
  const { registry, engine } = bench;
  const first = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 1 });
  bench.settle();
  ({ work } = bench.start({ shortcuts: ALL_SHORTCUTS }));
  const { id } = await bench.hook(work, bench.image('acme/web:v1'), first);
  await bench.letFollowUpsPass(id);
  second = registry.setTag('acme/web', 'v1', 'two');
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const push = () => bench.hook(work, bench.image('acme/web:v1'), second);
const outcomeOf = (id: string) =>
  bench.until('the push has its end', async () => {
    const [result] = (await bench.delivery(id)).pushes[0]?.results ?? [];
    return result?.state === 'done' ? result.outcome : null;
  });

describe('a push of an image that was looked at before', () => {
  it('is deployed without waiting for the list of all services, once', async () => {
    bench.engine.inject({ kind: 'hang', on: { method: 'GET', path: /^\/services$/ } });
    const { id } = await push();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([{ state: 'waiting' }]);
    bench.engine.clearFaults();
    bench.clock.skip(120_000);
    expect(await outcomeOf(id)).toBe('deployed');
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('also reaches the services that nobody knew of', async () => {
    const { registry, engine } = bench;
    const old = registry.setTag('acme/web', 'v1', 'older');
    registry.setTag('acme/web', 'v1', 'two');
    engine.addService({ name: 'new', image: bench.image('acme/web:v1', old), replicas: 1 });
    bench.settle();
    const { id } = await push();
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(await bench.ended('new')).toMatchObject({ state: 'succeeded', to: second });
    expect(await outcomeOf(id)).toBe('deployed');
    expect(engine.updates).toHaveLength(2);
  });

  it('asks no registry where the service has gone, or runs something else now', async () => {
    bench.engine.changeSpec('web', ({ TaskTemplate }) => {
      TaskTemplate.ContainerSpec.Image = bench.image('acme/other:v1', second);
    });
    const before = bench.registry.requests.length;
    const { id } = await push();
    expect(await outcomeOf(id)).toBe('no-service');
    expect(bench.registry.requests).toHaveLength(before);
    expect(bench.engine.updates).toEqual([]);
  });
});

import { afterEach, beforeEach, expect, it } from 'vitest';
import { readDeployment } from '../../../../src/store/deployments/read-deployments.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const HOOKS = 40;
const NAMES = ['a', 'b', 'c'];

let bench: WorkBench;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

it('of many hooks for one image, each finds the deployments, which remember two of them and their count', async () => {
  const first = bench.registry.setTag('acme/web', 'v1', 'one');
  for (const name of NAMES) {
    bench.engine.addService({ name, image: bench.image('acme/web:v1', first), replicas: 2 });
  }
  bench.settle();
  bench.registry.setTag('acme/web', 'v1', 'two');
  const { work } = bench.start();
  const accepted = [];
  for (let hook = 0; hook < HOOKS; hook += 1) {
    accepted.push(bench.hook(work, bench.image('acme/web:v1')));
    if (hook === 0) await accepted[0];
  }
  const deliveries = (await Promise.all(accepted)).map(({ id }) => id);
  for (const name of NAMES) await bench.ended(name);
  await bench.letFollowUpsPass(deliveries.at(-1) ?? '');
  const ids = (await bench.deployments()).map(({ id }) => id).toSorted();
  expect(ids).toHaveLength(NAMES.length);

  const rows = await bench.store.db.selectFrom('triggers').selectAll().execute();
  expect(rows.length).toBeLessThanOrEqual(2 * NAMES.length);
  let found = 0;
  for (const id of deliveries) {
    const { deployments } = await bench.delivery(id);
    if (deployments.length === ids.length) found += 1;
    expect(ids).toEqual(expect.arrayContaining([...deployments]));
  }
  // Those that came when all was done already led to none.
  expect(found).toBeGreaterThan(0);
  const deployment = await readDeployment(bench.store.db, ids[0] ?? '');
  expect(deployment?.triggers.length).toBeLessThanOrEqual(2);
  expect(deployment?.triggerCount).toBe(found);
});

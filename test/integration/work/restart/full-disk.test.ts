import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import { openStore } from '../../../../src/store/sqlite/open-store.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let first: Digest;
let second: Digest;
beforeEach(async () => {
  const openSqlite = async (folder: string) => openStore(join(folder, 'store.db'));
  bench = await openWorkBench({ speed: 20, openStore: openSqlite });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  second = bench.registry.setTag('acme/web', 'v1', 'two');
  bench.engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 2 });
  bench.settle();
});
afterEach(() => bench.close());

/** SQLite refuses every write, as on a disk that is full, until it is told otherwise. */
const refuseWrites = async (refuse: boolean): Promise<void> => {
  await sql`pragma query_only = ${sql.lit(refuse ? 1 : 0)}`.execute(bench.store.db);
};

describe('a store that takes nothing for a while', () => {
  it('while a repository is looked at: the look is made again', async () => {
    const heal = bench.registry.fault({ kind: 'hang' });
    const { work } = bench.start();
    await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.until('the registry is asked', () => bench.heads() > 0);
    await refuseWrites(true);
    heal();
    await bench.until('the look could not be kept', () => bench.errors.length > 1);
    await refuseWrites(false);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('while a run is checked: the run goes on when there is room', async () => {
    const heal = bench.registry.fault({ kind: 'hang' });
    const { work } = bench.start();
    const request = EVERY_SERVICE;
    const by = { origin: 'person', actor: 'oncall', signal: AbortSignal.timeout(20_000) } as const;
    const { id } = await work.smartRedeploy.start(request, by);
    await bench.until('the registry is asked', () => bench.heads() > 0);
    await refuseWrites(true);
    heal();
    await bench.until('what it found could not be kept', () =>
      bench.errors.some((error) => error.startsWith('run broke')),
    );
    await bench.clock.wait(1_000, AbortSignal.timeout(20_000));
    await refuseWrites(false);
    const run = await bench.until('the run has ended', async () => {
      const found = await readRun(bench.store.db, id);
      return found?.endedAt === null ? null : found;
    });
    expect(run).toMatchObject({ state: 'done', reason: null });
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('while an update is under way: it is sent once, and not tried at full speed', async () => {
    const { work } = bench.start(
      {},
      {
        cluster: (cluster) => ({
          ...cluster,
          updateImage: async (update, signal) => {
            const answer = await cluster.updateImage(update, signal);
            await refuseWrites(true);
            return answer;
          },
        }),
      },
    );
    await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.until('it could not be kept', () => bench.errors.length > 1);
    const from = bench.clock.now();
    await bench.until('some time passed', () => bench.clock.now() - from > 8_000);
    expect(bench.errors.length).toBeLessThan(20);
    await refuseWrites(false);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.updates).toHaveLength(1);
  });
});

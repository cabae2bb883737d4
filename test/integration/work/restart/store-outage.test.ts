import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { Message, NoticeChannel } from '../../../../src/core/contract/notice.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import type { WorkOptions } from '../../../../src/work/work-options.ts';
import { createStoreOutage, type StoreOutage } from '../../../support/store/store-outage.ts';
import {
  openWorkBench,
  type RunningWork,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let outage: StoreOutage;
let first: Digest;
let second: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  outage = createStoreOutage();
  first = bench.registry.setTag('acme/web', 'v1', 'one');
  second = bench.registry.setTag('acme/web', 'v1', 'two');
  bench.engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 2 });
  bench.settle();
});
afterEach(() => bench.close());

const start = (change: Partial<WorkOptions> = {}): RunningWork =>
  bench.start(change, { db: outage.db, durability: outage.durability });

/** The store answers nobody for so long that every loop has failed more than once. */
const outLast = async (ms = 90_000): Promise<void> => {
  const failed = outage.begin();
  // A loop that sleeps notices when it has something to do.
  const until = bench.clock.now() + ms;
  await failed;
  await bench.until('the outage has lasted', () => bench.clock.now() > until);
  outage.end();
};
const endOfWork = (): readonly string[] =>
  bench.errors.filter((error) => error.startsWith('the work ended'));

const createChannel = (sent: Message[]): NoticeChannel => ({
  name: 'chat',
  type: 'webhook',
  filter: { states: null, clusters: null, stacks: null, services: null },
  logs: false,
  approve: null,
  noticesPerMessage: 10,
  send: async (message) => {
    sent.push(message);
    return { kind: 'sent' };
  },
});

describe('a store that answers nothing for a while', () => {
  it('ends nothing: afterwards pushes are deployed, told of, and runs carried out', async () => {
    const sent: Message[] = [];
    const schedule = {
      schedule: '* * * * *',
      timeZone: 'UTC',
      mode: 'deploy',
      onStart: 'deploy',
      jitterMs: 0,
    } as const;
    const { work } = start({ notifications: [createChannel(sent)], schedule });
    await bench.ended('web');
    await outLast();
    expect(outage.failed()).toBeGreaterThan(5);
    const third = bench.registry.setTag('acme/web', 'v1', 'three');
    await bench.hook(work, bench.image('acme/web:v1'), third);
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: third });
    await bench.until('the channel was told of both', () => sent.length >= 2);
    const before = bench.clock.now();
    await bench.until('the schedule has started another run', async () => {
      const runs = await bench.store.db.selectFrom('runs').select('started_at').execute();
      return runs.some((run) => run.started_at > before);
    });
    expect(endOfWork()).toEqual([]);
  });

  it('when the helper starts: it begins when the store is there', async () => {
    const begun = outage.begin();
    const { work } = start();
    await begun;
    outage.end();
    await bench.hook(work, bench.image('acme/web:v1'), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(endOfWork()).toEqual([]);
  });

  it('while a rollout is followed: the update is sent once and followed to its end', async () => {
    const { work } = start();
    await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.until('the update is sent', () => bench.engine.updates.length > 0);
    await outLast(20_000);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('while a run waits for its deployments: the run is carried to its end', async () => {
    const { work } = start();
    const by = { origin: 'person', actor: 'oncall', signal: AbortSignal.timeout(20_000) } as const;
    const { id } = await work.smartRedeploy.start(EVERY_SERVICE, by);
    await bench.until('the update is sent', () => bench.engine.updates.length > 0);
    await outLast(20_000);
    const run = await bench.until('the run has ended', async () => {
      const found = await readRun(bench.store.db, id);
      return found?.endedAt === null ? null : found;
    });
    expect(run).toMatchObject({ state: 'done', reason: null });
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('refuses the deliveries that come meanwhile, and takes those after', async () => {
    const { work } = start();
    await bench.checked();
    void outage.begin();
    const refused = [1, 2, 3].map(() => bench.hook(work, bench.image('acme/web:v1'), second));
    for (const one of refused) await expect(one).rejects.toThrow('the store is away');
    outage.end();
    await bench.hook(work, bench.image('acme/web:v1'), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
  });
});

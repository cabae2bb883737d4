import Database from 'better-sqlite3';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { postHooks } from './support/load.ts';
import { cpuMsOf } from './support/process-cost.ts';
import { median } from './support/quantile.ts';
import { startBareReceiver, startStoringReceiver } from './support/start-bare-receiver.ts';
import { startBuiltHelper } from './support/start-built-helper.ts';
import { startFakes } from './support/start-fakes.ts';

const CONNECTIONS = 64;
const IMAGES = 10;
const ROUNDS = 4;
const SECONDS = 4;
/** Durable webhooks reach at least a quarter of the rate of a route that stores nothing. */
const GOAL = 4;

const DIGEST = `sha256:${'0'.repeat(64)}`;

const storedDeliveries = (store: string): number => {
  const database = new Database(store, { readonly: true });
  try {
    const row = database.prepare('select count(*) as count from deliveries').get();
    return (row as { count: number }).count;
  } finally {
    database.close();
  }
};

/** Webhooks that are on disk when they are answered, compared with a route that only parses and answers. */
export const hooks: Benchmark = {
  name: 'hooks',
  about: 'durable hooks a second over 64 connections',
  run: async ({ tell }) => {
    // No service runs these images, because only the intake is measured.
    const fakes = await startFakes({ services: 0, images: 1, latencyMs: 0 });
    const helper = await startBuiltHelper({
      engineUrl: fakes.engineUrl,
      registries: [fakes.registry],
    });
    // Otherwise the sender and the reader of the log would share a core.
    helper.ignoreLines();
    const bare = await startBareReceiver();
    const storing = await startStoringReceiver();
    const bodies = Array.from({ length: IMAGES }, (_, image) => ({
      image: `${fakes.registry}/acme/app-${image}:v1`,
      digest: DIGEST,
    }));
    let accepted = 0;
    let stored = 0;
    const post = async ({ pid, hookUrl }: { pid: number; hookUrl: string }) => {
      const before = await cpuMsOf(pid);
      const until = { seconds: SECONDS };
      const load = await postHooks({ url: hookUrl, bodies, connections: CONNECTIONS, until });
      return { ...load, cpuMs: ((await cpuMsOf(pid)) - before) / load.accepted };
    };
    type Round = Awaited<ReturnType<typeof post>>;
    try {
      const floorLoads: Round[] = [];
      const storingLoads: Round[] = [];
      const helperLoads: Round[] = [];
      for (let round = -1; round < ROUNDS; round += 1) {
        tell(round < 0 ? 'warming up' : `round ${round + 1} of ${ROUNDS}`);
        const first = await post(bare);
        const second = await post(storing);
        const third = await post(helper);
        accepted += third.accepted;
        if (round < 0) continue;
        floorLoads.push(first);
        storingLoads.push(second);
        helperLoads.push(third);
      }
      const of = (loads: readonly Round[], what: keyof Round): number =>
        median(loads.map((load) => load[what]));
      const counts = await fakes.count();
      if (counts.heads + counts.gets > 0) throw new Error('a registry was asked about no service');
      await helper.stop((store) => {
        stored = storedDeliveries(store);
      });
      // At the end of each round, the sender drops the requests in progress, stored or not.
      const dropped = CONNECTIONS * (ROUNDS + 1);
      if (stored < accepted || stored > accepted + dropped) {
        throw new Error(`${accepted} hooks were accepted and ${stored} are in the store`);
      }
      return {
        benchmark: hooks.name,
        figures: [
          figure({
            what: 'hooks accepted a second',
            unit: '/s',
            floor: of(floorLoads, 'perSecond'),
            helper: of(helperLoads, 'perSecond'),
            goal: GOAL,
          }),
          figure({
            what: 'time to the answer, p50',
            unit: 'ms',
            floor: of(floorLoads, 'p50'),
            helper: of(helperLoads, 'p50'),
          }),
          figure({
            what: 'time to the answer, p99',
            unit: 'ms',
            floor: of(floorLoads, 'p99'),
            helper: of(helperLoads, 'p99'),
          }),
          figure({
            what: 'processor time for a hook',
            unit: 'ms',
            floor: of(floorLoads, 'cpuMs'),
            helper: of(helperLoads, 'cpuMs'),
          }),
          figure({
            what: 'hooks a second, beside a route that stores',
            unit: '/s',
            floor: of(storingLoads, 'perSecond'),
            helper: of(helperLoads, 'perSecond'),
          }),
          figure({
            what: 'time to the answer, p99, beside it',
            unit: 'ms',
            floor: of(storingLoads, 'p99'),
            helper: of(helperLoads, 'p99'),
          }),
          figure({
            what: 'processor time for a hook, beside it',
            unit: 'ms',
            floor: of(storingLoads, 'cpuMs'),
            helper: of(helperLoads, 'cpuMs'),
          }),
        ],
        facts: { connections: CONNECTIONS, 'hooks accepted, and found in the store': accepted },
      };
    } finally {
      await bare.stop();
      await storing.stop();
      await helper.stop();
      await fakes.stop();
    }
  },
};

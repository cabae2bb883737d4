import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { postHooks } from './support/load.ts';
import { memoryOf } from './support/process-cost.ts';
import { median } from './support/quantile.ts';
import { startBareReceiver } from './support/start-bare-receiver.ts';
import { startBuiltHelper } from './support/start-built-helper.ts';
import { type Fakes, startFakes } from './support/start-fakes.ts';

const STARTS = 7;
const IMAGES = 100;
const HOOKS = 1_000;
const CONNECTIONS = 8;
/** By then, the garbage from the start is collected. */
const IDLE_AFTER_MS = 3_000;
const START_GOAL = 3;
const IDLE_MB_ALLOWED = 120;

const startHelper = ({ engineUrl, registry }: Fakes) =>
  startBuiltHelper({ engineUrl, registries: [registry] });

type Started = { readonly readyAfterMs: number; readonly pid: number };

/** The start time, and the memory of the idle process. */
const lookAt = async ({ readyAfterMs, pid }: Started) => {
  await delay(IDLE_AFTER_MS);
  return { readyAfterMs, idle: (await memoryOf(pid)).now };
};

const startAgainAndAgain = async (fakes: Fakes) => {
  const bare: Awaited<ReturnType<typeof lookAt>>[] = [];
  const helper: Awaited<ReturnType<typeof lookAt>>[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const one = await startBareReceiver();
    bare.push(await lookAt(one));
    await one.stop();
    const other = await startHelper(fakes);
    helper.push(await lookAt(other));
    await other.stop();
  }
  const of = (what: keyof (typeof bare)[number]) => ({
    bare: median(bare.map((one) => one[what])),
    helper: median(helper.map((one) => one[what])),
  });
  const most = Math.max(...helper.map(({ idle }) => idle));
  return { start: of('readyAfterMs'), idle: of('idle'), most };
};

const memoryAfterHooks = async (fakes: Fakes) => {
  const bare = await startBareReceiver();
  const helper = await startHelper(fakes);
  try {
    const digests = await fakes.publish(IMAGES, 'second');
    const bodies = digests.map((digest, image) => ({ image: fakes.imageOf(image), digest }));
    const until = { hooks: HOOKS };
    for (const url of [bare.hookUrl, helper.hookUrl]) {
      await postHooks({ url, bodies, connections: CONNECTIONS, until });
    }
    await delay(IDLE_AFTER_MS);
    const after = {
      bare: (await memoryOf(bare.pid)).now,
      helper: (await memoryOf(helper.pid)).now,
    };
    const counts = await fakes.count();
    if (counts.updates !== IMAGES) throw new Error(`${counts.updates} updates of ${IMAGES}`);
    return after;
  } finally {
    await bare.stop();
    await helper.stop();
  }
};

/** The cost of the helper at its start and when it is idle. */
export const footprint: Benchmark = {
  name: 'footprint',
  about: 'start-up time, and resident memory idle and after 1,000 hooks',
  run: async ({ tell }) => {
    const fakes = await startFakes({ services: IMAGES, images: IMAGES, latencyMs: 0 });
    try {
      tell(`${STARTS} starts each way`);
      const { start, idle, most } = await startAgainAndAgain(fakes);
      tell(`${HOOKS} hooks that update ${IMAGES} services`);
      const after = await memoryAfterHooks(fakes);
      return {
        benchmark: footprint.name,
        figures: [
          figure({
            what: 'start to ready, median',
            unit: 'ms',
            floor: start.bare,
            helper: start.helper,
            goal: START_GOAL,
          }),
          figure({
            what: 'resident, idle, median',
            unit: 'MB',
            floor: idle.bare,
            helper: idle.helper,
          }),
          figure({
            what: 'resident, idle, beside what is allowed',
            unit: 'MB',
            floor: IDLE_MB_ALLOWED,
            helper: idle.helper,
            goal: 1,
          }),
          figure({
            what: `resident, after ${HOOKS} hooks`,
            unit: 'MB',
            floor: after.bare,
            helper: after.helper,
          }),
        ],
        facts: {
          services: IMAGES,
          'resident, idle, the most of all starts': `${most.toFixed(1)} MB`,
        },
      };
    } finally {
      await fakes.stop();
    }
  },
};

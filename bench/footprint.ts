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
/** What a start leaves to be collected is gone by then. */
const IDLE_AFTER_MS = 3_000;

const startHelper = ({ engineUrl, registry }: Fakes) =>
  startBuiltHelper({ engineUrl, registries: [registry] });

const startTimes = async (fakes: Fakes) => {
  const bare: number[] = [];
  const helper: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const one = await startBareReceiver();
    bare.push(one.readyAfterMs);
    await one.stop();
    const other = await startHelper(fakes);
    helper.push(other.readyAfterMs);
    await other.stop();
  }
  return { bare: median(bare), helper: median(helper) };
};

const residentMemory = async (fakes: Fakes) => {
  const bare = await startBareReceiver();
  const helper = await startHelper(fakes);
  try {
    await delay(IDLE_AFTER_MS);
    const read = async () => ({
      bare: (await memoryOf(bare.pid)).now,
      helper: (await memoryOf(helper.pid)).now,
    });
    const idle = await read();
    const digests = await fakes.publish(IMAGES, 'second');
    const bodies = digests.map((digest, image) => ({ image: fakes.imageOf(image), digest }));
    const until = { hooks: HOOKS };
    for (const url of [bare.hookUrl, helper.hookUrl]) {
      await postHooks({ url, bodies, connections: CONNECTIONS, until });
    }
    await delay(IDLE_AFTER_MS);
    const after = await read();
    const counts = await fakes.count();
    if (counts.updates !== IMAGES) throw new Error(`${counts.updates} updates of ${IMAGES}`);
    return { idle, after };
  } finally {
    await bare.stop();
    await helper.stop();
  }
};

/** What the helper costs while it does nothing, and to begin with. */
export const footprint: Benchmark = {
  name: 'footprint',
  about: 'start-up time, and resident memory idle and after 1,000 hooks',
  run: async ({ tell }) => {
    const fakes = await startFakes({ services: IMAGES, images: IMAGES, latencyMs: 0 });
    try {
      tell(`${STARTS} starts each way`);
      const start = await startTimes(fakes);
      tell(`${HOOKS} hooks that update ${IMAGES} services`);
      const { idle, after } = await residentMemory(fakes);
      return {
        benchmark: footprint.name,
        figures: [
          figure({
            what: 'start to ready, median',
            unit: 'ms',
            floor: start.bare,
            helper: start.helper,
          }),
          figure({ what: 'resident, idle', unit: 'MB', floor: idle.bare, helper: idle.helper }),
          figure({
            what: `resident, after ${HOOKS} hooks`,
            unit: 'MB',
            floor: after.bare,
            helper: after.helper,
          }),
        ],
        facts: { services: IMAGES },
      };
    } finally {
      await fakes.stop();
    }
  },
};

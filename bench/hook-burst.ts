import { waitUntil } from '../sandbox/machine/wait-until.ts';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { postHooks } from './support/load.ts';
import { memoryOf } from './support/process-cost.ts';
import { startBuiltHelper } from './support/start-built-helper.ts';
import { type Counts, startFakes } from './support/start-fakes.ts';

const HOOKS = 10_000;
const IMAGES = 100;
const BURSTS = 3;
const CONNECTIONS = 64;
/** After this time, the helper asks the registry again. */
const A_BURST_MS = 4_000;
/** Memory left after a burst, relative to the burst before it. */
const GOAL = 1.1;
const DONE_WITHIN_MS = 90_000;

const sum = (a: Counts, b: Counts): Counts => ({
  heads: a.heads + b.heads,
  gets: a.gets + b.gets,
  updates: a.updates + b.updates,
  lists: a.lists + b.lists,
  mostAtOnce: b.mostAtOnce,
  outdated: b.outdated,
});

/** Ten thousand webhooks for a hundred images, three times. */
export const hookBurst: Benchmark = {
  name: 'hook-burst',
  about: '10,000 hooks for 100 images: lookups, updates, memory',
  run: async ({ tell }) => {
    const fakes = await startFakes({ services: IMAGES, images: IMAGES, latencyMs: 0 });
    try {
      const helper = await startBuiltHelper({
        engineUrl: fakes.engineUrl,
        registries: [fakes.registry],
      });
      try {
        const bursts: (Counts & { took: number; resident: number; sendingMs: number })[] = [];
        for (let burst = 0; burst < BURSTS; burst += 1) {
          tell(`burst ${burst + 1} of ${BURSTS}`);
          const digests = await fakes.publish(IMAGES, `burst ${burst}`);
          const bodies = digests.map((digest, image) => ({ image: fakes.imageOf(image), digest }));
          const until = { hooks: HOOKS };
          const sent = performance.now();
          const { accepted } = await postHooks({
            url: helper.hookUrl,
            bodies,
            connections: CONNECTIONS,
            until,
          });
          if (accepted !== HOOKS) throw new Error(`${accepted} of ${HOOKS} hooks were accepted`);
          const began = performance.now();
          const sendingMs = began - sent;
          let counts = await fakes.count();
          await waitUntil(
            async () => {
              counts = sum(counts, await fakes.count());
              if (counts.outdated === 0) return true;
              throw new Error(`${counts.outdated} services are not updated`);
            },
            { what: 'every service runs what is published', withinMs: DONE_WITHIN_MS },
          );
          const took = performance.now() - began;
          // Time for the check that ends a burst, and for the rollouts to end.
          await new Promise((resolve) => setTimeout(resolve, 6_000));
          counts = sum(counts, await fakes.count());
          if (counts.updates !== IMAGES) {
            throw new Error(`${counts.updates} updates of ${IMAGES} services`);
          }
          // All webhooks of an image name one digest, which the first check of its burst sees. A burst that takes too
          // long counts as several.
          if (sendingMs < A_BURST_MS && counts.heads !== IMAGES) {
            throw new Error(`${counts.heads} lookups for hooks that came in ${sendingMs} ms`);
          }
          bursts.push({ ...counts, took, sendingMs, resident: (await memoryOf(helper.pid)).now });
        }
        const { highest } = await memoryOf(helper.pid);
        const [first, last] = [bursts[1], bursts.at(-1)];
        if (first === undefined || last === undefined) throw new Error('too few bursts');
        return {
          benchmark: hookBurst.name,
          figures: [
            figure({
              what: 'resident after the third burst, beside the second',
              unit: 'MB',
              floor: first.resident,
              helper: last.resident,
              goal: GOAL,
            }),
          ],
          facts: {
            hooks: HOOKS,
            images: IMAGES,
            'ms to send each burst': bursts.map(({ sendingMs }) => sendingMs.toFixed(0)).join(', '),
            'lookups in each burst': bursts.map(({ heads }) => heads).join(', '),
            'updates in each burst': bursts.map(({ updates }) => updates).join(', '),
            'ms from the last answer to the last update': bursts
              .map(({ took }) => took.toFixed(0))
              .join(', '),
            'resident at its highest': `${highest.toFixed(0)} MB`,
          },
        };
      } finally {
        await helper.stop();
      }
    } finally {
      await fakes.stop();
    }
  },
};

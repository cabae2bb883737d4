import { type AttackName, ATTACKS } from '../test/support/flood/attacks.ts';
import { measureFlood } from '../test/support/flood/measure-flood.ts';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { startBuiltHelper } from './support/start-built-helper.ts';
import { startFakes } from './support/start-fakes.ts';

const ATTACKED_FOR_MS = 4_000;
const WARM_UP_HOOKS = 50;

/** The cost of a client without a secret, to the helper and to other senders. */
export const anonymousFlood: Benchmark = {
  name: 'anonymous-flood',
  about: 'memory, and the slowest good webhook, under floods without a secret',
  run: async ({ tell }) => {
    const fakes = await startFakes({ services: 0, images: 1, latencyMs: 0 });
    const figures: ReturnType<typeof figure>[] = [];
    let hooks = 0;
    try {
      for (const name of Object.keys(ATTACKS) as AttackName[]) {
        tell(name);
        const helper = await startBuiltHelper({
          engineUrl: fakes.engineUrl,
          registries: [fakes.registry],
        });
        try {
          const { port, pathname: hookPath } = new URL(helper.hookUrl);
          for (let count = 0; count < WARM_UP_HOOKS; count += 1) {
            await helper.hook({ image: `${fakes.registry}/acme/none:v1` });
          }
          const target = { pid: helper.pid, port: Number(port), hookPath };
          const cost = await measureFlood(name, target, ATTACKED_FOR_MS);
          if (cost.refused > 0) throw new Error(`${name}: ${cost.refused} webhooks were refused`);
          hooks += cost.hooks;
          const grown = cost.highestMemory - cost.memoryBefore;
          figures.push(
            figure({ what: `${name}: memory`, unit: 'MB', helper: grown }),
            figure({ what: `${name}: slowest webhook`, unit: 'ms', helper: cost.slowest }),
          );
        } finally {
          await helper.stop();
        }
      }
    } finally {
      await fakes.stop();
    }
    return { benchmark: anonymousFlood.name, figures, facts: { 'webhooks meanwhile': hooks } };
  },
};

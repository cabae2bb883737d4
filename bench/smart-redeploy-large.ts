import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { memoryOf } from './support/process-cost.ts';
import { median } from './support/quantile.ts';
import { dryRun, realRun } from './support/smart-redeploy-runs.ts';
import { startBareCheck } from './support/start-bare-check.ts';
import { startBuiltHelper } from './support/start-built-helper.ts';
import { startFakes } from './support/start-fakes.ts';

const SERVICES = 10_000;
const IMAGES = 2_000;
const LATENCY_MS = 20;
/** The helper's default concurrency for a registry. */
const CONCURRENCY = 8;
/** V8 collects old objects for the first time after about six runs, so a leak shows only after that. */
const DRY_RUNS = 12;
const BESIDE = 6;
/** Memory left after a run, relative to an earlier run. */
const MEMORY_GOAL = 1.1;
const OBSOLETE_IMAGES = 4;
const GOAL = 1.2;
const REAL_RUN_WITHIN_MS = 180_000;

const expectEqual = (what: string, found: unknown, wanted: unknown): void => {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} and not ${String(wanted)}`);
};

/** A SmartRedeploy of as many services as a large Swarm has, compared with a bare script that does the same lookups. */
export const smartRedeployLarge: Benchmark = {
  name: 'smart-redeploy-large',
  about: '10,000 services over 2,000 images, fakes with 20 ms latency',
  run: async ({ tell }) => {
    tell(`a fake engine with ${SERVICES} services`);
    const fakes = await startFakes({ services: SERVICES, images: IMAGES, latencyMs: LATENCY_MS });
    try {
      const { engineUrl, registry } = fakes;
      const helper = await startBuiltHelper({ engineUrl, registries: [registry] });
      const registryUrl = `http://${registry}`;
      const bareCheck = await startBareCheck({ engineUrl, registryUrl, atOnce: CONCURRENCY });
      try {
        const idle = await memoryOf(helper.pid);
        const bare: number[] = [];
        const took: number[] = [];
        const resident: number[] = [];
        for (let round = 0; round < DRY_RUNS; round += 1) {
          tell(`dry run ${round + 1} of ${DRY_RUNS}`);
          const one = await bareCheck.check();
          expectEqual('images of the bare script', one.images, IMAGES);
          expectEqual('lookups of the bare script', (await fakes.count()).heads, IMAGES);
          const { run, tookMs } = await dryRun(helper);
          const counts = await fakes.count();
          expectEqual('services', run.services.length, SERVICES);
          expectEqual('current services', run.counts.current, SERVICES);
          expectEqual('lookups', counts.heads, IMAGES);
          expectEqual('reads of manifests', counts.gets, 0);
          bare.push(one.tookMs);
          took.push(tookMs);
          resident.push((await memoryOf(helper.pid)).now);
        }
        const obsolete = (SERVICES / IMAGES) * OBSOLETE_IMAGES;
        tell(`a run that redeploys ${obsolete}`);
        await fakes.publish(OBSOLETE_IMAGES, 'second');
        const real = await realRun(helper, REAL_RUN_WITHIN_MS);
        const counts = await fakes.count();
        expectEqual('updates', counts.updates, obsolete);
        expectEqual('services that are not current', counts.outdated, 0);
        expectEqual('lookups of the run', counts.heads, IMAGES);
        const memory = await memoryOf(helper.pid);
        return {
          benchmark: smartRedeployLarge.name,
          figures: [
            figure({
              what: 'dry run, wall time, median',
              unit: 'ms',
              floor: median(bare),
              helper: median(took),
              goal: GOAL,
            }),
            figure({
              what: `resident after dry run ${DRY_RUNS}, beside number ${BESIDE}`,
              unit: 'MB',
              floor: resident[BESIDE - 1] ?? Number.NaN,
              helper: resident.at(-1) ?? Number.NaN,
              goal: MEMORY_GOAL,
            }),
          ],
          facts: {
            services: SERVICES,
            'lookups of each run': IMAGES,
            'what the latency alone takes': `${(IMAGES * LATENCY_MS) / CONCURRENCY} ms`,
            'most requests at one time': counts.mostAtOnce,
            'resident when idle': `${idle.now.toFixed(0)} MB`,
            'resident at its highest': `${memory.highest.toFixed(0)} MB`,
            [`run that redeploys and verifies ${obsolete}`]: `${real.tookMs.toFixed(0)} ms`,
          },
        };
      } finally {
        await bareCheck.stop();
        await helper.stop();
      }
    } finally {
      await fakes.stop();
    }
  },
};

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Page } from '../src/core/contract/views.ts';
import type { Benchmark } from './benchmark.ts';
import { figure } from './report.ts';
import { cpuMsOf, memoryOf } from './support/process-cost.ts';
import { quantile } from './support/quantile.ts';
import { realRun } from './support/smart-redeploy-runs.ts';
import { type BuiltHelper, startBuiltHelper } from './support/start-built-helper.ts';
import { type Fakes, startFakes } from './support/start-fakes.ts';

const SERVICES = 10_000;
const IMAGES = 2_000;
const WATCHED_MS = 2 * 60_000;
const RUN_WITHIN_MS = 180_000;
/** The helper reads once, for people, what both images of each change were built from. */
const BUILDS_WITHIN_MS = 300_000;
const QUIET_MS = 10_000;
/** The largest page of a list that the API returns. */
const PART = 500;
const PING_EVERY_MS = 50;

/** Waits until the registry has received no request for a while. */
const untilQuiet = async (fakes: Fakes): Promise<void> => {
  const until = performance.now() + BUILDS_WITHIN_MS;
  for (;;) {
    await delay(QUIET_MS);
    const { heads, gets } = await fakes.count();
    if (heads + gets === 0) return;
    if (performance.now() > until) throw new Error('the registry is still asked');
  }
};

/** Every waiting service, in pages as the CLI reads them. */
const listAll = async (helper: BuiltHelper) => {
  const began = performance.now();
  let items = 0;
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<unknown> = await helper.get(`/waiting?limit=${PART}${after}`);
    items += page.items.length;
    cursor = page.next;
  } while (cursor !== null);
  return { items, tookMs: performance.now() - began };
};

/** How long `/healthz` takes during other work: a webhook would wait as long. */
const ping = async (helper: BuiltHelper, signal: AbortSignal): Promise<readonly number[]> => {
  const pool = new Pool(helper.url);
  const times: number[] = [];
  while (!signal.aborted) {
    const began = performance.now();
    const { body } = await pool.request({ method: 'GET', path: '/healthz' });
    await body.dump();
    times.push(performance.now() - began);
    await delay(PING_EVERY_MS);
  }
  await pool.close();
  return times;
};

/** As many services as a large Swarm has, all waiting at a gate. */
export const waiting: Benchmark = {
  name: 'waiting',
  about: '10,000 services that wait at a gate: what they cost while they do',
  run: async ({ tell }) => {
    const labels = { 'cd-helper.min-age': '72h' };
    const folder = mkdtempSync(join(tmpdir(), 'bench-waiting-'));
    const config = join(folder, 'config.yml');
    // Otherwise the report of a first start would contact the registry during the measurement.
    writeFileSync(config, 'smartRedeploy: { onStart: off }\n');
    const fakes = await startFakes({ services: SERVICES, images: IMAGES, latencyMs: 0, labels });
    try {
      const { engineUrl, registry } = fakes;
      const helper = await startBuiltHelper({
        engineUrl,
        registries: [registry],
        env: { CD_HELPER_CONFIG: config },
      });
      helper.ignoreLines();
      try {
        await fakes.publish(IMAGES, 'second');
        const ended = new AbortController();
        const pings = ping(helper, ended.signal);
        // The `await` below reports the error.
        pings.catch(() => {});
        const { run, tookMs, cpuMs } = await realRun(helper, RUN_WITHIN_MS);
        if (run.counts.waiting !== SERVICES) throw new Error(JSON.stringify(run.counts));
        tell('they wait; what the images were built from is read');
        await untilQuiet(fakes);
        const before = await memoryOf(helper.pid);
        const cpuBefore = await cpuMsOf(helper.pid);
        tell(`watching for ${WATCHED_MS / 1000} s`);
        await delay(WATCHED_MS);
        const cost = (await cpuMsOf(helper.pid)) - cpuBefore;
        const counts = await fakes.count();
        ended.abort();
        const times = await pings;
        if (counts.heads + counts.gets > 0)
          throw new Error(`the registry: ${JSON.stringify(counts)}`);
        // One request may come just after the beginning, and another just before the end.
        const allowed = WATCHED_MS / 60_000 + 1;
        if (counts.lists > allowed) throw new Error(`${counts.lists} lists of ${allowed}`);
        if (counts.updates > 0) throw new Error(`${counts.updates} updates`);
        const list = await listAll(helper);
        if (list.items !== SERVICES) throw new Error(`${list.items} wait`);
        const memory = await memoryOf(helper.pid);
        return {
          benchmark: waiting.name,
          figures: [
            figure({
              what: 'processor time for a minute of waiting',
              unit: 'ms',
              helper: cost / (WATCHED_MS / 60_000),
            }),
            figure({
              what: 'whole list from the API, by parts of 500',
              unit: 'ms',
              helper: list.tookMs,
            }),
            figure({
              what: 'a small request meanwhile, p99',
              unit: 'ms',
              helper: quantile(times, 0.99),
            }),
            figure({
              what: 'a small request meanwhile, slowest',
              unit: 'ms',
              helper: Math.max(...times),
            }),
            figure({ what: 'resident when they wait', unit: 'MB', helper: before.now }),
            figure({ what: 'resident at the end', unit: 'MB', helper: memory.now }),
            figure({ what: 'resident at its highest', unit: 'MB', helper: memory.highest }),
          ],
          facts: {
            services: SERVICES,
            images: IMAGES,
            'run that finds them waiting': `${tookMs.toFixed(0)} ms, ${cpuMs.toFixed(0)} ms of processor time`,
            'requests to the registry while they waited': counts.heads + counts.gets,
            [`lists of services in ${WATCHED_MS / 60_000} minutes`]: counts.lists,
          },
        };
      } finally {
        await helper.stop();
      }
    } finally {
      await fakes.stop();
      rmSync(folder, { recursive: true });
    }
  },
};

import { waitUntil } from '../../sandbox/machine/wait-until.ts';
import type { RunView } from '../../src/core/contract/run-views.ts';
import { cpuMsOf } from './process-cost.ts';
import type { BuiltHelper } from './start-built-helper.ts';

export type TimedRun = { readonly run: RunView; readonly tookMs: number; readonly cpuMs: number };

const expectDone = (run: RunView): RunView => {
  if (run.state === 'done') return run;
  throw new Error(`run ${run.id} is ${run.state}: ${run.reason}`);
};

/** A dry run, from the request to the complete answer. */
export const dryRun = async (helper: BuiltHelper): Promise<TimedRun> => {
  const before = await cpuMsOf(helper.pid);
  const began = performance.now();
  const run = await helper.post<RunView>('/smart-redeploy', { dryRun: true });
  const tookMs = performance.now() - began;
  return { run: expectDone(run), tookMs, cpuMs: (await cpuMsOf(helper.pid)) - before };
};

/** A run that deploys, until every deployment is verified. */
export const realRun = async (helper: BuiltHelper, withinMs: number): Promise<TimedRun> => {
  const before = await cpuMsOf(helper.pid);
  const began = performance.now();
  const { id } = await helper.post<RunView>('/smart-redeploy', {});
  const ended = await waitUntil(
    async () => {
      const run = await helper.get<RunView>(`/runs/${id}`);
      return run.state === 'done' || run.state === 'failed' ? run : null;
    },
    { what: `run ${id} has ended`, withinMs, everyMs: 250 },
  );
  const tookMs = performance.now() - began;
  return { run: expectDone(ended), tookMs, cpuMs: (await cpuMsOf(helper.pid)) - before };
};

import { afterEach, describe, expect, it } from 'vitest';
import { AskerGone } from '../../../../src/core/contract/asker-gone.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { RunView } from '../../../../src/core/contract/run-views.ts';
import type { Work } from '../../../../src/work/work.ts';
import { openWorkBench, type WorkBench, type Wrap } from '../../../support/work/work-bench.ts';

const MINUTE = 60_000;
const NAMES = ['one', 'two', 'three'];

let bench: WorkBench;
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

/** Three services of an image each. */
const open = async (wrap: Wrap = {}): Promise<Work> => {
  bench = await openWorkBench({ speed: 1 });
  for (const name of NAMES) {
    const digest = bench.registry.setTag(`acme/${name}`, 'v1', name);
    bench.engine.addService({ name, image: bench.image(`acme/${name}:v1`, digest) });
  }
  return bench.start({}, wrap).work;
};
const dryRun = (work: Work, signal: AbortSignal): Promise<RunView> =>
  work.smartRedeploy.start(
    { ...EVERY_SERVICE, dryRun: true },
    { origin: 'person', actor: 'oncall', signal },
  );
const untilAsked = (count: number) =>
  bench.until(`the registry was asked ${count} times`, () => bench.heads() >= count);

describe('a dry run', () => {
  it('goes on as long as answers come, however long it takes', async () => {
    let turn = Promise.resolve();
    let waits = 0;
    let answered = 0;
    const work = await open({
      registries: (registries) => ({
        ...registries,
        findDigest: async (image, signal) => {
          // A registry that answers one request in six minutes.
          const mine = turn.then(() => {
            waits += 1;
            return bench.clock.wait(6 * MINUTE, signal);
          });
          turn = mine;
          await mine;
          const answer = await registries.findDigest(image, signal);
          answered += 1;
          return answer;
        },
      }),
    });
    const running = dryRun(work, new AbortController().signal);
    for (const [index] of NAMES.entries()) {
      await bench.until('a lookup waits', () => waits === index + 1);
      bench.clock.skip(6 * MINUTE);
      await bench.until('it is answered', () => answered === index + 1);
    }
    expect(await running).toMatchObject({ state: 'done', counts: { current: NAMES.length } });
  });

  it('ends where no answer comes, and says so', async () => {
    const work = await open();
    bench.registry.fault({ kind: 'hang' });
    const running = dryRun(work, new AbortController().signal);
    await untilAsked(1);
    bench.clock.skip(10 * MINUTE);
    expect(await running).toMatchObject({
      state: 'failed',
      reason: 'no registry answered for 10 min',
    });
  });

  it.each([
    [new AskerGone(), 'the client disconnected before the answer'],
    [new Error('told to stop'), 'the helper stopped while it was checking'],
  ])('that is broken off by %s says why', async (error, reason) => {
    const work = await open();
    bench.registry.fault({ kind: 'hang' });
    const gone = new AbortController();
    const running = dryRun(work, gone.signal);
    await untilAsked(1);
    gone.abort(error);
    expect(await running).toMatchObject({ state: 'failed', reason });
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import type { Outcome } from '../../../support/fake-engine/tasks.ts';
import { createStepCounter } from '../../../support/work/crash-at.ts';
import { ENDED, openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
});
afterEach(() => bench.close());

type Story = { readonly name: string; readonly first: Digest; readonly second: Digest };

/** A service of its own for one story, whose second version has just been published. */
const tell = (name: string, outcome: Outcome): Story => {
  const repository = `acme/${name}`;
  const first = bench.registry.setTag(repository, 'v1', `${name} one`);
  bench.engine.addService({
    name,
    image: bench.image(`${repository}:v1`, first),
    replicas: 2,
    update: { Monitor: 1e8, Parallelism: 2 },
  });
  bench.settle();
  const second = bench.registry.setTag(repository, 'v1', `${name} two`);
  bench.engine.setOutcome(second, outcome);
  return { name, first, second };
};
const updatesOf = (name: string): readonly string[] =>
  bench.engine.updates
    .filter((update) => update.name === name)
    .map(({ image }) => image.slice(image.indexOf('@') + 1));
const isOver = async ({ name }: Story, delivery: string): Promise<boolean> => {
  const { pushes } = await bench.delivery(delivery);
  const deployments = await bench.deployments(name);
  return (
    pushes.every(({ results }) => results.every(({ state }) => state === 'done')) &&
    deployments.length > 0 &&
    deployments.every(({ state }) => ENDED.includes(state))
  );
};

/** Carries a story out with an interruption at a step, and tells whether the step came at all. */
const interruptAt = async (
  story: Story,
  step: number,
  how: 'crash' | 'stop',
): Promise<{ readonly cameThere: boolean; readonly delivery: string }> => {
  const counter = createStepCounter(step, how);
  const before = bench.start({}, counter.wrap);
  const image = bench.image(`acme/${story.name}:v1`);
  counter.arm();
  const { id } = await bench.hook(before.work, image, story.second);
  const over = bench
    .until('it is over', () => isOver(story, id))
    .then(() => false)
    .catch(() => false);
  const cameThere = await Promise.race([counter.reached.then(() => true), over]);
  await before.stop();
  const known = bench.errors.length;
  const after = bench.start();
  await bench.until(`${story.name} is over, interrupted at ${step}`, () => isOver(story, id));
  await after.stop();
  expect(bench.errors.slice(known)).toEqual([]);
  return { cameThere, delivery: id };
};

/** Does it at every step that there is; later ones only repeat what a rollout does while it is followed. */
const EVERY_STEP_UNTIL = 130;
const steps = function* (): Generator<number> {
  for (let step = 1; step < 400; step += step < EVERY_STEP_UNTIL ? 1 : 7) yield step;
};

describe.each(['crash', 'stop'] as const)('a %s of the helper between any two steps', (how) => {
  it('of a push ends in one update, followed to its end', { timeout: 240_000 }, async () => {
    let reachedEnd = false;
    for (const step of steps()) {
      const story = tell(`good-${how}-${step}`, { kind: 'good' });
      const { cameThere, delivery } = await interruptAt(story, step, how);
      const all = await bench.deployments(story.name);
      expect({ step, ends: all.map(({ state, to }) => [state, to]) }).toEqual({
        step,
        ends: [['succeeded', story.second]],
      });
      expect({ step, updates: updatesOf(story.name) }).toEqual({ step, updates: [story.second] });
      expect(bench.engine.tasksMade(story.name).length).toBe(4);
      expect((await bench.delivery(delivery)).pushes[0]?.results).toMatchObject([
        { outcome: 'deployed' },
      ]);
      expect((await bench.delivery(delivery)).deployments).toEqual([all[0]?.id]);
      bench.engine.removeService(story.name);
      reachedEnd = !cameThere;
      if (reachedEnd) break;
    }
    expect(reachedEnd).toBe(true);
  });

  it('of a push that fails ends in one update and one way back, and one hold', {
    timeout: 240_000,
  }, async () => {
    let reachedEnd = false;
    for (const step of steps()) {
      const story = tell(`bad-${how}-${step}`, { kind: 'crash', afterMs: 50 });
      const { cameThere } = await interruptAt(story, step, how);
      const all = await bench.deployments(story.name);
      expect({ step, ends: all.map(({ state, reason }) => [state, reason]) }).toEqual({
        step,
        ends: [['rolled-back', 'task-failed']],
      });
      expect({ step, updates: updatesOf(story.name) }).toEqual({
        step,
        updates: [story.second, story.first],
      });
      expect(bench.engine.running(story.name)).toEqual([story.first, story.first]);
      const holds = await bench.store.db
        .selectFrom('holds')
        .select('kind')
        .where('digest', '=', story.second)
        .execute();
      expect(holds).toEqual([{ kind: 'known-bad' }]);
      bench.engine.removeService(story.name);
      reachedEnd = !cameThere;
      if (reachedEnd) break;
    }
    expect(reachedEnd).toBe(true);
  });
});

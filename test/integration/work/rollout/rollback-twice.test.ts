import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { imagesToCheck } from '../../../../src/store/holds/good-images.ts';
import type { Work } from '../../../../src/work/work.ts';
import type { NewService } from '../../../support/fake-engine/fake-engine.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const MONITOR_MS = 2_000;
const PAUSE = { FailureAction: 'pause', Monitor: MONITOR_MS * 1e6 };
const ROLLBACK = { ...PAUSE, FailureAction: 'rollback' };
const KEY = { cluster: 'one', service: 'web' };

let bench: WorkBench;
let first: Digest;
let work: Work;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

/** A service that has run the first version well for long, and the helper. */
const begin = (change: Partial<NewService> = {}, settle = true): void => {
  const image = bench.image('acme/web:v1', first);
  bench.engine.addService({ name: 'web', image, replicas: 2, update: PAUSE, ...change });
  if (settle) bench.settle();
  else bench.clock.skip(10_000);
  ({ work } = bench.start());
};
const publish = (text: string): Digest => bench.registry.setTag('acme/web', 'v1', text);
const ended = async () => {
  const { length } = await bench.deployments('web');
  return bench.ended('web', length);
};
const push = async (digest: Digest) => {
  const { length } = await bench.deployments('web');
  await bench.hook(work, bench.image('acme/web:v1'), digest);
  return bench.ended('web', length + 1);
};
/** Deploys a version, and lets it run for so long that it is good. */
const deployGood = async (text: string): Promise<Digest> => {
  const digest = publish(text);
  expect(await push(digest)).toMatchObject({ state: 'succeeded', to: digest });
  bench.clock.skip(MONITOR_MS + 21_000);
  await bench.until('it is good', async () => {
    const left = await imagesToCheck(bench.store.db, 'one');
    return left.length === 0;
  });
  return digest;
};
const pushBad = async (state: 'failed' | 'rolled-back'): Promise<Digest> => {
  const bad = publish('bad');
  bench.engine.setOutcome(bad, { kind: 'crash', exitCode: 3, afterMs: 500 });
  expect(await push(bad)).toMatchObject({ state });
  return bad;
};
const by = () => ({ actor: 'oncall', signal: AbortSignal.timeout(20_000) });
/** Where a rollback leads that says no more than that, or how it is refused. */
const rollBack = async (to: string | null = null, force = false): Promise<string> => {
  try {
    await work.acts.rollback(KEY, { to, force }, by());
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { state, to: target } = await ended();
  expect(state).toBe('succeeded');
  const [running, ...others] = new Set(bench.engine.running('web'));
  expect([running, others]).toEqual([target, []]);
  return target ?? '';
};
const NONE = /^no good image of web is known before the present one\. Its history has /;

it('after two that succeeded: back, further back, and then no further', async () => {
  begin();
  const second = await deployGood('two');
  const third = await deployGood('three');
  expect(await rollBack()).toBe(second);
  expect(await rollBack()).toBe(first);
  const refused = await rollBack();
  expect(refused).toMatch(NONE);
  expect(refused).toContain('(left-by-person)');
  // Both are held by now.
  expect(await rollBack(third)).toMatch(/is held for web \(left-by-person\)/);
  expect(await rollBack(third, true)).toBe(third);
});

it('after one that failed and stays: to the good one, and to the one before', async () => {
  begin({ labels: { 'cd-helper.rollback': 'off' } });
  const second = await deployGood('two');
  const bad = await pushBad('failed');
  expect(await rollBack()).toBe(second);
  expect(await rollBack()).toBe(first);
  expect(await rollBack()).toMatch(NONE);
  expect(await rollBack(bad)).toMatch(/is held for web/);
});

it.each([
  ['the helper', PAUSE],
  ['the engine', ROLLBACK],
])('after one that %s took back: never to the bad one', async (_name, update) => {
  begin({ update });
  const second = await deployGood('two');
  await pushBad('rolled-back');
  expect(bench.engine.running('web')).toEqual([second, second]);
  expect(await rollBack()).toBe(first);
  expect(await rollBack()).toMatch(NONE);
});

it('after one that was superseded: to what ran well before it', async () => {
  begin({ update: { ...PAUSE, Monitor: 10e9 } });
  const second = await deployGood('two');
  bench.clock.skip(20_000);
  const overtaken = publish('overtaken');
  const before = bench.engine.updates.length;
  await bench.hook(work, bench.image('acme/web:v1'), overtaken);
  await bench.until('it is under way', () => bench.engine.updates.length > before);
  const newest = publish('newest');
  await bench.hook(work, bench.image('acme/web:v1'), newest);
  await bench.until('the newest is there', async () => (await ended()).to === newest);
  expect(await rollBack()).toBe(second);
  expect(await rollBack()).toBe(first);
  expect(await rollBack()).toMatch(NONE);
});

it('after somebody else deployed: to the last good one, and not back to theirs', async () => {
  begin();
  const second = await deployGood('two');
  const theirs = publish('theirs');
  bench.engine.changeSpec('web', ({ TaskTemplate }) => {
    TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1', theirs);
  });
  bench.clock.skip(60_000);
  expect(await rollBack()).toBe(second);
  expect(await rollBack()).toBe(first);
  expect(await rollBack()).toMatch(NONE);
});

it('after a person had the engine go back: not to what that person left', async () => {
  begin();
  const second = await deployGood('two');
  const { ID, Version, Spec } = bench.engine.service('web');
  const answer = await fetch(
    `${bench.engine.url.replace('tcp:', 'http:')}/v1.41/services/${ID}/update?version=${Version.Index}&rollback=previous`,
    { method: 'POST', body: JSON.stringify(Spec) },
  );
  expect(answer.status).toBe(200);
  await bench.until(
    'the engine is back',
    () => bench.engine.service('web').UpdateStatus?.State === 'rollback_completed',
  );
  expect(await rollBack()).toMatch(NONE);
  expect(await rollBack(second)).toMatch(/is held for web \(left-by-person\)/);
});

it('after the first deployment failed: it says what the history has, and goes where it is told', async () => {
  begin({ update: { ...PAUSE, Monitor: 600e9 } }, false);
  const bad = publish('bad');
  bench.engine.setOutcome(bad, { kind: 'crash', exitCode: 3, afterMs: 500 });
  expect(await push(bad)).toMatchObject({ state: 'failed' });
  const short = first.slice('sha256:'.length).slice(0, 12);
  const refused = await rollBack();
  expect(refused).toMatch(NONE);
  expect(refused).toContain(`Its history has ${short}: name one, with --to ${short}`);
  expect(await rollBack('1')).toMatch(NONE);
  await work.acts.rollback(KEY, { to: short }, by());
  await bench.until('it runs', () => bench.engine.running('web').every((one) => one === first));
});

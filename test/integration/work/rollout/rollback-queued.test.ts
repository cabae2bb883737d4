import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import type { DeploymentView } from '../../../../src/core/contract/views.ts';
import type { Work } from '../../../../src/work/work.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const KEY = { cluster: 'one', service: 'web' };
const everything = { cluster: null, stack: null, service: null, reason: 'x', until: null };

let bench: WorkBench;
let a: Digest;
let b: Digest;
let c: Digest;
let d: Digest;
let work: Work;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  const built = (name: string): Digest => bench.registry.setTag('acme/web', `built-${name}`, name);
  [a, b, c, d] = [built('a'), built('b'), built('c'), built('d')];
  publish(a);
  const image = bench.image('acme/web:v1', a);
  bench.engine.addService({ name: 'web', image, replicas: 2, update: { Monitor: 1e9 } });
  bench.settle();
  ({ work } = bench.start());
  publish(b);
  await push(b);
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: b });
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const publish = (digest: Digest): void => {
  bench.registry.setTag('acme/web', 'v1', digest);
};
const push = (digest: Digest) => bench.hook(work, bench.image('acme/web:v1'), digest);
const has = (): string | undefined =>
  bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image.split('@')[1];
const by = () => ({ actor: 'oncall', address: '::1', signal: AbortSignal.timeout(60_000) });
const rollBack = (to: string | null = null): Promise<DeploymentView> =>
  work.acts.rollback(KEY, { to }, by());
const check = () => work.acts.check(KEY, by());

/** A push of c whose deployment has been queued, and waits behind a freeze; gives that freeze. */
const queueNewer = async (): Promise<string> => {
  const { ID } = bench.engine.service('web');
  bench.engine.inject({ kind: 'drop-before', on: { path: new RegExp(`^/services/${ID}`) } });
  publish(c);
  await push(c);
  await bench.until('it waits', async () => (await bench.deployments('web')).length === 2);
  const { id } = await work.acts.freeze(everything, by());
  bench.engine.clearFaults();
  return id;
};

describe('a person rolls back while a newer push is queued', () => {
  it('holds that digest too, says so, and skips its deployment', async () => {
    const freeze = await queueNewer();
    const asked = await rollBack();
    expect(asked).toMatchObject({ from: b, to: a, alsoHeld: [c] });
    expect(await bench.ended('web', 3)).toMatchObject({ state: 'succeeded', to: a });
    const [, queued] = await bench.deployments('web');
    expect(queued).toMatchObject({ state: 'skipped', reason: 'rolled-back-meanwhile', to: c });
    expect(queued?.steps.at(-1)).toMatchObject({ detail: { by: asked.id } });
    expect(has()).toBe(a);
    await work.acts.thaw(freeze, by());
    expect(await check()).toMatchObject({ verdict: 'held', reason: 'left-by-person' });
  });

  it('keeps it away after a thaw and another push of it, and takes what is published later', async () => {
    const freeze = await queueNewer();
    await rollBack();
    await work.acts.thaw(freeze, by());
    expect(await bench.ended('web', 3)).toMatchObject({ state: 'succeeded', to: a });
    await push(c);
    await bench.checked();
    expect(has()).toBe(a);
    publish(d);
    await push(d);
    expect(await bench.ended('web', 4)).toMatchObject({ state: 'succeeded', from: a, to: d });
  });

  it('lets it go out once somebody releases the service', async () => {
    const freeze = await queueNewer();
    await rollBack();
    await bench.ended('web', 3);
    await work.acts.thaw(freeze, by());
    await work.acts.release(KEY, by());
    await push(c);
    expect(await bench.ended('web', 4)).toMatchObject({ state: 'succeeded', from: a, to: c });
  });

  it('does not hold it where it is what the person goes to', async () => {
    const freeze = await queueNewer();
    const asked = await rollBack(c);
    expect(asked.alsoHeld).toBeUndefined();
    await work.acts.thaw(freeze, by());
    await bench.until('it runs', () => bench.engine.running('web').every((one) => one === c));
    expect(await check()).toMatchObject({ verdict: 'current' });
  });

  it('holds no digest of an earlier rollback that is still queued', async () => {
    const { ID } = bench.engine.service('web');
    publish(c);
    await push(c);
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: c });
    bench.engine.inject({ kind: 'drop-before', on: { path: new RegExp(`^/services/${ID}`) } });
    await rollBack(b);
    const asked = await rollBack(a);
    bench.engine.clearFaults();
    expect(asked.alsoHeld).toBeUndefined();
    expect(await bench.ended('web', 4)).toMatchObject({ state: 'succeeded', to: a });
    const [, , earlier] = await bench.deployments('web');
    expect(earlier).toMatchObject({ state: 'superseded', to: b });
    expect(await rollBack(b)).toMatchObject({ from: a, to: b });
  });
});

it('a rollback holds what is published and kept away by a freeze, queued or not', async () => {
  const { id } = await work.acts.freeze(everything, by());
  publish(c);
  const hook = await push(c);
  await bench.checked();
  expect(await rollBack()).toMatchObject({ from: b, to: a, alsoHeld: [c] });
  await bench.ended('web', 2);
  await work.acts.thaw(id, by());
  await bench.letFollowUpsPass(hook.id);
  expect(has()).toBe(a);
  expect(await check()).toMatchObject({ verdict: 'held', reason: 'left-by-person' });
});

it('a rollback from what is published holds that alone', async () => {
  const asked = await rollBack();
  expect(asked.alsoHeld).toBeUndefined();
  await bench.ended('web', 2);
  expect(await check()).toMatchObject({ verdict: 'held', reason: 'left-by-person' });
});

it('a push that comes while the rollback is carried out goes out', async () => {
  const { ID } = bench.engine.service('web');
  bench.engine.inject({ kind: 'drop-before', on: { path: new RegExp(`^/services/${ID}`) } });
  await rollBack();
  publish(c);
  await push(c);
  await bench.until('it is queued', async () => (await bench.deployments('web')).length === 3);
  bench.engine.clearFaults();
  expect(await bench.ended('web', 3)).toMatchObject({ state: 'succeeded', to: c });
});

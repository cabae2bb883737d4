import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSwarmpitCluster } from '../../../../src/adapters/swarm/swarmpit/swarmpit.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { createSecret } from '../../../../src/core/secret.ts';
import { createStepCounter } from '../../../support/work/crash-at.ts';
import { fakeImage } from '../../../support/fake-registry/images.ts';
import type { Outcome } from '../../../support/fake-engine/tasks.ts';
import { startSwarmpitDouble } from '../../../support/swarmpit/swarmpit-double.ts';
import { ENDED, openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
});
afterEach(async () => {
  await bench.close();
  for (const close of closing.splice(0)) await close();
});

const LABELS = { 'cd-helper.track': 'semver:1.x' };
const NEW_TAG = 'v1.4.0';

/** A service of its own at v1.3.0, for which v1.4.0 has just been published. */
const tell = (name: string, outcome: Outcome): { first: Digest; second: Digest } => {
  const repository = `acme/${name}`;
  const first = bench.registry.setTag(repository, 'v1.3.0', `${name} one`);
  bench.engine.addService({
    name,
    image: bench.image(`${repository}:v1.3.0`, first),
    replicas: 2,
    update: { Monitor: 1e8, Parallelism: 2 },
    labels: LABELS,
  });
  bench.settle();
  const second = bench.registry.setTag(repository, NEW_TAG, `${name} two`);
  bench.engine.setOutcome(second, outcome);
  return { first, second };
};

const isOver = async (name: string, delivery: string): Promise<boolean> => {
  const { pushes } = await bench.delivery(delivery);
  const all = await bench.deployments(name);
  return (
    pushes.every(({ results }) => results.every(({ state }) => state === 'done')) &&
    all.length > 0 &&
    all.every(({ state }) => ENDED.includes(state))
  );
};

const imagesSent = (name: string): readonly string[] =>
  bench.engine.updates.filter((update) => update.name === name).map(({ image }) => image);

/** Early steps, each; what comes later repeats itself while a rollout is followed. */
const steps = function* (): Generator<number> {
  for (let step = 1; step < 400; step += step < 60 ? 2 : 13) yield step;
};

describe('a crash of the helper between any two steps', () => {
  it.each<[string, Outcome]>([
    ['of a move ends in one update to the new tag', { kind: 'good' }],
    [
      'of a move that fails ends in one way back, to the tag before',
      { kind: 'crash', afterMs: 50 },
    ],
  ])('%s', { timeout: 240_000 }, async (_, outcome) => {
    for (const step of steps()) {
      const name = `${outcome.kind}-${step}`;
      const { first, second } = tell(name, outcome);
      const counter = createStepCounter(step, 'crash');
      const before = bench.start({}, counter.wrap);
      counter.arm();
      const { id } = await bench.hook(before.work, bench.image(`acme/${name}:${NEW_TAG}`), second);
      const over = bench
        .until('it is over', () => isOver(name, id))
        .then(() => false)
        .catch(() => false);
      const cameThere = await Promise.race([counter.reached.then(() => true), over]);
      await before.stop();
      const after = bench.start();
      await bench.until(`${name} is over`, () => isOver(name, id));
      await after.stop();
      const old = bench.image(`acme/${name}:v1.3.0`, first);
      const next = bench.image(`acme/${name}:${NEW_TAG}`, second);
      const isGood = outcome.kind === 'good';
      expect({ step, sent: imagesSent(name) }).toEqual({
        step,
        sent: isGood ? [next] : [next, old],
      });
      expect(await bench.deployments(name)).toMatchObject([
        { fromTag: 'v1.3.0', toTag: NEW_TAG, state: isGood ? 'succeeded' : 'rolled-back' },
      ]);
      bench.engine.removeService(name);
      if (!cameThere) return;
    }
    throw new Error('it never came to its end without an interruption');
  });
});

describe('behind Swarmpit', () => {
  const open = async () => {
    const registries = { [bench.registry.host]: `http://${bench.registry.host}` };
    const swarmpit = await startSwarmpitDouble({ engineUrl: bench.engine.url, registries });
    const token = createSecret(swarmpit.token);
    const cluster = createSwarmpitCluster({ name: 'one', url: swarmpit.url, token });
    closing.push(cluster.close, swarmpit.close);
    // Swarmpit asks for no other form.
    const publish = (tag: string): Digest =>
      bench.registry.setTag('acme/web', tag, fakeImage(tag, { form: 'docker' }));
    const first = publish('v1.3.0');
    const image = bench.image('acme/web:v1.3.0', first);
    bench.engine.addService({ name: 'web', image, replicas: 2, labels: LABELS });
    bench.settle();
    const { work } = bench.start({}, { cluster: () => cluster });
    const push = async (tag: string): Promise<Digest> => {
      const digest = publish(tag);
      const { id } = await bench.hook(work, bench.image(`acme/web:${tag}`), digest);
      await bench.until('it is over', () => isOver('web', id));
      return digest;
    };
    const spec = (): string => bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image;
    return { swarmpit, work, push, publish, spec, first };
  };

  it('a move is one redeploy with the tag', async () => {
    const { swarmpit, push, spec } = await open();
    const second = await push(NEW_TAG);
    expect(spec()).toBe(bench.image(`acme/web:${NEW_TAG}`, second));
    expect(bench.engine.running('web')).toEqual([second, second]);
    await push('v1.3.9');
    await push(NEW_TAG);
    expect(swarmpit.redeploys).toHaveLength(1);
    expect(await bench.deployments()).toMatchObject([
      { fromTag: 'v1.3.0', toTag: NEW_TAG, to: second, state: 'succeeded' },
    ]);
  });

  it('a tag that fails is left for the spec before, and the next one is taken', async () => {
    const { push, publish, spec, first } = await open();
    bench.engine.setOutcome(publish(NEW_TAG), { kind: 'crash', afterMs: 50 });
    await push(NEW_TAG);
    expect(await bench.deployments()).toMatchObject([{ state: 'rolled-back', toTag: NEW_TAG }]);
    expect(spec()).toBe(bench.image('acme/web:v1.3.0', first));
    const third = await push('v1.4.1');
    expect(spec()).toBe(bench.image('acme/web:v1.4.1', third));
  });

  it('a person who goes back leaves the tag as well', async () => {
    const { work, push, spec, first } = await open();
    await push(NEW_TAG);
    const by = { actor: 'oncall', signal: AbortSignal.timeout(60_000) };
    await work.acts.rollback({ cluster: 'one', service: 'web' }, { to: null }, by);
    expect(await bench.ended('web', 2)).toMatchObject({
      state: 'succeeded',
      fromTag: NEW_TAG,
      toTag: 'v1.3.0',
      to: first,
    });
    await push(NEW_TAG);
    expect(spec()).toBe(bench.image('acme/web:v1.3.0', first));
    await push('v1.4.1');
    expect(spec()).toContain(':v1.4.1@');
  });
});

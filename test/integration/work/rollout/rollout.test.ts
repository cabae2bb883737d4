import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Cluster } from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { Task } from '../../../../src/core/swarm/service.ts';
import { readDeployment } from '../../../../src/store/deployments/read-deployments.ts';
import type { Work } from '../../../../src/work/work.ts';
import type { NewService } from '../../../support/fake-engine/fake-engine.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const PAUSE = { FailureAction: 'pause', Monitor: 2e9 };
const ROLLBACK = { FailureAction: 'rollback', Monitor: 2e9 };
const CONTINUE = { FailureAction: 'continue', Monitor: 2e9 };

let bench: WorkBench;
let first: Digest;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 20 });
  first = bench.registry.setTag('acme/web', 'v1', 'one');
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

/** A service that has run the first version well for long. */
const add = (change: Partial<NewService> = {}): void => {
  const image = bench.image('acme/web:v1', first);
  bench.engine.addService({ name: 'web', image, replicas: 2, update: PAUSE, ...change });
  bench.settle();
};
const publish = (text: string): Digest => bench.registry.setTag('acme/web', 'v1', text);
const crashing = (text = 'crash'): Digest => {
  const digest = publish(text);
  bench.engine.setOutcome(digest, { kind: 'crash', exitCode: 3, afterMs: 500 });
  bench.engine.setLog(digest, ['starting', 'no database', 'bye']);
  return digest;
};
/** Pushes what is published, and gives what became of it. */
const push = async (work: Work, named: Digest | null = null, count = 1) => {
  await bench.hook(work, bench.image('acme/web:v1'), named);
  return bench.ended('web', count);
};
const stepsOf = (deployment: { readonly steps: readonly { readonly step: string }[] }): string[] =>
  deployment.steps.map(({ step }) => step).filter((step) => step !== 'progress');
const digestOf = (): string =>
  bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image.split('@')[1] ?? '';
const started = (digest: string): number =>
  bench.engine.tasksMade('web').filter(({ image }) => image.endsWith(digest)).length;

/** A cluster that still tells the tasks of a moment before when it first tells that the update has come to a state. */
const withTasksOfBefore = (state: string) => {
  let before: readonly Task[] | null = null;
  let times = 0;
  return {
    times: () => times,
    cluster: (cluster: Cluster): Cluster => ({
      ...cluster,
      observe: async (id, signal) => {
        const seen = await cluster.observe(id, signal);
        if (seen?.service.update?.state !== state || times > 0) {
          before = seen?.tasks ?? before;
          return seen;
        }
        times += 1;
        return { ...seen, tasks: before };
      },
    }),
  };
};

it('tells while a node pulls for long', async () => {
  const { registry, engine } = bench;
  add({ replicas: 1 });
  const to = registry.setTag('acme/web', 'v1', 'large');
  engine.setOutcome(to, { kind: 'good', pullMs: 60_000 });
  const { work } = bench.start();
  await bench.hook(work, bench.image('acme/web:v1'), to);
  const pulling = await bench.until('it is told', async () => {
    const [found] = await bench.deployments('web');
    return found !== undefined && found.pullingSince !== null && found;
  });
  const since = Date.parse(pulling.pullingSince ?? '') - Date.parse(pulling.startedAt ?? '');
  expect(since).toBeLessThan(10_000);
  const ended = await bench.ended('web');
  expect(ended).toMatchObject({ state: 'succeeded', to, pullingSince: null });
  const told = ended.steps.filter(({ detail }) => 'pullingSince' in detail);
  expect(told).toHaveLength(1);
  expect(engine.updates).toHaveLength(1);
});

describe('a version that crashes', () => {
  it('is known for it also where the pause is seen before the task that caused it', async () => {
    add();
    const { cluster, times } = withTasksOfBefore('paused');
    const { work } = bench.start({}, { cluster });
    const bad = crashing();
    expect(await push(work, bad)).toMatchObject({ state: 'rolled-back', reason: 'task-failed' });
    expect(times()).toBe(1);
    expect(await bench.deployments('web')).toHaveLength(1);
  });

  it('as the monitor period ends is no success, although the engine says so, and is held', async () => {
    add({ replicas: 1 });
    const { cluster, times } = withTasksOfBefore('completed');
    const { work } = bench.start({}, { cluster });
    const bad = publish('crash');
    bench.engine.setOutcome(bad, { kind: 'crash', exitCode: 3, afterMs: 2_100 });
    expect(await push(work, bad)).toMatchObject({
      state: 'rolled-back',
      reason: 'task-failed',
      failure: { exitCode: 3 },
    });
    expect(times()).toBe(1);
    expect(digestOf()).toBe(first);
    const { id } = await bench.hook(work, bench.image('acme/web:v1'), bad);
    await bench.checked();
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
      { outcome: 'nothing-to-do', detail: 'held (known-bad)' },
    ]);
  });

  it.each([
    ['pause', PAUSE],
    ['continue', CONTINUE],
  ])('is taken back to the proven one where the engine does not (%s)', async (_name, update) => {
    add({ update });
    const { work } = bench.start();
    const bad = crashing();
    const deployment = await push(work, bad);
    expect(deployment).toMatchObject({
      state: 'rolled-back',
      reason: 'task-failed',
      from: first,
      to: bad,
      failure: {
        message: 'task: non-zero exit (3)',
        exitCode: 3,
        node: expect.any(String),
        nodeName: expect.stringMatching(/^node-\d/),
        log: ['starting', 'no database', 'bye'],
      },
    });
    expect(stepsOf(deployment)).toEqual([
      'queued',
      'update-sent',
      'taking-back',
      'update-sent',
      'rolled-back',
    ]);
    // The story of its tasks, and what the update itself changed, not what it took to come back.
    const whole = await readDeployment(bench.store.db, deployment.id);
    const told = (whole?.steps ?? []).flatMap(({ step, detail }) =>
      step === 'tasks' ? (detail['tasks'] as readonly { state: string; digest: string }[]) : [],
    );
    expect(told).toContainEqual(
      expect.objectContaining({ digest: bad, state: 'failed', error: 'task: non-zero exit (3)' }),
    );
    expect(deployment.steps.some(({ step }) => step === 'tasks')).toBe(false);
    expect(deployment.changes).toContainEqual({
      path: 'TaskTemplate.ContainerSpec.Image',
      before: expect.stringContaining(first),
      after: expect.stringContaining(bad),
    });
    expect(bench.engine.running('web')).toEqual([first, first]);
    expect(bench.engine.updates.map(({ query }) => query['rollback'])).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is left to the engine where that goes back to what is proven', async () => {
    add({ update: ROLLBACK });
    const { work } = bench.start();
    const deployment = await push(work, crashing());
    expect(deployment).toMatchObject({ state: 'rolled-back', reason: 'task-failed' });
    expect(deployment.steps.at(-1)?.detail).toMatchObject({
      rolledBackTo: first,
      by: 'engine',
      proven: true,
    });
    expect(bench.engine.updates.length).toBe(1);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });

  it('is not tried again by five hooks, SmartRedeploy nor another start', async () => {
    add();
    let running = bench.start();
    const bad = crashing();
    await push(running.work, bad);
    const updates = bench.engine.updates.length;
    for (let index = 0; index < 5; index += 1) {
      await bench.hook(running.work, bench.image('acme/web:v1'), bad);
      await bench.checked();
    }
    await running.stop();
    running = bench.start();
    await bench.hook(running.work, bench.image('acme/web:v1'), bad);
    await bench.checked();
    const request = { ...EVERY_SERVICE, dryRun: true, pin: true };
    const by = { origin: 'person' as const, actor: 'me', signal: AbortSignal.timeout(10_000) };
    const run = await running.work.smartRedeploy.start(request, by);
    expect(run.services).toMatchObject([{ name: 'web', verdict: 'held', reason: 'known-bad' }]);
    expect(bench.engine.updates.length).toBe(updates);
    expect((await bench.deployments()).length).toBe(1);

    const good = publish('three');
    expect(await push(running.work, good, 2)).toMatchObject({ state: 'succeeded', to: good });
    expect(bench.engine.running('web')).toEqual([good, good]);
  });

  it('of an unpinned service is not tried again either', async () => {
    // The engine goes back to the unpinned image, of which nobody can tell that it differs.
    add({ image: bench.image('acme/web:v1'), update: ROLLBACK });
    const { work } = bench.start();
    const bad = crashing();
    expect(await push(work)).toMatchObject({ state: 'rolled-back', cause: 'unpinned' });
    const made = started(bad);
    for (let index = 0; index < 3; index += 1) {
      bench.clock.skip(200_000);
      expect(await push(work, null, 2 + index)).toMatchObject({ state: 'skipped', reason: 'held' });
    }
    expect(bench.engine.updates.length).toBe(1);
    expect(started(bad)).toBe(made);
  });

  it('stays where its label says so', async () => {
    add({ labels: { 'cd-helper.rollback': 'off' } });
    const { work } = bench.start();
    const bad = crashing();
    const deployment = await push(work, bad);
    expect(deployment).toMatchObject({ state: 'failed', reason: 'task-failed' });
    expect(deployment.steps.at(-1)?.detail).toMatchObject({
      notTakenBack: 'the label cd-helper.rollback is off',
    });
    expect(digestOf()).toBe(bad);
  });

  it('stays where nothing is proven, and the record says so', async () => {
    add({ image: bench.image('acme/web:v1') });
    const { work } = bench.start();
    const deployment = await push(work, crashing());
    expect(deployment).toMatchObject({ state: 'failed', reason: 'task-failed' });
    expect(deployment.steps.at(-1)?.detail).toMatchObject({
      notTakenBack: 'no good image known: the service had no digest before',
    });
  });

  it('is tried once more when a person releases it', async () => {
    add();
    const { work } = bench.start();
    const bad = crashing();
    await push(work, bad);
    const by = { actor: 'oncall', signal: AbortSignal.timeout(10_000) };
    expect(await work.acts.release({ cluster: 'one', service: 'web' }, by)).toMatchObject({
      verdict: 'obsolete',
    });
    bench.engine.setOutcome(bad, { kind: 'good' });
    expect(await push(work, bad, 2)).toMatchObject({ state: 'succeeded', to: bad });
  });

  it('only after its monitor period is no failure of the update, nor proven by it again', async () => {
    add();
    const { work } = bench.start();
    const slow = publish('slow crash');
    bench.engine.setOutcome(slow, { kind: 'crash', afterMs: 60_000 });
    expect(await push(work, slow)).toMatchObject({ state: 'succeeded' });
  });
});

/** Long enough that the next push comes before the first one has proved itself, on a busy machine too. */
const SLOWLY = { ...ROLLBACK, Monitor: 10e9 };

describe('a failed update that took another’s place', () => {
  it('is taken back to what is proven, not to what the engine had before it', async () => {
    add({ update: SLOWLY });
    const { work } = bench.start();
    const second = publish('two');
    await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.until('the first is under way', () => bench.engine.updates.length === 1);
    const bad = crashing();
    await bench.hook(work, bench.image('acme/web:v1'), bad);
    const last = await bench.ended('web', 2);
    const [superseded] = await bench.deployments('web');
    expect(superseded).toMatchObject({ state: 'superseded', to: second });
    expect(last).toMatchObject({ state: 'rolled-back', to: bad });
    expect(bench.engine.running('web')).toEqual([first, first]);
    expect(bench.engine.updates.map(({ image }) => image.split('@')[1])).toEqual([
      second,
      bad,
      first,
    ]);
  });

  it('is taken back also where the engine could not go back to that other one', async () => {
    add({ update: SLOWLY });
    const { work } = bench.start();
    const sick = publish('two');
    bench.engine.setOutcome(sick, { kind: 'unhealthy', exitCode: 143, afterMs: 20_000 });
    await bench.hook(work, bench.image('acme/web:v1'), sick);
    await bench.until('the first is under way', () => bench.engine.updates.length === 1);
    const bad = crashing();
    const last = await push(work, bad, 2);
    expect(last).toMatchObject({ state: 'rolled-back', reason: 'task-failed', to: bad });
    expect(bench.engine.running('web')).toEqual([first, first]);
    expect(bench.engine.updates.map(({ image }) => image.split('@')[1])).toEqual([
      sick,
      bad,
      first,
    ]);
  });

  it('is left as it is where the engine could not go back to what is proven', async () => {
    add({ update: SLOWLY });
    const { work } = bench.start();
    const bad = crashing();
    await bench.hook(work, bench.image('acme/web:v1'), bad);
    await bench.until('it is under way', () => bench.engine.updates.length === 1);
    bench.engine.setOutcome(first, { kind: 'crash', exitCode: 3, afterMs: 500 });
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'rollback-paused' });
    expect(bench.engine.updates).toHaveLength(1);
  });
});

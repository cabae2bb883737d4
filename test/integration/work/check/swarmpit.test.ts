import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSwarmpitCluster } from '../../../../src/adapters/swarm/swarmpit/swarmpit.ts';
import type { Cluster } from '../../../../src/core/swarm/cluster.ts';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { silentLog } from '../../../../src/core/log.ts';
import { createSecret } from '../../../../src/core/secret.ts';
import { inspectServices } from '../../../../src/work/reads/inspect.ts';
import type { Work } from '../../../../src/work/work.ts';
import { createStepCounter } from '../../../support/work/crash-at.ts';
import {
  type FakeRegistry,
  startFakeRegistry,
} from '../../../support/fake-registry/fake-registry.ts';
import { fakeImage, fakeTwoPlatforms } from '../../../support/fake-registry/images.ts';
import {
  startSwarmpitDouble,
  type SwarmpitDouble,
  type SwarmpitDoubleOptions,
  type SwarmpitVersion,
} from '../../../support/swarmpit/swarmpit-double.ts';
import {
  openWorkBench,
  type RunningWork,
  type Wrap,
  type WorkBench,
} from '../../../support/work/work-bench.ts';

let bench: WorkBench;
let swarmpit: SwarmpitDouble;
let cluster: Cluster;
/** Holds what the other does; either may be away without the other. */
let asSeenBySwarmpit: FakeRegistry;
let first: Digest;
let second: Digest;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
  asSeenBySwarmpit = await startFakeRegistry();
  const registries = { [bench.registry.host]: `http://${asSeenBySwarmpit.host}` };
  swarmpit = await startSwarmpitDouble({ engineUrl: bench.engine.url, registries });
  const token = createSecret(swarmpit.token);
  cluster = createSwarmpitCluster({ name: 'one', url: swarmpit.url, token });
  first = publish('web', 'one');
  bench.engine.addService({ name: 'web', image: bench.image('acme/web:v1', first), replicas: 2 });
  bench.settle();
  second = publish('web', 'two');
});
afterEach(async () => {
  await bench.close();
  for (const close of closing.splice(0)) await close();
  await cluster.close();
  await swarmpit.close();
  await asSeenBySwarmpit.close();
});

const publish = (name: string, content: string): Digest => {
  // Swarmpit asks for no other form.
  const image = fakeImage(content, { form: 'docker' });
  asSeenBySwarmpit.setTag(`acme/${name}`, 'v1', image);
  return bench.registry.setTag(`acme/${name}`, 'v1', image);
};
const IMAGE = (): string => bench.image('acme/web:v1');
/** More than a push takes until its redeploy is followed. */
const MOST_STEPS = 40;
/** Going back takes about a hundred, the question itself the first forty: every other one of them is tried. */
const BACK_STEPS = { first: 31, last: 101, apart: 2 };
/** As many as it takes from the redeploy until the service is back. */
const TAKE_BACK_STEPS = { first: 35, last: 185, apart: 10 };
const REDEPLOY = { method: 'POST', path: /\/redeploy$/ };
const start = (wrap: Wrap = {}): RunningWork =>
  bench.start({}, { ...wrap, cluster: () => wrap.cluster?.(cluster) ?? cluster });
/** Sends the hook again at every follow-up, which must do no harm. */
const insist = async (work: Work, digest = second): Promise<void> => {
  for (const ms of [6_000, 30_000, 120_000]) {
    await bench.checked();
    await bench.until('nothing is under way', async () =>
      (await bench.deployments()).every(({ endedAt }) => endedAt !== null),
    );
    bench.clock.skip(ms);
    await bench.hook(work, IMAGE(), digest);
  }
  await bench.checked();
};

describe('a push to a cluster behind Swarmpit', () => {
  it('is redeployed once, however often it is told', async () => {
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', from: first, to: second });
    await insist(work);
    expect(swarmpit.redeploys).toHaveLength(1);
    expect(bench.engine.running('web')).toEqual([second, second]);
  });

  it('that Swarmpit itself refuses is not put down to the registry', async () => {
    const token = createSecret(swarmpit.viewerToken);
    const looking = createSwarmpitCluster({ name: 'one', url: swarmpit.url, token });
    const { work } = start({ cluster: () => looking });
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'refused' });
    await looking.close();
  });

  it('survives a registry that gives Swarmpit no answer for a moment', async () => {
    asSeenBySwarmpit.fault({ kind: 'status', status: 503 }, { times: 2 });
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(swarmpit.redeploys.map(({ status }) => status)).toEqual([503, 503, 202]);
  });

  it('that the registry refuses to Swarmpit is not put down to the token', async () => {
    asSeenBySwarmpit.fault({ kind: 'status', status: 401 });
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({
      state: 'failed',
      reason: 'registry-refused',
      failure: { message: expect.stringMatching(/linked in Swarmpit/) },
    });
  });

  it('of an OCI image is held before anything is asked of Swarmpit, with what to do', async () => {
    await cluster.identify(new AbortController().signal);
    const oci = bench.registry.setTag('acme/web', 'v1', fakeImage('three', { form: 'oci' }));
    const { work } = start();
    const { id } = await bench.hook(work, IMAGE(), oci);
    await bench.checked();
    expect((await bench.delivery(id)).pushes[0]?.results).toMatchObject([
      { outcome: 'nothing-to-do', detail: 'held (swarmpit-cannot-pull)' },
    ]);
    const deps = {
      clusters: [{ cluster, select: 'all' as const }],
      db: bench.store.db,
      now: bench.clock.now,
      followsIndex: () => false,
      log: silentLog,
    };
    expect(await inspectServices(deps, {}, new AbortController().signal)).toMatchObject([
      {
        verdict: 'held',
        reason: 'swarmpit-cannot-pull',
        detail: expect.stringMatching(/build with Docker media types/),
      },
    ]);
    expect(swarmpit.redeploys).toEqual([]);
  });

  it('whose digest nobody but Swarmpit can find is handed to it, once', async () => {
    bench.registry.fault({ kind: 'status', status: 503 });
    const { work } = start();
    const { id } = await bench.hook(work, IMAGE());
    expect(await bench.ended('web')).toMatchObject({
      state: 'succeeded',
      cause: 'handed-over',
      to: second,
    });
    bench.clock.skip(4 * 3_600_000);
    await bench.until('the push has its end', async () =>
      (await bench.delivery(id)).pushes.every(({ results }) =>
        results.every(({ state }) => state === 'done'),
      ),
    );
    expect(swarmpit.redeploys).toHaveLength(1);
  });
});

describe('an image that cannot stay up', () => {
  const LOG = ['listening', 'panic: no database'];
  beforeEach(() => {
    // Less than the task lives: the engine calls the update completed.
    bench.engine.changeSpec('web', (spec) => {
      spec.UpdateConfig = { Monitor: 1_000_000 };
      // What ended is away for longer than from one look to the next.
      spec.TaskTemplate.RestartPolicy = { Delay: 5_000_000_000 };
    });
    bench.settle();
    bench.engine.setOutcome(second, { kind: 'crash', exitCode: 7, afterMs: 1_000 });
    bench.engine.setLog(second, LOG);
  });

  const failing = async (wrap: Wrap = {}): Promise<Work> => {
    const { work } = start(wrap);
    await bench.hook(work, IMAGE(), second);
    return work;
  };
  const whyNot = async (): Promise<unknown> =>
    (await bench.ended('web')).steps.findLast(({ step }) => step === 'failed')?.detail;

  it('goes back to the previous spec, which is the last good one, and says what it wrote', async () => {
    const work = await failing();
    expect(await bench.ended('web')).toMatchObject({
      state: 'rolled-back',
      reason: 'task-failed',
      failure: { message: 'task: non-zero exit (7)', exitCode: 7, nodeName: 'node-1', log: LOG },
    });
    expect(bench.engine.running('web')).toEqual([first, first]);
    await insist(work);
    expect(swarmpit.redeploys).toHaveLength(1);
    expect(swarmpit.rollbacks).toMatchObject([{ status: 202 }]);
  });

  it('is left as it is where the label says so', async () => {
    bench.engine.changeSpec('web', (spec) => {
      spec.Labels = { 'cd-helper.rollback': 'off' };
    });
    bench.settle();
    await failing();
    expect(await whyNot()).toMatchObject({ notTakenBack: 'the label cd-helper.rollback is off' });
    expect(swarmpit.rollbacks).toEqual([]);
  });

  it('is left as it is where somebody has changed the service since: the previous spec is not the good one', async () => {
    await failing();
    await bench.until('it is sent', async () => swarmpit.redeploys.length > 0);
    bench.engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Env = ['B=2'];
    });
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'task-failed' });
    expect(await whyNot()).toMatchObject({
      notTakenBack:
        'this cluster can only go back to the previous spec, which is not the last good one',
    });
    expect(swarmpit.rollbacks).toEqual([]);
  });

  it('is left as it is where the good image was not pinned: its tag is the bad one by now', async () => {
    bench.engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Image = IMAGE();
    });
    bench.settle();
    await failing();
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'task-failed' });
    expect(swarmpit.rollbacks).toEqual([]);
  });

  it.each([
    ['drop-after', 'rolled-back', {}],
    ['drop-before', 'failed', { takeBackFailed: expect.stringMatching(/did not answer/) }],
  ] as const)('goes back once at most where no answer comes (%s)', async (kind, state, detail) => {
    swarmpit.inject({ kind, on: { method: 'POST', path: /\/rollback$/ }, times: 1 });
    await failing();
    const ended = await bench.ended('web');
    expect(ended).toMatchObject({ state, reason: 'task-failed' });
    expect(ended.steps.at(-1)?.detail).toMatchObject(detail);
    expect(swarmpit.rollbacks.length).toBe(kind === 'drop-after' ? 1 : 0);
  });

  it('does not go back where somebody changes the service in that moment', async () => {
    await failing({
      cluster: (one) => ({
        ...one,
        restorePrevious: (service, signal) => {
          bench.engine.changeSpec('web', (spec) => {
            spec.TaskTemplate.ContainerSpec.Env = ['B=2'];
          });
          return one.restorePrevious?.(service, signal) ?? Promise.reject(new Error('it cannot'));
        },
      }),
    });
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'task-failed' });
    expect(swarmpit.rollbacks).toEqual([]);
  });

  it('never counts as up where only counts are told', async () => {
    const registries = { [bench.registry.host]: `http://${asSeenBySwarmpit.host}` };
    const engineUrl = bench.engine.url;
    const bare = await startSwarmpitDouble({ engineUrl, registries, tellsTasks: false });
    const token = createSecret(bare.token);
    const counting = createSwarmpitCluster({ name: 'one', url: bare.url, token });
    bench.engine.changeSpec('web', (spec) => {
      spec.Labels = { 'cd-helper.timeout': '30s' };
    });
    bench.settle();
    const { work } = start({ cluster: () => counting });
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'deadline' });
    await counting.close();
    await bare.close();
  });
});

describe('a person who goes back', () => {
  const by = { actor: 'oncall', signal: new AbortController().signal };
  const goBack = (work: Work, to: string | null = null) =>
    work.acts.rollback({ cluster: 'one', service: 'web' }, { to }, by);
  const setEnvironment = (text: string, digest?: Digest): void =>
    bench.engine.changeSpec('web', ({ TaskTemplate: { ContainerSpec: container } }) => {
      container.Env = [text];
      if (digest !== undefined) container.Image = bench.image('acme/web:v1', digest);
    });
  const environment = () => bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Env;
  /** The helper after it has deployed the second digest in place of the first. */
  const deployed = async (wrap: Wrap = {}): Promise<Work> => {
    const { work } = start(wrap);
    await bench.hook(work, IMAGE(), second);
    await bench.ended('web');
    return work;
  };

  it.each([null, '1'])('to the spec before (%s) has it, and what it left is held', async (to) => {
    const work = await deployed();
    const asked = await goBack(work, to);
    expect(asked).toMatchObject({ cause: 'taken-back', from: second, to: null });
    expect(await bench.ended('web', 2)).toMatchObject({
      id: asked.id,
      state: 'succeeded',
      to: first,
      triggers: [{ kind: 'person', actor: 'oncall' }],
    });
    await insist(work);
    expect(swarmpit.redeploys).toHaveLength(1);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });

  it('to a spec that differs in more than its image has what it left held all the same', async () => {
    setEnvironment('A=1', second);
    bench.settle();
    const { work } = start();
    await goBack(work);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: first });
    expect(environment()).toBeUndefined();
    await insist(work);
    expect(swarmpit.redeploys).toEqual([]);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });

  it('holds what is published already too, also for the spec that comes back', async () => {
    setEnvironment('A=1', second);
    bench.settle();
    const { work } = start();
    const freeze = { cluster: null, stack: null, service: null, reason: 'x', until: null };
    const { id } = await work.acts.freeze(freeze, by);
    const third = bench.registry.setTag('acme/web', 'v1', 'three');
    await bench.hook(work, IMAGE(), third);
    await bench.checked();
    expect(await goBack(work)).toMatchObject({ from: second, alsoHeld: [third] });
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: first });
    expect(environment()).toBeUndefined();
    await work.acts.thaw(id, by);
    await insist(work, third);
    expect(swarmpit.redeploys).toEqual([]);
    expect(bench.engine.running('web')).toEqual([first, first]);
  });

  it.each(['2', `sha256:${'a'.repeat(64)}`])('to %s is refused, with the reason', async (to) => {
    const work = await deployed();
    await expect(goBack(work, to)).rejects.toMatchObject({
      code: 'not-supported',
      message:
        'this cluster cannot deploy a chosen digest; it can only go back to the previous spec',
    });
    expect(await bench.deployments()).toHaveLength(1);
  });

  it('where there is no spec before is refused', async () => {
    const { work } = start();
    await expect(goBack(work)).rejects.toMatchObject({
      code: 'conflict',
      message: 'web has no spec before the present one',
    });
    expect(await bench.deployments()).toEqual([]);
  });

  it.each([
    ['drop-after', { state: 'succeeded', reason: null }],
    ['drop-before', { state: 'failed', reason: 'outcome-unknown', to: null }],
  ] as const)('and hears no answer (%s) does so once at most', async (kind, end) => {
    const work = await deployed();
    swarmpit.inject({ kind, on: { method: 'POST', path: /\/rollback$/ }, times: 1 });
    await goBack(work);
    expect(await bench.ended('web', 2)).toMatchObject(end);
    const runs = end.state === 'succeeded' ? first : second;
    expect(bench.engine.running('web')).toEqual([runs, runs]);
  });

  it('while somebody else changes the service leaves it as it is', async () => {
    // What stands before the present spec then is no more what was asked for.
    const work = await deployed({
      cluster: (one) => ({
        ...one,
        restorePrevious: (service, signal) => {
          setEnvironment('B=2');
          return one.restorePrevious?.(service, signal) ?? Promise.reject(new Error('it cannot'));
        },
      }),
    });
    await goBack(work);
    const end = { state: 'failed', reason: 'changed-by-other' };
    expect(await bench.ended('web', 2)).toMatchObject(end);
    expect(environment()).toEqual(['B=2']);
    expect(new Set(bench.engine.running('web'))).toEqual(new Set([second]));
  });
});

describe('a digest that Swarmpit finds by itself', () => {
  const behind = async (version: SwarmpitVersion): Promise<Work> => {
    const registries = { [bench.registry.host]: `http://${asSeenBySwarmpit.host}` };
    const double = await startSwarmpitDouble({ engineUrl: bench.engine.url, registries, version });
    const token = createSecret(double.token);
    const other = createSwarmpitCluster({ name: 'one', url: double.url, token });
    closing.push(other.close, double.close);
    return start({ cluster: () => other }).work;
  };

  it.each([
    ['1.7', 1],
    ['1.9', 0],
    ['1.10', 0],
    ['master', 0],
  ] as const)(
    'of %s may be one platform of the index, which is no other',
    async (version, isOne) => {
      const index = fakeTwoPlatforms('two', 'docker');
      asSeenBySwarmpit.setTag('acme/web', 'v1', index);
      const digest = bench.registry.setTag('acme/web', 'v1', index);
      const work = await behind(version);
      await bench.hook(work, IMAGE(), digest);
      expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: digest });
      const runs = isOne === 1 ? index.children[0]?.digest : digest;
      expect(bench.engine.running('web')).toEqual([runs, runs]);
      await bench.hook(work, IMAGE(), digest);
      await bench.checked();
      expect(await bench.deployments()).toHaveLength(1);
    },
  );

  it('is told apart from somebody’s change where its registry shows another', async () => {
    const stale = asSeenBySwarmpit.setTag('acme/web', 'v1', fakeImage('zero', { form: 'docker' }));
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({
      state: 'failed',
      reason: 'other-digest',
      failure: { message: expect.stringContaining(`deployed ${stale} instead of ${second}`) },
    });
    // Nothing is held: when its registry has caught up, the next push is deployed.
    asSeenBySwarmpit.setTag('acme/web', 'v1', fakeImage('two', { form: 'docker' }));
    bench.clock.skip(6_000);
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: second });
  });

  it('may be none, and what runs then is unpinned (master)', async () => {
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
    asSeenBySwarmpit.fault({ kind: 'content', body: '{}', headers });
    const work = await behind('master');
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(bench.engine.running('web')).toEqual([IMAGE(), IMAGE()]);
  });
});

describe('a redeploy that Swarmpit gives up on', () => {
  const impatient = async (
    limits: Pick<SwarmpitDoubleOptions, 'registryTimeoutMs' | 'dockerTimeoutMs'>,
  ) => {
    const registries = { [bench.registry.host]: `http://${asSeenBySwarmpit.host}` };
    const engineUrl = bench.engine.url;
    const double = await startSwarmpitDouble({ engineUrl, registries, ...limits });
    const token = createSecret(double.token);
    const other = createSwarmpitCluster({ name: 'one', url: double.url, token });
    closing.push(other.close, double.close);
    return { double, work: start({ cluster: () => other }).work };
  };
  const statuses = (double: SwarmpitDouble): readonly number[] =>
    double.redeploys.map(({ status }) => status);

  it('is repeated once, when the service has shown nothing of it for a minute', async () => {
    const { double, work } = await impatient({ registryTimeoutMs: 300 });
    asSeenBySwarmpit.fault({ kind: 'hang' }, { times: 1 });
    await bench.hook(work, IMAGE(), second);
    const ended = await bench.ended('web');
    expect(ended).toMatchObject({ state: 'succeeded', to: second });
    expect(ended.steps.map(({ step }) => step)).toContain('repeating');
    expect(statuses(double)).toEqual([408, 202]);
  });

  it('is not repeated twice', async () => {
    const { double, work } = await impatient({ registryTimeoutMs: 300 });
    asSeenBySwarmpit.fault({ kind: 'hang' });
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'outcome-unknown' });
    expect(statuses(double)).toEqual([408, 408]);
  });

  it('is not repeated where Docker has carried it out all the same', async () => {
    const { double, work } = await impatient({ dockerTimeoutMs: 300 });
    bench.engine.inject({ kind: 'delay', ms: 600, on: { method: 'POST' }, times: 1 });
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    expect(statuses(double)).toEqual([408]);
    expect(bench.engine.updates).toHaveLength(1);
  });

  it('is not repeated where anything has happened to the service since', async () => {
    const { double, work } = await impatient({ registryTimeoutMs: 300 });
    asSeenBySwarmpit.fault({ kind: 'hang' }, { times: 1 });
    await bench.hook(work, IMAGE(), second);
    await bench.until('it has given up', async () => double.redeploys.length > 0);
    bench.engine.changeSpec('web', (spec) => {
      spec.Labels = { other: 'actor' };
    });
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'outcome-unknown' });
    expect(statuses(double)).toEqual([408]);
  });
});

describe('a job behind Swarmpit', () => {
  const job = (name: string, before: Digest): void => {
    bench.engine.addService({
      name,
      image: bench.image(`acme/${name}:v1`, before),
      mode: { ReplicatedJob: { MaxConcurrent: 2, TotalCompletions: 2 } },
      labels: { 'cd-helper.jobs': 'true' },
    });
    bench.settle();
  };

  it('is followed to its end, whatever it ran before', async () => {
    job('nightly', publish('nightly', 'nightly one'));
    const after = publish('nightly', 'nightly two');
    const { work } = start();
    await bench.hook(work, bench.image('acme/nightly:v1'), after);
    expect(await bench.ended('nightly')).toMatchObject({ state: 'succeeded', to: after });
    const states = bench.engine.tasks('nightly').map(({ Status }) => Status.State);
    expect(states).toEqual(['complete', 'complete', 'complete', 'complete']);
  });

  it('that fails is a failure', async () => {
    job('nightly', publish('nightly', 'nightly one'));
    const after = publish('nightly', 'nightly two');
    bench.engine.setOutcome(after, { kind: 'crash', exitCode: 5 });
    const { work } = start();
    await bench.hook(work, bench.image('acme/nightly:v1'), after);
    const ended = await bench.ended('nightly');
    expect(ended).toMatchObject({ reason: 'task-failed', failure: { exitCode: 5 } });
    expect(ended.state).not.toBe('succeeded');
  });
});

describe('a redeploy whose answer is lost', () => {
  it('and that was carried out is found, and not repeated', async () => {
    swarmpit.inject({ kind: 'drop-after', on: REDEPLOY, times: 1 });
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: second });
    await insist(work);
    expect(swarmpit.redeploys).toHaveLength(1);
  });

  it('and that does not show is unknown, and not repeated by itself', async () => {
    swarmpit.inject({ kind: 'drop-before', on: REDEPLOY, times: 1 });
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'outcome-unknown' });
    expect(swarmpit.redeploys).toEqual([]);
  });

  it('is not waited for any longer where the clock is set back by an hour meanwhile', async () => {
    swarmpit.inject({ kind: 'drop-before', on: REDEPLOY, times: 1 });
    const { work } = start();
    await bench.hook(work, IMAGE(), second);
    await bench.until('no answer came', async () =>
      (await bench.deployments('web'))[0]?.steps.some(({ step }) => step === 'no-answer'),
    );
    bench.clock.jump(-3_600_000);
    const from = bench.clock.monotonic();
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'outcome-unknown' });
    expect(bench.clock.monotonic() - from).toBeLessThan(10 * 60_000);
  });
});

it('a crash between any two steps redeploys once at most, and says how it ended', async () => {
  const ends = new Set<string>();
  for (let step = 1; step <= MOST_STEPS; step += 1) {
    const name = `web-${step}`;
    const before = publish(name, `${name} one`);
    bench.engine.addService({ name, image: bench.image(`acme/${name}:v1`, before) });
    bench.settle();
    const after = publish(name, `${name} two`);
    const known = swarmpit.redeploys.length;
    const counter = createStepCounter(step, 'crash');
    const dying = start(counter.wrap);
    counter.arm();
    await bench.hook(dying.work, bench.image(`acme/${name}:v1`), after);
    await Promise.race([counter.reached, bench.ended(name).catch(() => {})]);
    await dying.stop();
    const next = start();
    const { state, reason } = await bench.ended(name);
    await next.stop();
    ends.add(`${state}, ${reason}, redeploys: ${swarmpit.redeploys.length - known}`);
  }
  // How many steps there are before the redeploy is sent, and so which of these there are, is for the machine.
  ends.delete('failed, outcome-unknown, redeploys: 0');
  expect([...ends]).toEqual(['succeeded, null, redeploys: 1']);
}, 120_000);

it('a crash between steps of going back goes back once at most, and says how it ended', async () => {
  const ends = new Set<string>();
  const { first: from, last: until, apart } = BACK_STEPS;
  for (let step = from; step <= until; step += apart) {
    const name = `back-${step}`;
    const before = publish(name, `${name} one`);
    bench.engine.addService({ name, image: bench.image(`acme/${name}:v1`, before) });
    bench.settle();
    const after = publish(name, `${name} two`);
    const counter = createStepCounter(step, 'crash');
    const dying = start(counter.wrap);
    await bench.hook(dying.work, bench.image(`acme/${name}:v1`), after);
    await bench.ended(name);
    const made = bench.engine.tasksMade(name).length;
    // The hook of an image that nobody runs begins the count.
    counter.arm();
    await bench.hook(dying.work, bench.image('acme/nobody:v1'));
    const by = { actor: 'oncall', signal: new AbortController().signal };
    await dying.work.acts
      .rollback({ cluster: 'one', service: name }, { to: null }, by)
      .catch(() => {});
    await Promise.race([counter.reached, bench.ended(name, 2).catch(() => {})]);
    await dying.stop();
    if ((await bench.deployments(name)).length < 2) continue;
    const next = start();
    const { state, reason } = await bench.ended(name, 2);
    await next.stop();
    const restarts = bench.engine.tasksMade(name).length - made;
    const runs = bench.engine.running(name)[0] === before ? 'the first' : 'the second';
    ends.add(`${state}, ${reason}, ${runs}, restarts: ${restarts}`);
  }
  // Whether one lies right before the request goes out is for the machine.
  ends.delete('failed, outcome-unknown, the second, restarts: 0');
  expect([...ends]).toEqual(['succeeded, null, the first, restarts: 1']);
}, 120_000);

it('a crash while an image that fails is taken back goes back once at most, and says how it ended', async () => {
  const ends = new Set<string>();
  for (
    let step = TAKE_BACK_STEPS.first;
    step <= TAKE_BACK_STEPS.last;
    step += TAKE_BACK_STEPS.apart
  ) {
    const name = `bad-${step}`;
    const before = publish(name, `${name} one`);
    bench.engine.addService({ name, image: bench.image(`acme/${name}:v1`, before) });
    bench.settle();
    const after = publish(name, `${name} two`);
    bench.engine.setOutcome(after, { kind: 'crash', afterMs: 1_000 });
    const known = swarmpit.rollbacks.length;
    const counter = createStepCounter(step, 'crash');
    const dying = start(counter.wrap);
    counter.arm();
    await bench.hook(dying.work, bench.image(`acme/${name}:v1`), after);
    await Promise.race([counter.reached, bench.ended(name).catch(() => {})]);
    await dying.stop();
    const next = start();
    const { state, reason } = await bench.ended(name);
    await next.stop();
    const runs = bench.engine.running(name).includes(after) ? 'the second' : 'the first';
    ends.add(`${state}, ${reason}, ${runs}, back: ${swarmpit.rollbacks.length - known}`);
  }
  // Whether one lies right before a request goes out is for the machine.
  for (const end of ends) if (/outcome-unknown|back: 0/.test(end)) ends.delete(end);
  expect([...ends]).toEqual(['rolled-back, task-failed, the first, back: 1']);
}, 120_000);

it('a crash right before the redeploy is sent is unknown: nobody can tell that it was not', async () => {
  const counter = createStepCounter(1, 'crash');
  const dying = start({
    ...counter.wrap,
    cluster: (one) => ({
      ...one,
      updateImage: async () => {
        counter.reach();
        // Whatever it hears, nothing gets out of it any more.
        return { kind: 'out-of-sequence' };
      },
    }),
  });
  await bench.hook(dying.work, IMAGE(), second);
  await counter.reached;
  await dying.stop();
  start();
  expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'outcome-unknown' });
  expect(swarmpit.redeploys).toEqual([]);
});

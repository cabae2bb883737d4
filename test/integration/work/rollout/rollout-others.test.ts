import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { Work } from '../../../../src/work/work.ts';
import type { NewService } from '../../../support/fake-engine/fake-engine.ts';
import { digestOfChar } from '../../../support/work/make-service.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

const PAUSE = { FailureAction: 'pause', Monitor: 2e9 };
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

const by = () => ({ actor: 'oncall', address: '::1', signal: AbortSignal.timeout(10_000) });
const WEB = { cluster: 'one', service: 'web' } as const;

/** A service that has run the first version well for long. */
const add = (change: Partial<NewService> = {}): void => {
  const image = bench.image('acme/web:v1', first);
  bench.engine.addService({ name: 'web', image, replicas: 2, update: PAUSE, ...change });
  bench.settle();
};
const publish = (text: string): Digest => bench.registry.setTag('acme/web', 'v1', text);
/** Pushes what is published, and gives what became of it. */
const push = async (work: Work, named: Digest | null = null, count = 1) => {
  await bench.hook(work, bench.image('acme/web:v1'), named);
  return bench.ended('web', count);
};
const digestOf = (): string =>
  bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image.split('@')[1] ?? '';
const started = (digest: string): number =>
  bench.engine.tasksMade('web').filter(({ image }) => image.endsWith(digest)).length;

describe('other ways to fail', () => {
  it('unhealthy is the version’s own fault', async () => {
    add();
    const { work } = bench.start();
    const bad = publish('unhealthy');
    bench.engine.setOutcome(bad, { kind: 'unhealthy', afterMs: 500 });
    expect(await push(work, bad)).toMatchObject({ state: 'rolled-back', reason: 'unhealthy' });
    expect(await bench.store.db.selectFrom('holds').select(['digest', 'kind']).execute()).toEqual([
      { digest: bad, kind: 'known-bad' },
    ]);
  });

  it('an image that a node cannot pull is tried again later, and condemned by nobody', async () => {
    add();
    const { work } = bench.start();
    const digest = publish('two');
    bench.engine.setOutcome(digest, { kind: 'cannot-pull' });
    await bench.hook(work, bench.image('acme/web:v1'), digest);
    await bench.until('it was taken back', async () => (await bench.deployments()).length === 2);
    const [failed, retry] = await bench.deployments();
    expect(failed).toMatchObject({ state: 'rolled-back', reason: 'image-unavailable' });
    expect(retry).toMatchObject({ state: 'queued', to: digest });
    expect(bench.engine.running('web')).toEqual([first, first]);
    expect(await bench.store.db.selectFrom('holds').selectAll().execute()).toEqual([]);
    bench.engine.setOutcome(digest, { kind: 'good' });
    bench.clock.skip(61_000);
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: digest });
  });

  it('an image that a node cannot pull is not sent again by a follow-up of its push', async () => {
    add();
    const { work } = bench.start();
    const digest = publish('two');
    bench.engine.setOutcome(digest, { kind: 'cannot-pull' });
    await bench.hook(work, bench.image('acme/web:v1'));
    await bench.until('it was taken back', async () => (await bench.deployments()).length === 2);
    const sent = (): number => started(digest);
    const before = sent();
    // The check after 30 s sees the same digest; the retry is due a minute after the failure.
    const queuedAt = Date.parse((await bench.deployments())[1]?.queuedAt ?? '');
    while (bench.clock.now() < queuedAt + 40_000) {
      await bench.checked();
      bench.clock.skip(5_000);
    }
    await bench.checked();
    expect(await bench.deployments()).toMatchObject([
      { state: 'rolled-back' },
      { state: 'queued' },
    ]);
    expect(sent()).toBe(before);
    // Whoever pushes again asks for it now.
    bench.engine.setOutcome(digest, { kind: 'good' });
    await bench.hook(work, bench.image('acme/web:v1'));
    expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: digest });
  });

  it.each<[string, Parameters<WorkBench['registry']['fault']>]>([
    [
      'the manifest',
      [
        { kind: 'status', status: 404 },
        { kind: 'manifest', method: 'HEAD' },
      ],
    ],
    [
      'a blob',
      [
        { kind: 'status', status: 404 },
        { kind: 'blob', method: 'HEAD' },
      ],
    ],
    ['any answer', [{ kind: 'status', status: 503 }, { method: 'HEAD' }]],
  ])('is not sent again while its registry does not give %s', async (what, fault) => {
    add();
    const { work } = bench.start();
    const digest = publish('two');
    bench.engine.setOutcome(digest, { kind: 'cannot-pull' });
    await bench.hook(work, bench.image('acme/web:v1'), digest);
    await bench.until('it was taken back', async () => (await bench.deployments()).length === 2);
    const updates = bench.engine.updates.length;
    const faults = [bench.registry.fault(...fault)];
    if (what === 'the manifest') {
      // Only a GET tells for sure that it is gone.
      const noManifest = { kind: 'manifest', method: 'GET' } as const;
      faults.push(bench.registry.fault({ kind: 'status', status: 404 }, noManifest));
    }
    bench.clock.skip(61_000);
    await bench.until('the retry has ended', async () => (await bench.deployments()).length === 3);
    const [, retry, next] = await bench.deployments();
    expect(retry).toMatchObject({ state: 'failed', reason: 'image-unavailable' });
    expect(retry?.failure?.message).toContain('not sent again');
    expect(next).toMatchObject({ state: 'queued', to: digest });
    expect(bench.engine.updates).toHaveLength(updates);
    for (const end of faults) end();
    bench.engine.setOutcome(digest, { kind: 'good' });
    bench.clock.skip(5 * 60_000);
    expect(await bench.ended('web', 3)).toMatchObject({ state: 'succeeded', to: digest });
  });

  it('what could not be pulled is no answer to a push that came before it was tried again', async () => {
    // Of what the engine goes back to, nobody can tell that it differs from what is published.
    add({ image: bench.image('acme/web:v1'), update: { ...PAUSE, FailureAction: 'rollback' } });
    const { work } = bench.start();
    const third = publish('three');
    bench.engine.setOutcome(publish('two'), { kind: 'cannot-pull' });
    await bench.hook(work, bench.image('acme/web:v1'));
    await bench.until('it is tried again', async () => (await bench.deployments()).length === 2);
    // The registry lags: it still shows the one before, which is tried again now that somebody asks.
    await bench.hook(work, bench.image('acme/web:v1'), third);
    await bench.until('it was sent again', () => bench.engine.updates.length === 2);
    publish('three');
    await bench.until('the newer one runs', async () => {
      bench.clock.skip(5_000);
      await bench.checked();
      return bench.engine.running('web').every((digest) => digest === third);
    });
    expect((await bench.deployments()).map(({ to }) => to)).toContain(third);
  });

  it('a node that fits is waited for until the deadline', async () => {
    add({ replicas: 1, labels: { 'cd-helper.timeout': '30s' } });
    const { work } = bench.start();
    const digest = publish('two');
    bench.engine.setOutcome(digest, { kind: 'never-placed' });
    await bench.hook(work, bench.image('acme/web:v1'), digest);
    await bench.until('it was taken back', async () => (await bench.deployments()).length === 2);
    expect((await bench.deployments())[0]).toMatchObject({
      state: 'rolled-back',
      reason: 'no-fitting-node',
      failure: { message: expect.stringContaining('no suitable node') },
    });
    expect(bench.engine.running('web')).toEqual([first]);
  });

  it('somebody else’s image is left alone', async () => {
    add();
    const { work } = bench.start();
    const second = publish('two');
    await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.until('it is under way', () => bench.engine.updates.length === 1);
    const theirs = bench.image('acme/web:v9');
    bench.engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Image = theirs;
    });
    expect(await bench.ended('web')).toMatchObject({ state: 'failed', reason: 'changed-by-other' });
    expect(bench.engine.updates.length).toBe(1);
    expect(bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image).toBe(theirs);
  });

  it('a service that was removed ends its deployment', async () => {
    add();
    const { work } = bench.start();
    publish('two');
    await bench.hook(work, bench.image('acme/web:v1'));
    await bench.until('it is under way', () => bench.engine.updates.length === 1);
    const [deployment] = await bench.deployments();
    bench.engine.removeService('web');
    const ended = await bench.ended('web');
    expect(ended).toMatchObject({ id: deployment?.id, state: 'failed', reason: 'service-removed' });
  });
});

describe('what is proven', () => {
  const proven = async (): Promise<readonly string[]> =>
    (await bench.store.db.selectFrom('proven').select('digest').execute()).map(
      ({ digest }) => digest,
    );

  it('is what ran before our first update, and then what we brought', async () => {
    add();
    const { work } = bench.start();
    const second = publish('two');
    await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.until('it is under way', () => bench.engine.updates.length === 1);
    expect(await proven()).toEqual([first]);
    await bench.ended('web');
    expect(await proven()).toEqual([second]);
  });

  it('is what we brought also where nothing runs, which makes it nothing to go back to', async () => {
    add({ replicas: 0 });
    const { work } = bench.start();
    const second = publish('two');
    expect(await push(work, second)).toMatchObject({ state: 'succeeded' });
    expect(digestOf()).toBe(second);
    expect(await proven()).toEqual([second]);
    const known = await bench.store.db.selectFrom('good_images').select('digest').execute();
    expect(known.map(({ digest }) => digest)).not.toContain(second);
  });

  it('is no digest that is known to be bad, however long its tasks run between crashes', async () => {
    add({ update: CONTINUE, labels: { 'cd-helper.rollback': 'off' } });
    const { work } = bench.start();
    const bad = publish('crash now and then');
    bench.engine.setOutcome(bad, { kind: 'crash', afterMs: 1_000 });
    expect(await push(work, bad)).toMatchObject({ state: 'failed', reason: 'task-failed' });
    // It comes up for a while now, which makes it no better.
    bench.engine.setOutcome(bad, { kind: 'good' });
    await bench.until('it runs', () =>
      bench.engine.running('web').every((digest) => digest === bad),
    );
    bench.settle();
    const third = publish('three');
    await bench.hook(work, bench.image('acme/web:v1'), third);
    await bench.until('the next is under way', () => digestOf() === third);
    expect(await proven()).toEqual([first]);
    await bench.ended('web', 2);
  });
});

describe('a person', () => {
  const key = { cluster: 'one', service: 'web' };

  it('goes back, and no hook brings the digest again', async () => {
    add();
    const { work } = bench.start();
    const second = publish('two');
    await push(work, second);
    const { id } = await work.acts.rollback(key, { to: null }, by());
    expect(await bench.ended('web', 2)).toMatchObject({
      id,
      state: 'succeeded',
      to: first,
      cause: 'taken-back',
      triggers: [{ kind: 'person', actor: 'oncall' }],
    });
    await bench.hook(work, bench.image('acme/web:v1'), second);
    await bench.checked();
    expect(bench.engine.updates.length).toBe(2);
    expect(bench.engine.running('web')).toEqual([first, first]);
    expect(await work.acts.check(key, by())).toMatchObject({
      verdict: 'held',
      reason: 'left-by-person',
    });
  });

  it.each([
    ['', 2],
    [' of a service without tasks', 0],
  ])(
    'goes back by the engine itself%s, and the digest is held until it is released',
    async (_of, replicas) => {
      add({ replicas });
      const { work } = bench.start();
      const second = publish('two');
      await push(work, second);
      const { ID, Version, Spec } = bench.engine.service('web');
      const answer = await fetch(
        `${bench.engine.url.replace('tcp:', 'http:')}/v1.41/services/${ID}/update?version=${Version.Index}&rollback=previous`,
        { method: 'POST', body: JSON.stringify(Spec) },
      );
      expect(answer.status).toBe(200);
      const pushAgain = async (): Promise<void> => {
        await bench.hook(work, bench.image('acme/web:v1'), second);
        await bench.checked();
      };
      await pushAgain();
      await bench.until(
        'the engine is back',
        () => bench.engine.service('web').UpdateStatus?.State === 'rollback_completed',
      );
      await pushAgain();
      expect(await work.acts.check(key, by())).toMatchObject({
        verdict: 'held',
        reason: 'left-by-person',
      });
      expect(await bench.deployments()).toHaveLength(1);
      expect(await work.acts.release(key, by())).toMatchObject({ verdict: 'obsolete' });
      await bench.hook(work, bench.image('acme/web:v1'), second);
      expect(await bench.ended('web', 2)).toMatchObject({ state: 'succeeded', to: second });
    },
  );

  it('insists on a restart of what runs already', async () => {
    add();
    const { work } = bench.start();
    await expect(work.acts.redeploy(key, { force: false }, by())).rejects.toMatchObject({
      code: 'conflict',
    });
    await work.acts.redeploy(key, { force: true }, by());
    expect(await bench.ended('web')).toMatchObject({
      state: 'succeeded',
      cause: 'forced',
      to: first,
    });
    expect(started(first)).toBe(4);
  });

  it('is told what cannot be', async () => {
    add();
    const { work } = bench.start();
    const { rollback } = work.acts;
    await expect(rollback(key, { to: null }, by())).rejects.toMatchObject({ code: 'conflict' });
    await expect(rollback(key, { to: first }, by())).rejects.toMatchObject({ code: 'conflict' });
    await expect(rollback(key, { to: 'v1' }, by())).rejects.toMatchObject({
      code: 'invalid-request',
    });
    const nobody = { cluster: 'one', service: 'nobody' };
    await expect(rollback(nobody, { to: digestOfChar('a') }, by())).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(work.acts.check({ cluster: 'x', service: 'web' }, by())).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(await bench.deployments()).toEqual([]);
  });
});

describe('an update of somebody else that is stuck', () => {
  /** Somebody else sets an image whose tasks never come up, with the service stopped first. */
  const stick = (change: Partial<NewService> = {}): Digest => {
    add({ replicas: 1, ...change });
    const stuck = publish('stuck');
    bench.engine.setOutcome(stuck, { kind: 'good', startMs: 24 * 3_600_000 });
    bench.engine.changeSpec('web', (spec) => {
      spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1', stuck);
    });
    return stuck;
  };

  it('gets the fix that is pushed, once nothing has run for two minutes', async () => {
    stick();
    const { work } = bench.start();
    const fix = publish('fix');
    const { id } = await bench.hook(work, bench.image('acme/web:v1'), fix);
    await bench.until('the push waits and says so', async () => {
      const [pushed] = (await bench.delivery(id)).pushes;
      return pushed?.results[0]?.detail?.includes('another update is in progress');
    });
    expect(bench.engine.updates).toHaveLength(0);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: fix });
  });

  it.each<[string, (work: Work) => Promise<unknown>]>([
    ['a person who redeploys it', (work) => work.acts.redeploy(WEB, { force: false }, by())],
    [
      'SmartRedeploy',
      (work) => work.smartRedeploy.start(EVERY_SERVICE, { ...by(), origin: 'person' }),
    ],
  ])('gives way to %s, once nothing has changed for two minutes', async (_who, ask) => {
    stick();
    const { work } = bench.start();
    await bench.until('its task starts', () =>
      bench.engine.tasks('web').some(({ Status }) => Status.State === 'starting'),
    );
    bench.clock.skip(3 * 60_000);
    const fix = publish('fix');
    await ask(work);
    expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: fix });
  });

  it('is not given way by a person’s redeploy before that', async () => {
    stick();
    const { work } = bench.start();
    publish('fix');
    await expect(work.acts.redeploy(WEB, { force: false }, by())).rejects.toMatchObject({
      code: 'conflict',
    });
  });

  it('is left alone while some of the service runs, however long that takes', async () => {
    stick({ replicas: 3 });
    const { work } = bench.start();
    const fix = publish('fix');
    const { id } = await bench.hook(work, bench.image('acme/web:v1'), fix);
    await bench.checked();
    for (let hour = 0; hour < 3; hour += 1) {
      bench.clock.skip(3_600_000);
      await bench.checked();
    }
    const [pushed] = (await bench.delivery(id)).pushes;
    expect(pushed?.results).toMatchObject([{ state: 'waiting', outcome: 'nothing-to-do' }]);
    expect(await bench.deployments()).toEqual([]);
  });
});

it('a push that a freeze has kept for long waits for an update of somebody else', async () => {
  add({ replicas: 3 });
  const { work } = bench.start();
  const freeze = await work.acts.freeze(
    { cluster: 'one', stack: null, service: null, reason: 'fair', until: null },
    by(),
  );
  const next = publish('two');
  await bench.hook(work, bench.image('acme/web:v1'), next);
  await bench.checked();
  bench.clock.skip(2 * 3_600_000);
  bench.engine.changeSpec('web', (spec) => {
    spec.TaskTemplate.ForceUpdate = (spec.TaskTemplate.ForceUpdate ?? 0) + 1;
  });
  await work.acts.thaw(freeze.id, by());
  expect(await bench.ended('web')).toMatchObject({ state: 'succeeded', to: next });
});

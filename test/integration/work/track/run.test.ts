import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Digest } from '../../../../src/core/image/digest.ts';
import { EVERY_SERVICE } from '../../../../src/core/contract/every-service.ts';
import type { RunRequest, RunView } from '../../../../src/core/contract/run-views.ts';
import type { ServiceView } from '../../../../src/core/contract/views.ts';
import { readRun } from '../../../../src/store/runs/read-runs.ts';
import type { Work } from '../../../../src/work/work.ts';
import { openWorkBench, type WorkBench } from '../../../support/work/work-bench.ts';

let bench: WorkBench;
beforeEach(async () => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
});
afterEach(async () => {
  await bench.close();
  expect(bench.errors).toEqual([]);
});

const publish = (tag: string, repository = 'acme/web'): Digest =>
  bench.registry.setTag(repository, tag, `${repository} ${tag}`);

/** A service that follows tags, and has run `tag` well for long. */
const track = (label: string, name = 'web', tag = 'v1.3.0', repository = 'acme/web'): void => {
  const image = bench.image(`${repository}:${tag}`, publish(tag, repository));
  const labels = label === '' ? {} : { 'cd-helper.track': label };
  bench.engine.addService({ name, image, replicas: 1, labels });
  bench.settle();
};

const start = (work: Work, change: Partial<RunRequest> = {}): Promise<RunView> =>
  work.smartRedeploy.start(
    { ...EVERY_SERVICE, ...change },
    { origin: 'person', actor: 'oncall', signal: AbortSignal.timeout(20_000) },
  );
const ended = async (started: RunView): Promise<RunView> =>
  bench.until('the run has ended', async () => {
    const run = await readRun(bench.store.db, started.id);
    return run?.endedAt === null ? null : run;
  });
const lists = (): readonly string[] =>
  bench.registry.requests.flatMap(({ kind, repository }) =>
    kind === 'tags' && repository !== null ? [repository] : [],
  );
const tagOf = (name = 'web'): string | undefined =>
  /:([^:@]+)@/.exec(bench.engine.service(name).Spec.TaskTemplate.ContainerSpec.Image)?.[1];
const one = ({ services }: RunView, name = 'web'): ServiceView => {
  const found = services.find((service) => service.name === name);
  if (found === undefined) throw new Error(`no ${name} in the run`);
  return found;
};

it('says what would move and why, and then moves it, each repository listed once', async () => {
  for (const tag of ['v1', 'v1.4.0', 'v1.4.2', 'v1.4.2-rc.1', 'v2.0.0', 'pr-177', 'main-60737d6'])
    publish(tag);
  publish(`sha256-${'a'.repeat(64)}.sig`);
  track('semver:1.x');
  track('semver:~1.3', 'patches');
  track('', 'still');
  track('newest:main-*', 'main', 'main-aaa');
  track('semver:1.x', 'api', 'v1.0.0', 'acme/api');
  const { work } = bench.start();

  const plan = await start(work, { dryRun: true });
  const target = { tag: 'v1.4.2', digest: publish('v1.4.2') };
  expect(one(plan)).toMatchObject({
    image: `${bench.registry.host}/acme/web:v1.3.0`,
    verdict: 'obsolete',
    detail: 'would move v1.3.0 → v1.4.2: matches semver:1.x, newest of 9 tags',
    published: target.digest,
    target,
    tracking: { policy: 'semver:1.x', newest: 'v1.4.2', next: 'v1.4.2', whyNot: null, tags: 9 },
  });
  expect(one(plan, 'patches')).toMatchObject({ verdict: 'current', tracking: { next: null } });
  expect(one(plan, 'still').tracking).toBeUndefined();
  expect(one(plan, 'main')).toMatchObject({ verdict: 'current', target: { tag: 'main-aaa' } });
  expect(lists().toSorted()).toEqual(['acme/api', 'acme/web']);
  expect(await bench.deployments()).toEqual([]);

  bench.registry.forgetRequests();
  const run = await ended(await start(work));
  expect(lists().toSorted()).toEqual(['acme/api', 'acme/web']);
  expect(run.state).toBe('done');
  expect(await bench.deployments()).toMatchObject([
    { fromTag: 'v1.3.0', toTag: 'v1.4.2', state: 'succeeded', service: { name: 'web' } },
  ]);
  expect(tagOf()).toBe('v1.4.2');

  bench.registry.forgetRequests();
  const again = await ended(await start(work));
  expect(again.counts).toEqual({ current: 5 });
  expect(await bench.deployments()).toHaveLength(1);
});

it('lists no repository for a check or a redeploy of one service', async () => {
  track('semver:1.x');
  publish('v1.4.0');
  const { work } = bench.start();
  const by = { actor: 'oncall', signal: AbortSignal.timeout(20_000) };
  const key = { cluster: 'one', service: 'web' };
  expect(await work.acts.check(key, by)).toMatchObject({ verdict: 'current' });
  expect(lists()).toEqual([]);
});

it('cannot tell that a service is current where its tags are not listed', async () => {
  track('semver:1.x');
  track('', 'still');
  const { work } = bench.start();
  bench.registry.fault({ kind: 'status', status: 403 }, { kind: 'tags' });
  const plan = await start(work, { dryRun: true });
  expect(one(plan)).toMatchObject({
    verdict: 'unknown',
    reason: 'sign-in-refused',
    tracking: { next: null, tags: null, whyNot: expect.stringContaining('refuses access') },
  });
  expect(one(plan, 'still').verdict).toBe('current');
  // A push needs no list.
  const { id } = await bench.hook(work, bench.image('acme/web:v1.4.0'), publish('v1.4.0'));
  await bench.letFollowUpsPass(id);
  await bench.ended('web');
  expect(tagOf()).toBe('v1.4.0');
});

it('takes the next tag below one that failed, and none below one that a person left', async () => {
  track('semver:1.x');
  const { work } = bench.start();
  bench.engine.setOutcome(publish('v1.5.0'), { kind: 'crash', exitCode: 3, afterMs: 100 });
  publish('v1.4.0');
  await ended(await start(work));
  expect(await bench.ended('web')).toMatchObject({ toTag: 'v1.5.0', state: 'rolled-back' });
  const plan = await start(work, { dryRun: true });
  expect(one(plan).detail).toBe(
    'would move v1.3.0 → v1.4.0: matches semver:1.x, newest not held of 3 tags',
  );
  await ended(await start(work));
  expect(tagOf()).toBe('v1.4.0');

  await work.acts.rollback(
    { cluster: 'one', service: 'web' },
    { to: 'v1.3.0' },
    { actor: 'oncall', signal: AbortSignal.timeout(20_000) },
  );
  await bench.ended('web', 3);
  publish('v1.3.5');
  const after = await start(work, { dryRun: true });
  expect(one(after)).toMatchObject({ verdict: 'held' });
  await ended(await start(work));
  expect(tagOf()).toBe('v1.3.0');
  expect(await bench.deployments()).toHaveLength(3);
});

it('does not undo an old stack file', async () => {
  track('semver:1.x');
  const first = publish('v1.3.0');
  publish('v1.4.0');
  publish('v1.4.1');
  const { work } = bench.start();
  await ended(await start(work));
  expect(tagOf()).toBe('v1.4.1');
  bench.engine.changeSpec('web', (spec) => {
    spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1.3.0', first);
  });
  await bench.until(
    'the old file is deployed',
    () => bench.engine.service('web').UpdateStatus?.State === 'completed',
  );
  const plan = await start(work, { dryRun: true });
  expect(one(plan)).toMatchObject({
    verdict: 'held',
    reason: 'left-by-person',
    tracking: {
      next: 'v1.4.1',
      whyNot: expect.stringContaining('the stack file says v1.3.0'),
      ran: { tag: 'v1.4.1' },
    },
  });
  await ended(await start(work));
  expect(tagOf()).toBe('v1.3.0');
  expect(await bench.deployments()).toHaveLength(1);
});

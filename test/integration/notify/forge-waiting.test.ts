import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createForge, type CreatedForge } from '../../../src/adapters/forge/create-forge.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { readForgeView } from '../../../src/store/forge/reports.ts';
import { seeded } from '../../chaos/seeded.ts';
import { createStepCounter } from '../../support/work/crash-at.ts';
import { fakeImage } from '../../support/fake-registry/images.ts';
import { type ForgeDouble, startForgeDouble } from '../../support/notify/forge-double.ts';
import {
  openWorkBench,
  type RunningWork,
  type Wrap,
  type WorkBench,
} from '../../support/work/work-bench.ts';

const TOKEN = 'token-of-the-forge-0123456789';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const KEY = { cluster: 'one', service: 'web' };
const gating = {
  policies: [],
  voters: [
    { role: 'approver', scope: null },
    { role: 'operator', scope: null },
  ],
};

let bench: WorkBench;
let double: ForgeDouble;
let forge: CreatedForge;
const open = async (type: 'github' | 'gitlab' | 'gitea'): Promise<void> => {
  bench = await openWorkBench({ speed: 40, engine: { prepareMs: 50, startMs: 50, stopMs: 50 } });
  double = await startForgeDouble(type, { token: TOKEN });
  forge = createForge(
    {
      type,
      url: double.url,
      app: null,
      token: createSecret(TOKEN),
      ca: null,
      sources: [],
      repositories: null,
      environments: { one: 'production' },
      report: type === 'gitea' ? ['statuses'] : ['deployments'],
    },
    { now: Date.now, timeoutMs: 5_000 },
  );
};
afterEach(async () => {
  await bench.close();
  await forge.close();
  await double.close();
});

const commitOf = (content: string): string => createHash('sha1').update(content).digest('hex');
const publish = (content: string, source = `${double.url}/acme/web`, name = 'web'): Digest => {
  const labels = {
    'org.opencontainers.image.revision': commitOf(content),
    'org.opencontainers.image.source': source,
  };
  return bench.registry.setTag(`acme/${name}`, 'v1', fakeImage(`${name} ${content}`, { labels }));
};
const add = (labels: Readonly<Record<string, string>>, service = 'web', name = 'web'): Digest => {
  const digest = publish('start', undefined, name);
  const image = bench.image(`acme/${name}:v1`, digest);
  bench.engine.addService({ name: service, image, replicas: 1, labels });
  return digest;
};
const start = (wrap: Wrap = {}): RunningWork =>
  bench.start({ gating, forges: [forge.forge], publicUrl: 'https://cd.example.org' }, wrap);
const push = async ({ work }: RunningWork, content: string, source?: string): Promise<Digest> => {
  const digest = publish(content, source);
  await bench.hook(work, bench.image('acme/web:v1'), digest);
  return digest;
};
const as = (actor: string) =>
  ({ actor, role: 'approver', signal: AbortSignal.timeout(20_000) }) as const;
const deploymentOf = (content: string) =>
  double.deployments.find(({ sha }) => sha === commitOf(content));
const statesOf = (content: string): readonly string[] => deploymentOf(content)?.states ?? [];
const lastOf = (content: string) => deploymentOf(content)?.bodies.at(-1);
/** The forge's last word on a commit. */
const told = (content: string, state: string): Promise<true> =>
  bench.until(`the forge is told ${state} of ${content}`, () => {
    if (bench.errors.length > 0) throw new Error(bench.errors.join());
    return statesOf(content).at(-1) === state ? true : null;
  });
const OPEN = ['queued', 'in_progress', 'pending', 'running', 'created'];

describe('GitHub', () => {
  beforeEach(() => open('github'));

  it('shows what waits as queued, with its gates, and the same deployment goes on', async () => {
    const first = add({ 'cd-helper.approval': '1' });
    bench.settle();
    const running = start();
    const a = await push(running, 'a');
    await told('a', 'queued');
    expect(lastOf('a')).toMatchObject({
      description: 'web waits: 0 of 1 vote; it expires otherwise',
      log_url: 'https://cd.example.org/#/waiting',
      environment: 'production',
    });
    expect(await bench.deployments()).toEqual([]);
    await running.work.acts.approve(KEY, { digest: a }, as('ana'));
    await told('a', 'success');
    expect(new Set(statesOf('a'))).toEqual(new Set(['queued', 'in_progress', 'success']));
    expect(double.deployments.map(({ sha }) => sha)).toEqual([commitOf('a')]);
    const [deployment] = await bench.deployments();
    expect(deployment).toMatchObject({ from: first, to: a, state: 'succeeded' });
    expect(lastOf('a')?.['log_url']).toBe(`https://cd.example.org/#/deployments/${deployment?.id}`);
    expect(await readForgeView(bench.store.db, deployment?.id ?? '')).toMatchObject({
      state: 'success',
      compareUrl: `${double.url}/acme/web/compare/${commitOf('start')}...${commitOf('a')}`,
    });
  });

  it('hears of each vote, and not whose it is', async () => {
    add({ 'cd-helper.approval': '2' });
    bench.settle();
    const running = start();
    await push(running, 'a');
    await told('a', 'queued');
    await running.work.acts.approve(KEY, { digest: null }, as('ana'));
    await bench.until('the vote is told', () =>
      String(lastOf('a')?.['description']).includes('1 of 2 votes') ? true : null,
    );
    expect(statesOf('a')).toEqual(['queued', 'queued']);
    expect(JSON.stringify(double.deployments)).not.toContain('ana');
  });

  it('is told what replaced an image that waited', async () => {
    add({ 'cd-helper.approval': '1' });
    bench.settle();
    const running = start();
    await push(running, 'a');
    await told('a', 'queued');
    const b = await push(running, 'b');
    await told('a', 'error');
    expect(lastOf('a')?.['description']).toBe(`superseded by ${commitOf('b').slice(0, 7)}`);
    await told('b', 'queued');
    await running.work.acts.approve(KEY, { digest: b }, as('ana'));
    await told('b', 'success');
    expect(statesOf('a').at(-1)).toBe('error');
  });

  it('is told that a person rejected an image, and neither who nor why', async () => {
    add({ 'cd-helper.approval': '1' });
    bench.settle();
    const running = start();
    await push(running, 'a');
    await told('a', 'queued');
    await running.work.acts.reject(KEY, { digest: null, reason: 'a secret reason' }, as('ana'));
    await told('a', 'error');
    expect(lastOf('a')).toMatchObject({
      description: 'web: a person rejected it',
      log_url: 'https://cd.example.org/#/services/one/web',
    });
    expect(JSON.stringify(double.deployments)).not.toContain('secret reason');
    // Released, it waits anew.
    await running.work.acts.release(KEY, as('ana'));
    await push(running, 'a');
    await told('a', 'queued');
  });

  it('is told that votes did not come in time', async () => {
    add({ 'cd-helper.approval': '1' });
    bench.settle();
    const running = start();
    await push(running, 'a');
    await told('a', 'queued');
    bench.clock.skip(7 * DAY + HOUR);
    await told('a', 'error');
    expect(lastOf('a')?.['description']).toBe('web: not approved in time');
  });

  it('has nothing left open where the service goes, or somebody else deploys the image', async () => {
    add({ 'cd-helper.approval': '1' });
    add({ 'cd-helper.min-age': '3h' }, 'api');
    bench.settle();
    const running = start();
    const a = await push(running, 'a');
    await told('a', 'queued');
    await bench.until('both wait', async () => {
      const waiting = await bench.store.db.selectFrom('waiting').select('digest').execute();
      return waiting.length === 2;
    });
    bench.engine.removeService('web');
    bench.engine.changeSpec('api', (spec) => {
      spec.TaskTemplate.ContainerSpec.Image = bench.image('acme/web:v1', a);
    });
    bench.clock.skip(4 * HOUR);
    await told('a', 'success');
    expect(lastOf('a')?.['description']).toBe('ran it already');
    expect(await bench.deployments()).toEqual([]);
  });

  it('shows a commit as queued while one of its services waits and the other is deployed', async () => {
    add({});
    add({ 'cd-helper.approval': '1' }, 'billing');
    bench.settle();
    const running = start();
    const a = await push(running, 'a');
    await bench.until('one is deployed and one waits', () =>
      String(lastOf('a')?.['description']).startsWith('1 of 2 services deployed; billing waits')
        ? true
        : null,
    );
    expect(statesOf('a').at(-1)).toBe('queued');
    expect(statesOf('a')).not.toContain('success');
    const key = { cluster: 'one', service: 'billing' };
    await running.work.acts.approve(key, { digest: a }, as('ana'));
    await told('a', 'success');
    expect(lastOf('a')?.['description']).toBe('2 services verified');
    expect(double.deployments).toHaveLength(1);
  });

  it('keeps a commit queued through a freeze and a minimum age', async () => {
    add({ 'cd-helper.min-age': '3h' });
    bench.settle();
    const running = start();
    await push(running, 'a');
    await told('a', 'queued');
    const frozen = await running.work.acts.freeze(
      { cluster: 'one', stack: null, service: null, reason: 'night', until: null },
      as('ana'),
    );
    bench.clock.skip(4 * HOUR);
    await bench.checked();
    expect(statesOf('a').at(-1)).toBe('queued');
    await running.work.acts.thaw(frozen.id, as('ana'));
    await told('a', 'success');
    expect(double.deployments).toHaveLength(1);
  });

  it('hears nothing of an image whose label names somebody else', async () => {
    double.repositories.add('other/web');
    add({ 'cd-helper.approval': '1' });
    bench.settle();
    const running = start();
    const a = await push(running, 'a');
    await told('a', 'queued');
    await running.work.acts.approve(KEY, { digest: a }, as('ana'));
    await told('a', 'success');
    await push(running, 'forged', `${double.url}/other/web`);
    await bench.until('the forged one waits', async () => {
      const rows = await bench.store.db.selectFrom('forge_waiting').selectAll().execute();
      return rows.some((row) => row.report_id === null);
    });
    await push(running, 'b');
    await told('b', 'queued');
    expect(double.deployments.map(({ repository }) => repository)).toEqual([
      'acme/web',
      'acme/web',
    ]);
  });

  it('keeps what waits for longer than history is kept', async () => {
    add({ 'cd-helper.window': 'mon 09:00-10:00 UTC' });
    bench.settle();
    const running = start();
    await push(running, 'a');
    await told('a', 'queued');
    await running.stop();
    const { pruneReports } = await import('../../../src/store/forge/reports.ts');
    expect(await pruneReports(bench.store.db, bench.clock.now() + DAY)).toBe(0);
  });
});

it('GitLab shows what waits as running, which is its first state, and as canceled when it is rejected', async () => {
  await open('gitlab');
  add({ 'cd-helper.approval': '1' });
  bench.settle();
  const running = start();
  await push(running, 'a');
  await told('a', 'running');
  await running.work.acts.reject(KEY, { digest: null, reason: 'no' }, as('ana'));
  await told('a', 'canceled');
  const b = await push(running, 'b');
  await told('b', 'running');
  await running.work.acts.approve(KEY, { digest: b }, as('ana'));
  await told('b', 'success');
  expect(double.deployments.map(({ states }) => states)).toEqual([
    ['running', 'canceled'],
    ['running', 'success'],
  ]);
});

it('Gitea shows what waits as a pending status', async () => {
  await open('gitea');
  add({ 'cd-helper.approval': '1' });
  bench.settle();
  const running = start();
  const last = () => double.statuses.findLast(({ sha }) => sha === commitOf('a'));
  const a = await push(running, 'a');
  await bench.until('it is pending', () => (last()?.state === 'pending' ? true : null));
  expect(last()).toMatchObject({
    context: 'cd-helper/production',
    body: { target_url: 'https://cd.example.org/#/waiting' },
  });
  await running.work.acts.approve(KEY, { digest: a }, as('ana'));
  await bench.until('it succeeded', () => (last()?.state === 'success' ? true : null));
});

/** Nothing waits, and the forge knows everything. */
const isAllTold = async (): Promise<boolean> => {
  const { db } = bench.store;
  const waiting = await db.selectFrom('waiting').select('digest').execute();
  const waits = await db
    .selectFrom('forge_waiting')
    .select('digest')
    .where((eb) => eb.or([eb('ended', 'is', null), eb('is_told', '=', 0)]))
    .execute();
  const unsent = await db
    .selectFrom('forge_reports')
    .select('id')
    .where('delivery', '=', 'waiting')
    .execute();
  return waiting.length + waits.length + unsent.length === 0;
};

/** Each is a life of an image at a gate, with one crash somewhere in it. */
const RUNS = Number(process.env['CD_HELPER_FORGE_RUNS'] ?? 10);
const FIRST_SEED = Number(process.env['CD_HELPER_FORGE_SEED'] ?? 1);
const MOST_STEPS = 250;

it('a crash anywhere leaves nothing open at the forge, tells nothing early, and makes one deployment a commit', {
  timeout: 60_000 + RUNS * 20_000,
}, async () => {
  await open('github');
  add({ 'cd-helper.approval': '1' });
  bench.settle();
  let early = 0;
  double.onState = ({ sha, state }) => {
    if (state !== 'success') return;
    const image = bench.engine.service('web').Spec.TaskTemplate.ContainerSpec.Image;
    if (!image.endsWith(digests.get(sha) ?? 'none')) early += 1;
  };
  const digests = new Map<string, Digest>();
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
    const random = seeded(seed);
    const counter = createStepCounter(1 + Math.floor(random() * MOST_STEPS), 'crash');
    let running = start(counter.wrap);
    counter.count();
    const restart = async (): Promise<void> => {
      await running.stop();
      running = start();
    };
    const content = `seed ${seed}`;
    const digest = publish(content);
    digests.set(commitOf(content), digest);
    const retried = async (act: () => Promise<unknown>): Promise<void> => {
      await act().catch(async () => {
        await restart();
        await act().catch(() => {});
      });
    };
    /** Whatever is waited for may never come of a process that is gone. */
    const reach = async (what: string, check: () => Promise<boolean> | boolean): Promise<void> => {
      const isDone = bench.until(what, check).catch(() => null);
      const how = await Promise.race([counter.reached.then(() => 'crash'), isDone]);
      if (how !== 'crash') return;
      await restart();
      await bench.until(what, check);
    };
    await retried(() => bench.hook(running.work, bench.image('acme/web:v1'), digest));
    await reach('it waits', async () =>
      (await bench.store.db.selectFrom('waiting').select('digest').execute()).some(
        (row) => row.digest === digest,
      ),
    );
    if (random() < 0.5) await reach('it is queued', () => statesOf(content).includes('queued'));
    const isApproved = random() < 0.6;
    await retried(() =>
      isApproved
        ? running.work.acts.approve(KEY, { digest }, as('ana'))
        : running.work.acts.reject(KEY, { digest, reason: 'no' }, as('ana')),
    );
    await reach('it has its end', async () => {
      if (isApproved) return statesOf(content).at(-1) === 'success';
      // Rejected before it was told, it is never told.
      return (await isAllTold()) && !OPEN.includes(statesOf(content).at(-1) ?? 'error');
    });
    await running.stop();
    const last = statesOf(content).at(-1) ?? 'error';
    expect({ seed, last }).toEqual({ seed, last: isApproved ? 'success' : 'error' });
  }
  expect(early).toBe(0);
  const keys = double.deployments.map(({ sha }) => sha);
  expect(new Set(keys).size).toBe(keys.length);
  expect(
    double.deployments.filter(({ states }) => OPEN.includes(states.at(-1) ?? 'queued')),
  ).toEqual([]);
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOT_OBSERVED } from '../../core/health/health.ts';
import { makeService } from '../../../test/support/work/make-service.ts';
import { makeDeployment, nextId, START } from '../../../test/support/store/store-samples.ts';
import { EVERY_SERVICE } from '../../core/contract/every-service.ts';
import type { RunOrigin, RunRequest } from '../../core/contract/run-views.ts';
import type { ServiceView } from '../../core/contract/views.ts';
import { endDeployment } from '../deployments/deployments.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { listRuns, readRun, readRunSummary } from './read-runs.ts';
import { putRunPlan } from './run-plans.ts';
import {
  endRun,
  lastRunAt,
  openDeploymentsOfRun,
  openRuns,
  putRunServices,
  setRunProgress,
  startRun,
} from './runs.ts';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const start = (
  change: Partial<RunRequest> = {},
  at = START,
  origin: RunOrigin = 'person',
): Promise<string> => {
  const request = { ...EVERY_SERVICE, ...change };
  return startRun(store.db, { id: nextId(), request, origin, actor: 'oncall' }, at);
};
const view = (id: string, verdict: ServiceView['verdict'] = 'current'): ServiceView => ({
  cluster: 'one',
  id,
  name: id,
  stack: null,
  image: 'docker.io/acme/web:v1',
  running: null,
  published: null,
  checkedAt: null,
  ...NOT_OBSERVED,
  plan: 'leave',
  gates: [],
  verdict,
  reason: null,
  mode: 'replicated',
  replicas: null,
  updatedAt: '2026-01-01T00:00:00Z',
  deployment: null,
  build: null,
});
const put = (id: string, cluster: string, ...views: ServiceView[]): Promise<void> =>
  putRunServices(
    store.db,
    id,
    cluster,
    views.map((one) => ({ view: one, deployment: null })),
  );

describe('starting a run', () => {
  it('puts it on disk with what was asked', async () => {
    const id = await start({ services: ['web*'], pin: true });
    expect(await openRuns(store.db)).toEqual([
      {
        id,
        request: { ...EVERY_SERVICE, services: ['web*'], pin: true },
        origin: 'person',
        actor: 'oncall',
        state: 'queued',
        startedAt: START,
      },
    ]);
    expect(await readRun(store.db, id)).toEqual({
      id,
      state: 'queued',
      reason: null,
      dryRun: false,
      origin: 'person',
      by: 'oncall',
      progress: { services: 0, images: 0, checkedImages: 0 },
      startedAt: new Date(START).toISOString(),
      endedAt: null,
      counts: {},
      services: [],
    });
  });

  it('joins the same one that is under way, and no other', async () => {
    const first = await start();
    expect(await start()).toBe(first);
    expect(await start({ pin: true })).not.toBe(first);
    expect(await start({ services: ['web'] })).not.toBe(first);
    await endRun(store.db, first, { state: 'done', reason: null }, START);
    expect(await start()).not.toBe(first);
  });

  it('joins it however its fields are ordered', async () => {
    const first = await start({ stacks: ['shop'] });
    const { cluster, services, stacks, images, dryRun, pin } = {
      ...EVERY_SERVICE,
      stacks: ['shop'],
    };
    const request = { pin, dryRun, images, stacks, services, cluster };
    const second = { id: nextId(), request, origin: 'schedule', actor: null } as const;
    expect(await startRun(store.db, second, START)).toBe(first);
  });

  it('joins no dry run, and lets none be joined', async () => {
    const dry = await start({ dryRun: true });
    expect(await start({ dryRun: true })).not.toBe(dry);
    expect(await start()).not.toBe(dry);
  });

  it('remembers when the last one of an origin began', async () => {
    expect(await lastRunAt(store.db, ['start'])).toBeNull();
    await start({}, START, 'start');
    await start({ pin: true }, START + 5, 'schedule');
    await start({ services: ['x'] }, START + 9, 'person');
    expect(await lastRunAt(store.db, ['start'])).toBe(START);
    expect(await lastRunAt(store.db, ['start', 'schedule'])).toBe(START + 5);
  });
});

describe('a run under way', () => {
  it('tells how far it has come', async () => {
    const id = await start();
    const progress = { services: 9, images: 4, checkedImages: 2 };
    await setRunProgress(store.db, id, 'checking', progress);
    expect(await readRun(store.db, id)).toMatchObject({ state: 'checking', progress });
  });

  it('keeps its end, whatever comes late', async () => {
    const id = await start();
    await endRun(store.db, id, { state: 'done', reason: null }, START + 5);
    await setRunProgress(store.db, id, 'checking', { services: 1, images: 1, checkedImages: 1 });
    await endRun(store.db, id, { state: 'failed', reason: 'late' }, START + 9);
    expect(await readRun(store.db, id)).toMatchObject({
      state: 'done',
      reason: null,
      endedAt: new Date(START + 5).toISOString(),
    });
    expect(await openRuns(store.db)).toEqual([]);
  });

  it('replaces what it found on a cluster, and counts verdicts', async () => {
    const id = await start();
    await put(id, 'one', view('a'), view('b', 'obsolete'));
    await put(id, 'two', view('c', 'unknown'));
    await put(id, 'one', view('a'), view('b'), view('d', 'held'));
    const run = await readRun(store.db, id);
    expect(run?.services.map((one) => one.id)).toEqual(['c', 'a', 'b', 'd']);
    expect(run?.counts).toEqual({ current: 2, held: 1, unknown: 1 });
  });

  it('waits for the deployments that it led to', async () => {
    const id = await start();
    const deploy = async (service: string): Promise<string> => {
      const wanted = makeDeployment({ service: makeService({ id: service }) });
      return (await queueDeployment(store.db, wanted, START)).id;
    };
    const [one, two] = [await deploy('a'), await deploy('b')];
    await deploy('not-of-this-run');
    await putRunServices(store.db, id, 'one', [
      { view: view('a'), deployment: one },
      { view: view('b'), deployment: two },
      { view: view('c'), deployment: null },
    ]);
    expect(await openDeploymentsOfRun(store.db, id)).toBe(2);
    const end = { state: 'failed', reason: 'task-failed', failure: null } as const;
    await endDeployment(store.db, one, end, START);
    expect(await openDeploymentsOfRun(store.db, id)).toBe(1);
    await endDeployment(store.db, two, end, START);
    expect(await openDeploymentsOfRun(store.db, id)).toBe(0);
  });
});

it('lists the newest first, in pages that miss and repeat none', async () => {
  const ids: string[] = [];
  for (let index = 0; index < 7; index += 1) {
    ids.push(await start({ dryRun: true }));
    await put(ids.at(-1) ?? '', 'one', view('a', 'pinned'));
  }
  const seen: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await listRuns(store.db, { limit: 3, after });
    expect(page.items.every(({ counts }) => counts.pinned === 1)).toBe(true);
    seen.push(...page.items.map(({ id }) => id));
    if (page.next === null) break;
    after = page.next;
  }
  expect(seen).toEqual(ids.toReversed());
});

describe('a dry run', () => {
  it('is one row with what it found, and shown like any other', async () => {
    const id = await start({ dryRun: true });
    const services = [view('a'), view('b', 'obsolete'), view('c')];
    await putRunPlan(store.db, id, services);
    const progress = { services: 3, images: 2, checkedImages: 2 };
    await endRun(store.db, id, { state: 'done', reason: null, progress }, START + 5);
    const counts = { current: 2, obsolete: 1 };
    expect(await readRun(store.db, id)).toMatchObject({
      state: 'done',
      progress,
      counts,
      services,
    });
    expect(await readRunSummary(store.db, id)).toMatchObject({ dryRun: true, counts });
    expect((await listRuns(store.db, { limit: 5, after: null })).items).toMatchObject([{ counts }]);
    const rows = await store.db.selectFrom('run_services').selectAll().execute();
    expect(rows).toEqual([]);
  });

  it('of the version before, which kept every service whole, is shown as it was', async () => {
    const id = await start({ dryRun: true });
    const services = [view('a'), view('b', 'unknown')];
    await store.db
      .insertInto('run_plans')
      .values({
        run_id: id,
        counts: JSON.stringify({ current: 1, unknown: 1 }),
        services: JSON.stringify(services),
      })
      .execute();
    expect(await readRun(store.db, id)).toMatchObject({ services });
  });

  it('of the version before that, which made a row a service, is shown as it was', async () => {
    const id = await start({ dryRun: true });
    await put(id, 'one', view('a'), view('b', 'unknown'));
    const run = await readRun(store.db, id);
    expect(run?.services.map((one) => one.id)).toEqual(['a', 'b']);
    expect(run?.counts).toEqual({ current: 1, unknown: 1 });
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { KyselyPlugin } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { waitUntil } from '../../../sandbox/machine/wait-until.ts';
import type { Digest } from '../../../src/core/image/digest.ts';
import { silentLog } from '../../../src/core/log.ts';
import type { OutcomeView } from '../../../src/core/outcome/outcome.ts';
import { createIntakeWriter } from '../../../src/store/intake/accept-delivery.ts';
import { recordChecks } from '../../../src/store/checks/record-checks.ts';
import { endDeployment } from '../../../src/store/deployments/deployments.ts';
import type { Store } from '../../../src/store/sqlite/open-store.ts';
import { openTestStore } from '../../support/store/open-test-store.ts';
import { queueDeployment } from '../../../src/store/deployments/queue-deployment.ts';
import { systemClock } from '../../../src/work/loop/system-clock.ts';
import { type AskOutcome, createOutcomes } from '../../../src/work/outcome/outcomes.ts';
import { digestOfChar, makeService } from '../../support/work/make-service.ts';
import { makeDelivery, makeDeployment, nextId, pushOf } from '../../support/store/store-samples.ts';

const MANY = 200;
const TO = digestOfChar('b');

let folder: string;
let store: Store;
let ended: AbortController;
let queries: number;
let setBackMs: number;
let ask: AskOutcome;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'waiters-'));
  store = await openTestStore(join(folder, 'store.db'));
  ended = new AbortController();
  queries = 0;
  setBackMs = 0;
  const counting: KyselyPlugin = {
    transformQuery: ({ node }) => {
      queries += 1;
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  ask = createOutcomes({
    db: store.db.withPlugin(counting),
    clusters: [],
    onChange: store.onChange,
    clock: { ...systemClock, now: () => Date.now() - setBackMs },
    log: silentLog,
    signal: ended.signal,
  });
});
afterEach(async () => {
  ended.abort();
  await store.close();
  rmSync(folder, { recursive: true });
});

const nameOf = (index: number): string => `acme/app-${index}`;

/** Pushes of as many images, each with a deployment that is queued. */
const pushAll = async (count: number): Promise<readonly string[]> => {
  const now = Date.now();
  const { accept } = createIntakeWriter(store, {
    clusters: ['one'],
    now: Date.now,
    onWork: () => {},
  });
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const repository = nameOf(index);
    const pushes = [pushOf(`${repository}:v1`, TO)];
    await accept(makeDelivery({ receivedAt: new Date(now).toISOString(), pushes }));
    const service = makeService({ id: `s${index}`, name: `app-${index}` });
    const image = { registry: 'docker.io', repository, tag: 'v1' };
    const wanted = makeDeployment({ service, image, to: TO, id: nextId() });
    await store.db.transaction().execute(async (query) => {
      const { id } = await queueDeployment(query, wanted, now);
      ids.push(id);
      const found = {
        serviceId: service.id,
        service: service.name,
        stack: null,
        verdict: 'obsolete' as const,
        reason: null,
        detail: null,
        deployment: id,
      };
      const tags = [{ tag: 'v1', digest: TO, members: null, services: [found] }];
      const check = { cluster: 'one', name: `docker.io/${repository}`, newestPush: 1e9, tags };
      await recordChecks(query, check, now);
    });
  }
  return ids;
};

const asked = (
  index: number,
  waitMs: number,
  digest: Digest = TO,
  { signal } = new AbortController(),
): Promise<OutcomeView | null> =>
  ask({
    who: 'test',
    ask: {
      by: 'image',
      name: `docker.io/${nameOf(index)}`,
      tag: 'v1',
      digest,
      since: Date.now() - 60_000,
    },
    clusters: null,
    allowed: null,
    mayTell: () => true,
    telling: { longestMessage: 200, logs: false },
    waitMs,
    known: null,
    signal,
  });

/** Queries and processor time, in ms, of one reading that answers as many questions. */
const costOf = async (count: number) => {
  const before = queries;
  const cpu = process.cpuUsage();
  const answers = await Promise.all(Array.from({ length: count }, (_, index) => asked(index, 0)));
  expect(new Set(answers.map((answer) => answer?.state))).toEqual(new Set(['pending']));
  const { user, system } = process.cpuUsage(cpu);
  return { queries: queries - before, cpuMs: (user + system) / 1_000 };
};

it(`${MANY} who ask about as many images cost as many queries as one`, async () => {
  await pushAll(MANY);
  await costOf(MANY);
  const one = await costOf(1);
  const many = await costOf(MANY);
  expect(many.queries).toBe(one.queries);
  expect(one.queries).toBeLessThanOrEqual(15);
  // A reading of its own for each would be far more than this.
  expect(many.cpuMs).toBeLessThan(MANY * Math.max(one.cpuMs, 1));
});

it(`${MANY} who wait cost nothing while nothing is written, and are all told at the end`, async () => {
  const ids = await pushAll(MANY);
  const waiting = Array.from({ length: MANY }, (_, index) => asked(index, 30_000));
  await waitUntil(async () => queries > 0, { what: 'a reading', withinMs: 10_000, everyMs: 10 });
  const begun = performance.now();
  const before = queries;
  const cpu = process.cpuUsage();
  // Longer than a reading is put off, shorter than one is due.
  await systemClock.wait(2_000, ended.signal);
  const { user, system } = process.cpuUsage(cpu);
  const readings = (queries - before) / 15;
  expect(readings).toBeLessThanOrEqual(2);
  expect((user + system) / 1_000).toBeLessThan(performance.now() - begun);

  const end = { state: 'succeeded', reason: null, failure: null } as const;
  const counted = queries;
  for (const id of ids) {
    await store.db.transaction().execute((query) => endDeployment(query, id, end, Date.now()));
  }
  const states = (await Promise.all(waiting)).map((answer) => answer?.state);
  expect(new Set(states)).toEqual(new Set(['succeeded']));
  // Not one reading for each of them.
  expect((queries - counted) / 10).toBeLessThan(MANY / 2);
});

it('who waits is answered in time where the clock is set back by an hour meanwhile', async () => {
  await pushAll(1);
  const waiting = asked(0, 2_000);
  await waitUntil(async () => queries > 0, { what: 'a reading', withinMs: 10_000, everyMs: 10 });
  setBackMs = 3_600_000;
  expect(await waiting).toMatchObject({ state: 'pending' });
});

it('a client that is already gone is not waited for', async () => {
  const gone = new AbortController();
  gone.abort(new Error('gone'));
  await expect(asked(0, 60_000, TO, gone)).rejects.toThrow('gone');
});

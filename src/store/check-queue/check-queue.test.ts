import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar } from '../../../test/support/work/make-service.ts';
import { makeDelivery, pushOf, START } from '../../../test/support/store/store-samples.ts';
import { createIntakeWriter } from '../intake/accept-delivery.ts';
import { BURST_MS, BURST_QUIET_MS } from '../../core/check/check-timing.ts';
import {
  type ClaimedCheck,
  claimCheck,
  endCheck,
  type CheckEnd,
  nextCheckAt,
  releaseChecks,
  scheduleCheck,
} from './check-queue.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';

let store: Store;
let now: number;
beforeEach(async () => {
  store = await openTestStore();
  now = START;
});
afterEach(() => store.close());

/** A webhook for an image on cluster one. */
const hook = async (text: string, digest: Parameters<typeof pushOf>[1] = null): Promise<string> => {
  const accept = createIntakeWriter(store, {
    clusters: ['one'],
    now: () => now,
    onWork: () => {},
  }).accept;
  const receivedAt = new Date(now).toISOString();
  const delivery = makeDelivery({ receivedAt, pushes: [pushOf(text, digest)] });
  return (await accept(delivery)).id;
};
const claim = (cluster = 'one'): Promise<ClaimedCheck | null> => claimCheck(store.db, cluster, now);
const claimed = async (): Promise<ClaimedCheck> => {
  const check = await claim();
  if (check === null) throw new Error('no check is due');
  return check;
};
const claimedAfter = (ms: number): Promise<ClaimedCheck> => {
  now += ms;
  return claimed();
};
const end = (check: ClaimedCheck, change: Partial<CheckEnd> = {}): Promise<void> =>
  store.db
    .transaction()
    .execute((query) =>
      endCheck(
        query,
        check,
        { results: [], againAt: null, attempts: 0, error: null, ...change },
        now,
      ),
    );
const rows = () => store.db.selectFrom('look_work').selectAll().orderBy('id').execute();
const pending = (name: string, state: 'pending' | 'running' = 'pending') =>
  store.db
    .insertInto('look_work')
    .values({
      cluster: 'one',
      name,
      state,
      run_at: now,
      asked_at: now,
      attempts: 0,
      last_error: null,
    })
    .execute();

it('takes up what others asked for before what one secret did, and that in its turn', async () => {
  const asked = [
    ['acme/a', 'careless', START - 3],
    ['acme/b', 'careless', START - 2],
    ['acme/c', 'good', START - 1],
    ['acme/d', null, START],
  ] as const;
  for (const [name, secret, runAt] of asked) {
    const rest = { setAt: START, askedAt: START, attempts: 0, error: null, secret };
    await scheduleCheck(store.db, { cluster: 'one', name }, runAt, rest);
  }
  const taken = [];
  for (let count = 0; count < 5; count += 1) {
    taken.push((await claimCheck(store.db, 'one', START, 'careless'))?.name);
  }
  expect(taken).toEqual(['acme/c', 'acme/d', 'acme/a', 'acme/b', undefined]);
});

describe('claimCheck', () => {
  it('takes up what has been due longest, once', async () => {
    await hook('acme/b:v1');
    now += 10;
    await hook('acme/a:v1');
    now += 10;
    expect((await claim())?.name).toBe('docker.io/acme/b');
    expect((await claim())?.name).toBe('docker.io/acme/a');
    expect(await claim()).toBeNull();
  });

  it('gives every push that waits, oldest first, with its digest', async () => {
    const first = await hook('acme/web:v1', digestOfChar('b'));
    const second = await hook('acme/web:v2');
    const third = await hook('acme/web:v1');
    expect((await claimed()).pushes).toMatchObject([
      { delivery: first, tag: 'v1', named: digestOfChar('b'), receivedAt: START, outdated: true },
      { delivery: second, tag: 'v2', named: null, outdated: false },
      { delivery: third, tag: 'v1', outdated: false, outcome: null },
    ]);
  });

  it('takes nothing that is not due, nor of another cluster', async () => {
    await hook('acme/web:v1');
    expect(await claimCheck(store.db, 'one', START - 1)).toBeNull();
    expect(await claim('two')).toBeNull();
  });

  it('passes over a repository whose check is under way, but over no other', async () => {
    await hook('acme/web:v1');
    const first = await claimed();
    await hook('acme/web:v1');
    now += BURST_QUIET_MS;
    await hook('acme/other:v1');
    expect((await claim())?.name).toBe('docker.io/acme/other');
    expect(await claim()).toBeNull();
    await end(first);
    expect((await claim())?.name).toBe('docker.io/acme/web');
  });
});

it('a webhook soon after a check belongs to a burst, also after a restart', async () => {
  await hook('acme/web:v1');
  await end(await claimed());
  now += 100;
  await hook('acme/web:v1');
  expect(await rows()).toMatchObject([{ run_at: now + BURST_QUIET_MS }]);
  await end(await claimedAfter(BURST_QUIET_MS));
  now += BURST_MS + 1;
  await hook('acme/web:v1');
  expect(await rows()).toMatchObject([{ run_at: now }]);
});

describe('one check of each kind', () => {
  it.each(['pending', 'running'] as const)(
    'a second %s one of a repository is refused',
    async (state) => {
      await pending('docker.io/acme/web', state);
      await expect(pending('docker.io/acme/web', state)).rejects.toThrow(/unique/i);
      await pending('docker.io/acme/other', state);
    },
  );
});

describe('nextCheckAt', () => {
  it('is the soonest time, null where none waits', async () => {
    expect(await nextCheckAt(store.db, 'one')).toBeNull();
    now += 500;
    await hook('acme/a:v1');
    now -= 200;
    await hook('acme/b:v1');
    expect(await nextCheckAt(store.db, 'one')).toBe(START + 300);
    expect(await nextCheckAt(store.db, 'two')).toBeNull();
  });

  it('leaves out what cannot be taken up, for which nobody should wake', async () => {
    await hook('acme/web:v1');
    await claimed();
    await hook('acme/web:v1');
    expect(await nextCheckAt(store.db, 'one')).toBeNull();
  });
});

describe('endCheck', () => {
  it('gives each push its result, and forgets the check where nothing is left', async () => {
    await hook('acme/web:v1');
    await hook('acme/web:v2');
    const check = await claimed();
    const results = check.pushes.map(({ id, tag }) => ({
      push: id,
      ended: tag === 'v1',
      outcome: 'deployed' as const,
      detail: tag,
    }));
    now += 700;
    await end(check, { results });
    expect(await rows()).toEqual([]);
    const kept = await store.db.selectFrom('push_results').selectAll().orderBy('push_id').execute();
    expect(
      kept.map(({ state, outcome, detail, ended_at }) => [state, outcome, detail, ended_at]),
    ).toEqual([
      ['done', 'deployed', 'v1', START + 700],
      ['waiting', 'deployed', 'v2', null],
    ]);
  });

  it('lets only what waits still be looked at again', async () => {
    await hook('acme/web:v1');
    await hook('acme/web:v2');
    const check = await claimed();
    const results = check.pushes.map(({ id, tag }) => ({
      push: id,
      ended: tag === 'v1',
      outcome: 'nothing-to-do' as const,
      detail: null,
    }));
    await end(check, { results, againAt: START + 5_000, attempts: 3, error: 'away' });
    expect(await rows()).toMatchObject([
      { run_at: START + 5_000, asked_at: null, attempts: 3, last_error: 'away', state: 'pending' },
    ]);
    now = START + 5_000;
    const next = await claimed();
    expect(next.attempts).toBe(3);
    expect(next.pushes).toMatchObject([{ tag: 'v2', outcome: 'nothing-to-do' }]);
  });

  it('keeps a check that a hook asked for meanwhile and that is due sooner', async () => {
    await hook('acme/web:v1');
    const check = await claimed();
    now += 100;
    await hook('acme/web:v1');
    await end(check, { againAt: START + 5_000, attempts: 2 });
    expect(await rows()).toMatchObject([
      { run_at: START + 100 + BURST_QUIET_MS, asked_at: START + 100, attempts: 0 },
    ]);
  });

  it('brings one that is due later forward', async () => {
    await hook('acme/web:v1');
    const check = await claimed();
    now += 9_000;
    await hook('acme/web:v1');
    await end(check, { againAt: START + 5_000 });
    expect(await rows()).toMatchObject([{ run_at: START + 5_000, asked_at: START + 9_000 }]);
  });
});

describe('releaseChecks', () => {
  it('lets what was under way wait again, due now, with its failures', async () => {
    await hook('acme/web:v1');
    await claimed();
    await store.db.updateTable('look_work').set({ attempts: 4 }).execute();
    now += 60_000;
    await releaseChecks(store.db, 'one', now);
    expect(await rows()).toMatchObject([{ state: 'pending', run_at: now, attempts: 4 }]);
    expect((await claimed()).pushes).toHaveLength(1);
  });

  it('makes one of a check under way and the one that waits behind it', async () => {
    await hook('acme/web:v1');
    await claimed();
    now += 10;
    await hook('acme/web:v1');
    now += 60_000;
    await releaseChecks(store.db, 'one', now);
    expect(await rows()).toMatchObject([{ state: 'pending', run_at: START + 10 + BURST_QUIET_MS }]);
    expect((await claimed()).pushes).toHaveLength(2);
  });

  it('changes nothing where nothing was under way', async () => {
    await hook('acme/web:v1');
    const before = await rows();
    await releaseChecks(store.db, 'one', now + 60_000);
    expect(await rows()).toEqual(before);
  });
});

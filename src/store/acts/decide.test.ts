import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Digest } from '../../core/image/digest.ts';
import { LINK_ROLE, LINK_VOTER } from '../../core/policy/approvals/judge-vote.ts';
import type { Gate } from '../../core/policy/gates/gate-state.ts';
import { listActions } from '../access/actions.ts';
import { readHolds } from '../holds/holds.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { approveByPerson, type Decision, rejectByPerson } from './decide.ts';
import { expireWaiting } from '../approvals/expire.ts';
import { readGateNews } from '../approvals/gate-news.ts';
import { addLink } from '../approvals/links.ts';
import { readApprovals } from '../approvals/votes.ts';
import { listWaiting } from '../approvals/list-waiting.ts';

const OLD = `sha256:${'00'.repeat(32)}` as Digest;
const NEW = `sha256:${'ab'.repeat(32)}` as Digest;
const NEWER = `sha256:${'cd'.repeat(32)}` as Digest;
const DEADLINE = 100_000;
const ON = { cluster: 'production', service: 'billing' };
const FINGERPRINT = 'spec-1';

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

const listed = () => listWaiting(store.db, {}, { limit: 10, after: null });

const approval: Gate = {
  gate: 'approval',
  source: 'label',
  since: 0,
  until: DEADLINE,
  detail: '0 of 2 votes; it expires otherwise',
  votes: { given: 0, needed: 2, by: [] },
  canOpen: ['approver', 'operator'],
};

/** Makes the service wait since `since`. */
const wait = async (digest: Digest = NEW, since = 0, spec = FINGERPRINT): Promise<void> => {
  await store.db.deleteFrom('waiting').where('service_id', '=', 'x8').execute();
  await store.db
    .insertInto('waiting')
    .values({
      cluster: ON.cluster,
      service_id: 'x8',
      service_name: ON.service,
      stack: null,
      name: 'docker.io/acme/billing',
      from_tag: 'v1',
      from_digest: OLD,
      tag: 'v1',
      digest,
      spec_fingerprint: spec,
      gates: JSON.stringify([approval]),
      since,
      candidate_since: since,
      due_at: DEADLINE,
      set_at: since,
    })
    .execute();
};

let ids = 0;
const newId = (): string => `id-${String((ids += 1)).padStart(4, '0')}`;
const act = (actor: string) => ({ id: newId(), actor, address: '192.0.2.1' });

const approve = (person: string, now: number, digest: string | null = null): Promise<Decision> =>
  approveByPerson(
    store.db,
    ON,
    { person, role: 'approver', digest, link: null },
    { act: act(person), now },
  );
const reject = (person: string, now: number, digest: string | null = null): Promise<Decision> =>
  rejectByPerson(
    store.db,
    ON,
    { digest, reason: 'not today', ids: { hold: newId(), news: newId() }, link: null },
    { act: act(person), now },
  );

const service = (spec = FINGERPRINT) => ({ id: 'x8', specFingerprint: () => spec });
const votesNow = async (digest: Digest = NEW, spec = FINGERPRINT) =>
  (await readApprovals(store.db, ON.cluster))(service(spec), { tag: 'v1', digest }, 50_000);
const voters = async (digest?: Digest, spec?: string): Promise<readonly string[]> =>
  (await votesNow(digest, spec)).votes.map(({ person }) => person);
const dueAt = async (): Promise<number | undefined> =>
  (await store.db.selectFrom('waiting').select('due_at').executeTakeFirst())?.due_at;

describe('approving', () => {
  it('counts distinct people, shows it, has the service looked at, and stands in the audit', async () => {
    await wait();
    expect((await approve('ana', 10)).kind).toBe('done');
    const second = await approve('bea', 20, NEW);
    expect(second).toMatchObject({
      kind: 'done',
      waiting: { gates: [{ votes: { given: 2, needed: 2, by: ['ana', 'bea'] } }] },
    });
    expect(await voters()).toEqual(['ana', 'bea']);
    expect(await dueAt()).toBe(20);
    const { items } = await listActions(store.db, { limit: 10, after: null });
    expect(items.map(({ actor, action, target }) => [actor, action, target])).toEqual([
      ['bea', 'approve', 'production/billing'],
      ['ana', 'approve', 'production/billing'],
    ]);
    expect(items[1]?.detail).toMatchObject({ from: OLD, to: NEW, votes: { given: 1, needed: 2 } });
  });

  it('counts a person once', async () => {
    await wait();
    await approve('ana', 10);
    expect(await approve('ana', 20)).toMatchObject({
      kind: 'repeated',
      waiting: { gates: [{ votes: { given: 1, needed: 2 } }] },
    });
    expect(await voters()).toEqual(['ana']);
    expect((await listActions(store.db, { limit: 10, after: null })).items).toHaveLength(1);
  });

  it('is for one digest: another that waits needs its own votes, also where the first comes back', async () => {
    await wait(NEW, 0);
    await approve('ana', 10, NEW);
    await wait(NEWER, 20);
    expect(await approve('bea', 30, NEW)).toMatchObject({ kind: 'refused', why: 'other-image' });
    expect(await voters(NEWER)).toEqual([]);
    await wait(NEW, 40);
    expect(await votesNow(NEW)).toEqual({ votes: [], since: 40 });
    // And the person may vote again.
    expect((await approve('ana', 50)).kind).toBe('done');
    expect(await voters(NEW)).toEqual(['ana']);
  });

  it('dies with the spec around the image', async () => {
    await wait();
    await approve('ana', 10);
    expect(await voters(NEW, 'spec-2')).toEqual([]);
    await wait(NEW, 20, 'spec-2');
    expect(await voters(NEW, 'spec-2')).toEqual([]);
  });

  it('of what does not wait is refused', async () => {
    expect(await approve('ana', 10)).toEqual({ kind: 'not-waiting' });
  });

  it('a vote at the deadline is too late, and one just before it counts', async () => {
    await wait();
    await approve('ana', DEADLINE - 1);
    expect(await approve('bea', DEADLINE)).toMatchObject({ kind: 'refused', why: 'too-late' });
    expect(await voters()).toEqual(['ana']);
  });
});

describe('rejecting', () => {
  it('takes one person, holds the digest with the reason, and leaves word of it', async () => {
    await wait();
    await approve('ana', 10);
    expect((await reject('bea', 20)).kind).toBe('done');
    const hold = await readHolds(store.db, ON.cluster);
    expect(hold(service(), NEW)).toMatchObject({
      kind: 'rejected',
      detail: expect.stringMatching(/^bea rejected .*: not today$/) as unknown,
    });
    expect(hold(service('spec-2'), NEW)).toBeNull();
    expect(hold(service(), NEWER)).toBeNull();
    expect(await dueAt()).toBe(20);
    expect((await listed()).items).toEqual([]);
    expect(await readGateNews(store.db, 10)).toMatchObject([
      { state: 'rejected', to: NEW, by: ['bea'], reason: 'not today' },
    ]);
  });

  it('ends the voting: the decision that came first stands', async () => {
    await wait();
    expect((await approve('ana', 10)).kind).toBe('done');
    expect((await reject('bea', 10)).kind).toBe('done');
    expect((await approve('eva', 10)).kind).toBe('not-waiting');
    expect((await reject('eva', 20)).kind).toBe('not-waiting');
  });

  it('names the digest that was seen', async () => {
    await wait(NEWER);
    expect(await reject('bea', 20, NEW)).toMatchObject({ kind: 'refused', why: 'other-image' });
    expect((await listed()).items).toHaveLength(1);
  });
});

describe('by a link', () => {
  const link = { hash: 'h1', channel: 'ops' };
  const byLink = (now: number): Promise<Decision> =>
    approveByPerson(
      store.db,
      ON,
      { person: LINK_VOTER, role: LINK_ROLE, digest: null, link },
      { act: act('ops (link)'), now },
    );
  const send = async (hash: string): Promise<void> => {
    const row = await store.db.selectFrom('waiting').selectAll().executeTakeFirstOrThrow();
    await addLink(store.db, { hash, channel: 'ops', expiresAt: DEADLINE }, row, 0);
  };

  it('it is decided once, and two at the same moment are one', async () => {
    await wait();
    await send('h1');
    const both = await Promise.all([byLink(10), byLink(10)]);
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(['done', 'link-used']);
    expect(await voters()).toEqual([LINK_VOTER]);
  });

  it('all links are one voter, beside those with tokens', async () => {
    await wait();
    await send('h1');
    await byLink(10);
    await send('h2');
    const again = await approveByPerson(
      store.db,
      ON,
      {
        person: LINK_VOTER,
        role: LINK_ROLE,
        digest: null,
        link: { hash: 'h2', channel: 'chat' },
      },
      { act: act('chat (link)'), now: 20 },
    );
    expect(again.kind).toBe('repeated');
    await approve('ana', 30);
    expect(await voters()).toEqual([LINK_VOTER, 'ana']);
  });
});

describe('the deadline', () => {
  const expire = (now: number): Promise<string | null> =>
    store.db
      .transaction()
      .execute((query) =>
        expireWaiting(
          query,
          { cluster: ON.cluster, serviceId: 'x8', ids: { hold: newId(), news: newId() } },
          now,
        ),
      );

  it('holds what did not have its votes, and leaves word of it', async () => {
    await wait();
    await approve('ana', 10);
    expect(await expire(DEADLINE - 1)).toBeNull();
    expect(await expire(DEADLINE)).toContain('1 of 2 votes');
    const hold = await readHolds(store.db, ON.cluster);
    expect(hold(service(), NEW)?.kind).toBe('expired');
    expect(await readGateNews(store.db, 10)).toMatchObject([{ state: 'expired', by: ['ana'] }]);
  });

  it('and the last vote at the same moment: the vote is too late', async () => {
    await wait();
    await approve('ana', 10);
    expect(await approve('bea', DEADLINE)).toMatchObject({ kind: 'refused', why: 'too-late' });
    expect(await expire(DEADLINE)).not.toBeNull();
  });

  it('passes by a vote that was counted before it', async () => {
    await wait();
    await approve('ana', 10);
    expect((await approve('bea', DEADLINE - 1)).kind).toBe('done');
    expect(await expire(DEADLINE)).toBeNull();
  });

  it('ends the voting, also for a vote that was asked for before it', async () => {
    await wait();
    await approve('ana', 10);
    expect(await expire(DEADLINE)).not.toBeNull();
    expect((await approve('bea', DEADLINE - 1)).kind).toBe('not-waiting');
  });
});

describe('votes, rejections and the deadline at the same moment', () => {
  const anyStep = fc.record({
    what: fc.constantFrom('ana', 'bea', 'eva', 'expire', 'reject'),
    /** Around the deadline. */
    at: fc.integer({ min: -2, max: 2 }),
  });
  type Step = typeof anyStep extends fc.Arbitrary<infer One> ? One : never;

  const carryOut = async ({ what, at }: Step): Promise<string> => {
    const now = DEADLINE + at;
    if (what === 'reject') return `rejected ${(await reject('ben', now)).kind}`;
    if (what !== 'expire') return `${what} ${(await approve(what, now)).kind}`;
    const expiring = { hold: newId(), news: newId() };
    const detail = await store.db
      .transaction()
      .execute((query) =>
        expireWaiting(query, { cluster: ON.cluster, serviceId: 'x8', ids: expiring }, now),
      );
    return `expired ${detail === null ? 'not' : 'done'}`;
  };

  it('in any order, at once: one end and no other, and none by votes that came too late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 8 }), async (steps) => {
        for (const table of ['waiting', 'holds', 'approval_votes', 'gate_news'] as const) {
          await store.db.deleteFrom(table).execute();
        }
        await wait();
        // All are requested at once. The store carries them out one after another.
        const told = await Promise.all(steps.map(carryOut));
        const counted = steps.filter((_, index) => told[index]?.endsWith(' done'));
        const votes = counted.filter(({ what }) => !['expire', 'reject'].includes(what));
        const ends = counted.filter(({ what }) => ['expire', 'reject'].includes(what));
        // Votes count before the deadline, once per person, and no more than needed.
        expect(votes.every(({ at }) => at < 0)).toBe(true);
        expect(new Set(votes.map(({ what }) => what)).size).toBe(votes.length);
        expect(votes.length).toBeLessThanOrEqual(2);
        expect((await voters()).toSorted()).toEqual(votes.map(({ what }) => what).toSorted());
        // It ends once: by a rejection at any time, or at the deadline without enough votes.
        expect(ends.length).toBeLessThanOrEqual(1);
        const [end] = ends;
        if (end?.what === 'expire') {
          expect(end.at).toBeGreaterThanOrEqual(0);
          expect(votes.length).toBeLessThan(2);
        }
        const hold = (await readHolds(store.db, ON.cluster))(service(), NEW);
        const held = end === undefined ? undefined : end.what === 'expire' ? 'expired' : 'rejected';
        expect(hold?.kind).toBe(held);
        expect(await readGateNews(store.db, 10)).toHaveLength(ends.length);
        // If nothing ended it, the next deadline does, unless there are enough votes.
        const last = await carryOut({ what: 'expire', at: 3 });
        const isOver = end !== undefined || votes.length >= 2;
        expect(last).toBe(isOver ? 'expired not' : 'expired done');
      }),
      { numRuns: 80 },
    );
  });
});

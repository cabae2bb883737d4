import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  digestOfChar,
  failedLookup,
  makeService,
  published,
} from '../../../test/support/work/make-service.ts';
import {
  makeDelivery,
  makeDeployment,
  nextId,
  START,
} from '../../../test/support/store/store-samples.ts';
import type { Digest } from '../../core/image/digest.ts';
import type { Service } from '../../core/swarm/service.ts';
import { type Deployment, endDeployment, findDeployment } from '../deployments/deployments.ts';
import { insertDeliveries } from '../intake/insert-deliveries.ts';
import { recordSent } from '../deployments/intents.ts';
import { addHold, type NewHold, readHolds, releaseHolds } from './holds.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { isOneRedeployLater, knownDigest, readProven, recordProven } from './proven.ts';
import { readLookups, recordLookups } from '../published/published.ts';
import { queueDeployment } from '../deployments/queue-deployment.ts';
import { readDeployment } from '../deployments/read-deployments.ts';
import { queueRetry, RETRY_AFTER_MS } from '../deployments/retries.ts';

const MEDIA_TYPE = 'application/vnd.oci.image.index.v1+json';
const A = digestOfChar('a');
const B = digestOfChar('b');
const WEB = makeService();

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
});
afterEach(() => store.close());

describe('a hold', () => {
  const hold = (change: Partial<NewHold> = {}, at = START): Promise<void> =>
    addHold(
      store.db,
      {
        id: nextId(),
        cluster: 'one',
        service: WEB,
        digest: B,
        kind: 'known-bad',
        deployment: 'deployment-1',
        ...change,
      },
      at,
    );

  it('stands on a digest for a service as its spec was', async () => {
    await hold();
    const find = await readHolds(store.db, 'one');
    expect(find(WEB, B)).toEqual({
      kind: 'known-bad',
      since: new Date(START).toISOString(),
      deployment: 'deployment-1',
    });
  });

  it.each<[string, string, Partial<Service>, typeof A]>([
    ['another digest', 'one', {}, A],
    ['another service', 'one', { id: 'service-2' }, B],
    [
      'a spec that was changed, which may have healed it',
      'one',
      { specFingerprint: () => 'spec-2' },
      B,
    ],
    ['another cluster', 'two', {}, B],
  ])('does not stand on %s', async (_name, cluster, change, digest) => {
    await hold();
    expect((await readHolds(store.db, cluster))(makeService(change), digest)).toBeNull();
  });

  it('stands the same whatever changed of image and counters', async () => {
    await hold();
    const changed = makeService({ imageText: `acme/web:v2@${A}`, version: 99, forceUpdate: 7 });
    expect((await readHolds(store.db, 'one'))(changed, B)).not.toBeNull();
  });

  it('is the newest one where there are several', async () => {
    await hold();
    await hold({ kind: 'left-by-person' }, START + 5_000);
    expect((await readHolds(store.db, 'one'))(WEB, B)).toMatchObject({ kind: 'left-by-person' });
  });

  it('is lifted with all of its service, by name, and once', async () => {
    await hold();
    await hold({ digest: A });
    await hold({ service: makeService({ id: 'service-2' }) });
    expect(
      await releaseHolds(store.db, { cluster: 'one', serviceId: 'service-1' }, 'oncall', START + 9),
    ).toBe(2);
    expect(
      await releaseHolds(store.db, { cluster: 'one', serviceId: 'service-1' }, 'oncall', START + 9),
    ).toBe(0);
    const find = await readHolds(store.db, 'one');
    expect([find(WEB, A), find(WEB, B)]).toEqual([null, null]);
    expect(find(makeService({ id: 'service-2' }), B)).not.toBeNull();
    const kept = await store.db.selectFrom('holds').select('released_by').execute();
    expect(kept.filter(({ released_by }) => released_by === 'oncall')).toHaveLength(2);
  });
});

describe('a proven digest', () => {
  const proven = async (service: Service): Promise<string | undefined> =>
    (await readProven(store.db, 'one')).get(service.id)?.digest;

  it('is the last one of its service', async () => {
    await recordProven(store.db, { cluster: 'one', service: WEB }, A, START);
    await recordProven(store.db, { cluster: 'one', service: WEB }, B, START + 1);
    await recordProven(store.db, { cluster: 'two', service: WEB }, A, START + 2);
    expect(await proven(WEB)).toBe(B);
    expect(await proven(makeService({ id: 'service-2' }))).toBeUndefined();
  });

  const UNPINNED = makeService({ imageText: 'acme/web:v1' });
  it.each<[string, Partial<Service>, typeof A | null]>([
    ['known while nothing changed', {}, A],
    ['not known after a forced restart', { forceUpdate: 1 }, null],
    ['not known after its spec changed', { specFingerprint: () => 'spec-2' }, null],
    ['not known after it was given another tag', { imageText: 'acme/web:v2' }, null],
    ['not known after it was given another image', { imageText: 'acme/other:v1' }, null],
  ])('of an unpinned service is %s', async (_name, change, expected) => {
    await recordProven(store.db, { cluster: 'one', service: UNPINNED }, A, START);
    const row = (await readProven(store.db, 'one')).get('service-1');
    expect(knownDigest(makeService({ imageText: 'acme/web:v1', ...change }), row)).toBe(expected);
  });

  it('says nothing of a service that was pinned when it was proven and is not any more', async () => {
    const pinned = makeService({ imageText: `acme/web:v1@${A}` });
    await recordProven(store.db, { cluster: 'one', service: pinned }, A, START);
    const row = (await readProven(store.db, 'one')).get('service-1');
    expect(knownDigest(UNPINNED, row)).toBeNull();
  });

  it('is not known where none is', () => {
    expect(knownDigest(UNPINNED, undefined)).toBeNull();
  });
});

describe('a service that was redeployed once since it was proven', () => {
  const pinned = (digest: Digest, change: Partial<Service> = {}): Service =>
    makeService({ imageText: `acme/web:v1@${digest}`, forceUpdate: 4, ...change });
  const unpinned = makeService({ imageText: 'acme/web:v1', forceUpdate: 4 });

  it.each<[string, Service, Service, boolean]>([
    ['is known by its counter', pinned(A), pinned(B, { forceUpdate: 5 }), true],
    ['is none redeployed twice', pinned(A), pinned(B, { forceUpdate: 6 }), false],
    ['is none updated in another way', pinned(A), pinned(B), false],
    [
      'is none with another spec',
      pinned(A),
      pinned(B, { forceUpdate: 5, specFingerprint: () => 'spec-2' }),
      false,
    ],
    ['is none that was unpinned then', unpinned, pinned(B, { forceUpdate: 5 }), false],
  ])('%s', async (_what, proven, present, expected) => {
    await recordProven(store.db, { cluster: 'one', service: proven }, A, START);
    const row = (await readProven(store.db, 'one')).get('service-1');
    expect(row === undefined ? null : isOneRedeployLater(row, present)).toBe(expected);
  });
});

describe('a published digest', () => {
  const NAME = 'docker.io/acme/web';
  const last = async () => (await readLookups(store.db)).get(`${NAME}:v1`);

  it('is remembered with its members', async () => {
    await recordLookups(
      store.db,
      [{ name: NAME, tag: 'v1', lookup: published(A), members: [B], askedAt: START }],
      START,
    );
    expect(await last()).toEqual({
      digest: A,
      members: [B],
      mediaType: MEDIA_TYPE,
      failure: null,
      detail: null,
      checkedAt: START,
    });
  });

  it('stays known while the registry cannot tell, with why', async () => {
    await recordLookups(
      store.db,
      [{ name: NAME, tag: 'v1', lookup: published(A), members: [B], askedAt: START }],
      START,
    );
    await recordLookups(
      store.db,
      [
        {
          name: NAME,
          tag: 'v1',
          lookup: failedLookup('unreachable'),
          members: null,
          askedAt: START + 5,
        },
      ],
      START + 5,
    );
    expect(await last()).toEqual({
      digest: A,
      members: [B],
      mediaType: MEDIA_TYPE,
      failure: 'unreachable',
      detail: 'the registry: unreachable',
      checkedAt: START + 5,
    });
    await recordLookups(
      store.db,
      [{ name: NAME, tag: 'v1', lookup: published(A), members: null, askedAt: START + 9 }],
      START + 9,
    );
    expect(await last()).toMatchObject({ digest: A, failure: null, detail: null });
  });

  it('keeps its members while it is the same, and loses them with another', async () => {
    await recordLookups(
      store.db,
      [{ name: NAME, tag: 'v1', lookup: published(A), members: [B], askedAt: START }],
      START,
    );
    await recordLookups(
      store.db,
      [{ name: NAME, tag: 'v1', lookup: published(A), members: null, askedAt: START + 1 }],
      START + 1,
    );
    expect((await last())?.members).toEqual([B]);
    await recordLookups(
      store.db,
      [{ name: NAME, tag: 'v1', lookup: published(B), members: null, askedAt: START + 2 }],
      START + 2,
    );
    expect(await last()).toMatchObject({ digest: B, members: [] });
  });

  it('is not told by an answer that was asked for before', async () => {
    const asked = (digest: Digest, askedAt: number, now: number) =>
      recordLookups(
        store.db,
        [{ name: NAME, tag: 'v1', lookup: published(digest), members: null, askedAt }],
        now,
      );
    await asked(A, START + 5, START + 5);
    await asked(B, START + 4, START + 9);
    expect(await last()).toMatchObject({ digest: A, checkedAt: START + 5 });
    await asked(B, START + 5, START + 9);
    expect(await last()).toMatchObject({ digest: B, checkedAt: START + 5 });
    // The clock was set back: requests with a time in the future say nothing.
    await asked(A, START + 1, START + 2);
    expect(await last()).toMatchObject({ digest: A, checkedAt: START + 1 });
  });

  it('was never seen where the first answer is a failure', async () => {
    await recordLookups(
      store.db,
      [{ name: NAME, tag: 'v1', lookup: failedLookup('tag-gone'), members: null, askedAt: START }],
      START,
    );
    expect(await last()).toMatchObject({ digest: null, members: [], failure: 'tag-gone' });
  });

  it('is one for each tag', async () => {
    const answers = [
      { name: NAME, tag: 'v1', lookup: published(A), members: null, askedAt: START },
      { name: NAME, tag: 'v2', lookup: published(B), members: null, askedAt: START },
    ];
    await recordLookups(store.db, answers, START);
    expect([...(await readLookups(store.db)).values()].map(({ digest }) => digest)).toEqual([A, B]);
  });
});

describe('a retry', () => {
  /** A deployment that failed at a time. */
  const failAt = async (at: number): Promise<Deployment> => {
    const { id } = await queueDeployment(store.db, makeDeployment(), at);
    const change = { path: 'TaskTemplate.ContainerSpec.Image', before: A, after: B };
    await recordSent(store.db, id, at, { detail: {}, changes: [change] });
    await endDeployment(
      store.db,
      id,
      { state: 'rolled-back', reason: 'image-unavailable', failure: null },
      at,
    );
    const deployment = await findDeployment(store.db, id);
    if (deployment === null) throw new Error('no deployment');
    return deployment;
  };
  const drop = (): Promise<unknown> =>
    store.db.deleteFrom('deployments').where('state', '=', 'queued').execute();

  it('waits longer each time, and is the same deployment with the same triggers', async () => {
    for (const wait of RETRY_AFTER_MS) {
      const ended = await failAt(START);
      const id = nextId();
      expect(await queueRetry(store.db, ended, id, START)).toBe(true);
      expect(await readDeployment(store.db, id)).toMatchObject({
        service: { id: 'service-1', name: 'web' },
        image: 'docker.io/acme/web:v1',
        from: A,
        to: B,
        state: 'queued',
        reason: null,
        failure: null,
        changes: null,
        startedAt: null,
        endedAt: null,
        triggers: [{ kind: 'hook', delivery: 'delivery-1' }],
        steps: [
          {
            step: 'queued',
            detail: { retryOf: ended.id, notBefore: new Date(START + wait).toISOString() },
          },
        ],
      });
      expect(await findDeployment(store.db, id)).toMatchObject({
        runAt: START + wait,
        attempts: 0,
        intent: null,
        deadlineAt: null,
      });
      await drop();
    }
    expect(await queueRetry(store.db, await failAt(START), nextId(), START)).toBe(false);
  });

  it.each<[string, number, number]>([
    [
      'waits on while follow-ups of the webhook before ask',
      START - 1_000,
      START + (RETRY_AFTER_MS[0] ?? 0),
    ],
    ['waits no longer once another webhook asks', START + 10_000, START + 30_000],
  ])('%s', async (_what, receivedAt, runAt) => {
    const ended = await failAt(START);
    const id = nextId();
    await queueRetry(store.db, ended, id, START);
    const delivery = nextId();
    const one = makeDelivery({ id: delivery, receivedAt: new Date(receivedAt).toISOString() });
    await insertDeliveries(store.db, [one], ['one']);
    const triggers = [{ kind: 'hook' as const, source: delivery }];
    const now = START + 30_000;
    expect(await queueDeployment(store.db, makeDeployment({ triggers }), now)).toEqual({
      id,
      joined: true,
    });
    expect(await findDeployment(store.db, id)).toMatchObject({ runAt });
  });

  it('forgets failures of yesterday', async () => {
    for (let tries = 0; tries < RETRY_AFTER_MS.length; tries += 1) await failAt(START);
    const day = 24 * 3_600_000;
    const ended = await failAt(START + day + 1);
    expect(await queueRetry(store.db, ended, nextId(), START + day + 1)).toBe(true);
  });

  it('does not stand in the way of a newer one that waits', async () => {
    const ended = await failAt(START);
    await queueDeployment(store.db, makeDeployment({ to: A }), START);
    expect(await queueRetry(store.db, ended, nextId(), START)).toBe(false);
  });
});

import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOfChar, makeService } from '../../../test/support/work/make-service.ts';
import {
  makeDelivery,
  makeDeployment,
  nextId,
  pushOf,
  START,
} from '../../../test/support/store/store-samples.ts';
import type { NewDelivery } from '../../core/contract/delivery.ts';
import type {
  DeliveryFilter,
  DeploymentFilter,
  PageRequest,
} from '../../core/contract/list-filters.ts';
import type { Page } from '../../core/contract/views.ts';
import { createIntakeWriter, type IntakeOptions } from '../intake/accept-delivery.ts';
import { listActions, recordAction } from '../access/actions.ts';
import { endDeployment, recordBuild } from './deployments.ts';
import { addFreeze, listFreezes } from '../holds/freezes.ts';
import type { Store } from '../sqlite/open-store.ts';
import { openTestStore } from '../../../test/support/store/open-test-store.ts';
import { type NewDeployment, queueDeployment } from './queue-deployment.ts';
import { listDeliveries, readDelivery } from '../intake/read-deliveries.ts';
import { latestDeployments, listDeployments, readDeployment } from './read-deployments.ts';

const B = digestOfChar('b');

let store: Store;
let woken: number;
beforeEach(async () => {
  store = await openTestStore();
  woken = 0;
});
afterEach(() => store.close());

const options: IntakeOptions = {
  clusters: ['one', 'two'],
  now: () => START,
  onWork: () => {
    woken += 1;
  },
};
const deliver = async (change: Partial<NewDelivery> = {}): Promise<string> =>
  (await createIntakeWriter(store, options).accept(makeDelivery(change))).id;
const deploy = async (change: Partial<NewDeployment> = {}, at = START): Promise<string> =>
  (await queueDeployment(store.db, makeDeployment({ cause: 'forced', ...change }), at)).id;
const END = { state: 'succeeded', reason: null, failure: null } as const;
const at = (ms: number): string => new Date(START + ms).toISOString();

/** All items of a list, page by page. */
const all = async <T>(
  list: (page: PageRequest) => Promise<Page<T>>,
  limit: number,
): Promise<T[]> => {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: Page<T> = await list({ limit, after });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
};

describe('every list', () => {
  const fill = async (count: number): Promise<Record<string, string[]>> => {
    const made: Record<string, string[]> = {
      deliveries: [],
      deployments: [],
      actions: [],
      freezes: [],
    };
    for (let index = 0; index < count; index += 1) {
      made['deliveries']?.push(await deliver());
      made['deployments']?.push(await deploy({ service: makeService({ id: `s-${index % 3}` }) }));
      const [action, freeze] = [nextId(), nextId()];
      await recordAction(
        store.db,
        { id: action, actor: 'a', action: 'b', target: 'c', detail: {} },
        START,
      );
      await addFreeze(
        store.db,
        {
          id: freeze,
          cluster: null,
          stack: null,
          service: null,
          reason: 'r',
          by: 'b',
          until: null,
        },
        START,
      );
      made['actions']?.push(action);
      made['freezes']?.push(freeze);
    }
    return made;
  };

  it('gives all its items exactly once, in its order, whatever the size of a page', async () => {
    const made = await fill(10);
    const ids = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), async (limit) => {
        const { db } = store;
        const newestFirst = (name: string): string[] => (made[name] ?? []).toReversed();
        expect(ids(await all((page) => listDeliveries(db, {}, page), limit))).toEqual(
          newestFirst('deliveries'),
        );
        expect(ids(await all((page) => listDeployments(db, {}, page), limit))).toEqual(
          newestFirst('deployments'),
        );
        expect(ids(await all((page) => listActions(db, page), limit))).toEqual(
          newestFirst('actions'),
        );
        expect(ids(await all((page) => listFreezes(db, page, START), limit))).toEqual(
          made['freezes'],
        );
      }),
      { numRuns: 12 },
    );
  });

  it('bears any text as a cursor, and tells an exact end', async () => {
    await fill(4);
    for (const after of ['', '~', "' OR 1=1 --", '\u0000']) {
      await expect(listDeliveries(store.db, {}, { limit: 5, after })).resolves.toMatchObject({
        next: null,
      });
      await expect(listDeployments(store.db, {}, { limit: 5, after })).resolves.toMatchObject({
        next: null,
      });
    }
    expect((await listDeliveries(store.db, {}, { limit: 4, after: null })).next).toBeNull();
    expect((await listDeliveries(store.db, {}, { limit: 3, after: null })).next).not.toBeNull();
  });

  it('goes on at the same place while newer items come', async () => {
    const made = await fill(4);
    const first = await listDeliveries(store.db, {}, { limit: 2, after: null });
    await fill(2);
    const rest = await listDeliveries(store.db, {}, { limit: 9, after: first.next });
    expect(rest.items.map(({ id }) => id)).toEqual(made['deliveries']?.slice(0, 2).toReversed());
  });
});

describe('deliveries', () => {
  it('are shown with what became of each push, and what they led to', async () => {
    const id = await deliver({
      pushes: [pushOf('acme/web:v1', B), pushOf('acme/api:v2')],
      ignored: [{ reason: 'no-tag', about: 'x' }],
    });
    const deployment = await deploy({ triggers: [{ kind: 'hook', source: id }] });
    await store.db
      .updateTable('push_results')
      .set({ state: 'done', outcome: 'deployed', detail: 'well', ended_at: START + 5 })
      .where('cluster', '=', 'one')
      .where('name', '=', 'docker.io/acme/web')
      .execute();
    const waiting = { state: 'waiting', outcome: null, detail: null, endedAt: null };
    expect(await readDelivery(store.db, id)).toEqual({
      id,
      receivedAt: at(0),
      sender: 'docker-hub',
      secret: 'main',
      address: '192.0.2.1',
      status: 202,
      pushes: [
        {
          image: 'docker.io/acme/web:v1',
          digest: B,
          results: [
            { cluster: 'one', state: 'done', outcome: 'deployed', detail: 'well', endedAt: at(5) },
            { cluster: 'two', ...waiting },
          ],
        },
        {
          image: 'docker.io/acme/api:v2',
          results: [
            { cluster: 'one', ...waiting },
            { cluster: 'two', ...waiting },
          ],
        },
      ],
      ignored: [{ reason: 'no-tag', about: 'x' }],
      duplicateOf: null,
      deployments: [deployment],
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(await readDelivery(store.db, 'nothing')).toBeNull();
  });

  it.each<[string, DeliveryFilter, readonly string[]]>([
    ['sender', { sender: 'github' }, ['b']],
    ['secret', { secret: 'ci' }, ['c']],
    ['since, from then on', { since: at(1_000) }, ['c', 'b']],
    ['until, and not then', { until: at(1_000) }, ['a']],
    ['both', { since: at(1_000), until: at(2_000) }, ['b']],
    ['none', {}, ['c', 'b', 'a']],
    ['nothing of it', { sender: 'nobody' }, []],
  ])('are filtered by %s', async (_name, filter, expected) => {
    await deliver({ address: 'a' });
    await deliver({ address: 'b', sender: 'github', receivedAt: at(1_000) });
    await deliver({ address: 'c', secret: 'ci', receivedAt: at(2_000) });
    const { items } = await listDeliveries(store.db, filter, { limit: 9, after: null });
    expect(items.map(({ address }) => address)).toEqual(expected);
  });

  it.each<[string, DeliveryFilter, readonly string[], number]>([
    ['none', {}, ['repeated', 'api', 'web'], 2],
    ['those without a push too', { ignored: true }, ['gone', 'repeated', 'pull', 'api', 'web'], 0],
    ['ignored', { outcome: 'ignored' }, ['gone', 'pull'], 0],
    ['the sender of one that is left out', { sender: 'github' }, [], 1],
    ['image with its tag', { image: 'acme/web:v1' }, ['repeated', 'web'], 2],
    ['image with any tag', { image: 'docker.io/acme/api' }, ['api'], 2],
    ['image that none pushed', { image: 'acme/api:v9', ignored: true }, [], 0],
    ['an outcome', { outcome: 'no-service' }, ['api'], 2],
    ['waiting', { outcome: 'waiting' }, ['api', 'web'], 2],
    ['duplicates', { outcome: 'duplicate' }, ['repeated'], 2],
    [
      'images of a scope, and an outcome',
      { images: ['docker.io/acme/web:v1'], outcome: 'no-service' },
      [],
      2,
    ],
  ])('without a push are left out and counted: %s', async (_name, filter, expected, ignored) => {
    const pull = { pushes: [], ignored: [{ reason: 'not-a-push' }] };
    await deliver({ address: 'web', senderDeliveryId: 'one', pushes: [pushOf('acme/web:v1')] });
    await deliver({ address: 'api', pushes: [pushOf('acme/api:v2')] });
    await deliver({ address: 'pull', ...pull });
    await deliver({
      address: 'repeated',
      senderDeliveryId: 'one',
      pushes: [pushOf('acme/web:v1')],
    });
    await deliver({ address: 'gone', sender: 'github', ...pull });
    await store.db
      .updateTable('push_results')
      .set({ state: 'done', outcome: 'no-service' })
      .where('cluster', '=', 'one')
      .where('name', '=', 'docker.io/acme/api')
      .execute();
    const found = await listDeliveries(store.db, filter, { limit: 9, after: null });
    expect(found.items.map(({ address }) => address)).toEqual(expected);
    expect(found.ignored).toBe(ignored);
  });
});

describe('deployments', () => {
  it.each<[string, DeploymentFilter, readonly string[]]>([
    ['cluster', { cluster: 'two' }, ['c']],
    ['name of a service', { service: 'api' }, ['b']],
    ['id of a service', { service: 'id-api' }, ['b']],
    ['image with its tag', { image: 'docker.io/acme/web:v1' }, ['c', 'a']],
    ['image as people write it', { image: 'acme/web:v1' }, ['c', 'a']],
    ['image without a tag', { image: 'docker.io/acme/api' }, ['b']],
    ['image that a service left', { image: 'docker.io/acme/api:v1' }, ['b']],
    ['image with a tag that none has', { image: 'docker.io/acme/api:v3' }, []],
    ['state', { state: 'succeeded' }, ['a']],
    ['since and until', { since: at(1_000), until: at(2_000) }, ['b']],
    ['all together', { cluster: 'one', service: 'web', state: 'succeeded' }, ['a']],
    ['no word', { q: '  ' }, ['c', 'b', 'a']],
    ['a part of a name, in any case', { q: 'WE' }, ['c', 'a']],
    ['an image with its tag', { q: 'acme/api:v2' }, ['b']],
    ['a part of a digest', { q: B.slice(7, 19) }, ['c', 'b', 'a']],
    ['a version', { q: 'v1.3' }, ['b']],
    ['a commit', { q: '982c388' }, ['b']],
    ['who asked for it', { q: 'oncall' }, ['c']],
    ['what led to it', { q: 'HOOK' }, ['b', 'a']],
    ['the name of a run, which nobody types', { q: 'delivery-1' }, []],
    ['words that must all be there', { q: ' web\ttwo ' }, ['c']],
    ['words of which one is nowhere', { q: 'web three' }, []],
    ['what a pattern would take for anything', { q: '%' }, []],
    ['what would end a text', { q: "' or '1'='1" }, []],
    ['words and a state', { q: 'web', state: 'succeeded' }, ['a']],
  ])('are filtered by %s', async (_name, filter, expected) => {
    const web = makeService({ id: 'id-web', name: 'web' });
    const api = makeService({ id: 'id-api', name: 'api' });
    const names = new Map<string, string>();
    names.set(await deploy({ service: web }), 'a');
    await endDeployment(store.db, [...names.keys()][0] ?? '', END, START);
    const image = { registry: 'docker.io', repository: 'acme/api', tag: 'v2' };
    names.set(await deploy({ service: api, image }, START + 1_000), 'b');
    const triggers = [{ kind: 'person', source: 'OnCall' }] as const;
    names.set(await deploy({ service: web, cluster: 'two', triggers }, START + 2_000), 'c');
    const build = { version: 'v1.3.0', revision: '982c388', source: null, created: null };
    await recordBuild(store.db, [...names.keys()][1] ?? '', build);
    const { items } = await listDeployments(store.db, filter, { limit: 9, after: null });
    expect(items.map(({ id }) => names.get(id))).toEqual(expected);
  });

  it('are shown with every kind of trigger', async () => {
    const triggers = [
      { kind: 'hook', source: 'delivery' },
      { kind: 'person', source: 'oncall' },
      { kind: 'schedule', source: 'run-1' },
      { kind: 'smart-redeploy', source: 'run-2' },
    ] as const;
    const view = await readDeployment(store.db, await deploy({ triggers }));
    expect(view?.triggers).toEqual([
      { kind: 'hook', delivery: 'delivery' },
      { kind: 'person', actor: 'oncall' },
      { kind: 'schedule', run: 'run-1' },
      { kind: 'smart-redeploy', run: 'run-2' },
    ]);
    expect(await readDeployment(store.db, 'nothing')).toBeNull();
  });

  it('are known by the last one of each service, with what that was built from', async () => {
    const first = await deploy();
    await recordBuild(store.db, first, {
      version: 'v1',
      revision: null,
      source: null,
      created: null,
    });
    const second = await deploy();
    const build = { version: 'v2', revision: 'abc', source: null, created: null };
    await recordBuild(store.db, second, build);
    const other = await deploy({ cluster: 'two' });
    const latest = async (cluster: string) => [...(await latestDeployments(store.db, cluster))];
    expect(await latest('one')).toEqual([['service-1', { id: second, to: B, build }]]);
    expect(await latest('two')).toEqual([['service-1', { id: other, to: B, build: null }]]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from '../../../src/core/contract/views.ts';
import { createIntakeWriter } from '../../../src/store/intake/accept-delivery.ts';
import { recordAction } from '../../../src/store/access/actions.ts';
import { addFreeze } from '../../../src/store/holds/freezes.ts';
import type { Store } from '../../../src/store/sqlite/open-store.ts';
import { queueDeployment } from '../../../src/store/deployments/queue-deployment.ts';
import { endRun, startRun } from '../../../src/store/runs/runs.ts';
import { type ApiStage, openApiStage, VIEWER } from '../../support/http/api-stage.ts';
import { digestOfChar, makeService } from '../../support/work/make-service.ts';
import { makeDelivery, makeDeployment, nextId, pushOf } from '../../support/store/store-samples.ts';

const MANY = 230;
const LISTS = ['services', 'deployments', 'deliveries', 'runs', 'freezes', 'actions'] as const;
const NOW = Date.now();

/** Every list with many, all of the same millisecond, so that no order by time alone is one. */
const seed = async (store: Store): Promise<void> => {
  const { db } = store;
  const accept = createIntakeWriter(store, {
    clusters: [],
    now: () => NOW,
    onWork: () => undefined,
  }).accept;
  const receivedAt = new Date(NOW).toISOString();
  const request = {
    cluster: 'none',
    services: [],
    stacks: [],
    images: [],
    dryRun: true,
    pin: false,
  };
  for (let index = 0; index < MANY; index += 1) {
    await accept(makeDelivery({ receivedAt, pushes: [pushOf(`acme/other${index}`)] }));
    const service = makeService({ id: `gone-${index}`, name: `gone-${index}` });
    await queueDeployment(db, makeDeployment({ cluster: 'gone', service }), NOW);
    const run = nextId();
    await startRun(db, { id: run, request, origin: 'person', actor: 'oncall' }, NOW);
    await endRun(db, run, { state: 'done', reason: null }, NOW);
    const nobody = { cluster: null, stack: null, service: `none-${index}`, until: null };
    await addFreeze(db, { ...nobody, id: nextId(), reason: 'test', by: 'oncall' }, NOW);
    await recordAction(
      db,
      { id: nextId(), actor: 'oncall', action: 'freeze', target: '*', detail: {} },
      NOW,
    );
  }
};

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({ seed });
  for (let index = 0; index < MANY; index += 1) {
    const image = stage.image(`acme/app${index % 7}`, 'v1', digestOfChar('a'));
    const labels = index % 2 === 0 ? { 'com.docker.stack.namespace': `stack${index % 5}` } : {};
    stage.engine.addService({ name: `service-${index}`, image, labels });
  }
}, 60_000);
afterAll(() => stage.close());

type Item = { readonly id: string };

const walk = async (
  list: string,
  limit: number,
  between: () => Promise<void> = async () => undefined,
): Promise<readonly string[]> => {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const next: string = cursor === null ? '' : `&cursor=${cursor}`;
    const { status, body } = await stage.ask(`/api/v1/${list}?limit=${limit}${next}`);
    expect(status).toBe(200);
    const page = body as Page<Item>;
    expect(page.items.length).toBeLessThanOrEqual(limit);
    if (page.next !== null) expect(page.items.length).toBe(limit);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next;
    await between();
  } while (cursor !== null);
  return ids;
};

describe.each(LISTS)('the list of %s', (list) => {
  it('gives each of many once, in the same order whatever the size of its parts', async () => {
    const whole = await walk(list, 500);
    expect(whole.length).toBe(MANY);
    expect(new Set(whole).size).toBe(MANY);
    for (const limit of [13, 100]) {
      expect(await walk(list, limit)).toEqual(whole);
    }
  });

  it.each(['limit=0', 'limit=501', 'limit=x', 'cursor=x', 'cursor=', 'unheard=of'])(
    'refuses ?%s with what is wrong',
    async (query) => {
      const { status, headers, body } = await stage.ask(`/api/v1/${list}?${query}`);
      expect(status).toBe(400);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({ type: 'urn:cd-helper:problem:invalid-request', status: 400 });
      expect((body as { errors: unknown[] }).errors.length).toBeGreaterThan(0);
    },
  );

  it('is sent again only where it changed', async () => {
    const path = `/api/v1/${list}?limit=5`;
    const first = await stage.ask(path, { token: VIEWER });
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(/^W\/"[\w-]{43}"$/);
    expect(first.headers.get('cache-control')).toBe('private, no-cache');
    expect(first.headers.get('vary')).toContain('authorization');
    const again = await stage.ask(path, {
      token: VIEWER,
      headers: { 'if-none-match': `"x", ${tag}` },
    });
    expect(again).toMatchObject({ status: 304, text: '' });
    expect(again.headers.get('etag')).toBe(tag);
    const other = await stage.ask(path, { headers: { 'if-none-match': '"x"' } });
    expect(other).toMatchObject({ status: 200, text: first.text });
    const head = await stage.ask(path, { method: 'HEAD', headers: { 'if-none-match': tag } });
    expect(head.status).toBe(304);
  });
});

it('a list goes on where it was although newer ones came meanwhile', async () => {
  const before = await walk('deliveries', 500);
  const image = stage.image('acme/new');
  const seen = await walk('deliveries', 40, async () => {
    await stage.helper().postHook({ image });
  });
  expect(seen).toEqual(before);
  const after = await walk('deliveries', 500);
  expect(after.length).toBeGreaterThan(before.length);
  expect(after.slice(-before.length)).toEqual(before);
});

it('what changed has another tag', async () => {
  const path = '/api/v1/actions?limit=1';
  const first = await stage.ask(path);
  await stage.ask('/api/v1/freezes', {
    method: 'POST',
    body: { reason: 'night', service: 'nobody' },
  });
  const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
  const second = await stage.ask(path, { headers });
  expect(second.status).toBe(200);
  expect(second.text).not.toBe(first.text);
});

it('a problem has no tag, and is not taken for what is known', async () => {
  const { status, headers } = await stage.ask('/api/v1/runs/none', {
    headers: { 'if-none-match': '*' },
  });
  expect(status).toBe(404);
  expect(headers.get('etag')).toBeNull();
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OverviewView, TimelineView } from '../../../src/core/contract/overview.ts';
import type { FreezeView } from '../../../src/core/contract/views.ts';
import { type ApiStage, openApiStage, VIEWER } from '../../support/http/api-stage.ts';
import { digestOfChar } from '../../support/work/make-service.ts';

const SERVICES = 60;

let stage: ApiStage;
let freeze: string;
beforeAll(async () => {
  stage = await openApiStage();
  const { engine, registry, image } = stage;
  for (let index = 0; index < SERVICES; index += 1) {
    engine.addService({
      name: `idle-${index}`,
      image: image('acme/idle', 'v1', digestOfChar('a')),
    });
  }
  const digest = registry.setTag('acme/web', 'v1', 'one');
  const labels = { 'com.docker.stack.namespace': 'shop' };
  engine.addService({ name: 'shop_web', image: image('acme/web', 'v1', digest), labels });
  await stage.push('acme/web', 'two');
  const { body } = await stage.ask('/api/v1/freezes', {
    method: 'POST',
    body: { stack: 'shop', reason: 'sale' },
  });
  freeze = (body as FreezeView).id;
}, 120_000);
afterAll(() => stage.close());

const timeline = async (query = ''): Promise<TimelineView> => {
  const { status, body } = await stage.ask(`/api/v1/timeline${query}`, { token: VIEWER });
  expect(status).toBe(200);
  return body as TimelineView;
};

it('the lane of a service holds its deployment, its push and its freeze', async () => {
  const [lane] = (await timeline('?q=SHOP web')).lanes;
  expect(lane).toMatchObject({
    cluster: 'default',
    service: { name: 'shop_web' },
    stack: 'shop',
    deployments: [{ state: 'succeeded', fromTag: 'v1', toTag: 'v1' }],
    pushes: [{ tag: 'v1' }],
    freezes: [{ id: freeze, until: null, reason: 'sale' }],
  });
  const [push] = lane?.pushes ?? [];
  const delivery = await stage.ask(`/api/v1/deliveries/${push?.delivery}`);
  expect(delivery.body).toMatchObject({ deployments: [lane?.deployments[0]?.id] });
});

it('shows 50 lanes, the deployed service first, and says how many are left', async () => {
  const { since, lanes, left } = await timeline();
  expect(lanes).toHaveLength(50);
  expect(left).toBe(SERVICES + 1 - 50);
  expect(lanes[0]?.service.name).toBe('shop_web');
  const ago = Date.now() - Date.parse(since);
  expect(ago).toBeGreaterThan(86_400_000 - 1_000);
  expect(ago).toBeLessThan(86_400_000 + 120_000);
});

it.each([
  ['?cluster=default&service=shop_web&days=7', ['shop_web']],
  ['?cluster=default&service=idle-3', ['idle-3']],
  ['?q=idle-3+acme/idle', ['idle-3', 'idle-30', 'idle-31']],
  ['?cluster=default&service=nobody', []],
  ['?q=nobody', []],
])('finds lanes: %s', async (query, names) => {
  const found = (await timeline(query)).lanes.map(({ service }) => service.name);
  expect(found.slice(0, 3)).toEqual(names);
});

it.each(['?days=0', '?days=31', '?days=x', '?limit=3'])('refuses %s', async (query) => {
  expect((await stage.ask(`/api/v1/timeline${query}`)).status).toBe(400);
});

it('the overview counts today, and knows the freeze', async () => {
  const { status, body } = await stage.ask('/api/v1/overview', { token: VIEWER });
  expect(status).toBe(200);
  const overview = body as OverviewView;
  expect(overview).toMatchObject({
    services: SERVICES + 1,
    rollouts: { items: [], isWhole: true },
    waiting: { items: [], isWhole: true },
    freezes: { items: [{ id: freeze }], isWhole: true },
  });
  expect(overview.days).toHaveLength(30);
  // The test may run over midnight.
  const newest = overview.days.findLast(({ deployments }) => deployments > 0);
  expect(newest).toMatchObject({ deployments: 1, failures: 0 });
  expect(newest?.medianSeconds).toBeGreaterThan(0);
  expect(newest?.medianSeconds).toBeLessThan(60);
});

it('a service that was removed keeps its lane while it has deployments in the span', async () => {
  stage.engine.removeService('shop_web');
  for (const query of ['?q=shop_web', '?service=shop_web', '?cluster=default&service=shop_web']) {
    const { lanes } = await timeline(query);
    expect(lanes, query).toMatchObject([
      {
        service: { name: 'shop_web' },
        health: null,
        verdict: null,
        deployments: [{ state: 'succeeded' }],
        pushes: [{ tag: 'v1' }],
      },
    ]);
  }
});

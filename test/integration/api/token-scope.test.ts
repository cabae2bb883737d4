import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ActionView,
  DeploymentView,
  FreezeView,
  Page,
  ServiceView,
} from '../../../src/core/contract/views.ts';
import type { DeliveryDetail } from '../../../src/core/contract/delivery-views.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import type { OverviewView, TimelineView } from '../../../src/core/contract/overview.ts';
import { type ApiStage, type Asked, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { openEventReader } from '../../support/http/read-events.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

const token = (name: string): string => `token-of-${name}-for-tests-0123456789`;
/** Only the stack `shop` of the cluster `default`. */
const SHOP = token('shop');
const CLUSTER = token('cluster');
const EXPIRED = token('expired');
const SOON = token('soon');
const DAY_MS = 86_400_000;

let stage: ApiStage;
let other: FakeEngine;
beforeAll(async () => {
  other = await startFakeEngine({ startAt: Date.now(), settledMs: 3_600_000 });
  stage = await openApiStage({
    moreClusters: [
      { name: 'production', type: 'engine', url: other.url.replace('http://', 'tcp://') },
    ],
    config: {
      hooks: { secrets: [{ name: 'main', value: HOOK_SECRET }] },
      api: {
        tokens: [
          { name: 'oncall', role: 'operator', value: OPERATOR },
          {
            name: 'shop',
            role: 'operator',
            value: SHOP,
            clusters: ['def*'],
            stacks: ['shop*'],
          },
          { name: 'cluster', role: 'operator', value: CLUSTER, clusters: ['production'] },
          { name: 'expired', role: 'operator', value: EXPIRED, expires: '2026-01-31' },
          {
            name: 'soon',
            role: 'operator',
            value: SOON,
            expires: new Date(Date.now() + 3.5 * DAY_MS).toISOString(),
          },
        ],
      },
    },
  });
  const { engine, registry, image } = stage;
  const add = (on: FakeEngine, name: string, repository: string, stack: string | null): void => {
    const digest = registry.setTag(repository, 'v1', 'one');
    const labels = stack === null ? {} : { 'com.docker.stack.namespace': stack };
    on.addService({ name, image: image(repository, 'v1', digest), labels });
  };
  add(engine, 'shop_web', 'acme/web', 'shop');
  add(engine, 'billing_api', 'acme/api', 'billing');
  add(engine, 'lonely', 'acme/lonely', null);
  add(other, 'shop_prod', 'acme/prod', 'shop');
  for (const repository of ['acme/web', 'acme/api', 'acme/lonely', 'acme/prod']) {
    await stage.push(repository, 'two');
  }
}, 120_000);
afterAll(async () => {
  await stage.close();
  await other.close();
});

const ask = (path: string, asked: Asked = {}) =>
  stage.ask(`/api/v1${path}`, { token: SHOP, ...asked });
const items = async <T>(path: string, asked: Asked = {}): Promise<readonly T[]> => {
  const { status, body } = await ask(path, asked);
  expect(status).toBe(200);
  return (body as Page<T>).items;
};
const act = (path: string, body: unknown = {}, as = SHOP) =>
  ask(path, { method: 'POST', body, token: as });
const all = <T>(path: string): Promise<readonly T[]> => items<T>(path, { token: OPERATOR });
const idOf = async (service: string): Promise<string> => {
  const found = (await all<DeploymentView>('/deployments')).find(
    (one) => one.service.name === service,
  );
  if (found === undefined) throw new Error(`no deployment of ${service}`);
  return found.id;
};

describe('what is seen', () => {
  it('the overview and the timeline of its services', async () => {
    const lanes = async (as: string): Promise<readonly string[]> => {
      const { body } = await ask('/timeline', { token: as });
      return (body as TimelineView).lanes.map(({ service }) => service.name).toSorted();
    };
    expect(await lanes(OPERATOR)).toEqual(['billing_api', 'lonely', 'shop_prod', 'shop_web']);
    expect(await lanes(SHOP)).toEqual(['shop_web']);
    expect(await lanes(CLUSTER)).toEqual(['shop_prod']);
    const hidden = await ask('/timeline?cluster=default&service=billing_api');
    expect(hidden.body).toMatchObject({ lanes: [], left: 0 });
    const counts = async (as: string) => {
      const { body } = await ask('/overview', { token: as });
      const { services, days } = body as OverviewView;
      return [services, days.reduce((sum, { deployments }) => sum + deployments, 0)];
    };
    expect(await counts(OPERATOR)).toEqual([4, 4]);
    expect(await counts(SHOP)).toEqual([1, 1]);
  });
  it('services of its clusters and stacks, and none without a stack', async () => {
    const names = async (as: string) =>
      (await items<ServiceView>('/services', { token: as })).map(({ name }) => name);
    expect(await names(SHOP)).toEqual(['shop_web']);
    expect(await names(CLUSTER)).toEqual(['shop_prod']);
    expect(await names(OPERATOR)).toHaveLength(4);
    expect(await items('/services?q=api')).toEqual([]);
    expect(await items('/services?cluster=production')).toEqual([]);
  });

  it.each([
    ['default', 'shop_web', 200],
    ['default', 'billing_api', 404],
    ['default', 'lonely', 404],
    ['production', 'shop_prod', 404],
    ['default', 'none', 404],
  ])('of %s, %s: %i', async (cluster, name, status) => {
    expect((await ask(`/clusters/${cluster}/services/${name}`)).status).toBe(status);
  });

  it('deployments, in lists, searches and one by one', async () => {
    const names = async (query = '') =>
      (await items<DeploymentView>(`/deployments${query}`)).map(({ service }) => service.name);
    expect(await names()).toEqual(['shop_web']);
    expect(await names('?q=acme')).toEqual(['shop_web']);
    expect(await names('?cluster=production')).toEqual([]);
    expect((await ask(`/deployments/${await idOf('shop_web')}`)).status).toBe(200);
    for (const name of ['billing_api', 'lonely', 'shop_prod']) {
      expect((await ask(`/deployments/${await idOf(name)}`)).status, name).toBe(404);
    }
  });

  it('deliveries of its images, without bodies, headers and other pushes', async () => {
    const deliveries = await items<DeliveryDetail>('/deliveries');
    expect(deliveries.map(({ pushes }) => pushes.map(({ image }) => image))).toEqual([
      [stage.image('acme/web')],
    ]);
    const mixed = await stage
      .helper()
      .postHook([{ image: stage.image('acme/web') }, { image: stage.image('acme/api') }]);
    const { delivery } = (await mixed.json()) as { delivery: string };
    const { status, body } = await ask(`/deliveries/${delivery}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ headers: {}, body: null, ignored: [] });
    const { pushes } = body as DeliveryDetail;
    expect(pushes.map(({ image }) => image)).toEqual([stage.image('acme/web')]);
    const results = pushes.flatMap((push) => push.results.map(({ cluster }) => cluster));
    expect(results).not.toContain('production');
    const foreign = (await all<DeliveryDetail>('/deliveries')).find(({ pushes: [push] }) =>
      push?.image.includes('acme/prod'),
    );
    expect((await ask(`/deliveries/${foreign?.id}`)).status).toBe(404);
  });

  it('of others’ runs the services of its own alone, counted anew', async () => {
    const { body } = await act('/smart-redeploy', { dryRun: true }, OPERATOR);
    const run = body as RunView;
    expect(run.services).toHaveLength(4);
    const seen = (await ask(`/runs/${run.id}`)).body as RunView;
    expect(seen.services.map(({ name }) => name)).toEqual(['shop_web']);
    expect(seen).toMatchObject({ counts: { current: 1 }, progress: { services: 1 }, reason: null });
    expect(await items('/runs')).toContainEqual(
      expect.objectContaining({ counts: { current: 1 } }),
    );
  });

  it('clusters, and nothing of the whole installation', async () => {
    expect(await items('/clusters')).toEqual([expect.objectContaining({ name: 'default' })]);
    for (const path of [
      '/registries',
      '/queue',
      '/hook-secrets',
      '/senders',
      '/outcome?image=acme/web',
    ]) {
      const { status, body } = await ask(path);
      expect([path, status, (body as { type: string }).type]).toEqual([
        path,
        403,
        'urn:cd-helper:problem:out-of-scope',
      ]);
    }
    expect((await stage.ask('/metrics', { token: SHOP })).status).toBe(403);
    expect((await stage.ask('/metrics')).status).toBe(200);
  });

  it('events of its services, and of others only that something happened', async () => {
    const reader = await openEventReader(`${stage.helper().url}/api/v1/events`, {
      authorization: `Bearer ${SHOP}`,
    });
    await reader.until('it listens', (events) => events.length > 0);
    await stage.push('acme/api', 'three');
    await stage.push('acme/prod', 'three');
    await stage.push('acme/web', 'three');
    await reader.until('its own deployment', (events) =>
      events.some(
        ({ type, data }) =>
          type === 'deployment' && (data as { state: string }).state === 'succeeded',
      ),
    );
    reader.close();
    expect(reader.text()).not.toMatch(/billing|acme\/api|acme\/prod|production/);
    expect(reader.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['delivery', 'deployment', 'step']),
    );
  });
});

describe('what is done', () => {
  it.each(['check', 'redeploy', 'rollback', 'release'])('%s only within', async (what) => {
    const foreign = () =>
      [...stage.engine.updates, ...other.updates].filter(({ name }) => name !== 'shop_web').length;
    const before = foreign();
    for (const place of [
      'default/services/billing_api',
      'default/services/lonely',
      'production/services/shop_prod',
      'default/services/none',
      'nowhere/services/x',
    ]) {
      const { status } = await act(`/clusters/${place}/${what}`);
      expect([place, status]).toEqual([place, 403]);
    }
    expect(foreign()).toBe(before);
    const { status } = await act(`/clusters/default/services/shop_web/${what}`);
    expect([200, 202, 409]).toContain(status);
  });

  it('a run touches its services alone', async () => {
    for (const repository of ['acme/web', 'acme/api', 'acme/prod']) {
      stage.registry.setTag(repository, 'v1', 'for the run');
    }
    const { status, body } = await act('/smart-redeploy', { dryRun: true });
    expect(status).toBe(200);
    expect((body as RunView).services.map(({ name }) => name)).toEqual(['shop_web']);
    expect((await act('/smart-redeploy', { cluster: 'production' })).status).toBe(403);
    const before = other.updates.length;
    const { body: started } = await act('/smart-redeploy', {});
    const id = (started as RunView).id;
    const ended = await stage.until('the run ends', async () => {
      const run = (await ask(`/runs/${id}`, { token: OPERATOR })).body as RunView;
      if (run.endedAt === null) throw new Error(JSON.stringify(run));
      return run;
    });
    expect(ended.services.map(({ name }) => name)).toEqual(['shop_web']);
    expect(other.updates.length).toBe(before);
  });

  it('a freeze must be no wider, and only such a one is lifted', async () => {
    for (const wide of [
      {},
      { cluster: 'default' },
      { stack: 'shop' },
      { cluster: 'default', stack: 'billing' },
      { cluster: 'production', stack: 'shop' },
      { cluster: 'default', service: 'billing_api' },
      { service: 'shop_web' },
    ]) {
      const { status } = await act('/freezes', { reason: 'r', ...wide });
      expect([wide, status]).toEqual([wide, 403]);
    }
    const narrow = await act('/freezes', { cluster: 'default', stack: 'shop', reason: 'ours' });
    expect(narrow.status).toBe(201);
    const wide = await act('/freezes', { reason: 'all' }, OPERATOR);
    const foreign = await act('/freezes', { stack: 'billing', reason: 'theirs' }, OPERATOR);
    const reasons = (await items<FreezeView>('/freezes')).map(({ reason }) => reason);
    expect(reasons).toEqual(['ours', 'all']);
    const lift = async ({ body }: { readonly body: unknown }, as = SHOP) =>
      (await ask(`/freezes/${(body as FreezeView).id}`, { method: 'DELETE', token: as })).status;
    expect([await lift(wide), await lift(foreign), await lift(narrow)]).toEqual([403, 404, 204]);
    expect([await lift(wide, OPERATOR), await lift(foreign, OPERATOR)]).toEqual([204, 204]);
  });

  it('nothing that concerns the whole installation', async () => {
    const [delivery] = await all<DeliveryDetail>('/deliveries');
    expect((await act(`/deliveries/${delivery?.id}/replay`)).status).toBe(403);
    expect((await act('/notifications/test')).status).toBe(403);
  });

  it('the history shows its own acts and those on its services', async () => {
    await act('/clusters/default/services/billing_api/release', {}, OPERATOR);
    await act('/clusters/default/services/shop_web/release', {}, OPERATOR);
    const rows = await items<ActionView>('/actions?limit=100');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ actor }) => actor === 'oncall').map(({ target }) => target)).toContain(
      'default/shop_web',
    );
    for (const { actor, target } of rows) {
      expect(actor === 'shop' || target === 'default/shop_web').toBe(true);
    }
  });
});

describe('a token that expires', () => {
  it('lets in until then, and says so afterwards', async () => {
    const { status, body } = await ask('/services', { token: EXPIRED });
    expect([status, (body as { type: string }).type]).toEqual([
      401,
      'urn:cd-helper:problem:token-expired',
    ]);
    const signIn = await ask('/session', {
      method: 'POST',
      token: null,
      headers: { 'x-cd-helper': 'dashboard' },
      body: { token: EXPIRED },
    });
    expect(signIn.status).toBe(401);
    expect((await ask('/services', { token: SOON })).status).toBe(200);
  });

  it('is shown with its scope to whoever has it, in the metrics, and in the log', async () => {
    expect((await ask('/session')).body).toMatchObject({
      name: 'shop',
      scope: { clusters: ['def*'], stacks: ['shop*'] },
      tokenExpiresAt: null,
    });
    const { body } = await ask('/session', { token: SOON });
    const { tokenExpiresAt } = body as { tokenExpiresAt: string };
    const { text } = await stage.ask('/metrics');
    expect(text).toContain(
      `cd_helper_api_token_expiry_timestamp_seconds{token="soon"} ${Date.parse(tokenExpiresAt) / 1000}`,
    );
    const warned = stage.helper().log.filter(({ msg }) => msg === 'an API token expires');
    expect(warned.map(({ name }) => name)).toEqual(['expired', 'soon']);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type {
  ActionView,
  DeploymentView,
  FreezeView,
  Page,
} from '../../../src/core/contract/views.ts';
import type { RunView } from '../../../src/core/contract/run-views.ts';
import { type ApiStage, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage();
  const { engine, registry, image } = stage;
  const one = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: image('acme/web', 'v1', one) });
}, 60_000);
afterAll(() => stage.close());

let count = 0;
beforeEach(() => {
  count += 1;
});
const post = (path: string, body: unknown, key?: string) =>
  stage.ask(`/api/v1${path}`, {
    method: 'POST',
    body,
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });
const listed = async <T>(path: string): Promise<readonly T[]> =>
  ((await stage.ask(`/api/v1${path}`)).body as Page<T>).items;
const key = (): string => `key-${count}`;
const FREEZE = { reason: 'night', service: 'nobody' };

describe('a freeze', () => {
  it('that ends beyond what RFC 3339 can say is refused', async () => {
    const until = '9999-12-31T23:59:59-23:59';
    const { status, body } = await post('/freezes', { reason: 'night', service: 'nobody', until });
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ path: 'until' }] });
    const { status: ofList } = await stage.ask(
      `/api/v1/deployments?since=${encodeURIComponent(until)}`,
    );
    expect(ofList).toBe(400);
  });

  it.each(['stack', 'service'])(
    'of a pattern of a %s is refused: it would hold nothing',
    async (part) => {
      const before = (await listed('/freezes')).length;
      const { status, body } = await post('/freezes', { reason: 'night', [part]: 'we?*' });
      expect([status, (body as { detail: string }).detail]).toEqual([
        400,
        `${part}: a freeze takes a name, not a pattern; leave it out to freeze everything`,
      ]);
      expect((await listed('/freezes')).length).toBe(before);
    },
  );
});

describe('a redeploy that is refused', () => {
  it('says to insist only where that would help', async () => {
    const { engine, image, registry } = stage;
    const digest = registry.setTag('acme/pinned', 'v1', 'one');
    engine.addService({ name: 'pinned', image: `${registry.host}/acme/pinned@${digest}` });
    engine.addService({ name: 'gone', image: image('acme/gone', 'v1', digest) });
    const refusal = async (name: string, force: boolean) => {
      const { status, body } = await post(`/clusters/default/services/${name}/redeploy`, { force });
      return `${status} ${(body as { detail: string }).detail}`;
    };
    expect(await refusal('web', false)).toBe(
      '409 web is current: nothing was done. Use force to do it anyway',
    );
    expect(await refusal('pinned', false)).toBe('409 pinned is pinned: nothing was done');
    expect(await refusal('gone', false)).toBe(
      `409 gone is unknown (tag-gone), ${registry.host} has no acme/gone:v1 (404): nothing was done`,
    );
    for (const name of ['pinned', 'gone']) {
      expect(await refusal(name, true)).toMatch(/^422 /);
      engine.removeService(name);
    }
  });
});

describe('an act with a key', () => {
  it('is carried out once, and answered the same for the same request', async () => {
    const before = (await listed('/freezes')).length;
    const first = await post('/freezes', FREEZE, key());
    const second = await post('/freezes', FREEZE, key());
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, text: first.text });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect((await listed('/freezes')).length).toBe(before + 1);
    // Without a key, or with another, it is another act.
    await post('/freezes', FREEZE);
    await post('/freezes', FREEZE, `${key()}-other`);
    expect((await listed('/freezes')).length).toBe(before + 3);
  });

  it.each([
    ['another body', '/freezes', { ...FREEZE, reason: 'day' }],
    ['another address', '/smart-redeploy', { dryRun: true }],
  ])('is refused for %s', async (_what, path, body) => {
    await post('/freezes', FREEZE, key());
    const { status, body: problem } = await post(path, body, key());
    expect(status).toBe(422);
    expect(problem).toMatchObject({ type: 'urn:cd-helper:problem:key-of-another-request' });
  });

  it('is refused where the first is under way, and carried out once', async () => {
    const before = (await listed('/freezes')).length;
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('/freezes', FREEZE, key())),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status !== 201 && status !== 409)).toEqual([]);
    expect((await listed('/freezes')).length).toBe(before + 1);
  });

  it('is answered the same after the helper was restarted', async () => {
    const digest = stage.registry.setTag('acme/web', 'v1', `restart ${count}`);
    const first = await post('/clusters/default/services/web/redeploy', {}, key());
    expect(first.status).toBe(202);
    expect(first.body).toMatchObject({ to: digest });
    await stage.restart();
    const second = await post('/clusters/default/services/web/redeploy', {}, key());
    expect(second).toMatchObject({ status: 202, text: first.text });
    const made = await listed<DeploymentView>('/deployments');
    expect(made.filter(({ to }) => to === digest).length).toBe(1);
  });

  it('keeps an answer without a body, and a refusal', async () => {
    const { id } = (await post('/freezes', FREEZE)).body as FreezeView;
    const lift = () =>
      stage.ask(`/api/v1/freezes/${id}`, {
        method: 'DELETE',
        headers: { 'idempotency-key': key() },
      });
    expect((await lift()).status).toBe(204);
    expect(await lift()).toMatchObject({ status: 204, text: '' });
    const refused = await post('/clusters/default/services/none/redeploy', {}, `${key()}-no`);
    expect(refused.status).toBe(404);
    const again = await post('/clusters/default/services/none/redeploy', {}, `${key()}-no`);
    expect(again).toMatchObject({ status: 404, text: refused.text });
    expect(again.headers.get('content-type')).toContain('application/problem+json');
  });

  it('may be asked again where it failed on our side', async () => {
    const { engine } = stage;
    engine.inject({ kind: 'status', status: 500, message: 'no', on: { path: /services/ } });
    const failed = await post('/clusters/default/services/web/check', {}, key());
    engine.clearFaults();
    expect(failed.status).toBeGreaterThanOrEqual(500);
    expect((await post('/clusters/default/services/web/check', {}, key())).status).toBe(200);
  });

  it.each(['', 'a b', 'x'.repeat(256), 'ä'])(
    'is refused with a key that is none: %j',
    async (bad) => {
      const { status } = await post('/freezes', FREEZE, bad);
      expect(status).toBe(400);
    },
  );

  it('is not even looked up for who may not act', async () => {
    const answer = await stage.ask('/api/v1/freezes', {
      method: 'POST',
      token: null,
      body: FREEZE,
      headers: { 'idempotency-key': key() },
    });
    expect(answer.status).toBe(401);
  });
});

describe('a request that no helper could carry out', () => {
  it.each([
    ['/freezes', { ...FREEZE, until: '2020-01-01T00:00:00Z' }, 400, 'invalid-request'],
    ['/freezes', { ...FREEZE, cluster: 'nowhere' }, 404, 'not-found'],
    ['/clusters/default/services/web/rollback', { to: 'yesterday' }, 400, 'invalid-request'],
    ['/clusters/default/services/web/rollback', { to: 0 }, 400, 'invalid-request'],
    // It was never deployed: the number is understood, and there is nothing so far back.
    ['/clusters/default/services/web/rollback', { to: 2 }, 409, 'conflict'],
    ['/clusters/default/services/web/rollback', { to: '2' }, 409, 'conflict'],
  ])('%s with %j is %i, %s', async (path, body, status, code) => {
    expect(await post(path, body)).toMatchObject({
      status,
      body: { type: `urn:cd-helper:problem:${code}`, status },
    });
  });
});

it('a dry run is answered at once, and told to be JSON', async () => {
  const { status, headers, body } = await post('/smart-redeploy', { dryRun: true });
  expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  expect(body).toMatchObject({ dryRun: true, state: 'done', services: [{ name: 'web' }] });
});

describe('the audit', () => {
  it('names who did what from where, for every act, and leaves out checks and dry runs', async () => {
    stage.registry.setTag('acme/web', 'v1', 'for the audit');
    const { body: frozen } = await post('/freezes', FREEZE);
    const { id } = frozen as FreezeView;
    await stage.ask(`/api/v1/freezes/${id}`, { method: 'DELETE' });
    const { body: run } = await post('/smart-redeploy', { services: ['nobody'] });
    await post('/smart-redeploy', { services: ['nobody'], dryRun: true });
    await post('/clusters/default/services/web/check', {});
    await post('/clusters/default/services/web/redeploy', {});
    await post('/clusters/default/services/web/release', {});
    const hook = await stage.helper().postHook({ image: stage.image('acme/none') });
    const { delivery } = (await hook.json()) as { delivery: string };
    await post(`/deliveries/${delivery}/replay`, {});
    const seen = (await listed<ActionView>('/actions')).slice(0, 6);
    expect(seen.map(({ action, target }) => [action, target]).toReversed()).toEqual([
      ['freeze', '*/*/nobody'],
      ['thaw', id],
      ['smart-redeploy', (run as RunView).id],
      ['redeploy', 'default/web'],
      ['release', 'default/web'],
      ['replay', delivery],
    ]);
    for (const { actor, address } of seen) {
      expect({ actor, address }).toEqual({ actor: 'oncall', address: '127.0.0.1' });
    }
    expect(JSON.stringify(seen)).not.toContain(OPERATOR);
  });
});

import { Validator } from '@seriousme/openapi-schema-validator';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../../src/http/server.ts';
import {
  type ApiDocument,
  createAnswerCheck,
  type DescribedOperation,
  operationsOf,
} from '../../support/http/api-description.ts';
import { type ApiStage, type Asked, openApiStage, VIEWER } from '../../support/http/api-stage.ts';
import { requestsFor } from '../../support/http/generate-requests.ts';
import { createMemoryPorts } from '../../support/work/memory-ports.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

/** What the tests below are made of; the helper's own is the same, which is told first. */
const shown = await createServer(createMemoryPorts().deps);
const document = shown.swagger() as unknown as ApiDocument;
await shown.close();
const operations = operationsOf(document);
const check = createAnswerCheck(document);

const STEADY = operations.filter(({ path }) => path !== '/api/v1/events');
/** Whoever is signed in may do it, whatever else the request says. */
const SIGN_OUT = ['deleteSession', 'deleteSessions'];
const RUNS = 40;

let stage: ApiStage;
let known: Readonly<Record<string, readonly string[]>>;
beforeAll(async () => {
  stage = await openApiStage();
  const { engine, registry, image, push, ask, helper } = stage;
  for (const name of ['web', 'api', 'worker']) {
    const digest = registry.setTag(`acme/${name}`, 'v1', 'one');
    const labels = { 'com.docker.stack.namespace': 'shop' };
    engine.addService({ name, image: image(`acme/${name}`, 'v1', digest), replicas: 2, labels });
  }
  const paid = registry.setTag('acme/pay', 'v1', 'one');
  engine.addService({
    name: 'pay',
    image: image('acme/pay', 'v1', paid),
    labels: { 'cd-helper.approval': '2' },
  });
  engine.addService({ name: 'odd', image: 'NOT an image', mode: { Global: {} } });
  const bad = await push('acme/web', 'two');
  const next = registry.setTag('acme/pay', 'v1', 'two');
  await helper().postHook({ image: image('acme/pay'), digest: next });
  const crashing = registry.setTag('acme/api', 'v1', 'bad');
  engine.setOutcome(crashing, { kind: 'crash', exitCode: 3, afterMs: 50 });
  engine.setLog(crashing, ['password=hunter2']);
  await push('acme/api', 'bad');
  await ask('/api/v1/smart-redeploy', { method: 'POST', body: { dryRun: true } });
  await ask('/api/v1/freezes', { method: 'POST', body: { reason: 'night', service: 'nobody' } });
  const idsOf = async (list: string): Promise<string[]> =>
    ((await ask(`/api/v1/${list}`)).body as { items: { id: string }[] }).items.map(({ id }) => id);
  const lists = await Promise.all(['deployments', 'deliveries', 'runs', 'freezes'].map(idsOf));
  known = {
    cluster: ['default'],
    name: ['web', 'api', 'worker', 'odd'],
    service: ['web'],
    id: lists.flatMap((ids) => ids.slice(0, 2)),
    to: [bad],
    stack: ['shop'],
    secret: [HOOK_SECRET],
    q: ['web'],
    'X-CD-Helper': ['dashboard'],
  };
}, 60_000);
afterAll(() => stage.close());

const operation = (method: string, path: string): DescribedOperation => {
  const found = operations.find((one) => one.method === method && one.path === path);
  if (found === undefined) throw new Error(`${method} ${path} is not described`);
  return found;
};

/** Asks, and holds the answer to the document. */
const askAs = async (one: DescribedOperation, path: string, asked: Asked = {}) => {
  const answer = await stage.ask(path, { method: one.method, ...asked });
  expect(check(one, answer)).toBeNull();
  return answer;
};

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document) as never);
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
    const broken = { ...structuredClone(document), paths: { '/x': { get: { responses: 7 } } } };
    expect(await new Validator().validate(broken as never)).toMatchObject({ valid: false });
  });

  it('is what the helper gives, to everybody', async () => {
    const { status, body } = await stage.ask('/openapi.json', { token: null });
    expect(status).toBe(200);
    const { info: _own, ...told } = body as ApiDocument & { info: unknown };
    const { info: _other, ...here } = document as ApiDocument & { info: unknown };
    expect(told).toEqual(here);
  });

  it('gives every operation a name of its own, and describes its problems', () => {
    const names = operations.map(({ operationId }) => operationId);
    expect(names.length).toBeGreaterThan(22);
    expect(new Set(names).size).toBe(names.length);
    for (const { responses } of operations) expect(Object.keys(responses)).toContain('default');
  });

  it('would tell an answer that is not as it says', () => {
    const one = operation('GET', '/api/v1/runs');
    const answer = (body: unknown, type = 'application/json') => ({
      status: 200,
      headers: new Headers({ 'content-type': type }),
      text: JSON.stringify(body),
      body,
    });
    expect(check(one, answer({ items: [], next: null }))).toBeNull();
    expect(check(one, answer({ items: [] }))).toContain('next');
    expect(check(one, answer({ items: [{}], next: null }))).toContain('id');
    expect(check(one, answer({ items: [], next: null, more: 1 }))).toContain('additional');
    expect(check(one, answer({ items: [], next: null }, 'text/html'))).toContain('text/html');
  });
});

/** What became of a push is told only to who says which. */
const isOutcome = ({ path }: DescribedOperation): boolean => path.endsWith('/outcome');

describe('real answers are as the document says', () => {
  it('of every operation, when it goes well', async () => {
    const well = new Set<string>();
    const go = async (one: DescribedOperation, path: string, asked: Asked = {}) => {
      const { status, text } = await askAs(one, path, asked);
      expect(status, `${one.method} ${path}: ${text}`).toBeLessThan(300);
      well.add(one.operationId);
    };
    const service = '/api/v1/clusters/{cluster}/services/{name}';
    const web = '/api/v1/clusters/default/services/web';
    const first = async (list: string): Promise<string> => {
      const { body } = await stage.ask(`/api/v1/${list}`);
      return (body as { items: { id: string }[] }).items[0]?.id ?? '';
    };
    for (const one of STEADY) {
      const { method, path } = one;
      if (method !== 'GET') continue;
      const [, list = ''] = /^\/api\/v1\/(\w+)\/\{id\}$/.exec(path) ?? [];
      if (isOutcome(one)) continue;
      const real = list === '' ? path : `/api/v1/${list}/${await first(list)}`;
      await go(one, real.replace('{cluster}', 'default').replace('{name}', 'web'));
    }
    for (const name of ['api', 'worker', 'odd']) {
      await go(operation('GET', service), `/api/v1/clusters/default/services/${name}`);
    }
    const hook = { body: { image: stage.image('acme/web') } };
    await go(operation('POST', '/hooks/{secret}'), `/hooks/${HOOK_SECRET}`, hook);
    await go(operation('POST', '/hooks'), '/hooks', { token: HOOK_SECRET, ...hook });
    const asked = `?image=${encodeURIComponent(stage.image('acme/web'))}`;
    await go(operation('GET', '/api/v1/outcome'), `/api/v1/outcome${asked}`);
    await go(operation('GET', '/hooks/{secret}/outcome'), `/hooks/${HOOK_SECRET}/outcome${asked}`);
    await go(operation('GET', '/hooks/outcome'), `/hooks/outcome${asked}`, { token: HOOK_SECRET });
    await go(operation('POST', `${service}/check`), `${web}/check`);
    const force = { body: { force: true } };
    await go(operation('POST', `${service}/redeploy`), `${web}/redeploy`, force);
    const to = { body: { to: known['to']?.[0]?.replace(/.$/, '0') } };
    await go(operation('POST', `${service}/rollback`), `${web}/rollback`, to);
    await go(operation('POST', `${service}/release`), `${web}/release`);
    const pay = '/api/v1/clusters/default/services/pay';
    await stage.until('pay waits', async () => {
      const { body } = await stage.ask('/api/v1/waiting');
      if ((body as { items: unknown[] }).items.length === 0) throw new Error('nothing waits');
    });
    await go(operation('GET', '/api/v1/waiting'), '/api/v1/waiting');
    await go(operation('POST', `${service}/approve`), `${pay}/approve`);
    await go(operation('POST', `${service}/reject`), `${pay}/reject`, { body: { reason: 'no' } });
    const run = operation('POST', '/api/v1/smart-redeploy');
    await go(run, '/api/v1/smart-redeploy');
    await go(run, '/api/v1/smart-redeploy', { body: { dryRun: true } });
    const replayed = `/api/v1/deliveries/${await first('deliveries')}/replay`;
    await go(operation('POST', '/api/v1/deliveries/{id}/replay'), replayed);
    const freezes = '/api/v1/freezes';
    await go(operation('POST', freezes), freezes, { body: { reason: 'day', service: 'nobody' } });
    await go(operation('DELETE', `${freezes}/{id}`), `${freezes}/${await first('freezes')}`);
    const session = '/api/v1/session';
    const ours = { headers: { 'x-cd-helper': 'dashboard' } };
    await go(operation('POST', session), session, {
      ...ours,
      token: null,
      body: { token: VIEWER },
    });
    await go(operation('DELETE', session), session);
    await go(operation('DELETE', `${session}s`), `${session}s`);
    const test = '/api/v1/notifications/test';
    // No channel is configured here.
    expect(await askAs(operation('POST', test), test)).toMatchObject({ status: 422 });
    const left = STEADY.filter(({ operationId, path }) => path !== test && !well.has(operationId));
    expect(left.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it.each(STEADY.map((one) => [one.method, one.path, one] as const))(
    'of %s %s, when it is refused',
    async (_method, path, one) => {
      const nothing = path.replaceAll(/\{\w+\}/g, 'none');
      const statuses: number[] = [];
      for (const asked of [
        { token: null },
        { token: 'wrong' },
        { headers: { 'content-type': 'text/plain' }, body: 'x' },
        { body: '{' },
        { body: { unheard: true } },
        { body: '['.repeat(100) },
        { body: `"${'x'.repeat(300_000)}"` },
      ]) {
        if (one.method === 'GET' && 'body' in asked) continue;
        const { status } = await askAs(one, nothing, asked);
        statuses.push(status);
        if (status !== 204 || !SIGN_OUT.includes(one.operationId)) {
          expect(status).toBeGreaterThanOrEqual(400);
        }
        expect(status).toBeLessThan(500);
      }
      expect(statuses).toContain(one.operationId === 'postSession' ? 403 : 401);
      if (one.method === 'GET') await askAs(one, `${nothing}?unheard=of`);
    },
  );
});

describe('a header that the document tells of', () => {
  const takes = ({ parameters = [] }: DescribedOperation, header: string): boolean =>
    parameters.some(({ name }) => name === header);
  const paths = (one: DescribedOperation): string =>
    `${one.path.replace('{cluster}', 'default').replace('{name}', 'web').replace('{id}', 'none')}${isOutcome(one) ? '?image=acme%2Fweb:v1' : ''}`;

  it.each(
    STEADY.filter(({ method, path }) => method === 'GET' && !path.endsWith('{id}')).map(
      (one) => [one.path, one] as const,
    ),
  )('If-None-Match, of %s, is heeded, and no other read has a tag', async (_path, one) => {
    const { headers } = await stage.ask(paths(one));
    expect(headers.has('etag')).toBe(takes(one, 'If-None-Match'));
    expect('304' in one.responses).toBe(takes(one, 'If-None-Match'));
  });

  it.each(
    STEADY.filter(({ method, path }) => method !== 'GET' && !path.startsWith('/hooks')).map(
      (one) => [one.method, one.path, one] as const,
    ),
  )('Idempotency-Key, of %s %s, is heeded, and of no other', async (method, _path, one) => {
    const { text } = await stage.ask(paths(one), {
      method,
      headers: { 'idempotency-key': 'x'.repeat(256) },
      ...(one.requestBody?.required === true ? { body: { reason: 'night' } } : {}),
    });
    expect(text.includes('Idempotency-Key')).toBe(takes(one, 'Idempotency-Key'));
  });
});

describe('whatever is asked after the document', () => {
  it.each(STEADY.map((one) => [one.method, one.path, one] as const))(
    'of %s %s is answered as it says, and never with a fault of ours',
    async (_method, _path, one) => {
      await fc.assert(
        fc.asyncProperty(requestsFor(document, one, known), async ({ path, query, ...asked }) => {
          const search = new URLSearchParams(query).toString();
          const { status, text } = await askAs(one, `${path}${search && '?'}${search}`, asked);
          expect(status, text).toBeLessThan(500);
        }),
        { numRuns: RUNS },
      );
    },
    120_000,
  );

  it('the helper is well afterwards, and told of no fault', async () => {
    expect((await stage.ask('/readyz')).status).toBe(200);
    const told = stage.helper().log.filter(({ level }) => level === 'error' || level === 'fatal');
    expect(told).toEqual([]);
  });
});

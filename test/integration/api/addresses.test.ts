import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ActionView, Page } from '../../../src/core/contract/views.ts';
import type { DeliveryView } from '../../../src/core/contract/delivery-views.ts';
import { type ApiStage, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

const LIMITED = 'secret-of-one-network-alone-0123456789';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({
    host: '[::]',
    config: {
      trustedProxies: ['127.0.0.0/8'],
      hooks: {
        secrets: [
          { name: 'main', value: HOOK_SECRET },
          { name: 'limited', value: LIMITED, networks: ['203.0.113.0/24'] },
        ],
      },
    },
  });
}, 60_000);
afterAll(() => stage.close());

const OURS = { 'content-type': 'application/json', 'x-cd-helper': 'dashboard' };

/** Over IPv4, where the helper's socket takes both families. */
const askOverIpv4 = (
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
): Promise<Response> =>
  fetch(`http://127.0.0.1:${new URL(stage.helper().url).port}${path}`, {
    method,
    headers: { ...OURS, ...headers },
    body: JSON.stringify(body),
  });

/** As a proxy that itself listens to both families forwards it, and one that does not. */
const FORWARDED = [
  [{}, '127.0.0.1'],
  [{ 'x-forwarded-for': '203.0.113.9' }, '203.0.113.9'],
  [{ 'x-forwarded-for': '::ffff:203.0.113.9' }, '203.0.113.9'],
  [{ 'x-forwarded-for': '2001:db8::9' }, '2001:db8::9'],
] as const;

it.each(FORWARDED)('a delivery with %j came from %s', async (headers, address) => {
  const answer = await askOverIpv4(`/hooks/${HOOK_SECRET}`, { image: 'acme/none:v1' }, headers);
  expect(answer.status).toBe(202);
  const { body } = await stage.ask('/api/v1/deliveries');
  expect((body as Page<DeliveryView>).items[0]?.address).toBe(address);
});

it.each(FORWARDED)('acts and sessions with %j came from %s', async (headers, address) => {
  const signedIn = await askOverIpv4('/api/v1/session', { token: OPERATOR }, headers);
  const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const bySession = { ...headers, cookie, origin: new URL(signedIn.url).origin };
  const frozen = await askOverIpv4(
    '/api/v1/freezes',
    { service: 'nobody', reason: 'to see from where' },
    bySession,
  );
  expect(frozen.status).toBe(201);
  expect((await askOverIpv4('/api/v1/session', {}, bySession, 'DELETE')).status).toBe(204);
  const { body } = await stage.ask('/api/v1/actions');
  const newest = (body as Page<ActionView>).items.slice(0, 3);
  expect(newest.map((one) => [one.action, one.address])).toEqual([
    ['sign-out', address],
    ['freeze', address],
    ['sign-in', address],
  ]);
});

it.each(FORWARDED)('what is refused with %j is logged as from %s', async (headers, address) => {
  const seen = stage.helper().log.length;
  expect((await askOverIpv4('/hooks/wrong', {}, headers)).status).toBe(401);
  expect((await askOverIpv4('/api/v1/session', { token: 'wrong' }, headers)).status).toBe(401);
  expect((await askOverIpv4(`/hooks/${HOOK_SECRET}`, 5, headers)).status).toBe(400);
  await stage.until('three lines', async () => {
    // The helper may log something else meanwhile, which is about nobody's address.
    const news = stage.helper().log.slice(seen);
    const addresses = news.flatMap((line) => line['address'] ?? []);
    expect(addresses).toEqual([address, address, address]);
  });
});

it.each(FORWARDED)('a secret of one network is held against %j too', async (headers, address) => {
  const { status } = await askOverIpv4(`/hooks/${LIMITED}`, { image: 'acme/none:v1' }, headers);
  expect(status).toBe(address.startsWith('203.0.113.') ? 202 : 401);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyWithout } from '../../support/browser/browser-packages.ts';
import { startCaddy } from '../../support/proxies/start-caddy.ts';
import type { RunningProxy } from '../../support/proxies/start-proxy.ts';
import {
  API_TOKEN,
  HOOK_SECRET,
  type RunningHelper,
  startHelper,
} from '../../support/program/start-helper.ts';

const without = await whyWithout('caddy');

describe.skipIf(without !== null)('behind Caddy with the Caddyfile of the recipe', () => {
  let folder: string;
  let helper: RunningHelper;
  let caddy: RunningProxy;
  let dispatcher: Agent;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'behind-caddy-'));
    helper = await startHelper({
      store: join(folder, 'store.db'),
      config: {
        trustedProxies: ['127.0.0.1'],
        clusters: [{ name: 'production', type: 'engine', url: 'http://127.0.0.1:9' }],
      },
    });
    const started = await startCaddy(Number(new URL(helper.url).port));
    caddy = started;
    dispatcher = new Agent({ connect: { ca: started.ca } });
  });
  afterAll(async () => {
    await dispatcher?.close();
    await caddy?.stop();
    await helper?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ask = (path: string, init: Parameters<typeof fetch>[1] = {}) =>
    fetch(`${caddy.origin}${path}`, { ...init, dispatcher });
  const authorization = `Bearer ${API_TOKEN}`;

  test('a webhook is accepted', async () => {
    const answer = await ask(`/hooks/${HOOK_SECRET}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image: 'docker.io/acme/web:v1' }),
    });
    expect(answer.status).toBe(202);
    expect(await helper.deliveries()).toHaveLength(1);
  });

  test('a session comes from its own origin, and its cookie only goes over TLS', async () => {
    const answer = await ask('/api/v1/session', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: caddy.origin,
        'x-cd-helper': 'dashboard',
      },
      body: JSON.stringify({ token: API_TOKEN }),
    });
    expect(answer.ok).toBe(true);
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-.*; Secure/)]);
  });

  test('events flow while the answer goes on', async () => {
    const stop = new AbortController();
    const answer = await ask('/api/v1/events', { headers: { authorization }, signal: stop.signal });
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const { value } = (await answer.body?.getReader().read()) ?? {};
    expect(Buffer.from(value ?? []).toString()).toContain('retry: ');
    stop.abort();
  });
});

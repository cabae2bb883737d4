import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOOK_PLACES } from '../../../src/core/contract/hook-places.ts';
import { type HookSecretView, type SenderView } from '../../../src/core/contract/delivery-views.ts';
import {
  OPEN_STATES,
  type Page,
  type QueueView,
  type RegistryView,
} from '../../../src/core/contract/views.ts';
import { SENDERS } from '../../../src/intake/senders.ts';
import { type ApiStage, openApiStage, VIEWER } from '../../support/http/api-stage.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

const UNUSED = 'an-unused-hook-secret-0123456789';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({
    config: {
      publicUrl: 'https://cd.example.org/desk/',
      hooks: {
        secrets: [
          { name: 'main', value: HOOK_SECRET },
          { name: 'ci', value: UNUSED, senders: ['generic'], repositories: ['docker.io/acme/*'] },
        ],
      },
    },
  });
  const { engine, registry, image } = stage;
  const digest = registry.setTag('acme/web', 'v1', 'one');
  engine.addService({ name: 'web', image: image('acme/web', 'v1', digest) });
}, 60_000);
afterAll(() => stage.close());

const itemsOf = async <T>(path: string): Promise<readonly T[]> => {
  const { status, body } = await stage.ask(`/api/v1${path}`, { token: VIEWER });
  expect(status).toBe(200);
  return (body as { items: T[] }).items;
};

describe('the queue', () => {
  it('shows what waits for each cluster', async () => {
    expect(await itemsOf<QueueView>('/queue')).toEqual([
      {
        cluster: 'default',
        checksWaiting: 0,
        oldestCheckAgeSeconds: null,
        pushesWaiting: 0,
        oldestPushAgeSeconds: null,
        deployments: { queued: 0, updating: 0, verifying: 0 },
      },
    ]);
    stage.engine.inject({ kind: 'drop-before' });
    await stage.helper().postHook({ image: stage.image('acme/web') });
    const [waiting] = await stage.until('the push waits', async () => {
      const items = await itemsOf<QueueView>('/queue');
      if ((items[0]?.oldestPushAgeSeconds ?? 0) === 0) throw new Error(JSON.stringify(items));
      return items;
    });
    expect(waiting).toMatchObject({ checksWaiting: 1, pushesWaiting: 1 });
    stage.engine.clearFaults();
  });
});

describe('registries', () => {
  it('are there once they were asked, also where they do not answer', async () => {
    const image = `127.0.0.1:1/acme/nowhere:v1@sha256:${'a'.repeat(64)}`;
    stage.engine.addService({ name: 'nowhere', image });
    const body = { dryRun: true };
    await stage.ask('/api/v1/smart-redeploy', { method: 'POST', body });
    const [host = ''] = stage.image('acme/web').split('/');
    const [nowhere, seen, ...others] = await itemsOf<RegistryView>('/registries');
    expect(others).toEqual([]);
    expect(nowhere).toMatchObject({
      host: '127.0.0.1:1',
      quota: null,
      askedAt: expect.stringMatching(/Z$/),
      problem: expect.stringContaining('127.0.0.1:1'),
    });
    expect(seen).toMatchObject({ host, problem: null });
  });
});

describe('secrets of hooks', () => {
  it('are shown by name and use, never by value', async () => {
    await stage.helper().postHook({ image: stage.image('acme/web') });
    await stage.helper().postHook({ image: stage.image('acme/other') });
    const before = Date.now();
    const [main, ci] = await itemsOf<HookSecretView>('/hook-secrets');
    expect(main).toMatchObject({ name: 'main', senders: null, clusters: null });
    expect(main?.deliveries).toBeGreaterThanOrEqual(2);
    expect(before - Date.parse(main?.lastUsedAt ?? '')).toBeLessThan(60_000);
    expect(ci).toEqual({
      name: 'ci',
      senders: ['generic'],
      clusters: null,
      repositories: ['docker.io/acme/*'],
      lastUsedAt: null,
      deliveries: 0,
    });
    const { text } = await stage.ask('/api/v1/hook-secrets');
    for (const secret of [HOOK_SECRET, UNUSED]) expect(text).not.toContain(secret);
  });
});

describe('senders', () => {
  it('are all shown, with the address for others and where it goes', async () => {
    const items = await itemsOf<SenderView>('/senders');
    expect(items.map(({ sender }) => sender)).toEqual(SENDERS.map(({ name }) => name));
    expect(new Set(items.map(({ address }) => address))).toEqual(
      new Set(['https://cd.example.org/desk/hooks/{secret}']),
    );
    for (const { sender, place } of items) expect(place).not.toBe(sender);
    expect(items.length).toBe(HOOK_PLACES.length);
    expect(items.find(({ sender }) => sender === 'github')?.signs).toBe(true);
    expect(items.find(({ sender }) => sender === 'docker-hub')?.signs).toBe(false);
  });
});

describe('metrics', () => {
  it('have a sample for each state that a deployment may be in, also where none is', async () => {
    const { text } = await stage.ask('/metrics', { token: VIEWER });
    for (const state of OPEN_STATES) {
      expect(text).toContain(`cd_helper_deployments_open{cluster="default",state="${state}"} 0\n`);
    }
  });
});

describe('lists that are short by nature', () => {
  const LISTS = ['clusters', 'registries', 'queue', 'hook-secrets', 'senders'];

  it.each(LISTS)('%s come whole, or in parts', async (list) => {
    const all = await itemsOf<unknown>(`/${list}`);
    const parts: unknown[] = [];
    let cursor: string | null = null;
    do {
      const next: string = cursor === null ? '' : `&cursor=${cursor}`;
      const { status, body } = await stage.ask(`/api/v1/${list}?limit=1${next}`);
      expect(status).toBe(200);
      const page = body as Page<object>;
      expect(page.items.length).toBeLessThanOrEqual(1);
      parts.push(...page.items.map((item) => Object.values(item)[0]));
      cursor = page.next;
    } while (cursor !== null);
    expect(parts).toEqual(all.map((item) => Object.values(item as object)[0]));
  });

  it.each(LISTS)('%s refuse what they do not know', async (list) => {
    for (const query of ['bogus=1', 'limit=0', 'cursor=x']) {
      expect((await stage.ask(`/api/v1/${list}?${query}`)).status).toBe(400);
    }
  });
});

describe('compression', () => {
  const ask = (encoding: string, path: string) =>
    fetch(`${stage.helper().url}${path}`, {
      headers: { authorization: `Bearer ${VIEWER}`, 'accept-encoding': encoding },
    });

  it.each([
    ['br', 'br'],
    ['gzip', 'gzip'],
    ['identity', null],
  ])('answers that are long come as %s allows, and say the same', async (encoding, coding) => {
    const answer = await ask(encoding, '/api/v1/senders');
    expect(answer.headers.get('content-encoding')).toBe(coding);
    expect(answer.headers.get('vary')).toBe('authorization, cookie, accept-encoding');
    expect(await answer.json()).toEqual(
      (await stage.ask('/api/v1/senders', { headers: { 'accept-encoding': 'identity' } })).body,
    );
    const etag = answer.headers.get('etag') ?? '';
    const again = await stage.ask('/api/v1/senders', {
      headers: { 'if-none-match': etag, 'accept-encoding': encoding },
    });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('spares what is short, and what is told as it happens', async () => {
    expect((await ask('br', '/api/v1/clusters')).headers.get('content-encoding')).toBeNull();
    const events = await ask('br', '/api/v1/events');
    expect(events.headers.get('content-encoding')).toBeNull();
    await events.body?.cancel();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiStage, openApiStage, OPERATOR } from '../../support/http/api-stage.ts';

let stage: ApiStage;
let cookie: string;
const OURS = { 'x-cd-helper': 'dashboard' };
beforeAll(async () => {
  stage = await openApiStage();
  const { headers } = await stage.ask('/api/v1/session', {
    method: 'POST',
    token: null,
    body: { token: OPERATOR },
    headers: OURS,
  });
  cookie = (headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}, 60_000);
afterAll(() => stage.close());

const by = (headers: Readonly<Record<string, string>>, path: string, method = 'POST') =>
  stage.ask(`/api/v1${path}`, {
    method,
    token: null,
    headers: { cookie, ...headers },
    ...(method === 'POST' ? { body: { reason: 'night', service: 'nobody' } } : {}),
  });
const count = async (list: string): Promise<number> =>
  ((await stage.ask(`/api/v1/${list}?limit=500`)).body as { items: unknown[] }).items.length;

it('the session is a good one', async () => {
  expect((await by(OURS, '/freezes')).status).toBe(201);
});

describe('theft by a script', () => {
  it('finds no id in anything that it may read', async () => {
    const id = cookie.split('=')[1] ?? '';
    for (const path of ['/session', '/actions', '/services', '/freezes', '/clusters']) {
      const { status, text, headers } = await by({}, path, 'GET');
      expect(status).toBe(200);
      expect(text + JSON.stringify([...headers])).not.toContain(id);
    }
  });

  it('of another page is not allowed to read an answer, nor to ask whether it may', async () => {
    const foreign = { origin: 'https://evil.example' };
    const asked = await by(
      {
        ...foreign,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-cd-helper',
      },
      '/freezes',
      'OPTIONS',
    );
    const read = await by(foreign, '/services', 'GET');
    for (const { headers } of [asked, read]) {
      const names = [...headers.keys()].filter((name) => name.startsWith('access-control-'));
      expect(names).toEqual([]);
    }
    expect(asked.status).not.toBe(204);
    expect(asked.status).not.toBe(200);
    expect(read.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  });

  it('cannot be put into our page, nor run from data of ours', async () => {
    const page = await stage.ask('/', { token: null });
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    const data = await by({}, '/services', 'GET');
    expect(data.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const { headers } of [page, data]) {
      expect(headers.get('content-security-policy')).not.toMatch(/unsafe|\*|https?:/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});

describe('theft by a frame', () => {
  it.each(['/', '/api/v1/session', '/api/v1/clusters'])('is refused for %s', async (path) => {
    const { headers } = await stage.ask(path, { token: null });
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('the page is in a group of its own, also for old browsers', async () => {
    const { headers } = await stage.ask('/', { token: null });
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });
});

describe('theft by a post from another site', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['as a form posts', { origin: 'https://evil.example' }],
    ['without an origin', {}],
    ['with an origin of null', { ...OURS, origin: 'null' }],
    ['with our header', { ...OURS, origin: 'https://evil.example' }],
    ['as a modern browser tells', { ...OURS, 'sec-fetch-site': 'cross-site' }],
    ['from a neighbouring name', { ...OURS, 'sec-fetch-site': 'same-site' }],
    ['opened by itself', { ...OURS, 'sec-fetch-site': 'none' }],
  ])('does nothing: %s', async (_how, headers) => {
    const before = await Promise.all([count('freezes'), count('actions')]);
    const refused = await by(headers, '/freezes');
    expect(refused).toMatchObject({
      status: 403,
      body: { type: 'urn:cd-helper:problem:cross-site' },
    });
    expect((await by(headers, '/session', 'DELETE')).status).toBe(403);
    expect((await by(headers, '/sessions', 'DELETE')).status).toBe(403);
    expect(await Promise.all([count('freezes'), count('actions')])).toEqual(before);
  });

  it('signs nobody in as somebody else', async () => {
    const asked = { method: 'POST', token: null, body: { token: OPERATOR } };
    for (const headers of [{}, { ...OURS, 'sec-fetch-site': 'cross-site' }]) {
      const told = await stage.ask('/api/v1/session', { ...asked, headers });
      expect(told.status).toBe(403);
      expect(told.headers.get('set-cookie')).toBeNull();
    }
  });

  it('is no matter where a token is shown, which no page has', async () => {
    const { status } = await stage.ask('/api/v1/freezes', {
      method: 'POST',
      body: { reason: 'night', service: 'nobody' },
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(status).toBe(201);
  });
});

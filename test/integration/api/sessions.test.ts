import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActionView, FreezeView } from '../../../src/core/contract/views.ts';
import {
  type ApiStage,
  type Asked,
  HASHED,
  openApiStage,
  OPERATOR,
  type Told,
  VIEWER,
} from '../../support/http/api-stage.ts';

let stage: ApiStage;
beforeAll(async () => {
  stage = await openApiStage({ config: { trustedProxies: ['127.0.0.1'] } });
}, 60_000);
afterAll(() => stage.close());

const OURS = { 'x-cd-helper': 'dashboard' };

const signIn = (token: string, headers: Readonly<Record<string, string>> = OURS): Promise<Told> =>
  stage.ask('/api/v1/session', { method: 'POST', token: null, body: { token }, headers });

const setCookie = ({ headers }: Told): string => headers.get('set-cookie') ?? '';
const cookieOf = (told: Told): string => setCookie(told).split(';')[0] ?? '';

/** Asks with a session's cookie, as the dashboard does. */
const askBy = (cookie: string, path: string, asked: Asked = {}): Promise<Told> =>
  stage.ask(`/api/v1${path}`, {
    ...asked,
    token: null,
    headers: { cookie, ...OURS, ...asked.headers },
  });

describe('signing in', () => {
  it('gives a session, in a cookie that no script and no other site has', async () => {
    const told = await signIn(OPERATOR);
    expect(told.status).toBe(200);
    expect(told.body).toMatchObject({ name: 'oncall', role: 'operator' });
    const { expiresAt } = told.body as { expiresAt: string };
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(11 * 3_600_000);
    expect(setCookie(told)).toMatch(
      /^cd-helper-session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/,
    );
    expect(told.headers.get('cache-control')).toBe('no-store');
    expect(told.text).not.toContain(cookieOf(told).split('=')[1]);
  });

  it('gives a cookie for TLS alone where it came so, as a trusted proxy tells', async () => {
    const told = await signIn(OPERATOR, { ...OURS, 'x-forwarded-proto': 'https' });
    expect(setCookie(told)).toMatch(/; Secure$/);
  });

  it('takes a token that the configuration knows by its hash', async () => {
    expect((await signIn(HASHED)).body).toMatchObject({ name: 'desk', role: 'operator' });
    expect((await stage.ask('/api/v1/services', { token: HASHED })).status).toBe(200);
  });

  it.each([
    ['a wrong token', { token: 'wrong' }, 401],
    ['no token', {}, 400],
    ['an empty one', { token: '' }, 400],
    ['something more', { token: OPERATOR, role: 'operator' }, 400],
  ])('is refused with %s', async (_what, body, status) => {
    const asked = { method: 'POST', token: null, body, headers: OURS };
    const told = await stage.ask('/api/v1/session', asked);
    expect(told.status).toBe(status);
    expect(setCookie(told)).toBe('');
  });

  it('ends the session before', async () => {
    const before = cookieOf(await signIn(OPERATOR));
    await signIn(OPERATOR, { ...OURS, cookie: before });
    expect((await askBy(before, '/session')).status).toBe(401);
  });
});

describe('a session', () => {
  it('reads and acts as its token, whose name stands in the audit', async () => {
    const cookie = cookieOf(await signIn(HASHED));
    expect((await askBy(cookie, '/session')).body).toMatchObject({ name: 'desk' });
    const body = { reason: 'night', service: 'nobody' };
    const frozen = await askBy(cookie, '/freezes', { method: 'POST', body });
    expect(frozen).toMatchObject({ status: 201, body: { by: 'desk' } });
    const { id } = frozen.body as FreezeView;
    expect((await askBy(cookie, `/freezes/${id}`, { method: 'DELETE' })).status).toBe(204);
    await askBy(cookie, '/session', { method: 'DELETE' });
    const { body: actions } = await stage.ask('/api/v1/actions?limit=4');
    const told = (actions as { items: ActionView[] }).items;
    expect(told.map(({ action }) => action)).toEqual(['sign-out', 'thaw', 'freeze', 'sign-in']);
    expect(new Set(told.map(({ actor }) => actor))).toEqual(new Set(['desk']));
  });

  it('of a viewer may not act, but sign out', async () => {
    const cookie = cookieOf(await signIn(VIEWER));
    expect((await askBy(cookie, '/services')).status).toBe(200);
    const act = await askBy(cookie, '/smart-redeploy', { method: 'POST' });
    expect(act).toMatchObject({
      status: 403,
      body: { type: 'urn:cd-helper:problem:role-too-low' },
    });
    const out = await askBy(cookie, '/session', { method: 'DELETE' });
    expect(out.status).toBe(204);
    expect(setCookie(out)).toMatch(/^cd-helper-session=; Path=\/; Max-Age=0;/);
    expect((await askBy(cookie, '/services')).status).toBe(401);
  });

  it('survives a restart, and is nowhere in the store', async () => {
    const cookie = cookieOf(await signIn(OPERATOR));
    await stage.restart();
    expect((await askBy(cookie, '/session')).status).toBe(200);
    const kept = stage.stored();
    expect(kept.includes('oncall')).toBe(true);
    for (const secret of [OPERATOR, VIEWER, HASHED, cookie.split('=')[1] ?? '']) {
      expect(kept.includes(secret)).toBe(false);
    }
  });

  it('is ended with all of its token by signing out everywhere, from a session or with the token', async () => {
    const [one, two, other] = await Promise.all(
      [OPERATOR, OPERATOR, VIEWER].map(async (token) => cookieOf(await signIn(token))),
    );
    const standing = () =>
      Promise.all(
        [one, two, other].map(async (cookie = '') => (await askBy(cookie, '/session')).status),
      );
    expect(await standing()).toEqual([200, 200, 200]);
    expect((await askBy(one ?? '', '/sessions', { method: 'DELETE' })).status).toBe(204);
    expect(await standing()).toEqual([401, 401, 200]);
    const asked = { method: 'DELETE', token: VIEWER };
    expect((await stage.ask('/api/v1/sessions', asked)).status).toBe(204);
    expect(await standing()).toEqual([401, 401, 401]);
  });

  it('may be none: a token is shown as who it is, and nobody is told so', async () => {
    const shown = await stage.ask('/api/v1/session', { token: VIEWER });
    expect(shown.body).toMatchObject({ name: 'wall', role: 'viewer', expiresAt: null });
    expect((await stage.ask('/api/v1/session', { token: null })).status).toBe(401);
    const end = await stage.ask('/api/v1/session', { method: 'DELETE', token: VIEWER });
    expect(end.status).toBe(204);
  });
});

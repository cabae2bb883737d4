import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../../src/core/image/digest.ts';
import type { WaitingView } from '../../../src/core/policy/approvals/waiting-view.ts';
import {
  type ApiStage,
  APPROVER,
  openApiStage,
  OPERATOR,
  VIEWER,
} from '../../support/http/api-stage.ts';
import { type Receiver, startReceiver } from '../../support/notify/notify-receiver.ts';
import { HOOK_SECRET } from '../../support/program/start-helper.ts';

const SKEW = fileURLToPath(new URL('../../support/program/skew-clock.ts', import.meta.url));
const HOUR_MS = 3_600_000;
const SCOPED = 'a-token-for-another-stack-only-0123456789';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let receiver: Receiver;
let stage: ApiStage;
/** What `both` and `operators` wait for, and nobody in this file decides for good. */
let wanted: Readonly<Record<string, Digest>>;

const push = async (name: string, content: string): Promise<Digest> => {
  const digest = stage.registry.setTag(`acme/${name}`, 'v1', content);
  await stage.helper().postHook({ image: stage.image(`acme/${name}`), digest });
  await stage.until(`${name} waits`, async () => {
    const one = (await waiting()).find((each) => each.name === name);
    if (one?.target.digest !== digest) throw new Error(JSON.stringify(one ?? 'nothing waits'));
  });
  return digest;
};
const waiting = async (token = OPERATOR, query = ''): Promise<readonly WaitingView[]> =>
  ((await stage.ask(`/api/v1/waiting${query}`, { token })).body as { items: WaitingView[] }).items;

beforeAll(async () => {
  receiver = await startReceiver();
  stage = await openApiStage({
    env: {
      NODE_OPTIONS: `--import=${SKEW}`,
      TEST_CLOCK_JUMP_MS: String(3 * HOUR_MS),
    },
    config: {
      publicUrl: 'http://helper.test',
      api: {
        tokens: [
          { name: 'oncall', role: 'operator', value: OPERATOR },
          { name: 'second', role: 'operator', value: 'another-operator-of-this-file-0123456789' },
          { name: 'lead', role: 'approver', value: APPROVER },
          { name: 'wall', role: 'viewer', value: VIEWER },
          { name: 'shop', role: 'operator', value: SCOPED, stacks: ['shop'] },
        ],
      },
      policies: [
        {
          name: 'both',
          match: { services: ['both', 'linked'] },
          approval: { votes: 2, deadline: '2h' },
        },
        {
          name: 'operators',
          match: { services: ['operators'] },
          approval: { votes: 2, by: ['operator'], deadline: '2h' },
        },
      ],
      notifications: [{ name: 'ops', type: 'webhook', url: receiver.url, approve: true }],
    },
  });
  const names = ['both', 'operators', 'linked'];
  for (const name of names) {
    const digest = stage.registry.setTag(`acme/${name}`, 'v1', `${name} one`);
    stage.engine.addService({ name, image: stage.image(`acme/${name}`, 'v1', digest) });
  }
  const pushed = await Promise.all(names.map((name) => push(name, `${name} two`)));
  wanted = Object.fromEntries(names.map((name, index) => [name, pushed[index] as Digest]));
}, 120_000);
afterAll(async () => {
  await stage.close();
  await receiver[Symbol.asyncDispose]();
});

const path = (name: string, what = '') =>
  `/api/v1/clusters/default/services/${name}${what === '' ? '' : `/${what}`}`;
const post = async (token: string | null, address: string, body: unknown = {}): Promise<number> =>
  (await stage.ask(address, { method: 'POST', token, body })).status;

/** For a digest that nothing waits for, so that whoever may decide is refused for that alone. */
const OTHER = { digest: `sha256:${'ee'.repeat(32)}` };

describe('who may do what with a service that waits', () => {
  const READ = [200, 200, 200] as const;
  it.each([
    ['GET', '/api/v1/waiting', undefined, READ],
    ['GET', '/api/v1/waiting?service=both', undefined, READ],
    ['GET', '/api/v1/policies', undefined, READ],
    ['GET', path('both', 'policies'), undefined, READ],
    ['GET', path('both'), undefined, READ],
    ['POST', path('both', 'approve'), OTHER, [403, 409, 409]],
    ['POST', path('both', 'reject'), { ...OTHER, reason: 'no' }, [403, 409, 409]],
    ['POST', path('operators', 'approve'), {}, [403, 403, 200]],
    // Without votes, an operator is refused by the gate itself.
    ['POST', path('both', 'redeploy'), { force: true }, [403, 403, 409]],
    ['POST', path('both', 'redeploy'), { skipGates: true }, [403, 403, 400]],
    ['POST', path('both', 'release'), {}, [403, 403, 200]],
  ] as const)('%s %s', async (method, address, body, statuses) => {
    const told = await Promise.all(
      [VIEWER, APPROVER, OPERATOR].map((token) =>
        stage.ask(address, { method, token, ...(body === undefined ? {} : { body }) }),
      ),
    );
    expect(told.map(({ status }) => status)).toEqual(statuses);
    for (const token of [null, 'a-token-that-is-none-0123456789']) {
      const nobody = await stage.ask(address, {
        method,
        token,
        ...(method === 'GET' ? {} : { body: body ?? {} }),
      });
      expect(nobody.status).toBe(401);
      expect(nobody.text).not.toMatch(/acme|sha256:/);
    }
    expect(stage.engine.updates).toEqual([]);
  });

  it('a token of another scope sees nothing of it, and decides nothing', async () => {
    expect(await waiting(SCOPED)).toEqual([]);
    expect(await waiting(SCOPED, '?service=both')).toEqual([]);
    expect(await post(SCOPED, path('both', 'approve'))).toBe(403);
    expect(await post(SCOPED, path('both', 'reject'), { reason: 'no' })).toBe(403);
    const [one] = await waiting(OPERATOR, '?service=both');
    expect(one).toMatchObject({ target: { digest: wanted['both'] } });
    expect(one?.gates[0]?.votes).toMatchObject({ given: 0 });
  });

  it('metrics tell how many wait at each gate, and for how long', async () => {
    const { status, text } = await stage.ask('/metrics', { token: VIEWER });
    expect(status).toBe(200);
    expect(text).toContain('cd_helper_waiting{cluster="default",gate="approval"} 3\n');
    expect(text).toContain('cd_helper_waiting{cluster="default",gate="min-age"} 0\n');
    expect(text).toMatch(
      /^cd_helper_oldest_waiting_age_seconds\{cluster="default",gate="approval"\} [\d.]+$/m,
    );
  });

  it('a viewer’s session decides as little as its token', async () => {
    const ours = { 'x-cd-helper': 'dashboard' };
    const signedIn = await stage.ask('/api/v1/session', {
      method: 'POST',
      token: null,
      headers: ours,
      body: { token: VIEWER },
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const headers = { ...ours, cookie };
    const voted = await stage.ask(path('both', 'approve'), {
      method: 'POST',
      token: null,
      headers,
      body: {},
    });
    expect(voted.status).toBe(403);
  });
});

describe('a link', () => {
  type Sent = { readonly to: string; readonly link: { readonly url: string } | null };
  const sent = (): readonly Sent[] =>
    receiver.received.map(({ body }) => (body as { data: { customData: Sent } }).data.customData);
  const linkOf = (name: string): Promise<string> =>
    stage.until(`a link for ${name} is sent`, async () => {
      const url = sent().find(({ to, link }) => to === wanted[name] && link !== null)?.link?.url;
      if (url === undefined) throw new Error(JSON.stringify(sent()));
      return new URL(url).pathname;
    });
  const open = (address: string) => stage.ask(address, { token: null });
  const formOf = (html: string): string => /name="form" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const decide = (address: string, form: string) =>
    stage.ask(address, {
      method: 'POST',
      token: null,
      headers: FORM,
      body: new URLSearchParams({ decision: 'approve', form }).toString(),
    });

  it('is not sent where only operators may vote', async () => {
    const told = await stage.until('the channel heard of it', async () => {
      const all = sent().filter(({ to }) => to === wanted['operators']);
      if (all.length === 0) throw new Error('nothing came');
      return all;
    });
    expect(told.map(({ link }) => link)).toEqual(told.map(() => null));
  });

  it('is over at the deadline: a page that was opened before decides nothing either', async () => {
    const address = await linkOf('linked');
    const form = formOf((await open(address)).text);
    expect(form).not.toBe('');
    // As programs do that show previews, and people who open it twice.
    const previews = await Promise.all([1, 2, 3].map(() => open(address)));
    expect(previews.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await waiting(OPERATOR, '?service=linked'))[0]?.gates[0]?.votes).toMatchObject({
      given: 0,
    });
    process.kill(stage.helper().pid, 'SIGUSR2');
    const late = await stage.until('its time is over', async () => {
      const page = await open(address);
      if (page.status !== 410) throw new Error(page.text);
      return page;
    });
    expect(late.text).toContain('Nothing was decided');
    expect(late.text).not.toContain('<form');
    const decided = await decide(address, form);
    expect(decided.status).toBe(410);
    await stage.until('it has expired', async () => {
      const { body } = await stage.ask(path('linked'));
      const { verdict, reason } = body as { verdict: string; reason: string };
      if (`${verdict} ${reason}` !== 'held expired') throw new Error(`${verdict} ${reason}`);
    });
    expect(stage.engine.updates).toEqual([]);
  });

  it('of a hook secret or of no form does not exist', async () => {
    expect((await open(`/approvals/${HOOK_SECRET}`)).status).toBe(404);
    expect((await decide(`/approvals/${'a'.repeat(43)}`, 'x')).status).toBe(404);
  });
});

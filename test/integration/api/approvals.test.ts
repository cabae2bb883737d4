import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

const PATH = '/api/v1/clusters/default/services/pay';
const REASON = { reason: 'the migration is missing' };
/** As the form of a link's page sends it. */
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let receiver: Receiver;
let stage: ApiStage;
let old: Digest;
beforeEach(async () => {
  receiver = await startReceiver();
  stage = await openApiStage({
    config: {
      publicUrl: 'http://helper.test/cd',
      notifications: [{ name: 'ops', type: 'webhook', url: receiver.url, approve: true }],
    },
  });
  const { registry, engine, image } = stage;
  old = registry.setTag('acme/pay', 'v1', 'one');
  const labels = { 'cd-helper.approval': '2' };
  engine.addService({ name: 'pay', image: image('acme/pay', 'v1', old), labels });
}, 60_000);
afterEach(async () => {
  await stage.close();
  await receiver[Symbol.asyncDispose]();
});

const waiting = async (): Promise<readonly WaitingView[]> =>
  ((await stage.ask('/api/v1/waiting')).body as { items: WaitingView[] }).items;

/** Pushes, and waits until the service waits for it. */
const push = async (content: string): Promise<Digest> => {
  const digest = stage.registry.setTag('acme/pay', 'v1', content);
  await stage.helper().postHook({ image: stage.image('acme/pay'), digest });
  await stage.until(`pay waits for ${content}`, async () => {
    const [one] = await waiting();
    if (one?.target.digest !== digest) throw new Error(JSON.stringify(one ?? 'nothing waits'));
  });
  return digest;
};

const approve = (token: string, body: unknown = {}, headers = {}) =>
  stage.ask(`${PATH}/approve`, { method: 'POST', token, body, headers });
const reject = (token: string) =>
  stage.ask(`${PATH}/reject`, { method: 'POST', token, body: REASON });
const votes = (body: unknown) => (body as WaitingView).gates.find((gate) => gate.votes)?.votes;

const service = async () =>
  (await stage.ask(PATH)).body as { running: string; verdict: string; reason: string | null };
const untilRuns = (digest: Digest) =>
  stage.until(`pay runs ${digest}`, async () => {
    const { running, verdict } = await service();
    if (running !== digest || verdict !== 'current') throw new Error(`${running} ${verdict}`);
  });
const untilHeld = (reason: string) =>
  stage.until(`pay is held: ${reason}`, async () => {
    const now = await service();
    if (now.verdict !== 'held' || now.reason !== reason) throw new Error(JSON.stringify(now));
  });

describe('votes', () => {
  it('of two people deploy it; the same person by token and by session is one', async () => {
    const digest = await push('two');
    expect(await service()).toMatchObject({ verdict: 'waiting', reason: 'approval', running: old });
    expect(votes((await approve(APPROVER, { digest })).body)).toMatchObject({ given: 1 });
    const ours = { 'x-cd-helper': 'dashboard' };
    const signedIn = await stage.ask('/api/v1/session', {
      method: 'POST',
      token: null,
      headers: ours,
      body: { token: APPROVER },
    });
    const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? '';
    const again = await stage.ask(`${PATH}/approve`, {
      method: 'POST',
      token: null,
      body: {},
      headers: { ...ours, cookie },
    });
    expect([again.status, votes(again.body)]).toMatchObject([200, { given: 1, by: ['lead'] }]);
    await stage.restart();
    expect(votes((await approve(OPERATOR)).body)).toMatchObject({ by: ['lead', 'oncall'] });
    await untilRuns(digest);
    expect(await waiting()).toEqual([]);
    const { body } = await stage.ask('/api/v1/actions');
    const acts = (body as { items: { action: string; actor: string }[] }).items;
    expect(acts.filter(({ action }) => action === 'approve').map(({ actor }) => actor)).toEqual([
      'oncall',
      'lead',
    ]);
  });

  it('for the digest before do not count for the next', async () => {
    const first = await push('two');
    await approve(APPROVER, { digest: first });
    const second = await push('three');
    expect((await approve(OPERATOR, { digest: first })).status).toBe(409);
    expect(votes((await approve(OPERATOR, { digest: second })).body)).toMatchObject({ given: 1 });
    expect((await service()).running).toBe(old);
  });

  it('take the role: a viewer has none, and an approver does nothing else', async () => {
    await push('two');
    expect((await approve(VIEWER)).status).toBe(403);
    expect((await reject(VIEWER)).status).toBe(403);
    const other = await stage.ask(`${PATH}/redeploy`, { method: 'POST', token: APPROVER });
    expect(other.status).toBe(403);
  });

  it('are for what waits: a service that does not is a 409, and none at all a 404', async () => {
    expect((await approve(APPROVER)).status).toBe(409);
    const nobody = '/api/v1/clusters/default/services/nobody/approve';
    expect((await stage.ask(nobody, { method: 'POST', token: APPROVER })).status).toBe(404);
  });
});

describe('a rejection', () => {
  it('holds the digest, also where it is pushed again and after a restart, until a release', async () => {
    const digest = await push('two');
    expect((await reject(APPROVER)).status).toBe(200);
    await untilHeld('rejected');
    await stage.helper().postHook({ image: stage.image('acme/pay'), digest });
    await stage.restart();
    await untilHeld('rejected');
    expect(await waiting()).toEqual([]);
    await push('three');
    expect((await service()).running).toBe(old);
  });
});

describe('a link', () => {
  type Told = { readonly state: string; readonly link: { readonly url: string } | null };
  const told = (): readonly Told[] =>
    receiver.received.map(({ body }) => (body as { data: { customData: Told } }).data.customData);
  /** The path of the newest link that was sent. */
  const sent = async (count = 1): Promise<string> => {
    const url = await stage.until('a link is sent', async () => {
      const links = told().filter(({ link }) => link !== null);
      if (links.length < count) throw new Error(JSON.stringify(told()));
      return links.at(-1)?.link?.url ?? '';
    });
    expect(url).toMatch(/^http:\/\/helper\.test\/cd\/approvals\/[\w-]{43}$/);
    return new URL(url).pathname.replace('/cd', '');
  };
  const open = (path: string) => stage.ask(path, { token: null });
  const formOf = (html: string): string => /name="form" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const decide = (path: string, fields: Readonly<Record<string, string>>) =>
    stage.ask(path, {
      method: 'POST',
      token: null,
      headers: FORM,
      body: new URLSearchParams(fields).toString(),
    });

  it('shows, decides only by its form, and once; the store has no trace of it', async () => {
    await push('two');
    const path = await sent();
    const page = await open(path);
    expect(page.status).toBe(200);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.text).toContain('Deploy pay?');
    // Previews open it, however often.
    for (const _ of [1, 2, 3]) await open(path);
    expect((await waiting())[0]?.gates[0]?.votes).toMatchObject({ given: 0 });
    expect((await decide(path, { decision: 'approve' })).status).toBe(403);
    expect((await decide(path, { decision: 'approve', form: 'x' })).status).toBe(403);
    const form = formOf(page.text);
    expect((await decide(path, { decision: 'reject', form, reason: ' ' })).status).toBe(400);
    expect((await waiting())[0]?.gates[0]?.votes).toMatchObject({ given: 0 });
    const done = await decide(path, { decision: 'approve', form });
    expect([done.status, done.text]).toMatchObject([200, expect.stringContaining('is approved')]);
    expect((await waiting())[0]?.gates[0]?.votes?.by).toEqual(['notification link']);
    expect((await decide(path, { decision: 'approve', form })).status).toBe(410);
    expect((await open(path)).status).toBe(410);
    expect(stage.stored().includes(path.slice('/approvals/'.length))).toBe(false);
    await approve(APPROVER);
    await stage.until('ready is told', async () => {
      if (!told().some(({ state }) => state === 'ready')) throw new Error('not told');
    });
  });

  it('of an image that was replaced decides nothing, and the channel hears of the newer one', async () => {
    const first = await push('two');
    const before = await sent();
    const form = formOf((await open(before)).text);
    await push('three');
    const after = await sent(2);
    expect((await open(before)).status).toBe(410);
    expect((await decide(before, { decision: 'approve', form })).status).toBe(410);
    const rejection = { decision: 'reject', reason: 'no', form: formOf((await open(after)).text) };
    expect((await decide(after, rejection)).status).toBe(200);
    // What waited before waits again, and needs its votes anew.
    await stage.until('pay waits for the first again', async () => {
      const [one] = await waiting();
      if (one?.target.digest !== first) throw new Error(JSON.stringify(one ?? 'nothing waits'));
    });
  });

  it('on trial shows a page, and decides nothing', async () => {
    await push('two');
    const page = await open('/approvals/trial');
    expect([page.status, page.text]).toMatchObject([
      200,
      expect.stringContaining('decides nothing'),
    ]);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect((await decide('/approvals/trial', { decision: 'approve', form: '' })).status).toBe(404);
    expect((await waiting())[0]?.gates[0]?.votes).toMatchObject({ given: 0 });
  });

  it('that was never sent does not exist', async () => {
    expect((await open(`/approvals/${'a'.repeat(43)}`)).status).toBe(404);
    expect((await open(`/approvals/${HOOK_SECRET}`)).status).toBe(404);
  });
});

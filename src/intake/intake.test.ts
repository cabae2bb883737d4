import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { IncomingDelivery } from '../core/contract/delivery.ts';
import { createIntake, type HookSecret, MOST_PUSHES } from './intake.ts';
import { SENDERS } from './senders.ts';

const secret = (name: string, value: string, limits: Partial<HookSecret> = {}): HookSecret => ({
  name,
  value: { reveal: () => value },
  senders: null,
  registry: null,
  virtualRepositories: null,
  clusters: null,
  repositories: null,
  ...limits,
});

const delivery = (body: unknown, headers: Record<string, string> = {}): IncomingDelivery => {
  const raw = Buffer.from(JSON.stringify(body));
  return { headers: { 'content-type': 'application/json', ...headers }, raw, body };
};

const hmac = (algorithm: string, key: string, body: unknown): string =>
  createHmac(algorithm, key).update(JSON.stringify(body)).digest('hex');

const PING = { zen: 'x' };
const COMPONENT = { action: 'CREATED', component: { format: 'docker', name: 'a/b', version: '1' } };
const PACKAGE = { action: 'deleted' };
const PUSHED = { domain: 'docker', event_type: 'pushed', data: {} };

const first = secret('first', 'alpha-key');
const second = secret('second', 'beta-key');
const { read, mayProve } = createIntake(SENDERS, [first, second]);

describe('authenticity', () => {
  it.each([
    ['GitHub', { 'x-github-event': 'ping' }, 'x-hub-signature-256', 'sha256=', 'sha256', PING],
    ['Gitea', { 'x-gitea-event': 'package' }, 'x-gitea-signature', '', 'sha256', PACKAGE],
    ['Forgejo', { 'x-forgejo-event': 'package' }, 'x-forgejo-signature', '', 'sha256', PACKAGE],
    [
      'Nexus',
      { 'x-nexus-webhook-id': 'rm:repository:component' },
      'x-nexus-webhook-signature',
      '',
      'sha1',
      COMPONENT,
    ],
    ['JFrog', {}, 'x-jfrog-event-auth', '', 'sha256', PUSHED],
    ['generic', {}, 'x-hub-signature-256', 'sha256=', 'sha256', { image: 'acme/app:v1' }],
    [
      'CloudEvents',
      { 'ce-type': 'x', 'ce-specversion': '1.0' },
      'x-hub-signature-256',
      'sha256=',
      'sha256',
      {},
    ],
  ])('%s: signature right, wrong, missing', (_name, headers, header, prefix, algorithm, body) => {
    const signed = (key: string) =>
      delivery(body, { ...headers, [header]: prefix + hmac(algorithm, key, body) });
    expect(read(signed('beta-key'), null)).toMatchObject({ kind: 'understood', secret: second });
    expect(read(signed('beta-key'), first)).toMatchObject({ kind: 'understood', secret: first });
    expect(read(signed('other'), null).kind).toBe('refused');
    expect(read(signed('other'), first).kind).toBe('refused');
    expect(read(signed(''), first).kind).toBe('refused');
    // Gitea and Forgejo send an empty one if no secret is set.
    const empty = delivery(body, { ...headers, [header]: '' });
    expect(read(empty, first)).toMatchObject({ kind: 'understood', secret: first });
    expect(read(empty, null).kind).toBe('refused');
    expect(mayProve(empty.headers)).toBe(false);
    const prefixed = delivery(body, { ...headers, [header]: prefix });
    expect(read(prefixed, first)).toMatchObject({ kind: 'understood', secret: first });
    expect(read(prefixed, null).kind).toBe('refused');
    expect(read(delivery(body, headers), null).kind).toBe('refused');
    expect(read(delivery(body, headers), first)).toMatchObject({ kind: 'understood' });
    expect(mayProve(signed('x').headers)).toBe(true);
  });

  it('is over the bytes as they came', () => {
    const text = '{ "image" : "acme/app:v1" }';
    const sign = (over: string) => ({
      headers: {
        'x-hub-signature-256': `sha256=${createHmac('sha256', 'alpha-key').update(over).digest('hex')}`,
      },
      raw: Buffer.from(text),
      body: JSON.parse(text),
    });
    expect(read(sign(text), null).kind).toBe('understood');
    expect(read(sign(JSON.stringify(JSON.parse(text))), null).kind).toBe('refused');
  });

  it('takes the token of GitLab and the plain secret of JFrog', () => {
    const gitlab = (token: string) => delivery({}, { 'x-gitlab-token': token });
    expect(read(gitlab('beta-key'), null)).toMatchObject({ kind: 'understood', secret: second });
    expect(read(gitlab('other'), first).kind).toBe('refused');
    const jfrog = delivery(PUSHED, { 'x-jfrog-event-auth': 'alpha-key' });
    expect(read(jfrog, null)).toMatchObject({ kind: 'understood', secret: first });
  });

  it('lets nobody in by a signature that the sender does not make', () => {
    const hub = { push_data: { tag: 'v1' }, repository: { repo_name: 'acme/app' } };
    const signed = delivery(hub, {
      'x-hub-signature-256': `sha256=${hmac('sha256', 'alpha-key', hub)}`,
    });
    expect(read(signed, null).kind).toBe('refused');
  });

  it('lets nobody in by an empty secret', () => {
    const empty = createIntake(SENDERS, [secret('empty', '')]);
    const body = { image: 'acme/app:v1' };
    const signed = delivery(body, { 'x-hub-signature-256': `sha256=${hmac('sha256', '', body)}` });
    expect(empty.read(signed, null).kind).toBe('refused');
    expect(empty.read(delivery({}, { 'x-gitlab-token': '' }), null).kind).toBe('refused');
  });
});

describe('limits of a secret', () => {
  it('refuses a sender that it is not for', () => {
    const only = secret('nexus', 'k', { senders: ['nexus'] });
    const intake = createIntake(SENDERS, [only]);
    expect(intake.read(delivery({ image: 'acme/app:v1' }), only)).toEqual({
      kind: 'refused',
      sender: 'generic',
    });
  });

  it.each([
    [['docker.io/acme/*'], 'acme/app:v1', true],
    [['docker.io/acme/*'], 'acme/team/app:v1', false],
    [['docker.io/acme/**'], 'acme/team/app:v1', true],
    [['docker.io/acme/*'], 'acmes/app:v1', false],
    [['docker.io/acme/app'], 'acme/app:v1', true],
    [['docker.io/acme.app/*'], 'acmexapp/app:v1', false],
    [['**'], 'ghcr.io/x/y:1', true],
    [[], 'acme/app:v1', false],
  ])('repositories %j allow %s: %s', (repositories, image, allowed) => {
    const only = secret('some', 'k', { repositories });
    const result = createIntake(SENDERS, [only]).read(delivery({ image }), only);
    expect(result).toMatchObject(
      allowed
        ? { pushes: [{}], ignored: [] }
        : { pushes: [], ignored: [{ reason: 'not-allowed' }] },
    );
  });
});

describe('bounds', () => {
  const images = (count: number) =>
    delivery(Array.from({ length: count }, (_, index) => ({ image: `acme/app:v${index}` })));

  it('takes as many pushes as it says and refuses one more', () => {
    expect(read(images(MOST_PUSHES), first)).toMatchObject({ kind: 'understood' });
    expect(read(images(MOST_PUSHES + 1), first)).toMatchObject({
      kind: 'too-many-pushes',
      count: MOST_PUSHES + 1,
    });
  });

  it('takes an envelope of any length from a registry, which would repeat a refused one for ever', () => {
    const event = (index: number) => ({
      id: String(index),
      action: 'push',
      target: { repository: 'acme/app', tag: `v${index}` },
      request: { host: 'registry.local:5000' },
    });
    const events = Array.from({ length: MOST_PUSHES + 50 }, (_, index) => event(index));
    for (const headers of [{}, { 'x-gitlab-token': 'alpha-key' }]) {
      const result = read(delivery({ events }, headers), first);
      if (result.kind !== 'understood') throw new Error(result.kind);
      expect(result.pushes).toHaveLength(MOST_PUSHES + 50);
    }
  });

  it('tells ignored events one by one up to a hundred', () => {
    const result = read(
      delivery([{ image: 'a' }, ...Array.from({ length: 150 }, () => ({ image: '/' }))]),
      first,
    );
    if (result.kind !== 'understood') throw new Error(result.kind);
    expect(result.ignored).toHaveLength(101);
    expect(result.ignored.at(-1)).toEqual({ reason: 'and-more', about: '50 more' });
  });

  it('keeps a long id of a sender by its digest', () => {
    const events = Array.from({ length: 20 }, (_, index) => ({
      id: `320678d8-ca14-430f-8bb6-4ca139cd83${index}`,
      action: 'pull',
      target: {},
    }));
    expect(read(delivery({ events }), first)).toMatchObject({
      senderDeliveryId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
  });
});

it.each([
  ['nothing of a kind', { image: 'a:1' }, undefined],
  ['blanks for a kind', { domain: ' ', event_type: '\u0000' }, undefined],
  ['half a kind', { domain: 'docker' }, 'docker'],
])('tells %s as what it is', (_name, body, about) => {
  const result = read(delivery(body, { 'x-jfrog-event-auth': 'alpha-key' }), null);
  expect(result).toMatchObject({
    ignored: [about === undefined ? { reason: 'not-a-push' } : { reason: 'not-a-push', about }],
  });
  if (about === undefined) expect(JSON.stringify(result)).not.toContain('about');
});

it('says what it looked for where nothing is recognised', () => {
  for (const body of [{}, [], 5, null, 'text', { image: 5 }, { events: [] }]) {
    const result = read(delivery(body), first);
    if (result.kind !== 'unrecognised') throw new Error(result.kind);
    expect(result.lookedFor).toHaveLength(SENDERS.length);
  }
});

it('takes what GitHub sends for nothing where the header that says so is missing', () => {
  const body = { action: 'published', package: { name: 'app', package_type: 'CONTAINER' } };
  expect(read(delivery(body), first).kind).toBe('unrecognised');
  expect(read(delivery(body, { 'x-github-event': 'package' }), first).kind).toBe('understood');
});

import { createHmac } from 'node:crypto';
import { CloudEvent, HTTP } from 'cloudevents';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type ChannelSettings, createChannels } from '../../../src/adapters/notify/channels.ts';
import type { Message, SendOutcome } from '../../../src/core/contract/notice.ts';
import { createSecret } from '../../../src/core/secret.ts';
import { digestOfChar } from '../../support/work/make-service.ts';
import { type Answer, type Received, startReceiver } from '../../support/notify/notify-receiver.ts';
import {
  basicsOf,
  FAILURE,
  healthMessageOf,
  healthNoticeOf,
  messageOf,
  noticeOf,
  rolledBack,
} from '../../support/notify/notify-samples.ts';

const SOURCE = 'https://cd.example/cd-helper';
const PATH = '/hooks/a-token-in-the-path';

type Sent = { readonly outcome: SendOutcome; readonly received: readonly Received[] };

/** Sends one message over the real socket. */
const send = async (
  kind: (url: string) => ChannelSettings,
  message: Message,
  answer?: Answer,
): Promise<Sent> => {
  await using receiver = await startReceiver(answer);
  const channels = createChannels({
    channels: [kind(receiver.url + PATH)],
    source: SOURCE,
    timeoutMs: 300,
  });
  try {
    const [channel] = channels.list;
    if (channel === undefined) throw new Error('no channel');
    const outcome = await channel.send(message, new AbortController().signal);
    return { outcome, received: receiver.received };
  } finally {
    await channels.close();
  }
};

const only = ({ outcome, received }: Sent): Received => {
  expect(outcome).toEqual({ kind: 'sent' });
  expect(received).toHaveLength(1);
  const [one] = received;
  if (one === undefined) throw new Error('nothing came');
  expect(one.path).toBe(PATH);
  return one;
};

const webhook = (url: string): ChannelSettings => ({
  ...basicsOf(url),
  type: 'webhook',
  secret: createSecret('a-webhook-secret'),
});
const slack = (url: string): ChannelSettings => ({ ...basicsOf(url), type: 'slack' });
const apprise = (url: string): ChannelSettings => ({
  ...basicsOf(url),
  type: 'apprise',
  tags: ['ops', 'mail'],
});

/** What CDEvents 0.4 asks of the data of a service event, and of a custom one. */
const text = z.string().min(1);
const cdEventData = z.strictObject({
  context: z.strictObject({
    version: z.literal('0.4.1'),
    id: text,
    source: text,
    type: z.union([
      z.string().regex(/^dev\.cdevents\.service\.(deployed|upgraded|rolledback)\.0\.2\.0$/),
      z.string().regex(/^dev\.cdevents\.incident\.(detected|resolved)\.0\.2\.0$/),
      z.string().regex(/^dev\.cdeventsx\.[a-zA-Z0-9]+-[a-zA-Z]+\.[a-zA-Z]+\.\d\.\d\.\d$/),
    ]),
    timestamp: z.iso.datetime(),
    chainId: text.optional(),
  }),
  subject: z.discriminatedUnion('type', [
    z.strictObject({
      id: text,
      source: text,
      type: z.literal('service'),
      content: z.strictObject({
        environment: z.strictObject({ id: text, source: text }),
        artifactId: z
          .string()
          .regex(/^pkg:oci\/[^/@?]+(@sha256%3A[0-9a-f]{64})?\?repository_url=[^&]+(&tag=[^&]+)?$/),
      }),
    }),
    z.strictObject({
      id: text,
      source: text,
      type: z.literal('incident'),
      content: z.strictObject({
        description: text,
        environment: z.strictObject({ id: text, source: text }),
        service: z.strictObject({ id: text, source: text }),
        artifactId: z.string().startsWith('pkg:oci/'),
      }),
    }),
    z.strictObject({
      id: text,
      source: text,
      type: z.enum(['cdhelper-service', 'cdhelper-deployment', 'cdhelper-notification']),
      content: z.record(z.string(), z.unknown()),
    }),
  ]),
  customData: z.record(z.string(), z.unknown()),
  customDataContentType: z.literal('application/json'),
});

/** The event as the SDK of CloudEvents reads it, which throws where it is none. */
const readEvent = ({ headers, raw }: Received): CloudEvent<z.infer<typeof cdEventData>> => {
  const event = HTTP.toEvent({ headers, body: raw.toString('utf8') });
  if (!(event instanceof CloudEvent)) throw new Error('several events');
  expect(event.validate()).toBe(true);
  const data = cdEventData.parse(event.data);
  expect(data.context).toMatchObject({
    id: event.id,
    type: event.type,
    source: event.source,
    timestamp: event.time,
  });
  expect(data.subject.id).toBe(event.subject);
  return event as CloudEvent<z.infer<typeof cdEventData>>;
};

test('a webhook gets a signed CloudEvent that CDEvents has a word for', async () => {
  const notice = noticeOf();
  const received = only(await send(webhook, messageOf(notice)));
  expect(received.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
  const signature = createHmac('sha256', 'a-webhook-secret').update(received.raw).digest('hex');
  expect(received.headers['x-cd-helper-signature']).toBe(`sha256=${signature}`);
  readEvent(received);
  const { id, ...rest } = notice;
  expect(received.body).toEqual({
    specversion: '1.0',
    id,
    source: SOURCE,
    type: 'dev.cdevents.service.upgraded.0.2.0',
    subject: 'production/shop_web',
    time: '2026-03-01T10:00:13.000Z',
    datacontenttype: 'application/json',
    data: {
      context: {
        version: '0.4.1',
        id,
        chainId: 'hook delivery-1',
        source: SOURCE,
        type: 'dev.cdevents.service.upgraded.0.2.0',
        timestamp: '2026-03-01T10:00:13.000Z',
      },
      subject: {
        id: 'production/shop_web',
        source: SOURCE,
        type: 'service',
        content: {
          environment: { id: 'production', source: SOURCE },
          artifactId: `pkg:oci/web@sha256%3A${'b'.repeat(64)}?repository_url=docker.io/acme/web&tag=v1`,
        },
      },
      customData: { deployment: id, ...rest },
      customDataContentType: 'application/json',
    },
  });
});

test('without a secret nothing is signed', async () => {
  const unsigned = (url: string): ChannelSettings => ({
    ...basicsOf(url),
    type: 'webhook',
    secret: null,
  });
  const received = only(await send(unsigned, messageOf(noticeOf())));
  expect(received.headers).not.toHaveProperty('x-cd-helper-signature');
});

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

test.each([
  ['another digest', noticeOf(), 'dev.cdevents.service.upgraded.0.2.0', B],
  ['nothing known before', noticeOf({ from: null }), 'dev.cdevents.service.deployed.0.2.0', B],
  [
    'the same digest again',
    noticeOf({ from: digestOfChar('b'), cause: 'forced' }),
    'dev.cdevents.service.deployed.0.2.0',
    B,
  ],
  [
    'a person went back',
    noticeOf({ cause: 'taken-back', from: digestOfChar('b'), to: digestOfChar('a') }),
    'dev.cdevents.service.rolledback.0.2.0',
    A,
  ],
  ['taken back after a failure', rolledBack(), 'dev.cdevents.service.rolledback.0.2.0', A],
  [
    'failed',
    noticeOf({ state: 'failed', failure: FAILURE, runs: null }),
    'dev.cdeventsx.cdhelper-deployment.failed.0.1.0',
    B,
  ],
  [
    'superseded',
    noticeOf({ state: 'superseded' }),
    'dev.cdeventsx.cdhelper-deployment.superseded.0.1.0',
    B,
  ],
  [
    'skipped',
    noticeOf({ state: 'skipped', reason: 'held' }),
    'dev.cdeventsx.cdhelper-deployment.skipped.0.1.0',
    B,
  ],
])('%s is a valid event of its own type', async (_, notice, type, artifact) => {
  const event = readEvent(only(await send(webhook, messageOf(notice))));
  expect(event.type).toBe(type);
  expect(event.data?.subject.content).toMatchObject({
    artifactId: expect.stringContaining(`@sha256%3A${artifact}?`),
  });
});

test('an artifact of a registry with a port, and one whose digest nobody knows, is named rightly', async () => {
  const image = 'registry.local:5000/acme/api:v2';
  const notice = noticeOf({ image, toTag: 'v2', to: null, runs: null });
  const event = readEvent(only(await send(webhook, messageOf(notice))));
  expect(event.data?.subject.content).toMatchObject({
    artifactId: 'pkg:oci/api?repository_url=registry.local:5000/acme/api&tag=v2',
  });
});

test('a move to another tag tells both, and one that was rolled back the tag that runs', async () => {
  const moved = { image: 'docker.io/acme/web:v1.4.0', fromTag: 'v1.3.0', toTag: 'v1.4.0' };
  const { body } = only(await send(slack, messageOf(noticeOf({ ...moved, build: null }))));
  const line = 'docker.io/acme/web:v1.4.0 aaaaaaaaaaaa → bbbbbbbbbbbb, v1.3.0 → v1.4.0';
  expect(JSON.stringify(body)).toContain(line);
  const event = readEvent(only(await send(webhook, messageOf({ ...rolledBack(), ...moved }))));
  expect(event.data?.subject.content).toMatchObject({
    artifactId: expect.stringContaining('tag=v1.3.0'),
  });
  expect(event.data).toMatchObject({ customData: { fromTag: 'v1.3.0', toTag: 'v1.4.0' } });
});

test('Slack gets one message for a push, as text and as blocks', async () => {
  const { body } = only(await send(slack, messageOf(noticeOf(), rolledBack())));
  const web = [
    'docker.io/acme/web:v1 aaaaaaaaaaaa → bbbbbbbbbbbb (v1.3.0, 982c388)',
    'by a hook of docker-hub (delivery delivery-1)',
  ].join('\n');
  const api = [
    'registry.local:5000/acme/api:v2 aaaaaaaaaaaa → bbbbbbbbbbbb',
    'task-failed: task: non-zero exit (3), node node-1',
    'runs aaaaaaaaaaaa again',
    'by a hook of docker-hub (delivery delivery-1)',
  ].join('\n');
  const section = (content: string) => ({
    type: 'section',
    text: { type: 'mrkdwn', text: content, verbatim: true },
  });
  expect(body).toEqual({
    text: `2 deployments: 1 succeeded, 1 rolled-back\n✅ shop_web on production succeeded after 12 s\n${web}\n↩️ shop_api on production was rolled back after 12 s\n${api}`,
    blocks: [
      section('*2 deployments: 1 succeeded, 1 rolled-back*'),
      section(`*✅ shop_web on production succeeded after 12 s*\n${web}`),
      section(`*↩️ shop_api on production was rolled back after 12 s*\n${api}`),
    ],
  });
});

test('a node is called by its host name, where that is known', async () => {
  const failure = { ...FAILURE, node: 'x18xfabhxnykuuh1cbmjcegd3', nodeName: 'swarm-2' };
  const message = messageOf({ ...rolledBack(), failure });
  for (const channel of [slack, apprise]) {
    const sent = JSON.stringify(only(await send(channel, message)).body);
    expect(sent).toContain('non-zero exit (3), node swarm-2');
    expect(sent).not.toContain(failure.node);
  }
});

test('Apprise gets title, body, type and tags', async () => {
  const { body, headers } = only(await send(apprise, messageOf(rolledBack())));
  expect(headers['content-type']).toBe('application/json; charset=utf-8');
  expect(body).toEqual({
    title: '↩️ shop_api on production was rolled back after 12 s',
    body: 'registry.local:5000/acme/api:v2 aaaaaaaaaaaa → bbbbbbbbbbbb\ntask-failed: task: non-zero exit (3), node node-1\nruns aaaaaaaaaaaa again\nby a hook of docker-hub (delivery delivery-1)',
    type: 'warning',
    format: 'text',
    tag: 'ops,mail',
  });
});

test.each([
  [[noticeOf()], 'success'],
  [[noticeOf(), rolledBack()], 'warning'],
  [[rolledBack(), noticeOf({ state: 'failed' })], 'failure'],
  [[noticeOf({ state: 'skipped' })], 'info'],
])('Apprise colours by the worst of all', async (notices, type) => {
  expect(only(await send(apprise, messageOf(...notices))).body).toMatchObject({ type });
});

test.each([
  ['failing', 'dev.cdevents.incident.detected.0.2.0', 'incident-1', 'incident'],
  ['recovered', 'dev.cdevents.incident.resolved.0.2.0', 'incident-1', 'incident'],
  [
    'known-bad-deployed',
    'dev.cdeventsx.cdhelper-service.knownBadDeployed.0.1.0',
    'production/shop_pay',
    'cdhelper-service',
  ],
] as const)('a webhook is told that a service is %s', async (state, type, id, of) => {
  const notice = healthNoticeOf({ state });
  const event = readEvent(only(await send(webhook, healthMessageOf(notice))));
  expect(event).toMatchObject({
    type,
    data: { context: { chainId: 'incident-1' }, subject: { id, type: of }, customData: notice },
  });
});

test('people are told how a service is', async () => {
  const one = healthMessageOf(healthNoticeOf());
  expect(only(await send(apprise, one)).body).toEqual({
    title: '🔴 shop_pay on production is failing',
    body: 'crash-loop: its tasks fail again and again, since 2026-03-01T09:58:00.000Z\n4 failed tasks in the last hour, last: task: non-zero exit (3)\ndocker.io/acme/pay:v1 aaaaaaaaaaaa',
    type: 'failure',
    format: 'text',
    tag: 'ops,mail',
  });
  const stopped = { state: 'recovered', health: 'stopped', reason: null, restarts: 0 } as const;
  const both = healthMessageOf(healthNoticeOf(), healthNoticeOf(stopped));
  const { text: plain } = only(await send(slack, both)).body as { text: string };
  expect(plain).toContain('2 services: 1 failing, 1 recovered');
  expect(plain).toContain('🟢 shop_pay on production is stopped');
  const back = healthMessageOf(healthNoticeOf({ state: 'recovered', health: 'ok' }));
  expect(only(await send(apprise, back)).body).toMatchObject({ type: 'success' });
  const held = healthMessageOf(healthNoticeOf({ state: 'known-bad-deployed' }));
  expect(only(await send(apprise, held)).body).toMatchObject({ type: 'warning' });
});

const hostile = noticeOf({
  state: 'failed',
  reason: 'task-failed',
  build: {
    version: '<!channel> @everyone',
    revision: '`<https://evil|x>`',
    source: null,
    created: null,
  },
  failure: { ...FAILURE, message: `@here\n<@U1>\u202e${'x'.repeat(10_000)}` },
});

test('text of others calls nobody, is no markup and breaks no line', async () => {
  const { raw, body } = only(await send(slack, messageOf(hostile)));
  const { text: plain } = body as { text: string };
  expect(raw.toString('utf8')).not.toMatch(/<[!@h]|@everyone|@here|\u202e|`/);
  expect(plain.split('\n')).toHaveLength(4);
});

test('text of others makes no link and is not formatted', async () => {
  const message =
    'see https://evil.example/login, www.evil.example, [sign in](https://evil.example), *now* _or_ ~never~';
  const notice = { ...hostile, failure: { ...FAILURE, message } };
  const { text: plain } = only(await send(slack, messageOf(notice))).body as { text: string };
  expect(plain).not.toMatch(/https:\/\/|www\.|\]\(|\*now|_or|~never/);
  // What is put between is not seen.
  expect(plain.replaceAll('\u200b', '')).toContain(message);
  // Names are as they are.
  expect(plain).toContain('shop_web');
});

test('events for programs carry no characters that deceive', async () => {
  const failure = { ...FAILURE, message: 'a\u202eb\u0007c\u2066d\nnext' };
  const { raw } = only(await send(webhook, messageOf({ ...hostile, failure })));
  expect(raw.toString('utf8')).toContain('"abcd\\nnext"');
});

test('log lines come last, in a block of their own where there is one', async () => {
  const failure = { ...FAILURE, log: ['listening', 'fatal: ```no database'] };
  const message = messageOf({ ...rolledBack(), failure });
  const block = "\n```\nlistening\nfatal: '''no database\n```";
  const { text: plain, blocks } = only(await send(slack, message)).body as {
    text: string;
    blocks: { text: { text: string } }[];
  };
  expect(plain.endsWith(block)).toBe(true);
  expect(blocks[0]?.text.text.endsWith(block)).toBe(true);
  const { body } = only(await send(apprise, message)).body as { body: string };
  expect(body.endsWith('\nlistening\nfatal: ```no database')).toBe(true);
});

test('ten long failures with their log fit into one message of Discord and one block of Slack each', async () => {
  const long = {
    ...hostile,
    failure: { ...FAILURE, message: 'm'.repeat(5_000), log: Array(20).fill('l'.repeat(500)) },
  };
  const { body } = only(await send(slack, messageOf(...Array.from({ length: 10 }, () => long))));
  const sent = body as { text: string; blocks: { text: { text: string } }[] };
  expect(sent.text.length).toBeLessThanOrEqual(2_000);
  expect(sent.blocks).toHaveLength(11);
  for (const block of sent.blocks) expect(block.text.text.length).toBeLessThanOrEqual(3_000);
});

test.each([
  ['webhook', webhook],
  ['slack', slack],
  ['apprise', apprise],
] as const)('%s: a test says that it is one', async (_, kind) => {
  const message: Message = {
    kind: 'test',
    id: 't1',
    at: '2026-03-01T10:00:00.000Z',
    by: 'oncall',
    trialLink: 'https://cd.example.org/approvals/trial',
  };
  const received = only(await send(kind, message));
  expect(received.raw.toString('utf8')).toMatch(/[Tt]est/);
  expect(received.raw.toString('utf8')).toContain('oncall');
  expect(received.raw.toString('utf8')).toContain('https://cd.example.org/approvals/trial');
  if (kind === webhook) {
    expect(readEvent(received).type).toBe('dev.cdeventsx.cdhelper-notification.test.0.1.0');
  }
});

const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (response) => {
    response.writeHead(code, headers);
    response.end(body);
  };

test.each([
  ['an error of its own', slack, status(500), { retryable: true, detail: 'it answered 500' }],
  [
    'a pause asked for',
    slack,
    status(429, { 'retry-after': '7' }),
    { retryable: true, retryAfterMs: 7_000 },
  ],
  [
    'an endless pause asked for',
    slack,
    status(503, { 'retry-after': '99999999' }),
    { retryAfterMs: 3_600_000 },
  ],
  ['a service that restarts', slack, status(404), { retryable: true }],
  [
    'a word of Slack',
    slack,
    status(403, {}, 'invalid_token'),
    { retryable: false, detail: 'it answered 403 invalid_token' },
  ],
  [
    'words of others',
    slack,
    status(400, {}, 'a-token-in-the-path'),
    { retryable: false, detail: 'it answered 400' },
  ],
  ['a redirect', webhook, status(307, { location: '/other' }), { retryable: false }],
  ['an unknown key of Apprise', apprise, status(204), { retryable: false }],
  [
    'a receiver behind Apprise that failed',
    apprise,
    status(424),
    { retryable: true, mostAttempts: 3 },
  ],
  ['no answer', slack, () => {}, { retryable: true, detail: 'it did not answer within 0.3 s' }],
  [
    'an answer without an end',
    slack,
    (response) => {
      response.writeHead(200);
      response.write('o');
    },
    { retryable: true, detail: 'it did not answer within 0.3 s' },
  ],
  [
    'a cut connection',
    slack,
    (response) => {
      response.destroy();
    },
    { retryable: true, detail: 'the connection broke (UND_ERR_SOCKET)' },
  ],
] as const satisfies readonly (readonly [string, typeof slack, Answer, object])[])(
  '%s is told without the address',
  async (_, kind, answer, expected) => {
    const { outcome, received } = await send(kind, messageOf(noticeOf()), answer);
    expect(received).toHaveLength(1);
    expect(outcome).toMatchObject({ kind: 'failed', ...expected });
    expect(JSON.stringify(outcome)).not.toMatch(/a-token-in-the-path|127\.0\.0\.1/);
  },
);

test('an answer of Apprise 204 is well for others', async () => {
  expect((await send(slack, messageOf(noticeOf()), status(204))).outcome).toEqual({ kind: 'sent' });
});

test('a user and password in the address are shown, and nowhere else', async () => {
  const withUser = (url: string): ChannelSettings =>
    slack(url.replace('http://', 'http://u:p%20w@'));
  const received = only(await send(withUser, messageOf(noticeOf())));
  expect(received.headers.authorization).toBe(`Basic ${Buffer.from('u:p w').toString('base64')}`);
});

test('nobody at the address is told so', async () => {
  const channels = createChannels({ channels: [slack('http://127.0.0.1:1/x')], source: SOURCE });
  const outcome = await channels.list[0]?.send(messageOf(noticeOf()), new AbortController().signal);
  await channels.close();
  expect(outcome).toMatchObject({ retryable: true, detail: 'it refuses connections' });
});

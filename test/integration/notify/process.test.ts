import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeEngine, startFakeEngine } from '../../support/fake-engine/fake-engine.ts';
import { type FakeRegistry, startFakeRegistry } from '../../support/fake-registry/fake-registry.ts';
import { type Receiver, startReceiver } from '../../support/notify/notify-receiver.ts';
import { type RunningHelper, startHelper } from '../../support/program/start-helper.ts';

const TOKEN = 'a-token-in-the-path';
const SECRET = 'a-secret-that-signs-0123456789';

let folder: string;
let engine: FakeEngine;
let registry: FakeRegistry;
let hook: Receiver;
let chat: Receiver;
let mail: Receiver;
let isHookHung: boolean;
const helpers: RunningHelper[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'notify-process-'));
  // Its clock must be the one of the helper, which asks what happened after its update.
  engine = await startFakeEngine({ pace: 'real', speed: 20 });
  registry = await startFakeRegistry();
  isHookHung = false;
  hook = await startReceiver((response) => {
    if (!isHookHung) response.end();
  });
  chat = await startReceiver();
  mail = await startReceiver();
});
afterEach(async () => {
  for (const helper of helpers.splice(0)) await helper.kill();
  for (const receiver of [hook, chat, mail]) await receiver[Symbol.asyncDispose]();
  await Promise.all([engine.close(), registry.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const start = async (): Promise<RunningHelper> => {
  const helper = await startHelper({
    store: join(folder, 'store.db'),
    config: {
      clusters: [{ name: 'production', type: 'engine', url: engine.url }],
      registries: [{ host: registry.host, insecure: true }],
      publicUrl: 'https://cd.example',
      notifications: [
        { name: 'hook', type: 'webhook', url: `${hook.url}/${TOKEN}`, secret: SECRET },
        { name: 'chat', type: 'slack', url: `${chat.url}/${TOKEN}` },
        { name: 'mail', type: 'apprise', url: `${mail.url}/notify/${TOKEN}`, tags: ['ops'] },
      ],
    },
    env: { CD_HELPER_LOG_LEVEL: 'debug' },
  });
  helpers.push(helper);
  return helper;
};

/** Adds services of one repository and publishes something newer. */
const publish = (names: readonly string[]): string => {
  const from = registry.setTag('acme/web', 'v1', 'old');
  for (const name of names) {
    engine.addService({ name, image: `${registry.host}/acme/web:v1@${from}` });
  }
  return registry.setTag('acme/web', 'v1', 'new');
};

const push = async (helper: RunningHelper): Promise<void> => {
  const answer = await helper.postHook({ image: `${registry.host}/acme/web:v1` });
  expect(answer.status).toBe(202);
};

test('one push to two services: an event each, one message in the chat and one mail; no address is told', async () => {
  const to = publish(['web', 'api']);
  const helper = await start();
  await push(helper);
  const events = await hook.first(2);
  await Promise.all([chat.first(1), mail.first(1)]);
  expect(events.map(({ body }) => body)).toEqual(
    expect.arrayContaining(
      ['production/web', 'production/api'].map((subject) =>
        expect.objectContaining({
          subject,
          source: 'https://cd.example',
          type: 'dev.cdevents.service.upgraded.0.2.0',
          data: expect.objectContaining({
            customData: expect.objectContaining({
              to,
              state: 'succeeded',
              triggers: [{ kind: 'hook', source: expect.any(String), by: 'generic' }],
            }),
          }),
        }),
      ),
    ),
  );
  expect(chat.received[0]?.body).toMatchObject({
    text: expect.stringMatching(
      /^2 deployments: 2 succeeded\n✅ (api|web) on production succeeded after /,
    ),
  });
  expect(mail.received[0]?.body).toMatchObject({ type: 'success', tag: 'ops' });
  await helper.stop();
  expect([hook, chat, mail].map(({ received }) => received.length)).toEqual([2, 1, 1]);
  for (const secret of [TOKEN, SECRET, new URL(hook.url).host]) {
    expect(helper.output()).not.toContain(secret);
  }
});

test('killed while it sends, the helper sends the same event after it is started again', async () => {
  isHookHung = true;
  publish(['web']);
  const first = await start();
  await push(first);
  await Promise.all([hook.first(1), chat.first(1)]);
  await first.kill();
  isHookHung = false;
  await start();
  const [before, after] = await hook.first(2);
  expect(after?.raw).toEqual(before?.raw);
  expect(after?.headers['x-cd-helper-signature']).toBe(before?.headers['x-cd-helper-signature']);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { createChannels, type Channels } from '../../../src/adapters/notify/channels.ts';
import { createServer } from '../../../src/http/server.ts';
import { listActions } from '../../../src/store/access/actions.ts';
import { openStore, type Store } from '../../../src/store/sqlite/open-store.ts';
import { createNotifyTest } from '../../../src/work/notify/notify-test.ts';
import {
  createMemoryPorts,
  OPERATOR_TOKEN,
  VIEWER_TOKEN,
} from '../../support/work/memory-ports.ts';
import { type Receiver, startReceiver } from '../../support/notify/notify-receiver.ts';
import { basicsOf } from '../../support/notify/notify-samples.ts';
import { runCli } from '../../support/program/run-cli.ts';

let store: Store;
let well: Receiver;
let broken: Receiver;
let channels: Channels;
let server: FastifyInstance;

/** A helper with these channels, on a real socket. */
const serve = async (names: readonly ('well' | 'broken')[]): Promise<void> => {
  channels = createChannels({
    channels: names.map((name) => ({
      ...basicsOf(`${name === 'well' ? well.url : broken.url}/a-token-in-the-path`, {
        name,
        approve: name === 'well' ? { forMs: null } : null,
      }),
      type: 'slack',
    })),
    source: 'urn:test',
  });
  let ids = 0;
  const testNotifications = createNotifyTest({
    channels: channels.list,
    db: store.db,
    clock: { now: Date.now },
    newId: () => `id-${(ids += 1)}`,
    publicUrl: 'https://cd.example.org',
  });
  const { deps } = createMemoryPorts({ acts: { testNotifications } });
  server = await createServer(deps);
  await server.listen({ host: '127.0.0.1', port: 0 });
};

beforeEach(async () => {
  store = openStore(':memory:');
  well = await startReceiver();
  broken = await startReceiver((response) => {
    response.writeHead(403).end('invalid_token');
  });
});
afterEach(async () => {
  await server.close();
  await channels.close();
  await well[Symbol.asyncDispose]();
  await broken[Symbol.asyncDispose]();
  await store.close();
});

const post = (token: string, body?: unknown): Promise<Response> =>
  fetch(`${server.listeningOrigin}/api/v1/notifications/test`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const cli = (...args: readonly string[]) =>
  runCli(['notify', ...args], {
    env: { CD_HELPER_URL: server.listeningOrigin, CD_HELPER_API_TOKEN: OPERATOR_TOKEN },
  });

test('every channel gets a test, and each is told of, without its address', async () => {
  await serve(['well', 'broken']);
  const answer = await post(OPERATOR_TOKEN);
  expect(answer.status).toBe(200);
  const body = await answer.json();
  expect(body).toEqual({
    items: [
      { channel: 'well', type: 'slack', ok: true, detail: 'sent' },
      { channel: 'broken', type: 'slack', ok: false, detail: 'it answered 403 invalid_token' },
    ],
  });
  expect(well.received).toHaveLength(1);
  expect(broken.received).toHaveLength(1);
  // Where readers may vote, they see what a link looks like.
  expect(well.received[0]?.raw.toString()).toContain(
    'A trial link, which decides nothing: <https://cd.example.org/approvals/trial>',
  );
  expect(broken.received[0]?.raw.toString()).not.toContain('approvals');
  const { items } = await listActions(store.db, { limit: 10, after: null });
  expect(items).toMatchObject([{ actor: 'oncall', action: 'notify-test', target: '*' }]);
});

test('one channel is tested alone', async () => {
  await serve(['well', 'broken']);
  expect((await post(OPERATOR_TOKEN, { channel: 'well' })).status).toBe(200);
  expect(broken.received).toHaveLength(0);
});

test.each([
  ['a channel that there is not', { channel: 'x' }, 404],
  ['a key that there is not', { chanel: 'well' }, 400],
])('%s is refused', async (_, body, status) => {
  await serve(['well']);
  expect((await post(OPERATOR_TOKEN, body)).status).toBe(status);
  expect(well.received).toHaveLength(0);
});

test('only operators may test', async () => {
  await serve(['well']);
  expect((await post(VIEWER_TOKEN)).status).toBe(403);
  expect(well.received).toHaveLength(0);
});

test('the command says how each did, and fails where one did', async () => {
  await serve(['well', 'broken']);
  expect(await cli('--test')).toEqual({
    status: 1,
    out: 'ok  well (slack): sent\nfailed  broken (slack): it answered 403 invalid_token\n',
    err: '',
  });
  expect(await cli('--test', '--channel', 'well')).toMatchObject({ status: 0 });
  const { status, out } = await cli('--test', '--json', '--channel', 'well');
  expect(status).toBe(0);
  expect(JSON.parse(out)).toEqual({
    items: [{ channel: 'well', type: 'slack', ok: true, detail: 'sent' }],
  });
});

test('the command says what is wrong where there is nothing to test', async () => {
  await serve([]);
  const { status, err } = await cli('--test');
  expect(status).toBe(1);
  expect(err).toContain('no notification channel is configured');
  expect(await cli()).toMatchObject({ status: 2 });
});
